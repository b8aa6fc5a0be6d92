//! What a module's calls cost: for its author, never on the event path.

use std::sync::Arc;

use puls_wire::{PartVerdict, Rows, Verdict};

use super::engine::Module;
use super::instance::{Instance, StartError};
use crate::limits::RULE_FUEL;

/// One instance of a module, whose calls are metered.
pub struct Meter {
    module: Arc<Module>,
    instance: Instance,
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
        let defaults = module.manifest.parameters.iter().map(|it| it.default);
        let instance = Instance::start(module, &defaults.collect::<Vec<_>>());
        Ok(Self {
            module: Arc::clone(module),
            instance: instance.map_err(|StartError(found)| found)?,
            verdicts: Vec::new(),
        })
    }

    /// Evaluates `rows` in one call and gives the fuel that it used.
    ///
    /// # Errors
    /// Why the call gave no answers.
    pub fn evaluate(&mut self, rows: &Rows) -> Result<u64, String> {
        let parts = self.module.manifest.parts.len();
        self.verdicts.resize_with(rows.len(), Verdict::default);
        for verdict in &mut self.verdicts {
            verdict.parts.resize(parts, PartVerdict::default());
        }
        let layout = &self.module.layout;
        let all = 0..rows.len();
        let called = self
            .instance
            .evaluate(layout, rows, all, &mut self.verdicts);
        called.map_err(|error| format!("{:?}: {}", error.kind, error.detail))?;
        Ok(RULE_FUEL.saturating_sub(self.instance.fuel()))
    }

    /// The answers of the last call.
    #[must_use]
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }
}
