//! [`NumpyReduce`]: NumPy's reductions on `ndarray` arrays and views of any layout.

use ndarray::{ArrayRef, ArrayView1, Axis, Dimension};

use super::blocks::{Blocks, Gathered};
use super::order::{Cast, Order, order};
use super::pairwise::{Cut, sum_runs};
use super::{Fraction, Numeric, Real, var_around};

/// Reductions over a whole array, with the bits of NumPy's on an array of the same shape and
/// strides.
///
/// The names say whose they are because ndarray has methods `sum`, `mean`, `var` and `std` too,
/// which would win.
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
    let Order { axes, cut } = order(array.shape(), array.strides(), cast);
    let outermost_first = array.view().into_dyn().permuted_axes(axes);
    if let Some(mut values) = outermost_first.as_slice() {
        return reduce(cut, &mut values);
    }
    let innermost = Axis(outermost_first.ndim() - 1);
    let mut lanes = outermost_first.lanes(innermost).into_iter();
    let mut lane = ArrayView1::from(&[]);
    let gather = |mut block: &mut [T]| {
        while !block.is_empty() {
            if lane.is_empty() {
                lane = lanes.next().expect("as many values as are asked for");
            }
            let (now, later) = lane.split_at(Axis(0), lane.len().min(block.len()));
            let (slots, rest) = block.split_at_mut(now.len());
            for (slot, &value) in slots.iter_mut().zip(now) {
                *slot = value;
            }
            (lane, block) = (later, rest);
        }
    };
    reduce(cut, &mut Gathered::by(gather))
}
