//! [`Claim`] and [`TornClaim`]: a range of an access table, held.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::thread;

use crate::access_table::AccessTable;
use crate::claim_protocol::Admission;
use crate::claim_rules::Mode;
use crate::robust_list::ThreadList;

/// A range held in an [`AccessTable`]; dropping it releases the range.
///
/// It belongs to the thread that claimed. One that is forgotten keeps the segment mapped, and is held until the
/// process ends, beyond its thread: views of the range may be anywhere in the process. In a forked
/// child, the copy of a claim does nothing. A write claim dropped by a panic leaves its
/// range torn, as its holder's death would.
///
/// ```compile_fail,E0277
/// # use multiproc_segment::{Layout, Segment};
/// # use multiproc_sync::{AccessTable, Mode, Place};
/// # let layout = Layout { payload_len: 0, control_len: AccessTable::LEN, kind: 0 };
/// # let segment = Segment::anonymous(layout).unwrap();
/// let table = AccessTable::attach(&segment, Place::Control(0)).unwrap();
/// let claim = table.claim(Mode::Read, 0..10).unwrap();
/// std::thread::scope(|scope| scope.spawn(|| drop(claim)));
/// ```
#[must_use = "a dropped claim is released at once"]
pub struct Claim {
    table: AccessTable,
    /// `None` for an empty range, which is in nobody's way and takes no slot.
    slot: Option<usize>,
    mode: Mode,
    range: Range<u64>,
    panicking_before: bool,
    /// The owner of the slot is a thread.
    not_send: PhantomData<*const ()>,
}

impl Claim {
    pub(crate) fn new(
        table: AccessTable,
        mode: Mode,
        range: Range<u64>,
        admission: Option<Admission>,
    ) -> (Self, Vec<Range<u64>>) {
        let (slot, torn) = match admission {
            Some(admission) => (Some(admission.slot), admission.torn),
            None => (None, Vec::new()),
        };
        let claim = Self {
            table,
            slot,
            mode,
            range,
            panicking_before: thread::panicking(),
            not_send: PhantomData,
        };
        (claim, torn)
    }

    /// How the range is held.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The range held.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    fn mark_consistent(&self) {
        if let Some(slot) = self.slot {
            let table = self.table.table();
            // Without a list of its own this thread cannot hold anything.
            let _ = ThreadList::with(|me| table.mark_consistent(me, slot, &self.range));
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(slot) = self.slot else { return };
        let torn = self.mode == Mode::Write && thread::panicking() && !self.panicking_before;
        let table = self.table.table();
        // Without a list of its own this thread cannot hold anything.
        let _ = ThreadList::with(|me| {
            if torn {
                table.release_torn(me, slot)
            } else {
                table.release(me, slot)
            }
        });
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("mode", &self.mode)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// A range held in an [`AccessTable`], in parts of which a writer died or panicked.
///
/// Repair those parts and call [`mark_consistent`](Self::mark_consistent). Dropped without that, the parts
/// stay torn for the next claim that overlaps them.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{AccessTable, ClaimError, Mode, Place};
///
/// let layout = Layout { payload_len: 0, control_len: AccessTable::LEN, kind: 0 };
/// let segment = Segment::anonymous(layout)?;
/// let table = AccessTable::attach(&segment, Place::Control(0))?;
///
/// let writer = {
///     let table = table.clone();
///     std::thread::spawn(move || {
///         let _claim = table.claim(Mode::Write, 10..20).unwrap();
///         std::panic::resume_unwind(Box::new("half-way"));
///     })
/// };
/// assert!(writer.join().is_err());
///
/// let claim = match table.claim(Mode::Write, 0..15) {
///     Err(ClaimError::Torn(claim)) => {
///         assert_eq!(claim.torn(), [10..15]);
///         claim.mark_consistent()
///     }
///     other => panic!("{other:?}"),
/// };
/// drop(claim);
/// assert_eq!(table.torn(), [15..20]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a dropped claim is released at once"]
#[derive(Debug)]
pub struct TornClaim {
    claim: Claim,
    torn: Vec<Range<u64>>,
}

impl TornClaim {
    /// Keeps `claim` together with what was torn in it, or gives it back if nothing was.
    pub(crate) fn new(claim: Claim, torn: Vec<Range<u64>>) -> Result<Claim, Self> {
        if torn.is_empty() {
            Ok(claim)
        } else {
            Err(Self { claim, torn })
        }
    }

    /// The torn parts of the range, in no particular order; they may overlap.
    #[must_use]
    pub fn torn(&self) -> &[Range<u64>] {
        &self.torn
    }

    /// How the range is held.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.claim.mode()
    }

    /// The range held.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.claim.range()
    }

    /// Says that all of the range is whole again, and keeps it as an ordinary claim.
    ///
    /// What is torn beyond the range stays so. If the range lies inside a torn one and the table has no
    /// free slot to note that in two pieces, the torn range stays as it was: later claims
    /// are told too much rather than too little.
    pub fn mark_consistent(self) -> Claim {
        self.claim.mark_consistent();
        self.claim
    }
}
