//! A backtest as JSON, for programs.

use serde_json::{Value, json};

use crate::backtest::Side;
use crate::backtest::fold::Mover;
use crate::backtest::report::judgement::{Judgement, Measured, PeriodResult, SideResult};
use crate::backtest::report::migration::Migration;
use crate::backtest::report::{Known, Report, TooFew, words};
use crate::backtest::statistics::auc::Area;
use crate::backtest::statistics::share::Share;
use crate::model::{DAY_MS, points};

pub(super) fn report(report: &Report) -> Value {
    let (first, until) = report.span;
    let governed = report.governed.iter().map(|governed| {
        let rule = governed.rule.as_ref().map(|(name, version, digest)| {
            json!({"name": name, "version": version, "digest": digest.to_string()})
        });
        let from = (governed.from > first).then(|| governed.from.to_string());
        json!({"from": from, "rule": rule})
    });
    json!({
        "tenant": report.tenant,
        "candidate": report.candidate,
        "active": governed.collect::<Vec<_>>(),
        "from": first.to_string(),
        "until": until.to_string(),
        "reference_dates": report.months,
        "accounts": report.accounts,
        "accounts_out": report.out,
        "records": report.records,
        "events": report.events,
        "events_dead": report.dead,
        "seconds": report.took.as_secs_f64(),
        "events_per_second": report.events_per_second(),
        "migration": migration(&report.migration),
        "migration_all_months": migration(&report.migration_months),
        "accounts_moved": report.moved,
        "movers": report.movers.iter().map(mover).collect::<Vec<_>>(),
        "alerts": alerts(report),
        "hidden_features": sides(&report.hidden, |names| json!(names)),
        "failures": sides(&report.failures, |it| json!({"count": it.count, "first": it.first})),
        "outcomes": report.judgement.as_ref().map(judgement),
        "caveats": words::caveats(report),
    })
}

fn sides<T>(pair: &[T; 2], value: impl Fn(&T) -> Value) -> Value {
    let of_side = Side::BOTH.map(|side| (side.as_str().to_owned(), value(side.of(pair))));
    Value::Object(of_side.into_iter().collect())
}

fn migration(migration: &Migration) -> Value {
    json!({
        "rows_active": migration.rows,
        "columns_candidate": migration.columns,
        "counts": migration.counts,
        "all": migration.all,
        "same": migration.same,
        "newly_flagged": migration.newly_flagged,
        "no_longer_flagged": migration.no_longer_flagged,
    })
}

fn mover(mover: &Mover) -> Value {
    json!({
        "account": mover.account,
        "delta": points(mover.delta()),
        "score": sides(&mover.scores, |score| json!(points(*score))),
        "tier": sides(&mover.tiers, |tier| json!(tier)),
        "why": sides(&mover.why, |why| json!(why)),
        "shifts": mover.shifts.iter()
            .map(|(title, shift)| json!({"measure": title, "points": points(*shift)}))
            .collect::<Vec<_>>(),
    })
}

fn alerts(report: &Report) -> Value {
    let alerts = &report.alerts;
    let weeks = alerts.weeks.iter().map(|week| {
        json!({"week": report.date(week.begins), "opened": sides(&week.opened, |it| json!(it))})
    });
    let desks = alerts.desks.iter().map(|desk| {
        json!({
            "owner": desk.name,
            "is_person": desk.is_person,
            "opened": sides(&desk.opened, |it| json!(it)),
            "busiest_week": sides(&desk.busiest, |it| json!(it)),
        })
    });
    let changes = alerts
        .changes
        .iter()
        .map(|(change, counts)| (change.as_str().to_owned(), sides(counts, |it| json!(it))));
    json!({
        "weeks": weeks.collect::<Vec<_>>(),
        "owners": desks.collect::<Vec<_>>(),
        "sent": Value::Object(changes.collect()),
        "accounts_both": alerts.accounts_both,
        "accounts_only": sides(&alerts.accounts_only, |it| json!(it)),
    })
}

fn judgement(judgement: &Judgement) -> Value {
    json!({
        "window_days": judgement.window_ms / DAY_MS,
        "accounts_lost": judgement.lost_accounts,
        "mrr_lost": judgement.mrr_lost,
        "accounts_unknown": judgement.strangers.0,
        "accounts_decided_early": judgement.early,
        "account_months_unobserved": judgement.unobserved,
        "tuned_until": judgement.tuned_until.map(|date| date.to_string()),
        "periods": judgement.periods.iter().map(period).collect::<Vec<_>>(),
    })
}

fn period(period: &PeriodResult) -> Value {
    json!({
        "period": period.period.as_str(),
        "rules": sides(&period.sides, side),
        "auc_difference": known(&period.difference, area),
    })
}

fn side(side: &SideResult) -> Value {
    let tiers = side
        .tiers
        .iter()
        .map(|(tier, rate)| json!({"tier": tier, "lost": rate.as_ref().map(share)}));
    let lead = side.lead.flagged.map(|it| {
        let days = |ms: i64| ms / DAY_MS;
        json!({
            "accounts": it.count,
            "days_quartiles": [days(it.lower_ms), days(it.median_ms), days(it.upper_ms)],
        })
    });
    json!({
        "all_features": measured(&side.seeing),
        "without_license_stage_assessment": measured(&side.blind),
        "tiers": tiers.collect::<Vec<_>>(),
        "lead": {"lost": side.lead.lost, "flagged": lead, "unseen": side.lead.unseen},
        "overridden": side.overridden,
    })
}

fn measured(measured: &Measured) -> Value {
    json!({
        "account_months": measured.units,
        "accounts": measured.accounts,
        "account_months_lost": measured.lost_units,
        "accounts_lost": measured.lost_accounts,
        "unscored_lost": measured.unscored.0,
        "unscored_stayed": measured.unscored.1,
        "auc": known(&measured.area, area),
        "precision": known(&measured.precision, share),
        "recall": known(&measured.recall, share),
    })
}

/// A number, or the sentence that says why there is none.
fn known<T>(known: &Known<T>, value: impl Fn(&T) -> Value) -> Value {
    known
        .as_ref()
        .map_or_else(|TooFew(why)| json!({"too_few": why}), value)
}

fn area(area: &Area) -> Value {
    let interval = area.interval.map(|(low, high)| [low, high]);
    json!({"value": area.value, "standard_error": area.error, "interval_95": interval})
}

fn share(share: &Share) -> Value {
    let (low, high) = share.interval;
    json!({
        "value": share.value,
        "hits": share.hits,
        "account_months": share.rows,
        "accounts": share.clusters,
        "interval_95": [low, high],
    })
}
