//! Puls: a streaming engine for customer health.
//!
//! Modules in reading order. Imports point up this list only; a test holds that.
//! - layer 0, plain data: [`model`], [`limits`], [`clock`], [`metrics`], [`language`]
//! - layer 1, the stages: [`log`], [`decode`], [`state`], [`rules`], [`decide`]
//! - layer 1½, between them: [`merge`], [`admit`], [`features`], [`snapshot`]
//! - layer 2, the fold: [`journal`], [`shard`]
//! - layer 3, around it: [`worker`], [`query`], [`export`], [`backtest`], [`demo`], [`kit`]
//! - layer 4, the program: [`config`], [`http`], [`cli`]

pub mod admit;
pub mod backtest;
pub mod cli;
pub mod clock;
pub mod config;
pub mod decide;
pub mod decode;
pub mod demo;
pub mod export;
pub mod features;
pub mod http;
pub mod journal;
pub mod kit;
pub mod language;
pub mod limits;
pub mod log;
pub mod merge;
pub mod metrics;
pub mod model;
pub mod query;
pub mod rules;
pub mod shard;
pub mod snapshot;
pub mod state;
pub mod worker;
