//! [`RawParts`]: an array as pointer, shape and strides, for code that knows another ndarray, or none.

use ndarray::{ArrayRef, Dimension};

use crate::{Frozen, Halo, PartMut, ReadGuard, WriteGuard};

/// Where an array's elements are: all that another array library needs to make a view of its own.
///
/// It is plain data. Whoever makes references of it has to see to it that the guard, or the frozen
/// array, lives for as long, and to write only through a [`WriteGuard`]'s or a [`PartMut`]'s.
///
/// # Examples
///
/// ```
/// use multiproc_array::SharedArray;
/// use ndarray::{array, s};
///
/// let array = SharedArray::from_array(&array![[1, 2, 3], [4, 5, 6]])?;
/// let backwards = array.sliced(s![.., ..;-1])?;
/// let guard = backwards.read()?;
/// let parts = guard.raw_parts();
/// assert_eq!((&*parts.shape, &*parts.strides), (&[2, 3][..], &[3, -1][..]));
/// assert_eq!(parts.pointer.wrapping_offset(parts.strides[0]), &raw const guard[[1, 0]]);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[doc(alias = "__array_interface__")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawParts<P> {
    /// The element of index zero: a `*const T` or `*mut T`.
    pub pointer: P,
    /// The lengths of the axes, outermost first.
    pub shape: Vec<usize>,
    /// The distance between neighbours along each axis, in elements; below zero if reversed.
    pub strides: Vec<isize>,
}

fn of<P, T, D: Dimension>(array: &ArrayRef<T, D>, pointer: P) -> RawParts<P> {
    RawParts {
        pointer,
        shape: array.shape().to_vec(),
        strides: array.strides().to_vec(),
    }
}

macro_rules! readable {
    ($($array:ty)*) => {$(
        impl<T, D: Dimension> $array {
            /// The elements as pointer, shape and strides, to be read only.
            pub fn raw_parts(&self) -> RawParts<*const T> {
                of(self, self.as_ptr())
            }
        }
    )*};
}

readable! {
    Frozen<T, D>
    ReadGuard<'_, T, D>
    Halo<'_, T, D>
}

macro_rules! writable {
    ($($array:ty)*) => {$(
        impl<T, D: Dimension> $array {
            /// The elements as pointer, shape and strides.
            pub fn raw_parts(&mut self) -> RawParts<*mut T> {
                let pointer = self.as_mut_ptr();
                of(self, pointer)
            }
        }
    )*};
}

writable! {
    WriteGuard<'_, T, D>
    PartMut<'_, T, D>
}
