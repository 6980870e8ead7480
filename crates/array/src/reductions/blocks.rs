//! [`Blocks`]: values in order, some at a time, wherever they come from.

use ndarray::{ArrayView1, ArrayViewMut1, Axis, Zip};

/// The most values that are ever asked for at once.
pub(super) const BLOCK: usize = 128;

/// Values in order.
pub(super) trait Blocks {
    /// What they are.
    type Value: Copy;

    /// The next `len` values, at most [`BLOCK`]. Nobody asks for more than there are.
    fn next(&mut self, len: usize) -> &[Self::Value];

    /// The next `len` values where they lie, if that is at one distance from one another; otherwise
    /// `None`, and [`next`](Self::next) has them.
    fn next_apart(&mut self, _len: usize) -> Option<ArrayView1<'_, Self::Value>> {
        None
    }
}

/// The values of a slice.
impl<T: Copy> Blocks for &[T] {
    type Value = T;

    fn next(&mut self, len: usize) -> &[T] {
        let (next, later) = self.split_at(len);
        *self = later;
        next
    }
}

impl<B: Blocks + ?Sized> Blocks for &mut B {
    type Value = B::Value;

    fn next(&mut self, len: usize) -> &[B::Value] {
        (**self).next(len)
    }

    fn next_apart(&mut self, len: usize) -> Option<ArrayView1<'_, B::Value>> {
        (**self).next_apart(len)
    }
}

/// Values that a function puts one block after the other where they are wanted.
pub(super) struct Gathered<T, F> {
    block: [T; BLOCK],
    gather: F,
}

impl<T: bytemuck::Zeroable + Copy, F: FnMut(&mut [T])> Gathered<T, F> {
    pub(super) fn by(gather: F) -> Self {
        Gathered {
            block: [T::zeroed(); BLOCK],
            gather,
        }
    }
}

impl<T: Copy, F: FnMut(&mut [T])> Blocks for Gathered<T, F> {
    type Value = T;

    fn next(&mut self, len: usize) -> &[T] {
        let block = &mut self.block[..len];
        (self.gather)(block);
        block
    }
}

/// `value(0)`, `value(1)` and so on.
pub(super) fn counted<T: bytemuck::Zeroable + Copy>(
    mut value: impl FnMut(usize) -> T,
) -> impl Blocks<Value = T> {
    let mut count = 0;
    Gathered::by(move |block: &mut [T]| {
        for slot in block {
            *slot = value(count);
            count += 1;
        }
    })
}

/// The values of one lane behind the other.
pub(super) struct Lanes<'a, T, L> {
    lanes: L,
    /// What is left of the lane that was begun.
    lane: ArrayView1<'a, T>,
    block: [T; BLOCK],
}

impl<'a, T: bytemuck::Zeroable + Copy, L: Iterator<Item = ArrayView1<'a, T>>> Lanes<'a, T, L> {
    pub(super) fn of(lanes: impl IntoIterator<IntoIter = L>) -> Self {
        Lanes {
            lanes: lanes.into_iter(),
            lane: ArrayView1::from(&[]),
            block: [T::zeroed(); BLOCK],
        }
    }

    fn go_on(&mut self) {
        while self.lane.is_empty() {
            self.lane = self.lanes.next().expect("as many values as are asked for");
        }
    }
}

impl<'a, T, L> Blocks for Lanes<'a, T, L>
where
    T: bytemuck::Zeroable + Copy,
    L: Iterator<Item = ArrayView1<'a, T>>,
{
    type Value = T;

    fn next(&mut self, len: usize) -> &[T] {
        let mut filled = 0;
        while filled < len {
            self.go_on();
            let at = self.lane.len().min(len - filled);
            let (now, later) = self.lane.split_at(Axis(0), at);
            // ndarray steps through two arrays far faster than through an iterator over one.
            Zip::from(ArrayViewMut1::from(&mut self.block[filled..filled + at]))
                .and(now)
                .for_each(|slot, &value| *slot = value);
            self.lane = later;
            filled += at;
        }
        &self.block[..len]
    }

    fn next_apart(&mut self, len: usize) -> Option<ArrayView1<'_, T>> {
        if len == 0 {
            return None;
        }
        self.go_on();
        if self.lane.len() < len {
            return None;
        }
        let (now, later) = self.lane.split_at(Axis(0), len);
        self.lane = later;
        Some(now)
    }
}
