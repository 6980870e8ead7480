//! [`ReadGuard`], [`WriteGuard`], [`AtomicGuard`], [`PartMut`]: an array's elements while held.

use std::fmt;
use std::ops::{Deref, DerefMut, Range};

use ndarray::iter::AxisIterMut;
use ndarray::{ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, Ix1, RemoveAxis};

use crate::claimed::Claimed;
use crate::layout::LayoutError;
use crate::torn::{Guard, WritingGuard};
use crate::view::Held;
use crate::{ArrayError, AtomicElement, Element};

/// An array's elements, or some of its rows, which nobody writes for as long as this lives.
///
/// It derefs to an [`ArrayRef`]: indexing, iterating, slicing and arithmetic are ndarray's. What
/// writes does not compile:
///
/// ```compile_fail,E0594
/// # use multiproc_array::SharedArray;
/// # use ndarray::Ix1;
/// let array = SharedArray::<f64, Ix1>::zeros(10).unwrap();
/// let mut guard = array.read().unwrap();
/// guard[3] = 1.0;
/// ```
///
/// Nor does a view that outlives its guard:
///
/// ```compile_fail,E0505
/// # use multiproc_array::SharedArray;
/// # use ndarray::Ix1;
/// let array = SharedArray::<f64, Ix1>::zeros(10).unwrap();
/// let guard = array.read().unwrap();
/// let view = guard.view();
/// drop(guard);
/// println!("{view}");
/// ```
///
/// Nor a guard that outlives its array:
///
/// ```compile_fail,E0505
/// # use multiproc_array::SharedArray;
/// # use ndarray::Ix1;
/// let array = SharedArray::<f64, Ix1>::zeros(10).unwrap();
/// let guard = array.read().unwrap();
/// drop(array);
/// println!("{}", guard[0]);
/// ```
///
/// # Examples
///
/// ```
/// use multiproc_array::SharedArray;
/// use ndarray::Ix2;
///
/// let array = SharedArray::<f64, Ix2>::zeros((3, 4))?;
/// let guard = array.read()?;
/// assert_eq!(guard.row(1).len(), 4);
/// assert_eq!(guard.mean(), 0.0);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[must_use = "a dropped guard lets go at once"]
pub struct ReadGuard<'a, T, D> {
    pub(crate) held: Held<ArrayView<'a, T, D>>,
}

/// An array's elements, which nobody else touches for as long as this lives.
///
/// It derefs to an [`ArrayRef`], mutably. In-place operators and `assign` write to the shared
/// elements:
///
/// ```
/// use multiproc_array::SharedArray;
/// use ndarray::Ix2;
///
/// let array = SharedArray::<f64, Ix2>::zeros((2, 2))?;
/// let mut matrix = array.write()?;
/// *matrix += 1.0;
/// let doubled = 2.0 * &*matrix;
/// matrix.assign(&doubled);
/// drop(matrix);
/// assert_eq!(array.read()?[[1, 1]], 2.0);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
///
/// An operator that makes a new array makes one of another type, so that it cannot take the shared
/// one's place unnoticed, as `matrix = 1 * matrix` does in Python:
///
/// ```compile_fail,E0308
/// # use multiproc_array::SharedArray;
/// # use ndarray::Ix2;
/// let array = SharedArray::<f64, Ix2>::zeros((2, 2)).unwrap();
/// let mut guard = array.write().unwrap();
/// let mut view = guard.view_mut();
/// view = 1.0 * &view;
/// ```
#[must_use = "a dropped guard lets go at once"]
pub struct WriteGuard<'a, T, D> {
    pub(crate) held: Held<ArrayViewMut<'a, T, D>>,
}

/// An array's elements, which many may change at the same time, one by one and atomically.
///
/// It derefs to an [`ArrayRef`] of [atomics](AtomicElement::Atomic). Others may hold such guards
/// too, but nobody may read or write as with the other guards.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::Ordering::Relaxed;
/// use multiproc_array::SharedArray;
/// use ndarray::Ix1;
///
/// let histogram = SharedArray::<u64, Ix1>::zeros(10)?;
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let bins = histogram.atomic().unwrap();
///             for i in 0..1000 {
///                 bins[i % 10].fetch_add(1, Relaxed);
///             }
///         });
///     }
/// });
/// assert!(histogram.read()?.iter().all(|&n| n == 400));
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[must_use = "a dropped guard lets go at once"]
pub struct AtomicGuard<'a, T: AtomicElement, D> {
    pub(crate) held: Held<ArrayView<'a, T::Atomic, D>>,
}

/// Rows of an array, or columns, which nobody else touches for as long as this lives.
///
/// It derefs to an [`ArrayRef`] over its own rows, mutably; their indices begin at 0, wherever in
/// the array the part does. Parts that do not overlap can be held at the same time, in this process
/// and in others. Two writers of one part are told so:
///
/// ```
/// use multiproc_array::{AccessError, ArrayError, SharedArray};
/// use ndarray::Ix1;
///
/// let array = SharedArray::<f64, Ix1>::zeros(10)?;
/// let (mut low, mut high) = (array.part(0..5)?, array.part(5..10)?);
/// low[0] = 1.0;
/// high.fill(2.0);
/// let again = array.part(4..6);
/// assert!(matches!(again, Err(AccessError::Refused(ArrayError::WouldDeadlock { .. }))));
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
///
/// and two mutable views of one part do not compile:
///
/// ```compile_fail,E0499
/// # use multiproc_array::SharedArray;
/// # use ndarray::Ix1;
/// let array = SharedArray::<f64, Ix1>::zeros(10).unwrap();
/// let mut part = array.part(0..5).unwrap();
/// let (mut one, mut two) = (part.view_mut(), part.view_mut());
/// one[0] = 1.0;
/// two[0] = 2.0;
/// ```
#[must_use = "a dropped part lets go at once"]
pub struct PartMut<'a, T, D = Ix1> {
    pub(crate) axis: Axis,
    pub(crate) start: usize,
    pub(crate) rows: WriteGuard<'a, T, D>,
}

impl<'a, T: Element, D: RemoveAxis> PartMut<'a, T, D> {
    /// The axis along which the array was parted: the outermost one, unless it was by
    /// [`parts_along`](crate::SharedArray::parts_along). Rows are counted along it.
    pub fn axis(&self) -> Axis {
        self.axis
    }

    /// The first row's index in the array that was parted.
    pub fn start(&self) -> usize {
        self.start
    }

    /// How many rows there are; for an array of one dimension, elements.
    #[expect(
        clippy::len_without_is_empty,
        reason = "`is_empty` is ndarray's, and means the same"
    )]
    pub fn len(&self) -> usize {
        self.rows.held.view().len_of(self.axis)
    }

    /// The rows' indices in the array that was parted.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.len()
    }

    /// Some of these rows as a part of their own, which needs no claim. `range` counts as
    /// [`range`](Self::range) does.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Layout`] if not all of `range` is in this part.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::Ix1;
    ///
    /// let array = SharedArray::<f64, Ix1>::zeros(10)?;
    /// let mut part = array.part(4..8)?;
    /// let mut middle = part.part(5..7)?;
    /// assert_eq!((middle.start(), middle.len()), (5, 2));
    /// middle.fill(1.0);
    /// assert_eq!(part.to_vec(), [0.0, 1.0, 1.0, 0.0]);
    /// assert!(part.part(3..5).is_err());
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn part(&mut self, range: Range<usize>) -> Result<PartMut<'_, T, D>, ArrayError> {
        let own = self.range();
        if range.start < own.start || range.start > range.end || range.end > own.end {
            let n_rows = own.len();
            return Err(LayoutError::Rows { range, n_rows }.into());
        }
        let rows = range.start - own.start..range.end - own.start;
        let held = self.rows.held.rows_mut(self.axis, rows);
        Ok(PartMut {
            axis: self.axis,
            start: range.start,
            rows: WriteGuard { held },
        })
    }

    /// The rows one by one, each with its index in the array that was parted.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::Ix2;
    ///
    /// let array = SharedArray::<f64, Ix2>::zeros((10, 3))?;
    /// for part in array.parts(4)? {
    ///     for (i, mut row) in part?.rows_mut() {
    ///         row.fill(i as f64);
    ///     }
    /// }
    /// assert_eq!(array.read()?.column(2).to_vec(), (0..10).map(f64::from).collect::<Vec<_>>());
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn rows_mut(&mut self) -> RowsMut<'_, T, D> {
        RowsMut {
            next: self.start,
            rows: self.rows.held.view_mut().axis_iter_mut(self.axis),
        }
    }
}

/// A part's rows, each with its index; made by [`PartMut::rows_mut`].
pub struct RowsMut<'a, T, D: RemoveAxis> {
    next: usize,
    rows: AxisIterMut<'a, T, D::Smaller>,
}

impl<'a, T, D: RemoveAxis> Iterator for RowsMut<'a, T, D> {
    type Item = (usize, ArrayViewMut<'a, T, D::Smaller>);

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        let index = self.next;
        self.next += 1;
        Some((index, row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl<T, D: RemoveAxis> ExactSizeIterator for RowsMut<'_, T, D> {}

impl<T, D: RemoveAxis> fmt::Debug for RowsMut<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsMut")
            .field("next", &self.next)
            .field("left", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl<T, D> Deref for ReadGuard<'_, T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        self.held.view()
    }
}

impl<T: AtomicElement, D> Deref for AtomicGuard<'_, T, D> {
    type Target = ArrayRef<T::Atomic, D>;

    fn deref(&self) -> &ArrayRef<T::Atomic, D> {
        self.held.view()
    }
}

impl<T, D> Deref for WriteGuard<'_, T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        self.held.view()
    }
}

impl<T, D: Dimension> DerefMut for WriteGuard<'_, T, D> {
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        self.held.view_mut()
    }
}

impl<T, D> Deref for PartMut<'_, T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        &self.rows
    }
}

impl<T, D: Dimension> DerefMut for PartMut<'_, T, D> {
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        &mut self.rows
    }
}

impl<T, D> Guard for ReadGuard<'_, T, D> {
    fn claimed(&self) -> &Claimed {
        self.held.claimed()
    }

    fn claimed_mut(&mut self) -> &mut Claimed {
        self.held.claimed_mut()
    }
}

impl<T: AtomicElement, D> Guard for AtomicGuard<'_, T, D> {
    fn claimed(&self) -> &Claimed {
        self.held.claimed()
    }

    fn claimed_mut(&mut self) -> &mut Claimed {
        self.held.claimed_mut()
    }
}

impl<T, D> Guard for WriteGuard<'_, T, D> {
    fn claimed(&self) -> &Claimed {
        self.held.claimed()
    }

    fn claimed_mut(&mut self) -> &mut Claimed {
        self.held.claimed_mut()
    }
}

impl<T, D> WritingGuard for WriteGuard<'_, T, D> {}

impl<T, D> Guard for PartMut<'_, T, D> {
    fn claimed(&self) -> &Claimed {
        self.rows.claimed()
    }

    fn claimed_mut(&mut self) -> &mut Claimed {
        self.rows.claimed_mut()
    }
}

impl<T, D> WritingGuard for PartMut<'_, T, D> {}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for ReadGuard<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: AtomicElement<Atomic: fmt::Debug>, D: Dimension> fmt::Debug for AtomicGuard<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for WriteGuard<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for PartMut<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartMut")
            .field("start", &self.start)
            .field("rows", &&**self)
            .finish()
    }
}
