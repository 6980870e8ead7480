//! The one switch between what ships and what loom explores: atomics, futex and the robust list.
//!
//! The algorithms (`robust_word`, `claim_protocol`) name only what this file exports, so that
//! loom runs the very source that ships.

#[cfg(not(loom))]
pub(crate) use std::{
    hint::spin_loop,
    sync::atomic::{AtomicU32, AtomicU64},
};

#[cfg(not(loom))]
pub(crate) use crate::{
    futex::{Futex, Watched, thread_lives, wait_any},
    robust_list::{ListNode, ThreadList},
};

#[cfg(loom)]
pub(crate) use self::explored::*;

#[cfg(loom)]
mod explored {
    //! The same names for loom. Processes do not die here; a test sets the word as the kernel would.

    use std::time::Duration;

    use loom::sync::{Condvar, Mutex};
    pub(crate) use loom::{
        hint::spin_loop,
        sync::atomic::{AtomicU32, AtomicU64},
        thread::yield_now,
    };
}
