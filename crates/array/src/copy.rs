//! [`SharedArray::read_copy`]: a copy made while a program that knows no guards may write.

use multiproc_sync::{Deadline, Mode};
use ndarray::{Array, ArrayView, Dimension};

use crate::claimed::Claimed;
use crate::layout::Placement;
use crate::shared::WORD;
use crate::{ArrayError, Element, SharedArray};

impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// A copy of the array that is sound even while a program that takes no guards, such as NumPy
    /// with `r+`, writes to it.
    ///
    /// Elements of up to 8 bytes are read whole, each as it was at some moment; not all at the same
    /// one. Writers that do take guards are kept out for as long as the copying takes.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read); torn rows are [`ArrayError::Torn`].
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::array;
    ///
    /// let shared = SharedArray::from_array(&array![1.0, 2.0])?;
    /// assert_eq!(shared.read_copy()?, array![1.0, 2.0]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn read_copy(&self) -> Result<Array<T, D>, ArrayError> {
        let table = self.access_table();
        let claimed = Claimed::new(table, Mode::Read, &self.placement, Deadline::Never)?;
        let rows = claimed.torn_rows();
        if !rows.is_empty() {
            return Err(ArrayError::Torn { rows });
        }
        let payload = self.segment().payload();
        let (offset, len) = self.placement.span_bytes();
        let start = offset - offset % WORD;
        let end = (offset + len).next_multiple_of(WORD).min(payload.len());
        let mut bytes = vec![0; end - start];
        payload.read(start, &mut bytes)?;
        let elements: Vec<T> = bytes[offset - start..][..len]
            .chunks_exact(size_of::<T>())
            .map(bytemuck::pod_read_unaligned)
            .collect();
        Ok(arranged(&elements, &self.placement))
    }
}

/// The elements of a placement's span, arranged as it says.
fn arranged<T: Element, D: Dimension>(span: &[T], placement: &Placement) -> Array<T, D> {
    let mut view = ArrayView::from_shape(placement.upward::<D>(), span)
        .expect("the strides lead from the span's first element to its last");
    for axis in placement.reversed_axes() {
        view.invert_axis(axis);
    }
    view.to_owned()
}
