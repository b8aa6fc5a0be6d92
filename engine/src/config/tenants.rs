//! `[tenants.<name>]`: what a tenant declares, and the rules that score its accounts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Texts;
use super::problem::{Place, Problem};
use super::take::take;
use super::{settings, trust};
use crate::limits::RULES_PER_TENANT_MAX;
use crate::model::{Settings, Time, name_is_valid};
use crate::rules::Trust;

/// A tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// What it declares.
    pub settings: Settings,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Who may ask what-ifs of a running engine; nobody where it is missing.
    pub what_if: Option<WhatIf>,
    /// Whose rules it takes.
    pub trust: Trust,
    /// Where the tenant stands.
    pub place: Place,
}

/// A rule of a tenant, as the configuration names it.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// The module; relative to the configuration's folder.
    pub file: PathBuf,
    /// Whether its verdict is the account's score and tier.
    pub primary: bool,
    /// Whether it runs without publishing anything.
    pub shadow: bool,
    /// Numbers set instead of the manifest's defaults.
    pub parameters: BTreeMap<String, f64>,
    /// Log time from which it governs; `None` for the default.
    pub from: Option<Time>,
    /// Where the rule stands.
    pub place: Place,
}

/// `[tenants.<name>.what_if]`: what-ifs over the running engine's listener.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// Name of the environment variable that holds the bearer token.
    pub token_env: String,
    /// Whether the columns of the active rules are kept all the time, so that the first what-if is
    /// answered at once, rather than filled when it is asked.
    #[serde(default)]
    pub keep: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    #[serde(default)]
    rules: Vec<Spanned<RawRule>>,
    #[serde(default)]
    what_if: Option<WhatIf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    file: PathBuf,
    #[serde(default)]
    primary: bool,
    #[serde(default)]
    shadow: bool,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    #[serde(default)]
    from: Option<Spanned<String>>,
}

/// The tenant `name` that stands in `table`, with its records in files or on a broker.
pub(super) fn tenant(
    texts: &Texts,
    (name, on_broker): (&Spanned<String>, bool),
    table: &Spanned<DeTable<'_>>,
    problems: &mut Vec<Problem>,
) -> Tenant {
    if !name_is_valid(name.get_ref()) {
        problems.push(texts.problem(
            name.span().start,
            format!(
                "expected a tenant's name of 1 to 64 characters of a-z 0-9 . _ -, found `{}`",
                name.get_ref()
            ),
        ));
    }
    let mut declared = table.clone();
    let others = ["rules", "what_if"].map(|key| declared.get_mut().remove_entry(key));
    let trust = remove_table(texts, &mut declared, "trust", problems);
    let settings: Settings = take(texts, &declared, problems).unwrap_or_default();
    settings::judge(texts, &declared, &settings, problems);
    let mut only_rules = DeTable::new();
    only_rules.extend(others.into_iter().flatten());
    let only_rules = Spanned::new(table.span(), only_rules);
    let raw: Option<RawRules> = take(texts, &only_rules, problems);
    let (raw, what_if) = raw.map_or_else(Default::default, |raw| (raw.rules, raw.what_if));
    let rules: Vec<_> = raw
        .into_iter()
        .map(|raw| rule(texts, raw, problems))
        .collect();
    judge_rules(&rules, problems);
    let owner = (name.get_ref().as_str(), on_broker);
    Tenant {
        settings,
        rules,
        what_if,
        trust: trust::trust(texts, owner, trust.as_ref(), problems),
        place: texts.place(name.span().start),
    }
}

/// Takes the table `name` out of another, if it is there.
fn remove_table<'t>(
    texts: &Texts,
    from: &mut Spanned<DeTable<'t>>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<Spanned<DeTable<'t>>> {
    let (key, value) = from.get_mut().remove_entry(name)?;
    let mut section = DeTable::new();
    section.insert(key, value);
    let tables = named_tables(texts, section, problems);
    tables.into_iter().next().map(|(_, table)| table)
}

fn rule(texts: &Texts, raw: Spanned<RawRule>, problems: &mut Vec<Problem>) -> Rule {
    let place = texts.place(raw.span().start);
    let raw = raw.into_inner();
    let from = raw.from.and_then(|text| {
        let time = Time::parse_rfc3339(text.get_ref());
        if time.is_none() {
            problems.push(texts.problem(
                text.span().start,
                format!(
                    "expected a moment such as `2026-03-03T10:00:00Z`, found `{}`",
                    text.get_ref()
                ),
            ));
        }
        time
    });
    Rule {
        file: raw.file,
        primary: raw.primary,
        shadow: raw.shadow,
        parameters: raw.parameters,
        from,
        place,
    }
}

fn judge_rules(rules: &[Rule], problems: &mut Vec<Problem>) {
    let mut primary = rules.iter().filter(|rule| rule.primary && !rule.shadow);
    let first = primary.next();
    problems.extend(primary.map(|second| Problem {
        place: second.place.clone(),
        message: format!(
            "expected one primary rule of a tenant, found another at {}; set `primary = false` \
             or `shadow = true` on one of them",
            first.map_or_else(String::new, |first| first.place.to_string())
        ),
    }));
    if let Some(excess) = rules.get(RULES_PER_TENANT_MAX) {
        problems.push(Problem {
            place: excess.place.clone(),
            message: format!(
                "expected at most {RULES_PER_TENANT_MAX} rules of a tenant, found {}",
                rules.len()
            ),
        });
    }
}

/// The entries of a section of named tables, and a problem for each that is no table.
pub(super) fn named_tables<'t>(
    texts: &Texts,
    section: DeTable<'t>,
    problems: &mut Vec<Problem>,
) -> Vec<(Spanned<String>, Spanned<DeTable<'t>>)> {
    let mut tables = Vec::with_capacity(section.len());
    for (key, value) in section {
        let name = Spanned::new(key.span(), key.into_inner().into_owned());
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => tables.push((name, Spanned::new(span, table))),
            other => problems.push(texts.problem(
                span.start,
                format!(
                    "expected a table, found a value of type {}",
                    other.type_str()
                ),
            )),
        }
    }
    tables
}
