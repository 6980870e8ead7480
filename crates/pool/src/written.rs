//! [`WrittenArray`]: the array that a job writes in place, in a worker: claimed chunk by chunk, handed out item by item.

use std::ops::Range;

use bytemuck::Zeroable;
use multiproc_array::{AccessError, ArrayHandle, Element, PartMut, SharedArray};
use multiproc_segment::{Bytes, Segment, SegmentError};
use ndarray::{ArrayRef, Dimension, RemoveAxis};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::task::PartTask;
use crate::work::Work;

/// The array that a job writes in place, as a worker is told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// The array's encoded handle.
    pub(crate) handle: Vec<u8>,
    pub(crate) n_rows: usize,
    /// The bytes of a row's elements.
    pub(crate) row_len: usize,
    /// At least 1.
    pub(crate) rows_per_item: usize,
    pub(crate) keep: Keep,
}

/// What a part of the array holds if its task fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keep {
    /// Zeros: the part is output only.
    Zeros,
    /// Whatever the task left there.
    Remains,
    /// What it held before.
    Snapshot,
}

impl Written {
    pub(crate) fn n_items(&self) -> usize {
        self.n_rows.div_ceil(self.rows_per_item)
    }

    /// Returns the rows of a run of items.
    pub(crate) fn rows(&self, items: Range<usize>) -> Range<usize> {
        let edge = |item: usize| item.saturating_mul(self.rows_per_item).min(self.n_rows);
        edge(items.start)..edge(items.end)
    }

    pub(crate) fn rows_of(&self, item: usize) -> Range<usize> {
        self.rows(item..item + 1)
    }

    /// Returns the bytes of an item's elements.
    pub(crate) fn part_len(&self, item: usize) -> usize {
        self.rows_of(item).len() * self.row_len
    }
}

/// The array that a job writes in place, in a worker or in the thread of a serial pool.
pub(crate) struct WrittenArray {
    segment: Segment,
    written: Written,
}

impl WrittenArray {
    pub(crate) fn new(segment: Segment, written: Written) -> WrittenArray {
        WrittenArray { segment, written }
    }

    fn attach<T: Element, D: Dimension>(&self) -> Result<SharedArray<T, D>, Fault> {
        let unattached = |error: multiproc_array::ArrayError| Fault::Unattached {
            parameter: "part".to_owned(),
            message: error.to_string(),
        };
        let handle = ArrayHandle::from_bytes(&self.written.handle).map_err(unattached)?;
        SharedArray::attach(self.segment.clone(), &handle).map_err(unattached)
    }

    /// Claims rows; `None` if they are torn and must not be written before they are repaired.
    fn claim<'a, T: Element, D: RemoveAxis>(
        &self,
        array: &'a SharedArray<T, D>,
        rows: Range<usize>,
    ) -> Result<Option<PartMut<'a, T, D>>, Fault> {
        match array.part(rows) {
            Ok(part) => Ok(Some(part)),
            // What a dead writer left there is about to be written anew.
            Err(AccessError::Torn(torn)) if self.written.keep == Keep::Zeros => {
                Ok(Some(torn.mark_consistent()))
            }
            Err(AccessError::Torn(_)) => Ok(None),
            Err(AccessError::Refused(error)) => Err(Fault::Unclaimed {
                message: error.to_string(),
            }),
        }
    }
}

/// Runs a task over parts of the array until the round has no items left.
pub(crate) fn run_parts<T: PartTask>(work: &mut Work<'_>, array: &WrittenArray) {
    let attached = array.attach::<T::Element, T::Dim>();
    work.each_run(|work, run| {
        // Noted before it is claimed: a claim that a dead worker left is always found.
        work.line().hold(run.clone());
        let rows = array.written.rows(run.clone());
        let claimed = attached.as_ref().map_err(Clone::clone);
        match claimed.and_then(|attached| array.claim(attached, rows)) {
            Ok(Some(mut part)) => {
                run.for_each(|item| run_part::<T>(work, &array.written, &mut part, item))
            }
            // If it was a worker of this job that died there, its parent repairs them before the next round, in
            // which these items come again; if not, the parent gives them up when nothing else is left.
            Ok(None) => {}
            Err(fault) => run.for_each(|item| {
                work.begin(item);
                work.finish(item, Err(fault.clone()));
            }),
        }
        work.line().release();
    });
}

/// Runs a task over the rows of one item, which lie in the claimed `part`.
fn run_part<T: PartTask>(
    work: &mut Work<'_>,
    written: &Written,
    part: &mut PartMut<'_, T::Element, T::Dim>,
    item: usize,
) {
    let rows = written.rows_of(item);
    let mut part = part
        .part(rows)
        .expect("a run's part has all rows of its items");
    work.begin(item);
    let board = work.board;
    let scratch = board.scratch(work.slot);
    if written.keep == Keep::Snapshot {
        save(&part, scratch).expect("a part fits the scratch area");
        work.line().saved(item);
    }
    let outcome = work.attempt(item, |_, call| T::call(call, &mut part));
    if outcome.is_err() {
        match written.keep {
            Keep::Zeros => part.fill(T::Element::zeroed()),
            Keep::Remains => {}
            Keep::Snapshot => {
                let mut copy = vec![0; written.part_len(item)];
                scratch
                    .read(0, &mut copy)
                    .expect("a part fits the scratch area");
                restore(&mut part, &copy);
            }
        }
    }
    work.finish(item, outcome);
}

/// Copies elements, in logical order, to shared memory.
fn save<T: Element, D: Dimension>(
    elements: &ArrayRef<T, D>,
    scratch: Bytes<'_>,
) -> Result<(), SegmentError> {
    match elements.as_slice() {
        Some(elements) => scratch.write(0, bytemuck::cast_slice(elements)),
        None => {
            let elements: Vec<T> = elements.iter().copied().collect();
            scratch.write(0, bytemuck::cast_slice(&elements))
        }
    }
}

/// Sets elements, in logical order, to those of which `copy` has the bytes.
pub(crate) fn restore<T: Element, D: Dimension>(elements: &mut ArrayRef<T, D>, copy: &[u8]) {
    for (element, saved) in elements.iter_mut().zip(copy.chunks_exact(size_of::<T>())) {
        *element = bytemuck::pod_read_unaligned(saved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_cover_the_rows_and_the_last_may_be_shorter() {
        let written = Written {
            handle: Vec::new(),
            n_rows: 7,
            row_len: 8,
            rows_per_item: 3,
            keep: Keep::Zeros,
        };
        assert_eq!(written.n_items(), 3);
        assert_eq!(written.rows(0..2), 0..6);
        assert_eq!(written.rows_of(2), 6..7);
        assert_eq!((written.part_len(0), written.part_len(2)), (24, 8));
    }
}
