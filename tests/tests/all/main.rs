//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod backtest;
mod broker;
mod cards;
mod cli;
mod columns;
mod data_sets;
mod explain;
mod files;
mod fold;
mod forms;
mod hostile;
mod kafka;
mod kill;
mod kit;
mod life;
mod models;
mod oracle;
mod packages;
mod past;
mod peers;
mod readme;
mod rollback;
mod rules;
mod shadow;
mod shipped;
mod simulation;
mod smith;
mod snapshot;
mod texts;
mod tidy;
mod trial;
mod what_if;
