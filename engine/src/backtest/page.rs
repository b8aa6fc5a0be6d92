//! The report as one page to show: plots drawn into it, nothing loaded from elsewhere.
//!
//! Works without scripts, in light and dark, on paper, and read aloud: each plot has its message as
//! a text, and what it shows also stands in a table or a sentence. Computes nothing of its own.

mod html;
mod outcomes;
mod plot;
mod style;

use self::html::{escape, numbers, section, table};
use self::plot::{Line, histogram, lines};
use super::Side;
use super::fold::Mover;
use super::notice::AlertChange;
use super::report::migration::Migration;
use super::report::{Report, words};

/// Movers of each direction that are shown.
const MOVERS: usize = 10;
/// Owners that are shown.
const DESKS: usize = 15;

/// Draws the page.
#[must_use]
pub fn render(report: &Report) -> String {
    let title = format!("Backtest of {}", report.candidate);
    let mut body = head(report, &title);
    body += &migration(report);
    body += &scores(report);
    body += &movers(report);
    body += &alerts(report);
    if let Some(judgement) = &report.judgement {
        body += &outcomes::sections(report, judgement);
    }
    body += &caveats(report);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         </body>\n</html>\n",
        escape(&title),
        style::SHEET
    )
}

/// What the two rules look like wherever they are drawn.
const KEY: &str = "<p class=\"key\" aria-hidden=\"true\"><span class=\"active\">active rule</span> \
                   <span class=\"candidate\">candidate</span></p>\n";

fn head(report: &Report, title: &str) -> String {
    let (first, until) = report.span;
    let mut text = format!(
        "<header>\n<h1>{}</h1>\n<p class=\"lead\">against {} for tenant {}, {} to {}</p>\n",
        escape(title),
        escape(&report.active_in_words()),
        escape(&report.tenant),
        report.date(first),
        report.date(until)
    );
    for silent in words::silent(report) {
        text += &format!("<p class=\"warning\">{}</p>\n", escape(&silent));
    }
    text += "<ul class=\"cards\">\n";
    for (value, what) in cards(report) {
        text += &format!(
            "<li><b>{}</b> <span>{}</span></li>\n",
            escape(&value),
            escape(&what)
        );
    }
    text + "</ul>\n</header>\n"
}

fn cards(report: &Report) -> Vec<(String, String)> {
    let migration = &report.migration;
    let [active, candidate] = Side::BOTH.map(|side| a_week(report, side));
    let mut cards = vec![
        (
            format!("{} of {}", migration.same, migration.all),
            "accounts keep their tier".to_owned(),
        ),
        (
            format!(
                "+{} / −{}",
                migration.newly_flagged, migration.no_longer_flagged
            ),
            "accounts newly, and no longer, at risk or worse".to_owned(),
        ),
        (
            format!("{active} → {candidate}"),
            "alerts a week, active to candidate".to_owned(),
        ),
    ];
    let judged = report.judgement.as_ref().and_then(|it| it.periods.last());
    if let Some(period) = judged {
        let area = |side: Side| {
            let area = &side.of(&period.sides).seeing.area;
            area.as_ref()
                .map_or_else(|_| "?".to_owned(), |area| format!("{:.2}", area.value))
        };
        cards.push((
            format!("{} → {}", area(Side::Active), area(Side::Candidate)),
            "AUC: how well it tells who leaves; 0.50 is a coin".to_owned(),
        ));
    }
    cards
}

/// Alerts a week, to one place.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn a_week(report: &Report, side: Side) -> String {
    let weeks = report.alerts.weeks.len().max(1) as f64;
    format!("{:.1}", report.alerts.opened(side) as f64 / weeks)
}

fn migration(report: &Report) -> String {
    let mut text = String::from(
        "<p>Each account stands in one cell: the row is its tier under the active rule, the column \
         its tier under the candidate. On the outlined diagonal nothing changes. It cannot say \
         which of the two is right; outcomes can.</p>\n",
    );
    let date = report.date(report.span.1);
    text += &heat(&report.migration, &format!("Accounts on {date}"));
    if report.out > 0 {
        text += &format!(
            "<p class=\"note\">Without {} accounts that had left by then.</p>\n",
            report.out
        );
    }
    text += &format!(
        "<details><summary>Over all {} reference dates</summary>\n",
        report.months
    );
    text += &heat(&report.migration_months, "Account-months");
    text += "</details>\n";
    section("Who would stand where", &text)
}

/// Tiers against tiers, darker where there are more.
fn heat(migration: &Migration, caption: &str) -> String {
    let largest = migration.largest().max(1);
    let mut text = format!(
        "<div class=\"wide\"><table class=\"heat\"><caption>{}</caption>\n<thead><tr>\
         <th scope=\"col\">active ↓ candidate →</th>",
        escape(caption)
    );
    for name in &migration.columns {
        text += &format!("<th scope=\"col\">{}</th>", escape(&spaced(name)));
    }
    text += "<th scope=\"col\">all</th></tr></thead>\n<tbody>\n";
    for (name, cells) in migration.rows.iter().zip(&migration.counts) {
        text += &format!("<tr><th scope=\"row\">{}</th>", escape(&spaced(name)));
        for (column, cell) in migration.columns.iter().zip(cells) {
            let class = if column == name {
                " class=\"same\""
            } else {
                ""
            };
            let strength = cell * 70 / largest;
            let shown = if *cell == 0 {
                "·".to_owned()
            } else {
                cell.to_string()
            };
            text += &format!("<td{class} style=\"--heat:{strength}%\">{shown}</td>");
        }
        text += &format!(
            "<td class=\"sum\">{}</td></tr>\n",
            cells.iter().sum::<usize>()
        );
    }
    text + "</tbody></table></div>\n"
}

/// A name as people read it.
fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn scores(report: &Report) -> String {
    let [active, candidate] = &report.scores;
    let mut text = String::from(
        "<p>How many accounts have which score, in steps of five points. A heap at one end means \
         that the rule hardly tells accounts apart.</p>\n",
    );
    text += KEY;
    text += &histogram([&active.bins, &candidate.bins]);
    for (side, scores) in Side::BOTH.iter().zip(&report.scores) {
        if scores.unscored > 0 {
            text += &format!(
                "<p class=\"note\">{} accounts have no score under the {} rule: too little is \
                 known of them.</p>\n",
                scores.unscored,
                side.as_str()
            );
        }
    }
    section("Scores", &text)
}

fn movers(report: &Report) -> String {
    let mut text = format!(
        "<p>{} accounts have another score. These move furthest; look at some of them that you \
         know: would you agree?</p>\n",
        report.moved
    );
    for (is_down, title) in [(true, "Falling"), (false, "Rising")] {
        let of_direction = report
            .movers
            .iter()
            .filter(|mover| (mover.delta() < 0) == is_down);
        let rows: Vec<Vec<String>> = of_direction.take(MOVERS).map(mover).collect();
        if !rows.is_empty() {
            let head = [
                "Account",
                "Score",
                "Tier",
                "Where the points moved",
                "Reasons of the active rule",
                "Reasons of the candidate",
            ];
            text += &table(title, &head, &rows);
        }
    }
    section("Biggest movers", &text)
}

fn mover(mover: &Mover) -> Vec<String> {
    let [from, to] = mover.scores.map(words::points);
    let [was, is] = mover.tiers.clone().map(|tier| escape(&spaced(&tier)));
    let [why_active, why_candidate] = mover.why.clone().map(|why| escape(&why.join("; ")));
    let class = if mover.delta() < 0 { "down" } else { "up" };
    vec![
        escape(&mover.account),
        format!(
            "{from} → {to} <b class=\"{class}\">{}</b>",
            words::signed(mover.delta())
        ),
        if was == is {
            was
        } else {
            format!("{was} → {is}")
        },
        escape(&words::shifts(mover)),
        why_active,
        why_candidate,
    ]
}

fn alerts(report: &Report) -> String {
    let alerts = &report.alerts;
    let [active, candidate] = Side::BOTH.map(|side| a_week(report, side));
    let mut text = format!(
        "<p>Alerts that each rule would have opened: {active} a week under the active rule, \
         {candidate} under the candidate. Every alert costs somebody's time; more of them is only \
         better if the right accounts are among them.</p>\n"
    );
    let weeks = &alerts.weeks;
    let of_side = |side: Side| weeks.iter().map(|week| *side.of(&week.opened)).collect();
    let labels: Vec<String> = weeks.iter().map(|week| report.date(week.begins)).collect();
    text += KEY;
    text += &lines(
        "Alerts opened per week",
        &labels,
        &[
            Line {
                class: "active",
                values: of_side(Side::Active),
            },
            Line {
                class: "candidate",
                values: of_side(Side::Candidate),
            },
        ],
    );
    let [only_active, only_candidate] = alerts.accounts_only;
    text += &format!(
        "<p>{} accounts had an alert under both rules, {only_active} under the active rule only, \
         {only_candidate} under the candidate only.</p>\n",
        alerts.accounts_both
    );
    text += &alert_tables(report);
    section("Alerts", &text)
}

/// What would have been sent, and to whom.
fn alert_tables(report: &Report) -> String {
    let alerts = &report.alerts;
    let cells = |name: &str, pair: &[usize; 2]| {
        let [active, candidate] = pair;
        vec![escape(name), active.to_string(), candidate.to_string()]
    };
    let sent: Vec<_> = alerts
        .changes
        .iter()
        .filter(|(change, _)| **change != AlertChange::Opened)
        .map(|(change, pair)| cells(change.as_str(), pair))
        .collect();
    let opened = [cells("opened", &Side::BOTH.map(|side| alerts.opened(side)))];
    let severities = alerts.severities.iter();
    let severities = severities.map(|(name, pair)| cells(&format!("opened, {name}"), pair));
    let rows: Vec<_> = opened.into_iter().chain(severities).chain(sent).collect();
    let mut text = numbers(
        "What would have been sent",
        &["", "Active", "Candidate"],
        &rows,
    );
    let desks: Vec<Vec<String>> = alerts
        .desks
        .iter()
        .take(DESKS)
        .map(|desk| {
            let mut row = cells(&desk.name, &desk.opened);
            row.extend(desk.busiest.map(|count| count.to_string()));
            row
        })
        .collect();
    let head = [
        "Owner",
        "Active",
        "Candidate",
        "Busiest week, active",
        "Busiest week, candidate",
    ];
    text += &numbers("Opened per owner", &head, &desks);
    if alerts.desks.iter().any(|desk| !desk.is_person) {
        text += "<p class=\"note\">Where an account's owner is not known, the role that the rule \
                 names stands in its place.</p>\n";
    }
    text
}

fn caveats(report: &Report) -> String {
    let mut text = String::from("<ul>\n");
    for caveat in words::caveats(report) {
        text += &format!("<li>{}</li>\n", escape(&caveat));
    }
    text += "</ul>\n";
    text += &format!(
        "<p class=\"note\">{} records with {} events were folded in {:.1} s ({} events a second); \
         {} events could not be used.</p>\n",
        report.records,
        report.events,
        report.took.as_secs_f64(),
        report.events_per_second(),
        report.dead
    );
    section("To know before you believe it", &text)
}
