//! The segment layer against real kernels, real processes and real kills.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests themselves do"
)]

mod anonymous;
mod bytes;
mod damage;
mod foreign;
mod forks;
mod leaks;
mod named;
mod publication;
mod room;
mod sandbox;
mod stress;
mod transport;
