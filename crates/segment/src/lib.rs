#![doc = include_str!("../README.md")]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("multiproc-segment shares memory by means of 64-bit Linux: x86-64 or aarch64");

// A segment, as its users see it.
mod advice;
mod bytes;
mod error;
mod handle;
mod id;
mod layout;
mod name;
mod segment;

// How one comes to be, is found by others, and goes.
mod adopt;
mod anonymous;
mod entry;
mod file;
mod foreign;
mod named;
mod prune;
mod site;
mod tenancy;
pub mod transport;

// What all kinds stand on.
mod cgroup;
mod control;
mod file_system;
mod fork_mark;
mod mapping;
mod memory;
mod origin;
mod populated;
mod room;
mod stamp;

pub use advice::Advice;
pub use anonymous::Obstacle;
pub use bytes::Bytes;
pub use control::Corruption;
pub use error::SegmentError;
pub use foreign::Foreign;
pub use handle::{Handle, Location};
pub use id::SegmentId;
pub use layout::Layout;
pub use name::{NameProblem, SegmentName};
pub use origin::PidNamespace;
pub use prune::{Listed, Pruned, list, prune, remove};
pub use room::Limit;
pub use segment::{Access, Lifetime, Segment};
