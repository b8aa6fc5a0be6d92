//! Puls: a streaming engine for customer health.
//!
//! Modules in reading order; imports point up this list only (a test holds that):
//! - layer 0, plain data: [`model`], [`clock`], [`limits`]
//! - layer 1: [`log`]

pub mod clock;
pub mod limits;
pub mod log;
pub mod model;
