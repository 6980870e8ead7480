//! The array crate's integration tests: one binary, a module for each claim's subject.

mod numpy;
mod reductions;
