//! numpy.random for Rust: the same bits, from the seed tree to the distributions.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod entropy;
mod seed_sequence;

mod bit_generator;
mod half_word;
mod pcg64;

mod generator;
mod integers;

mod error;

pub use bit_generator::BitGenerator;
pub use entropy::Entropy;
pub use error::RngError;
pub use generator::{Generator, default_rng};
pub use integers::Integer;
pub use pcg64::Pcg64;
pub use seed_sequence::{SeedSequence, SpawnPath};
