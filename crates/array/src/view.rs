//! [`Held`] and [`Kept`]: shared bytes as ndarray views, together with what makes that sound.
#![expect(
    unsafe_code,
    reason = "the one place that turns a segment's bytes into elements"
)]

use std::ops::{Deref, Range};
use std::slice;

use multiproc_segment::{Bytes, Segment};
use multiproc_sync::{AccessTable, Deadline, Mode};
use ndarray::{
    ArrayRef, ArrayView, ArrayViewMut, Axis, Dimension, RawArrayViewMut, RemoveAxis, Slice,
};

use crate::atomic::Atomic;
use crate::claimed::Claimed;
use crate::layout::Placement;
use crate::{ArrayError, Element};

/// A view of shared elements, and the claim on their rows.
///
/// # Invariants
///
/// 1. `claimed` holds every row with an element of `view`, in the table in which all who view these
///    elements claim: to write them if `view` is mutable, to change them atomically if it is of
///    atomics, else to read them.
/// 2. `view` lives no longer than `claimed`: it is only lent.
pub(crate) struct Held<V> {
    view: V,
    claimed: Claimed,
}

impl<'a, T: Element, D: Dimension> Held<ArrayView<'a, T, D>> {
    /// Claims the rows of `placement` to read them, and views its elements.
    pub(crate) fn read(
        table: &'a AccessTable,
        placement: &Placement,
        deadline: Deadline,
    ) -> Result<Self, ArrayError> {
        let claimed = Claimed::new(table, Mode::Read, placement, deadline)?;
        let elements = elements(table.segment().payload(), placement);
        // SAFETY: `deref_into_view` requires that
        // - the elements are there, initialised, aligned: `elements` says so, and any bytes of a
        //   mapping are a `T`, which is `AnyBitPattern`;
        // - nobody writes them while the view lives: invariants 1 and 2;
        // - the mapping lives for `'a`: `table` keeps it, and is borrowed for as long.
        let view = unsafe { elements.deref_into_view() };
        Ok(Held { view, claimed })
    }
}

impl<'a, T: Element, D: Dimension> Held<ArrayViewMut<'a, T, D>> {
    /// Claims the rows of `placement` to write them, and views its elements.
    pub(crate) fn write(
        table: &'a AccessTable,
        placement: &Placement,
        deadline: Deadline,
    ) -> Result<Self, ArrayError> {
        let claimed = Claimed::new(table, Mode::Write, placement, deadline)?;
        let elements = elements(table.segment().payload(), placement);
        // SAFETY: `deref_into_view_mut` requires that
        // - the elements are there, initialised, aligned, for `'a`: as in `read`;
        // - nobody else reads or writes them while the view lives: invariants 1 and 2;
        // - they may be written: a table can only be attached, and so claimed in, where the segment
        //   is mapped writably;
        // - whatever is written are bytes that others may read: `T` is `NoUninit`.
        let view = unsafe { elements.deref_into_view_mut() };
        Ok(Held { view, claimed })
    }
}

impl<'a, A: Atomic, D: Dimension> Held<ArrayView<'a, A, D>> {
    /// Claims the rows of `placement` to change them atomically, and views its elements as such.
    pub(crate) fn atomic(
        table: &'a AccessTable,
        placement: &Placement,
        deadline: Deadline,
    ) -> Result<Self, ArrayError> {
        let claimed = Claimed::new(table, Mode::Atomic, placement, deadline)?;
        let elements = elements::<A, D>(table.segment().payload(), placement);
        // SAFETY: `deref_into_view` requires that
        // - the elements are there, initialised, aligned, for `'a`: as in `read`, and any bytes are
        //   an `Atomic`;
        // - whoever changes them while the view lives does so atomically: the claim of
        //   `Mode::Atomic` excludes all but its like, by invariants 1 and 2.
        let view = unsafe { elements.deref_into_view() };
        Ok(Held { view, claimed })
    }
}

impl<T, D: RemoveAxis> Held<ArrayViewMut<'_, T, D>> {
    /// Some rows of the view, for as long as this is borrowed: by invariants 1 and 2 they are held
    /// for longer.
    pub(crate) fn rows_mut(
        &mut self,
        axis: Axis,
        rows: Range<usize>,
    ) -> Held<ArrayViewMut<'_, T, D>> {
        Held {
            view: self.view.slice_axis_mut(axis, Slice::from(rows)),
            claimed: self.claimed.lend(),
        }
    }
}

impl<V> Held<V> {
    pub(crate) fn view(&self) -> &V {
        &self.view
    }

    pub(crate) fn view_mut(&mut self) -> &mut V {
        &mut self.view
    }

    pub(crate) fn claimed(&self) -> &Claimed {
        &self.claimed
    }

    pub(crate) fn claimed_mut(&mut self) -> &mut Claimed {
        &mut self.claimed
    }
}

/// A view of frozen elements, and the segment that keeps them.
///
/// # Invariants
///
/// `view` and `bytes` lie in the mapping of `segment`, which is frozen.
pub(crate) struct Kept<T: 'static, D> {
    view: ArrayView<'static, T, D>,
    bytes: &'static [u8],
    segment: Segment,
}

impl<T: Element, D: Dimension> Kept<T, D> {
    /// Views the elements of `placement`; `None` if `segment` is not frozen.
    pub(crate) fn new(segment: Segment, placement: &Placement) -> Option<Kept<T, D>> {
        if !segment.is_frozen() {
            return None;
        }
        let payload = segment.payload();
        let elements = elements(payload, placement);
        // SAFETY: `deref_into_view` requires that
        // - the elements are there, initialised, aligned: `elements` says so, and any bytes of a
        //   mapping are a `T`, which is `AnyBitPattern`;
        // - nobody writes them while the view lives: the segment is frozen, for ever;
        // - the mapping lives as long as the view: not for `'static`, but for as long as `segment`,
        //   beside which the view stays, lent to others for no longer.
        let view = unsafe { elements.deref_into_view() };
        let span = span(payload, placement);
        // SAFETY: `from_raw_parts` requires `span.len()` initialised bytes, written by nobody for as
        // long as they are lent out: they are a frozen mapping's, and as for `view`.
        let bytes = unsafe { slice::from_raw_parts(span.as_ptr(), span.len()) };
        Some(Kept {
            view,
            bytes,
            segment,
        })
    }
}

impl<T: 'static, D> Kept<T, D> {
    /// From the lowest element to the end of the highest.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes
    }

    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }
}

impl<T: 'static, D> Deref for Kept<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        &self.view
    }
}

impl<T: 'static, D: Clone> Clone for Kept<T, D> {
    fn clone(&self) -> Kept<T, D> {
        Kept {
            view: self.view.clone(),
            bytes: self.bytes,
            segment: self.segment.clone(),
        }
    }
}

fn span<'a>(payload: Bytes<'a>, placement: &Placement) -> Bytes<'a> {
    let (offset, len) = placement.span_bytes();
    payload
        .slice(offset, len)
        .expect("a placement is checked against its payload, whose length never changes")
}

/// The elements of `placement` as a raw view, all of which is aligned and within `payload`.
fn elements<T, D: Dimension>(payload: Bytes<'_>, placement: &Placement) -> RawArrayViewMut<T, D> {
    assert_eq!(
        placement.grid().size(),
        size_of::<T>(),
        "a placement of other elements"
    );
    let lowest = span(payload, placement).as_ptr().cast::<T>();
    assert!(
        lowest.is_aligned(),
        "a mapping begins at a page, and a placement is checked"
    );
    // SAFETY: `from_shape_ptr` requires that
    // - the pointer is not null: it is in a mapping, or at its end;
    // - every element is in bounds, and no distance overflows: by `Placement`'s invariant 1 all of
    //   them are in its span, where this view begins at the lowest and goes up as far as the
    //   highest, and `span` has found the span within the payload; an array without elements has
    //   strides of zero;
    // - the lengths that are not zero make up at most `isize::MAX`: `Placement`'s invariant 3;
    // - strides are not negative: `upward` sees to that.
    let mut view = unsafe { RawArrayViewMut::from_shape_ptr(placement.upward::<D>(), lowest) };
    for axis in placement.reversed_axes() {
        view.invert_axis(axis);
    }
    view
}
