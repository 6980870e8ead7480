//! [`Pcg64`] and [`Pcg64Dxsm`]: O'Neill's permuted congruential generators of 128 bits.
//!
//! Sources: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good
//! Algorithms for Random Number Generation" (2014), and `numpy/random/src/pcg64`.

use core::fmt::Debug;
use core::marker::PhantomData;

use crate::bit_generator::{double_from_u64, float_from_u32};
use crate::half_word::{HalfWord, fill_halves, halves};
use crate::simd;
use crate::{BitGenerator, SeedSequence};

/// NumPy's `PCG64`, the generator behind its `default_rng`: XSL-RR output of the stepped state.
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
#[doc(alias = "PCG64")]
pub type Pcg64 = Pcg<XslRr>;

/// NumPy's `PCG64DXSM`: a cheaper multiplier, and a stronger output of the state before its step.
///
/// NumPy recommends it over [`Pcg64`] where very many streams run side by side.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Pcg64Dxsm, SeedSequence};
///
/// // numpy.random.PCG64DXSM(42).random_raw()
/// let mut bits = Pcg64Dxsm::new(&SeedSequence::new(42u64));
/// assert_eq!(bits.next_u64(), 12329818062196000797);
/// ```
#[doc(alias = "PCG64DXSM")]
pub type Pcg64Dxsm = Pcg<Dxsm>;

/// A 128-bit linear congruential generator whose output `P` permutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg<P> {
    pub(crate) state: u128,
    /// Odd.
    pub(crate) increment: u128,
    pub(crate) half: HalfWord,
    permutation: PhantomData<P>,
}

mod sealed {
    pub trait Sealed {}
}

/// The step and the output of a [`Pcg`].
pub trait Permutation: sealed::Sealed + Clone + Debug + Eq + Send + Sync + 'static {
    /// NumPy's name of the generator.
    const NAME: &'static str;
    /// The factor of a step.
    const MULTIPLIER: u128;
    /// How many steps ahead of the state its output looks: 1 or 0.
    #[doc(hidden)]
    const OUTPUT_STEP: u128;
    /// The output of the state that [`OUTPUT_STEP`](Self::OUTPUT_STEP) says.
    #[doc(hidden)]
    fn output(state: u128) -> u64;
}

/// The output of [`Pcg64`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XslRr;

impl sealed::Sealed for XslRr {}
impl Permutation for XslRr {
    const NAME: &'static str = "PCG64";
    const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;
    const OUTPUT_STEP: u128 = 1;

    #[inline]
    fn output(state: u128) -> u64 {
        let (high, low) = ((state >> 64) as u64, state as u64);
        (high ^ low).rotate_right((high >> 58) as u32)
    }
}

/// The output of [`Pcg64Dxsm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dxsm;

impl sealed::Sealed for Dxsm {}
impl Permutation for Dxsm {
    const NAME: &'static str = "PCG64DXSM";
    const MULTIPLIER: u128 = 0xda94_2042_e4dd_58b5;
    const OUTPUT_STEP: u128 = 0;

    #[inline]
    fn output(state: u128) -> u64 {
        let (mut high, low) = ((state >> 64) as u64, state as u64);
        high ^= high >> 32;
        high = high.wrapping_mul(Self::MULTIPLIER as u64);
        high ^= high >> 48;
        high.wrapping_mul(low | 1)
    }
}

/// `n` steps of multiplier `a` as one: the factor aⁿ, and the factor of the increment,
/// 1 + a + … + aⁿ⁻¹ (F. Brown, "Random Number Generation with Arbitrary Stride", 1994).
pub(crate) const fn steps(a: u128, mut n: u128) -> (u128, u128) {
    let (mut factor, mut sum) = (1u128, 0u128);
    let (mut square, mut square_sum) = (a, 1u128);
    while n != 0 {
        if n & 1 == 1 {
            factor = factor.wrapping_mul(square);
            sum = sum.wrapping_mul(square).wrapping_add(square_sum);
        }
        square_sum = square.wrapping_add(1).wrapping_mul(square_sum);
        square = square.wrapping_mul(square);
        n >>= 1;
    }
    (factor, sum)
}

/// The inverse of an odd `a` modulo 2¹²⁸, by Newton's iteration: each step doubles the right bits.
const fn inverse(a: u128) -> u128 {
    let mut x = a;
    let mut right_bits = 3;
    while right_bits < u128::BITS {
        x = x.wrapping_mul(2u128.wrapping_sub(a.wrapping_mul(x)));
        right_bits *= 2;
    }
    x
}

/// Independent lanes of a portable fill: enough to hide the latency of a 128-bit product.
const LANES: usize = 3;

/// NumPy's jump: 2¹²⁸ divided by the golden ratio, so that no two jumps come close.
const JUMP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl<P: Permutation> Pcg<P> {
    /// Seeds from a node of the tree of seeds, as NumPy does from a `SeedSequence`.
    ///
    /// The step that seeding ends with has [`Pcg64`]'s factor for [`Pcg64Dxsm`] too, as in NumPy.
    pub fn new(seed: &SeedSequence) -> Pcg<P> {
        let mut words = [0; 4];
        seed.fill_state_u64(&mut words);
        let [state_high, state_low, stream_high, stream_low] = words.map(u128::from);
        let increment = (stream_high << 64 | stream_low) << 1 | 1;
        let start = increment.wrapping_add(state_high << 64 | state_low);
        let state = start
            .wrapping_mul(XslRr::MULTIPLIER)
            .wrapping_add(increment);
        Pcg::resume(state, increment, HalfWord::default())
    }

    /// Seeds from a number, as NumPy does: from `SeedSequence(seed)`.
    pub fn seed_from(seed: u64) -> Pcg<P> {
        Pcg::new(&SeedSequence::new(seed))
    }

    pub(crate) fn resume(state: u128, increment: u128, half: HalfWord) -> Pcg<P> {
        Pcg {
            state,
            increment,
            half,
            permutation: PhantomData,
        }
    }

    #[inline]
    fn step(&mut self) {
        self.state = self
            .state
            .wrapping_mul(P::MULTIPLIER)
            .wrapping_add(self.increment);
    }

    /// Skips `n` words of 64 bits and drops a waiting half: NumPy's `advance`.
    ///
    /// The period is 2¹²⁸, so `n.wrapping_neg()` goes back by `n` words.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::Pcg64;
    ///
    /// let mut bits = Pcg64::seed_from(1);
    /// let first = bits.next_u64();
    /// bits.advance(u128::MAX);
    /// assert_eq!(bits.next_u64(), first);
    /// ```
    pub fn advance(&mut self, n: u128) {
        self.skip(n);
        self.half = HalfWord::default();
    }

    /// Skips `n` words and keeps a waiting half, as `n` draws of 64 bits do.
    pub(crate) fn skip(&mut self, n: u128) {
        let (factor, sum) = steps(P::MULTIPLIER, n);
        self.state = self
            .state
            .wrapping_mul(factor)
            .wrapping_add(self.increment.wrapping_mul(sum));
    }

    /// The steps that lead from `earlier` to this state, found bit by bit: a state's lowest n bits
    /// have the period 2ⁿ (M. E. O'Neill, 2014).
    pub(crate) fn steps_since(&self, earlier: &Self) -> u128 {
        let (mut state, mut n_steps) = (earlier.state, 0);
        let (mut factor, mut increment) = (P::MULTIPLIER, self.increment);
        for bit in (0..128).map(|bit| 1u128 << bit) {
            if state & bit != self.state & bit {
                state = state.wrapping_mul(factor).wrapping_add(increment);
                n_steps |= bit;
            }
            increment = factor.wrapping_add(1).wrapping_mul(increment);
            factor = factor.wrapping_mul(factor);
        }
        n_steps
    }

    /// Returns the generator `jumps` jumps ahead, each of 0.618·2¹²⁸ words: NumPy's `jumped`.
    pub fn jumped(&self, jumps: u128) -> Pcg<P> {
        let mut ahead = self.clone();
        ahead.advance(JUMP.wrapping_mul(jumps));
        ahead
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
        let before = self.state;
        self.step();
        P::output(if P::OUTPUT_STEP == 1 {
            self.state
        } else {
            before
        })
    }

    /// Goes on with the word that is the output of `state`.
    #[inline]
    pub(crate) fn go_on_with(&mut self, state: u128) {
        self.state = if P::OUTPUT_STEP == 1 {
            let step_back = const { inverse(P::MULTIPLIER) };
            state.wrapping_sub(self.increment).wrapping_mul(step_back)
        } else {
            state
        };
    }

    /// The states whose outputs are the next `L` words.
    pub(crate) fn lane_starts<const L: usize>(&self) -> [u128; L] {
        let mut start = self.clone();
        start.skip(P::OUTPUT_STEP);
        core::array::from_fn(|_| {
            let state = start.state;
            start.step();
            state
        })
    }

    /// Fills `out` with `value` of each word, from lanes that leapfrog each other.
    #[inline]
    fn fill_lanes<T>(&mut self, out: &mut [T], value: impl Fn(u64) -> T) {
        // A product with less than 128 bits is cheap, but not with the factor of several steps.
        let steps_are_cheap = P::MULTIPLIER >> 64 == 0;
        let n_filled = simd::fill_pcg(self, out, &value);
        let (rounds, rest) = out[n_filled..].as_chunks_mut::<LANES>();
        if steps_are_cheap {
            rounds
                .as_flattened_mut()
                .fill_with(|| value(self.next_u64()));
        } else if !rounds.is_empty() {
            let (factor, sum) = const { steps(P::MULTIPLIER, LANES as u128) };
            let increment = self.increment.wrapping_mul(sum);
            let mut lanes = self.lane_starts::<LANES>();
            for round in rounds {
                for (slot, lane) in round.iter_mut().zip(&mut lanes) {
                    *slot = value(P::output(*lane));
                    *lane = lane.wrapping_mul(factor).wrapping_add(increment);
                }
            }
            self.go_on_with(lanes[0]);
        }
        rest.fill_with(|| value(self.next_u64()));
    }
}

impl<P: Permutation> BitGenerator for Pcg<P> {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next_u64()
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| bits.fill_lanes(pairs, halves);
        fill_halves(self, self.half.pending, out, fill, |word| word);
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| {
            bits.fill_lanes(pairs, |word| halves(word).map(float_from_u32));
        };
        fill_halves(self, self.half.pending, out, fill, float_from_u32);
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        self.fill_lanes(out, |word| word);
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        self.fill_lanes(out, double_from_u64);
    }
}
