//! What the end-to-end tests share: the rules that ship, as modules.

pub mod rules;
