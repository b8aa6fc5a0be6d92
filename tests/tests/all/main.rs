//! End-to-end tests: one binary, a file a subject.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod broker;
mod cli;
mod files;
mod fold;
mod hostile;
mod kafka;
mod oracle;
mod readme;
mod rules;
mod tidy;
