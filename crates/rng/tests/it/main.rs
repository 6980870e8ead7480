//! Integration tests: one binary, a module for each subject.

mod fills;
#[path = "../numpy_cases/mod.rs"]
mod numpy_cases;
mod reference;
