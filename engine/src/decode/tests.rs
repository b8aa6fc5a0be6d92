//! Tables of records in, events or reasons out.
