#![doc = include_str!("../README.md")]

// What a user sees, in reading order.
mod segment;

mod name;

mod id;

mod layout;

mod bytes;

mod handle;

mod error;

pub mod transport;

// How a segment comes to be, and goes.
mod anonymous;

mod named;

mod shm;

mod prune;

// What both kinds stand on.
mod control;

mod stamp;

mod origin;

mod room;

mod cgroup;

mod mapping;

pub use bytes::Bytes;
pub use error::{Corruption, Foreign, Limit, NameProblem, Obstacle, SegmentError};
pub use handle::{Handle, Location};
pub use id::SegmentId;
pub use layout::Layout;
pub use name::SegmentName;
pub use origin::PidNamespace;
pub use prune::{Listed, Pruned, list, prune, remove};
pub use segment::{Access, Lifetime, Segment};
