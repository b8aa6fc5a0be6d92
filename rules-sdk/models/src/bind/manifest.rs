//! The manifest of a model.

use puls_wire::{
    ABI, Manifest, Measure, NAME_BYTES_MAX, Part, ReasonText, Severity, Tier, Tiers, WEIGHT_UNIT,
};

use super::{Feature, Naming, words};
use crate::logistic::UNITS;
use crate::map::Map;
use crate::names::{is_name, is_version, shown};
use crate::problem::Report;

/// Part and measure of where an account without news stands.
pub(crate) const START: &str = "start";
/// Percent of features with data below which the tier is unknown, as for a scorecard.
const COVERAGE_MIN: f64 = 40.0;
/// Odds of churn at which tiers begin, against those of an average account.
const ODDS: [(&str, f64, Option<Severity>); 3] = [
    ("healthy", 1.0, None),
    ("watch", 2.0, None),
    ("at_risk", 4.0, Some(Severity::Warning)),
];
/// The last tier.
const WORST: (&str, Option<Severity>) = ("critical", Some(Severity::Critical));
/// Points that a score must be beyond a border, where borders are far enough apart.
const HYSTERESIS: f64 = 2.0;
const DWELL_HOURS: u32 = 24;

/// What the module says of itself; `start` is the score of the base in ten-thousandths.
pub(super) fn manifest(
    (map, naming): (&Map, Naming<'_>),
    features: Vec<Feature>,
    start: f64,
    report: &mut Report,
) -> Option<Manifest> {
    let head = &map.content.model;
    let name = name(map, naming, report);
    let version = version(map, naming, report);
    let title = match &head.title {
        Some(title) => words::plain(title, map, report),
        None => format!("Chance of churn, by the model {}", name.as_deref()?),
    };
    let coverage_min = coverage_min(map, report);
    for key in map.content.measures.keys() {
        let found = key.get_ref();
        let used = features.iter().any(|feature| feature.measure == *found);
        report.check(used, map.line(key), || {
            let known = features.iter().map(|feature| feature.measure.as_str());
            let hint = crate::names::hint(found, known);
            format!(
                "expected a measure of some column, found {}{hint}",
                shown(found)
            )
        });
    }
    let measures = measures(map, &features, report);
    let (parts, reasons) = parts(&features);
    let content = &map.content;
    let manifest = Manifest {
        abi: ABI.to_owned(),
        name: name?,
        version: version?,
        title,
        parameters: Vec::new(),
        features: features.into_iter().map(|feature| feature.used).collect(),
        measures,
        parts,
        reasons,
        exceptions: Vec::new(),
        triggers: Vec::new(),
        tiers: content.tiers.clone().unwrap_or_else(|| tiers(start)),
        coverage_min,
        alerts: content.alerts.clone(),
        source: naming.source.to_owned(),
        monotone: Vec::new(),
    };
    // Tiers, counts and lengths are judged where those of all rules are.
    let bytes = serde_json::to_vec(&manifest).ok()?;
    match Manifest::parse(&bytes) {
        Ok(_) => Some(manifest),
        Err(error) => {
            report.add(0, error.to_string());
            None
        }
    }
}

fn name(map: &Map, naming: Naming<'_>, report: &mut Report) -> Option<String> {
    let said = map.content.model.name.as_ref();
    let (name, line) = match (naming.name, said) {
        (Some(name), _) => (name, 0),
        (None, Some(said)) => (said.get_ref().as_str(), map.line(said)),
        (None, None) => {
            let message = "expected a name for the rule, found none; say `--name churn`, or \
                           `name = \"churn\"` under [model] in the map";
            report.add(0, message);
            return None;
        }
    };
    let good = report.check(is_name(name), line, || {
        format!(
            "expected a name of 1 to {NAME_BYTES_MAX} of a-z 0-9 . _ -, found {}",
            shown(name)
        )
    });
    good.then(|| name.to_owned())
}

fn version(map: &Map, naming: Naming<'_>, report: &mut Report) -> Option<String> {
    let said = map.content.model.version.as_ref();
    let (version, line) = match (naming.version, said) {
        (Some(version), _) => (version, 0),
        (None, Some(said)) => (said.get_ref().as_str(), map.line(said)),
        (None, None) => ("1.0.0", 0),
    };
    let good = report.check(is_version(version), line, || {
        format!("expected a version such as 1.0.0, found {}", shown(version))
    });
    good.then(|| version.to_owned())
}

/// In ten-thousandths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number from 0 to 10,000"
)]
fn coverage_min(map: &Map, report: &mut Report) -> u16 {
    let said = map.content.model.coverage_min.as_ref();
    let percent = said.map_or(COVERAGE_MIN, |said| *said.get_ref());
    let line = said.map_or(0, |said| map.line(said));
    let good = report.check((0.0..=100.0).contains(&percent), line, || {
        format!("expected `coverage_min` to be 0 to 100 percent, found {percent}")
    });
    if good {
        (percent / 100.0 * f64::from(WEIGHT_UNIT)).round() as u16
    } else {
        0
    }
}

/// The start, then measures in the order in which they come up; a feature weighs 1.
fn measures(map: &Map, features: &[Feature], report: &mut Report) -> Vec<Measure> {
    let mut measures = vec![Measure {
        name: START.to_owned(),
        title: "An average account".to_owned(),
        weight: 0.0,
    }];
    for feature in features {
        let name = &feature.measure;
        if let Some(known) = measures.iter_mut().find(|measure| measure.name == *name) {
            known.weight += 1.0;
            continue;
        }
        let title = match map.measure_title(name) {
            Some(title) => words::plain(title, map, report),
            None => words::heading(name),
        };
        measures.push(Measure {
            name: name.clone(),
            title,
            weight: 1.0,
        });
    }
    measures
}

/// The start and a part for each feature; for each feature a reason with data and one without.
fn parts(features: &[Feature]) -> (Vec<Part>, Vec<ReasonText>) {
    let mut parts = vec![Part {
        name: START.to_owned(),
        measure: START.to_owned(),
        features: Vec::new(),
        baseline: 50.0,
    }];
    let mut reasons = Vec::new();
    for (index, feature) in features.iter().enumerate() {
        let name = &feature.used.name;
        parts.push(Part {
            name: name.clone(),
            measure: feature.measure.clone(),
            features: vec![name.clone()],
            baseline: 50.0,
        });
        let code = format!("{name}.missing");
        reasons.push(ReasonText {
            code: name.clone(),
            text: feature.reason.clone(),
        });
        reasons.push(ReasonText {
            code: if is_name(&code) {
                code
            } else {
                format!("missing.{index}")
            },
            text: format!("No data: {}", feature.title),
        });
    }
    (parts, reasons)
}

/// Tiers by the odds of churn against those of an average account: scores of a model of rare churn
/// all lie near 100.
fn tiers(start: f64) -> Tiers {
    let odds = (UNITS - start) / start.max(1.0);
    let from = |times: f64| {
        let score = 100.0 / (1.0 + odds * times);
        (score * 100.0).round() / 100.0
    };
    let mut bands: Vec<Tier> = Vec::new();
    for (name, times, alert) in ODDS {
        bands.push(Tier {
            name: name.to_owned(),
            from: from(times),
            alert,
        });
    }
    let (name, alert) = WORST;
    bands.push(Tier {
        name: name.to_owned(),
        from: 0.0,
        alert,
    });
    let gaps = bands.windows(2).map(|pair| match pair {
        [above, below] => above.from - below.from,
        _ => 0.0,
    });
    let gap = gaps.fold(f64::INFINITY, f64::min);
    // Churn that never or always comes: borders of any place are as good.
    if gap < 0.04 {
        for (band, from) in bands.iter_mut().zip([75.0, 55.0, 35.0]) {
            band.from = from;
        }
    }
    let hysteresis = if gap < 0.04 { HYSTERESIS } else { gap / 4.0 };
    Tiers {
        bands,
        hysteresis_points: (hysteresis.min(HYSTERESIS) * 100.0).floor() / 100.0,
        dwell_hours: DWELL_HOURS,
    }
}
