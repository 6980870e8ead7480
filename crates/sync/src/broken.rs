//! [`Broken`]: who broke a barrier, and how.

use std::error::Error;
use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::primitive::{AtomicU64, ThreadList};

/// What broke a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakCause {
    /// A party died, before or after it arrived.
    Died,
    /// A party left while others still took part.
    Left,
    /// A party panicked, or its action did.
    Panicked,
    /// A party waited as long as it wanted to.
    TimedOut,
    /// Somebody aborted the barrier.
    Aborted,
    /// Somebody reset the barrier while others waited.
    Reset,
}

impl BreakCause {
    const ALL: [Self; 6] = [
        Self::Died,
        Self::Left,
        Self::Panicked,
        Self::TimedOut,
        Self::Aborted,
        Self::Reset,
    ];
}

/// A barrier is broken: nobody waits there until it is reset.
#[doc(alias = "BrokenBarrierError")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What broke it.
    pub cause: BreakCause,
    /// The process that did it.
    pub pid: u32,
    /// Its thread, which is the process id in a main thread.
    pub tid: u32,
    /// Which break of this barrier it was: the lower half of its state.
    pub(crate) event: u32,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cause, pid, tid, ..
        } = self;
        let did = match cause {
            BreakCause::Died => "died",
            BreakCause::Left => "left while others took part",
            BreakCause::Panicked => "panicked",
            BreakCause::TimedOut => "waited as long as it wanted to",
            BreakCause::Aborted => "aborted it",
            BreakCause::Reset => "reset it while others waited",
        };
        write!(
            f,
            "the barrier is broken: thread {tid} of process {pid} {did}; recover or reset it to go on"
        )
    }
}

impl Error for Broken {}

/// A thread and its process, in 48 bits: Linux has no ids beyond 2^22.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Culprit {
    pid: u32,
    tid: u32,
}

const ID_BITS: u32 = 24;
const ID: u64 = (1 << ID_BITS) - 1;

impl Culprit {
    pub(crate) fn of(me: &ThreadList) -> Self {
        Self {
            pid: me.pid(),
            tid: me.tid(),
        }
    }

    /// Not 0, as no thread has the id 0.
    pub(crate) fn to_bits(self) -> u64 {
        (u64::from(self.pid) & ID) << ID_BITS | u64::from(self.tid) & ID
    }

    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        (bits != 0).then_some(Self {
            pid: (bits >> ID_BITS & ID) as u32,
            tid: (bits & ID) as u32,
        })
    }
}

/// Who broke a barrier last, in one word, so that nobody reads half of it.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Record(AtomicU64);

impl Record {
    pub(crate) fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    pub(crate) fn set(&self, cause: BreakCause, who: Culprit) {
        let code = (BreakCause::ALL.iter()).position(|&it| it == cause);
        let code = code.map_or(0, |index| index as u64);
        self.0.store(code << (2 * ID_BITS) | who.to_bits(), Release);
    }

    /// The break at which the lower half of the state became `event`.
    pub(crate) fn get(&self, event: u32) -> Broken {
        let bits = self.0.load(Acquire);
        let code = (bits >> (2 * ID_BITS)) as usize;
        Broken {
            cause: BreakCause::ALL
                .get(code)
                .copied()
                .unwrap_or(BreakCause::Died),
            pid: (bits >> ID_BITS & ID) as u32,
            tid: (bits & ID) as u32,
            event,
        }
    }
}
