//! [`Halo`]: some rows of an array together with their neighbours, to read them.

use std::fmt;
use std::ops::{Deref, Range};

use ndarray::{ArrayRef, ArrayView, Axis, Dimension, Ix1, RemoveAxis, Slice};

use crate::claimed::Claimed;
use crate::torn::Guard;
use crate::{Element, ReadGuard};

/// Rows of an array and those next to them, which nobody writes for as long as this lives; made by
/// [`SharedArray::read_with_halo`](crate::SharedArray::read_with_halo).
///
/// It derefs to an [`ArrayRef`] over all of them, the first of which is
/// [`start`](Self::start) in the array.
#[must_use = "a dropped guard lets go at once"]
pub struct Halo<'a, T, D = Ix1> {
    pub(crate) start: usize,
    pub(crate) own: Range<usize>,
    pub(crate) rows: ReadGuard<'a, T, D>,
}

impl<T: Element, D: RemoveAxis> Halo<'_, T, D> {
    /// The index in the array of the first row that is here.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The indices in the array of the rows that were asked for, without their neighbours.
    pub fn range(&self) -> Range<usize> {
        self.own.clone()
    }

    /// The rows that were asked for, without their neighbours.
    pub fn own(&self) -> ArrayView<'_, T, D> {
        let own = self.own.start - self.start..self.own.end - self.start;
        self.slice_axis(Axis(0), Slice::from(own))
    }
}

impl<T, D> Deref for Halo<'_, T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        &self.rows
    }
}

impl<T, D> Guard for Halo<'_, T, D> {
    fn claimed(&self) -> &Claimed {
        self.rows.claimed()
    }

    fn claimed_mut(&mut self) -> &mut Claimed {
        self.rows.claimed_mut()
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for Halo<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Halo")
            .field("start", &self.start)
            .field("own", &self.own)
            .field("rows", &&**self)
            .finish()
    }
}
