//! Integration tests: one binary, a module for each subject.

#[path = "../numpy_cases/mod.rs"]
mod numpy_cases;
mod reference;
