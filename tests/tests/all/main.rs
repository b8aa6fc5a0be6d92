//! End-to-end tests: one binary, a file a subject.

mod fold;
mod hostile;
mod rules;
mod tidy;
