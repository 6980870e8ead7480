#![doc = include_str!("../README.md")]

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
pub use multiproc_array::{Element, Frozen, PartMut, SharedArray, python};
pub use multiproc_pool::{
    ChildProcess, Context, Exit, Failed, Imap, ImapUnordered, Job, Pending, Pool, PoolError,
    Process, ProcessHandle, Progress, State, TaskError, active_children, current_process,
    fill_parallel, init, parent_process, task, wait, wait_any,
};
pub use multiproc_rng::{FillMethod, default_rng};
pub use multiproc_segment::{SegmentName, prune};
pub use multiproc_shared_rng::{Replicated, Shared, SharedPhilox, Stream};

/// What the expansion of `#[task]` names. No part of the interface.
#[doc(hidden)]
pub use multiproc_pool::__private;

/// How things are done, with code that is tested.
pub mod guides {
    #[doc = include_str!("../../../docs/getting-started.md")]
    pub mod getting_started {}

    #[doc = include_str!("../../../docs/from-multiprocessing.md")]
    pub mod from_multiprocessing {}

    #[doc = include_str!("../../../docs/locks.md")]
    pub mod locks {}

    #[doc = include_str!("../../../docs/dead-workers.md")]
    pub mod dead_workers {}

    #[doc = include_str!("../../../docs/python.md")]
    pub mod python {}
}

/// The first program that a visitor of the repository sees is compiled and run like every other.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub mod repository {}
