//! What a module's calls cost: for its author, never on the event path.

use std::sync::Arc;

use puls_wire::{PartVerdict, ROWS_MAX, Rows, Verdict};

use super::engine::Module;
use super::failure::FailureKind;
use super::instance::{CallError, Instance, StartError};
use crate::limits::RULE_FUEL;

/// One instance of a module, whose calls are metered.
pub struct Meter {
    module: Arc<Module>,
    instance: Instance,
    /// Rows of one call; fewer where all at once were too much for its fuel.
    rows_max: usize,
    verdicts: Vec<Verdict>,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter")
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}

impl Meter {
    /// Starts the module with the defaults of its parameters.
    ///
    /// # Errors
    /// What it did instead of starting.
    pub fn new(module: &Arc<Module>) -> Result<Self, String> {
        Ok(Self {
            module: Arc::clone(module),
            instance: start(module)?,
            rows_max: ROWS_MAX,
            verdicts: Vec::new(),
        })
    }

    /// Evaluates `rows` and gives the fuel that they used: in one call, or in as many as a module
    /// needs for which that is too much.
    ///
    /// # Errors
    /// Why a call gave no answers.
    pub fn evaluate(&mut self, rows: &Rows) -> Result<u64, String> {
        let parts = self.module.manifest.parts.len();
        self.verdicts.resize_with(rows.len(), Verdict::default);
        for verdict in &mut self.verdicts {
            verdict.parts.resize(parts, PartVerdict::default());
        }
        loop {
            match self.calls(rows) {
                Ok(fuel) => return Ok(fuel),
                Err(error) if error.kind == FailureKind::Fuel && self.rows_max > 1 => {
                    self.rows_max /= 2;
                    self.instance = start(&self.module)?;
                }
                Err(error) => return Err(format!("{:?}: {}", error.kind, error.detail)),
            }
        }
    }

    fn calls(&mut self, rows: &Rows) -> Result<u64, CallError> {
        let mut fuel = 0;
        let calls = (0..).step_by(self.rows_max);
        for (first, out) in calls.zip(self.verdicts.chunks_mut(self.rows_max)) {
            let range = first..first + out.len();
            self.instance
                .evaluate(&self.module.layout, rows, range, out)?;
            fuel += RULE_FUEL.saturating_sub(self.instance.fuel());
        }
        Ok(fuel)
    }

    /// The answers of the last call.
    #[must_use]
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }
}

fn start(module: &Arc<Module>) -> Result<Instance, String> {
    let defaults = module.manifest.parameters.iter().map(|it| it.default);
    Instance::start(module, &defaults.collect::<Vec<_>>()).map_err(|StartError(found)| found)
}
