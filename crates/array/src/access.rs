//! [`SharedArray`]'s guards and parts: asking for elements, with and without patience.

use std::iter::FusedIterator;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::time::Duration;

use multiproc_sync::Deadline;
use ndarray::{Axis, Dimension, RemoveAxis};

use crate::layout::LayoutError;
use crate::parting::{RowRanges, chunk_rows, split_rows};
use crate::torn::unless_torn;
use crate::view::Held;
use crate::{
    Access, ArrayError, AtomicElement, AtomicGuard, Element, Halo, PartMut, ReadGuard, SharedArray,
    WriteGuard,
};

/// # Errors of all guards and parts
///
/// - [`AccessError::Torn`](crate::AccessError::Torn) if a writer died or panicked in some of the
///   rows; it carries the guard.
/// - [`AccessError::Refused`](crate::AccessError::Refused) with
///   - [`ArrayError::WouldBlock`] or [`ArrayError::TimedOut`] if others hold some of the rows, and
///     the call was not to wait, or not any longer;
///   - [`ArrayError::WouldDeadlock`] if this very thread does;
///   - [`ArrayError::TableFull`] if 62 claims are held already;
///   - [`ArrayError::Stuck`] if a process was stopped in the middle of claiming;
///   - [`ArrayError::Sync`] if claims cannot be taken here;
///   - [`ArrayError::Layout`] if the rows asked for are not there.
impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// Waits until nobody writes the array, and keeps writers out for as long as the guard lives.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    #[doc(alias = "get_lock")]
    pub fn read(&self) -> Access<ReadGuard<'_, T, D>> {
        self.read_until(Deadline::Never)
    }

    /// As [`read`](Self::read), but does not wait.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn try_read(&self) -> Access<ReadGuard<'_, T, D>> {
        self.read_until(Deadline::Now)
    }

    /// As [`read`](Self::read), but waits no longer than `patience`.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn read_timeout(&self, patience: Duration) -> Access<ReadGuard<'_, T, D>> {
        self.read_until(Deadline::after(patience))
    }

    /// Waits until nobody else holds any of the array, and keeps it for as long as the guard lives.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    #[doc(alias = "get_lock")]
    pub fn write(&self) -> Access<WriteGuard<'_, T, D>> {
        self.write_until(Deadline::Never)
    }

    /// As [`write`](Self::write), but does not wait.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn try_write(&self) -> Access<WriteGuard<'_, T, D>> {
        self.write_until(Deadline::Now)
    }

    /// As [`write`](Self::write), but waits no longer than `patience`.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn write_timeout(&self, patience: Duration) -> Access<WriteGuard<'_, T, D>> {
        self.write_until(Deadline::after(patience))
    }

    /// Waits until nobody reads or writes the array, and lets others change it atomically too.
    ///
    /// Programs that know no guards may change elements meanwhile, if they do so with one store
    /// each.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn atomic(&self) -> Access<AtomicGuard<'_, T, D>>
    where
        T: AtomicElement,
    {
        let held = Held::atomic(self.access_table(), &self.placement, Deadline::Never);
        unless_torn(held.map(|held| AtomicGuard { held }))
    }

    fn read_until(&self, deadline: Deadline) -> Access<ReadGuard<'_, T, D>> {
        let held = Held::read(self.access_table(), &self.placement, deadline);
        unless_torn(held.map(|held| ReadGuard { held }))
    }

    fn write_until(&self, deadline: Deadline) -> Access<WriteGuard<'_, T, D>> {
        let held = Held::write(self.access_table(), &self.placement, deadline);
        unless_torn(held.map(|held| WriteGuard { held }))
    }
}

/// # Parts
///
/// Rows are counted along the outermost axis, but for [`parts_along`](Self::parts_along). Claims are
/// of whole rows of the segment's array: parts along other axes share all of those, and can be held
/// one at a time only.
impl<T: Element, D: RemoveAxis> SharedArray<T, D> {
    /// The rows in `range`, to write them.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn part(&self, range: Range<usize>) -> Access<PartMut<'_, T, D>> {
        self.part_along(OUTERMOST, range)
    }

    fn part_along(&self, axis: Axis, range: Range<usize>) -> Access<PartMut<'_, T, D>> {
        let start = range.start;
        let held = self.placement.part(axis, range).map_err(ArrayError::from);
        let held = held.and_then(|part| Held::write(self.access_table(), &part, Deadline::Never));
        unless_torn(held.map(|held| PartMut {
            axis,
            start,
            rows: WriteGuard { held },
        }))
    }

    /// The rows in `range`, to read them while others write elsewhere.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    pub fn read_part(&self, range: Range<usize>) -> Access<ReadGuard<'_, T, D>> {
        let held = self
            .placement
            .part(OUTERMOST, range)
            .map_err(ArrayError::from);
        let held = held.and_then(|part| Held::read(self.access_table(), &part, Deadline::Never));
        unless_torn(held.map(|held| ReadGuard { held }))
    }

    /// The rows in `range` and up to `halo` more on either side, as many as there are, to read them
    /// while others write elsewhere.
    ///
    /// A step of a simulation reads its rows and their neighbours from one array, and writes its
    /// rows to another: so nobody waits for somebody who waits for him.
    ///
    /// # Errors
    ///
    /// See [above](#errors-of-all-guards-and-parts).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::array;
    ///
    /// let old = SharedArray::from_array(&array![0.0, 0.0, 8.0, 0.0, 0.0, 0.0])?;
    /// let new = SharedArray::<f64>::zeros(6)?;
    /// for part in new.parts(2)? {
    ///     let mut part = part?;
    ///     let around = old.read_with_halo(part.range(), 1)?;
    ///     for (i, mut cell) in part.rows_mut() {
    ///         let at = |i: usize| around.get(i - around.start()).copied().unwrap_or(0.0);
    ///         let left = if i == 0 { 0.0 } else { at(i - 1) };
    ///         cell.fill((left + at(i + 1)) / 2.0);
    ///     }
    /// }
    /// assert_eq!(*new.read()?, array![0.0, 4.0, 0.0, 4.0, 0.0, 0.0]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn read_with_halo(&self, range: Range<usize>, halo: usize) -> Access<Halo<'_, T, D>> {
        // An impossible range is refused as it is.
        let own = self
            .placement
            .part(OUTERMOST, range.clone())
            .and_then(|_| self.placement.len_of(OUTERMOST));
        let held = own.map_err(ArrayError::from).and_then(|n_rows| {
            let start = range.start.saturating_sub(halo);
            let end = range.end.saturating_add(halo).min(n_rows);
            let around = self.placement.part(OUTERMOST, start..end)?;
            let held = Held::read(self.access_table(), &around, Deadline::Never)?;
            Ok(Halo {
                start,
                own: range,
                rows: ReadGuard { held },
            })
        });
        unless_torn(held)
    }

    /// Exactly `n_parts` parts of nearly equal length, which together are the array; see
    /// [`split_rows`].
    ///
    /// Each is claimed when it is its turn, so that those before it may be let go or kept. Up to 62
    /// can be kept at once.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Layout`] if `n_parts` is 0 or the array has no axis. For each part, see
    /// [above](#errors-of-all-guards-and-parts).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::Array1;
    ///
    /// let array = SharedArray::from_array(&Array1::from_iter(1..=10_i64))?;
    /// let mut sums = Vec::new();
    /// for part in array.parts(4)? {
    ///     sums.push(part?.sum());
    /// }
    /// assert_eq!(sums, [6, 15, 15, 19]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "array_split")]
    pub fn parts(&self, n_parts: usize) -> Result<Parts<'_, T, D>, ArrayError> {
        self.parts_in(OUTERMOST, n_parts, split_rows)
    }

    /// Exactly `n_parts` parts of nearly equal length along `axis`, such as groups of columns.
    ///
    /// Each is claimed when it is its turn, which is once the one before it was let go, unless the
    /// axis is the outermost.
    ///
    /// # Errors
    ///
    /// Those of [`parts`](Self::parts); [`ArrayError::Layout`] if the array has no such axis.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::{Axis, Ix2};
    ///
    /// let array = SharedArray::<i64, Ix2>::zeros((2, 5))?;
    /// for part in array.parts_along(Axis(1), 2)? {
    ///     let mut columns = part?;
    ///     let start = columns.start() as i64;
    ///     columns.fill(start);
    /// }
    /// assert_eq!(array.read()?.row(0).to_vec(), [0, 0, 0, 3, 3]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "array_split")]
    #[doc(alias = "hsplit")]
    pub fn parts_along(&self, axis: Axis, n_parts: usize) -> Result<Parts<'_, T, D>, ArrayError> {
        self.parts_in(axis, n_parts, split_rows)
    }

    /// Parts of `chunk` rows each, the last perhaps of fewer; see [`chunk_rows`].
    ///
    /// # Errors
    ///
    /// [`ArrayError::Layout`] if `chunk` is 0 or the array has no axis. For each part, see
    /// [above](#errors-of-all-guards-and-parts).
    pub fn chunks(&self, chunk: usize) -> Result<Parts<'_, T, D>, ArrayError> {
        self.parts_in(OUTERMOST, chunk, chunk_rows)
    }

    fn parts_in(
        &self,
        axis: Axis,
        count: usize,
        ranges: impl FnOnce(usize, NonZeroUsize) -> RowRanges,
    ) -> Result<Parts<'_, T, D>, ArrayError> {
        let count = NonZeroUsize::new(count).ok_or(LayoutError::NoParts)?;
        Ok(Parts {
            array: self,
            axis,
            ranges: ranges(self.placement.len_of(axis)?, count),
        })
    }
}

/// The axis along which rows are counted and claimed.
const OUTERMOST: Axis = Axis(0);

/// Parts of an array, each claimed when it is its turn; made by [`SharedArray::parts`],
/// [`SharedArray::parts_along`] and [`SharedArray::chunks`].
#[derive(Debug)]
pub struct Parts<'a, T, D> {
    array: &'a SharedArray<T, D>,
    axis: Axis,
    ranges: RowRanges,
}

impl<'a, T: Element, D: RemoveAxis> Iterator for Parts<'a, T, D> {
    type Item = Access<PartMut<'a, T, D>>;

    fn next(&mut self) -> Option<Self::Item> {
        let range = self.ranges.next()?;
        Some(self.array.part_along(self.axis, range))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ranges.size_hint()
    }
}

impl<T: Element, D: RemoveAxis> ExactSizeIterator for Parts<'_, T, D> {}

impl<T: Element, D: RemoveAxis> FusedIterator for Parts<'_, T, D> {}
