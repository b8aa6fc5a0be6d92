//! What holds of state as a whole.
