//! NumPy's reductions as methods of everything that derefs to an `ndarray` array.
//!
//! Without them, `frozen.sum()` would be ndarray's sum, in another order and, of small integers, in
//! another type.

use ndarray::Dimension;

use super::{Fraction, Numeric, NumpyReduce};
use crate::{Frozen, PartMut, ReadGuard, WriteGuard};

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
        }
    )*};
}

numpy_methods! {
    Frozen<T, D>
    ReadGuard<'_, T, D>
    WriteGuard<'_, T, D>
    PartMut<'_, T, D>
}
