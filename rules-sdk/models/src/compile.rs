//! From a [`Rule`] to a module of ABI `puls/1`.
//!
//! ```text
//! memory  0        64 bytes: no arena lies at 0
//!         64       the arena, as the wire lays it out
//!         records  16 bytes each: what a feature's splits compare (f64), steps taken (i64)
//!         nodes    a data segment: all splits of all trees, then sets of categories
//! ```
//! The forest is data and one loop: a split leads to splits of its tree, and where a tree ends, to
//! the root of the next. Each lies behind the one that leads to it, so the walk ends, after as many
//! splits as the depths of all trees together; that bound is known here, and with it the fuel.
//! The same rule gives the same bytes. Nothing here decides what a rule means: [`Rule::evaluate`]
//! says it naively, and tests hold the two together.

mod code;
mod module;
mod nodes;
mod row;

use puls_wire::{Layout, Manifest, ROWS_MAX};

use crate::Rule;
use crate::problem::Problem;

/// What a module may be, where it will run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Longest module in bytes.
    pub module_bytes: usize,
    /// Fuel of one call.
    pub fuel: u64,
}

/// A compiled model.
#[derive(Clone, PartialEq, Debug)]
pub struct Compiled {
    /// The module, its manifest in the section `puls.manifest`.
    pub module: Vec<u8>,
    /// The manifest.
    pub manifest: Manifest,
    /// What it costs.
    pub cost: Cost,
}

/// What a module costs, known without running it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Fuel of one row at most.
    pub row_fuel: u64,
    /// Fuel of a call beside its rows.
    pub call_fuel: u64,
    /// Bytes of the largest function body.
    pub body_bytes_max: usize,
}

impl Cost {
    /// Rows of one call for which a fuel is always enough, up to 256.
    #[must_use]
    pub fn rows(&self, fuel: u64) -> usize {
        let rows = fuel.saturating_sub(self.call_fuel) / self.row_fuel.max(1);
        usize::try_from(rows).unwrap_or(ROWS_MAX).min(ROWS_MAX)
    }
}

/// Compiles a rule.
///
/// # Errors
/// Where the module would be too long, or a row could take more fuel than a call has.
pub fn compile(rule: &Rule, bounds: Bounds) -> Result<Compiled, Vec<Problem>> {
    let manifest = &rule.manifest;
    let layout = Layout::new(manifest.features.len(), manifest.parts.len(), 0);
    let nodes = nodes::nodes(rule, &layout);
    let row = row::row(rule, &layout, &nodes);
    let (module, cost) = module::module(manifest, &layout, (&nodes, row));
    let (trees, splits, steps) = rule.size();
    let mut problems = Vec::new();
    let mut add = |message: String| problems.push(Problem { line: 0, message });
    if module.len() > bounds.module_bytes {
        let room = bounds
            .module_bytes
            .saturating_sub(module.len() - nodes.bytes.len());
        add(format!(
            "expected a module of at most {} bytes, found {}: {trees} trees with {splits} splits \
             of {} bytes, where there is room for some {} splits; train with fewer trees \
             (num_iterations) or leaves (num_leaves)",
            bounds.module_bytes,
            module.len(),
            nodes.form.stride(),
            room / usize::try_from(nodes.form.stride()).unwrap_or(1),
        ));
    }
    if cost.rows(bounds.fuel) == 0 {
        add(format!(
            "expected a row to take at most {} units of fuel, found up to {}: {steps} splits in \
             the depths of {trees} trees; train with fewer trees (num_iterations) or flatter ones \
             (max_depth)",
            bounds.fuel, cost.row_fuel
        ));
    }
    if problems.is_empty() {
        let manifest = manifest.clone();
        Ok(Compiled {
            module,
            manifest,
            cost,
        })
    } else {
        Err(problems)
    }
}
