//! The array crate's integration tests: one binary, a module for each claim's subject.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]
#![expect(
    clippy::single_range_in_vec_init,
    reason = "rows are lists of ranges, often of a single one"
)]

mod access;
mod beside;
mod dtypes;
mod files;
mod frozen;
mod handles;
mod layouts;
mod live;
mod memory;
mod npy;
mod numpy;
mod printed;
mod reductions;
mod sharedctypes;
mod structures;
mod takers;
mod torn;
