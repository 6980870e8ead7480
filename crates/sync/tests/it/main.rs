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
mod atomic;
mod barge;
mod barrier;
mod barrier_steps;
mod condvar;
mod condvar_steps;
mod conformance;
mod crowd;
mod event;
mod event_steps;
mod fork;
mod ground;
mod hostile;
mod kernels;
mod killing;
mod leaks;
mod model;
mod mutex_steps;
mod mutex_stress;
mod namespaces;
mod once;
mod permit_steps;
mod permits;
mod recovery;
mod reentrant;
mod rw_lock;
mod rw_steps;
mod rw_stress;
mod semaphore;
mod table;
mod table_deaths;
mod table_laws;
mod table_steps;
mod table_stress;
