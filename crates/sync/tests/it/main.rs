//! What the crate promises, with real processes that really die.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests themselves do"
)]

mod arena;
mod arena_crowd;
mod arena_ground;
mod arena_hostile;
mod arena_laws;
mod arena_steps;
mod barge;
mod conformance;
mod crowd;
mod fork;
mod ground;
mod hostile;
mod model;
mod mutex_steps;
mod mutex_stress;
mod namespaces;
mod table;
mod table_deaths;
mod table_laws;
mod table_steps;
mod table_stress;
