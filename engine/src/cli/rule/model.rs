//! `puls rule import --lightgbm | --additive`: a trained model becomes a rule.
//!
//! A LightGBM model becomes a module, an additive one a card. What is wrong with a file is told all
//! at once, each with its line; nothing is written unless the rule is whole and is taken.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use puls_models::limits::{ADDITIVE_BYTES_MAX, MAP_BYTES_MAX, MODEL_BYTES_MAX};
use puls_models::{Additive, AdditiveCard, Bounds, Compiled, Map, Naming, Problem, Rule};
use serde_json::json;

use super::super::scorecard::TenantArgs;
use super::super::session::{Outcome, Session};
use super::super::table::{count, many};
use super::super::trial;
use super::import;
use crate::kit::catalogue;
use crate::limits::{RULE_FUEL, RULE_MODULE_BYTES_MAX};
use crate::log::durable;
use crate::model::{Digest, content_digest};

/// Ten-thousandths in a point.
const UNIT: f64 = 10_000.0;

/// What a trained model is imported from.
#[derive(Debug, Args)]
pub(super) struct ModelArgs {
    /// A LightGBM model saved as text (`booster.save_model`); becomes a module.
    #[arg(long, value_name = "FILE", group = "model")]
    lightgbm: Option<PathBuf>,
    /// An additive model in the JSON form `puls-additive/1`; becomes a scorecard.
    #[arg(long, value_name = "FILE", group = "model")]
    additive: Option<PathBuf>,
    /// The map: which feature each column of the model is, and in which words it is told.
    #[arg(long, value_name = "FILE", requires = "lightgbm")]
    features: Option<PathBuf>,
    /// The version, in place of the map's.
    #[arg(long, value_name = "VERSION", requires = "lightgbm")]
    version: Option<String>,
}

/// What all imports have.
pub(super) struct Common<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) out: Option<&'a Path>,
    /// Whether a card that is there is written over; a module always is.
    pub(super) force: bool,
    pub(super) tenant: &'a TenantArgs,
    pub(super) json: bool,
}

impl ModelArgs {
    /// Whether a model was named.
    pub(super) const fn is_named(&self) -> bool {
        self.lightgbm.is_some() || self.additive.is_some()
    }
}

/// Imports the model that was named.
pub(super) fn run(
    args: &ModelArgs,
    common: &Common<'_>,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    match (&args.lightgbm, &args.additive) {
        (Some(file), _) => lightgbm(file, args, common, session),
        (None, Some(file)) => additive(file, common, session),
        // The arguments do not let it come to this.
        (None, None) => anyhow::bail!("expected --lightgbm or --additive, found neither"),
    }
}

/// The start of a file, one byte more than it may have at most.
pub(super) fn read(path: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        let most = u64::try_from(most)?.saturating_add(1);
        File::open(path)?.take(most).read_to_end(&mut bytes)?;
        anyhow::Ok(bytes)
    };
    read().with_context(|| format!("read {}", path.display()))
}

fn read_text(path: &Path, most: usize) -> anyhow::Result<String> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes).with_context(|| format!("read {} as text", path.display()))
}

/// All that is wrong with a file.
struct Wrong {
    file: PathBuf,
    problems: Vec<Problem>,
}

fn tell(wrong: &Wrong, as_json: bool, session: &mut Session) -> anyhow::Result<Outcome> {
    let shown = wrong.file.display();
    let lines: Vec<_> = wrong
        .problems
        .iter()
        .map(|it| format!("{shown}:{it}"))
        .collect();
    if as_json {
        session.json(&json!({ "ok": false, "problems": lines }))?;
    } else {
        for line in &lines {
            session.line(line)?;
        }
        session.line(&many(lines.len(), "problem"))?;
    }
    Ok(Outcome::Failed)
}

fn lightgbm(
    file: &Path,
    args: &ModelArgs,
    common: &Common<'_>,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let (rule, compiled) = match compile(file, args, common)? {
        Ok(made) => made,
        Err(wrong) => return tell(&wrong, common.json, session),
    };
    // The engine judges it as anybody else's.
    trial::engine()?
        .compile(&compiled.module)
        .with_context(|| format!("{}: a bug of the compiler", file.display()))?;
    let name = format!("{}.wasm", compiled.manifest.name);
    let out = common
        .out
        .map_or_else(|| file.with_file_name(name), Path::to_path_buf);
    durable::replace(&out, &compiled.module).with_context(|| format!("write {}", out.display()))?;
    let digest = content_digest(&compiled.module);
    show(&rule, &compiled, (&out, digest), common.json, session)
}

/// The rule and its module, or what is wrong with model or map.
fn compile(
    file: &Path,
    args: &ModelArgs,
    common: &Common<'_>,
) -> anyhow::Result<Result<(Rule, Compiled), Wrong>> {
    let wrong = |file: &Path, problems| {
        Ok(Err(Wrong {
            file: file.to_path_buf(),
            problems,
        }))
    };
    let bytes = read(file, MODEL_BYTES_MAX)?;
    let model = match puls_models::read(&bytes) {
        Ok(model) => model,
        Err(problems) => return wrong(file, problems),
    };
    let map_file = args.features.as_deref();
    let map_text = match map_file {
        Some(path) => read_text(path, MAP_BYTES_MAX)?,
        None => String::new(),
    };
    let map = match Map::read(&map_text) {
        Ok(map) => map,
        Err(problems) => return wrong(map_file.unwrap_or(file), problems),
    };
    let source = content_digest(&[bytes.as_slice(), map_text.as_bytes()].concat()).to_string();
    let naming = Naming {
        name: common.name,
        version: args.version.as_deref(),
        source: &source,
    };
    let plan = common.tenant.plan()?;
    let rule = match puls_models::bind(&model, &map, &catalogue(&plan), naming) {
        Ok(rule) => rule,
        Err(problems) => return wrong(map_file.unwrap_or(file), problems),
    };
    let bounds = Bounds {
        module_bytes: RULE_MODULE_BYTES_MAX,
        fuel: RULE_FUEL,
    };
    match puls_models::compile(&rule, bounds) {
        Ok(compiled) => Ok(Ok((rule, compiled))),
        Err(problems) => wrong(file, problems),
    }
}

fn show(
    rule: &Rule,
    compiled: &Compiled,
    (out, digest): (&Path, Digest),
    as_json: bool,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    let Compiled {
        module,
        manifest,
        cost,
    } = compiled;
    let (trees, splits, steps) = rule.size();
    let (name, version) = (&manifest.name, &manifest.version);
    let rows = cost.rows(RULE_FUEL);
    let tiers = &manifest.tiers.bands;
    if as_json {
        let tiers: Vec<_> = tiers
            .iter()
            .map(|tier| json!({ "name": tier.name, "from": tier.from }))
            .collect();
        session.json(&json!({
            "ok": true,
            "name": name,
            "version": version,
            "digest": digest.to_string(),
            "bytes": module.len(),
            "trees": trees,
            "splits": splits,
            "splits_per_row_max": steps,
            "fuel_per_row_max": cost.row_fuel,
            "rows_per_call": rows,
            "features": manifest.features.len(),
            "probability_error_max": rule.probability_error(),
            "base_probability": rule.base_probability(),
            "tiers": tiers,
        }))?;
        return Ok(Outcome::Done);
    }
    session.line(&format!(
        "{name} {version} written to {}: {} bytes, digest {digest}",
        out.display(),
        count(module.len() as u64),
    ))?;
    session.line(&format!(
        "{} with {} on {}; an account meets at most {} of them and takes at most {} units of \
         fuel, so that {} always fit into a call",
        many(trees, "tree"),
        many(splits, "split"),
        many(manifest.features.len(), "feature"),
        count(steps),
        count(cost.row_fuel),
        many(rows, "account"),
    ))?;
    session.line(&format!(
        "the score is 100 × (1 − chance of churn), the chance within {:.1e} of LightGBM's; an \
         average account has {:.2} % and so a score of {:.2}",
        rule.probability_error(),
        100.0 * rule.base_probability(),
        100.0 * (1.0 - rule.base_probability()),
    ))?;
    let tiers: Vec<_> = tiers
        .iter()
        .map(|tier| format!("{} from {}", tier.name, tier.from))
        .collect();
    session.line(&format!("tiers: {}", tiers.join(", ")))?;
    Ok(Outcome::Done)
}

fn additive(file: &Path, common: &Common<'_>, session: &mut Session) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        common.name.is_none(),
        "expected the name of an additive model in its file, found --name"
    );
    let text = read_text(file, ADDITIVE_BYTES_MAX)?;
    let plan = common.tenant.plan()?;
    let card = match Additive::read(&text, &catalogue(&plan)) {
        Ok(card) => card,
        Err(problems) => {
            let wrong = Wrong {
                file: file.to_path_buf(),
                problems,
            };
            return tell(&wrong, common.json, session);
        }
    };
    let out = common
        .out
        .map_or_else(|| file.with_file_name("card.toml"), Path::to_path_buf);
    import::write(&out, card.text.as_bytes(), common.force)?;
    show_card(&card, &out, common.json, session)
}

fn show_card(
    card: &AdditiveCard,
    out: &Path,
    as_json: bool,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    if as_json {
        session.json(&json!({
            "ok": true,
            "name": card.name,
            "out": out.display().to_string(),
            "log_odds_at_0": card.top,
            "log_odds_at_100": card.top - card.span,
            "chance_error_max": card.span / 400.0 / (2.0 * UNIT),
            "notes": card.notes,
        }))?;
        return Ok(Outcome::Done);
    }
    let shown = out.display();
    session.line(&format!(
        "{} written to {shown}: a score of 0 is a chance of churn of {:.2} %, one of 100 of \
         {:.2} %",
        card.name,
        100.0 * card.chance(0.0),
        100.0 * card.chance(100.0),
    ))?;
    for note in &card.notes {
        session.line(note)?;
    }
    session.line(&format!("ask `puls rule check {shown}`"))?;
    Ok(Outcome::Done)
}
