//! [`Party`]: a thread that takes part in a barrier.

use std::fmt;
use std::marker::PhantomData;
use std::thread;
use std::time::Duration;

use crate::barrier::Barrier;
use crate::barrier_error::BarrierError;
use crate::broken::BreakCause;
use crate::deadline::Deadline;
use crate::robust_list::ThreadList;

/// A thread that takes part in a [`Barrier`]; dropping it leaves.
///
/// As long as others take part, leaving breaks the barrier for them: they would wait for ever. A round that
/// was completed stays so: leave when it is yours to leave.
///
/// It belongs to the thread that joined, and keeps the segment mapped even if it is forgotten. In a forked
/// child, the copy of a party does nothing.
///
/// ```compile_fail,E0277
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{Barrier, Place};
/// # let layout = Layout { payload_len: 0, control_len: Barrier::LEN, kind: 0 };
/// # let segment = Segment::anonymous(layout).unwrap();
/// let barrier = Barrier::init(&segment, Place::Control(0), 2).unwrap();
/// let party = barrier.join().unwrap();
/// std::thread::scope(|scope| scope.spawn(|| drop(party)));
/// ```
#[must_use = "a dropped party has left"]
pub struct Party {
    barrier: Barrier,
    seat: usize,
    panicking_before: bool,
    /// The owner of the seat is a thread.
    not_send: PhantomData<*const ()>,
}

/// What a wait at a barrier tells each party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    index: u32,
    is_last: bool,
}

impl Turn {
    /// How many parties came before: 0 for the first, different for each.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// Whether this party was the last to come.
    #[doc(alias = "is_leader")]
    #[must_use]
    pub fn is_last(self) -> bool {
        self.is_last
    }
}

impl Party {
    pub(crate) fn new(barrier: Barrier, seat: usize) -> Self {
        Self {
            barrier,
            seat,
            panicking_before: thread::panicking(),
            not_send: PhantomData,
        }
    }

    /// Waits until all parties have come.
    ///
    /// # Errors
    ///
    /// - [`BarrierError::Broken`] if somebody breaks, or broke, the barrier.
    /// - [`BarrierError::NotAParty`] in a process forked from the one that takes part.
    pub fn wait(&self) -> Result<Turn, BarrierError> {
        self.wait_with(Deadline::Never, || {})
    }

    /// Waits until all parties have come, at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait). When the time is over the barrier breaks, for all, with
    /// [`BreakCause::TimedOut`].
    pub fn wait_timeout(&self, patience: Duration) -> Result<Turn, BarrierError> {
        self.wait_with(Deadline::after(patience), || {})
    }

    /// Waits until all parties have come, at most until `deadline`; the last one to come runs `action` before
    /// any of them goes on.
    ///
    /// The time limit is for the others: the action takes as long as it takes. If it panics, or its
    /// thread dies in it, the barrier breaks.
    ///
    /// # Errors
    ///
    /// As [`wait_timeout`](Self::wait_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// # use multiproc_segment::{Layout, Segment};
    /// # use multiproc_sync::{Barrier, Deadline, Place};
    /// # let layout = Layout { payload_len: 0, control_len: Barrier::LEN, kind: 0 };
    /// # let segment = Segment::anonymous(layout).unwrap();
    /// let barrier = Barrier::init(&segment, Place::Control(0), 1)?;
    /// let party = barrier.join()?;
    /// let mut rounds = 0;
    /// party.wait_with(Deadline::Never, || rounds += 1)?;
    /// assert_eq!(rounds, 1);
    /// # Ok::<(), multiproc_sync::BarrierError>(())
    /// ```
    pub fn wait_with(
        &self,
        deadline: Deadline,
        action: impl FnOnce(),
    ) -> Result<Turn, BarrierError> {
        let met = ThreadList::with(|me| {
            let meeting = self.barrier.meeting();
            meeting.meet(me, self.seat, deadline, action)
        })?;
        let (index, is_last) = met?;
        Ok(Turn { index, is_last })
    }

    /// The barrier.
    #[must_use]
    pub fn barrier(&self) -> &Barrier {
        &self.barrier
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        let cause = if thread::panicking() && !self.panicking_before {
            BreakCause::Panicked
        } else {
            BreakCause::Left
        };
        let meeting = self.barrier.meeting();
        // Without a list of its own this thread cannot take part in anything.
        let _ = ThreadList::with(|me| meeting.leave(me, self.seat, cause));
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party")
            .field("barrier", &self.barrier)
            .field("seat", &self.seat)
            .finish_non_exhaustive()
    }
}
