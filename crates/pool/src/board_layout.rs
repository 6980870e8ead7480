//! [`BoardLayout`]: which bytes of a job's memory mean what.

use serde::{Deserialize, Serialize};

/// The bytes of a panic's text that a worker's line has room for.
pub(crate) const TEXT_LEN: usize = 4096 - 64;

/// The sizes from which a job's memory is laid out; parent and workers compute the same.
///
/// All numbers are 8 bytes in the machine's order. `N` items, `W` slots for workers, `A` bytes of arguments:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | the next position of the round to be claimed; alone on its cache line |
/// | 64 | 4096 W | a line for each slot, below |
/// | then | 16 N | a result for each item, below |
/// | then | 8 (N + 1), or 0 if A is 0 | where each item's argument starts, and the last one's end |
/// | then | A | the encoded arguments |
/// | at a multiple of 64 | W times the scratch length | a copy of the part that each worker is at |
///
/// A worker's line:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 8 | first item of the run of items that the worker holds an array claim for |
/// | 8 | 8 | the end of that run; none if it is not beyond the first |
/// | 16 | 8 | 1 + the item in progress; 0 before the first |
/// | 24 | 8 | how many items workers of this slot have finished |
/// | 32 | 8 | 1 + the item whose part is whole in the scratch area |
/// | 40 | 8 | how many bytes of text there are |
/// | 64 | 4032 | a panic, encoded |
///
/// A result, whose first word is written last:
///
/// | bits of the first word | what |
/// |---|---|
/// | 0 to 7 | 0 not finished, 1 a result, 2 a [`Fault`](crate::fault::Fault), 3 no room: the second word says for how many bytes |
/// | 8 to 15 | how many bytes are here, in the second word and then in bits 16 to 63; 255 if they are in a block |
/// | 16 to 63 | if so, the number of the block, in which the second word is the offset of the length and then the bytes |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BoardLayout {
    pub(crate) items: usize,
    pub(crate) slots: usize,
    pub(crate) arguments_len: usize,
    pub(crate) scratch_len: usize,
}

const LINES: usize = 64;
pub(crate) const LINE_LEN: usize = 64 + TEXT_LEN;
const RESULT_LEN: usize = 16;

impl BoardLayout {
    /// Returns the length of the whole, or `None` if it is more than can be addressed.
    pub(crate) fn len(&self) -> Option<usize> {
        let starts = match self.arguments_len {
            0 => 0,
            _ => self.items.checked_add(1)?.checked_mul(8)?,
        };
        LINES
            .checked_add(self.slots.checked_mul(LINE_LEN)?)?
            .checked_add(self.items.checked_mul(RESULT_LEN)?)?
            .checked_add(starts)?
            .checked_add(self.arguments_len)?
            .checked_next_multiple_of(64)?
            .checked_add(self.slots.checked_mul(self.scratch_len)?)
            .filter(|&len| len <= isize::MAX as usize)
    }

    pub(crate) const NEXT: usize = 0;

    pub(crate) fn line(&self, slot: usize) -> usize {
        LINES + slot * LINE_LEN
    }

    pub(crate) fn result(&self, item: usize) -> usize {
        self.line(self.slots) + item * RESULT_LEN
    }

    /// Where the start of `item`'s argument is noted.
    pub(crate) fn argument_start(&self, item: usize) -> usize {
        self.result(self.items) + item * 8
    }

    pub(crate) fn arguments(&self) -> usize {
        match self.arguments_len {
            0 => self.result(self.items),
            _ => self.argument_start(self.items + 1),
        }
    }

    pub(crate) fn scratch(&self, slot: usize) -> usize {
        (self.arguments() + self.arguments_len).next_multiple_of(64) + slot * self.scratch_len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_areas_follow_one_another_without_overlap() {
        let layout = BoardLayout {
            items: 5,
            slots: 3,
            arguments_len: 17,
            scratch_len: 24,
        };
        let edges = [
            BoardLayout::NEXT + 8,
            layout.line(0),
            layout.line(2) + LINE_LEN,
            layout.result(0),
            layout.result(4) + 16,
            layout.argument_start(0),
            layout.argument_start(5) + 8,
            layout.arguments(),
            layout.arguments() + 17,
            layout.scratch(0),
        ];
        assert!(edges.is_sorted(), "{edges:?}");
        assert_eq!(layout.len(), Some(layout.scratch(2) + 24));
        assert_eq!(layout.scratch(0) % 64, 0);
    }

    #[test]
    fn a_job_beyond_the_address_space_has_no_length() {
        let layout = BoardLayout {
            items: usize::MAX / 8,
            slots: 1,
            arguments_len: 0,
            scratch_len: 0,
        };
        assert_eq!(layout.len(), None);
    }
}
