//! [`fill_parallel`]: one shared array, filled by a pool with the numbers of one sequential call.

use multiproc_array::{AccessError, Element, SharedArray};
use multiproc_rng::{AnySource, FillMethod, FillPlan, FillValue, FillWorker};
use multiproc_shared_rng::Source;
use ndarray::{Dimension, IxDyn};

use crate::error::PoolError;
use crate::failed::Failed;
use crate::fill_starts::FillStarts;
use crate::pool::Pool;

/// Fills `array`, which is in C order, by `method` with the workers of `pool`: exactly the numbers that `rng`
/// alone would have filled it with, for any number of workers, whoever is killed meanwhile. `rng` is left
/// exactly as the sequential call would have left it.
///
/// # Errors
///
/// [`Failed`], with `rng` as it was and the array filled in part:
///
/// - [`PoolError::Rng`] if the generator cannot seek, or has no such method.
/// - [`PoolError::NotInCOrder`] if the array's elements do not lie in that order.
/// - What the items, parts of some half a mebibyte, failed of: a worker that died four times in one, for
///   instance.
///
/// # Examples
///
/// ```
/// use multiproc_array::SharedArray;
/// use multiproc_pool::{Pool, fill_parallel};
/// use multiproc_rng::{FillMethod, default_rng};
/// use ndarray::Ix2;
///
/// let pool = Pool::builder().processes(2).build()?;
/// let array = SharedArray::<f64, Ix2>::zeros((1000, 300))?;
/// let mut rng = default_rng(42);
/// fill_parallel(&pool, FillMethod::standard_normal(), &mut rng, &array)?;
///
/// // rng = numpy.random.default_rng(42); a = rng.standard_normal((1000, 300))
/// let mut alone = default_rng(42);
/// let mut expected = vec![0.0; 300_000];
/// alone.fill_standard_normal(&mut expected);
/// assert_eq!(array.read().expect("a whole array").as_slice(), Some(&expected[..]));
/// assert_eq!(rng.random(), alone.random());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "standard_normal")]
pub fn fill_parallel<E: FillElement, D: Dimension + 'static, S: Source>(
    pool: &Pool,
    method: FillMethod<E::Value>,
    rng: &mut S,
    array: &SharedArray<E, D>,
) -> Result<(), Failed<()>> {
    let n: usize = array.shape().iter().product();
    let plan = FillPlan::new(method, rng.clone(), n as u64)
        .map_err(|error| Failed::before_start(PoolError::Rng(error)))?;
    if array.shape().is_empty() || !is_in_c_order(array.shape(), &array.handle().strides) {
        let strides = array.handle().strides;
        return Err(Failed::before_start(PoolError::NotInCOrder {
            shape: array.shape().to_vec(),
            strides,
        }));
    }
    let starts = FillStarts::<E>::new(&plan)
        .map_err(|error| Failed::before_start(PoolError::Segment(error)))?;
    let ends = E::fill_parts(pool, plan.n_parts(), array, &starts)?;
    let last = ends.into_iter().flatten().next_back();
    let last = last.and_then(|words| AnySource::from_words(words).ok());
    let after = last.and_then(|source| S::try_from(source).ok());
    *rng = after.ok_or_else(|| {
        Failed::before_start(PoolError::Corrupt {
            what: "no part of a fill ended with a state of its generator",
        })
    })?;
    Ok(())
}

fn is_in_c_order(shape: &[usize], strides: &[isize]) -> bool {
    let mut expected = 1;
    let axes = shape.iter().zip(strides).rev();
    shape.contains(&0)
        || axes.into_iter().all(|(&len, &stride)| {
            let fits = len == 1 || stride == expected;
            expected *= len as isize;
            fits
        })
}

/// The elements of arrays that can be filled at random: `f64`, `f32`, the integers and
/// [`Bool`](multiproc_array::Bool).
pub trait FillElement: Element {
    /// What is drawn for an element: the element itself, or `bool` for
    /// [`Bool`](multiproc_array::Bool).
    type Value: FillValue;

    /// Has a pool fill the parts of an array.
    #[doc(hidden)]
    fn fill_parts<D: Dimension + 'static>(
        pool: &Pool,
        n_parts: u64,
        array: &SharedArray<Self, D>,
        starts: &FillStarts<Self>,
    ) -> Result<Vec<Option<Vec<u64>>>, Failed<()>>;

    /// Writes a part that was placed.
    #[doc(hidden)]
    fn write(worker: &mut FillWorker<Self::Value>, out: &mut [Self]) -> Option<AnySource>;
}

/// Fills one part: an item of the pool's job. The words of the last state come with the last values.
pub(crate) fn fill_part<E: FillElement>(
    array: &SharedArray<E, IxDyn>,
    starts: &FillStarts<E>,
    part: u64,
) -> Result<Option<Vec<u64>>, String> {
    let mut worker = starts.worker().borrow_mut();
    worker.parse(part);
    let placed = worker.place(starts.wait(part));
    starts.publish(placed.next);
    let range = placed.range.start as usize..placed.range.end as usize;
    let row_len = array.shape()[1..].iter().product::<usize>().max(1);
    let rows = range.start / row_len..range.end.div_ceil(row_len);
    let mut rows_held = match array.part(rows.clone()) {
        Ok(held) => held,
        // A worker died in them, whose own values are written again with its item.
        Err(AccessError::Torn(torn)) => torn.mark_consistent(),
        Err(AccessError::Refused(error)) => return Err(error.to_string()),
    };
    let values = range.start - rows.start * row_len..range.end - rows.start * row_len;
    let elements = rows_held.as_slice_mut().and_then(|all| all.get_mut(values));
    let elements = elements.ok_or("the array is not the one that the job was made for")?;
    Ok(E::write(&mut worker, elements).map(|last| last.to_words()))
}
