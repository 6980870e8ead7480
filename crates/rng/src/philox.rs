//! [`Philox`]: the counter-based Philox4x64-10.
//!
//! Sources: J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel Random Numbers: As
//! Easy as 1, 2, 3" (2011), and `numpy/random/src/philox`.

use crate::bit_generator::{double_from_u64, float_from_u32};
use crate::half_word::{HalfWord, fill_halves, halves};
use crate::{BitGenerator, SeedSequence, simd};

/// Words of a block, and of the counter.
pub(crate) const BLOCK: usize = 4;
pub(crate) const ROUNDS: usize = 10;
pub(crate) const MULTIPLIERS: [u64; 2] = [0xd2e7_470e_e14c_6c93, 0xca5a_8263_9512_1157];
pub(crate) const WEYL: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xbb67_ae85_84ca_a73b];

/// NumPy's `Philox`: a block of four words is a function of a 256-bit counter and a 128-bit key.
///
/// The counter steps before each block, so that the first block is that of the counter plus one.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Philox, SeedSequence};
///
/// // numpy.random.Philox(42).random_raw()
/// let mut bits = Philox::new(&SeedSequence::new(42u64));
/// assert_eq!(bits.next_u64(), 1587852024645073290);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Philox {
    /// Least significant word first.
    pub(crate) counter: [u64; BLOCK],
    pub(crate) key: [u64; 2],
    pub(crate) buffer: [u64; BLOCK],
    /// The next word of the buffer, `0..=BLOCK`.
    pub(crate) buffer_pos: usize,
    pub(crate) half: HalfWord,
}

/// The blocks of `G` counters; several at a time hide the latency of the products.
#[inline]
fn blocks<const G: usize>(mut groups: [[u64; BLOCK]; G], mut key: [u64; 2]) -> [[u64; BLOCK]; G] {
    for _ in 0..ROUNDS {
        for words in &mut groups {
            let a = u128::from(words[0]) * u128::from(MULTIPLIERS[0]);
            let b = u128::from(words[2]) * u128::from(MULTIPLIERS[1]);
            *words = [
                (b >> 64) as u64 ^ words[1] ^ key[0],
                b as u64,
                (a >> 64) as u64 ^ words[3] ^ key[1],
                a as u64,
            ];
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    groups
}

/// Blocks that a portable fill makes at a time.
const GROUP: usize = 2;

/// Adds modulo 2²⁵⁶.
#[inline]
fn add(counter: &mut [u64; BLOCK], n: [u64; BLOCK]) {
    let mut carry = false;
    for (word, n) in counter.iter_mut().zip(n) {
        let (sum, first) = word.overflowing_add(n);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*word, carry) = (sum, first | second);
    }
}

impl Philox {
    /// Seeds from a node of the tree of seeds: NumPy's `Philox(seed_sequence)`.
    pub fn new(seed: &SeedSequence) -> Philox {
        let mut key = [0; 2];
        seed.fill_state_u64(&mut key);
        Philox::from_key(key, [0; BLOCK])
    }

    /// Seeds from a number, as NumPy does: from `SeedSequence(seed)`.
    pub fn seed_from(seed: u64) -> Philox {
        Philox::new(&SeedSequence::new(seed))
    }

    /// Starts from a key and a counter: NumPy's `Philox(key=key, counter=counter)`.
    ///
    /// Both are words with the least significant first. Different keys give independent streams.
    pub fn from_key(key: [u64; 2], counter: [u64; 4]) -> Philox {
        Philox {
            counter,
            key,
            buffer: [0; BLOCK],
            buffer_pos: BLOCK,
            half: HalfWord::default(),
        }
    }

    /// Moves the counter on by `n` blocks of four words, and drops what is left of the block and a
    /// waiting half: NumPy's `advance`.
    pub fn advance(&mut self, n: u128) {
        self.advance_by([n as u64, (n >> 64) as u64, 0, 0]);
    }

    /// Moves the counter on by an `n` of 256 bits, least significant word first.
    pub fn advance_by(&mut self, n: [u64; 4]) {
        add(&mut self.counter, n);
        self.buffer = [0; BLOCK];
        self.buffer_pos = BLOCK;
        self.half = HalfWord::default();
    }

    /// Returns the generator 2¹²⁸·`jumps` blocks ahead: NumPy's `jumped`.
    pub fn jumped(&self, jumps: u128) -> Philox {
        let mut ahead = self.clone();
        ahead.advance_by([0, 0, jumps as u64, (jumps >> 64) as u64]);
        ahead
    }

    /// Skips `n` words and keeps a waiting half, as `n` draws of 64 bits do.
    pub(crate) fn skip(&mut self, n: u64) {
        let n_buffered = (BLOCK - self.buffer_pos) as u64;
        if n <= n_buffered {
            self.buffer_pos += n as usize;
            return;
        }
        let beyond = n - n_buffered;
        let n_before_last = (beyond - 1) / BLOCK as u64;
        add(&mut self.counter, [n_before_last, 0, 0, 0]);
        [self.buffer] = self.next_blocks();
        self.buffer_pos = (beyond - n_before_last * BLOCK as u64) as usize;
    }

    #[inline]
    fn next_blocks<const G: usize>(&mut self) -> [[u64; BLOCK]; G] {
        let counters = core::array::from_fn(|_| {
            add(&mut self.counter, [1, 0, 0, 0]);
            self.counter
        });
        blocks(counters, self.key)
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
        if self.buffer_pos == BLOCK {
            [self.buffer] = self.next_blocks();
            self.buffer_pos = 0;
        }
        self.buffer_pos += 1;
        self.buffer[self.buffer_pos - 1]
    }

    /// Fills `out` with `value` of each word, block by block.
    #[inline]
    fn fill_blocks<T>(&mut self, out: &mut [T], value: impl Fn(u64) -> T) {
        let (head, out) = out.split_at_mut((BLOCK - self.buffer_pos).min(out.len()));
        head.fill_with(|| value(self.next_u64()));
        // Vectors do not carry into the counter's second word, and leave the last block, which has
        // to stay in the buffer, to the loop below.
        let n_before_carry = usize::try_from(u64::MAX - self.counter[0]).unwrap_or(usize::MAX);
        let n_for_vectors = out.len().saturating_sub(BLOCK).min(n_before_carry);
        let n_filled = simd::fill_philox(self, &mut out[..n_for_vectors], &value);
        add(&mut self.counter, [(n_filled / BLOCK) as u64, 0, 0, 0]);
        let (groups, rest) = out[n_filled..].as_chunks_mut::<{ GROUP * BLOCK }>();
        for slots in groups {
            let blocks = self.next_blocks::<GROUP>();
            for (slots, block) in slots.as_chunks_mut().0.iter_mut().zip(blocks) {
                *slots = block.map(&value);
            }
            self.buffer = blocks[GROUP - 1];
        }
        rest.fill_with(|| value(self.next_u64()));
    }
}

impl BitGenerator for Philox {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        self.next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.next_u64()
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| bits.fill_blocks(pairs, halves);
        fill_halves(self, self.half.pending, out, fill, |word| word);
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        let fill = |bits: &mut Self, pairs: &mut [_]| {
            bits.fill_blocks(pairs, |word| halves(word).map(float_from_u32));
        };
        fill_halves(self, self.half.pending, out, fill, float_from_u32);
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        self.fill_blocks(out, |word| word);
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        self.fill_blocks(out, double_from_u64);
    }
}
