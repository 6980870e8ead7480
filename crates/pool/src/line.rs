//! [`Line`]: what the workers of one slot note of themselves, for their parent to read when one dies.

use std::ops::Range;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::board::Board;
use crate::board_layout::TEXT_LEN;

/// The line of one slot on a job's board.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    board: &'a Board,
    offset: usize,
}

impl<'a> Line<'a> {
    pub(crate) fn new(board: &'a Board, slot: usize) -> Line<'a> {
        Line {
            board,
            offset: board.layout().line(slot),
        }
    }

    fn word(self, offset: usize) -> &'a AtomicU64 {
        self.board.word(self.offset + offset)
    }

    /// Notes the run of items that an array claim is about to be taken for.
    pub(crate) fn hold(self, run: Range<usize>) {
        // The end first: seen alone, it makes at worst a run that is longer than what is claimed.
        self.word(8).store(run.end as u64, Relaxed);
        self.word(0).store(run.start as u64, Release);
    }

    pub(crate) fn release(self) {
        self.word(8).store(0, Release);
    }

    pub(crate) fn held(self) -> Range<usize> {
        self.word(0).load(Acquire) as usize..self.word(8).load(Acquire) as usize
    }

    pub(crate) fn begin(self, item: usize) {
        // Release: pairs with the Acquire in `in_progress`, which must not miss what came before.
        self.word(16).store(item as u64 + 1, Release);
    }

    /// Returns the item that was begun last, if it is not finished.
    pub(crate) fn in_progress(self) -> Option<usize> {
        let item = (self.word(16).load(Acquire) as usize).checked_sub(1)?;
        let known = item < self.board.layout().items;
        (known && !self.board.is_finished(item)).then_some(item)
    }

    pub(crate) fn count_finished(self) {
        // Only the worker of this slot writes here.
        let counter = self.word(24);
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    pub(crate) fn finished(self) -> u64 {
        self.word(24).load(Relaxed)
    }

    /// Notes that the part of `item` is whole in the scratch area.
    pub(crate) fn saved(self, item: usize) {
        // Release: pairs with the Acquire in `has_saved`, so that the copy is seen whole.
        self.word(32).store(item as u64 + 1, Release);
    }

    pub(crate) fn has_saved(self, item: usize) -> bool {
        self.word(32).load(Acquire) == item as u64 + 1
    }

    /// Leaves a panic's text; what does not fit is cut off.
    pub(crate) fn leave_text(self, text: &[u8]) {
        let text = &text[..text.len().min(TEXT_LEN)];
        if self.board.bytes().write(self.offset + 64, text).is_ok() {
            // Release: pairs with the Acquire in `text`.
            self.word(40).store(text.len() as u64, Release);
        }
    }

    pub(crate) fn forget_text(self) {
        self.word(40).store(0, Relaxed);
    }

    pub(crate) fn text(self) -> Option<Vec<u8>> {
        let len = self.word(40).load(Acquire) as usize;
        if len == 0 || len > TEXT_LEN {
            return None;
        }
        let mut text = vec![0; len];
        self.board.bytes().read(self.offset + 64, &mut text).ok()?;
        Some(text)
    }

    /// Forgets what a dead worker noted, but for what the slot has finished.
    pub(crate) fn clear(self) {
        for offset in [0, 8, 16, 32, 40] {
            self.word(offset).store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{Kind, Place};
    use crate::board_layout::BoardLayout;

    fn board() -> Board {
        let layout = BoardLayout {
            items: 3,
            slots: 2,
            arguments_len: 0,
            scratch_len: 0,
        };
        Board::create(layout).expect("a small board")
    }

    #[test]
    fn an_item_is_in_progress_from_its_beginning_to_its_result() {
        let board = board();
        let line = board.line(1);
        assert_eq!(line.in_progress(), None);
        line.begin(0);
        assert_eq!(line.in_progress(), Some(0));
        board.publish(0, Kind::Value, &Place::here(b""));
        assert_eq!(line.in_progress(), None);
    }

    #[test]
    fn a_long_text_is_cut_to_its_place() {
        let board = board();
        board.line(0).leave_text(&[b'x'; TEXT_LEN + 5]);
        assert_eq!(board.line(0).text().unwrap().len(), TEXT_LEN);
        board.line(0).clear();
        assert_eq!(board.line(0).text(), None);
        assert_eq!(board.line(1).text(), None);
    }
}
