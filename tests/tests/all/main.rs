//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod broker;
mod cards;
mod cli;
mod data_sets;
mod explain;
mod files;
mod fold;
mod hostile;
mod kafka;
mod kill;
mod life;
mod oracle;
mod past;
mod readme;
mod rules;
mod simulation;
mod snapshot;
mod texts;
mod tidy;
mod trial;
