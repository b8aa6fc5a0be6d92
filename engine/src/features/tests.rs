//! Golden cases of features.
