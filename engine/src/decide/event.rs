//! Outputs as others read them: `CloudEvents` 1.0 envelopes in structured JSON, one line each.
//!
//! Keys stand in a fixed order. Scores, contributions and deltas are points, points of parts
//! likewise; weights and coverage are percent; times are RFC 3339 in UTC. All come from integers.

use super::alert::{Change, Publication, State};
use super::json::Json;
use super::policy::TriggerPolicy;
use super::reason::Why;
use super::score::{CauseData, FeatureData, MeasureData, PartData, ScoreData};
use super::split::Split;
use super::{Reading, RuleRef, id};
use crate::language::Language;
use crate::model::{Cause, Output, Time, Topic};
use puls_wire::Status;

/// Room for a score event of an ordinary rule, so that it is written without growing.
const EVENT_BYTES: usize = 4_096;

/// The score event of `data` (its JSON in `score`).
pub(super) fn score(
    reading: &Reading<'_>,
    (cause, names): (&Cause, &[String]),
    account: &str,
    score: &[u8],
) -> Output {
    let Reading { key, rule, now, .. } = reading;
    let id = id::score(key, rule.name, cause, names);
    let mut json = envelope(id, "puls.score.v1", (key.tenant(), Some(account)), *now);
    json.raw(score);
    json.object_end();
    let key_text = if rule.primary {
        key.as_str().to_owned()
    } else {
        format!("{key}/{}", rule.name)
    };
    Output {
        topic: if rule.shadow {
            Topic::Shadow
        } else {
            Topic::Scores
        },
        tenant: key.tenant().to_owned(),
        key: key_text,
        value: json.into_bytes(),
    }
}

/// What an alert's event says beside the alert itself.
pub(super) struct AlertText<'t> {
    pub(super) account: &'t str,
    /// What it is about, in a few words.
    pub(super) title: &'t str,
    /// The language of its texts.
    pub(super) language: Language,
    pub(super) why: &'t [Why<'t>],
    pub(super) owner_role: &'t str,
    pub(super) playbook: &'t str,
    /// JSON of the score data; `None` where the rule no longer answers.
    pub(super) score: Option<&'t [u8]>,
}

/// The event of one publication of an alert.
pub(super) fn alert(
    reading: (&crate::model::Key, &RuleRef<'_>, Time),
    publication: &Publication,
    text: &AlertText<'_>,
) -> Output {
    let (key, rule, now) = reading;
    let alert = &publication.alert;
    let id = id::publication(alert.id, alert.revision);
    let mut json = envelope(id, "puls.alert.v1", (key.tenant(), Some(text.account)), now);
    json.object();
    json.key("alert").hex(&alert.id.to_be_bytes());
    json.key("revision").unsigned(alert.revision.into());
    json.key("change").text(publication.change.as_str());
    json.key("subject").text(&alert.subject);
    json.key("title").text(text.title);
    json.key("language").text(text.language.code());
    json.key("rule").text(rule.name);
    json.key("rule_version").text(rule.version);
    json.key("rule_digest").hex(&rule.digest.0);
    json.key("severity").text(alert.severity.as_str());
    let is_resolved = matches!(publication.change, Change::Resolved(_));
    json.key("state").text(if is_resolved {
        "resolved"
    } else {
        alert.state.as_str()
    });
    json.key("opened").time(alert.opened);
    json.key("due").time_or_null(alert.due);
    json.key("owner_role").text(text.owner_role);
    json.key("playbook").text(text.playbook);
    json.key("why").array();
    text.why.iter().for_each(|why| write_why(&mut json, why));
    json.array_end();
    write_handling(&mut json, publication);
    match text.score {
        Some(score) => json.key("score").raw(score),
        None => json.key("score").null(),
    }
    json.object_end();
    json.object_end();
    Output {
        topic: Topic::Alerts,
        tenant: key.tenant().to_owned(),
        key: key.as_str().to_owned(),
        value: json.into_bytes(),
    }
}

/// What people did, and how it ended.
fn write_handling(json: &mut Json, publication: &Publication) {
    let alert = &publication.alert;
    let note = publication.note.as_deref();
    if let State::Snoozed(until) = alert.state {
        json.key("snoozed_until").time(until);
    }
    if let Change::Resolved(why) = publication.change {
        json.key("resolution").text(why.as_str());
    }
    if let Some(by) = note
        .and_then(|note| note.by.as_deref())
        .or(alert.by.as_deref())
    {
        json.key("by").text(by);
    }
    if let Some(outcome) = note.and_then(|note| note.outcome.as_deref()) {
        json.key("outcome").text(outcome);
    }
    if let Some(text) = note.and_then(|note| note.text.as_deref()) {
        json.key("text").text(text);
    }
}

/// The event of a trigger that fires.
pub(super) fn trigger(
    reading: &Reading<'_>,
    cause: CauseData<'_>,
    account: &str,
    (trigger, text, language): (&TriggerPolicy, &str, Language),
) -> Output {
    let Reading { key, rule, now, .. } = reading;
    let id = id::trigger(key, rule.name, &trigger.name, *now);
    let mut json = envelope(id, "puls.trigger.v1", (key.tenant(), Some(account)), *now);
    json.object();
    json.key("trigger").text(&trigger.name);
    write_rule(&mut json, rule);
    json.key("as_of").time(*now);
    json.key("cause");
    write_cause(&mut json, Some(cause));
    json.key("language").text(language.code());
    json.key("text").text(text);
    json.key("playbook").text(&trigger.playbook);
    json.key("owner_roles").array();
    trigger.owner_roles.iter().for_each(|role| json.text(role));
    json.array_end();
    let due = Some(trigger.due_ms).filter(|due_ms| *due_ms > 0);
    json.key("due")
        .time_or_null(due.map(|due_ms| now.plus_ms(due_ms)));
    json.key("cooldown_until")
        .time(now.plus_ms(trigger.cooldown_ms));
    json.object_end();
    json.object_end();
    Output {
        topic: Topic::Triggers,
        tenant: key.tenant().to_owned(),
        key: key.as_str().to_owned(),
        value: json.into_bytes(),
    }
}

/// Begins an envelope; the data is the next value, then one `object_end`.
pub(super) fn envelope(
    id: u128,
    kind: &str,
    (tenant, subject): (&str, Option<&str>),
    time: Time,
) -> Json {
    let mut json = Json::with_capacity(EVENT_BYTES);
    json.object();
    json.key("specversion").text("1.0");
    json.key("id").hex(&id.to_be_bytes());
    let source = if tenant.is_empty() {
        "puls".to_owned()
    } else {
        format!("puls/{tenant}")
    };
    json.key("source").text(&source);
    json.key("type").text(kind);
    if let Some(subject) = subject {
        json.key("subject").text(subject);
    }
    json.key("time").time(time);
    json.key("datacontenttype").text("application/json");
    json.key("data");
    json
}

fn write_rule(json: &mut Json, rule: &RuleRef<'_>) {
    json.key("rule").object();
    json.key("name").text(rule.name);
    json.key("version").text(rule.version);
    json.key("digest").hex(&rule.digest.0);
    json.key("primary").bool(rule.primary);
    if rule.shadow {
        json.key("shadow").bool(true);
    }
    json.object_end();
}

fn write_cause(json: &mut Json, cause: Option<CauseData<'_>>) {
    match cause {
        None => json.null(),
        Some(CauseData::Input { name, offset, row }) => {
            json.object();
            json.key("input").text(name);
            json.key("offset").unsigned(offset);
            json.key("row").unsigned(row.into());
            json.object_end();
        }
        Some(CauseData::Timer { name, due }) => {
            json.object();
            json.key("timer").text(name);
            json.key("due").time(due);
            json.object_end();
        }
    }
}

fn write_why(json: &mut Json, why: &Why<'_>) {
    json.object();
    json.key("code").text(why.code);
    json.key("text").text(&why.text);
    json.object_end();
}

const fn status(status: Status) -> &'static str {
    match status {
        Status::Scored => "scored",
        Status::NoScore => "no_score",
        Status::OutsidePopulation => "not_scored",
        Status::RowError => "failed",
    }
}

impl ScoreData<'_> {
    /// What the rule answered, in the word that score events have for it.
    #[must_use]
    pub const fn status_word(&self) -> &'static str {
        status(self.status)
    }

    /// The data of a score event, as JSON on one line.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Json::with_capacity(EVENT_BYTES);
        json.object();
        json.key("account").text(&self.account);
        write_rule(&mut json, &self.rule);
        json.key("language")
            .text(self.voice.words.language().code());
        json.key("as_of").time(self.as_of);
        json.key("cause");
        write_cause(&mut json, self.cause);
        json.key("status").text(status(self.status));
        json.key("score").points(self.score);
        json.key("previous").points(self.previous);
        json.key("delta").points(self.delta);
        json.key("direction").text("higher_is_healthier");
        json.key("tier").text(self.tier);
        json.key("tier_title").text(self.tier_title);
        json.key("tier_previous").text_or_null(self.tier_previous);
        json.key("since").time(self.since);
        json.key("coverage").decimal(self.coverage.into(), 2);
        self.write_override(&mut json);
        json.key("adjustment").points(Some(self.adjust));
        json.key("exceptions").array();
        self.exceptions
            .iter()
            .for_each(|exception| write_why(&mut json, exception));
        json.array_end();
        json.key("split");
        write_split(&mut json, self.split.as_ref());
        json.key("measures").array();
        self.measures
            .iter()
            .for_each(|measure| write_measure(&mut json, measure, &self.features));
        json.array_end();
        self.write_features(&mut json);
        if !self.why.is_empty() {
            json.key("why").array();
            self.why.iter().for_each(|why| write_why(&mut json, why));
            json.array_end();
        }
        json.object_end();
        json.into_bytes()
    }

    fn write_override(&self, json: &mut Json) {
        let Some(over) = &self.over else {
            return;
        };
        json.key("override").object();
        json.key("value").points(Some(over.value));
        json.key("by").text(over.by);
        json.key("reason").text(over.reason);
        json.key("expires").time(over.expires);
        json.key("computed").points(self.computed);
        json.object_end();
    }

    fn write_features(&self, json: &mut Json) {
        json.key("features").object();
        for feature in &self.features {
            json.name(feature.name);
            match feature.text {
                Some(text) => json.text(text),
                None => json.number(feature.value),
            }
        }
        json.object_end();
        if self.features.iter().any(|feature| feature.note.is_some()) {
            json.key("feature_notes").object();
            self.features
                .iter()
                .for_each(|feature| write_note(json, feature));
            json.object_end();
        }
    }
}

fn write_note(json: &mut Json, feature: &FeatureData<'_>) {
    let Some(note) = &feature.note else {
        return;
    };
    json.name(feature.name).object();
    json.key("unit").text(note.unit);
    if let Some(text) = &note.text {
        json.key("text").text(text);
    }
    match note.age_ms {
        Some(age_ms) => json.key("age_ms").int(age_ms),
        None => json.key("age_ms").null(),
    }
    json.key("capped").bool(note.capped);
    json.key("missing").text_or_null(note.missing);
    json.object_end();
}

fn write_split(json: &mut Json, split: Option<&Split>) {
    let Some(split) = split else {
        json.null();
        return;
    };
    json.object();
    json.key("rule").points(Some(split.rule));
    json.key("data_availability").points(Some(split.data));
    json.key("time").points(Some(split.time));
    json.key("peers").points(Some(split.peers));
    json.key("customer").points(Some(split.customer));
    if split.over != 0 {
        json.key("override").points(Some(split.over));
    }
    json.object_end();
}

fn write_measure(json: &mut Json, measure: &MeasureData<'_>, features: &[FeatureData<'_>]) {
    json.object();
    json.key("name").text(measure.name);
    json.key("title").text(measure.title);
    json.key("contribution").points(Some(measure.contribution));
    match measure.points {
        Some(points) => json.key("points").decimal(points, 2),
        None => json.key("points").null(),
    }
    json.key("weight").decimal(measure.weight, 2);
    json.key("parts").array();
    measure
        .parts
        .iter()
        .for_each(|part| write_part(json, part, features));
    json.array_end();
    json.object_end();
}

fn write_part(json: &mut Json, part: &PartData<'_>, features: &[FeatureData<'_>]) {
    json.object();
    json.key("name").text(part.name);
    json.key("contribution").points(Some(part.contribution));
    match part.points {
        Some(points) => json.key("points").decimal(points.into(), 2),
        None => json.key("points").null(),
    }
    json.key("weight").decimal(part.weight.into(), 2);
    match &part.reason {
        Some(reason) => {
            json.key("reason");
            write_why(json, reason);
        }
        None => json.key("reason").null(),
    }
    json.key("features").array();
    let behind = part
        .features
        .iter()
        .filter_map(|index| features.get(*index));
    behind.for_each(|feature| json.text(feature.name));
    json.array_end();
    json.object_end();
}
