//! `puls explain ACCOUNT --at TIME`: the journal folded again up to the moment, and what the
//! account's score was then, why, since when, and what had made it so.

use anyhow::Context;
use serde_json::{Value, json};

use super::chronicle::{Chronicle, Told};
use super::published::Published;
use super::teller::Teller;
use super::{Subject, chosen, not_yet, page, rule_json, unknown};
use crate::cli::patience::ask;
use crate::cli::session::{Outcome, Session};
use crate::cli::{progress, recover};
use crate::limits::EXPLAIN_CHANGES;
use crate::log::Log;
use crate::model::{Digest, Time, points};
use crate::rules::record::{Record, effective};
use crate::shard::RuleStanding;
use crate::worker::past::{Fold, Past};

/// What folding to a moment showed.
pub(super) struct Shown {
    pub(super) past: Past,
    pub(super) told: Vec<Told>,
    pub(super) log: Box<dyn Log>,
}

/// An activation as the rules log had it by then.
pub(super) struct Governed {
    /// `Time::MIN` for the beginning.
    pub(super) since: Time,
    pub(super) by: String,
    pub(super) reason: String,
}

/// One rule's answer at the moment, with what is known around it.
pub(super) struct Answer<'a> {
    pub(super) rule: &'a RuleStanding<'a>,
    /// What the rule had published, the newest last.
    pub(super) told: Vec<&'a Told>,
    pub(super) governed: Option<Governed>,
}

pub(super) fn run(
    subject: &Subject<'_>,
    at: Time,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let mut shown = fold(subject, at, false, session)?;
    if shown.past.sequence_from > 0 && !is_whole(subject, &mut shown, at) {
        // The snapshot knows the score, and not what had made it.
        shown = fold(subject, at, true, session)?;
    }
    let beyond = if shown.past.is_passed {
        None
    } else {
        let end = end(subject, &shown.past, session)?;
        Some(end).filter(|end| *end < at)
    };
    let Shown {
        mut past,
        told,
        mut log,
    } = shown;
    let mut teller = Teller::new(subject.voice.clone());
    for told in &told {
        let digest = Digest::parse(&told.data.rule.digest);
        teller.prepare(&mut *log, &told.data, digest)?;
    }
    let rules_next = past.runner.shard().rules_next();
    let governs = governs(&mut *log, subject.tenant, (rules_next, at))?;
    let folded = page::Folded {
        at,
        sequence_from: past.sequence_from,
        // The step that the moment lies in is compared once the answer is known.
        steps: past.steps + u64::from(past.is_passed),
        beyond,
    };
    let mut written = Ok(Vec::new());
    let asked = (at, subject.args.language);
    let is_known = past
        .runner
        .shard_mut()
        .standing_in(&subject.key, asked, &mut |standing| {
            written = chosen(subject.args, standing).and_then(|rules| {
                let answers = rules.into_iter().map(|rule| Answer {
                    rule,
                    told: told.iter().filter(|it| is_of(it, rule)).collect(),
                    governed: governs(rule),
                });
                let answers: Vec<_> = answers.collect();
                write(subject, (&answers, &folded), &teller, session)
            });
        });
    let written = written?;
    past.finish(Some(subject.tenant))?;
    if is_known {
        for line in &written {
            session.line(line.trim_end())?;
        }
        return Ok(Outcome::Done);
    }
    Err(why_unknown(subject, at, session)?)
}

/// Folds the account's shard up to the moment.
pub(super) fn fold(
    subject: &Subject<'_>,
    until: Time,
    from_beginning: bool,
    session: &Session,
) -> anyhow::Result<Shown> {
    let bar = progress::line(session.err_is_terminal);
    let place = (subject.shard, subject.feed.spec());
    let mut log = ask(|| subject.feed.log())?;
    let mut chronicle = Chronicle::of(&subject.key, place, &bar);
    let fold = Fold {
        until,
        from_beginning,
        tenant: Some(subject.tenant),
    };
    let past = Past::fold(&mut *log, place, fold, &mut chronicle);
    bar.finish_and_clear();
    let past = past.with_context(|| {
        let to = if until == Time::MAX {
            "its end".to_owned()
        } else {
            until.to_string()
        };
        format!(
            "fold the journal to {to}: it takes the journal, the rules and the inputs from the \
             beginning, or a snapshot from before that"
        )
    })?;
    if let Some(why) = chronicle.unread {
        anyhow::bail!("read what was published of {}: {why}", subject.key)
    }
    Ok(Shown {
        past,
        told: chronicle.told,
        log,
    })
}

/// Whether what was seen says what made every score that was published last.
fn is_whole(subject: &Subject<'_>, shown: &mut Shown, at: Time) -> bool {
    let Shown { past, told, .. } = shown;
    let mut is_whole = true;
    let known = past
        .runner
        .shard_mut()
        .standing(&subject.key, at, &mut |standing| {
            let mut rules = standing.rules.iter().filter(|rule| !rule.data.rule.shadow);
            is_whole = rules.all(|rule| told.iter().any(|it| is_of(it, rule)));
        });
    // An account that is not known has no last score either.
    !known || is_whole
}

fn is_of(told: &Told, rule: &RuleStanding<'_>) -> bool {
    told.data.rule.name == rule.data.rule.name
}

/// The last moment that any shard has come to.
fn end(subject: &Subject<'_>, past: &Past, session: &Session) -> anyhow::Result<Time> {
    let shard = past.runner.shard();
    let own = past.advanced_to.max(shard.now());
    if subject.feed.spec().shards == 1 {
        return Ok(own.max(past.runner.log_time_max()));
    }
    let bar = progress::line(session.err_is_terminal);
    Ok(recover::all(&subject.feed, &bar)?.at)
}

/// Why the account is not known at the moment: not yet, or never.
fn why_unknown(
    subject: &Subject<'_>,
    at: Time,
    session: &Session,
) -> anyhow::Result<anyhow::Error> {
    let bar = progress::line(session.err_is_terminal);
    let found = recover::all(&subject.feed, &bar)?;
    let runners = found.runners.iter();
    let is_known_now = runners
        .flat_map(|runner| runner.shard().keys())
        .any(|key| key == subject.key);
    if !is_known_now {
        return Ok(unknown(subject, &found));
    }
    let whole = fold(subject, Time::MAX, true, session)?;
    let first = whole.told.first().map(|told| told.data.at());
    Ok(not_yet(subject, at, first))
}

/// Finds who let a rule govern, among the records that the shard had read by then.
fn governs(
    log: &mut dyn Log,
    tenant: &str,
    (rules_next, at): (u64, Time),
) -> anyhow::Result<impl Fn(&RuleStanding<'_>) -> Option<Governed> + use<>> {
    let mut known = Vec::new();
    for found in ask(|| log.rules(0))?.0 {
        if let Record::Activation(it) = Record::from_bytes(&found.value)?
            && it.tenant == tenant
            && found.offset < rules_next
        {
            let since = effective(it.from, it.genesis, found.timestamp);
            known.push((since, it));
        }
    }
    Ok(move |rule: &RuleStanding<'_>| {
        let of_rule = known.iter().filter(|(since, it)| {
            *since <= at && it.rule == rule.data.rule.name && it.digest == rule.data.rule.digest
        });
        let (since, it) = of_rule.max_by_key(|(since, _)| *since)?;
        Some(Governed {
            since: *since,
            by: it.by.clone(),
            reason: it.reason.clone(),
        })
    })
}

/// The answer in lines, or as JSON on one.
fn write(
    subject: &Subject<'_>,
    (answers, folded): (&[Answer<'_>], &page::Folded),
    teller: &Teller,
    session: &Session,
) -> anyhow::Result<Vec<String>> {
    if subject.args.json {
        let all: anyhow::Result<Vec<Value>> = answers
            .iter()
            .map(|answer| as_json(answer, folded, teller))
            .collect();
        return Ok(vec![session.json_text(&Value::Array(all?))]);
    }
    let width = session.width();
    let mut lines = Vec::new();
    for answer in answers {
        lines.push(page::answer(answer, folded, teller, width));
        lines.push(String::new());
    }
    lines.push(page::folded(folded, teller, width));
    Ok(lines)
}

fn as_json(answer: &Answer<'_>, folded: &page::Folded, teller: &Teller) -> anyhow::Result<Value> {
    let mut data = rule_json(answer.rule)?;
    let before = |place: usize| place.checked_sub(1).and_then(|it| answer.told.get(it));
    let from = answer.told.len().saturating_sub(EXPLAIN_CHANGES);
    let changes = answer.told.iter().enumerate().skip(from);
    let changes = changes
        .map(|(place, told)| change_json(&told.data, before(place).map(|it| &it.data), teller));
    let published = answer
        .told
        .last()
        .map(|told| serde_json::from_slice(&told.event));
    let published: Option<Value> = published.transpose()?;
    let record = answer.told.last().and_then(|told| told.record.as_deref());
    let governed = answer.governed.as_ref().map(|it| {
        json!({
            "since": Some(it.since).filter(|since| *since != Time::MIN).map(|it| it.to_string()),
            "by": it.by,
            "reason": it.reason,
        })
    });
    if let Some(fields) = data.as_object_mut() {
        fields.insert("published".into(), published.unwrap_or(Value::Null));
        let record = record.map(|record| String::from_utf8_lossy(record).into_owned());
        fields.insert("record".into(), record.into());
        fields.insert("changes".into(), changes.collect());
        fields.insert("governed".into(), governed.unwrap_or(Value::Null));
        fields.insert(
            "folded".into(),
            json!({
                "from_step": folded.sequence_from,
                "steps": folded.steps,
                "journal_ends": folded.beyond.map(|end| end.to_string()),
            }),
        );
    }
    Ok(data)
}

/// One published change, for a program.
pub(super) fn change_json(data: &Published, before: Option<&Published>, teller: &Teller) -> Value {
    let in_points = |value: Option<i64>| value.map(points);
    let split = data.split().map(|split| {
        json!({
            "rule": points(split.rule),
            "data_availability": points(split.data),
            "time": points(split.time),
            "peers": points(split.peers),
            "customer": points(split.customer),
            "override": points(split.over),
        })
    });
    let delta = data
        .score()
        .zip(data.previous())
        .map(|(now, then)| now - then);
    json!({
        "at": data.as_of,
        "score": in_points(data.score()),
        "previous": in_points(data.previous()),
        "delta": in_points(delta),
        "split": split,
        "tier": data.tier,
        "reason": teller.reason(data, before),
        "cause": match &data.cause {
            super::published::Cause::Input { input, offset, row } => {
                json!({"input": input, "offset": offset, "row": row})
            }
            super::published::Cause::Timer { timer, due } => json!({"timer": timer, "due": due}),
        },
        "rule": {
            "name": data.rule.name,
            "version": data.rule.version,
            "digest": data.rule.digest,
            "primary": data.rule.primary,
        },
    })
}
