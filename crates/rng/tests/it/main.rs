//! Integration tests: one binary, a module for each subject.

mod dependent_normals;
mod distribution_fills;
mod distribution_laws;
mod extreme_parameters;
mod fill_plans;
mod fills;
mod hand_over;
#[path = "../numpy_cases/mod.rs"]
mod numpy_cases;
mod rand_ecosystem;
mod reference;
mod refusals;
mod seed_tree;
mod single_draws;
mod states;
mod statistics;
mod stream_versions;
