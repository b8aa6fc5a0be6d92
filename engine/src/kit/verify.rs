//! What no case thought of: the same rows in other company, values beyond all reason, scores out of
//! range, promises that are broken, and what of a card can never be.
//!
//! Rows are made from a seed, so whatever is found can be found again. Of a card, much is decided
//! from the card itself; what was searched says in how many rows.

mod monotone;
mod rows;

use puls_reference::Certainty;
use puls_scorecard::Card;
use puls_wire::{ROWS_MAX, Rows, Status, Verdict};

use self::rows::Source;
use super::{Candidate, difference};
use crate::limits::{RULE_FUEL, RULE_VERIFY_FUEL};
use crate::rules::Meter;

/// Batches of rows that are tried in different company.
const BATCHES: usize = 8;
/// Rows of each batch that are tried alone in an instance of their own.
const FRESH: usize = 8;
/// How often each of those rows is asked about: twice, permuted, alone, and for its range.
const ASKED_EACH: usize = 6;
/// Parts of the fuel, of which one check may use one.
const VERIFY_SHARES: u64 = 8;
/// Failures of one check that are told.
const TOLD_MAX: usize = 3;

/// What became of a check.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    /// What was tried, in words.
    pub what: String,
    /// How it is known.
    pub certainty: Certainty,
    /// What refuses the rule.
    pub failures: Vec<Failure>,
    /// What is worth a look.
    pub notes: Vec<String>,
}

/// Something that a rule must not do, and the row on which it does.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// What, in words.
    pub message: String,
    /// The rows that show it, as people read them, each with what the rule says of it.
    pub rows: Vec<(Vec<(String, String)>, String)>,
}

impl Failure {
    /// One that no row shows.
    const fn plain(message: String) -> Self {
        let rows = Vec::new();
        Self { message, rows }
    }
}

impl Check {
    const fn new(what: String, certainty: Certainty) -> Self {
        Self {
            what,
            certainty,
            failures: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether nothing refuses the rule.
    #[must_use]
    pub const fn passes(&self) -> bool {
        self.failures.is_empty()
    }

    fn fail(&mut self, failure: Failure) {
        if self.failures.len() < TOLD_MAX {
            self.failures.push(failure);
        }
    }
}

/// Tries a rule with what no case thought of. The same seed tries the same.
#[must_use]
pub fn verify(candidate: &Candidate, card: Option<&Card>, seed: u64) -> Vec<Check> {
    let mut source = Source::new(candidate, card, seed);
    let mut checks = Vec::new();
    match Trial::new(candidate, card) {
        Ok(mut trial) => {
            // A dear rule is tried with fewer rows, and the checks say how many.
            let sample = source.row();
            let rows = trial.affordable(BATCHES * ROWS_MAX, ASKED_EACH, &sample);
            let batch = rows.div_ceil(BATCHES);
            let batches: Vec<_> = (0..BATCHES).map(|_| source.batch(batch)).collect();
            let mut extremes = source.extremes();
            extremes.truncate(trial.affordable(extremes.len(), 1, &sample));
            checks.push(trial.company(&batches));
            checks.push(trial.extremes(&extremes));
            checks.push(trial.ranges(&batches));
            checks.extend(trial.natively(&batches));
            checks.extend(monotone::check(&mut trial, &mut source));
            checks.extend(trial.cost());
        }
        Err(message) => {
            let mut check = Check::new("an instance of the module".into(), Certainty::Decided);
            check.fail(Failure::plain(message));
            checks.push(check);
        }
    }
    checks.extend(card.map(|card| of_card(card, seed)));
    checks
}

/// What of the card itself can never be.
fn of_card(card: &Card, seed: u64) -> Check {
    let what = "bands, variants, exceptions and triggers that a customer can meet";
    let mut check = Check::new(what.into(), Certainty::Decided);
    for fault in puls_reference::faults(card, seed) {
        let message = match fault.certainty {
            Certainty::Decided => fault.message,
            Certainty::Searched(rows) => {
                check.certainty = fault.certainty;
                format!("{} (not seen in {rows} made-up customers)", fault.message)
            }
        };
        if fault.grave {
            check.failures.push(Failure::plain(message));
        } else {
            check.notes.push(message);
        }
    }
    check
}

/// One instance of the module, and what it is compared with.
struct Trial<'c> {
    candidate: &'c Candidate,
    card: Option<&'c Card>,
    meter: Meter,
    /// What all calls so far have used.
    fuel: u64,
}

impl<'c> Trial<'c> {
    fn new(candidate: &'c Candidate, card: Option<&'c Card>) -> Result<Self, String> {
        Ok(Self {
            candidate,
            card,
            meter: Meter::new(&candidate.module)?,
            fuel: 0,
        })
    }

    /// Whether the rule has cost more than it may.
    const fn is_spent(&self) -> bool {
        self.fuel > RULE_VERIFY_FUEL
    }

    /// Of a rule that is too dear: it was not tried as often as the other checks say.
    fn cost(&self) -> Option<Check> {
        self.is_spent().then(|| {
            let what = "a rule that costs so little that it can be tried";
            let mut check = Check::new(what.into(), Certainty::Decided);
            check.fail(Failure::plain(too_dear()));
            check
        })
    }

    /// The answers to at most 256 rows: in one call of the instance, or, where that gives none, one
    /// by one in fresh instances, as the engine does.
    fn ask(&mut self, rows: &[Vec<f64>]) -> Result<Vec<Verdict>, Failure> {
        if let Ok(verdicts) = self.call(rows) {
            return Ok(verdicts);
        }
        let mut verdicts = Vec::with_capacity(rows.len());
        for row in rows {
            self.renew()?;
            let answer = self.call(std::slice::from_ref(row));
            verdicts.extend(answer.map_err(|message| Failure {
                message: format!("a row gives no answer: {message}"),
                rows: vec![(self.named(row), "no answer".to_owned())],
            })?);
        }
        Ok(verdicts)
    }

    /// One call of the instance.
    fn call(&mut self, rows: &[Vec<f64>]) -> Result<Vec<Verdict>, String> {
        if self.is_spent() {
            return Err(too_dear());
        }
        let mut batch = Rows::new(rows.first().map_or(0, Vec::len));
        for row in rows.iter().take(ROWS_MAX) {
            batch.push(row.iter().copied());
        }
        match self.meter.evaluate(&batch) {
            Ok(fuel) => {
                self.fuel += fuel;
                Ok(self.meter.verdicts().to_vec())
            }
            Err(message) => {
                self.fuel += RULE_FUEL;
                // What a call leaves behind that failed is of no use.
                self.meter = Meter::new(&self.candidate.module)?;
                Err(message)
            }
        }
    }

    /// Begins a fresh instance.
    fn renew(&mut self) -> Result<(), Failure> {
        self.meter = Meter::new(&self.candidate.module).map_err(Failure::plain)?;
        Ok(())
    }

    /// The answer to one row in an instance of its own.
    fn alone(&mut self, row: &[f64]) -> Result<Vec<Verdict>, Failure> {
        self.renew()?;
        self.ask(&[row.to_vec()])
    }

    /// So many things that cost `each` rows, or fewer where the rule is a dear one.
    fn affordable(&mut self, count: usize, each: usize, sample: &[f64]) -> usize {
        let before = self.fuel;
        if self.ask(&[sample.to_vec()]).is_err() {
            // Nobody knows what a row costs; that it fails is told by the checks.
            return count;
        }
        let row = (self.fuel - before).max(1);
        let rows = RULE_VERIFY_FUEL / VERIFY_SHARES / row;
        let affordable = usize::try_from(rows).unwrap_or(usize::MAX) / each.max(1);
        count.min(affordable.max(1))
    }

    /// Same rows twice, in another order, in a fresh instance, and one by one.
    fn company(&mut self, batches: &[Vec<Vec<f64>>]) -> Check {
        let rows = batches.iter().map(Vec::len).sum();
        let what = "the same answer in every company: twice, permuted, one by one, in a fresh \
                    instance";
        let mut check = Check::new(what.into(), Certainty::Searched(rows));
        for batch in batches {
            if let Err(failure) = self.batch_in_company(batch) {
                check.fail(failure);
            }
        }
        check
    }

    fn batch_in_company(&mut self, batch: &[Vec<f64>]) -> Result<(), Failure> {
        let first = self.ask(batch)?;
        let again = self.ask(batch)?;
        self.same(batch, &first, &again, "when it is asked twice")?;
        let turned: Vec<_> = batch.iter().rev().cloned().collect();
        let mut back = self.ask(&turned)?;
        back.reverse();
        self.same(batch, &first, &back, "when the batch is in another order")?;
        for (row, expected) in batch.iter().zip(&first) {
            let (row, expected) = (std::slice::from_ref(row), std::slice::from_ref(expected));
            let single = self.ask(row)?;
            self.same(row, expected, &single, "when it is alone")?;
        }
        for (row, expected) in batch.iter().zip(&first).take(FRESH) {
            let fresh = self.alone(row)?;
            let (row, expected) = (std::slice::from_ref(row), std::slice::from_ref(expected));
            self.same(row, expected, &fresh, "in a fresh instance")?;
        }
        Ok(())
    }

    fn same(
        &self,
        rows: &[Vec<f64>],
        one: &[Verdict],
        other: &[Verdict],
        how: &str,
    ) -> Result<(), Failure> {
        let pairs = rows.iter().zip(one.iter().zip(other));
        for (row, (one, other)) in pairs {
            if one != other {
                return Err(Failure {
                    message: format!("a row is answered differently {how}"),
                    rows: vec![self.shown(row, one), self.shown(row, other)],
                });
            }
        }
        Ok(())
    }

    /// Values that no customer has: an answer or a refusal of the row, never a failure of the call.
    fn extremes(&mut self, rows: &[Vec<f64>]) -> Check {
        let what = "missing and extreme values: each feature missing, infinite, ±0, huge, tiny";
        let mut check = Check::new(what.into(), Certainty::Searched(rows.len()));
        for row in rows {
            let finite = row.iter().all(|it| !it.is_infinite());
            match self.ask(std::slice::from_ref(row)) {
                Err(failure) => check.fail(failure),
                Ok(verdicts) => {
                    let verdict = verdicts.first().cloned().unwrap_or_default();
                    // The engine gives no infinite number, so a rule may refuse it.
                    let refused = finite && verdict.status == Status::RowError;
                    let wrong = self.candidate.module.impossible(&verdict);
                    let wrong = wrong.or_else(|| refused.then(|| "it fails the row".to_owned()));
                    if let Some(message) = wrong {
                        let rows = vec![self.shown(row, &verdict)];
                        check.fail(Failure { message, rows });
                    }
                }
            }
        }
        check
    }

    /// Scores from 0 to 100, and nothing that the manifest does not have.
    fn ranges(&mut self, batches: &[Vec<Vec<f64>>]) -> Check {
        let rows = batches.iter().map(Vec::len).sum();
        let what = "scores from 0 to 100, coverage, points and weights in their ranges";
        let mut check = Check::new(what.into(), Certainty::Searched(rows));
        for batch in batches {
            // A batch without answers was told of already.
            let verdicts = self.ask(batch).unwrap_or_default();
            for (row, verdict) in batch.iter().zip(&verdicts) {
                let wrong = match verdict.status {
                    Status::RowError => Some("it fails the row".to_owned()),
                    _ => self.candidate.module.impossible(verdict),
                };
                if let Some(message) = wrong {
                    let rows = vec![self.shown(row, verdict)];
                    check.fail(Failure { message, rows });
                }
            }
        }
        check
    }

    /// The module against the card's interpreter.
    fn natively(&mut self, batches: &[Vec<Vec<f64>>]) -> Option<Check> {
        let card = self.card?;
        let rows = batches.iter().map(Vec::len).sum();
        let what = "the module answers as the interpreter of cards does, to the bit";
        let mut check = Check::new(what.into(), Certainty::Searched(rows));
        let parameters: Vec<_> = card.parameters.iter().map(|it| it.default).collect();
        for batch in batches {
            let verdicts = self.ask(batch).unwrap_or_default();
            for (row, verdict) in batch.iter().zip(&verdicts) {
                let native = puls_reference::evaluate(card, row, &parameters);
                if let Some(message) = difference(&native, verdict) {
                    let rows = vec![self.shown(row, verdict)];
                    check.fail(Failure { message, rows });
                }
            }
        }
        Some(check)
    }

    fn shown(&self, row: &[f64], verdict: &Verdict) -> (Vec<(String, String)>, String) {
        (self.named(row), score_of(verdict))
    }

    /// The features of a row that are there, by name, as a case would have them.
    fn named(&self, row: &[f64]) -> Vec<(String, String)> {
        let features = self.candidate.module.manifest.features.iter().zip(row);
        let known = features.filter(|(_, value)| !value.is_nan());
        known
            .map(|(feature, value)| {
                let codes = feature.values.iter().zip(0_u16..);
                let code = |it: &u16| f64::from(*it).to_bits() == value.to_bits();
                let text = codes.into_iter().find(|(_, it)| code(it));
                let shown = match text {
                    Some((text, _)) => format!("\"{text}\""),
                    None if feature.values.is_empty() => format!("{value}"),
                    None => "\"another value\"".to_owned(),
                };
                (feature.name.clone(), shown)
            })
            .collect()
    }
}

fn too_dear() -> String {
    format!(
        "expected a rule that is verified with {RULE_VERIFY_FUEL} units of fuel, found a dearer \
         one; `puls rule bench` shows what a row costs"
    )
}

/// What a verdict says, in a word or two.
fn score_of(verdict: &Verdict) -> String {
    match verdict.status {
        Status::Scored => puls_cases::points(verdict.score()),
        Status::NoScore => "no score".to_owned(),
        Status::OutsidePopulation => "not scored".to_owned(),
        Status::RowError => "the row fails".to_owned(),
    }
}
