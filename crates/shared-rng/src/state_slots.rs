//! [`StateSlots`]: the state of a shared stream in a segment's payload, version 1.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 8 | commit | the number of the present state, 48 bits, whose lowest bit says which slot holds it; below them the low 16 bits of the number's CRC-32C |
//! | 128 | 2560 | slot 0 | |
//! | 2688 | 2560 | slot 1 | |
//!
//! A slot, in words of 64 bits: CRC-32C of all that follows, with the number of the state's words above it; the
//! number of the state; how many values were handed out in leases and blocks; the words of an
//! [`AnySource`].
//!
//! A new state is written to the slot that is not the present one, and becomes the present state by one
//! store to the commit word. Whoever is killed before that store has changed nothing.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use multiproc_rng::AnySource;
use multiproc_segment::{Bytes, Segment, SegmentError};

use crate::checksum::Checksum;
use crate::error::SharedRngError;

/// What the segments of shared streams are marked with.
pub(crate) const KIND: u64 = u64::from_le_bytes(*b"rngstrm1");

const SLOTS_AT: usize = 128;
const SLOT_LEN: usize = 2560;
/// Words of a slot before those of the source.
const HEAD: usize = 3;

const _: () = assert!(8 * (HEAD + AnySource::MOST_WORDS) <= SLOT_LEN);

/// The bytes of the two slots and the commit word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateSlots<'a>(Bytes<'a>);

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
    let mut checksum = Checksum::new();
    checksum.push(number);
    number << 16 | u64::from(checksum.value() as u16)
}

impl<'a> StateSlots<'a> {
    pub(crate) const LEN: usize = SLOTS_AT + 2 * SLOT_LEN;

    /// The slots of a segment that is marked as a shared stream's.
    pub(crate) fn of(segment: &'a Segment) -> Result<StateSlots<'a>, SharedRngError> {
        if segment.kind() != KIND {
            let segment = segment.id();
            return Err(SharedRngError::NotAStream { segment });
        }
        Ok(StateSlots(segment.payload().slice(0, StateSlots::LEN)?))
    }

    /// The present state.
    pub(crate) fn load(self) -> Result<Saved, SharedRngError> {
        // Acquire: pairs with the Release in `commit`.
        let commit = self.0.atomic_u64(0)?.load(Acquire);
        let number = commit >> 16;
        match self.read(number)? {
            Some(saved) if saved.number == number && commit_word(number) == commit => Ok(saved),
            _ => Err(SharedRngError::Corrupt {
                commit: number,
                whole: self.newest_whole()?.map(|saved| saved.number),
            }),
        }
    }

    /// Writes the state that follows `present`, and makes it the present one.
    pub(crate) fn commit(self, next: Saved) -> Result<(), SegmentError> {
        let number = next.number;
        let slot = self.slot(number)?;
        let mut checksum = Checksum::new();
        let mut written = HEAD - 2;
        let mut failed = None;
        let mut push = |word| {
            checksum.push(word);
            match slot.atomic_u64(8 * written) {
                Ok(place) => place.store(word, Relaxed),
                Err(error) => failed = Some(error),
            }
            written += 1;
        };
        push(number);
        push(next.handed_out);
        next.source.write_words(push);
        if let Some(error) = failed {
            return Err(error);
        }
        let n_words = (written - HEAD) as u64;
        checksum.push(n_words);
        let head = n_words << 32 | u64::from(checksum.value());
        slot.atomic_u64(0)?.store(head, Relaxed);
        // Release: pairs with the Acquire in `load`.
        self.0.atomic_u64(0)?.store(commit_word(number), Release);
        Ok(())
    }

    /// The newest state that is whole: what is left if the present one is not.
    pub(crate) fn newest_whole(self) -> Result<Option<Saved>, SharedRngError> {
        Ok(match (self.read(0)?, self.read(1)?) {
            (Some(even), Some(odd)) if next_number(odd.number) == even.number => Some(even),
            (even, odd) => odd.or(even),
        })
    }

    /// What the slot for states of such a number holds, if it is whole.
    fn read(self, number: u64) -> Result<Option<Saved>, SharedRngError> {
        let slot = self.slot(number)?;
        let word = |i: usize| slot.atomic_u64(8 * i).map(|word| word.load(Relaxed));
        let head = word(0)?;
        let n_words = (head >> 32) as usize;
        if n_words > AnySource::MOST_WORDS {
            return Ok(None);
        }
        let mut checksum = Checksum::new();
        let mut next = HEAD - 2;
        let mut pull = || {
            let word = word(next).unwrap_or(0);
            checksum.push(word);
            next += 1;
            word
        };
        let (number, handed_out) = (pull(), pull());
        let source = AnySource::from_words((0..n_words).map(|_| pull()));
        checksum.push(n_words as u64);
        let is_whole = checksum.value() == head as u32;
        Ok(source.ok().filter(|_| is_whole).map(|source| Saved {
            number,
            handed_out,
            source,
        }))
    }

    fn slot(self, number: u64) -> Result<Bytes<'a>, SegmentError> {
        let at = SLOTS_AT + (number % 2) as usize * SLOT_LEN;
        self.0.slice(at, SLOT_LEN)
    }
}
