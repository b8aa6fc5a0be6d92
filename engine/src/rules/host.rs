//! Rows in, verdicts out: the one place where modules run.
//!
//! A row's outcome does not depend on its neighbours. A batch whose call answers 0 on the fuel of
//! one row stands, for then each of its rows alone would have had enough. Otherwise (trap, other
//! answer, fuel) its rows run one by one, each in a fresh instance on the full budget. Memory that
//! a module keeps between rows would break this; so some rows, chosen by the hash of their cause,
//! are looked at again alone in a fresh instance, and a difference fails the row.
//!
//! A module whose batch runs out of fuel is given fewer rows a call from then on, as many as its
//! dearest row leaves room for; by the above this shows in no outcome, only in how long it takes.
//!
//! An instance belongs to one tenant, module and set of parameters, and is dropped when a call of
//! it fails or a second look differs.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use puls_wire::{PartVerdict, ROWS_MAX, Rows, Status, Verdict};

use super::engine::Module;
use super::failure::{FailureKind, RowFailure};
use super::instance::{CallError, Instance, StartError};
use crate::limits::{RULE_FUEL, RULE_INSTANCES_MAX, RULE_SECOND_LOOK_ONE_IN};
use crate::model::{Digest, FixedMap};

/// The instances of one worker thread. A thread that has one needs 2 MiB of stack
/// ([`crate::limits::RULE_THREAD_STACK_BYTES`]).
pub struct Host {
    instances: FixedMap<Owner, Slot>,
    /// Counts evaluations; the instance with the lowest mark was not used for longest.
    tick: u64,
    second_look_one_in: u64,
    /// Rows of one call, for modules whose batches have run out of fuel.
    rows_max: FixedMap<Digest, usize>,
    /// Verdicts not in use, kept for their memory.
    spare: Vec<Verdict>,
    second: Vec<Verdict>,
}

struct Slot {
    instance: Instance,
    used: u64,
}

impl Host {
    /// A host without instances.
    #[must_use]
    pub fn new() -> Self {
        Self::with_second_look(RULE_SECOND_LOOK_ONE_IN)
    }

    /// A host that looks again at one in so many rows; 1 is every row, 0 none.
    #[must_use]
    pub fn with_second_look(one_in: u64) -> Self {
        Self {
            instances: FixedMap::default(),
            tick: 0,
            second_look_one_in: one_in,
            rows_max: FixedMap::default(),
            spare: Vec::new(),
            second: vec![Verdict::default()],
        }
    }

    /// One verdict per row, in order. A row that fails has status `RowError` and an entry in the
    /// answer. `parameters` stand in the manifest's order ([`Module::parameters`]);
    /// `cause_hashes`, one per row, choose the rows that are looked at again.
    ///
    /// # Panics
    /// Where the machine has no memory for another instance.
    #[expect(
        clippy::too_many_arguments,
        reason = "one seam: whose rows, which rule, and where the verdicts go"
    )]
    pub fn evaluate(
        &mut self,
        tenant: &str,
        module: &Arc<Module>,
        parameters: &[f64],
        rows: &Rows,
        cause_hashes: &[u64],
        out: &mut Vec<Verdict>,
    ) -> Vec<RowFailure> {
        self.fit(out, rows.len(), module.ranges.parts);
        let mut failures = Vec::new();
        if rows.is_empty() {
            return failures;
        }
        let call = Call {
            owner: OwnerRef {
                tenant,
                digest: &module.digest,
                parameters,
            },
            module,
            rows,
        };
        match self.batch(&call, out) {
            Ok(bad) => {
                call.judge(0, &bad, out, &mut failures);
                self.look_again(&call, cause_hashes, out, &mut failures);
            }
            Err(error) => {
                self.instances.remove(&call.owner);
                let mut dearest = 0;
                for (row, verdict) in out.iter_mut().enumerate() {
                    let fuel = call.alone(row, std::slice::from_mut(verdict), &mut failures);
                    dearest = dearest.max(fuel);
                }
                if matches!(error.kind, FailureKind::Fuel) {
                    self.learn(module.digest, dearest);
                }
            }
        }
        failures
    }

    /// Rows that a call of a module is given at most.
    fn rows_max(&self, digest: &Digest) -> usize {
        self.rows_max.get(digest).copied().unwrap_or(ROWS_MAX)
    }

    /// A batch was too much: the next calls have a quarter more fuel than its dearest row would
    /// take for each of theirs, and fewer rows than now in any case.
    fn learn(&mut self, digest: Digest, dearest: u64) {
        let fits = RULE_FUEL / dearest.saturating_add(dearest / 4).max(1);
        let fits = usize::try_from(fits).unwrap_or(ROWS_MAX);
        let fewer = self.rows_max(&digest) / 2;
        if self.rows_max.len() >= RULE_INSTANCES_MAX {
            self.rows_max.clear();
        }
        self.rows_max.insert(digest, fits.min(fewer).max(1));
    }

    /// Whether the row of this cause is looked at again: a verdict that may set its rule aside.
    #[must_use]
    pub const fn looks_again(&self, cause_hash: u64) -> bool {
        self.second_look_one_in != 0 && cause_hash.is_multiple_of(self.second_look_one_in)
    }

    /// Makes `out` as long as there are rows, without giving memory back.
    fn fit(&mut self, out: &mut Vec<Verdict>, rows: usize, parts: usize) {
        while out.len() > rows {
            self.spare.extend(out.pop());
        }
        self.spare.truncate(ROWS_MAX);
        while out.len() < rows {
            out.push(self.spare.pop().unwrap_or_default());
        }
        for verdict in out {
            verdict.parts.resize(parts, PartVerdict::default());
        }
    }

    fn batch(
        &mut self,
        call: &Call<'_>,
        out: &mut [Verdict],
    ) -> Result<Vec<(usize, u8)>, CallError> {
        self.tick += 1;
        let tick = self.tick;
        let rows_max = self.rows_max(&call.module.digest);
        if let Some(slot) = self.instances.get_mut(&call.owner) {
            slot.used = tick;
            return call.evaluate(&mut slot.instance, rows_max, out);
        }
        self.make_room();
        let mut instance = call.instance();
        let answer = call.evaluate(&mut instance, rows_max, out);
        let slot = Slot {
            instance,
            used: tick,
        };
        self.instances.insert(call.owner.to_owner(), slot);
        answer
    }

    fn make_room(&mut self) {
        while self.instances.len() >= RULE_INSTANCES_MAX {
            let oldest = self.instances.iter().min_by_key(|(_, slot)| slot.used);
            let Some(owner) = oldest.map(|(owner, _)| owner.clone()) else {
                return;
            };
            self.instances.remove(&owner);
        }
    }

    fn look_again(
        &mut self,
        call: &Call<'_>,
        cause_hashes: &[u64],
        out: &mut [Verdict],
        failures: &mut Vec<RowFailure>,
    ) {
        let mut caught = false;
        for (row, (verdict, hash)) in out.iter_mut().zip(cause_hashes).enumerate() {
            if !self.looks_again(*hash) || failures.iter().any(|failure| failure.row == row) {
                continue;
            }
            if let Some(detail) = call.difference(row, verdict, &mut self.second) {
                caught = true;
                fail(verdict);
                let kind = FailureKind::Nondeterministic;
                failures.push(RowFailure { row, kind, detail });
            }
        }
        if caught {
            self.instances.remove(&call.owner);
            failures.sort_by_key(|failure| failure.row);
        }
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("instances", &self.instances.len())
            .field("second_look_one_in", &self.second_look_one_in)
            .finish_non_exhaustive()
    }
}

/// What is evaluated, for whom.
struct Call<'a> {
    owner: OwnerRef<'a>,
    module: &'a Module,
    rows: &'a Rows,
}

impl Call<'_> {
    fn instance(&self) -> Instance {
        // It started when it was compiled, and nothing that it could ask has changed since.
        match Instance::start(self.module, self.owner.parameters) {
            Ok(instance) => instance,
            Err(StartError(found)) => panic!(
                "start rule {} ({}) again: {found}",
                self.module.manifest.name, self.module.digest
            ),
        }
    }

    /// All rows, so many a call. Gives the rows whose status means nothing.
    fn evaluate(
        &self,
        instance: &mut Instance,
        rows_max: usize,
        out: &mut [Verdict],
    ) -> Result<Vec<(usize, u8)>, CallError> {
        let mut all = Vec::new();
        for (first, out) in (0..).step_by(rows_max).zip(out.chunks_mut(rows_max)) {
            let range = first..first + out.len();
            let bad = instance.evaluate(&self.module.layout, self.rows, range, out)?;
            all.extend(bad.into_iter().map(|(row, byte)| (first + row, byte)));
        }
        Ok(all)
    }

    /// Fails the rows whose answers are impossible. The first verdict is that of row `first`.
    fn judge(
        &self,
        first: usize,
        bad: &[(usize, u8)],
        out: &mut [Verdict],
        failures: &mut Vec<RowFailure>,
    ) {
        for (index, verdict) in out.iter_mut().enumerate() {
            let found = match verdict.status {
                Status::RowError => Some(match bad.iter().find(|(row, _)| *row == index) {
                    Some((_, byte)) => (
                        FailureKind::Range,
                        format!("expected a status of 0 to 3, found {byte}"),
                    ),
                    None => {
                        let detail = "the rule says that it failed on this row".to_owned();
                        (FailureKind::RowError, detail)
                    }
                }),
                _ => (self.module.ranges.problem(verdict)).map(|it| (FailureKind::Range, it)),
            };
            if let Some((kind, detail)) = found {
                fail(verdict);
                let row = first + index;
                failures.push(RowFailure { row, kind, detail });
            }
        }
    }

    /// Evaluates one row in a fresh instance on the full budget, and gives the fuel it took.
    fn alone(&self, row: usize, out: &mut [Verdict], failures: &mut Vec<RowFailure>) -> u64 {
        let mut instance = self.instance();
        match instance.evaluate(&self.module.layout, self.rows, row..row + 1, out) {
            Ok(bad) => self.judge(row, &bad, out, failures),
            Err(CallError { kind, detail }) => {
                out.iter_mut().for_each(fail);
                failures.push(RowFailure { row, kind, detail });
            }
        }
        RULE_FUEL.saturating_sub(instance.fuel())
    }

    /// How a row's verdict differs from the one that the module gives it alone.
    fn difference(&self, row: usize, verdict: &Verdict, scratch: &mut [Verdict]) -> Option<String> {
        for second in scratch.iter_mut() {
            second
                .parts
                .resize(self.module.ranges.parts, PartVerdict::default());
        }
        let mut failures = Vec::new();
        self.alone(row, scratch, &mut failures);
        if let Some(failure) = failures.first() {
            return Some(format!(
                "alone in a fresh instance the row fails: {failure}"
            ));
        }
        let second = scratch.first()?;
        (second != verdict).then(|| {
            format!(
                "the same row has score {} in a batch and {} alone in a fresh instance, or \
                 differs in its parts: the module keeps something between rows, or leaves answers \
                 unwritten",
                verdict.score(),
                second.score()
            )
        })
    }
}

/// The verdict of a row that failed says nothing.
fn fail(verdict: &mut Verdict) {
    let mut parts = std::mem::take(&mut verdict.parts);
    parts.fill(PartVerdict::default());
    *verdict = Verdict {
        status: Status::RowError,
        parts,
        ..Verdict::default()
    };
}

/// Whose an instance is.
#[derive(Clone, PartialEq, Eq)]
struct Owner {
    tenant: Box<str>,
    digest: Digest,
    /// Bits of the parameters.
    parameters: Box<[u64]>,
}

/// The same, borrowed, so that finding an instance takes no memory.
struct OwnerRef<'a> {
    tenant: &'a str,
    digest: &'a Digest,
    parameters: &'a [f64],
}

impl OwnerRef<'_> {
    fn to_owner(&self) -> Owner {
        Owner {
            tenant: self.tenant.into(),
            digest: *self.digest,
            parameters: self
                .parameters
                .iter()
                .map(|value| value.to_bits())
                .collect(),
        }
    }
}

impl Hash for Owner {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tenant.hash(state);
        self.digest.hash(state);
        self.parameters.iter().for_each(|bits| bits.hash(state));
    }
}

impl Hash for OwnerRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tenant.hash(state);
        self.digest.hash(state);
        let bits = self.parameters.iter().map(|value| value.to_bits());
        bits.for_each(|bits| bits.hash(state));
    }
}

impl hashbrown::Equivalent<Owner> for OwnerRef<'_> {
    fn equivalent(&self, owner: &Owner) -> bool {
        let bits = self.parameters.iter().map(|value| value.to_bits());
        *self.tenant == *owner.tenant
            && *self.digest == owner.digest
            && bits.eq(owner.parameters.iter().copied())
    }
}

#[cfg(test)]
mod tests;
