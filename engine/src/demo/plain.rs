//! The demo in lines of text: one for each movement and alert, and a summary at the end.
//!
//! For pipes and logs. The text depends on the seed alone, never on speed.

use std::fmt::Write as _;

use super::board::{AlertChange, Board, Entry, Severity, TIERS};
use super::life::TENANT;
use crate::model::Time;
use crate::query::View;

/// Column of the companies' names.
const NAME_WIDTH: usize = 20;

/// One line about a movement or an alert, without an end of line.
pub(super) fn line(board: &Board, entry: &Entry) -> String {
    match entry {
        Entry::Moved(movement) => {
            let name = board.name(movement.company);
            let to = tier(movement.to);
            let way = match movement.from {
                Some(from) => format!("{} → {to}", tier(from)),
                None => format!("· → {to}"),
            };
            let sign = match movement.from {
                Some(from) if from < movement.to => '▼',
                Some(_) => '▲',
                None => '•',
            };
            let score = score(movement.score);
            let at = moment(movement.at);
            format!(
                "{at}  {sign} {name:NAME_WIDTH$} {way:19} {score:>5}  {}",
                movement.reason
            )
        }
        Entry::Alert(news) => {
            let alert = &news.alert;
            let name = board.name(alert.company);
            let (sign, what) = match news.change {
                AlertChange::Opened => ('!', "alert opened"),
                AlertChange::Escalated => ('!', "alert escalated"),
                AlertChange::Resolved => ('✓', "alert resolved"),
            };
            let about = match news.change {
                AlertChange::Resolved => format!("after {}", age(alert.opened, news.at)),
                AlertChange::Opened | AlertChange::Escalated => {
                    format!(
                        "{} for {}: {}",
                        severity(alert.severity),
                        alert.owner_role,
                        alert.reason
                    )
                }
            };
            let what = format!("{what} [{}]", subject(&alert.rule, &alert.subject));
            format!(
                "{}  {sign} {name:NAME_WIDTH$} {what}  {about}",
                moment(news.at)
            )
        }
    }
}

/// What became of everybody. The way is that of the primary rule; what `silent-account` says of a
/// company stands in the view of all that is published.
pub(super) fn summary(board: &Board, view: &View, events: u64) -> String {
    let totals = &board.totals;
    let mut text = String::new();
    let days = board.days.len();
    // Writing to a String cannot fail.
    _ = writeln!(
        text,
        "\nAfter {days} days: {} events in, {} scores out, {} movements, {} alerts opened, \
         {} resolved, {} triggers, {} dead letters.\n",
        grouped(events),
        grouped(totals.scores),
        totals.movements,
        totals.alerts_opened,
        totals.alerts_resolved,
        totals.triggers,
        totals.dead,
    );
    let now = board.tiers();
    _ = writeln!(text, "{:12} {:>8} {:>8}", "tier", "first", "last");
    let first = board.days.first().copied().unwrap_or_default();
    for (place, name) in TIERS.iter().enumerate() {
        let count = |tiers: [usize; TIERS.len()]| tiers.get(place).copied().unwrap_or(0);
        _ = writeln!(text, "{name:12} {:>8} {:>8}", count(first), count(now));
    }
    _ = writeln!(
        text,
        "\n{:18} {:NAME_WIDTH$} {:>5}  {:9} way",
        "story", "company", "score", "presence"
    );
    for (company, standing) in board.companies.iter().zip(&board.standings) {
        let (Some(story), Some(standing)) = (company.story, standing) else {
            continue;
        };
        let way: Vec<_> = standing.path.iter().map(|place| tier(*place)).collect();
        _ = writeln!(
            text,
            "{story:18} {:NAME_WIDTH$} {:>5}  {:9} {}",
            company.name,
            score(standing.score),
            presence(view, &company.account),
            way.join(" → ")
        );
    }
    text
}

/// The tier that `silent-account` gives it.
fn presence(view: &View, account: &str) -> String {
    let published = view.get(&format!("{TENANT}/{account}/silent-account"));
    published.map_or_else(|| "–".into(), |published| published.headline.tier)
}

/// `saas-health` for the tier, `silent-account: silent` for an exception.
pub(super) fn subject(rule: &str, subject: &str) -> String {
    if subject == "tier" {
        return "tier".into();
    }
    format!("{rule}: {subject}")
}

pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

pub(super) fn tier(place: usize) -> &'static str {
    TIERS.get(place).copied().unwrap_or("unknown")
}

/// A score to one decimal.
pub(super) fn score(score: Option<f64>) -> String {
    score.map_or_else(|| "–".into(), |score| format!("{score:.1}"))
}

/// `2025-03-04 10:12`.
fn moment(time: Time) -> String {
    let text = time.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// Whole days from `from` to `to`, or hours where there is no whole day.
pub(super) fn age(from: Time, to: Time) -> String {
    let hours = to.since_ms(from) / crate::model::HOUR_MS;
    match hours / 24 {
        0 => format!("{hours} h"),
        days => format!("{days} d"),
    }
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{grouped, line, summary};
    use crate::demo::board::Board;
    use crate::demo::board::tests::{alert, companies, day, score};
    use crate::query::View;

    #[test]
    fn lines_and_summary() {
        let mut board = Board::new(&companies());
        board.take(&score("nordlicht", day(-1), "healthy", (50.0, 40.0)));
        board.begin();
        let outputs = [
            score("nordlicht", day(3), "watch", (30.0, 40.0)),
            score("aldergate", day(4), "unknown", (0.0, 0.0)),
            score(
                "nordlicht",
                day(40).plus_ms(3_600_000),
                "critical",
                (5.0, 20.5),
            ),
            alert(
                "nordlicht",
                day(40).plus_ms(3_600_000),
                "opened",
                "critical",
            ),
            alert("nordlicht", day(60), "resolved", "critical"),
        ];
        let mut text = String::new();
        for output in &outputs {
            let entry = board.take(output).unwrap();
            text += &(line(&board, &entry) + "\n");
            board.end_day();
        }
        text += &summary(&board, &View::default(), 1_234_567);
        expect![[r#"
            2025-01-04 00:00  ▼ Nordlicht            healthy → watch      70.0  Active on 30 days
            2025-01-05 00:00  • Aldergate            · → unknown           0.0  first seen
            2025-02-10 01:00  ▼ Nordlicht            watch → critical     25.5  Active on 5 days
            2025-02-10 01:00  ! Nordlicht            alert opened [tier]  critical for csm: Use fell by 42 %
            2025-03-02 00:00  ✓ Nordlicht            alert resolved [tier]  after 19 d

            After 5 days: 1,234,567 events in, 3 scores out, 2 movements, 1 alerts opened, 1 resolved, 0 triggers, 0 dead letters.

            tier            first     last
            healthy             0        0
            watch               1        0
            at risk             0        0
            critical            0        1
            unknown             0        1

            story              company              score  presence  way
            silent drift       Nordlicht             25.5  –         healthy → watch → critical
        "#]].assert_eq(&text);
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
