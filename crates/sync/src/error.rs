//! [`SyncError`], [`LockError`] and [`ClaimError`]: why a lock could not be made, taken or claimed.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use multiproc_segment::{PidNamespace, SegmentError};

use crate::claim::TornClaim;
use crate::deadline::Deadline;
use crate::holder::Holder;
use crate::lock_holder::LockHolder;
use crate::occupant::Occupant;
use crate::robust_word::Missed;

/// Why a lock or a table could not be made, attached or used at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum SyncError {
    /// The place does not lie in the segment, or the segment cannot be written to.
    Segment(SegmentError),
    /// The place does not start at a multiple of what lives there.
    Misaligned {
        /// The offset asked for, in bytes.
        offset: usize,
        /// What it must be a multiple of.
        align: usize,
    },
    /// The bytes at the place belong to something else.
    Mismatch {
        /// What was to be attached.
        expected: Box<Occupant>,
        /// What the bytes say they are.
        found: Box<Occupant>,
    },
    /// Thread ids mean something else where the segment was made.
    ForeignPidNamespace {
        /// The namespace in which the segment was made.
        segment: PidNamespace,
        /// The namespace of this thread.
        here: PidNamespace,
    },
    /// This thread holds as many locks and claims as the kernel could free if it died.
    TooManyHeld {
        /// How many that is.
        limit: usize,
    },
    /// A mutex could not be locked; what `?` makes of a [`LockError`].
    NotLocked(Box<LockError<()>>),
    /// The system lacks what locks that survive their owner stand on.
    Unsupported {
        /// What was asked of the system.
        call: UnsupportedCall,
        /// The `errno` of the refusal; 0 if it was none.
        errno: i32,
    },
}

impl SyncError {
    /// The failure of `call`, with the `errno` of the moment.
    pub(crate) fn unsupported(call: UnsupportedCall) -> Self {
        Self::Unsupported {
            call,
            errno: std::io::Error::last_os_error().raw_os_error().unwrap_or(0),
        }
    }
}

/// What the system refused or answered in an unknown form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsupportedCall {
    /// One page of private memory.
    Mmap,
    /// `madvise(MADV_WIPEONFORK)`, in Linux since 4.14.
    WipeOnFork,
    /// `get_robust_list(2)`: this thread has no list. A process made by a raw `clone` has none.
    RobustList,
    /// The list's words lie at this distance from its nodes, and not at -32 as in glibc.
    RobustListOffset(i64),
    /// A call of the pthread library.
    Pthread(&'static str),
}

impl fmt::Display for UnsupportedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mmap => f.write_str("a page of private memory is needed and mmap refused it"),
            Self::WipeOnFork => {
                f.write_str("madvise(MADV_WIPEONFORK) is needed, Linux 4.14 or newer")
            }
            Self::RobustList => f.write_str(
                "this thread has no robust list: start threads and processes through libc, \
                 not by a raw clone",
            ),
            Self::RobustListOffset(found) => write!(
                f,
                "libc's robust list has its words at offset {found}, not at -32: use glibc"
            ),
            Self::Pthread(call) => write!(f, "{call} refused a robust shared mutex"),
        }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segment(error) => error.fmt(f),
            Self::Misaligned { offset, align } => write!(
                f,
                "a lock cannot stand at offset {offset}: choose a multiple of {align}"
            ),
            Self::Mismatch { expected, found } => write!(
                f,
                "expected {expected} and found {found}: attach what was made there"
            ),
            Self::ForeignPidNamespace { segment, here } => write!(
                f,
                "the segment was made in pid namespace {segment} and this thread is in {here}, where \
                 thread ids mean other threads: start the containers with a shared pid namespace \
                 (docker run --pid=container:NAME, or shareProcessNamespace: true)"
            ),
            Self::TooManyHeld { limit } => write!(
                f,
                "this thread holds {limit} locks and claims, the most that the kernel can free \
                 when it dies: release some first"
            ),
            Self::NotLocked(error) => error.fmt(f),
            Self::Unsupported { call, errno: 0 } => call.fmt(f),
            Self::Unsupported { call, errno } => {
                write!(f, "{call} ({})", std::io::Error::from_raw_os_error(*errno))
            }
        }
    }
}

impl Error for SyncError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Segment(error) => Some(error),
            Self::NotLocked(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SegmentError> for SyncError {
    fn from(error: SegmentError) -> Self {
        Self::Segment(error)
    }
}

/// For `?`, as a [`LockError`] with a guard in it cannot leave the guard's scope. The guard is
/// dropped, so that [`LockError::OwnerDied`] becomes the end of the value: the mutex is then poisoned.
impl<G> From<LockError<G>> for SyncError {
    fn from(error: LockError<G>) -> Self {
        match error.map(drop) {
            LockError::Refused(error) => error,
            error => Self::NotLocked(Box::new(error)),
        }
    }
}

/// Why a mutex was not simply locked. `G` is the guard.
#[non_exhaustive]
pub enum LockError<G> {
    /// It is locked, but the last owner died, or panicked, while it held the lock: the value may be
    /// half changed. Repair it and call `mark_consistent` on the guard; a guard dropped without
    /// that makes the mutex [`Poisoned`](Self::Poisoned) for good.
    OwnerDied(G),
    /// Somebody found the owner dead and gave up on the value.
    Poisoned,
    /// Another thread holds it, and the call was not to wait.
    WouldBlock {
        /// Who holds it.
        holder: LockHolder,
    },
    /// Another thread held it all the time.
    TimedOut {
        /// Who held it when the time was over.
        holder: LockHolder,
        /// How long this waiter had been watching that holder: less than the time it waited if the lock
        /// changed hands meanwhile.
        watched: Duration,
    },
    /// This very thread holds it.
    WouldDeadlock,
    /// It cannot be locked here at all.
    Refused(SyncError),
}

impl<G> LockError<G> {
    /// The guard of [`OwnerDied`](Self::OwnerDied).
    ///
    /// # Errors
    ///
    /// Every other error, unchanged.
    pub fn into_guard(self) -> Result<G, Self> {
        match self {
            Self::OwnerDied(guard) => Ok(guard),
            other => Err(other),
        }
    }

    /// The same error, with what `change` makes of the guard.
    pub(crate) fn map<H>(self, change: impl FnOnce(G) -> H) -> LockError<H> {
        match self {
            Self::OwnerDied(guard) => LockError::OwnerDied(change(guard)),
            Self::Poisoned => LockError::Poisoned,
            Self::WouldBlock { holder } => LockError::WouldBlock { holder },
            Self::TimedOut { holder, watched } => LockError::TimedOut { holder, watched },
            Self::WouldDeadlock => LockError::WouldDeadlock,
            Self::Refused(error) => LockError::Refused(error),
        }
    }
}

impl LockError<()> {
    /// The error of a lock that was to be had until `deadline`.
    pub(crate) fn of(missed: Missed, deadline: Deadline) -> Self {
        match (missed, deadline) {
            (Missed::Deadlock, _) => Self::WouldDeadlock,
            (Missed::Held { holder: tid, .. }, Deadline::Now) => Self::WouldBlock {
                holder: LockHolder { tid },
            },
            (
                Missed::Held {
                    holder: tid,
                    watched,
                },
                _,
            ) => Self::TimedOut {
                holder: LockHolder { tid },
                watched,
            },
        }
    }
}

impl<G> fmt::Display for LockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerDied(_) => f.write_str(
                "the last owner died or panicked while it held the lock: \
                 repair the value and mark it consistent",
            ),
            Self::Poisoned => f.write_str(
                "an owner died while it held the lock and nobody repaired the value: \
                 initialise the mutex again when no process uses it",
            ),
            Self::WouldBlock { holder } => write!(f, "{holder} holds the lock"),
            Self::TimedOut { holder, watched } => write!(
                f,
                "{holder} still holds the lock, for {watched:.1?} at least, and the time is over"
            ),
            Self::WouldDeadlock => {
                f.write_str("this thread holds the lock already: drop its guard first")
            }
            Self::Refused(error) => error.fmt(f),
        }
    }
}

/// The variant and its figures; not the guard.
impl<G> fmt::Debug for LockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerDied(_) => f.write_str("OwnerDied(..)"),
            Self::Poisoned => f.write_str("Poisoned"),
            Self::WouldBlock { holder } => f
                .debug_struct("WouldBlock")
                .field("holder", holder)
                .finish(),
            Self::TimedOut { holder, watched } => f
                .debug_struct("TimedOut")
                .field("holder", holder)
                .field("watched", watched)
                .finish(),
            Self::WouldDeadlock => f.write_str("WouldDeadlock"),
            Self::Refused(error) => f.debug_tuple("Refused").field(error).finish(),
        }
    }
}

impl<G> Error for LockError<G> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a range was not simply claimed.
#[derive(Debug)]
pub enum ClaimError {
    /// It is claimed, but a writer died, or panicked, in a part of it. Repair the torn ranges and call
    /// [`TornClaim::mark_consistent`]; else the next claim that overlaps them is told the same.
    Torn(TornClaim),
    /// Another thread holds a conflicting claim, and the call was not to wait.
    WouldBlock {
        /// The first conflicting holder found.
        holder: Holder,
    },
    /// Conflicting claims were held all the time.
    TimedOut {
        /// The first conflicting holder found when the time was over.
        holder: Holder,
    },
    /// This very thread holds a conflicting claim.
    WouldDeadlock {
        /// The claim that this thread holds.
        held: Holder,
    },
    /// All slots of the table hold claims or torn ranges.
    Full {
        /// Whose claims they are.
        holders: Vec<Holder>,
    },
    /// Somebody had the table's own lock all the time. That takes a microsecond, unless it was stopped.
    Stuck {
        /// The thread id of the holder.
        holder: u32,
    },
    /// The table cannot be used here at all.
    Refused(SyncError),
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Torn(claim) => write!(
                f,
                "a writer died in {:?} of the range claimed: repair it and mark it consistent",
                claim.torn()
            ),
            Self::WouldBlock { holder } => write!(f, "{holder} is in the way"),
            Self::TimedOut { holder } => {
                write!(f, "{holder} is still in the way and the time is over")
            }
            Self::WouldDeadlock { held } => {
                write!(f, "{held} is this thread itself: drop that claim first")
            }
            Self::Full { holders } => {
                write!(f, "all {} slots of the table are taken, by", crate::SLOTS)?;
                for holder in holders {
                    write!(f, " {holder}")?;
                }
                Ok(())
            }
            Self::Stuck { holder } => write!(
                f,
                "thread {holder} has the table's own lock and does not go on: continue it (SIGCONT) \
                 or end it"
            ),
            Self::Refused(error) => error.fmt(f),
        }
    }
}

impl Error for ClaimError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SyncError> for ClaimError {
    fn from(error: SyncError) -> Self {
        Self::Refused(error)
    }
}
