//! [`BitsWalk`]: a generator that counts the words it gives.

use crate::{AnyBits, BitGenerator};

/// A bit generator, and how many words were drawn from it; all of one width.
#[derive(Debug)]
pub struct BitsWalk {
    bits: AnyBits,
    n_words: u64,
}

impl BitsWalk {
    pub(super) fn new(bits: AnyBits) -> BitsWalk {
        BitsWalk { bits, n_words: 0 }
    }

    pub(super) fn n_words(&self) -> u64 {
        self.n_words
    }
}

impl BitGenerator for BitsWalk {
    fn next_u32(&mut self) -> u32 {
        self.n_words += 1;
        self.bits.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.n_words += 1;
        self.bits.next_u64()
    }

    fn double_of(&self, word: u64) -> f64 {
        self.bits.double_of(word)
    }
}
