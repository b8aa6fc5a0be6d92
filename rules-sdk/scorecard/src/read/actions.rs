//! Exceptions and triggers, tiers and what alerts say.

use std::collections::BTreeSet;

use puls_table::{Table, Text, Value, is_name, not_a_name};
use puls_wire::{
    AlertPolicy, DUE_DAYS_MAX, EXCEPTIONS_MAX, NO_TIERS, Severity, TIERS_MAX, TRIGGERS_MAX, Tier,
    Tiers,
};

use super::context::{Context, Reader};
use super::formula;
use super::never::Holds;
use super::texts::sentence;
use crate::mentions;
use crate::{Condition, Exception, Force, Trigger};

/// Points.
const POINTS: (f64, f64) = (0.0, 100.0);
/// Hysteresis: more would keep an account in its tier for ever.
const HYSTERESIS: (f64, f64) = (0.0, 50.0);
/// Days before a trigger may fire again, unless it says otherwise.
const COOLDOWN_DAYS: u32 = 30;
/// Hours in a day.
const DAY_HOURS: u32 = 24;
/// The subject of tier alerts.
const NO_EXCEPTION: &str = "tier";

/// Reports a name that stands twice.
fn once(context: &mut Context<'_>, names: &mut BTreeSet<String>, what: &str, name: Text<'_>) {
    let new = names.insert(name.text.to_owned());
    context.report.check(new, name.at, || {
        format!(
            "expected each {what} once, found a second one named `{}`; rename or remove one",
            name.text
        )
    });
}

/// Reports a condition that never holds.
fn possible(context: &mut Context<'_>, condition: &Condition, at: usize) {
    let never = Holds::new(condition, &context.parameters).never();
    context.report.check(!never, at, || {
        "expected a condition that can hold, found one that contradicts itself, so it never \
         does; correct or remove it"
            .to_owned()
    });
}

/// The condition under `when`, with its place.
pub(super) fn when(
    context: &mut Context<'_>,
    table: Table<'_>,
    by: Reader,
) -> Option<(Condition, usize)> {
    let value = table.need(
        "when",
        "\"license.overdue_days >= 30\"",
        &mut context.report,
    )?;
    let text = value.text(&mut context.report)?;
    let condition = formula::condition(context, text, by)?;
    possible(context, &condition, text.at);
    Some((condition, text.at))
}

pub(super) fn exceptions(context: &mut Context<'_>, tables: &[Table<'_>]) -> Vec<Exception> {
    let mut names = BTreeSet::new();
    if let Some(over) = tables.get(EXCEPTIONS_MAX) {
        context.report.problem(
            over.at,
            format!("expected at most {EXCEPTIONS_MAX} exceptions, found more"),
        );
    }
    tables
        .iter()
        .take(EXCEPTIONS_MAX)
        .filter_map(|table| exception(context, *table, &mut names))
        .collect()
}

fn exception(
    context: &mut Context<'_>,
    table: Table<'_>,
    names: &mut BTreeSet<String>,
) -> Option<Exception> {
    const KEYS: [&str; 9] = [
        "name",
        "when",
        "cap",
        "floor",
        "reason",
        "alert",
        "owner_role",
        "playbook",
        "due_days",
    ];
    table.only(&KEYS, &mut context.report);
    let name = table.name(&mut context.report);
    if let Some(name) = name {
        once(context, names, "exception", name);
        context
            .report
            .check(name.text != NO_EXCEPTION, name.at, || {
                format!(
                    "expected a name other than `{NO_EXCEPTION}`, which is what alerts about \
                     tiers are called; rename the exception"
                )
            });
    }
    let when = when(context, table, Reader::Score);
    let points =
        |context: &mut Context<'_>, value: Value<'_>| value.within(POINTS, &mut context.report);
    let (cap, floor) = (table.get("cap"), table.get("floor"));
    let force = match (cap, floor) {
        (None, None) => Some(None),
        (Some(cap), None) => points(context, cap).map(|at| Some(Force::Cap(at))),
        (None, Some(floor)) => points(context, floor).map(|at| Some(Force::Floor(at))),
        (Some(_), Some(floor)) => {
            context.report.problem(
                floor.at,
                "expected `cap` or `floor`, found both; an exception holds the score down or up: \
                 write two exceptions",
            );
            None
        }
    };
    let alert = table
        .get("alert")
        .map_or(Some(None), |value| severity(context, value).map(Some));
    let policy = policy(context, table, &AlertPolicy::default());
    let reason = table.need(
        "reason",
        "\"Unpaid for {license.overdue_days} days\"",
        &mut context.report,
    );
    let behind = when.as_ref().map(|(condition, _)| {
        // In order of the condition.
        mentions::of_condition(condition, &context.derived)
    });
    let reason =
        reason.and_then(|value| sentence(context, value, behind.as_deref(), Reader::Score));
    Some(Exception {
        name: name?.text.to_owned(),
        when: when?.0,
        force: force?,
        reason: reason?,
        alert: alert?,
        policy,
    })
}

pub(super) fn triggers(context: &mut Context<'_>, tables: &[Table<'_>]) -> Vec<Trigger> {
    let mut names = BTreeSet::new();
    if let Some(over) = tables.get(TRIGGERS_MAX) {
        context.report.problem(
            over.at,
            format!("expected at most {TRIGGERS_MAX} triggers, found more"),
        );
    }
    tables
        .iter()
        .take(TRIGGERS_MAX)
        .filter_map(|table| trigger(context, *table, &mut names))
        .collect()
}

fn trigger(
    context: &mut Context<'_>,
    table: Table<'_>,
    names: &mut BTreeSet<String>,
) -> Option<Trigger> {
    const KEYS: [&str; 7] = [
        "name",
        "when",
        "text",
        "playbook",
        "owner_roles",
        "due_days",
        "cooldown_days",
    ];
    table.only(&KEYS, &mut context.report);
    let name = table.name(&mut context.report);
    if let Some(name) = name {
        once(context, names, "trigger", name);
    }
    let when = when(context, table, Reader::Trigger);
    let playbook = table.plain("playbook", "", &mut context.report);
    let roles = table.get("owner_roles").map(|value| roles(context, value));
    let due_days = table.whole("due_days", (0, DUE_DAYS_MAX), 0, &mut context.report);
    let cooldown_days = table.whole(
        "cooldown_days",
        (1, DUE_DAYS_MAX),
        COOLDOWN_DAYS,
        &mut context.report,
    );
    let text = table.need("text", "\"Prepare the renewal\"", &mut context.report);
    let behind = when
        .as_ref()
        .map(|(when, _)| mentions::of_condition(when, &context.derived));
    let text = text.and_then(|value| sentence(context, value, behind.as_deref(), Reader::Trigger));
    Some(Trigger {
        name: name?.text.to_owned(),
        when: when?.0,
        text: text?,
        playbook,
        owner_roles: roles.unwrap_or_default(),
        due_days,
        cooldown_hours: cooldown_days * DAY_HOURS,
    })
}

fn roles(context: &mut Context<'_>, value: Value<'_>) -> Vec<String> {
    /// Roles that one trigger names: more are nobody.
    const ROLES_MAX: usize = 16;
    let roles = value.items(&mut context.report).unwrap_or_default();
    context
        .report
        .check(roles.len() <= ROLES_MAX, value.at, || {
            format!("expected at most {ROLES_MAX} roles, found {}", roles.len())
        });
    roles
        .iter()
        .filter_map(|role| role.plain(&mut context.report))
        .map(|role| role.text.to_owned())
        .collect()
}

fn severity(context: &mut Context<'_>, value: Value<'_>) -> Option<Severity> {
    const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];
    let word = value.text(&mut context.report)?;
    let found = ALL.into_iter().find(|known| known.as_str() == word.text);
    if found.is_none() {
        value.expected("\"info\", \"warning\" or \"critical\"", &mut context.report);
    }
    found
}

/// What alerts say; `default` where nothing is said.
fn policy(context: &mut Context<'_>, table: Table<'_>, default: &AlertPolicy) -> AlertPolicy {
    let report = &mut context.report;
    AlertPolicy {
        owner_role: table.plain("owner_role", &default.owner_role, report),
        playbook: table.plain("playbook", &default.playbook, report),
        due_days: table.whole("due_days", (0, DUE_DAYS_MAX), default.due_days, report),
    }
}

/// The section `[alerts]`.
pub(super) fn alerts(context: &mut Context<'_>, table: Option<Table<'_>>) -> AlertPolicy {
    let default = AlertPolicy::default();
    let Some(table) = table else { return default };
    table.only(&["owner_role", "playbook", "due_days"], &mut context.report);
    policy(context, table, &default)
}

/// The section `[tiers]`; what it does not say is as for rules in Rust.
pub(super) fn tiers(context: &mut Context<'_>, table: Option<Table<'_>>) -> Option<Tiers> {
    let mut tiers = default_tiers();
    let Some(table) = table else {
        return Some(tiers);
    };
    table.only(
        &["bands", "hysteresis_points", "dwell_hours"],
        &mut context.report,
    );
    if let Some(value) = table.get("hysteresis_points") {
        let points = value.within(HYSTERESIS, &mut context.report);
        tiers.hysteresis_points = points.unwrap_or(tiers.hysteresis_points);
    }
    let hours = (0, DUE_DAYS_MAX * DAY_HOURS);
    tiers.dwell_hours = table.whole("dwell_hours", hours, tiers.dwell_hours, &mut context.report);
    if let Some(value) = table.get("bands") {
        tiers.bands = tier_bands(context, value)?;
    }
    Some(tiers)
}

fn default_tiers() -> Tiers {
    let tier = |name: &str, from, alert| Tier {
        name: name.to_owned(),
        from,
        alert,
    };
    Tiers {
        bands: vec![
            tier("healthy", 75.0, None),
            tier("watch", 55.0, None),
            tier("at_risk", 35.0, Some(Severity::Warning)),
            tier("critical", 0.0, Some(Severity::Critical)),
        ],
        hysteresis_points: 2.0,
        dwell_hours: 24,
    }
}

fn tier_bands(context: &mut Context<'_>, value: Value<'_>) -> Option<Vec<Tier>> {
    let items = value.items(&mut context.report)?;
    let count = items.len();
    context
        .report
        .check((1..=TIERS_MAX).contains(&count), value.at, || {
            format!("expected 1 to {TIERS_MAX} tiers, found {count}")
        });
    let mut names = BTreeSet::new();
    let mut before: Option<f64> = None;
    let mut bands = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(table) = item.table("a tier", &mut context.report) else {
            continue;
        };
        table.only(&["name", "from", "alert"], &mut context.report);
        let name = tier_name(context, table, &mut names);
        let alert = table
            .get("alert")
            .map_or(Some(None), |value| severity(context, value).map(Some));
        let value = table.need("from", "75", &mut context.report);
        let from = value.and_then(|value| value.within(POINTS, &mut context.report));
        if let (Some(value), Some(from)) = (value, from) {
            let falls = before.is_none_or(|before| from < before);
            let above = before.unwrap_or(POINTS.1);
            context.report.check(falls, value.at, || {
                format!(
                    "expected `from` below {above}, where the tier before begins, found {from}; \
                     sort the tiers from the healthiest to the worst"
                )
            });
            let ends = index + 1 < count || from <= 0.0;
            context.report.check(ends, value.at, || {
                format!(
                    "expected the last tier to begin at 0, so that every score has a tier, found \
                     {from}"
                )
            });
            before = Some(from);
        }
        bands.push(name.zip(from).zip(alert).map(|((name, from), alert)| Tier {
            name,
            from,
            alert,
        }));
    }
    bands.into_iter().collect()
}

fn tier_name(
    context: &mut Context<'_>,
    table: Table<'_>,
    names: &mut BTreeSet<String>,
) -> Option<String> {
    let name = table
        .need("name", "\"healthy\"", &mut context.report)?
        .text(&mut context.report)?;
    let good = is_name(name.text);
    context
        .report
        .check(good, name.at, || not_a_name("a name", name.text));
    context
        .report
        .check(!NO_TIERS.contains(&name.text), name.at, || {
            format!(
                "expected a name other than `{}`, which is what accounts without a tier are \
                 called; rename the tier",
                name.text
            )
        });
    once(context, names, "tier", name);
    good.then(|| name.text.to_owned())
}
