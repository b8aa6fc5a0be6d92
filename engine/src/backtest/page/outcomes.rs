//! What outcomes say, on the page.

use super::html::{escape, section, table};
use super::plot::{Row, roc, whiskers};
use super::{KEY, spaced};
use crate::backtest::Side;
use crate::backtest::report::judgement::{Judgement, Period, PeriodResult, SideResult};
use crate::backtest::report::{Report, TooFew, words};
use crate::model::DAY_MS;

pub(super) fn sections(report: &Report, judgement: &Judgement) -> String {
    let days = judgement.window_ms / DAY_MS;
    let mut text = format!(
        "<p>{} accounts of this history decided to leave{}. On the first of each month every \
         account that had not decided yet is looked at as it was known then, and it counts as lost \
         if it decided within the next {days} days. This says how well a rule told apart who left \
         in this history. It cannot say that those would have stayed whom somebody had called, and \
         nothing of customers unlike these.</p>\n",
        judgement.lost_accounts,
        lost_revenue(judgement)
    );
    for period in &judgement.periods {
        text += &period_part(report, judgement, period);
    }
    text += &hidden(report);
    section("What outcomes say", &text)
}

fn lost_revenue(judgement: &Judgement) -> String {
    if judgement.mrr_lost > 0.0 {
        format!(
            " and took {:.0} of monthly revenue with them",
            judgement.mrr_lost
        )
    } else {
        String::new()
    }
}

fn period_part(report: &Report, judgement: &Judgement, period: &PeriodResult) -> String {
    let mut text = String::new();
    let title = match (period.period, judgement.tuned_until) {
        (Period::Before, Some(date)) => {
            format!("Before {}: the author had seen this", report.date(date))
        }
        (Period::After, Some(date)) => {
            format!(
                "From {} on: unseen, so this is what counts",
                report.date(date)
            )
        }
        _ => "The whole history".to_owned(),
    };
    text += &format!("<h3>{}</h3>\n", escape(&title));
    text += &format!(
        "<p><strong>{}</strong> Difference of AUC, candidate less active: {}.</p>\n",
        words::difference_in_words(&period.difference),
        escape(&words::known_difference(&period.difference))
    );
    text += &rates(period);
    text += &numbers(period);
    if period.period == Period::All {
        text += &curves(period);
    }
    text
}

/// Lost accounts per tier.
fn rates(period: &PeriodResult) -> String {
    let (mut rows, mut few) = (Vec::new(), Vec::new());
    for name in period.tiers() {
        let mut shares = Vec::new();
        for side in Side::BOTH {
            match side.of(&period.sides).share_of(name) {
                None => {}
                Some(Ok(share)) => shares.push((side.as_str(), share.value, share.interval)),
                Some(Err(TooFew(why))) => {
                    few.push(format!("{}, {}: {why}", spaced(name), side.as_str()));
                }
            }
        }
        if !shares.is_empty() {
            rows.push(Row {
                label: spaced(name),
                shares,
            });
        }
    }
    let mut text = String::from(
        "<p>Lost accounts per tier, with the range in which the true share lies in 95 of 100 \
         histories like this one. A rule that works has few losses at the top and many at the \
         bottom; ranges that overlap tell nothing apart.</p>\n",
    );
    text += KEY;
    text += &whiskers("Share of account-months in each tier that were lost", &rows);
    if !few.is_empty() {
        let few = escape(&few.join("; "));
        text += &format!("<p class=\"note\">Without a share: {few}.</p>\n");
    }
    text
}

fn numbers(period: &PeriodResult) -> String {
    let [active, candidate] = &period.sides;
    let row = |name: &str, of: &dyn Fn(&SideResult) -> String| {
        vec![name.to_owned(), escape(&of(active)), escape(&of(candidate))]
    };
    let rows = [
        row("Account-months, accounts", &|side| {
            format!("{}, {}", side.seeing.units, side.seeing.accounts)
        }),
        row("Followed by a loss", &|side| {
            format!("{}, {}", side.seeing.lost_units, side.seeing.lost_accounts)
        }),
        row("Without a score", &|side| {
            let (lost, stayed) = side.seeing.unscored;
            format!("{lost} lost, {stayed} stayed")
        }),
        row("Of those flagged, lost (precision)", &|side| {
            words::known_share(&side.seeing.precision)
        }),
        row("Of those lost, flagged (recall)", &|side| {
            words::known_share(&side.seeing.recall)
        }),
        row("AUC", &|side| words::known_area(&side.seeing.area)),
        row("AUC without license, stage and assessment", &|side| {
            words::known_area(&side.blind.area)
        }),
        row("Precision without these", &|side| {
            words::known_share(&side.blind.precision)
        }),
        row("Recall without these", &|side| {
            words::known_share(&side.blind.recall)
        }),
        row("Seen in time", &|side| words::lead(&side.lead)),
    ];
    table(
        "In numbers, with 95 % intervals",
        &["", "Active", "Candidate"],
        &rows,
    )
}

fn curves(period: &PeriodResult) -> String {
    let curves: Vec<_> = Side::BOTH
        .into_iter()
        .map(|side| {
            (
                side.as_str(),
                side.of(&period.sides).seeing.curve.as_slice(),
            )
        })
        .filter(|(_, curve)| !curve.is_empty())
        .collect();
    if curves.is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"pair\"><div>{KEY}{}</div><div><h3>ROC: every threshold at once</h3>\
         <p>If you flagged the lowest scores first, how many of the lost (upwards) would you have \
         caught by the time you had flagged so many of those that stayed (to the right)? The \
         further a line bends to the upper left, the better; the dotted diagonal is a coin.</p>\
         <p>AUC is the area below: the chance that of two accounts on the same date, one lost and \
         one not, the lost one has the lower score.</p></div></div>\n",
        roc(&curves)
    )
}

fn hidden(report: &Report) -> String {
    let mut text = String::from(
        "<p class=\"note\">“Without” means that what licenses, stages and assessments move is \
         hidden from the rule: contracts and people often know first, so a rule may look wise by \
         reading the end of a story. ",
    );
    for side in Side::BOTH {
        let names = side.of(&report.hidden);
        let list = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        text += &format!(
            "Hidden from the {} rule: {}. ",
            side.as_str(),
            escape(&list)
        );
    }
    text + "</p>\n"
}
