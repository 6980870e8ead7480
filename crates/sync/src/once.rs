//! [`Once`]: something in a segment that is to be done once, by whichever process comes first.

use std::convert::Infallible;
use std::fmt;
use std::mem::offset_of;
use std::sync::atomic::AtomicU64;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError};
use crate::identity::Identity;
use crate::occupant::Occupant;
use crate::once_word::OnceWord;
use crate::place::Place;
use crate::robust_list::{HELD_LIMIT, ThreadList};

/// The bytes of a once in a segment, version 1.
///
/// Little-endian. Zero bytes are one that was not begun.
///
/// | offset | bytes | field | |
/// |---:|---:|---|---|
/// | 0 | 4 | kind | `mpON`; 0 until the first attach |
/// | 4 | 4 | version | 1 |
/// | 8 | 8 | zero | |
/// | 16 | 4 | state | 1 when it is done |
/// | 20 | 4 | begun | how often it was |
/// | 24 | 40 | lock | a robust word: the thread that does it |
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct OnceWords {
    identity: Identity,
    zero: AtomicU64,
    word: OnceWord,
}

const _: () = {
    assert!(size_of::<OnceWords>() == 64);
    assert!(offset_of!(OnceWords, word) == 16);
    assert!(size_of::<OnceWord>() == 48);
};

/// Something that is done once, such as filling a table that many processes read.
///
/// The first to come does it, the others wait, and whoever comes later goes on at once and sees what was
/// done. If the one that does it dies, even by SIGKILL, or panics, or fails, the next one does it again, and is told
/// how many attempts were begun before: what those have half done is its to overwrite. One that is merely
/// stopped is waited for.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Once, Place};
///
/// let segment = Segment::anonymous(Layout { payload_len: 80, control_len: 4096, kind: 0 })?;
/// let filled = Once::attach(&segment, Place::Control(0))?;
///
/// let fill = |_unfinished| segment.payload().write(0, &[7; 80]).expect("it fits");
/// filled.call_once(fill)?;
/// assert!(filled.is_done());
///
/// // Here and in every other process nothing happens any more.
/// filled.call_once(|_| unreachable!())?;
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "pthread_once")]
#[derive(Clone)]
pub struct Once {
    words: Anchored<OnceWords>,
}

impl Once {
    /// Bytes that it takes in the segment.
    pub const LEN: usize = size_of::<OnceWords>();

    /// Finds the once at `place`, or makes one there if its bytes are zero, as those of a new segment are.
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
        let words = Anchored::<OnceWords>::new(segment, place)?;
        words.identity.stamp(Occupant::ONCE)?;
        Ok(Self { words })
    }

    /// Whether it is done. What the one who did it wrote before is seen then.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.words.word.is_ready()
    }

    /// Runs `init` unless it was done, or waits for the one who does it.
    ///
    /// `init` gets the number of attempts that were begun before and not finished.
    ///
    /// # Errors
    ///
    /// - [`SyncError::NotLocked`] with [`LockError::WouldDeadlock`] if this thread is inside `init` already.
    /// - [`SyncError::TooManyHeld`] if this thread holds 1024 locks and claims,
    ///   [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    #[doc(alias = "call")]
    pub fn call_once(&self, init: impl FnOnce(u32)) -> Result<(), SyncError> {
        let init = |unfinished| {
            init(unfinished);
            Ok::<(), Infallible>(())
        };
        let Ok(()) = self.try_call_once(Deadline::Never, init)?;
        Ok(())
    }

    /// Like [`call_once`](Self::call_once) for an `init` that may fail, waiting for another thread's at most
    /// until `deadline`.
    ///
    /// # Errors
    ///
    /// - Those of [`call_once`](Self::call_once); [`SyncError::NotLocked`] with [`LockError::TimedOut`] or
    ///   [`LockError::WouldBlock`] if another thread was at it all the time.
    /// - Inside: what `init` returned. It is not done then, and the next call runs its `init`.
    pub fn try_call_once<E>(
        &self,
        deadline: Deadline,
        init: impl FnOnce(u32) -> Result<(), E>,
    ) -> Result<Result<(), E>, SyncError> {
        if self.is_done() {
            return Ok(Ok(()));
        }
        ThreadList::with(|me| {
            self.words.check_namespace(me)?;
            if me.is_full() {
                let limit = HELD_LIMIT;
                return Err(SyncError::TooManyHeld { limit });
            }
            let run = self.words.word.run(me, deadline, init);
            Ok(run.map_err(|missed| LockError::of(missed, deadline))?)
        })?
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("segment", &self.words.segment().id())
            .field("is_done", &self.is_done())
            .field("doer", &self.words.word.doer())
            .finish_non_exhaustive()
    }
}
