//! [`CondvarWords`]: the 128 bytes of a condition variable in a segment, version 1.
//!
//! Little-endian. Zero bytes are one that nobody waits for.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpCV`; 0 until the first attach |
//! | 4 | 4 | version | 1 |
//! | 8 | 8 | zero | |
//! | 16 | 8 | sequence | of notifications, and a count of registrations: see `waitlist` |
//! | 24 | 40 | bell | rung by the kernel when a waiter or notifier dies |
//! | 64 | 40 | baton | a robust word: the waiter that was let go and has not the mutex yet |
//! | 104 | 24 | zero | |

use std::mem::offset_of;
use std::sync::atomic::AtomicU64;

use crate::identity::Identity;
use crate::robust_list::WORD_BEFORE_NODE;
use crate::waitlist::Waitlist;

/// The bytes of a condition variable.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct CondvarWords {
    pub(crate) identity: Identity,
    zero: AtomicU64,
    pub(crate) waitlist: Waitlist,
    zeros: [AtomicU64; 3],
}

const _: () = {
    assert!(size_of::<CondvarWords>() == 128);
    assert!(offset_of!(CondvarWords, waitlist) == 16);
    assert!(Waitlist::NEXT_OFFSET == 8 + WORD_BEFORE_NODE);
};
