//! [`ChaCha8`], [`ChaCha12`] and [`ChaCha20`]: generators that seek, and that nobody can predict.
//!
//! Sources: D. J. Bernstein, "ChaCha, a variant of Salsa20" (2008); the words are those of the
//! `rand_chacha` crate. NumPy has no such generator.

use core::fmt;

use rand_chacha::{ChaCha8Rng, ChaCha12Rng, ChaCha20Rng};
use rand_core::{Rng, SeedableRng};

use crate::state::{SavedState, StateError};
use crate::{BitGenerator, SeedSequence};

/// ChaCha of 8 rounds: the fastest, and as good as the others for simulations.
pub type ChaCha8 = ChaCha<ChaCha8Rng>;
/// ChaCha of 12 rounds, a compromise.
pub type ChaCha12 = ChaCha<ChaCha12Rng>;
/// ChaCha of 20 rounds, the cipher as it is used in protocols.
pub type ChaCha20 = ChaCha<ChaCha20Rng>;

/// A key, one of 2⁶⁴ streams, and a position in it: words of 32 bits, made in blocks of 16.
///
/// A 64-bit draw is two words, the first one low.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{BitGenerator, ChaCha20, SeedSequence};
///
/// let mut bits = ChaCha20::new(&SeedSequence::new(42u64));
/// let words: Vec<u32> = (0..100).map(|_| bits.next_u32()).collect();
/// bits.seek(70);
/// assert_eq!(bits.next_u32(), words[70]);
///
/// let other = bits.with_stream(1);
/// assert_eq!(other.position(), 0);
/// ```
#[derive(Clone)]
pub struct ChaCha<R> {
    rng: R,
}

mod sealed {
    pub trait Sealed {}
}

/// A generator of `rand_chacha`, by its number of rounds.
pub trait Rounds: sealed::Sealed + Rng + SeedableRng<Seed = [u8; 32]> + Clone {
    /// The cipher's name.
    const NAME: &'static str;
    #[doc(hidden)]
    fn key(&self) -> [u8; 32];
    #[doc(hidden)]
    fn stream(&self) -> u64;
    #[doc(hidden)]
    fn set_stream(&mut self, stream: u64);
    #[doc(hidden)]
    fn position(&self) -> u128;
    #[doc(hidden)]
    fn seek(&mut self, position: u128);
}

macro_rules! impl_rounds {
    ($($rng:ident $name:literal)*) => {$(
        impl sealed::Sealed for $rng {}
        #[rustfmt::skip]
        impl Rounds for $rng {
            const NAME: &'static str = $name;
            fn key(&self) -> [u8; 32] { self.get_seed() }
            fn stream(&self) -> u64 { self.get_stream() }
            fn set_stream(&mut self, stream: u64) { self.set_stream(stream); }
            fn position(&self) -> u128 { self.get_word_pos() }
            fn seek(&mut self, position: u128) { self.set_word_pos(position); }
        }
    )*};
}

impl_rounds!(ChaCha8Rng "ChaCha8" ChaCha12Rng "ChaCha12" ChaCha20Rng "ChaCha20");

/// A stream has 2⁶⁴ blocks of 16 words.
const PERIOD: u128 = 1 << 68;

impl<R: Rounds> ChaCha<R> {
    /// Takes the key from a node of the tree of seeds: its first eight words of state.
    pub fn new(seed: &SeedSequence) -> ChaCha<R> {
        let mut words = [0; 8];
        seed.fill_state_u32(&mut words);
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        ChaCha::from_key(key)
    }

    /// Takes the key from `SeedSequence::new(seed)`.
    pub fn seed_from(seed: u64) -> ChaCha<R> {
        ChaCha::new(&SeedSequence::new(seed))
    }

    /// Starts at the beginning of stream 0 of a key.
    pub fn from_key(key: [u8; 32]) -> ChaCha<R> {
        ChaCha {
            rng: R::from_seed(key),
        }
    }

    /// Returns the beginning of another stream of the same key.
    pub fn with_stream(&self, stream: u64) -> ChaCha<R> {
        let mut other = Self::from_key(self.rng.key());
        other.rng.set_stream(stream);
        other
    }

    /// Returns the number of the stream.
    pub fn stream(&self) -> u64 {
        self.rng.stream()
    }

    /// Returns how many words of 32 bits come before the next one, modulo 2⁶⁸.
    pub fn position(&self) -> u128 {
        self.rng.position() % PERIOD
    }

    /// Goes to the word at `position`, modulo 2⁶⁸.
    pub fn seek(&mut self, position: u128) {
        self.rng.seek(position % PERIOD);
    }

    /// Skips `n` words of 32 bits; `n.wrapping_neg()` goes back.
    pub fn advance(&mut self, n: u128) {
        self.seek(self.position().wrapping_add(n));
    }

    /// Returns the next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// Returns the next 64 bits: two words, the first one low.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }
}

impl<R: Rounds> BitGenerator for ChaCha<R> {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next_u64()
    }

    #[inline]
    fn next_raw(&mut self) -> u64 {
        u64::from(self.next_u32())
    }
}

/// Key, stream and position of a [`ChaCha`].
#[derive(Clone, PartialEq, Eq)]
pub struct ChaChaState {
    /// The key.
    pub key: [u8; 32],
    /// The number of the stream.
    pub stream: u64,
    /// How many words of 32 bits come before the next one.
    pub position: u128,
}

impl<R: Rounds> SavedState for ChaCha<R> {
    const NAME: &'static str = R::NAME;
    type State = ChaChaState;

    fn state(&self) -> ChaChaState {
        ChaChaState {
            key: self.rng.key(),
            stream: self.stream(),
            position: self.position(),
        }
    }

    fn from_state(state: ChaChaState) -> Result<ChaCha<R>, StateError> {
        if state.position >= PERIOD {
            return Err(StateError::Impossible {
                generator: Self::NAME,
                field: "position",
                value: state.position,
                requires: "must be below 2^68",
            });
        }
        let mut bits = Self::from_key(state.key).with_stream(state.stream);
        bits.seek(state.position);
        Ok(bits)
    }
}

/// Says where it is, and keeps the key to itself.
impl<R: Rounds> fmt::Debug for ChaCha<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(R::NAME)
            .field("stream", &self.stream())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ChaChaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaChaState")
            .field("stream", &self.stream)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
