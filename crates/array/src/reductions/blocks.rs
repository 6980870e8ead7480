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
pub(super) fn gathered<'a, T: bytemuck::Zeroable + Copy + 'a>(
    lanes: impl IntoIterator<Item = ArrayView1<'a, T>>,
) -> impl Blocks<Value = T> {
    let mut lanes = lanes.into_iter();
    let mut lane = ArrayView1::from(&[]);
    Gathered::by(move |mut block: &mut [T]| {
        while !block.is_empty() {
            if lane.is_empty() {
                lane = lanes.next().expect("as many values as are asked for");
            }
            let (now, later) = lane.split_at(Axis(0), lane.len().min(block.len()));
            let (slots, rest) = block.split_at_mut(now.len());
            // ndarray steps through two arrays far faster than through an iterator over one.
            Zip::from(ArrayViewMut1::from(slots))
                .and(now)
                .for_each(|slot, &value| *slot = value);
            (lane, block) = (later, rest);
        }
    })
}
