//! [`OnceWords`]: the 64 bytes of a once in a segment, version 1.
//!
//! Little-endian. Zero bytes are one that was not begun.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpON`; 0 until the first attach |
//! | 4 | 4 | version | 1 |
//! | 8 | 8 | zero | |
//! | 16 | 4 | state | 1 when it is done |
//! | 20 | 4 | begun | how often it was |
//! | 24 | 40 | lock | a robust word: the thread that does it |

use std::mem::offset_of;
use std::sync::atomic::AtomicU64;

use crate::identity::Identity;
use crate::once_word::OnceWord;

/// The bytes of a once.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct OnceWords {
    pub(crate) identity: Identity,
    zero: AtomicU64,
    pub(crate) word: OnceWord,
}

const _: () = {
    assert!(size_of::<OnceWords>() == 64);
    assert!(offset_of!(OnceWords, word) == 16);
    assert!(size_of::<OnceWord>() == 48);
};
