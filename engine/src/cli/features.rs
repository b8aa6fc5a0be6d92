//! `puls features`: the catalogue.

use clap::Args;
use serde_json::json;

use super::session::{Outcome, Session};
use super::table;
use crate::config::nearest;
use crate::features::{self, Feature};

#[derive(Debug, Args)]
pub(super) struct FeaturesArgs {
    /// Only features of this name or family, in full.
    name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &FeaturesArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let all = features::catalogue();
    let chosen: Vec<_> = all
        .iter()
        .filter(|feature| is_chosen(args, feature))
        .collect();
    if chosen.is_empty() {
        let name = args.name.as_deref().unwrap_or_default();
        let hint = nearest(name, all.iter().map(|feature| feature.name))
            .map(|name| format!("; did you mean `{name}`?"))
            .unwrap_or_default();
        anyhow::bail!("expected a feature or a family of the catalogue, found `{name}`{hint}");
    }
    if args.json {
        session.json(&chosen.iter().map(|feature| as_json(feature)).collect())?;
    } else if args.name.is_some() {
        for feature in chosen {
            in_full(feature, session)?;
        }
    } else {
        let rows: Vec<_> = chosen
            .iter()
            .map(|feature| {
                vec![
                    feature.name.into(),
                    feature.unit.into(),
                    feature.meaning.into(),
                ]
            })
            .collect();
        for line in table::columns(&["feature", "unit", "meaning"], &rows, false) {
            session.line(&line)?;
        }
    }
    Ok(Outcome::Done)
}

fn is_chosen(args: &FeaturesArgs, feature: &Feature) -> bool {
    args.name.as_deref().is_none_or(|name| {
        feature.name == name
            || feature
                .name
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
    })
}

fn in_full(feature: &Feature, session: &mut Session) -> anyhow::Result<()> {
    session.line(feature.name)?;
    for (title, text) in [
        ("unit", feature.unit),
        ("meaning", feature.meaning),
        ("formula", feature.formula),
        ("moves", feature.resolution),
        ("missing", feature.missing),
        ("source", feature.source),
    ] {
        session.line(&format!("  {title:<8} {text}"))?;
    }
    Ok(())
}

fn as_json(feature: &Feature) -> serde_json::Value {
    let kinds: Vec<_> = feature.kinds.iter().map(|kind| kind.as_str()).collect();
    json!({
        "name": feature.name,
        "unit": feature.unit,
        "meaning": feature.meaning,
        "formula": feature.formula,
        "resolution": feature.resolution,
        "missing": feature.missing,
        "source": feature.source,
        "kinds": kinds,
    })
}
