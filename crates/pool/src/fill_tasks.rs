//! The tasks of [`fill_parallel`](crate::fill_parallel()), one for each type of elements.
#![expect(
    unsafe_code,
    reason = "a task is registered in a section of the program that the linker gathers"
)]

use multiproc_array::{Bool, SharedArray};
use multiproc_macros::task;
use multiproc_rng::{AnySource, FillWorker};
use ndarray::{Dimension, IxDyn};

use crate::failed::Failed;
use crate::fill_parallel::{FillElement, fill_part};
use crate::fill_starts::FillStarts;
use crate::pool::Pool;

/// How often a part is begun again whose worker died.
const RETRIES: u32 = 3;

macro_rules! impl_fill_element {
    ($($task:ident $element:ident $value:ident $write:expr;)*) => {$(
        #[task(crate = crate)]
        fn $task(
            array: &SharedArray<$element, IxDyn>,
            starts: &FillStarts<$element>,
            part: u64,
        ) -> Result<Option<Vec<u64>>, String> {
            fill_part(array, starts, part)
        }

        impl FillElement for $element {
            type Value = $value;

            fn fill_parts<D: Dimension + 'static>(
                pool: &Pool,
                n_parts: u64,
                array: &SharedArray<$element, D>,
                starts: &FillStarts<$element>,
            ) -> Result<Vec<Option<Vec<u64>>>, Failed<()>> {
                let job = pool.map($task, 0..n_parts).arg(array).arg(starts);
                // One by one: a part waits for the one before it.
                let job = job.chunk(1).retries(RETRIES);
                job.run().map_err(|failed| failed.without_results())
            }

            fn write(worker: &mut FillWorker<$value>, out: &mut [$element]) -> Option<AnySource> {
                $write(worker, out)
            }
        }
    )*};
}

impl_fill_element! {
    fill_f64 f64 f64 FillWorker::write;
    fill_f32 f32 f32 FillWorker::write;
    fill_u8 u8 u8 FillWorker::write;
    fill_i8 i8 i8 FillWorker::write;
    fill_u16 u16 u16 FillWorker::write;
    fill_i16 i16 i16 FillWorker::write;
    fill_u32 u32 u32 FillWorker::write;
    fill_i32 i32 i32 FillWorker::write;
    fill_u64 u64 u64 FillWorker::write;
    fill_i64 i64 i64 FillWorker::write;
    fill_bool Bool bool write_bools;
}

fn write_bools(worker: &mut FillWorker<bool>, out: &mut [Bool]) -> Option<AnySource> {
    let mut bools = vec![false; out.len()];
    let last = worker.write(&mut bools);
    for (element, value) in out.iter_mut().zip(bools) {
        *element = value.into();
    }
    last
}
