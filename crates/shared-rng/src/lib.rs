#![doc = include_str!("../README.md")]

// A stream for each item.
mod split;
mod stream;

// One stream for all, and one stream each.
mod lease;
mod replicated;
mod shared;
mod shared_philox;
mod source;

// The bytes of a state in a segment.
mod checksum;
#[cfg(target_arch = "x86_64")]
mod checksum_instruction;
mod state_slots;

// One array for all.
mod fill_parallel;

#[cfg(feature = "state-files")]
mod state_file;

mod error;

pub use error::SharedRngError;
pub use fill_parallel::fill_parallel;
pub use lease::Lease;
pub use replicated::Replicated;
pub use shared::Shared;
pub use shared_philox::SharedPhilox;
pub use source::Source;
pub use split::Split;
#[cfg(feature = "state-files")]
pub use state_file::{load_state, save_state};
pub use stream::Stream;
