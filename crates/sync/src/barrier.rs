//! [`Barrier`]: a place in a segment where parties wait for each other.

use std::fmt;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
pub use crate::barrier_error::BarrierError;
use crate::barrier_protocol::Meeting;
pub use crate::barrier_protocol::Recovery;
use crate::barrier_words::BarrierWords;
pub use crate::barrier_words::PARTIES;
pub use crate::broken::{BreakCause, Broken};
use crate::error::SyncError;
pub use crate::party::{Party, Turn};
use crate::place::Place;
use crate::robust_list::{HELD_LIMIT, ThreadList};

/// Where a fixed number of parties, threads of any processes, wait until all of them have come.
///
/// A thread takes part from [`join`](Self::join) until it drops the [`Party`], so that the barrier knows whom
/// it waits for. When a party dies, even by SIGKILL, before it arrived or after, all the others
/// get [`BarrierError::Broken`], which names it, those who wait now and those who come later; so do they when a
/// party leaves, panics, aborts, or waits longer than it wanted to. A party that is merely stopped
/// is waited for.
///
/// A broken barrier stays broken until somebody [`reset`](Self::reset)s it, or the parties
/// [`recover`](Self::recover), with all or with those who are left. Only when all parties have left, and none is
/// dead, does whoever joins next find it whole.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Barrier, Place};
///
/// let layout = Layout { payload_len: 0, control_len: Barrier::LEN, kind: 0 };
/// let segment = Segment::anonymous(layout)?;
/// let barrier = Barrier::init(&segment, Place::Control(0), 2)?;
///
/// std::thread::scope(|scope| {
///     let other = scope.spawn(|| barrier.join()?.wait());
///     let turn = barrier.join()?.wait()?;
///     let others = other.join().expect("no panic")?;
///     assert_eq!(turn.index() + others.index(), 0 + 1);
///     assert!(turn.is_last() != others.is_last());
///     Ok::<(), multiproc_sync::BarrierError>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "pthread_barrier_t")]
#[derive(Clone)]
pub struct Barrier {
    words: Anchored<BarrierWords>,
    /// How many parties it was made for, as read once: a seat's index stays one.
    n_seats: u32,
}

impl Barrier {
    /// Bytes that a barrier takes in the segment.
    pub const LEN: usize = size_of::<BarrierWords>();

    /// Makes the [`LEN`](Self::LEN) bytes at `place` a barrier of `parties` parties, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`BarrierError::Parties`] unless `parties` is 1 to 126.
    /// - [`BarrierError::Refused`] with [`SyncError::Segment`] if the place is not inside the segment or the
    ///   segment is read-only, [`SyncError::Misaligned`] if the offset is no multiple of 128,
    ///   [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace, and
    ///   [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn init(segment: &Segment, place: Place, parties: u32) -> Result<Self, BarrierError> {
        check_parties(parties, PARTIES as u32)?;
        let words = Anchored::<BarrierWords>::new(segment, place)?;
        words.format(parties);
        Ok(Self {
            words,
            n_seats: parties,
        })
    }

    /// Finds the barrier that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// The [`SyncError`]s of [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<BarrierWords>::new(segment, place)?;
        words.expect()?;
        let n_seats = words.n_seats();
        Ok(Self { words, n_seats })
    }

    /// Takes part, from now until the party is dropped.
    ///
    /// # Errors
    ///
    /// - [`BarrierError::Full`] if as many take part as the barrier takes, or [`BarrierError::Broken`] if some
    ///   of them are dead.
    /// - [`BarrierError::TakesPart`] if this thread takes part.
    /// - [`BarrierError::Refused`] with [`SyncError::TooManyHeld`] if this thread holds 1024 locks and
    ///   claims, or [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    pub fn join(&self) -> Result<Party, BarrierError> {
        let seat = ThreadList::with(|me| {
            self.words.check_namespace(me)?;
            if me.is_full() {
                let limit = HELD_LIMIT;
                return Err(BarrierError::Refused(SyncError::TooManyHeld { limit }));
            }
            Ok(self.meeting().join(me)?)
        })??;
        Ok(Party::new(self.clone(), seat))
    }

    /// How many parties must come.
    #[must_use]
    pub fn parties(&self) -> u32 {
        self.meeting().parties()
    }

    /// How many parties have come and wait for the others.
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.meeting().n_waiting()
    }

    /// How the barrier is broken, if it is and somebody has noticed.
    #[must_use]
    pub fn broken(&self) -> Option<Broken> {
        self.meeting().broken()
    }

    /// Breaks the barrier, for those who wait and those who come later.
    ///
    /// # Errors
    ///
    /// [`BarrierError::Stuck`] or [`BarrierError::Refused`].
    pub fn abort(&self) -> Result<(), BarrierError> {
        self.settled(|me| self.meeting().abort(me, BreakCause::Aborted))
    }

    /// Makes the barrier whole again, for as many parties as before. The seats of the dead are for others to
    /// join. Those who wait get [`BarrierError::Broken`].
    ///
    /// # Errors
    ///
    /// [`BarrierError::Stuck`] or [`BarrierError::Refused`].
    pub fn reset(&self) -> Result<(), BarrierError> {
        self.settled(|me| self.meeting().reset(me, None))
    }

    /// Like [`reset`](Self::reset), from now on for `parties` parties.
    ///
    /// # Errors
    ///
    /// As [`reset`](Self::reset), and [`BarrierError::Parties`] unless `parties` is at least 1 and at most what
    /// the barrier was made for.
    pub fn reset_to(&self, parties: u32) -> Result<(), BarrierError> {
        check_parties(parties, self.n_seats)?;
        self.settled(|me| self.meeting().reset(me, Some(parties)))
    }

    /// Makes the barrier whole after the break `broken`; does nothing if somebody has done so before, so that
    /// all who got the same [`Broken`] may call it.
    ///
    /// # Errors
    ///
    /// [`BarrierError::Stuck`] or [`BarrierError::Refused`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use multiproc_segment::{Layout, Segment};
    /// # use multiproc_sync::{Barrier, BarrierError, BreakCause, Place, Recovery};
    /// # let layout = Layout { payload_len: 0, control_len: Barrier::LEN, kind: 0 };
    /// # let segment = Segment::anonymous(layout).unwrap();
    /// let barrier = Barrier::init(&segment, Place::Control(0), 2)?;
    /// let party = barrier.join()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         // A thread that ends without leaving is a party that died.
    ///         std::mem::forget(barrier.join());
    ///     });
    /// });
    /// let Err(BarrierError::Broken(broken)) = party.wait() else { panic!() };
    /// assert_eq!(broken.cause, BreakCause::Died);
    /// barrier.recover(&broken, Recovery::GoOnWithout)?;
    /// assert!(party.wait()?.is_last());
    /// # Ok::<(), BarrierError>(())
    /// ```
    pub fn recover(&self, broken: &Broken, recovery: Recovery) -> Result<(), BarrierError> {
        self.settled(|me| self.meeting().recover(me, broken.event, recovery))
    }

    pub(crate) fn meeting(&self) -> Meeting<'_> {
        self.words.meeting(self.n_seats)
    }

    fn settled(
        &self,
        change: impl FnOnce(&ThreadList) -> Result<(), u32>,
    ) -> Result<(), BarrierError> {
        ThreadList::with(|me| {
            self.words.check_namespace(me)?;
            change(me).map_err(|holder| BarrierError::Stuck { holder })
        })?
    }
}

fn check_parties(asked: u32, limit: u32) -> Result<(), BarrierError> {
    if (1..=limit).contains(&asked) {
        Ok(())
    } else {
        Err(BarrierError::Parties { asked, limit })
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("segment", &self.words.segment().id())
            .field("parties", &self.parties())
            .field("n_waiting", &self.n_waiting())
            .field("broken", &self.broken())
            .finish_non_exhaustive()
    }
}
