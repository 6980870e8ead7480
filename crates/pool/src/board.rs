//! [`Board`]: a job's shared memory, as the parent and each worker see it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use multiproc_segment::{Bytes, Layout, Segment, SegmentError};

use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::line::Line;

/// "mprbrd" and the version of [`BoardLayout`].
const KIND: u64 = u64::from_le_bytes(*b"mprbrd01");

/// The longest result that lies in its slot.
pub(crate) const INLINE_LEN: usize = 14;
const IN_BLOCK: u64 = 255;

/// The shared memory of one job.
///
/// Who writes what: the parent everything before the first worker is told and between rounds; a worker its own
/// line and the results of the items it claimed. An item's result is read only after its first word is seen
/// (Acquire, pairs with the Release of [`publish`](Board::publish)).
#[derive(Clone, Debug)]
pub(crate) struct Board {
    segment: Segment,
    /// `layout.len()` is at most the segment's length.
    layout: BoardLayout,
}

/// What an item's result slot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Unfinished,
    Value(Place),
    Fault(Place),
    /// There was no memory for so many bytes.
    NoRoom {
        needed: u64,
    },
}

/// Where the bytes of a result are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Here { bytes: [u8; INLINE_LEN], len: usize },
    Block { number: u64, offset: u64 },
}

/// What kind of bytes a worker publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Value = 1,
    Fault = 2,
    NoRoom = 3,
}

impl Board {
    /// Makes a board of zeros for one job.
    pub(crate) fn create(layout: BoardLayout) -> Result<Board, PoolError> {
        // More than can be addressed is more than there is room for, and is reported in the same words.
        Board::with_room(layout, layout.len().unwrap_or(isize::MAX as usize))
    }

    /// Makes a board of zeros in `room` bytes, at least those of `layout`.
    pub(crate) fn with_room(layout: BoardLayout, room: usize) -> Result<Board, PoolError> {
        let segment = Segment::anonymous(Layout {
            payload_len: room,
            control_len: 0,
            kind: KIND,
        })?;
        Ok(Board { segment, layout })
    }

    /// Makes a board in the memory of an old one, which nobody uses any more and which is long enough.
    pub(crate) fn recycle(old: Board, layout: BoardLayout) -> Result<Board, SegmentError> {
        // Arguments and scratch areas are written before they are read.
        let used = layout.argument_start(0);
        old.segment.payload().fill(0, used, 0)?;
        Ok(Board {
            segment: old.segment,
            layout,
        })
    }

    /// Takes a segment that another process made for `layout`.
    pub(crate) fn attach(segment: Segment, layout: BoardLayout) -> Result<Board, PoolError> {
        let fits = layout.len().is_some_and(|len| len <= segment.len());
        if segment.kind() != KIND || !fits {
            return Err(PoolError::Corrupt {
                what: "a job came with memory that is not a job's",
            });
        }
        Ok(Board { segment, layout })
    }

    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    pub(crate) fn layout(&self) -> BoardLayout {
        self.layout
    }

    pub(crate) fn bytes(&self) -> Bytes<'_> {
        self.segment.payload()
    }

    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        self.bytes()
            .atomic_u64(offset)
            .expect("the layout's offsets are aligned and within its length")
    }

    /// Claims `n` positions of the round, and returns the first.
    ///
    /// Each worker claims past the end once, so the counter stays far from its own end.
    pub(crate) fn claim(&self, n: usize) -> u64 {
        self.word(BoardLayout::NEXT).fetch_add(n as u64, Relaxed)
    }

    /// Begins a round. Nobody claims meanwhile: all workers are drained or dead.
    pub(crate) fn restart_counter(&self) {
        self.word(BoardLayout::NEXT).store(0, Relaxed);
    }

    pub(crate) fn line(&self, slot: usize) -> Line<'_> {
        Line::new(self, slot)
    }

    /// Writes the encoded arguments: item `i` is `bytes[starts[i]..starts[i + 1]]`.
    pub(crate) fn write_arguments(&self, starts: &[u64], bytes: &[u8]) -> Result<(), SegmentError> {
        if bytes.is_empty() {
            return Ok(());
        }
        for (item, &start) in starts.iter().enumerate() {
            self.word(self.layout.argument_start(item))
                .store(start, Relaxed);
        }
        self.bytes().write(self.layout.arguments(), bytes)
    }

    /// Copies the encoded argument of `item` into `buffer`.
    pub(crate) fn read_argument(
        &self,
        item: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<(), SegmentError> {
        buffer.clear();
        if self.layout.arguments_len == 0 {
            return Ok(());
        }
        let start = self.word(self.layout.argument_start(item)).load(Relaxed) as usize;
        let end = self
            .word(self.layout.argument_start(item + 1))
            .load(Relaxed) as usize;
        let argument = self
            .bytes()
            .slice(self.layout.arguments(), self.layout.arguments_len)?
            .slice(start, end.wrapping_sub(start))?;
        buffer.resize(argument.len(), 0);
        argument.read(0, buffer)
    }

    /// Publishes the result of `item`: from here on it is finished.
    pub(crate) fn publish(&self, item: usize, kind: Kind, place: &Place) {
        let (first, second) = match *place {
            Place::Here { bytes, len } => {
                let (low, high) = bytes.split_at(8);
                let mut rest = [0; 8];
                rest[2..].copy_from_slice(high);
                let low = low.try_into().expect("split at 8");
                (
                    u64::from_le_bytes(rest) | (len as u64) << 8,
                    u64::from_le_bytes(low),
                )
            }
            Place::Block { number, offset } => (IN_BLOCK << 8 | number << 16, offset),
        };
        let slot = self.layout.result(item);
        self.word(slot + 8).store(second, Relaxed);
        // Release: whoever sees this word sees the result, and in an array job the item's rows.
        self.word(slot).store(first | kind as u64, Release);
    }

    pub(crate) fn is_finished(&self, item: usize) -> bool {
        self.word(self.layout.result(item)).load(Acquire) != 0
    }

    pub(crate) fn result(&self, item: usize) -> Result<Slot, PoolError> {
        let slot = self.layout.result(item);
        let first = self.word(slot).load(Acquire);
        let second = self.word(slot + 8).load(Relaxed);
        let corrupt = PoolError::Corrupt {
            what: "an item's result slot holds no result",
        };
        let place = match (first >> 8) & 0xff {
            IN_BLOCK => Place::Block {
                number: first >> 16,
                offset: second,
            },
            len if len as usize <= INLINE_LEN => {
                let mut bytes = [0; INLINE_LEN];
                let (low, high) = bytes.split_at_mut(8);
                low.copy_from_slice(&second.to_le_bytes());
                high.copy_from_slice(&first.to_le_bytes()[2..]);
                Place::Here {
                    bytes,
                    len: len as usize,
                }
            }
            _ => return Err(corrupt),
        };
        match first & 0xff {
            0 => Ok(Slot::Unfinished),
            1 => Ok(Slot::Value(place)),
            2 => Ok(Slot::Fault(place)),
            3 => Ok(Slot::NoRoom { needed: second }),
            _ => Err(corrupt),
        }
    }

    /// Returns the area where the worker of `slot` keeps a copy of the part it is at.
    pub(crate) fn scratch(&self, slot: usize) -> Bytes<'_> {
        self.bytes()
            .slice(self.layout.scratch(slot), self.layout.scratch_len)
            .expect("the layout's areas lie within its length")
    }
}

impl Place {
    pub(crate) fn here(source: &[u8]) -> Place {
        let mut bytes = [0; INLINE_LEN];
        bytes[..source.len()].copy_from_slice(source);
        Place::Here {
            bytes,
            len: source.len(),
        }
    }

    /// A number by itself, as [`Kind::NoRoom`] has it.
    pub(crate) fn number(number: u64) -> Place {
        Place::here(&number.to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::create(BoardLayout {
            items: 3,
            slots: 2,
            arguments_len: 6,
            scratch_len: 8,
        })
        .expect("a small board")
    }

    #[test]
    fn arguments_are_read_as_they_were_written() {
        let board = board();
        board.write_arguments(&[0, 2, 2, 6], b"abcdef").unwrap();
        let mut buffer = Vec::new();
        for (item, argument) in [b"ab".as_slice(), b"", b"cdef"].into_iter().enumerate() {
            board.read_argument(item, &mut buffer).unwrap();
            assert_eq!(buffer, argument);
        }
    }

    #[test]
    fn a_result_of_any_short_length_comes_back() {
        let board = board();
        let bytes: Vec<u8> = (1..=INLINE_LEN as u8).collect();
        for len in 0..=INLINE_LEN {
            let place = Place::here(&bytes[..len]);
            board.publish(1, Kind::Value, &place);
            assert_eq!(board.result(1).unwrap(), Slot::Value(place));
        }
        assert_eq!(board.result(0).unwrap(), Slot::Unfinished);
        let place = Place::Block {
            number: (1 << 48) - 1,
            offset: u64::MAX,
        };
        board.publish(2, Kind::Fault, &place);
        assert_eq!(board.result(2).unwrap(), Slot::Fault(place));
    }

    #[test]
    fn a_slot_that_somebody_wrote_over_is_corrupt() {
        let board = board();
        board.word(board.layout.result(0)).store(0x17, Relaxed);
        assert!(board.result(0).is_err());
        board.word(board.layout.result(0)).store(0x2001, Relaxed);
        assert!(board.result(0).is_err());
    }
}
