//! `puls rule`: a rule by itself (`new`, `import`, `export`, `check`, `build`, `inspect`, `test`,
//! `verify`, `bench`, `limits`), who stands for it (`keygen`, `sign`, `signature`), and its life in
//! a running engine (`push`, `activate`, `rollback`, `deactivate`, `list`, `history`).

mod bench;
pub(super) mod cargo;
mod import;
mod inspect;
pub(super) mod judge;
mod ledger;
mod life;
mod model;
mod new;
pub(super) mod package;
mod page;
pub(super) mod pick;
mod primary;
mod said;
mod shown;
pub(super) mod sign;
pub(super) mod target;
mod test;
pub(super) mod texts;
mod verify;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;

pub(super) use self::said::parameter;
use super::scorecard::{self, TenantArgs};
use super::session::{Outcome, Session};
use super::{table, trial};
use crate::limits;
use crate::model::content_digest;
use crate::rules::RulesEngine;

#[derive(Debug, Args)]
pub(super) struct RuleArgs {
    #[command(subcommand)]
    command: RuleCommand,
}

#[derive(Debug, Subcommand)]
enum RuleCommand {
    /// Makes a folder with a rule that works at once, to be changed.
    New(new::NewArgs),
    /// Makes a scorecard of a table (XLSX, CSV), or a rule of a trained model (LightGBM, additive).
    // `--version` is that of the rule.
    #[command(disable_version_flag = true)]
    Import(Box<import::ImportArgs>),
    /// Shows a scorecard to people: a page in HTML or Markdown, or its table as CSV.
    Export(Box<page::ExportArgs>),
    /// Says whether the engine takes a scorecard or a module, and if not, why.
    Check(CheckArgs),
    /// Makes the package of a rule: its module, with its scorecard and the cases beside it.
    Build(package::BuildArgs),
    /// Prints what a rule says of itself: tiers, measures, features, texts, what its package
    /// carries, and what it uses of the limits.
    Inspect(InspectArgs),
    /// Runs the cases beside a rule, natively and as a module, and tries what no case thought of.
    Test(test::TestArgs),
    /// Tries a rule with what no case thought of: the same rows in other company, extreme values,
    /// scores out of range, broken promises, and what of a card no customer can meet.
    Verify(verify::VerifyArgs),
    /// Measures what a rule costs a row: time, fuel, size, against the limits.
    Bench(bench::BenchArgs),
    /// Prints the limits that hold for modules here.
    Limits(LimitsArgs),
    /// Makes a pair of keys to sign packages with.
    Keygen(sign::KeygenArgs),
    /// Signs a package: writes FILE.sig beside it.
    Sign(sign::SignArgs),
    /// Says who signed a package, and whether a tenant takes it.
    Signature(sign::SignatureArgs),
    /// Checks a module and stores it; it governs nothing until it is activated.
    Push(life::PushArgs),
    /// Lets a rule that was pushed govern a tenant from a moment on.
    Activate(Box<life::ActivateArgs>),
    /// Activates what governed under this name before, with its parameters.
    Rollback(life::NamedArgs),
    /// Ends a rule.
    Deactivate(life::NamedArgs),
    /// Lists what governs now and what is written to govern later: since when, by whom, why.
    List(shown::ListArgs),
    /// Lists every record of the rules log: who, when, from when, why, and what ended it.
    History(shown::HistoryArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The module.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct InspectArgs {
    /// The rule: its folder, its card.toml, or a module.
    #[arg(value_name = "FOLDER|CARD|MODULE")]
    rule: PathBuf,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Print the scorecard that it was built from, and nothing else.
    #[arg(long, conflicts_with = "json")]
    card: bool,
}

#[derive(Debug, Args)]
struct LimitsArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RuleArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    match &args.command {
        RuleCommand::New(args) => new::run(args, session),
        RuleCommand::Import(args) => import::run(args, session),
        RuleCommand::Export(args) => page::run(args, session),
        RuleCommand::Check(CheckArgs { file, tenant }) if target::card(&file.file).is_some() => {
            let card = target::card(&file.file).unwrap_or_default();
            scorecard::check(&card, tenant, file.json, session)
        }
        RuleCommand::Check(args) => check(&args.file, session),
        RuleCommand::Build(args) => package::build(args, session),
        RuleCommand::Inspect(args) => inspect(args, session),
        RuleCommand::Test(args) => test::run(args, session),
        RuleCommand::Verify(args) => verify::run(args, session),
        RuleCommand::Bench(args) => bench::run(args, session),
        RuleCommand::Limits(args) => show_limits(args, session),
        RuleCommand::Keygen(args) => sign::keygen(args, session),
        RuleCommand::Sign(args) => sign::sign(args, session),
        RuleCommand::Signature(args) => sign::show(args, session),
        RuleCommand::Push(args) => life::push(args, session),
        RuleCommand::Activate(args) => life::activate(args, session),
        RuleCommand::Rollback(args) => life::rollback(args, session),
        RuleCommand::Deactivate(args) => life::deactivate(args, session),
        RuleCommand::List(args) => shown::list(args, session),
        RuleCommand::History(args) => shown::history(args, session),
    }
}

fn read(args: &FileArgs) -> anyhow::Result<Vec<u8>> {
    let shown = args.file.display();
    anyhow::ensure!(
        !args.file.is_dir(),
        "expected a card or a module, found the folder {shown} without a card.toml; `puls rule \
         test {shown}` builds and tests a rule in Rust"
    );
    std::fs::read(&args.file).with_context(|| format!("read {}", args.file.display()))
}

fn check(args: &FileArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let bytes = read(args)?;
    let digest = content_digest(&bytes);
    // Compiling is a check too: a module may be well-formed and still take too long.
    let outcome = trial::engine()?.compile(&bytes);
    if args.json {
        let refusal = outcome.as_ref().err().map(ToString::to_string);
        session.json(&json!({
            "ok": refusal.is_none(),
            "digest": digest.to_string(),
            "bytes": bytes.len(),
            "refusal": refusal,
        }))?;
    } else {
        session.line(&match &outcome {
            Ok(module) => format!(
                "{} {} is taken: {} bytes, digest {digest}",
                module.manifest.name,
                module.manifest.version,
                bytes.len()
            ),
            Err(refusal) => format!("{}: {refusal}", args.file.display()),
        })?;
    }
    Ok(if outcome.is_ok() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}

fn inspect(args: &InspectArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let target = target::Target::find(&args.rule)?;
    let Some(bytes) = package::module_of(&target, &args.tenant, session)? else {
        return Ok(Outcome::Failed);
    };
    let manifest = RulesEngine::new()?
        .check(&bytes)
        .with_context(|| target.file.display().to_string())?;
    if args.card {
        package::show_card(&target.file, &bytes, session)?;
    } else if args.json {
        session.json(&serde_json::to_value(&manifest)?)?;
    } else {
        for line in inspect::describe(&manifest, &bytes) {
            session.line(&line)?;
        }
    }
    Ok(Outcome::Done)
}

/// The limits that hold for modules: name, value, unit. Their reasons stand in `limits.rs`.
const LIMITS: [(&str, u64, &str); 27] = [
    ("module", limits::RULE_MODULE_BYTES_MAX as u64, "bytes"),
    ("card", limits::PACKAGE_CARD_BYTES_MAX as u64, "bytes"),
    ("signers", limits::SIGNATURES_MAX as u64, "of a package"),
    ("manifest", puls_wire::MANIFEST_BYTES_MAX as u64, "bytes"),
    ("texts", puls_wire::TEXTS_BYTES_MAX as u64, "bytes"),
    ("languages", puls_wire::LANGUAGES_MAX as u64, "languages"),
    ("function_body", limits::RULE_BODY_BYTES_MAX as u64, "bytes"),
    ("functions", limits::RULE_FUNCTIONS_MAX as u64, "functions"),
    (
        "function_parameters",
        limits::RULE_FUNCTION_PARAMETERS_MAX as u64,
        "values",
    ),
    ("function_locals", limits::RULE_LOCALS_MAX as u64, "values"),
    ("memory", limits::RULE_MEMORY_PAGES_MAX, "pages of 64 KiB"),
    ("table", limits::RULE_TABLE_ENTRIES_MAX, "entries"),
    ("stack", limits::RULE_STACK_BYTES as u64, "bytes"),
    ("fuel", limits::RULE_FUEL, "units a call"),
    ("features", puls_wire::FEATURES_MAX as u64, "features"),
    ("parts", puls_wire::PARTS_MAX as u64, "parts"),
    ("measures", puls_wire::MEASURES_MAX as u64, "measures"),
    ("exceptions", puls_wire::EXCEPTIONS_MAX as u64, "exceptions"),
    ("triggers", puls_wire::TRIGGERS_MAX as u64, "triggers"),
    (
        "compile_time",
        limits::RULE_COMPILE_CPU_SECONDS,
        "seconds of the processor",
    ),
    ("compile_memory", limits::RULE_COMPILE_MEMORY_BYTES, "bytes"),
    (
        "failures_in_a_row",
        limits::RULE_FAILURES_MAX as u64,
        "evaluations",
    ),
    (
        "active_rules",
        limits::RULES_PER_TENANT_MAX as u64,
        "rules of a tenant",
    ),
    ("verify_fuel", limits::RULE_VERIFY_FUEL, "units"),
    ("cases", puls_cases::CASES_MAX as u64, "cases"),
    ("cases_file", puls_cases::BYTES_MAX as u64, "bytes"),
    (
        "story",
        puls_cases::STORY_EVENTS_MAX as u64,
        "events, repetitions counted",
    ),
];

fn show_limits(args: &LimitsArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    if args.json {
        let limits: serde_json::Map<_, _> = LIMITS
            .iter()
            .map(|(name, value, _)| ((*name).to_owned(), (*value).into()))
            .collect();
        session.json(&limits.into())?;
        return Ok(Outcome::Done);
    }
    let rows: Vec<_> = LIMITS
        .iter()
        .map(|(name, value, unit)| vec![(*name).into(), table::count(*value), (*unit).into()])
        .collect();
    for line in table::columns(&["limit", "value", "unit"], &rows, false) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::LIMITS;

    #[test]
    fn each_limit_has_a_name_of_its_own() {
        let names: BTreeSet<_> = LIMITS.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), LIMITS.len(), "{LIMITS:?}");
    }
}
