//! [`Blocks`]: how a block is taken from the free ones and given back, so that a death in between harms nothing.
//!
//! The headers are the truth: from the first block on, each says where the next one starts, and
//! whether it is live. All else (lists, counts, back links) is a hint that a walk over the headers
//! makes anew after a death. Every change of the truth is one store:
//!
//! - *Taking* prepares the headers of the new block and of what remains, inside the free block, where
//!   no walk sees them. Then one store makes the free block's header that of the first of them.
//!   A process killed before has taken nothing.
//! - *Giving back* notes the block's serial first; whoever makes the hints anew frees the block of that
//!   serial if it is still live, so that from here on it counts as freed. Then one store makes the
//!   block free, and the next one lets its header or that of the free block before it span its
//!   free neighbours. A header swallowed so says that it is free, for those who still have its id.

use super::block_id::BlockId;
use super::demand::Demand;
use super::free_lists::FreeLists;
use super::header::{Area, GRANULE, HEADER, Head, Header, NO_SERIAL, State};
use super::owner::Owner;
use super::trouble::Trouble;
use super::words::ArenaWords;

/// The blocks of one arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks<'a> {
    pub(super) words: &'a ArenaWords,
    pub(super) area: Area<'a>,
}

/// A live block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'a> {
    at: u32,
    pub(super) header: Header<'a>,
    pub(super) head: Head,
}

impl Live<'_> {
    /// Where its payload starts, in bytes from the first block on.
    pub(super) fn payload_at(&self) -> usize {
        (self.at as usize + HEADER as usize) * GRANULE
    }
}

impl<'a> Blocks<'a> {
    pub(super) fn lists(self) -> FreeLists<'a> {
        FreeLists {
            words: self.words,
            area: self.area,
        }
    }

    /// The live block that `id` is the id of. Needs no lock.
    #[inline]
    pub(super) fn live(self, id: BlockId) -> Result<Live<'a>, Trouble> {
        if !self.words.has_issued(id.serial) {
            return Err(Trouble::Foreign);
        }
        let at = u32::try_from(id.at).map_err(|_| Trouble::Foreign)?;
        let header = self.area.header(at).ok_or(Trouble::Foreign)?;
        let has_serial = header.serial() == id.serial;
        match header.head() {
            Some(head) if has_serial && !head.is_free() => {
                if head.size > self.area.len() - at {
                    return Err(Trouble::Damage { at });
                }
                Ok(Live { at, header, head })
            }
            None if has_serial => Err(Trouble::Damage { at }),
            _ => Err(Trouble::Freed),
        }
    }

    /// Makes a live block. Only for the holder of the arena's lock.
    #[inline]
    pub(super) fn alloc(self, demand: &Demand, owner: Owner) -> Result<BlockId, Trouble> {
        match self.take(demand, owner) {
            Err(Trouble::Hints { .. }) => {
                self.rebuild()?;
                self.take(demand, owner)
            }
            taken => taken,
        }
    }

    /// Frees a live block. Only for the holder of the arena's lock.
    #[inline]
    pub(super) fn free(self, id: BlockId) -> Result<(), Trouble> {
        let live = self.live(id)?;
        self.words.note_freeing(id.serial);
        match self.give_back(live) {
            // Finishes it, as it would if this process had died.
            Err(Trouble::Hints { .. }) => self.rebuild(),
            given => given,
        }
    }

    #[inline]
    fn take(self, demand: &Demand, owner: Owner) -> Result<BlockId, Trouble> {
        let lists = self.lists();
        let found = lists.find(demand)?;
        let fit = found.and_then(|(at, size)| Some((at, size, demand.front_in(at, size)?)));
        let Some((at, found_size, front)) = fit else {
            return Err(self.no_room(demand));
        };
        let (found, _) = self.area.block(at)?;
        lists.remove(at, found_size)?;

        let mut size = demand.size;
        let rest = match found_size - front - size {
            rest @ HEADER.. => rest,
            too_little => {
                size += too_little;
                0
            }
        };
        let live_at = at + front;
        let rest_at = live_at + size;
        let header = |at| self.area.header(at).ok_or(Trouble::Damage { at });
        if let Some((after, _)) = self.area.block_after(at + found_size)? {
            after.set_before(if rest > 0 { rest } else { size });
        }
        if rest > 0 {
            let remainder = header(rest_at)?;
            remainder.set_before(size);
            remainder.set_head(Head::free(rest));
            lists.add(rest_at, rest)?;
        }
        let serial = self.words.take_serial();
        let live = Head {
            size,
            state: State::Live {
                slack: demand.slack(size),
            },
        };
        let made = header(live_at)?;
        made.set_serial(serial);
        made.set_owner(owner.to_word());
        self.words.count_live(1, size.into());
        if front > 0 {
            made.set_before(front);
            made.set_head(live);
            lists.add(at, front)?;
            found.set_head(Head::free(front));
        } else {
            made.set_head(live);
        }
        Ok(BlockId {
            at: live_at.into(),
            serial,
        })
    }

    #[inline]
    fn give_back(self, live: Live<'a>) -> Result<(), Trouble> {
        let Live { at, header, head } = live;
        let lists = self.lists();
        let size = head.size;
        let mut merged_at = at;
        let mut merged = header;
        let mut merged_size = size;

        if let Some((after, next)) = self.area.block_after(at + size)? {
            if after.before() != size {
                return Err(Trouble::Hints { at: at + size });
            }
            if next.is_free() {
                lists.remove(at + size, next.size)?;
                merged_size += next.size;
            }
        }
        if at > 0 {
            let before = header.before();
            let before_at = at.checked_sub(before).ok_or(Trouble::Hints { at })?;
            let (previous, head) = self.area.block(before_at)?;
            if head.size != before {
                return Err(Trouble::Hints { at });
            }
            if head.is_free() {
                lists.remove(before_at, before)?;
                (merged_at, merged) = (before_at, previous);
                merged_size += before;
            }
        }
        header.set_head(Head::free(size));
        header.set_serial(NO_SERIAL);
        merged.set_head(Head::free(merged_size));
        if let Some((after, _)) = self.area.block_after(merged_at + merged_size)? {
            after.set_before(merged_size);
        }
        self.words.count_live(-1, -i64::from(size));
        lists.add(merged_at, merged_size)
    }

    #[cold]
    fn no_room(self, demand: &Demand) -> Trouble {
        match self.lists().largest() {
            Ok(largest) => Trouble::NoRoom {
                demand: *demand,
                largest,
                free: self.free_payload(),
            },
            Err(trouble) => trouble,
        }
    }

    /// The payload of all free blocks, in bytes.
    pub(super) fn free_payload(self) -> usize {
        let counts = self.words.counts();
        let granules = u64::from(self.area.len()).saturating_sub(counts.used);
        let headers = counts.free.saturating_mul(HEADER.into());
        granules.saturating_sub(headers) as usize * GRANULE
    }

    /// The payload of all live blocks, in bytes.
    pub(super) fn used_payload(self) -> usize {
        let counts = self.words.counts();
        let headers = counts.live.saturating_mul(HEADER.into());
        let payload = counts.used.min(self.area.len().into());
        payload.saturating_sub(headers) as usize * GRANULE
    }
}
