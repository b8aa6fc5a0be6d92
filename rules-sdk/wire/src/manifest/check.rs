//! What makes a manifest usable: names, counts, ranges, and that everything named is there.
//!
//! It finds all problems in one go and never looks at a module or at the feature catalogue.

use std::collections::BTreeSet;

use super::{FeatureUse, Manifest, Monotone, Parameter, Tiers};
use crate::{
    ABI, DUE_DAYS_MAX, EXCEPTIONS_MAX, FEATURES_MAX, MEASURES_MAX, NAME_BYTES_MAX, NO_TIERS,
    PARAMETERS_MAX, PARTS_MAX, REASONS_MAX, TEXT_BYTES_MAX, TIERS_MAX, TRIGGERS_MAX, VALUES_MAX,
    WAKES_MAX, WEIGHT_UNIT, is_name, is_text,
};

/// All that is wrong, each in a sentence without its full stop.
pub(super) fn problems(manifest: &Manifest) -> Vec<String> {
    let mut found = Problems(Vec::new());
    found.head(manifest);
    found.counts(manifest);
    found.names(manifest);
    found.parameters(&manifest.parameters);
    found.features(&manifest.features);
    found.monotone(manifest);
    found.parts(manifest);
    found.texts(manifest);
    found.tiers(&manifest.tiers);
    found.times(manifest);
    found.0
}

struct Problems(Vec<String>);

impl Problems {
    fn check(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.0.push(problem());
        }
    }

    fn head(&mut self, manifest: &Manifest) {
        let Manifest { abi, version, .. } = manifest;
        self.check(abi == ABI, || format!("abi is {abi:?}; expected {ABI:?}"));
        let word = !version.is_empty()
            && version.len() <= NAME_BYTES_MAX
            && version.bytes().all(|byte| byte.is_ascii_graphic());
        self.check(word, || {
            format!("version is {version:?}; expected a word of at most {NAME_BYTES_MAX} bytes")
        });
        let source = &manifest.source;
        let digest = source.len() == 64 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.check(source.is_empty() || digest, || {
            "source is no digest; expected 64 hexadecimal digits or nothing".to_owned()
        });
        let most = WEIGHT_UNIT;
        self.check(manifest.coverage_min <= most, || {
            format!(
                "coverage_min is {}; the most is {most}",
                manifest.coverage_min
            )
        });
    }

    fn counts(&mut self, manifest: &Manifest) {
        let counts = [
            ("parameters", manifest.parameters.len(), PARAMETERS_MAX),
            ("features", manifest.features.len(), FEATURES_MAX),
            ("measures", manifest.measures.len(), MEASURES_MAX),
            ("parts", manifest.parts.len(), PARTS_MAX),
            ("reasons", manifest.reasons.len(), REASONS_MAX),
            ("exceptions", manifest.exceptions.len(), EXCEPTIONS_MAX),
            ("triggers", manifest.triggers.len(), TRIGGERS_MAX),
            ("tiers", manifest.tiers.bands.len(), TIERS_MAX),
        ];
        for (what, count, most) in counts {
            self.check(count <= most, || {
                format!("{count} {what}; the most is {most}")
            });
        }
        let empty = manifest.features.is_empty();
        self.check(!empty, || {
            "no features; a rule reads at least one".to_owned()
        });
    }

    fn names(&mut self, manifest: &Manifest) {
        let name = &manifest.name;
        self.check(is_name(name), || not_a_name("the rule", name));
        self.unique("parameter", manifest.parameters.iter().map(|p| &p.name));
        self.unique("feature", manifest.features.iter().map(|f| &f.name));
        self.unique("measure", manifest.measures.iter().map(|m| &m.name));
        self.unique("part", manifest.parts.iter().map(|p| &p.name));
        self.unique("reason", manifest.reasons.iter().map(|r| &r.code));
        self.unique("exception", manifest.exceptions.iter().map(|e| &e.name));
        self.unique("trigger", manifest.triggers.iter().map(|t| &t.name));
        self.unique("tier", manifest.tiers.bands.iter().map(|t| &t.name));
        let tier = manifest.exceptions.iter().any(|e| e.name == "tier");
        self.check(!tier, || {
            "an exception is named \"tier\"; that is the subject of tier alerts".to_owned()
        });
    }

    fn unique<'a>(&mut self, what: &str, names: impl Iterator<Item = &'a String>) {
        let mut seen = BTreeSet::new();
        for name in names {
            self.check(is_name(name), || not_a_name(&format!("a {what}"), name));
            self.check(seen.insert(name), || {
                format!("the {what} {name:?} stands twice")
            });
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        for Parameter {
            name,
            default,
            min,
            max,
        } in parameters
        {
            let finite = [default, min, max].iter().all(|number| number.is_finite());
            self.check(finite && min <= default && default <= max, || {
                format!(
                    "parameter {name:?} has default {default}, min {min}, max {max}; expected \
                     finite numbers with min ≤ default ≤ max"
                )
            });
        }
    }

    fn features(&mut self, features: &[FeatureUse]) {
        for FeatureUse { name, values, wake } in features {
            let unique: BTreeSet<_> = values.iter().collect();
            self.check(unique.len() == values.len(), || {
                format!("feature {name:?} lists a value twice")
            });
            self.check(values.len() <= VALUES_MAX, || {
                format!(
                    "feature {name:?} lists {} values; the most is {VALUES_MAX}",
                    values.len()
                )
            });
            let plain = values
                .iter()
                .all(|value| !value.is_empty() && is_text(value));
            self.check(plain, || {
                format!("feature {name:?} lists a value that is no plain text")
            });
            self.check(wake.iter().all(|at| at.is_finite()), || {
                format!("feature {name:?} wakes at a value that is not finite")
            });
            self.check(wake.len() <= WAKES_MAX, || {
                format!(
                    "feature {name:?} wakes at {} values; the most is {WAKES_MAX}",
                    wake.len()
                )
            });
        }
    }

    fn monotone(&mut self, manifest: &Manifest) {
        let mut seen = BTreeSet::new();
        for Monotone { feature, .. } in &manifest.monotone {
            let used = manifest.features.iter().find(|it| it.name == *feature);
            self.check(used.is_some_and(|it| it.values.is_empty()), || {
                format!("monotone names {feature:?}, which is no number that the rule reads")
            });
            self.check(seen.insert(feature), || {
                format!("monotone names {feature:?} twice")
            });
        }
    }

    fn parts(&mut self, manifest: &Manifest) {
        for measure in &manifest.measures {
            let (name, weight) = (&measure.name, measure.weight);
            self.check(weight.is_finite() && weight >= 0.0, || {
                format!("measure {name:?} has weight {weight}; expected a finite number from 0")
            });
        }
        for (index, part) in manifest.parts.iter().enumerate() {
            let name = &part.name;
            self.check(manifest.part_measure_index(index).is_some(), || {
                format!(
                    "part {name:?} names measure {:?}, which is not there",
                    part.measure
                )
            });
            for feature in &part.features {
                self.check(manifest.feature_index(feature).is_some(), || {
                    format!("part {name:?} names feature {feature:?}, which is not listed")
                });
            }
            self.check((0.0..=100.0).contains(&part.baseline), || {
                format!(
                    "part {name:?} has baseline {}; expected 0 to 100",
                    part.baseline
                )
            });
        }
    }

    fn texts(&mut self, manifest: &Manifest) {
        self.text(manifest, "title of the rule", &manifest.title);
        for measure in &manifest.measures {
            self.text(
                manifest,
                &format!("title of measure {:?}", measure.name),
                &measure.title,
            );
        }
        for reason in &manifest.reasons {
            self.sentence(
                manifest,
                &format!("text of reason {:?}", reason.code),
                &reason.text,
            );
        }
        for exception in &manifest.exceptions {
            let name = &exception.name;
            self.sentence(
                manifest,
                &format!("text of exception {name:?}"),
                &exception.text,
            );
            self.words(
                &format!("exception {name:?}"),
                [&exception.owner_role, &exception.playbook],
            );
        }
        for trigger in &manifest.triggers {
            let name = &trigger.name;
            self.text(
                manifest,
                &format!("text of trigger {name:?}"),
                &trigger.text,
            );
            let roles = trigger.owner_roles.iter();
            self.words(
                &format!("trigger {name:?}"),
                roles.chain([&trigger.playbook]),
            );
        }
        let alerts = &manifest.alerts;
        self.words("the alert policy", [&alerts.owner_role, &alerts.playbook]);
    }

    fn sentence(&mut self, manifest: &Manifest, place: &str, text: &str) {
        self.check(!text.is_empty(), || format!("the {place} is empty"));
        self.text(manifest, place, text);
    }

    /// A text of no more than its length, without control characters, whose braces name features.
    fn text(&mut self, manifest: &Manifest, place: &str, text: &str) {
        self.check(is_text(text), || {
            format!(
                "the {place} is no plain text of at most {TEXT_BYTES_MAX} bytes without control \
                 characters"
            )
        });
        let mut pieces = text.split('{');
        let head = pieces.next().unwrap_or_default();
        self.check(!head.contains('}'), || {
            format!("the {place} has a brace that nothing opens")
        });
        for piece in pieces {
            let Some((feature, tail)) = piece.split_once('}') else {
                self.0
                    .push(format!("the {place} has a brace that nothing closes"));
                continue;
            };
            self.check(manifest.feature_index(feature).is_some(), || {
                format!("the {place} names feature {feature:?}, which is not listed")
            });
            self.check(!tail.contains('}'), || {
                format!("the {place} has a brace that nothing opens")
            });
        }
    }

    fn words<'a>(&mut self, place: &str, words: impl IntoIterator<Item = &'a String>) {
        for word in words {
            self.check(is_text(word), || {
                format!("{place} has a role or playbook that is no plain text: {word:?}")
            });
        }
    }

    fn tiers(&mut self, tiers: &Tiers) {
        let from: Vec<f64> = tiers.bands.iter().map(|band| band.from).collect();
        let whole = from.iter().all(|at| (0.0..=100.0).contains(at));
        self.check(whole, || {
            format!("tiers begin at {from:?}; expected 0 to 100")
        });
        self.check(from.is_sorted_by(|above, below| above > below), || {
            format!("tiers begin at {from:?}; expected the highest first and no two alike")
        });
        self.check(from.last() == Some(&0.0), || {
            format!("tiers begin at {from:?}; the last begins at 0")
        });
        for band in &tiers.bands {
            let name = band.name.as_str();
            self.check(!NO_TIERS.contains(&name), || {
                format!("a tier is named {name:?}; that word is for accounts without a tier")
            });
        }
        let points = tiers.hysteresis_points;
        self.check((0.0..=50.0).contains(&points), || {
            format!("hysteresis_points is {points}; expected 0 to 50")
        });
    }

    fn times(&mut self, manifest: &Manifest) {
        let hours_max = DUE_DAYS_MAX * 24;
        let dwell = manifest.tiers.dwell_hours;
        self.check(dwell <= hours_max, || {
            format!("dwell_hours is {dwell}; the most is {hours_max}")
        });
        let exceptions = manifest
            .exceptions
            .iter()
            .map(|e| (e.name.as_str(), e.due_days));
        let triggers = manifest
            .triggers
            .iter()
            .map(|t| (t.name.as_str(), t.due_days));
        let alerts = [("alerts", manifest.alerts.due_days)];
        for (name, days) in exceptions.chain(triggers).chain(alerts) {
            self.check(days <= DUE_DAYS_MAX, || {
                format!("{name:?} is due in {days} days; the most is {DUE_DAYS_MAX}")
            });
        }
        for trigger in &manifest.triggers {
            let (name, hours) = (&trigger.name, trigger.cooldown_hours);
            self.check((1..=hours_max).contains(&hours), || {
                format!("trigger {name:?} has cooldown_hours {hours}; expected 1 to {hours_max}")
            });
        }
    }
}

fn not_a_name(what: &str, name: &str) -> String {
    format!("{what} is named {name:?}; expected 1 to {NAME_BYTES_MAX} of a-z 0-9 . _ -")
}

#[cfg(test)]
mod tests;
