//! [`AccessTable`]: which process may touch which part of an array now.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::claim::{Claim, TornClaim};
use crate::claim_protocol::{Admission, Refusal, Table};
use crate::claim_rules::Mode;
use crate::deadline::Deadline;
use crate::error::{ClaimError, SyncError};
use crate::holder::Holder;
use crate::place::Place;
use crate::robust_list::{HELD_LIMIT, ThreadList};
use crate::table_words::{SLOTS, TableWords};

/// A range lock in a segment: claims on ranges of `u64`, such as the rows of an array.
///
/// Claims that overlap exclude each other unless both are [`Mode::Read`] or both are [`Mode::Atomic`].
/// Programs need not agree on how they cut the whole: it is the ranges that count. A process that
/// dies, even by SIGKILL, blocks nobody. What it was reading is simply free; what it was writing is
/// free too but *torn*, and the next claim that overlaps it is told so.
///
/// A table has 62 slots, and so at most as many claims at a time; waiting claimants take none.
/// It is not fair: a stream of overlapping readers can keep a writer waiting.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{AccessTable, ClaimError, Mode, Place};
///
/// let layout = Layout { payload_len: 0, control_len: AccessTable::LEN, kind: 0 };
/// let segment = Segment::anonymous(layout)?;
/// let rows = AccessTable::attach(&segment, Place::Control(0))?;
///
/// let upper = rows.claim(Mode::Write, 0..500)?;
/// let lower = rows.claim(Mode::Write, 500..1000)?;
/// assert_eq!(rows.holders().len(), 2);
///
/// // A thread that would wait for itself is told at once.
/// let whole = rows.claim(Mode::Read, 0..1000);
/// assert!(matches!(whole, Err(ClaimError::WouldDeadlock { .. })));
///
/// drop((upper, lower));
/// let whole = rows.claim(Mode::Read, 0..1000)?;
/// # drop(whole);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AccessTable {
    words: Anchored<TableWords>,
}

impl AccessTable {
    /// Bytes that a table takes in the segment.
    pub const LEN: usize = size_of::<TableWords>();

    /// Finds the table at `place`, or makes one there if its bytes are zero, as those of a new segment are.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the [`LEN`](Self::LEN) bytes are not inside the segment, or the
    ///   segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 128.
    /// - [`SyncError::Mismatch`] if there is something else.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<TableWords>::new(segment, place)?;
        words.stamp()?;
        Ok(Self { words })
    }

    /// Claims `range`, waiting as long as conflicting claims are held. An empty range conflicts with
    /// nothing.
    ///
    /// Two threads that wait for each other's claims wait for ever: claim in one order everywhere, or use
    /// [`claim_timeout`](Self::claim_timeout).
    ///
    /// # Errors
    ///
    /// - [`ClaimError::Torn`]: it is claimed, but a writer died in a part of it.
    /// - [`ClaimError::WouldDeadlock`] if this thread holds a conflicting claim itself.
    /// - [`ClaimError::Full`] if all slots have claims or torn ranges.
    /// - [`ClaimError::Refused`] with [`SyncError::TooManyHeld`] if this thread holds 1024 locks and
    ///   claims, or [`SyncError::ForeignPidNamespace`] if it was forked into another pid namespace.
    #[doc(alias = "lockf")]
    #[doc(alias = "fcntl")]
    pub fn claim(&self, mode: Mode, range: Range<u64>) -> Result<Claim, ClaimError> {
        self.claim_until(mode, range, Deadline::Never)
    }

    /// Claims `range` if no conflicting claim is held.
    ///
    /// # Errors
    ///
    /// As [`claim`](Self::claim); [`ClaimError::WouldBlock`], which names a holder in the way; and
    /// [`ClaimError::Stuck`] if a process was stopped in the midst of its own claim.
    pub fn try_claim(&self, mode: Mode, range: Range<u64>) -> Result<Claim, ClaimError> {
        self.claim_until(mode, range, Deadline::Now)
    }

    /// Claims `range`, waiting at most `patience`.
    ///
    /// # Errors
    ///
    /// As [`try_claim`](Self::try_claim), with [`ClaimError::TimedOut`] for [`ClaimError::WouldBlock`].
    pub fn claim_timeout(
        &self,
        mode: Mode,
        range: Range<u64>,
        patience: Duration,
    ) -> Result<Claim, ClaimError> {
        self.claim_until(mode, range, Deadline::after(patience))
    }

    /// Claims `range`, waiting at most until `deadline`.
    ///
    /// # Errors
    ///
    /// As [`claim_timeout`](Self::claim_timeout), or [`try_claim`](Self::try_claim) for
    /// [`Deadline::Now`].
    pub fn claim_until(
        &self,
        mode: Mode,
        range: Range<u64>,
        deadline: Deadline,
    ) -> Result<Claim, ClaimError> {
        let admission = if range.is_empty() {
            None
        } else {
            let admitted = ThreadList::with(|me| -> Result<Admission, ClaimError> {
                self.words.check_namespace(me)?;
                me.watch_end()?;
                let admission = self
                    .table()
                    .claim(me, mode, &range, deadline)
                    .map_err(|refusal| claim_error(refusal, deadline))?;
                // Views of what is claimed may be anywhere in this process if the claim is forgotten.
                self.table().slots[admission.slot].owner.keep(me);
                Ok(admission)
            });
            Some(admitted.map_err(ClaimError::Refused)??)
        };
        let (claim, torn) = Claim::new(self.clone(), mode, range, admission);
        TornClaim::new(claim, torn).map_err(ClaimError::Torn)
    }

    /// Every claim that is held now, in no particular order. Those of the dead are left out.
    #[must_use]
    pub fn holders(&self) -> Vec<Holder> {
        self.table().holders()
    }

    /// Every torn range that nobody has repaired yet, in no particular order; they may overlap.
    #[must_use]
    pub fn torn(&self) -> Vec<Range<u64>> {
        self.table().torn()
    }

    /// Whether one claim of this thread has all of `range` and allows what `mode` would; for an empty
    /// range none is needed.
    #[must_use]
    pub fn held_by_this_thread(&self, range: Range<u64>, mode: Mode) -> bool {
        if range.is_empty() {
            return true;
        }
        let Ok(tid) = ThreadList::with(ThreadList::tid) else {
            return false;
        };
        self.holders().iter().any(|holder| {
            holder.tid == tid
                && holder.mode.allows(mode)
                && holder.range.start <= range.start
                && range.end <= holder.range.end
        })
    }

    /// The segment that the table is in.
    #[must_use]
    pub fn segment(&self) -> &Segment {
        self.words.segment()
    }

    pub(crate) fn table(&self) -> Table<'_> {
        self.words.table()
    }
}

fn claim_error(refusal: Refusal, deadline: Deadline) -> ClaimError {
    match refusal {
        Refusal::Held(holder) if deadline == Deadline::Now => ClaimError::WouldBlock { holder },
        Refusal::Held(holder) => ClaimError::TimedOut { holder },
        Refusal::Deadlock(held) => ClaimError::WouldDeadlock { held },
        Refusal::Full(holders) => ClaimError::Full { holders },
        Refusal::Stuck { holder } => ClaimError::Stuck { holder },
        Refusal::TooManyHeld => ClaimError::Refused(SyncError::TooManyHeld { limit: HELD_LIMIT }),
    }
}

impl fmt::Debug for AccessTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTable")
            .field("segment", &self.segment().id())
            .field("slots", &SLOTS)
            .field("holders", &self.holders())
            .finish_non_exhaustive()
    }
}
