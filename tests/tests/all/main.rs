//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod broker;
mod cards;
mod cli;
mod columns;
mod data_sets;
mod files;
mod fold;
mod forms;
mod hostile;
mod kafka;
mod kill;
mod life;
mod oracle;
mod peers;
mod readme;
mod rules;
mod shipped;
mod simulation;
mod smith;
mod snapshot;
mod tidy;
mod trial;
mod what_if;
