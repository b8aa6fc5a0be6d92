//! `puls rule inspect`: a module's manifest as people read it. Never runs the module.

use puls_wire::{Exception, Manifest, Tiers, Trigger};

use super::package::Carried;
use crate::cli::table::{self, count};
use crate::limits;
use crate::model::content_digest;

/// All that a manifest says, in sections.
pub(super) fn describe(manifest: &Manifest, module: &[u8]) -> Vec<String> {
    let (bytes, digest) = (module.len(), content_digest(module));
    let Manifest {
        name,
        version,
        title,
        ..
    } = manifest;
    let mut page = Page(vec![
        format!("{name} {version}  {title}"),
        format!("digest {digest}"),
    ]);
    if !manifest.source.is_empty() {
        page.0.push(format!("source {}", manifest.source));
    }
    let mut bands = tiers(&manifest.tiers);
    bands.push(format!(
        "unknown below {} % of the weight with data",
        f64::from(manifest.coverage_min) / 100.0
    ));
    page.section("tiers", &bands);
    page.section(
        "measures, their parts, and what those read",
        &measures(manifest),
    );
    page.section("features", &features(manifest));
    let parameters = manifest.parameters.iter();
    let parameters =
        parameters.map(|it| format!("{} = {} ({} to {})", it.name, it.default, it.min, it.max));
    page.section("parameters", &parameters.collect::<Vec<_>>());
    let exceptions = manifest.exceptions.iter().map(exception);
    page.section("exceptions", &exceptions.collect::<Vec<_>>());
    let triggers = manifest.triggers.iter().map(trigger);
    page.section("triggers", &triggers.collect::<Vec<_>>());
    page.section("its package carries", &Carried::of(module).lines());
    page.section("limits", &used(manifest, bytes));
    page.0
}

struct Page(Vec<String>);

impl Page {
    fn section(&mut self, title: &str, lines: &[String]) {
        if !lines.is_empty() {
            self.0.extend([String::new(), title.to_owned()]);
            self.0.extend(lines.iter().map(|line| format!("  {line}")));
        }
    }
}

fn tiers(tiers: &Tiers) -> Vec<String> {
    let mut lines: Vec<_> = tiers
        .bands
        .iter()
        .map(|tier| {
            let alert = tier
                .alert
                .map(|alert| format!(", alert {}", alert.as_str()));
            format!(
                "{} from {}{}",
                tier.name,
                tier.from,
                alert.unwrap_or_default()
            )
        })
        .collect();
    lines.push(format!(
        "left beyond {} points of its border, entered after {} hours",
        tiers.hysteresis_points, tiers.dwell_hours
    ));
    lines
}

fn measures(manifest: &Manifest) -> Vec<String> {
    let all: f64 = manifest.measures.iter().map(|it| it.weight).sum();
    let mut lines = Vec::new();
    for measure in &manifest.measures {
        let title = match measure.title.as_str() {
            "" => &measure.name,
            title => title,
        };
        let share = 100.0 * measure.weight / all;
        let share = if all > 0.0 {
            format!(", {share:.0} % of all")
        } else {
            String::new()
        };
        lines.push(format!("{title} (weight {}{share})", measure.weight));
        for part in manifest
            .parts
            .iter()
            .filter(|it| it.measure == measure.name)
        {
            lines.push(format!("  {}: {}", part.name, part.features.join(", ")));
        }
    }
    lines
}

fn features(manifest: &Manifest) -> Vec<String> {
    let list = |values: &[f64]| {
        let values = values.iter().map(ToString::to_string);
        values.collect::<Vec<_>>().join(", ")
    };
    let line = |it: &puls_wire::FeatureUse| {
        let mut line = it.name.clone();
        if !it.values.is_empty() {
            line.push_str(&format!(" is one of {}", it.values.join(", ")));
        }
        if !it.wake.is_empty() {
            line.push_str(&format!(", asked when it passes {}", list(&it.wake)));
        }
        line
    };
    manifest.features.iter().map(line).collect()
}

fn exception(it: &Exception) -> String {
    let mut line = format!("{}: {}", it.name, it.text);
    if it.alert {
        let alert = it.severity.as_str();
        let play = play(&it.owner_role, &it.playbook, it.due_days);
        line.push_str(&format!(" → {alert} alert{play}"));
    }
    line
}

fn play(role: &str, playbook: &str, due_days: u32) -> String {
    let mut text = String::new();
    if !role.is_empty() {
        text.push_str(&format!(" for {role}"));
    }
    if !playbook.is_empty() {
        text.push_str(&format!(", playbook {playbook}"));
    }
    if due_days > 0 {
        text.push_str(&format!(", due in {due_days} days"));
    }
    text
}

fn trigger(it: &Trigger) -> String {
    let play = play(&it.owner_roles.join(" and "), &it.playbook, it.due_days);
    format!(
        "{}: {} →{play}; again after {} hours",
        it.name, it.text, it.cooldown_hours
    )
}

/// What the module uses of what it may.
fn used(manifest: &Manifest, bytes: usize) -> Vec<String> {
    let rows = [
        ("bytes", bytes, limits::RULE_MODULE_BYTES_MAX),
        ("features", manifest.features.len(), puls_wire::FEATURES_MAX),
        ("parts", manifest.parts.len(), puls_wire::PARTS_MAX),
        ("measures", manifest.measures.len(), puls_wire::MEASURES_MAX),
        (
            "exceptions",
            manifest.exceptions.len(),
            puls_wire::EXCEPTIONS_MAX,
        ),
        ("triggers", manifest.triggers.len(), puls_wire::TRIGGERS_MAX),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(what, used, of)| vec![(*what).to_owned(), count(*used as u64), count(*of as u64)])
        .collect();
    table::columns(&["", "used", "of"], &rows, true)
}
