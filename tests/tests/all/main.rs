//! End-to-end tests: one binary, a file a subject.

mod cli;
mod data_sets;
mod files;
mod fold;
mod hostile;
mod rules;
mod tidy;
