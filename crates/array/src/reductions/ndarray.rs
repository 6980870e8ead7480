//! [`NumpyReduce`]: NumPy's reductions on `ndarray` arrays and views of any layout.

use ndarray::{ArrayRef, Dimension};

use super::order::{Cast, Order, order};
use super::pairwise::{Cut, sum_runs};
use super::{Fraction, Numeric, Real, converting, var_around};

/// Reductions over a whole array, with the bits of NumPy's on an array of the same shape and strides.
///
/// The names say whose they are because ndarray has methods `sum`, `mean`, `var` and `std` too, which
/// would win.
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
}

impl<T: Numeric, D: Dimension> NumpyReduce<T> for ArrayRef<T, D> {
    fn numpy_sum(&self) -> T::Sum {
        in_order(self, Cast::None, T::to_sum, |cut, addends| {
            sum_runs(self.len(), cut, addends)
        })
    }

    fn numpy_mean(&self) -> T::Mean {
        in_order(self, T::CAST.0, T::to_mean, |cut, addends| {
            sum_runs(self.len(), cut, addends).over(self.len() as f64)
        })
    }

    fn numpy_var(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
        let mean = self.numpy_mean();
        in_order(self, Cast::None, T::to_mean, |_, addends| {
            var_around::<T>(mean, self.len(), ddof, addends)
        })
    }

    fn numpy_std(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
        self.numpy_var(ddof).root()
    }
}

/// Hands `reduce` the converted elements in the order in which NumPy visits them, and where it cuts.
fn in_order<T: Numeric, D: Dimension, A, R>(
    array: &ArrayRef<T, D>,
    cast: Cast,
    convert: impl Fn(T) -> A,
    reduce: impl FnOnce(Cut, &mut dyn FnMut(&mut [A])) -> R,
) -> R {
    if array.is_empty() {
        return reduce(Cut::nowhere(0), &mut |_| ());
    }
    let Order { axes, cut } = order(array.shape(), array.strides(), cast);
    let outermost_first = array.view().into_dyn().permuted_axes(axes);
    match outermost_first.as_slice() {
        Some(values) => reduce(cut, &mut converting(values, convert)),
        None => {
            let mut values = outermost_first.iter();
            reduce(cut, &mut |addends| {
                for (addend, &value) in addends.iter_mut().zip(&mut values) {
                    *addend = convert(value);
                }
            })
        }
    }
}
