#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod entropy;
mod seed_sequence;

mod bit_generator;
#[cfg(feature = "chacha")]
mod chacha;
mod half_word;
mod mt19937;
mod mt19937_jump;
mod pcg64;
mod philox;
mod rand_traits;
mod seek;
mod sfc64;
mod simd;

#[cfg(feature = "ndarray")]
mod arrays;
mod bytes;
mod choice;
mod generator;
mod integer_types;
mod integers;
mod random_state;
mod shuffle;
mod stream_version;

pub mod distributions;
pub mod legacy;
mod math;

mod state;
#[cfg(feature = "serde")]
mod state_json;

mod any_bits;
mod any_source;
mod fill_plan;

mod error;

pub use any_bits::AnyBits;
pub use any_source::AnySource;
pub use bit_generator::BitGenerator;
#[cfg(feature = "chacha")]
pub use chacha::{ChaCha, ChaCha8, ChaCha12, ChaCha20, ChaChaState, Rounds};
pub use choice::Draw;
pub use entropy::Entropy;
pub use error::RngError;
pub use fill_plan::{FillMethod, FillPlan, FillValue, FillWorker, PartStart, Placed};
pub use generator::{Generator, default_rng};
pub use integers::Integer;
pub use math::{LIBM, Libm};
pub use mt19937::Mt19937;
pub use pcg64::{Dxsm, Pcg, Pcg64, Pcg64Dxsm, Permutation, XslRr};
pub use philox::Philox;
pub use random_state::RandomState;
pub use seed_sequence::{SeedSequence, SpawnPath};
pub use seek::Seek;
pub use sfc64::Sfc64;
#[doc(hidden)]
pub use simd::{Instructions, with_at_most};
pub use state::{
    Mt19937State, PcgState, PhiloxState, RandomStateState, SavedState, Sfc64State, StateError,
};
#[cfg(feature = "serde")]
pub use state_json::JsonState;
pub use stream_version::StreamVersion;
