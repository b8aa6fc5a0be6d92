//! The numbers of a report in the words that terminal and page share.

use super::judgement::{Judgement, Lead, Measured};
use super::{Known, Report, TooFew};
use crate::backtest::Side;
use crate::backtest::fold::Mover;
use crate::backtest::pair::Against;
use crate::backtest::statistics::auc::Area;
use crate::backtest::statistics::share::Share;
use crate::model::{self, DAY_MS};

/// Measures that moved which are named.
const SHIFTS: usize = 3;

/// A score as people read it.
#[must_use]
pub fn points(score: i64) -> String {
    format!("{:.1}", model::points(score))
}

/// A difference of scores, with its sign.
#[must_use]
pub fn signed(delta: i64) -> String {
    let sign = if delta < 0 { "−" } else { "+" };
    format!("{sign}{:.1}", model::points(delta.abs()))
}

/// Where the points of a mover went, the furthest first.
#[must_use]
pub fn shifts(mover: &Mover) -> String {
    let shown = mover.shifts.iter().take(SHIFTS);
    let words: Vec<_> = shown
        .map(|(title, points)| format!("{title} {}", signed(*points)))
        .collect();
    words.join(", ")
}

/// A share as percent.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A share with its interval.
#[must_use]
pub fn share(share: &Share) -> String {
    let (low, high) = share.interval;
    format!(
        "{} ({:.0} to {:.0} %)",
        percent(share.value),
        low * 100.0,
        high * 100.0
    )
}

/// A share, or why there is none.
#[must_use]
pub fn known_share(known: &Known<Share>) -> String {
    known.as_ref().map_or_else(|TooFew(why)| why.clone(), share)
}

/// An area with its interval, or why there is none.
#[must_use]
pub fn known_area(known: &Known<Area>) -> String {
    match known {
        Err(TooFew(why)) => why.clone(),
        Ok(area) => match area.interval {
            Some((low, high)) => format!("{:.2} ({low:.2} to {high:.2})", area.value),
            None => format!("{:.2} (no interval at the border)", area.value),
        },
    }
}

/// A difference of areas with its interval, or why there is none.
#[must_use]
pub fn known_difference(known: &Known<Area>) -> String {
    match known {
        Err(TooFew(why)) => why.clone(),
        Ok(area) => {
            let (low, high) = area.interval.unwrap_or((area.value, area.value));
            // Not −0.000.
            let shown = |value: f64| if value.abs() < 0.000_5 { 0.0 } else { value };
            format!(
                "{:+.3} ({:+.3} to {:+.3})",
                shown(area.value),
                shown(low),
                shown(high)
            )
        }
    }
}

/// What a difference of areas means, in a sentence.
#[must_use]
pub fn difference_in_words(known: &Known<Area>) -> &'static str {
    let interval = known.as_ref().ok().and_then(|area| area.interval);
    match interval {
        None => "Whether one rule tells better who leaves than the other cannot be said.",
        Some((low, _)) if low > 0.0 => {
            "The candidate tells better who leaves; chance alone is an unlikely explanation."
        }
        Some((_, high)) if high < 0.0 => {
            "The candidate tells worse who leaves; chance alone is an unlikely explanation."
        }
        Some(_) => "The difference between the rules is within what chance alone would give.",
    }
}

/// How early accounts were flagged.
#[must_use]
pub fn lead(lead: &Lead) -> String {
    match &lead.flagged {
        None => format!("none of {} was flagged when it decided", lead.lost),
        Some(flagged) => format!(
            "{} of {} flagged when they decided; half of these for at least {} days",
            flagged.count,
            lead.lost,
            flagged.median_ms / DAY_MS
        ),
    }
}

/// What was counted, in a sentence.
#[must_use]
pub fn counted(measured: &Measured) -> String {
    format!(
        "{} account-months ({} accounts), {} of them ({}) followed by a loss",
        measured.units, measured.accounts, measured.lost_units, measured.lost_accounts
    )
}

/// All that a reader must know before believing the numbers, a sentence each.
#[must_use]
pub fn caveats(report: &Report) -> Vec<String> {
    let mut said = silent(report);
    said.push(match report.against {
        Against::Then => "The active rule is the one that governed at each time.".to_owned(),
        Against::Now => {
            "The active rule is the one that governs at the end, as if it always had.".to_owned()
        }
    });
    if report.settings_changed {
        said.push(
            "The tenant's settings changed within this history; those of its end were used for \
             both rules throughout."
                .into(),
        );
    }
    said.push(
        "Alerts are those that each rule would have opened as primary rule, with its hysteresis, \
         dwell and cooldown, beside the tenant's other rules (whose alerts are left out), and as \
         if nobody had acted on any."
            .into(),
    );
    said.push(
        "Nothing that arrived later is known at a reference date. When a record arrived is what \
         its time says: in files the field that the mapping names, in topics the record's own \
         timestamp; where that is the time of the event itself, lateness cannot be seen."
            .into(),
    );
    for (failures, whose) in report.failures.iter().zip(["active", "candidate"]) {
        if let (count @ 1.., Some(first)) = (failures.count, &failures.first) {
            said.push(format!(
                "The {whose} rule failed on {count} evaluations; an account on which it fails at a \
                 reference date is in none of its numbers there. The first: {first}."
            ));
        }
    }
    if let Some(judgement) = &report.judgement {
        said.extend(of_outcomes(report, judgement));
    }
    said
}

/// Rules that score nobody, which is said before anything else.
#[must_use]
pub fn silent(report: &Report) -> Vec<String> {
    let of_side = Side::BOTH.map(|side| (side, side.of(&report.scores)));
    let silent = of_side
        .into_iter()
        .filter(|(_, scores)| scores.scored == 0 && report.accounts > 0);
    let said = silent.map(|(side, scores)| {
        let (side, accounts) = (side.as_str(), many(report.accounts, "account"));
        if scores.unscored == 0 {
            format!(
                "The {side} rule scores none of {accounts}: all are outside its population. Does \
                 this history have what the population asks for, such as the stage?"
            )
        } else {
            format!(
                "The {side} rule has no score for any of {accounts}: its features have no data."
            )
        }
    });
    said.collect()
}

/// So many of a thing.
fn many(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn of_outcomes(report: &Report, judgement: &Judgement) -> Vec<String> {
    let mut said = Vec::new();
    if let Some((decided, judged)) = judgement.ends_early {
        let decided = report.date(decided);
        said.push(format!(
            "The last decision of the outcomes is of {decided}, and account-months up to {} are \
             judged: who left after that decision counts as having stayed, and a rule that saw it \
             coming as wrong. Where the file ends there, say `--until {decided}`.",
            report.date(judged)
        ));
    }
    let (strangers, names) = &judgement.strangers;
    if *strangers > 0 {
        said.push(format!(
            "{} of the outcomes not in this history (first: {}).",
            many(*strangers, "account"),
            names.join(", ")
        ));
    }
    if judgement.early > 0 {
        said.push(format!(
            "{} of the outcomes decided before the first reference date on which this history \
             knows them; no number is about these.",
            many(judgement.early, "account")
        ));
    }
    if judgement.later > 0 {
        said.push(format!(
            "{} of accounts that were out already left aside.",
            many(judgement.later, "later decision")
        ));
    }
    if judgement.other_kinds > 0 {
        said.push(format!(
            "{} of other kinds left aside.",
            many(judgement.other_kinds, "outcome")
        ));
    }
    if judgement.unobserved > 0 {
        said.push(format!(
            "{} account-months are not judged: {} days after them lie beyond the end.",
            judgement.unobserved,
            judgement.window_ms / DAY_MS
        ));
    }
    let overridden: usize = judgement.periods.first().map_or(0, |period| {
        period
            .sides
            .iter()
            .map(|side| side.overridden)
            .max()
            .unwrap_or(0)
    });
    if overridden > 0 {
        said.push(format!(
            "In {overridden} account-months a person's override was in force: the tier is the \
             person's, the score the rule's own."
        ));
    }
    if judgement.tuned_until.is_none() {
        said.push(
            "Nobody said until when the candidate's author had seen outcomes (`--tuned-until`): \
             where the candidate was fitted to them, its results here are too good."
                .into(),
        );
    }
    said
}
