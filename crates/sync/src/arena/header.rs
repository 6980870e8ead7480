//! [`Area`] and [`Header`]: the blocks of an arena, which follow each other without a gap, as bytes.
//!
//! A block is a header of 32 bytes and its payload, together a multiple of 16 bytes, a *granule*.
//! The header, little-endian, version 1:
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | size | of the whole block, in granules, at least 2 |
//! | 4 | 2 | slack | bytes at the end that nobody asked for; at most 31, 0 in a free block |
//! | 6 | 2 | tag | `fb`: free; `lb`: live |
//! | 8 | 8 | serial | of a live block: the number of its allocation; 0 in a free one |
//! | 16 | 8 | owner | of a live block: see `owner.rs` |
//! | 16 | 4 | next | of a free block: the next one in its list, in granules; all ones for none |
//! | 20 | 4 | previous | of a free block: the one before it in its list |
//! | 24 | 4 | before | the size of the block that ends where this one starts; 0 for the first |
//! | 28 | 4 | zero | |
//!
//! The first eight bytes are the truth, and one store changes them. Next, previous and before are hints.

use std::sync::atomic::{AtomicU64, Ordering};

use super::trouble::Trouble;

/// Bytes of a granule.
pub(super) const GRANULE: usize = 16;
/// Granules of a header, and so of the smallest block.
pub(super) const HEADER: u32 = 2;
/// The serial of no allocation.
pub(super) const NO_SERIAL: u64 = 0;
/// No block.
pub(super) const NONE: u32 = u32::MAX;

const MOST_SLACK: u16 = 31;
const FREE: u16 = u16::from_le_bytes(*b"fb");
const LIVE: u16 = u16::from_le_bytes(*b"lb");

/// What the first eight bytes of a header say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// In granules, header included.
    pub(super) size: u32,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    Live { slack: u16 },
}

impl Head {
    pub(super) const fn free(size: u32) -> Self {
        let state = State::Free;
        Self { size, state }
    }

    #[inline]
    pub(super) fn is_free(self) -> bool {
        self.state == State::Free
    }

    /// The bytes of payload that were asked for.
    pub(super) fn len(self) -> usize {
        let slack = match self.state {
            State::Free => 0,
            State::Live { slack } => usize::from(slack),
        };
        payload_len(self.size).saturating_sub(slack)
    }

    #[inline]
    const fn to_word(self) -> u64 {
        let (slack, tag) = match self.state {
            State::Free => (0, FREE),
            State::Live { slack } => (slack, LIVE),
        };
        self.size as u64 | (slack as u64) << 32 | (tag as u64) << 48
    }

    /// `None` if no arena has written this.
    #[inline]
    const fn from_word(word: u64) -> Option<Self> {
        let size = word as u32;
        let slack = (word >> 32) as u16;
        let state = match ((word >> 48) as u16, slack) {
            (FREE, 0) => State::Free,
            (LIVE, 0..=MOST_SLACK) => State::Live { slack },
            _ => return None,
        };
        if size < HEADER {
            return None;
        }
        Some(Self { size, state })
    }
}

/// The bytes of payload in a block of `size` granules.
pub(super) const fn payload_len(size: u32) -> usize {
    (size as usize).saturating_sub(HEADER as usize) * GRANULE
}

/// All blocks of an arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area<'a> {
    pub(super) words: &'a [AtomicU64],
}

impl<'a> Area<'a> {
    const WORDS: usize = GRANULE / 8;

    /// How many granules there are.
    #[inline]
    pub(super) fn len(self) -> u32 {
        // An arena's length was checked when it was made or attached.
        (self.words.len() / Self::WORDS) as u32
    }

    /// The 32 bytes at granule `at`, whatever they are; `None` if they are not all in the arena.
    #[inline]
    pub(super) fn header(self, at: u32) -> Option<Header<'a>> {
        let from = self.words.get(at as usize * Self::WORDS..)?;
        Some(Header(from.first_chunk()?))
    }

    /// The header of a block that starts at granule `at`, and what it says.
    ///
    /// # Errors
    ///
    /// [`Trouble::Damage`] if it says nothing, or that the block is longer than what is there.
    #[inline]
    pub(super) fn block(self, at: u32) -> Result<(Header<'a>, Head), Trouble> {
        let header = self.header(at).ok_or(Trouble::Damage { at })?;
        match header.head() {
            Some(head) if head.size <= self.len() - at => Ok((header, head)),
            _ => Err(Trouble::Damage { at }),
        }
    }

    /// As [`block`](Self::block), where a block ends at granule `end`; `None` if the arena ends there.
    #[inline]
    pub(super) fn block_after(self, end: u32) -> Result<Option<(Header<'a>, Head)>, Trouble> {
        if end == self.len() {
            return Ok(None);
        }
        self.block(end).map(Some)
    }
}

/// The header of one block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a>(&'a [AtomicU64; 4]);

impl Header<'_> {
    /// `None` if no arena has written this.
    #[inline]
    pub(super) fn head(self) -> Option<Head> {
        // Acquire: what the owner wrote before the block became live is seen by who finds it live.
        Head::from_word(self.0[0].load(Ordering::Acquire))
    }

    /// Changes the truth. A process killed before this store has changed nothing; the store is not made
    /// before any that the program makes earlier.
    #[inline]
    pub(super) fn set_head(self, head: Head) {
        self.0[0].store(head.to_word(), Ordering::Release);
    }

    #[inline]
    pub(super) fn serial(self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set_serial(self, serial: u64) {
        self.0[1].store(serial, Ordering::Relaxed);
    }

    /// The owner of a live block.
    #[inline]
    pub(super) fn owner(self) -> u64 {
        self.0[2].load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn set_owner(self, owner: u64) {
        self.0[2].store(owner, Ordering::Relaxed);
    }

    /// The neighbours of a free block in its list.
    #[inline]
    pub(super) fn links(self) -> Links {
        let word = self.0[2].load(Ordering::Relaxed);
        Links {
            next: word as u32,
            previous: (word >> 32) as u32,
        }
    }

    #[inline]
    pub(super) fn set_links(self, links: Links) {
        let word = u64::from(links.next) | u64::from(links.previous) << 32;
        self.0[2].store(word, Ordering::Relaxed);
    }

    /// The size of the block before this one.
    #[inline]
    pub(super) fn before(self) -> u32 {
        self.0[3].load(Ordering::Relaxed) as u32
    }

    #[inline]
    pub(super) fn set_before(self, size: u32) {
        self.0[3].store(size.into(), Ordering::Relaxed);
    }
}

/// The neighbours of a free block in its list, or [`NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) next: u32,
    pub(super) previous: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_head_is_read_as_it_was_written(size in HEADER.., slack in 0..=MOST_SLACK) {
            for head in [Head::free(size), Head { size, state: State::Live { slack } }] {
                prop_assert_eq!(Head::from_word(head.to_word()), Some(head));
            }
        }

        #[test]
        fn any_word_is_a_head_or_none(word: u64, tag in prop_oneof![Just(FREE), Just(LIVE), any::<u16>()]) {
            let word = (word << 16 >> 16) | (u64::from(tag) << 48);
            if let Some(head) = Head::from_word(word) {
                prop_assert_eq!(head.to_word(), word);
                prop_assert!(head.size >= HEADER && head.len() <= payload_len(head.size));
            }
        }
    }
}
