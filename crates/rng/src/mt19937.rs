//! [`Mt19937`]: the Mersenne Twister, with NumPy's seeding.
//!
//! Sources: M. Matsumoto and T. Nishimura, "Mersenne Twister" (1998), their `mt19937ar.c`, and
//! `numpy/random/src/mt19937`.

use core::fmt;

use crate::bit_generator::float_from_u32;
use crate::mt19937_jump::{self, Polynomial};
use crate::simd::{self, Kernel, vectorised};
use crate::{BitGenerator, RngError, SeedSequence};

/// The words of a block.
pub(crate) const N: usize = 624;
/// The distance of the word that a step mixes in.
pub(crate) const M: usize = 397;
const UPPER: u32 = 0x8000_0000;
pub(crate) const LOWER: u32 = 0x7fff_ffff;
pub(crate) const MATRIX_A: u32 = 0x9908_b0df;

/// Up to so many blocks are made sooner than a polynomial that skips them.
const MOST_BLOCKS_MADE: u128 = 5_000;

/// NumPy's `MT19937`: words of 32 bits, made in blocks of 624.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Mt19937, SeedSequence};
///
/// // numpy.random.MT19937(42).random_raw()
/// let mut bits = Mt19937::new(&SeedSequence::new(42u64));
/// assert_eq!(bits.next_u32(), 2327846034);
/// // The first word of mt19937ar.c's default seed.
/// assert_eq!(Mt19937::legacy(5489).next_u32(), 3499211612);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mt19937 {
    pub(crate) key: [u32; N],
    /// The next word of the block, `0..=N`; at `N` the next draw makes a new block.
    pub(crate) pos: usize,
}

/// The word after the window that starts with `x0`, `x1`, and has `xm` at distance `M`.
#[inline(always)]
pub(crate) fn twist(x0: u32, x1: u32, xm: u32) -> u32 {
    let y = (x0 & UPPER) | (x1 & LOWER);
    xm ^ (y >> 1) ^ ((y & 1).wrapping_neg() & MATRIX_A)
}

#[inline(always)]
fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

/// One step of `init_by_array`: changes `key[i]` and returns the next `i`.
fn stir(key: &mut [u32; N], i: usize, multiplier: u32, addend: u32) -> usize {
    let before = key[i - 1];
    let mixed = key[i] ^ (before ^ (before >> 30)).wrapping_mul(multiplier);
    key[i] = mixed.wrapping_add(addend);
    if i + 1 < N {
        return i + 1;
    }
    key[0] = key[N - 1];
    1
}

/// The double of two tempered words, the first one high; each step is exact.
#[inline(always)]
fn double([high, low]: [u32; 2]) -> f64 {
    // Written as the last bits of 2²⁵ and of 1/2, as vectors then have nothing to convert.
    const HIGH: f64 = 33_554_432.0;
    const LOW: f64 = 0.5;
    let high = f64::from_bits(HIGH.to_bits() | u64::from(high >> 5));
    let low = f64::from_bits(LOW.to_bits() | u64::from(low >> 6));
    (high - (HIGH + LOW)) + low
}

impl Mt19937 {
    /// Seeds from a node of the tree of seeds: NumPy's `MT19937(seed_sequence)`.
    ///
    /// The first word drawn is the block's last: NumPy's loop leaves its index there.
    pub fn new(seed: &SeedSequence) -> Mt19937 {
        let mut key = [0; N];
        seed.fill_state_u32(&mut key);
        key[0] = UPPER;
        Mt19937 { key, pos: N - 1 }
    }

    /// Seeds from a number, as NumPy does: from `SeedSequence(seed)`.
    pub fn seed_from(seed: u64) -> Mt19937 {
        Mt19937::new(&SeedSequence::new(seed))
    }

    /// Seeds as `RandomState(seed)` and `mt19937ar.c`'s `init_genrand` do.
    #[doc(alias = "init_genrand")]
    pub fn legacy(seed: u32) -> Mt19937 {
        let mut key = [0; N];
        let mut word = seed;
        for (i, slot) in (1..).zip(&mut key) {
            *slot = word;
            word = (word ^ (word >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i);
        }
        Mt19937 { key, pos: N }
    }

    /// Seeds as `RandomState([..])` and `mt19937ar.c`'s `init_by_array` do.
    ///
    /// # Errors
    ///
    /// [`RngError::Length`] if `seed` is empty.
    #[doc(alias = "init_by_array")]
    pub fn legacy_array(seed: &[u32]) -> Result<Mt19937, RngError> {
        if seed.is_empty() {
            return Err(RngError::Length {
                name: "seed",
                found: 0,
                requires: "must be at least",
                expected: 1,
            });
        }
        let mut bits = Mt19937::legacy(19_650_218);
        let key = &mut bits.key;
        let mut i = 1;
        for (j, &word) in seed.iter().enumerate().cycle().take(seed.len().max(N)) {
            i = stir(key, i, 1_664_525, word.wrapping_add(j as u32));
        }
        for _ in 1..N {
            i = stir(key, i, 1_566_083_941, (i as u32).wrapping_neg());
        }
        key[0] = UPPER;
        Ok(bits)
    }

    /// Makes the next block.
    fn refill(&mut self) {
        if !simd::refill_mt19937(&mut self.key) {
            vectorised(Refill(&mut self.key));
        }
        self.pos = 0;
    }

    /// Returns the next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        temper(self.next_untempered())
    }

    #[inline]
    fn next_untempered(&mut self) -> u32 {
        if self.pos == N {
            self.refill();
        }
        let word = self.key[self.pos];
        self.pos += 1;
        word
    }

    /// Returns the next 64 bits: two words, the first one high.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// Skips `n` words of 32 bits: the state is the one that `n` draws would leave.
    ///
    /// It takes some milliseconds for large `n`. NumPy has no such method; its `jumped` is
    /// [another thing](Self::jumped).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::Mt19937;
    ///
    /// let mut drawn = Mt19937::legacy(7);
    /// let mut skipped = drawn.clone();
    /// for _ in 0..10_000 {
    ///     drawn.next_u32();
    /// }
    /// skipped.advance(10_000);
    /// assert_eq!(skipped, drawn);
    /// ```
    pub fn advance(&mut self, n: u128) {
        let room = (N - self.pos) as u128;
        if n <= room {
            self.pos += n as usize;
            return;
        }
        let beyond = n - room;
        let blocks = beyond.div_ceil(N as u128);
        if blocks > MOST_BLOCKS_MADE {
            let steps = Polynomial::power_of_x((blocks - 1) * N as u128);
            self.key = mt19937_jump::apply(&steps, &self.key);
        } else {
            for _ in 1..blocks {
                self.refill();
            }
        }
        // The polynomial leaves 31 bits of the first word undefined, which the next block does not
        // depend on.
        self.refill();
        self.pos = (beyond - (blocks - 1) * N as u128) as usize;
    }

    /// The words of 32 bits that were drawn since `earlier`, in time proportional to them.
    pub(crate) fn words_since(&self, earlier: &Mt19937) -> u64 {
        let mut n_blocks = 0;
        let mut passing = earlier.clone();
        while passing.key != self.key {
            passing.refill();
            n_blocks += 1;
        }
        n_blocks * N as u64 + self.pos as u64 - earlier.pos as u64
    }

    /// Returns what NumPy's `jumped(jumps)` returns.
    ///
    /// NumPy means a jump to be 2¹²⁸ words, but applies the jump's polynomial to a window that
    /// starts at the next word, while its generator goes on by blocks: the words after the end of
    /// the present block are not the stream's own 2¹²⁸ later. The streams are independent for all
    /// practical purposes; use [`advance`](Self::advance) where the distance matters.
    pub fn jumped(&self, jumps: usize) -> Mt19937 {
        let mut ahead = self.clone();
        if jumps == 0 {
            return ahead;
        }
        let jump = Polynomial::power_of_x_2_128();
        for _ in 0..jumps {
            let start = ahead.pos % N;
            ahead.key.rotate_left(start);
            ahead.key = mt19937_jump::apply(&jump, &ahead.key);
            ahead.pos = (start + jump.degree()) % N;
            ahead.key.rotate_right(ahead.pos);
        }
        ahead
    }
}

/// Makes the next block of words.
struct Refill<'a>(&'a mut [u32; N]);

impl Kernel for Refill<'_> {
    type Output = ();

    /// Each loop reads words that the ones before it wrote, but none that it writes itself within
    /// 227 words, so that the compiler can make vectors of it.
    #[inline(always)]
    fn run(self) {
        let Refill(key) = self;
        for i in 0..N - M {
            key[i] = twist(key[i], key[i + 1], key[i + M]);
        }
        for i in N - M..N - 1 {
            key[i] = twist(key[i], key[i + 1], key[i + M - N]);
        }
        key[N - 1] = twist(key[N - 1], key[0], key[M - 1]);
    }
}

/// Fills `out` with `value` of each `W` words.
struct MapWords<'a, T, F, const W: usize> {
    words: &'a [[u32; W]],
    out: &'a mut [T],
    value: F,
}

impl<T, F: Fn([u32; W]) -> T, const W: usize> Kernel for MapWords<'_, T, F, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (slot, words) in self.out.iter_mut().zip(self.words) {
            *slot = (self.value)(*words);
        }
    }
}

/// Fills `out` with the doubles of pairs of words.
struct MakeDoubles<'a> {
    words: &'a [[u32; 2]],
    out: &'a mut [f64],
}

impl Kernel for MakeDoubles<'_> {
    type Output = ();

    /// Tempered apart, as vectors then hold words of both kinds.
    #[inline(always)]
    fn run(self) {
        let mut tempered = [[0; 2]; 32];
        for (out, words) in self.out.chunks_mut(32).zip(self.words.chunks(32)) {
            let tempered = &mut tempered[..words.len()];
            let slots = tempered.as_flattened_mut().iter_mut();
            for (slot, &word) in slots.zip(words.as_flattened()) {
                *slot = temper(word);
            }
            for (slot, &pair) in out.iter_mut().zip(&*tempered) {
                *slot = double(pair);
            }
        }
    }
}

impl Mt19937 {
    /// Fills `out` with `value` of each `W` words, block by block; `begin` may fill the front from
    /// part of a block, and returns how many values it has filled.
    fn fill_words<T, const W: usize>(
        &mut self,
        out: &mut [T],
        value: impl Fn([u32; W]) -> T + Copy,
        begin: impl Fn(&[[u32; W]], &mut [T]) -> usize,
    ) {
        let mut filled = 0;
        while filled < out.len() {
            if self.pos == N {
                self.refill();
            }
            let words = self.key[self.pos..].as_chunks().0;
            if words.is_empty() {
                // What is left of the block is less than one value takes.
                out[filled] = value(core::array::from_fn(|_| self.next_untempered()));
                filled += 1;
                continue;
            }
            let n = words.len().min(out.len() - filled);
            let (words, out) = (&words[..n], &mut out[filled..][..n]);
            let n_begun = begin(words, out);
            vectorised(MapWords {
                words: &words[n_begun..],
                out: &mut out[n_begun..],
                value,
            });
            self.pos += W * n;
            filled += n;
        }
    }
}

impl BitGenerator for Mt19937 {
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

    /// The top 27 bits of the first 32, and the top 26 of the others.
    #[inline]
    fn double_of(&self, word: u64) -> f64 {
        let bits = word >> 37 << 26 | u64::from(word as u32 >> 6);
        bits as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        self.fill_words(out, |[word]| temper(word), |_, _| 0);
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        let value = |words: [_; 2]| {
            let [high, low] = words.map(|word| u64::from(temper(word)));
            high << 32 | low
        };
        self.fill_words(out, value, |_, _| 0);
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        let value = |words: [u32; 2]| double(words.map(temper));
        self.fill_words(out, value, |words, out| {
            if simd::doubles_mt19937(words, out) == 0 {
                vectorised(MakeDoubles { words, out });
            }
            words.len()
        });
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        self.fill_words(out, |[word]| float_from_u32(temper(word)), |_, _| 0);
    }
}

impl fmt::Debug for Mt19937 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mt19937")
            .field("pos", &self.pos)
            .finish_non_exhaustive()
    }
}
