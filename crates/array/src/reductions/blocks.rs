//! [`Blocks`]: values in order, some at a time, wherever they come from.

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
