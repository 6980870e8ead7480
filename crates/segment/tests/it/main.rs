//! The segment layer against real kernels, real processes and real kills.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests themselves do"
)]

mod adopt;
mod advice;
mod anonymous;
mod bytes;
mod copies;
mod core_dumps;
mod crowds;
mod damage;
mod file;
mod foreign;
mod forks;
mod hostile_peer;
mod kernels;
mod leaks;
mod model;
mod named;
mod overtaking;
mod publication;
mod room;
mod sandbox;
mod stress;
mod transport;
