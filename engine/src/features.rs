//! Features: what is known of an account, as numbers for rules.
//!
//! [`catalogue()`] says what each feature means.

mod catalogue;

pub use catalogue::{Feature, Form, TERMS, catalogue, markdown};
