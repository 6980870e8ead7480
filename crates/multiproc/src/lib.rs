//! Python's `multiprocessing` and `numpy.random`, for Rust: functions in worker processes, arrays that they share
//! without copying, and random streams that are the same bits whatever the number of processes.
//!
//! ```
//! use multiproc::{Pool, Stream, task};
//!
//! #[task]
//! fn hits(rng: &mut Stream, n: u64) -> u64 {
//!     (0..n).filter(|_| rng.random().hypot(rng.random()) < 1.0).count() as u64
//! }
//!
//! fn main() -> multiproc::Result<()> {
//!     let inside: u64 = Pool::new()?.map(hits, [10_000; 100]).seed(42).run()?.iter().sum();
//!     println!("{}", 4.0 * inside as f64 / 1e6);
//!     Ok(())
//! }
//! ```
//!
//! - [`#[task]`](task) makes a function one that workers can run; [`Pool::map`] gives it items, [`Pool::fill`] and
//!   [`Pool::update`] give it the parts of an array in place.
//! - [`SharedArray`] lives in shared memory and is a `.npy` file there; [`Frozen`] is one that nobody can write any more,
//!   the natural argument of a task.
//! - [`Stream`] is an item's own random numbers: NumPy's, from the job's seed and the item's index.
//!
//! This crate has no logic: it is the front door to the layers, each a crate that can be used alone, and here a module:
//! [`segment`], [`sync`], [`rng`], [`shared_rng`], [`array`](mod@array), [`pool`]. The [`guides`] show how things are done.
//!
//! What it does not do: run closures that capture (a task is found by its name in another process), protect against
//! programs of the same user, or leave the machine. If threads are good enough, rayon is faster.

mod error;

#[doc(inline)]
pub use multiproc_array as array;
#[doc(inline)]
pub use multiproc_pool as pool;
#[doc(inline)]
pub use multiproc_rng as rng;
#[doc(inline)]
pub use multiproc_segment as segment;
#[doc(inline)]
pub use multiproc_shared_rng as shared_rng;
#[doc(inline)]
pub use multiproc_sync as sync;

pub use error::{Error, Result};
pub use multiproc_array::{Frozen, PartMut, SharedArray};
pub use multiproc_pool::{Context, Failed, Job, Pool, PoolError, Progress, TaskError, init, task};
pub use multiproc_rng::default_rng;
pub use multiproc_segment::{SegmentName, prune};
pub use multiproc_shared_rng::Stream;

/// What the expansion of `#[task]` names. No part of the interface.
#[doc(hidden)]
pub use multiproc_pool::__private;

/// How things are done, with code that is tested.
pub mod guides {
    #[doc = include_str!("../../../docs/getting-started.md")]
    pub mod getting_started {}

    #[doc = include_str!("../../../docs/dead-workers.md")]
    pub mod dead_workers {}

    #[doc = include_str!("../../../docs/python.md")]
    pub mod python {}
}
