//! [`StateSlots`]: the state of a shared stream in a segment's payload, version 1.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 8 | commit | the number of the present state, 48 bits, whose lowest bit says which slot holds it; below them the low 16 bits of the number's CRC-32C |
//! | 16 | half of the rest | slot 0 | |
//! | | half of the rest | slot 1 | |
//!
//! A slot, in words of 64 bits: CRC-32C of all that follows; the number of the state; how many values were handed
//! out in leases and blocks; the words of an [`AnySource`], of which a stream always has equally many.
//! Small states so lie on few cache lines, which is what processes wait for that draw in turn.
//!
//! A new state is written to the slot that is not the present one, and becomes the present state by one
//! store to the commit word. Whoever is killed before that store has changed nothing.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use multiproc_rng::AnySource;
use multiproc_segment::{Bytes, Segment, SegmentError};

use crate::checksum::checksum;
use crate::error::SharedRngError;

/// What the segments of shared streams are marked with.
pub(crate) const KIND: u64 = u64::from_le_bytes(*b"rngstrm1");

const SLOTS_AT: usize = 16;
/// Words of a slot before those of the source.
const HEAD: usize = 3;

/// The bytes of the two slots and the commit word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateSlots<'a> {
    bytes: Bytes<'a>,
    /// Words of a slot.
    n_words: usize,
}

/// Memory for the words of a slot, to be used again.
pub(crate) type Scratch = Vec<u64>;

/// A state as it is in a slot.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    pub(crate) number: u64,
    pub(crate) handed_out: u64,
    pub(crate) source: AnySource,
}

/// The number of the state after the one with this number.
pub(crate) fn next_number(number: u64) -> u64 {
    (number + 1) % (1 << 48)
}

fn commit_word(number: u64) -> u64 {
    number << 16 | u64::from(checksum(&[number]) as u16)
}

impl<'a> StateSlots<'a> {
    /// The bytes that the states of `source` need.
    pub(crate) fn len_for(source: &AnySource) -> usize {
        let mut n_words = HEAD;
        source.write_words(|_| n_words += 1);
        SLOTS_AT + 2 * 8 * n_words
    }

    /// The slots of a segment that is marked as a shared stream's.
    pub(crate) fn of(segment: &'a Segment) -> Result<StateSlots<'a>, SharedRngError> {
        let bytes = segment.payload();
        let n_words = bytes.len().saturating_sub(SLOTS_AT) / (2 * 8);
        if segment.kind() != KIND || n_words <= HEAD || n_words > HEAD + AnySource::MOST_WORDS {
            let segment = segment.id();
            return Err(SharedRngError::NotAStream { segment });
        }
        Ok(StateSlots { bytes, n_words })
    }

    /// The word that changes with each commit.
    pub(crate) fn commit_word(self) -> Result<u64, SegmentError> {
        // Acquire: pairs with the Release in `commit`.
        Ok(self.bytes.atomic_u64(0)?.load(Acquire))
    }

    /// The present state.
    pub(crate) fn load(self, scratch: &mut Scratch) -> Result<Saved, SharedRngError> {
        let commit = self.commit_word()?;
        let number = commit >> 16;
        match self.read(number, scratch)? {
            Some(saved) if saved.number == number && commit_word(number) == commit => Ok(saved),
            _ => Err(SharedRngError::Corrupt {
                commit: number,
                whole: self.newest_whole()?.map(|saved| saved.number),
            }),
        }
    }

    /// Writes the state that follows the present one, and makes it the present one; returns the
    /// commit word.
    pub(crate) fn commit(self, next: &Saved, scratch: &mut Scratch) -> Result<u64, SegmentError> {
        let slot = self.slot(next.number)?;
        scratch.clear();
        scratch.extend([0, next.number, next.handed_out]);
        next.source.write_words(|word| scratch.push(word));
        scratch[0] = checksum(&scratch[1..]).into();
        for (i, word) in scratch.iter().enumerate() {
            slot.atomic_u64(8 * i)?.store(*word, Relaxed);
        }
        let commit = commit_word(next.number);
        // Release: pairs with the Acquire in `commit_word`.
        self.bytes.atomic_u64(0)?.store(commit, Release);
        Ok(commit)
    }

    /// The newest state that is whole: what is left if the present one is not.
    pub(crate) fn newest_whole(self) -> Result<Option<Saved>, SharedRngError> {
        let mut scratch = Scratch::new();
        let slots = (self.read(0, &mut scratch)?, self.read(1, &mut scratch)?);
        Ok(match slots {
            (Some(even), Some(odd)) if next_number(odd.number) == even.number => Some(even),
            (even, odd) => odd.or(even),
        })
    }

    /// What the slot for states of such a number holds, if it is whole.
    fn read(self, number: u64, scratch: &mut Scratch) -> Result<Option<Saved>, SharedRngError> {
        let slot = self.slot(number)?;
        scratch.clear();
        for i in 0..self.n_words {
            scratch.push(slot.atomic_u64(8 * i)?.load(Relaxed));
        }
        let is_whole = u64::from(checksum(&scratch[1..])) == scratch[0];
        let (number, handed_out) = (scratch[1], scratch[2]);
        let source = AnySource::from_words(scratch[HEAD..].iter().copied()).ok();
        Ok(source.filter(|_| is_whole).map(|source| Saved {
            number,
            handed_out,
            source,
        }))
    }

    fn slot(self, number: u64) -> Result<Bytes<'a>, SegmentError> {
        let len = 8 * self.n_words;
        self.bytes
            .slice(SLOTS_AT + (number % 2) as usize * len, len)
    }
}
