//! End-to-end tests: one binary, a file a subject.

mod hostile;
mod rules;
mod tidy;
