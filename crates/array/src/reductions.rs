//! Sums, means, deviations and extremes with the very bits of NumPy's.
//!
//! Floating-point addition is not associative, so that a sum depends on the order of its additions.
//! These functions add in NumPy 2.4's order, and what NumPy computes from a sum they compute as it
//! does: a program that moves from Python finds its numbers again, to the last bit.
//!
//! [`sum`], [`mean`], [`var`], [`std()`], [`min`], [`max`] and [`cumsum`] take slices. [`NumpyReduce`]
//! does the same for `ndarray` arrays and views of any layout, [`NumpyReduceAxis`] along one of
//! their axes. [`sum_of`], [`mean_of`] and [`mean_indexed`] take
//! numbers that are nowhere in a row, such as those of a bootstrap sample, without gathering them
//! first.
//!
//! ndarray's own `sum` and `mean` add in another order, and `f32` or small integers in their own
//! type; [`Frozen`](crate::Frozen), the guards and [`PartMut`](crate::PartMut) therefore have the
//! functions of this module as methods of the same names.

mod axis;
mod blocks;
mod extremes;
mod fraction;
mod methods;
mod ndarray;
mod numeric;
mod order;
mod pairwise;

pub use axis::NumpyReduceAxis;
pub use fraction::{Fraction, Real};
pub use ndarray::NumpyReduce;
pub use numeric::Numeric;
pub use pairwise::Accumulator;

use std::error::Error;
use std::fmt;

use ::ndarray::ArrayView1;

use blocks::{Blocks, counted};
use extremes::extreme;
use pairwise::{Cut, sum_runs};

/// Kept private, so that the traits of this module may grow.
pub trait Sealed {}

/// NumPy's `values.sum()`.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// let tenths = [0.1_f64; 10];
/// assert_eq!(reductions::sum(&tenths), 1.0);
/// // One after the other, they give other bits.
/// assert_eq!(tenths.iter().sum::<f64>(), 0.9999999999999999);
///
/// assert_eq!(reductions::sum(&[200_u8, 100]), 300_u64);
/// ```
#[doc(alias = "add.reduce")]
pub fn sum<T: Numeric>(values: &[T]) -> T::Sum {
    let len = values.len();
    sum_runs(len, Cut::nowhere(len), values, T::to_sum)
}

/// NumPy's `values.mean()`: NaN if there are none.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::mean(&[1_i32, 2, 4]), 7.0 / 3.0);
/// assert!(reductions::mean::<f64>(&[]).is_nan());
/// ```
#[doc(alias = "average")]
pub fn mean<T: Numeric>(values: &[T]) -> T::Mean {
    mean_in_a_row(values.len(), values)
}

/// NumPy's `values.var(ddof=ddof)`: the mean squared distance to the mean.
///
/// `ddof` is subtracted from the number of values before the division: 0 for the variance of all
/// there is, 1 for an estimate from a sample. NaN or infinite if nothing is left to divide by.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::var(&[1.0, 2.0, 3.0, 4.0], 0), 1.25);
/// assert_eq!(reductions::var(&[1.0, 2.0, 3.0, 4.0], 1), 5.0 / 3.0);
/// ```
#[doc(alias = "variance")]
pub fn var<T: Numeric>(values: &[T], ddof: usize) -> <T::Mean as Fraction>::Real {
    let len = values.len();
    var_around(mean(values), len, ddof, values)
}

/// NumPy's `values.std(ddof=ddof)`: the square root of [`var`].
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::std(&[1.0_f32, 3.0], 0), 1.0_f32);
/// ```
#[doc(alias = "standard deviation")]
pub fn std<T: Numeric>(values: &[T], ddof: usize) -> <T::Mean as Fraction>::Real {
    var(values, ddof).root()
}

/// NumPy's `values.min()`; `None`, where NumPy raises, if there are none.
///
/// A NaN is less than everything, and greater than everything too. Complex numbers are compared by
/// their real parts, and by their imaginary ones where those are equal. Whether the least of `0.0`
/// and `-0.0` is the one or the other depends on the processor in NumPy, and is left open here.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::min(&[3, 1, 2]), Some(1));
/// assert!(reductions::min(&[3.0, f64::NAN, 2.0]).unwrap().is_nan());
/// assert_eq!(reductions::min::<f64>(&[]), None);
/// ```
#[doc(alias = "minimum.reduce")]
#[doc(alias = "amin")]
pub fn min<T: Numeric>(values: &[T]) -> Option<T> {
    extreme(values.len(), values, T::lesser)
}

/// NumPy's `values.max()`; `None`, where NumPy raises, if there are none. See [`min`].
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::max(&[3, 1, 2]), Some(3));
/// ```
#[doc(alias = "maximum.reduce")]
#[doc(alias = "amax")]
pub fn max<T: Numeric>(values: &[T]) -> Option<T> {
    extreme(values.len(), values, T::greater)
}

/// NumPy's `values.cumsum()`: the sums of the values so far, added one after the other.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// assert_eq!(reductions::cumsum(&[1_u8, 2, 255]), [1_u64, 3, 258]);
/// ```
#[doc(alias = "add.accumulate")]
pub fn cumsum<T: Numeric>(values: &[T]) -> Vec<T::Sum> {
    ArrayView1::from(values).numpy_cumsum().to_vec()
}

/// NumPy's `sum` of an array whose element `i` is `value(i)`.
///
/// `value` is called once for each `i` from 0 to `len`, in ascending order.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// let squares = reductions::sum_of(1000, |i| (i as f64).sqrt());
/// let gathered: Vec<f64> = (0..1000).map(|i| f64::from(i).sqrt()).collect();
/// assert_eq!(squares, reductions::sum(&gathered));
/// ```
pub fn sum_of<T: Numeric>(len: usize, value: impl FnMut(usize) -> T) -> T::Sum {
    sum_runs(len, Cut::nowhere(len), counted(value), T::to_sum)
}

/// NumPy's `mean` of an array whose element `i` is `value(i)`; NaN if `len` is 0.
///
/// `value` is called once for each `i` from 0 to `len`, in ascending order, so that it may draw a
/// resample as it goes.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// let data = [2.5, 3.5, 10.0];
/// let drawn = [2, 0, 0, 1];
/// assert_eq!(reductions::mean_of(4, |i| data[drawn[i]]), 4.625);
/// ```
pub fn mean_of<T: Numeric>(len: usize, value: impl FnMut(usize) -> T) -> T::Mean {
    mean_in_a_row(len, counted(value))
}

/// NumPy's `data[indices].mean()`, without the copy that `data[indices]` is.
///
/// An index below zero counts from the end, as in Python. NaN if there are no indices.
///
/// # Errors
///
/// [`IndexOutOfBounds`] if an index is in neither `0..len` nor `-len..0`.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions;
///
/// let data = [2.5_f64, 3.5, 10.0];
/// assert_eq!(reductions::mean_indexed(&data, &[-1, 0, 0, 1])?, 4.625);
///
/// let error = reductions::mean_indexed(&data, &[0, 3]).unwrap_err();
/// assert_eq!(error.to_string(), "index 3 at position 1 is out of bounds for 3 elements");
/// # Ok::<(), reductions::IndexOutOfBounds>(())
/// ```
#[doc(alias = "take")]
pub fn mean_indexed<T: Numeric>(data: &[T], indices: &[i64]) -> Result<T::Mean, IndexOutOfBounds> {
    let mut first_bad = None;
    let mean = mean_of(indices.len(), |position| {
        let index = indices[position];
        element_at(data, index).unwrap_or_else(|| {
            first_bad.get_or_insert(IndexOutOfBounds {
                position,
                index,
                len: data.len(),
            });
            T::zeroed()
        })
    });
    first_bad.map_or(Ok(mean), Err)
}

fn element_at<T: Numeric>(data: &[T], index: i64) -> Option<T> {
    let from_start = usize::try_from(index);
    let position = from_start.unwrap_or_else(|_| {
        // Wraps far out of bounds if the index is too low.
        data.len()
            .wrapping_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
    });
    data.get(position).copied()
}

/// An index that names no element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexOutOfBounds {
    /// Where among the indices it is.
    pub position: usize,
    /// The index.
    pub index: i64,
    /// How many elements there are.
    pub len: usize,
}

impl fmt::Display for IndexOutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IndexOutOfBounds {
            position,
            index,
            len,
        } = self;
        write!(
            f,
            "index {index} at position {position} is out of bounds for {len} elements"
        )
    }
}

impl Error for IndexOutOfBounds {}

/// The mean of `len` values that NumPy would have in a row.
fn mean_in_a_row<T: Numeric>(len: usize, values: impl Blocks<Value = T>) -> T::Mean {
    sum_runs(len, T::CAST.0.cut(len), values, T::to_mean).over(len as f64)
}

/// The variance around a mean already known. The distances are an array of their own to NumPy, so
/// that nothing cuts them into runs.
fn var_around<T: Numeric>(
    mean: T::Mean,
    len: usize,
    ddof: usize,
    values: impl Blocks<Value = T>,
) -> <T::Mean as Fraction>::Real {
    let squares = sum_runs(len, Cut::nowhere(len), values, |value: T| {
        value.to_mean().squared_distance(mean)
    });
    squares.over(len.saturating_sub(ddof) as f64)
}
