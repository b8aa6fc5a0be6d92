//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod broker;
mod cards;
mod cli;
mod data_sets;
mod files;
mod fold;
mod hostile;
mod kafka;
mod kill;
mod life;
mod oracle;
mod packages;
mod readme;
mod rollback;
mod rules;
mod shadow;
mod simulation;
mod snapshot;
mod tidy;
mod trial;
