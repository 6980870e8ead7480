//! The shared-rng crate's integration tests: one binary, a module for each claim's subject.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod blocks;
mod corruption;
mod draws;
mod fills;
mod kills;
mod leases;
mod log;
mod numpy;
mod split;
#[cfg(feature = "state-files")]
mod state_files;
mod steps;
