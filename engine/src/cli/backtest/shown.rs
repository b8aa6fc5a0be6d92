//! A backtest on the terminal: what a person needs to decide, top down.

use crate::backtest::Side;
use crate::backtest::notice::AlertChange;
use crate::backtest::report::Report;
use crate::backtest::report::judgement::{Judgement, Period, PeriodResult};
use crate::backtest::report::words;
use crate::cli::session::Session;
use crate::cli::table::{columns, count, many, wrapped};
use crate::model::DAY_MS;

/// Movers of each direction that are shown.
const MOVERS: usize = 5;
/// What stands before a sentence.
const BEGIN: &str = "  - ";
/// Owners that are shown.
const DESKS: usize = 10;

pub(super) fn report(report: &Report, source: &str, out: &mut Session) -> anyhow::Result<()> {
    head(report, source, out)?;
    for silent in words::silent(report) {
        out.line("")?;
        out.line(&silent)?;
    }
    tiers(report, out)?;
    movers(report, out)?;
    alerts(report, out)?;
    if let Some(judgement) = &report.judgement {
        outcomes(report, judgement, out)?;
    }
    section("To know before you believe it", out)?;
    words::caveats(report)
        .iter()
        .try_for_each(|caveat| paragraph(caveat, out))
}

fn section(title: &str, out: &mut Session) -> anyhow::Result<()> {
    out.line("")?;
    out.line(title)
}

/// A sentence on as many lines as it needs, the first with a dash before it.
fn paragraph(text: &str, out: &mut Session) -> anyhow::Result<()> {
    let width = out.width().min(100).saturating_sub(BEGIN.len());
    let lines = wrapped(text, width);
    for (place, line) in lines.iter().enumerate() {
        let begin = if place == 0 { BEGIN } else { "    " };
        out.line(&format!("{begin}{line}"))?;
    }
    Ok(())
}

fn lines(head: &[&str], rows: &[Vec<String>], out: &mut Session) -> anyhow::Result<()> {
    let lines = columns(head, rows, true);
    lines
        .iter()
        .try_for_each(|line| out.line(&format!("  {line}")))
}

fn head(report: &Report, source: &str, out: &mut Session) -> anyhow::Result<()> {
    out.line(&format!(
        "Backtest of {} for tenant {}",
        report.candidate, report.tenant
    ))?;
    out.line(&format!(
        "against {}, as {source} says",
        report.active_in_words()
    ))?;
    let (first, until) = report.span;
    out.line(&format!(
        "over {} to {}: {}, {}, {} events folded in {:.1} s ({} a second)",
        report.date(first),
        report.date(until),
        many(report.accounts + report.out, "account"),
        many(report.months, "reference date"),
        count(report.events),
        report.took.as_secs_f64(),
        count(report.events_per_second())
    ))?;
    if report.dead > 0 {
        let dead = count(report.dead);
        out.line(&format!(
            "{dead} of these events could not be used; `puls run` says which"
        ))?;
    }
    Ok(())
}

fn tiers(report: &Report, out: &mut Session) -> anyhow::Result<()> {
    let migration = &report.migration;
    let title = format!(
        "Tiers on {} (rows: active rule, columns: candidate)",
        report.date(report.span.1)
    );
    section(&title, out)?;
    let mut head = vec![""];
    head.extend(migration.columns.iter().map(String::as_str));
    let rows: Vec<Vec<String>> = migration
        .rows
        .iter()
        .zip(&migration.counts)
        .map(|(name, cells)| {
            let cells = cells.iter().map(|cell| count(*cell as u64));
            std::iter::once(name.clone()).chain(cells).collect()
        })
        .collect();
    lines(&head, &rows, out)?;
    for (what, migration) in [
        ("", migration),
        ("over all months: ", &report.migration_months),
    ] {
        out.line(&format!(
            "  {what}{} of {} keep their tier, {} newly at risk or worse, {} no longer",
            count(migration.same as u64),
            count(migration.all as u64),
            count(migration.newly_flagged as u64),
            count(migration.no_longer_flagged as u64)
        ))?;
    }
    if report.out > 0 {
        out.line(&format!(
            "  without {} that had left by then",
            many(report.out, "account")
        ))?;
    }
    Ok(())
}

fn movers(report: &Report, out: &mut Session) -> anyhow::Result<()> {
    let title = format!(
        "Biggest movers ({} have another score)",
        many(report.moved, "account")
    );
    section(&title, out)?;
    for is_down in [true, false] {
        let of_direction = report
            .movers
            .iter()
            .filter(|mover| (mover.delta() < 0) == is_down);
        for mover in of_direction.take(MOVERS) {
            let ([active, candidate], [was, is]) = (mover.scores, &mover.tiers);
            out.line(&format!(
                "  {}  {} to {} ({}), {was} to {is}: {}",
                mover.account,
                words::points(active),
                words::points(candidate),
                words::signed(mover.delta()),
                words::shifts(mover)
            ))?;
            for side in Side::BOTH {
                let why = side.of(&mover.why).join("; ");
                if !why.is_empty() {
                    out.line(&format!("      {}: {why}", side.as_str()))?;
                }
            }
        }
    }
    Ok(())
}

fn alerts(report: &Report, out: &mut Session) -> anyhow::Result<()> {
    let alerts = &report.alerts;
    section("Alerts that each rule would have sent", out)?;
    let weeks = alerts.weeks.len().max(1);
    let row = |name: &str, cells: [String; 2]| {
        std::iter::once(name.to_owned())
            .chain(cells)
            .collect::<Vec<_>>()
    };
    let opened = Side::BOTH.map(|side| alerts.opened(side));
    let mut rows = vec![
        row("opened", opened.map(|it| count(it as u64))),
        row("  a week, mean", opened.map(|it| mean(it, weeks))),
        row(
            "  busiest week",
            Side::BOTH.map(|side| count(alerts.busiest(side) as u64)),
        ),
    ];
    for (change, sent) in &alerts.changes {
        if *change != AlertChange::Opened {
            rows.push(row(change.as_str(), sent.map(|it| count(it as u64))));
        }
    }
    for (severity, sent) in &alerts.severities {
        rows.push(row(
            &format!("opened, {severity}"),
            sent.map(|it| count(it as u64)),
        ));
    }
    lines(&["", "active", "candidate"], &rows, out)?;
    let [only_active, only_candidate] = alerts.accounts_only;
    out.line(&format!(
        "  accounts with an alert: {} under both, {only_active} under the active rule only, \
         {only_candidate} under the candidate only",
        alerts.accounts_both
    ))?;
    let rows: Vec<Vec<String>> = alerts
        .desks
        .iter()
        .take(DESKS)
        .map(|desk| {
            let cells = Side::BOTH.map(|side| count(*side.of(&desk.opened) as u64));
            let [busy_active, busy_candidate] = desk.busiest.map(|it| count(it as u64));
            let [active, candidate] = cells;
            vec![
                desk.name.clone(),
                active,
                candidate,
                busy_active,
                busy_candidate,
            ]
        })
        .collect();
    if !rows.is_empty() {
        out.line("")?;
        let head = [
            "opened per owner",
            "active",
            "candidate",
            "busiest week",
            "busiest week",
        ];
        lines(&head, &rows, out)?;
    }
    if alerts.desks.len() > DESKS {
        out.line(&format!("  and {} more owners", alerts.desks.len() - DESKS))?;
    }
    Ok(())
}

/// A mean to one place.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn mean(sum: usize, of: usize) -> String {
    format!("{:.1}", sum as f64 / of as f64)
}

fn outcomes(report: &Report, judgement: &Judgement, out: &mut Session) -> anyhow::Result<()> {
    let title = format!(
        "Outcomes: {} decided to leave; lost means within {} days",
        many(judgement.lost_accounts, "account"),
        judgement.window_ms / DAY_MS
    );
    section(&title, out)?;
    for period in &judgement.periods {
        match (period.period, judgement.tuned_until) {
            (Period::Before, Some(date)) => {
                out.line(&format!(
                    "\n  Before {} (seen by the author)",
                    report.date(date)
                ))?;
            }
            (Period::After, Some(date)) => {
                out.line(&format!(
                    "\n  From {} on (not seen: this counts)",
                    report.date(date)
                ))?;
            }
            _ => {}
        }
        period_lines(period, out)?;
    }
    Ok(())
}

fn period_lines(period: &PeriodResult, out: &mut Session) -> anyhow::Result<()> {
    let [active, candidate] = &period.sides;
    out.line(&format!(
        "  candidate: {}",
        words::counted(&candidate.seeing)
    ))?;
    let row =
        |name: &str, active: String, candidate: String| vec![name.to_owned(), active, candidate];
    let mut rows = Vec::new();
    for (place, tier) in period.tiers().into_iter().enumerate() {
        let shares = Side::BOTH.map(|side| side.of(&period.sides).share_of(tier));
        if place == 0 || shares.iter().any(Option::is_some) {
            let [active, candidate] =
                shares.map(|it| it.map_or_else(|| "-".to_owned(), |it| words::known_share(&it)));
            rows.push(row(&format!("lost in tier {tier}"), active, candidate));
        }
    }
    let known = words::known_share;
    rows.push(row(
        "precision, at risk or worse",
        known(&active.seeing.precision),
        known(&candidate.seeing.precision),
    ));
    rows.push(row(
        "recall, at risk or worse",
        known(&active.seeing.recall),
        known(&candidate.seeing.recall),
    ));
    let area = words::known_area;
    rows.push(row(
        "AUC, date by date",
        area(&active.seeing.area),
        area(&candidate.seeing.area),
    ));
    rows.push(row(
        "  without license, stage, assessment",
        area(&active.blind.area),
        area(&candidate.blind.area),
    ));
    let unscored = |(lost, stayed): (usize, usize)| format!("{lost} lost, {stayed} stayed");
    rows.push(row(
        "without a score",
        unscored(active.seeing.unscored),
        unscored(candidate.seeing.unscored),
    ));
    let lines = columns(&["", "active", "candidate"], &rows, false);
    lines
        .iter()
        .try_for_each(|line| out.line(&format!("  {line}")))?;
    out.line(&format!(
        "  AUC, candidate less active: {}",
        words::known_difference(&period.difference)
    ))?;
    out.line(&format!(
        "  {}",
        words::difference_in_words(&period.difference)
    ))?;
    out.line(&format!(
        "  seen in time, active: {}",
        words::lead(&active.lead)
    ))?;
    out.line(&format!(
        "  seen in time, candidate: {}",
        words::lead(&candidate.lead)
    ))
}
