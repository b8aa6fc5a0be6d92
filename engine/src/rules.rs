//! Rules: a tenant's WebAssembly modules, from bytes to verdicts.
//!
//! ```text
//! bytes ─▶ check ─▶ compile ─▶ Module ─▶ Host ─▶ verdicts        (per worker thread)
//!          named    metered    shared    one instance per tenant, digest and parameters
//! puls.rules ─▶ record ─▶ Book ─▶ epoch(now): settings and active rules of a tenant
//! ```
//! In reading order: [`Refusal`] and the checks before compiling, [`RulesEngine`] and [`Module`],
//! [`Host`] with what it trusts (nothing), [`record`] (the JSON of the rules log), [`Book`] (what
//! governs when), [`signature`] and [`Trust`] (whose packages a tenant takes).
//!
//! A module is hostile until proved otherwise: it has no imports, is metered on each call, is alone
//! in its memory and is never trusted with a pointer. Nothing here reads a clock or a file, and no
//! instance is ever shared between tenants.

mod answer;
pub mod book;
mod check;
mod engine;
mod failure;
mod host;
mod instance;
mod meter;
pub mod record;
mod refusal;
pub mod signature;
mod trust;

pub use book::{
    ActiveRule, Applied, Book, BookError, Change, Desired, DesiredRule, DesiredTenant, Entry,
    Epoch, Publication, TenantBook,
};
pub use engine::{Module, RulesEngine, named_number};
pub use failure::{FailureKind, RowFailure};
pub use host::Host;
pub use meter::Meter;
pub use refusal::Refusal;
pub use trust::{Trust, Worth};

#[cfg(test)]
#[path = "../../tests/hostile/modules.rs"]
#[expect(
    dead_code,
    reason = "shared with the end-to-end tests, which use all of it"
)]
mod fixtures;
