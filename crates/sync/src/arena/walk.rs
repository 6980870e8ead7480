//! Walks over all blocks of an arena: to make the hints anew, to check them, and to list what lives.

use std::ops::ControlFlow;

use super::block_id::BlockId;
use super::blocks::Blocks;
use super::header::{Head, Header, NO_SERIAL, State};
use super::owner::Owner;
use super::size_class::N_CLASSES;
use super::trouble::Trouble;
use super::words::Counts;

/// A live block, as a list of them tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// Which it is.
    pub id: BlockId,
    /// Bytes that were asked for.
    pub len: usize,
    /// Whose it is.
    pub owner: Owner,
}

impl<'a> Blocks<'a> {
    /// Makes all hints what the headers say, joins free neighbours, and frees the block that a dead
    /// process was about to free.
    ///
    /// A process killed in here leaves hints that nobody relies on, and the next one begins again.
    #[cold]
    pub(super) fn rebuild(self) -> Result<(), Trouble> {
        self.words.doubt();
        self.words.clear_hints();
        let freeing = self.words.freeing();
        let mut before = 0;
        // The free blocks found since the last live one: where they start, and their granules.
        let mut run: Option<(u32, u32)> = None;
        self.each_block(|at, header, head| {
            if head.is_free() || header.serial() == freeing {
                header.set_head(Head::free(head.size));
                header.set_serial(NO_SERIAL);
                run = match run {
                    Some((start, size)) => Some((start, size + head.size)),
                    None => {
                        header.set_before(before);
                        Some((at, head.size))
                    }
                };
                return Ok(());
            }
            if let Some((start, size)) = run.take() {
                self.restore_free(start, size)?;
                before = size;
            }
            header.set_before(before);
            before = head.size;
            self.words.count_live(1, head.size.into());
            Ok(())
        })?;
        if let Some((start, size)) = run {
            self.restore_free(start, size)?;
        }
        self.words.rely();
        Ok(())
    }

    fn restore_free(self, at: u32, size: u32) -> Result<(), Trouble> {
        let (header, _) = self.area.block(at)?;
        header.set_head(Head::free(size));
        self.lists().add(at, size)
    }

    /// Fails unless every hint is what the headers say, and no two free blocks are neighbours.
    pub(super) fn check(self) -> Result<(), Trouble> {
        let mut counts = Counts {
            used: 0,
            live: 0,
            free: 0,
        };
        let mut before = 0;
        let mut was_free = false;
        self.each_block(|at, header, head| {
            if header.before() != before || (was_free && head.is_free()) {
                return Err(Trouble::Hints { at });
            }
            before = head.size;
            was_free = head.is_free();
            if was_free {
                counts.free += 1;
            } else {
                counts.live += 1;
                counts.used += u64::from(head.size);
            }
            Ok(())
        })?;
        let mut n_listed = 0;
        for class in 0..N_CLASSES {
            self.lists().walk(class, |_, _| {
                n_listed += 1;
                ControlFlow::<()>::Continue(())
            })?;
        }
        if counts != self.words.counts() || n_listed != counts.free {
            return Err(Trouble::Hints { at: 0 });
        }
        Ok(())
    }

    /// Puts all live blocks into `blocks`, as long as its capacity lasts; how many there are.
    pub(super) fn list(self, blocks: &mut Vec<BlockInfo>) -> Result<usize, Trouble> {
        let mut n_live = 0;
        self.each_block(|at, header, head| {
            if let State::Live { .. } = head.state {
                n_live += 1;
                // Nothing is allocated under a leaf lock: an allocator may be anybody's code.
                if blocks.len() < blocks.capacity() {
                    blocks.push(BlockInfo {
                        id: BlockId {
                            at: at.into(),
                            serial: header.serial(),
                        },
                        len: head.len(),
                        owner: Owner::from_word(header.owner()),
                    });
                }
            }
            Ok(())
        })?;
        Ok(n_live)
    }

    /// Shows `visit` every block in turn. Each is at least a header long, so that there is an end.
    fn each_block(
        self,
        mut visit: impl FnMut(u32, Header<'a>, Head) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut at = 0;
        while let Some((header, head)) = self.area.block_after(at)? {
            visit(at, header, head)?;
            at += head.size;
        }
        Ok(())
    }
}
