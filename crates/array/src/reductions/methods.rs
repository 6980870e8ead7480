//! NumPy's reductions as methods of everything that derefs to an `ndarray` array.
//!
//! Without them, `frozen.sum()` would be ndarray's sum, in another order and, of small integers, in
//! another type.

use ndarray::{Array, Array1, Axis, Dimension, RemoveAxis};

use super::{Fraction, Numeric, NumpyReduce, NumpyReduceAxis};
use crate::{Frozen, Halo, PartMut, ReadGuard, WriteGuard};

macro_rules! numpy_methods {
    ($($array:ty)*) => {$(
        /// # Reductions
        ///
        /// They have NumPy's bits, and come before ndarray's methods of the same names.
        impl<T: Numeric, D: Dimension> $array {
            /// NumPy's `a.sum()`; see [`reductions::sum`](crate::reductions::sum).
            pub fn sum(&self) -> T::Sum {
                self.numpy_sum()
            }

            /// NumPy's `a.mean()`; see [`reductions::mean`](crate::reductions::mean).
            pub fn mean(&self) -> T::Mean {
                self.numpy_mean()
            }

            /// NumPy's `a.var(ddof=ddof)`; see [`reductions::var`](crate::reductions::var).
            pub fn var(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
                self.numpy_var(ddof)
            }

            /// NumPy's `a.std(ddof=ddof)`; see [`reductions::std`](crate::reductions::std).
            pub fn std(&self, ddof: usize) -> <T::Mean as Fraction>::Real {
                self.numpy_std(ddof)
            }

            /// NumPy's `a.min()`, `None` if it is empty; see [`reductions::min`](crate::reductions::min).
            pub fn min(&self) -> Option<T> {
                self.numpy_min()
            }

            /// NumPy's `a.max()`, `None` if it is empty; see [`reductions::min`](crate::reductions::min).
            pub fn max(&self) -> Option<T> {
                self.numpy_max()
            }

            /// NumPy's `a.cumsum()`; see [`reductions::cumsum`](crate::reductions::cumsum).
            pub fn cumsum(&self) -> Array1<T::Sum> {
                self.numpy_cumsum()
            }
        }

        /// # Reductions along an axis
        ///
        /// They have NumPy's bits, and come before ndarray's methods of the same names. All panic
        /// if there is no such axis.
        impl<T: Numeric, D: RemoveAxis> $array {
            /// NumPy's `a.sum(axis)`; see [`NumpyReduceAxis`].
            pub fn sum_axis(&self, axis: Axis) -> Array<T::Sum, D::Smaller> {
                self.numpy_sum_axis(axis)
            }

            /// NumPy's `a.mean(axis)`; see [`NumpyReduceAxis`].
            pub fn mean_axis(&self, axis: Axis) -> Array<T::Mean, D::Smaller> {
                self.numpy_mean_axis(axis)
            }

            /// NumPy's `a.var(axis, ddof=ddof)`; see [`NumpyReduceAxis`].
            pub fn var_axis(&self, axis: Axis, ddof: usize) -> Array<<T::Mean as Fraction>::Real, D::Smaller> {
                self.numpy_var_axis(axis, ddof)
            }

            /// NumPy's `a.std(axis, ddof=ddof)`; see [`NumpyReduceAxis`].
            pub fn std_axis(&self, axis: Axis, ddof: usize) -> Array<<T::Mean as Fraction>::Real, D::Smaller> {
                self.numpy_std_axis(axis, ddof)
            }

            /// NumPy's `a.min(axis)`, `None` if it is empty; see [`NumpyReduceAxis`].
            pub fn min_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>> {
                self.numpy_min_axis(axis)
            }

            /// NumPy's `a.max(axis)`, `None` if it is empty; see [`NumpyReduceAxis`].
            pub fn max_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>> {
                self.numpy_max_axis(axis)
            }

            /// NumPy's `a.cumsum(axis)`; see [`NumpyReduceAxis`].
            pub fn cumsum_axis(&self, axis: Axis) -> Array<T::Sum, D> {
                self.numpy_cumsum_axis(axis)
            }
        }
    )*};
}

numpy_methods! {
    Frozen<T, D>
    ReadGuard<'_, T, D>
    WriteGuard<'_, T, D>
    PartMut<'_, T, D>
    Halo<'_, T, D>
}
