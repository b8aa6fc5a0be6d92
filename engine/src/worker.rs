//! Not written yet.

pub mod files;
pub mod kafka;
