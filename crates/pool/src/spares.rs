//! [`Spares`]: jobs' memory that is used again, so that small jobs make no system calls for it.

use multiproc_segment::SegmentId;

use crate::board::Board;
use crate::board_layout::BoardLayout;
use crate::error::PoolError;

/// Memory longer than this is given back after its job instead of being kept for the next.
const LONGEST: usize = 8 << 20;
const SHORTEST: usize = 64 << 10;
/// As many jobs at a time have memory that is used again.
const MOST: usize = 8;

/// Memory for one job.
pub(crate) struct Room {
    pub(crate) board: Board,
    /// Whether later jobs use it again.
    pub(crate) is_kept: bool,
}

impl Room {
    /// Makes memory that is given back to the system when the job is over.
    pub(crate) fn for_once(layout: BoardLayout) -> Result<Room, PoolError> {
        Ok(Room {
            board: Board::create(layout)?,
            is_kept: false,
        })
    }
}

/// The memory that a pool's jobs use again. All workers know it, so it lives as long as the pool.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    kept: Vec<SegmentId>,
    idle: Vec<Board>,
}

impl Spares {
    /// Returns memory for a job.
    pub(crate) fn room(&mut self, layout: BoardLayout) -> Result<Room, PoolError> {
        let Some(len) = layout.len().filter(|&len| len <= LONGEST) else {
            return Room::for_once(layout);
        };
        let fits = |board: &Board| board.segment().len() >= len;
        let board = match self.idle.iter().position(fits) {
            Some(position) => Board::recycle(self.idle.swap_remove(position), layout)?,
            None if self.kept.len() < MOST => {
                let board = Board::with_room(layout, len.next_power_of_two().max(SHORTEST))?;
                self.kept.push(board.segment().id());
                board
            }
            None => return Room::for_once(layout),
        };
        Ok(Room {
            board,
            is_kept: true,
        })
    }

    /// Takes a job's memory back. No worker uses it any more.
    pub(crate) fn give_back(&mut self, board: Board) {
        if self.kept.contains(&board.segment().id()) {
            self.idle.push(board);
        }
    }
}
