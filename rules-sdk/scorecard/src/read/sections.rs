//! The sections of a card in the order in which they are read, which is also the order of the
//! columns: derived numbers, population, measures, variants, exceptions, triggers.

use std::collections::BTreeSet;

use puls_table::{Plain, Table, Value, hint, is_name, not_a_name, shown};
use puls_wire::{
    Direction, FeatureUse, MEASURES_MAX, Monotone, NAME_BYTES_MAX, PARAMETERS_MAX, Parameter,
    WEIGHT_UNIT,
};

use super::actions;
use super::context::{Context, Reader};
use super::formula;
use super::measures::{Measures, Owner};
use super::never::Holds;
use crate::{Card, Condition, Derived, Number, Variant};

/// Numbers under `[derive]`: as many as features.
const DERIVED_MAX: usize = puls_wire::FEATURES_MAX;
/// Percent of coverage below which the tier is unknown, unless the card says otherwise.
const COVERAGE_MIN: f64 = 40.0;

/// Reads the whole file. `None` only with a problem.
pub(super) fn card(context: &mut Context<'_>, root: Table<'_>, digest: String) -> Option<Card> {
    const SECTIONS: [&str; 10] = [
        "card",
        "parameters",
        "derive",
        "measures",
        "variants",
        "exceptions",
        "triggers",
        "tiers",
        "alerts",
        "monotone",
    ];
    root.only(&SECTIONS, &mut context.report);
    let table = section(context, root, "parameters");
    parameters(context, table);
    let table = section(context, root, "derive");
    let is_number = |value: Value<'_>| value.as_table("").is_some();
    let derive = table.map_or_else(Vec::new, |table| named(table, is_number));
    context.derived_names = derive.iter().map(|(name, _)| name.clone()).collect();
    for (index, (name, value)) in derive.iter().enumerate() {
        derived(context, name, *value, index);
    }
    // After the derived numbers, so that the population may name them.
    let head = head(context, root);
    let mut all = Measures::default();
    let own = root.tables("measures", "a measure", &mut context.report);
    context.report.check(!own.is_empty(), root.at, || {
        "expected at least one measure, found none; add [[measures]] with a name, a weight and \
         [[measures.factors]]"
            .to_owned()
    });
    all.add(context, &own, None);
    let population = head
        .as_ref()
        .and_then(|head| head.population.as_ref())
        .map(|population| Holds::new(population, &context.parameters));
    let variants = root.tables("variants", "a variant", &mut context.report);
    let variants = read_variants(context, &variants, &mut all, population.as_ref());
    let exceptions = root.tables("exceptions", "an exception", &mut context.report);
    let exceptions = actions::exceptions(context, &exceptions);
    let triggers = root.tables("triggers", "a trigger", &mut context.report);
    let triggers = actions::triggers(context, &triggers);
    let tiers = section(context, root, "tiers");
    let tiers = actions::tiers(context, tiers);
    let alerts = section(context, root, "alerts");
    let alerts = actions::alerts(context, alerts);
    let promised = section(context, root, "monotone");
    let features = context.columns();
    let monotone = monotone(context, promised, &features);
    let head = head?;
    Some(Card {
        name: head.name,
        version: head.version,
        title: head.title,
        parameters: context.parameters.clone(),
        features,
        derived: std::mem::take(&mut context.derived),
        population: head
            .population
            .filter(|condition| *condition != Condition::Literal(true)),
        variants,
        measures: all.into_read(),
        exceptions,
        triggers,
        tiers: tiers?,
        coverage_min: head.coverage_min,
        alerts,
        source: digest,
        monotone,
    })
}

fn section<'t>(
    context: &mut Context<'_>,
    root: Table<'t>,
    name: &'static str,
) -> Option<Table<'t>> {
    root.get(name)?.table(name, &mut context.report)
}

struct Head {
    name: String,
    version: String,
    title: String,
    population: Option<Condition>,
    coverage_min: u16,
}

/// The section `[card]`.
fn head(context: &mut Context<'_>, root: Table<'_>) -> Option<Head> {
    let Some(value) = root.get("card") else {
        context.report.problem(
            root.at,
            "expected a section [card] with `name`, `version` and `applies_when`, found none; \
             begin the file with it",
        );
        return None;
    };
    let table = value.table("[card]", &mut context.report)?;
    table.only(
        &["name", "version", "title", "applies_when", "coverage_min"],
        &mut context.report,
    );
    let name = table.name(&mut context.report);
    let version = table
        .need("version", "\"1.0.0\"", &mut context.report)
        .and_then(|version| version.text(&mut context.report))
        .filter(|version| {
            let text = version.text;
            let word = (1..=NAME_BYTES_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic());
            context.report.check(word, version.at, || {
                format!(
                    "expected `version` to be a word such as \"1.0.0\", found {}",
                    shown(text)
                )
            })
        });
    let title = name.map_or("", |name| name.text);
    let title = table.title(title, &mut context.report);
    let coverage = table
        .get("coverage_min")
        .map_or(Some(COVERAGE_MIN), |value| {
            value.within((0.0, 100.0), &mut context.report)
        });
    let population = population(context, table);
    Some(Head {
        name: name?.text.to_owned(),
        version: version?.text.to_owned(),
        title,
        population: Some(population?),
        coverage_min: ten_thousandths(coverage?),
    })
}

/// The section `[monotone]`: features with `up` or `down`.
fn monotone(
    context: &mut Context<'_>,
    table: Option<Table<'_>>,
    features: &[FeatureUse],
) -> Vec<Monotone> {
    let is_promise = |value: Value<'_>| matches!(value.as_plain(), Plain::Text(_));
    let promised = table.map_or_else(Vec::new, |table| named(table, is_promise));
    let mut names = BTreeSet::new();
    let mut promises = Vec::new();
    for (name, value) in promised {
        let is_new = names.insert(name.clone());
        context.report.check(is_new, value.key_at, || {
            format!(
                "expected one promise for each feature, found a second one for `{name}`; remove \
                 one"
            )
        });
        let used = features.iter().find(|it| it.name == name);
        let is_number = used.map_or(context.misnamed, |it| it.values.is_empty());
        context.report.check(is_number, value.key_at, || {
            let numbers = features.iter().filter(|it| it.values.is_empty());
            let names = numbers.map(|it| it.name.as_str());
            let otherwise = "name one that the card reads and that is a number";
            let hint = hint(&name, names, otherwise);
            format!(
                "expected a feature of the card, found {}{hint}",
                shown(&name)
            )
        });
        let direction = match value.as_plain() {
            Plain::Text("up") => Some(Direction::Up),
            Plain::Text("down") => Some(Direction::Down),
            _ => None,
        };
        let Some(direction) = direction else {
            let what = "\"up\" (more is better) or \"down\" (less is better)";
            value.expected(what, &mut context.report);
            continue;
        };
        promises.push(Monotone {
            feature: name,
            direction,
        });
    }
    promises
}

/// Percent as ten-thousandths.
fn ten_thousandths(percent: f64) -> u16 {
    let all = f64::from(WEIGHT_UNIT);
    let nearest = (percent * all / 100.0).round_ties_even().clamp(0.0, all);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 0 to 10,000"
    )]
    let nearest = nearest as u16;
    nearest
}

fn population(context: &mut Context<'_>, table: Table<'_>) -> Option<Condition> {
    let Some(value) = table.get("applies_when") else {
        context.report.problem(
            table.at,
            "expected `applies_when` in [card], which says for whom the card is, found none; add \
             for example `applies_when = \"!(has(account.stage) && account.stage == \
             'churned')\"`, or \"true\" for everybody",
        );
        return None;
    };
    let text = value.text(&mut context.report)?;
    let condition = formula::condition(context, text, Reader::Score)?;
    let never = Holds::new(&condition, &context.parameters).never();
    context.report.check(!never, text.at, || {
        "expected `applies_when` to hold for some customers, found a condition that never holds, \
         so nobody would have a score; correct it, or write \"true\" for everybody"
            .to_owned()
    });
    Some(condition)
}

/// The section `[parameters]`.
fn parameters(context: &mut Context<'_>, table: Option<Table<'_>>) {
    let values = table.map(|table| table.values()).unwrap_or_default();
    if let Some(over) = values.get(PARAMETERS_MAX) {
        context.report.problem(
            over.key_at,
            format!("expected at most {PARAMETERS_MAX} parameters, found more"),
        );
    }
    for value in values {
        let parameter = parameter(context, value);
        // One that is wrong is known nevertheless, so that its uses are not wrong too.
        context.parameters.push(parameter.unwrap_or(Parameter {
            name: value.key.to_owned(),
            default: f64::NAN,
            min: f64::NEG_INFINITY,
            max: f64::INFINITY,
        }));
    }
}

fn parameter(context: &mut Context<'_>, value: Value<'_>) -> Option<Parameter> {
    context.report.check(is_name(value.key), value.key_at, || {
        not_a_name("the name of a parameter", value.key)
    });
    let Some(table) = value.as_table("a parameter") else {
        value.expected(
            "a table such as { default = 50, min = 0, max = 100 }",
            &mut context.report,
        );
        return None;
    };
    table.only(&["default", "min", "max"], &mut context.report);
    let mut number = |key: &str, example: &str| {
        let value = table.need(key, example, &mut context.report)?;
        Some((value.number(&mut context.report)?, value.at))
    };
    let default = number("default", "50");
    let (min, max) = (number("min", "0"), number("max", "100"));
    let ((default, default_at), (min, _), (max, max_at)) = (default?, min?, max?);
    let sorted = context.report.check(min <= max, max_at, || {
        format!("expected `max` to be at least `min`, which is {min}, found {max}")
    });
    let inside = !sorted || (min <= default && default <= max);
    context.report.check(inside, default_at, || {
        format!("expected `default` to be from `min` to `max`, {min} to {max}, found {default}")
    });
    (sorted && inside).then(|| Parameter {
        name: value.key.to_owned(),
        default,
        min,
        max,
    })
}

/// What stands under `[derive]` or `[monotone]`, with full names: `[derive.family.name]` is as good
/// as `[derive."family.name"]`. `is_one` tells what belongs under a name from a family of them.
fn named<'t>(table: Table<'t>, is_one: impl Fn(Value<'t>) -> bool) -> Vec<(String, Value<'t>)> {
    let mut all = Vec::new();
    for value in table.values() {
        let inner = value.as_table("a family").map(|family| family.values());
        let inner = inner.filter(|inner| {
            !value.key.contains('.')
                && !inner.is_empty()
                && inner.iter().all(|inner| is_one(*inner))
        });
        match inner {
            Some(inner) => all.extend(inner.into_iter().map(|inner| {
                let name = format!("{}.{}", value.key, inner.key);
                (name, inner)
            })),
            None => all.push((value.key.to_owned(), value)),
        }
    }
    all.sort_by_key(|(_, value)| value.key_at);
    all
}

/// One number under `[derive]`; it takes its place even if it is wrong.
fn derived(context: &mut Context<'_>, name: &str, value: Value<'_>, index: usize) {
    let at = value.key_at;
    context.report.check(index != DERIVED_MAX, at, || {
        format!("expected at most {DERIVED_MAX} derived numbers, found more")
    });
    let pair = is_name(name)
        && name
            .split_once('.')
            .is_some_and(|(family, rest)| !family.is_empty() && !rest.is_empty())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with(['.', '-']);
    context.report.check(pair, at, || {
        format!(
            "expected a name with its family such as [derive.\"custom_ratio.tickets_per_seat\"] \
             (in quotation marks, of a-z 0-9 . _ -), found {}",
            shown(name)
        )
    });
    let clashes = context.entry(name).is_some()
        || ["parameter.", "score."]
            .iter()
            .any(|taken| name.starts_with(taken));
    context.report.check(!clashes, at, || {
        format!("expected a name that is not taken, found `{name}`, which is; choose another one")
    });
    let mut before = context.derived_names.iter().take(index);
    let is_new = before.all(|known| known != name);
    context.report.check(is_new, at, || {
        format!(
            "expected each derived number once, found a second one named `{name}`; rename or \
             remove one"
        )
    });
    let read = derived_value(context, value);
    context.derived_broken |= read.is_none();
    let (unit, value) = read.unwrap_or_else(|| (String::new(), Number::Literal(0.0)));
    context.derived.push(Derived {
        name: name.to_owned(),
        unit,
        value,
    });
}

fn derived_value(context: &mut Context<'_>, value: Value<'_>) -> Option<(String, Number)> {
    let table = value.table("a derived number", &mut context.report)?;
    table.only(&["unit", "value"], &mut context.report);
    let unit = table.plain("unit", "", &mut context.report);
    let example = "\"ticket.opened_28d / license.seats\"";
    let text = table
        .need("value", example, &mut context.report)?
        .text(&mut context.report)?;
    Some((unit, formula::number(context, text, Reader::Score)?))
}

/// Reads the variants, each of which has a measure at least; their measures go to `all`.
fn read_variants(
    context: &mut Context<'_>,
    tables: &[Table<'_>],
    all: &mut Measures,
    population: Option<&Holds>,
) -> Vec<Variant> {
    let mut names = BTreeSet::new();
    let mut earlier: Vec<(String, Holds)> = Vec::new();
    let mut variants = Vec::new();
    if let Some(over) = tables.get(MEASURES_MAX) {
        context.report.problem(
            over.at,
            format!("expected at most {MEASURES_MAX} variants, found more"),
        );
    }
    for (index, table) in tables.iter().enumerate().take(MEASURES_MAX) {
        table.only(&["name", "when", "measures"], &mut context.report);
        let name = table.name(&mut context.report);
        let plain = name.map_or("", |name| name.text);
        if let Some(name) = name {
            context.report.check(names.insert(name.text), name.at, || {
                format!(
                    "expected each variant once, found a second one named `{}`; rename or \
                         remove one",
                    name.text
                )
            });
        }
        let when = actions::when(context, *table, Reader::Score);
        if let Some((condition, at)) = &when {
            let holds = Holds::new(condition, &context.parameters);
            reachable(context, &holds, population, (&earlier, *at));
            earlier.push((plain.to_owned(), holds));
        }
        let measures = table.tables("measures", "a measure", &mut context.report);
        context.report.check(!measures.is_empty(), table.at, || {
            "expected at least one measure in the variant, which replaces one of the card's, \
             found none; add [[variants.measures]] below it"
                .to_owned()
        });
        let owner = Owner { index, name: plain };
        all.add(context, &measures, Some(owner));
        variants.extend(when.map(|(when, _)| Variant {
            name: plain.to_owned(),
            when,
        }));
    }
    variants
}

/// Reports a variant that nobody can be of.
fn reachable(
    context: &mut Context<'_>,
    holds: &Holds,
    population: Option<&Holds>,
    (earlier, at): (&[(String, Holds)], usize),
) {
    if holds.never() {
        return;
    }
    if population.is_some_and(|population| !population.never() && population.and(holds).never()) {
        context.report.problem(
            at,
            "expected a condition that holds for some customers of the card, found one that \
             contradicts `applies_when`, so nobody is of this variant; correct or remove it",
        );
        return;
    }
    // One that never holds is told of already.
    let covering = earlier
        .iter()
        .find(|(_, wide)| !wide.never() && holds.within(wide));
    if let Some((name, _)) = covering {
        context.report.problem(
            at,
            format!(
                "expected a condition that leaves something to this variant, found one that \
                 holds only where that of `{name}` further up does; the first that holds counts, \
                 so put the narrower variant first or change it"
            ),
        );
    }
}
