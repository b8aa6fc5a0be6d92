//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod backtest;
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
mod readme;
mod rules;
mod simulation;
mod snapshot;
mod tidy;
mod trial;
