//! Features: what is known of an account, as numbers for rules.
//!
//! [`catalogue()`] says what each feature means and how it is computed. A [`Selection`] is the
//! features that one rule reads, resolved once; it computes a row of numbers, says when a number
//! will pass a value that the rule named, and describes a number for people. Nothing here keeps
//! anything or changes what is known.

mod catalogue;
mod named;
mod peers;
mod readings;
mod selection;
mod source;
#[cfg(test)]
mod tests;

pub use catalogue::{Feature, Form, TERMS, age_of, catalogue, markdown};
pub use named::{NamedFeature, named};
pub use peers::{Bases, View};
pub use selection::{FeatureValue, Selection};
