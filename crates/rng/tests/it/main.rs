//! Integration tests: one binary, a module for each subject.

mod fills;
#[path = "../numpy_cases/mod.rs"]
mod numpy_cases;
mod rand_ecosystem;
mod reference;
mod seed_tree;
mod states;
