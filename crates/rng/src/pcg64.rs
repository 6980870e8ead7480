//! [`Pcg64`]: O'Neill's PCG-XSL-RR-128/64, the generator behind NumPy's `default_rng`.

use crate::half_word::HalfWord;
use crate::{BitGenerator, SeedSequence};

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// NumPy's `PCG64`: a 128-bit linear congruential generator with XSL-RR output.
///
/// Source: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
/// Algorithms for Random Number Generation", and `numpy/random/src/pcg64`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Pcg64, SeedSequence};
///
/// // numpy.random.PCG64(42).random_raw()
/// let mut bits = Pcg64::new(&SeedSequence::new(42u64));
/// assert_eq!(bits.next_u64(), 14276969152011380360);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg64 {
    state: u128,
    increment: u128,
    half: HalfWord,
}

impl Pcg64 {
    /// Seeds from a node of the tree of seeds: NumPy's `PCG64(seed_sequence)`.
    pub fn new(seed: &SeedSequence) -> Pcg64 {
        let mut words = [0; 4];
        seed.fill_state_u64(&mut words);
        let [state_high, state_low, stream_high, stream_low] = words.map(u128::from);
        let increment = (stream_high << 64 | stream_low) << 1 | 1;
        let mut bits = Pcg64 {
            state: increment,
            increment,
            half: HalfWord::default(),
        };
        bits.state = bits.state.wrapping_add(state_high << 64 | state_low);
        bits.step();
        bits
    }

    /// Seeds from a number: NumPy's `PCG64(seed)`.
    pub fn seed_from(seed: u64) -> Pcg64 {
        Pcg64::new(&SeedSequence::new(seed))
    }

    #[inline]
    fn step(&mut self) {
        self.state = self
            .state
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(self.increment);
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
        self.step();
        let (high, low) = ((self.state >> 64) as u64, self.state as u64);
        (high ^ low).rotate_right((high >> 58) as u32)
    }
}

impl BitGenerator for Pcg64 {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next_u64()
    }
}
