//! What a rule says of one row, explained as the engine explains an account.

use puls_cases::Found;
use puls_wire::{Rows, Status, Verdict};

use super::{Candidate, Posed};
use crate::decide::{self, Memory, Override, Policy, Reading, RuleRef};
use crate::model::{Key, Time};
use crate::rules::Host;

/// Every row is looked at again, alone in a fresh instance.
pub(super) const SECOND_LOOK_ALL: u64 = 1;

/// What a rule says of one row.
#[derive(Clone, Debug)]
pub struct Answer {
    /// In the rule's own numbers.
    pub verdict: Verdict,
    /// In the words of cases.
    pub found: Found,
    /// The lines of the score that applied.
    pub parts: Vec<PartLine>,
}

/// A line of a score, as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartLine {
    /// Heading of its measure.
    pub measure: String,
    /// Its name.
    pub part: String,
    /// Hundredths of a point; `None` where it has none.
    pub points: Option<u16>,
    /// Effective weight in ten-thousandths.
    pub weight: u16,
    /// What it adds to the score, in ten-thousandths of a point.
    pub contribution: i64,
    /// Its reason.
    pub reason: String,
}

/// The answer to one row.
///
/// # Errors
/// How the rule failed on it.
pub(super) fn answer(
    candidate: &Candidate,
    host: &mut Host,
    posed: &Posed,
) -> Result<Answer, String> {
    let module = &candidate.module;
    let mut rows = Rows::new(module.manifest.features.len());
    rows.push(posed.row.iter().copied());
    let mut verdicts = Vec::with_capacity(1);
    let parameters = &posed.parameters;
    let failures = host.evaluate("cases", module, parameters, &rows, &[0], &mut verdicts);
    if let Some(failure) = failures.first() {
        return Err(failure.to_string());
    }
    let verdict = verdicts.pop().unwrap_or_default();
    let policy = Policy::new(&module.manifest, &candidate.settings, &[]);
    let key = Key::new("cases", "customer").map_err(|error| error.to_string())?;
    let reading = Reading {
        key: &key,
        rule: RuleRef {
            name: &module.manifest.name,
            version: &module.manifest.version,
            digest: module.digest,
            parameters,
            primary: true,
            shadow: false,
        },
        now: Time(posed.at),
        verdict: &verdict,
        features: &posed.row,
        over: posed.over.as_ref().map(|over| Override {
            value: over.value,
            by: &over.by,
            reason: &over.reason,
            expires: over.expires,
        }),
        peers: None,
    };
    let data = decide::explain(&policy, &Memory::default(), &reading, &[], None);
    let inside = matches!(verdict.status, Status::Scored | Status::NoScore);
    let triggers = module.manifest.triggers.iter().enumerate();
    let triggers = triggers.filter(|(bit, _)| inside && verdict.triggers >> bit & 1 == 1);
    let found = Found {
        score: data.score,
        tier: data.tier.to_owned(),
        coverage: i64::from(data.coverage),
        reasons: data.why.iter().map(|why| why.text.clone()).collect(),
        exceptions: (data.exceptions.iter())
            .map(|why| why.code.to_owned())
            .collect(),
        triggers: triggers.map(|(_, it)| it.name.clone()).collect(),
    };
    let parts = data.measures.iter().flat_map(|measure| {
        measure.parts.iter().map(|part| PartLine {
            measure: measure.title.to_owned(),
            part: part.name.to_owned(),
            points: part.points,
            weight: part.weight,
            contribution: part.contribution,
            reason: (part.reason.as_ref()).map_or_else(String::new, |why| why.text.clone()),
        })
    });
    Ok(Answer {
        parts: parts.collect(),
        found,
        verdict,
    })
}

/// The first thing in which two verdicts differ, in words; `None` where they are alike to the bit.
#[must_use]
pub fn difference(native: &Verdict, module: &Verdict) -> Option<String> {
    if native == module {
        return None;
    }
    let differ = |what: &str, native: &dyn std::fmt::Debug, module: &dyn std::fmt::Debug| {
        Some(format!(
            "{what}: natively {native:?}, as WebAssembly {module:?}"
        ))
    };
    let mut parts = native.parts.iter().zip(&module.parts).enumerate();
    if let Some((index, (one, other))) = parts.find(|(_, (one, other))| one != other) {
        return differ(&format!("part {index}"), one, other);
    }
    if native.parts.len() != module.parts.len() {
        return differ("number of parts", &native.parts.len(), &module.parts.len());
    }
    let head = |it: &Verdict| Verdict {
        parts: Vec::new(),
        ..it.clone()
    };
    differ("verdict", &head(native), &head(module))
}
