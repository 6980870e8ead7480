//! [`Event`]: a flag in a segment that threads of any process wait for.

use std::mem::offset_of;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::deadline::Deadline;
use crate::error::SyncError;
use crate::event_word::EventWord;
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::robust_list::{ThreadList, WORD_BEFORE_NODE};

/// The bytes of an event in a segment, version 1.
///
/// Little-endian. Zero bytes are a cleared event.
///
/// | offset | bytes | field | |
/// |---:|---:|---|---|
/// | 0 | 4 | kind | `mpEV`; 0 until the first attach |
/// | 4 | 4 | version | 1 |
/// | 8 | 16 | zero | |
/// | 24 | 40 | word | the flag, and the node by which it is announced to the kernel: see `event_word` |
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct EventWords {
    identity: Identity,
    zeros: [AtomicU64; 2],
    word: EventWord,
}

const _: () = {
    assert!(size_of::<EventWords>() == 64);
    assert!(offset_of!(EventWords, word) == 24);
    assert!(EventWord::NEXT_OFFSET == WORD_BEFORE_NODE);
};

/// A flag that is set or cleared, and that others wait for.
///
/// Nobody holds an event, so nobody's death leaves one locked: neither [`set`](Self::set) nor
/// [`clear`](Self::clear) ever waits for anybody. A setter killed half-way has either set the flag,
/// and all that sleep are woken, or it has not.
///
/// A wait that sleeps when the flag is set ends, even if the flag is cleared again at once.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Event, Place};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let ready = Event::attach(&segment, Place::Control(0))?;
/// assert!(!ready.wait_timeout(Duration::from_millis(1))?);
///
/// let other = ready.clone();
/// let waiting = std::thread::spawn(move || other.wait());
/// ready.set()?;
/// waiting.join().expect("no panic")?;
/// assert!(ready.is_set());
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "threading.Event")]
#[derive(Clone, Debug)]
pub struct Event {
    words: Anchored<EventWords>,
}

impl Event {
    /// Bytes that an event takes in the segment.
    pub const LEN: usize = size_of::<EventWords>();

    /// Finds the event at `place`, or makes a cleared one there if its bytes are zero, as those of a new segment are.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the [`LEN`](Self::LEN) bytes are not inside the segment, or the
    ///   segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 64.
    /// - [`SyncError::Mismatch`] if there is something else.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<EventWords>::new(segment, place)?;
        words.identity.stamp(Occupant::EVENT)?;
        Ok(Self { words })
    }

    /// Sets the flag and wakes everybody who waits. What this thread wrote before is seen by who finds it set.
    ///
    /// # Errors
    ///
    /// [`SyncError::Unsupported`] in a thread without a robust list; nothing is changed then.
    #[inline]
    pub fn set(&self) -> Result<(), SyncError> {
        ThreadList::with(|me| self.words.word.set(me))
    }

    /// Clears the flag.
    pub fn clear(&self) {
        self.words.word.clear();
    }

    /// Whether the flag is set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.words.word.is_set()
    }

    /// Waits until the flag is set.
    ///
    /// # Errors
    ///
    /// [`SyncError::Unsupported`] in a thread without a robust list.
    pub fn wait(&self) -> Result<(), SyncError> {
        self.wait_until(Deadline::Never).map(|_| ())
    }

    /// Waits until the flag is set, at most `patience`; whether it was set.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_timeout(&self, patience: Duration) -> Result<bool, SyncError> {
        self.wait_until(Deadline::after(patience))
    }

    /// Waits until the flag is set, at most until `deadline`; whether it was set.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_until(&self, deadline: Deadline) -> Result<bool, SyncError> {
        ThreadList::with(|me| self.words.word.wait(me, deadline))
    }
}
