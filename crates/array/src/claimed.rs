//! [`Claimed`]: rows of an array, held in its access table, and what a dead writer left of them.

use std::ops::Range;

use multiproc_segment::SegmentError;
use multiproc_sync::{AccessTable, Claim, ClaimError, Deadline, Mode, TornClaim};

use crate::ArrayError;
use crate::layout::{Grid, Placement};

/// Rows of an array, held in its access table until this is dropped.
///
/// # Invariants
///
/// The claim covers every row of the grid that holds an element of the placement it was made for.
/// One without a claim is [lent](Claimed::lend) by one that has it, and does not outlive that.
#[derive(Debug)]
pub struct Claimed {
    table: AccessTable,
    grid: Grid,
    /// The claim, if rows of it are torn; else it is in `whole`.
    torn: Option<Box<TornClaim>>,
    whole: Option<Claim>,
}

impl Claimed {
    /// Claims the rows in which `placement` has elements.
    pub(crate) fn new(
        table: &AccessTable,
        mode: Mode,
        placement: &Placement,
        deadline: Deadline,
    ) -> Result<Claimed, ArrayError> {
        let rows = placement.rows();
        let claim = table.claim_until(mode, rows.start as u64..rows.end as u64, deadline);
        let (torn, whole) = match claim {
            Ok(whole) => (None, Some(whole)),
            Err(ClaimError::Torn(torn)) => (Some(Box::new(torn)), None),
            Err(ClaimError::WouldBlock { holder }) => {
                return Err(ArrayError::WouldBlock { holder });
            }
            Err(ClaimError::TimedOut { holder }) => return Err(ArrayError::TimedOut { holder }),
            Err(ClaimError::WouldDeadlock { held }) => {
                return Err(ArrayError::WouldDeadlock { held });
            }
            Err(ClaimError::Full { holders }) => return Err(ArrayError::TableFull { holders }),
            Err(ClaimError::Stuck { holder }) => return Err(ArrayError::Stuck { holder }),
            Err(ClaimError::Refused(error)) => return Err(ArrayError::Sync(error)),
        };
        Ok(Claimed {
            table: table.clone(),
            grid: *placement.grid(),
            torn,
            whole,
        })
    }

    /// The rows in which a writer died or panicked, ascending, none next to another.
    pub(crate) fn torn_rows(&self) -> Vec<Range<usize>> {
        let torn = self.torn.as_ref().map_or(&[][..], |claim| claim.torn());
        let mut rows: Vec<Range<usize>> = torn
            .iter()
            .map(|torn| torn.start as usize..torn.end as usize)
            .collect();
        rows.sort_by_key(|range| range.start);
        rows.dedup_by(|next, range| {
            let touches = next.start <= range.end;
            if touches {
                range.end = range.end.max(next.end);
            }
            touches
        });
        rows
    }

    /// Some of these rows for somebody else, who lets go of them before this does.
    pub(crate) fn lend(&self) -> Claimed {
        Claimed {
            table: self.table.clone(),
            grid: self.grid,
            torn: None,
            whole: None,
        }
    }

    pub(crate) fn mark_consistent(&mut self) {
        if let Some(torn) = self.torn.take() {
            self.whole = Some(torn.mark_consistent());
        }
    }

    /// Sets every byte of the torn rows to zero.
    pub(crate) fn zero_torn_rows(&self) -> Result<(), SegmentError> {
        let payload = self.table.segment().payload();
        self.torn_rows()
            .into_iter()
            .flat_map(|rows| self.grid.row_bytes(rows))
            .try_for_each(|(offset, len)| payload.fill(offset, len, 0))
    }
}
