//! [`EventWords`]: the 64 bytes of an event in a segment, version 1.
//!
//! Little-endian. Zero bytes are a cleared event.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpEV`; 0 until the first attach |
//! | 4 | 4 | version | 1 |
//! | 8 | 16 | zero | |
//! | 24 | 40 | word | the flag, and the node by which it is announced to the kernel: see `event_word` |

use std::mem::offset_of;
use std::sync::atomic::AtomicU64;

use crate::event_word::EventWord;
use crate::identity::Identity;

/// The bytes of an event.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct EventWords {
    pub(crate) identity: Identity,
    zeros: [AtomicU64; 2],
    pub(crate) word: EventWord,
}

const _: () = {
    assert!(size_of::<EventWords>() == 64);
    assert!(offset_of!(EventWords, word) == 24);
    assert!(EventWord::NEXT_OFFSET == crate::robust_list::WORD_BEFORE_NODE);
};
