//! [`Target`]: the array that a job writes in place, at the job's parent.

use std::ops::Range;

use bytemuck::Zeroable;
use multiproc_array::{AccessError, ArrayError, PartMut, SharedArray};
use multiproc_segment::Segment;
use multiproc_sync::AccessTable;
use rustix::thread::gettid;

use crate::error::PoolError;
use crate::task::PartTask;
use crate::task_error::TaskError;
use crate::written::{Keep, Written, restore};

/// The array that a job writes in place, at the job's parent.
pub(crate) struct Target {
    pub(crate) segment: Segment,
    pub(crate) written: Written,
    pub(crate) table: AccessTable,
    /// Whether the thread that runs the job holds a guard that its workers would wait for.
    pub(crate) held_by_caller: bool,
    /// Makes rows whole that a dead worker held, and says so in the array's access table.
    pub(crate) mend: Box<dyn Fn(Range<usize>, Mend) -> Result<(), PoolError> + Send + Sync>,
}

/// How rows are made whole.
#[derive(Debug)]
pub(crate) enum Mend {
    /// They are.
    Nothing,
    Zeros,
    /// Of these bytes.
    Copy(Vec<u8>),
}

impl Target {
    /// The failure of an item that no worker would run, because its rows are torn.
    pub(crate) fn found_torn(&self, item: usize) -> TaskError {
        let rows = self.table.torn().into_iter();
        TaskError::FoundTorn {
            item,
            rows: rows.map(|r| r.start as usize..r.end as usize).collect(),
        }
    }
}

/// Describes `array` as the target of the task `T`.
pub(crate) fn of<T: PartTask>(
    array: &SharedArray<T::Element, T::Dim>,
    rows_per_item: usize,
    keep: Keep,
) -> Result<Target, PoolError> {
    let shape = array.shape();
    let [n_rows, row_shape @ ..] = shape else {
        return Err(PoolError::NoRows {
            task: T::entry().name,
        });
    };
    let written = Written {
        handle: array.handle().to_bytes(),
        n_rows: *n_rows,
        row_len: row_shape.iter().product::<usize>() * size_of::<T::Element>(),
        rows_per_item,
        keep,
    };
    Ok(Target {
        segment: array.segment().clone(),
        written,
        table: array.access_table().clone(),
        held_by_caller: would_wait_for_caller(array.try_write(), array.access_table()),
        mend: Box::new({
            let array = array.clone();
            move |rows, mend| mend_rows::<T>(&array, rows, &mend)
        }),
    })
}

/// Tells whether a worker that asks for what was `asked` for here would wait for this very thread.
pub(crate) fn would_wait_for_caller<G>(
    asked: Result<G, AccessError<G>>,
    table: &AccessTable,
) -> bool {
    match asked {
        Err(AccessError::Refused(ArrayError::WouldDeadlock { .. })) => true,
        // Somebody else is in the way; so may this thread be.
        Err(AccessError::Refused(ArrayError::WouldBlock { .. })) => {
            let me = gettid().as_raw_nonzero().get();
            table
                .holders()
                .iter()
                .any(|holder| i64::from(holder.tid) == i64::from(me))
        }
        Ok(_) | Err(_) => false,
    }
}

fn mend_rows<T: PartTask>(
    array: &SharedArray<T::Element, T::Dim>,
    rows: Range<usize>,
    mend: &Mend,
) -> Result<(), PoolError> {
    let repair = |part: &mut PartMut<'_, T::Element, T::Dim>| match mend {
        Mend::Nothing => {}
        Mend::Zeros => part.fill(T::Element::zeroed()),
        Mend::Copy(copy) => restore(part, copy),
    };
    match array.part(rows) {
        Ok(mut part) => repair(&mut part),
        Err(AccessError::Torn(mut torn)) => {
            repair(torn.guard_mut());
            drop(torn.mark_consistent());
        }
        Err(AccessError::Refused(error)) => return Err(error.into()),
    }
    Ok(())
}
