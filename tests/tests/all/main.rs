//! End-to-end tests: one binary, a file a subject.
#![cfg(test)]

mod cli;
mod files;
mod fold;
mod hostile;
mod kafka;
mod oracle;
mod readme;
mod rules;
mod tidy;
