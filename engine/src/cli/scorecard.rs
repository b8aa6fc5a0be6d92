//! Scorecards for the program: read with the features of a tenant, compiled, shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use puls_scorecard::{Card, Catalogue, Compiled};
use puls_wire::TEXTS_SECTION;
use serde_json::json;

use super::rule::package;
use super::rule::texts::texts;
use super::session::{self, ConfigArgs, Outcome, Session};
use super::table;
use crate::config::Config;
use crate::kit::catalogue;
use crate::model::{Settings, content_digest};
use crate::state::Plan;

/// How the file of a scorecard ends.
const EXTENSION: &str = "toml";

/// Whose features a card may name.
#[derive(Debug, Args)]
pub(super) struct TenantArgs {
    /// The configuration with the tenant's own features, factors and attributes, where the card
    /// names any.
    #[arg(long, short, value_name = "FILE", env = "PULS_CONFIG")]
    config: Option<PathBuf>,
    /// The tenant; not needed where there is one.
    #[arg(long)]
    tenant: Option<String>,
}

/// Whether a file is a scorecard by its name.
pub(super) fn is_card(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION))
}

/// Compiles the text of a card for a tenant's plan, with the translations that lie beside it.
///
/// # Errors
/// All that is wrong with it, each with file, line and column.
pub(super) fn compile(path: &Path, text: &str, plan: &Plan) -> Result<Compiled, Vec<String>> {
    let mut compiled = puls_scorecard::compile(&card(path, text, plan)?);
    // A card on standard input or in the working folder stands in no other.
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let told = texts(folder.unwrap_or(Path::new(".")), &compiled.manifest)?;
    compiled.module = puls_wire::with_section(&compiled.module, TEXTS_SECTION, &told);
    Ok(compiled)
}

/// Reads the text of a card with the features of a tenant's plan.
///
/// # Errors
/// All that is wrong with it, each with file, line and column.
pub(super) fn card(path: &Path, text: &str, plan: &Plan) -> Result<Card, Vec<String>> {
    puls_scorecard::read(text, &catalogue(plan)).map_err(|problems| {
        let shown = path.display();
        let with_file = |problem: &puls_scorecard::Problem| format!("{shown}:{problem}");
        problems.iter().map(with_file).collect::<Vec<_>>()
    })
}

impl TenantArgs {
    /// The features that a card of the tenant may name.
    pub(super) fn catalogue(&self) -> anyhow::Result<Catalogue> {
        Ok(catalogue(&self.plan()?))
    }

    /// The plan of the tenant that was named; of the only one of the configuration that was
    /// named; else of a tenant without settings.
    pub(super) fn plan(&self) -> anyhow::Result<Plan> {
        plan_of(&self.settings()?)
    }

    /// What that tenant declares.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        match (&self.config, &self.tenant) {
            (None, None) => Ok(Settings::default()),
            (path, _) => {
                let config = path.clone().unwrap_or_else(|| PathBuf::from("puls.toml"));
                settings(&ConfigArgs { config }.load()?, self.tenant.as_deref())
            }
        }
    }
}

pub(super) fn plan_of(settings: &Settings) -> anyhow::Result<Plan> {
    Plan::new(settings, &BTreeMap::new()).map_err(|problems| anyhow::anyhow!(problems.join("\n")))
}

/// The settings of the tenant that was named, or of the only one.
fn settings(config: &Config, tenant: Option<&str>) -> anyhow::Result<Settings> {
    let name = session::tenant(config, tenant)?;
    let found = config.tenants.get(name);
    Ok(found.map_or_else(Settings::default, |it| it.settings.clone()))
}

/// The same, or none where it is not known whose they are.
pub(super) fn settings_or_default(
    config: &Config,
    tenant: Option<&str>,
) -> anyhow::Result<Settings> {
    if tenant.is_none() && config.tenants.len() != 1 {
        return Ok(Settings::default());
    }
    settings(config, tenant)
}

/// The package of a card for a tenant of the configuration.
///
/// # Errors
/// Where the card cannot be read or is wrong, or the tenant is not there.
pub(super) fn package(
    path: &Path,
    config: &Config,
    tenant: Option<&str>,
) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let plan = plan_of(&settings(config, tenant)?)?;
    let packed = package::of_card(path, &text, &plan);
    let (package, _) = packed.map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
    Ok(package)
}

/// `puls rule check` of a card.
pub(super) fn check(
    file: &Path,
    tenant: &TenantArgs,
    as_json: bool,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let Some((package, compiled)) = read(file, tenant, session)? else {
        return Ok(Outcome::Failed);
    };
    let Compiled { manifest, cost, .. } = &compiled;
    let digest = content_digest(&package);
    if as_json {
        session.json(&json!({
            "ok": true,
            "name": manifest.name,
            "version": manifest.version,
            "digest": digest.to_string(),
            "bytes": package.len(),
            "operators_per_batch": cost.batch_operators,
            "largest_function_bytes": cost.body_bytes_max,
        }))?;
    } else {
        session.line(&format!(
            "{} {} is taken: {} bytes, at most {} operators for 256 accounts, digest {digest}",
            manifest.name,
            manifest.version,
            table::count(package.len() as u64),
            table::count(cost.batch_operators),
        ))?;
    }
    Ok(Outcome::Done)
}

/// The package of a card, and what it was compiled to; `None` where it is wrong, after saying what
/// is.
pub(super) fn read(
    file: &Path,
    tenant: &TenantArgs,
    session: &mut Session,
) -> anyhow::Result<Option<(Vec<u8>, Compiled)>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    match package::of_card(file, &text, &tenant.plan()?) {
        Ok((package, compiled)) => {
            // The engine judges a card's module as anybody else's.
            let engine = super::trial::engine()?;
            let taken = engine.compile(&package);
            taken.with_context(|| file.display().to_string())?;
            Ok(Some((package, compiled)))
        }
        Err(problems) => {
            for problem in &problems {
                session.line(problem)?;
            }
            session.line(&table::many(problems.len(), "problem"))?;
            Ok(None)
        }
    }
}
