//! [`Sfc64`]: Doty-Humphrey's Small Fast Chaotic generator.
//!
//! Sources: C. Doty-Humphrey, PractRand (<https://pracrand.sourceforge.net>), and
//! `numpy/random/src/sfc64`.

use crate::bit_generator::{double_from_u64, float_from_u32};
use crate::half_word::{HalfWord, fill_halves, halves};
use crate::{BitGenerator, SeedSequence};

/// NumPy's `SFC64`: the fastest of its generators one by one; it can neither jump nor seek.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{SeedSequence, Sfc64};
///
/// // numpy.random.SFC64(42).random_raw()
/// let mut bits = Sfc64::new(&SeedSequence::new(42u64));
/// assert_eq!(bits.next_u64(), 9775594601838723485);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sfc64 {
    /// Three chaotic words and a counter.
    pub(crate) words: [u64; 4],
    pub(crate) half: HalfWord,
}

impl Sfc64 {
    /// Seeds from a node of the tree of seeds: NumPy's `SFC64(seed_sequence)`.
    pub fn new(seed: &SeedSequence) -> Sfc64 {
        let mut words = [0, 0, 0, 1];
        seed.fill_state_u64(&mut words[..3]);
        let mut bits = Sfc64 {
            words,
            half: HalfWord::default(),
        };
        for _ in 0..12 {
            bits.next_u64();
        }
        bits
    }

    /// Seeds from a number, as NumPy does: from `SeedSequence(seed)`.
    pub fn seed_from(seed: u64) -> Sfc64 {
        Sfc64::new(&SeedSequence::new(seed))
    }

    /// Returns the next 32 bits: the low half of a word, then its high half.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        let mut half = self.half;
        let value = half.next_u32(|| self.next_u64());
        self.half = half;
        value
    }

    /// Returns the next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, counter] = self.words;
        let out = a.wrapping_add(b).wrapping_add(counter);
        self.words = [
            b ^ (b >> 11),
            c.wrapping_add(c << 3),
            c.rotate_left(24).wrapping_add(out),
            counter.wrapping_add(1),
        ];
        out
    }

    /// Fills `out` with `value` of each word, the state in registers.
    #[inline]
    fn fill_inline<T>(&mut self, out: &mut [T], value: impl Fn(u64) -> T) {
        let mut local = self.clone();
        for slot in out {
            *slot = value(local.next_u64());
        }
        *self = local;
    }
}

impl BitGenerator for Sfc64 {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next_u64()
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| bits.fill_inline(pairs, halves);
        fill_halves(self, self.half.pending, out, fill, |word| word);
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| {
            bits.fill_inline(pairs, |word| halves(word).map(float_from_u32));
        };
        fill_halves(self, self.half.pending, out, fill, float_from_u32);
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        self.fill_inline(out, |word| word);
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        self.fill_inline(out, double_from_u64);
    }
}
