//! [`NumpyReduce`]: NumPy's reductions on `ndarray` arrays and views of any layout.

use ndarray::{Array1, ArrayRef, Axis, Dimension};

use super::blocks::{Blocks, Lanes};
use super::extremes::extreme;
use super::order::{Adding, Cast, Order, order};
use super::pairwise::{Accumulator, Cut, sum_runs};
use super::{Fraction, Numeric, Real, var_around};

/// Reductions over a whole array, with the bits of NumPy's on an array of the same shape and
/// strides.
///
/// The names say whose they are because ndarray has methods `sum`, `mean`, `var` and `std` too,
/// which would win. Along one axis, [`NumpyReduceAxis`](super::NumpyReduceAxis) reduces.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions::NumpyReduce;
/// use ndarray::Array2;
///
/// let halves = Array2::from_shape_fn((3, 4), |(i, j)| 0.5 * (i + j) as f32);
/// assert_eq!(halves.numpy_sum(), 15.0);
/// assert_eq!(halves.t().numpy_mean(), 1.25);
/// assert_eq!(halves.numpy_std(0), 0.69221866);
/// assert_eq!(halves.numpy_max(), Some(2.5));
/// ```
pub trait NumpyReduce<T: Numeric> {
    /// NumPy's `a.sum()`.
    fn numpy_sum(&self) -> T::Sum;
    /// NumPy's `a.mean()`: NaN if the array is empty.
    fn numpy_mean(&self) -> T::Mean;
    /// NumPy's `a.var(ddof=ddof)`; see [`var`](super::var).
    fn numpy_var(&self, ddof: usize) -> <T::Mean as Fraction>::Real;
    /// NumPy's `a.std(ddof=ddof)`: the square root of the variance.
    fn numpy_std(&self, ddof: usize) -> <T::Mean as Fraction>::Real;
    /// NumPy's `a.min()`; `None`, where NumPy raises, if the array is empty. See
    /// [`min`](super::min).
    fn numpy_min(&self) -> Option<T>;
    /// NumPy's `a.max()`; `None`, where NumPy raises, if the array is empty. See
    /// [`min`](super::min).
    fn numpy_max(&self) -> Option<T>;
    /// NumPy's `a.cumsum()`: the sums of the elements so far, in C order.
    fn numpy_cumsum(&self) -> Array1<T::Sum>;
}

impl<T: Numeric, D: Dimension> NumpyReduce<T> for ArrayRef<T, D> {
    fn numpy_sum(&self) -> T::Sum {
        in_order(self, Cast::None, |cut, values| {
            sum_runs(self.len(), cut, values, T::to_sum)
        })
    }

    fn numpy_mean(&self) -> T::Mean {
        in_order(self, T::CAST.0, |cut, values| {
            sum_runs(self.len(), cut, values, T::to_mean).over(self.len() as f64)
        })
    }

    fn numpy_var(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
        let mean = self.numpy_mean();
        in_order(self, Cast::None, |_, values| {
            var_around(mean, self.len(), ddof, values)
        })
    }

    fn numpy_std(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
        self.numpy_var(ddof).root()
    }

    fn numpy_min(&self) -> Option<T> {
        in_order(self, Cast::None, |_, values| {
            extreme(self.len(), values, T::lesser)
        })
    }

    fn numpy_max(&self) -> Option<T> {
        in_order(self, Cast::None, |_, values| {
            extreme(self.len(), values, T::greater)
        })
    }

    fn numpy_cumsum(&self) -> Array1<T::Sum> {
        let mut so_far = None;
        let add = |&value: &T| {
            let value = value.to_sum();
            let sum = so_far.map_or(value, |so_far: T::Sum| so_far.plus(value));
            so_far = Some(sum);
            sum
        };
        self.iter().map(add).collect()
    }
}

/// Hands `reduce` the elements in the order in which NumPy visits them, and where it cuts them.
fn in_order<T: Numeric, D: Dimension, R>(
    array: &ArrayRef<T, D>,
    cast: Cast,
    reduce: impl FnOnce(Cut, &mut dyn Blocks<Value = T>) -> R,
) -> R {
    if array.is_empty() {
        return reduce(Cut::nowhere(0), &mut &[][..]);
    }
    let Order { axes, adding } = order(array.shape(), array.strides(), cast, |_| true);
    let cut = match adding {
        Adding::InRuns(cut) => cut,
        Adding::OneByOne => unreachable!("all of the axes are added up"),
    };
    let outermost_first = array.view().into_dyn().permuted_axes(axes);
    if let Some(mut values) = outermost_first.as_slice() {
        return reduce(cut, &mut values);
    }
    let innermost = Axis(outermost_first.ndim() - 1);
    reduce(cut, &mut Lanes::of(outermost_first.lanes(innermost)))
}
