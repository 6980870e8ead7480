//! [`fill`]: whole slices by the ziggurat method.
//!
//! A block has as many words as values are still missing, so that it is never too long. All its
//! words are tried at once, in loops without branches that become loops over vectors; the two words
//! of 100 that are refused are then visited in order, because each eats the word behind it.

use super::ziggurat::{exponential, exponential_f32, normal, normal_f32};
use super::{ziggurat_tables as double, ziggurat_tables_f32 as single};
use crate::BitGenerator;
use crate::bit_generator::float_from_u32;
use crate::simd::{self, Kernel, Layers, vectorised};

/// Words of a block: with all that belongs to them they stay in the first-level cache.
const BLOCK: usize = 1024;

/// Below this many values a block costs more than it saves.
const SHORT: usize = 64;

/// One of the four samplers of `ziggurat`, cut into the steps that a block takes apart.
pub(super) trait Ziggurat {
    type Word: Copy + Default;
    type Value: Copy + Default;

    /// How close, relative to the curve, its approximation may be to a height before the sampler
    /// itself has to decide.
    const MARGIN: f64;

    fn fill_words<B: BitGenerator + ?Sized>(bits: &mut B, words: &mut [Self::Word]);
    /// The value of a draw's first word, and whether it is inside of its layer.
    fn candidate(word: Self::Word) -> (Self::Value, bool);
    fn layer(word: Self::Word) -> usize;
    /// The height in a `layer` other than 0 that a draw's second word gives.
    fn height<B: BitGenerator + ?Sized>(bits: &B, layer: usize, word: Self::Word) -> f64;
    /// The logarithm of the curve.
    fn log_curve(x: Self::Value) -> f64;
    /// Tries the first words with instructions by name; returns how many, a multiple of eight.
    fn try_words(_: &[Self::Word], _: &mut [Self::Value], _: &mut [u8]) -> usize {
        0
    }
    /// A whole draw that takes `words` before those of `bits`; also the words it took of them.
    fn draw<B: BitGenerator + ?Sized>(bits: &mut B, words: &[Self::Word]) -> (Self::Value, usize);
}

/// A generator whose next words have already been drawn.
struct Replay<'a, W, B: ?Sized> {
    words: core::slice::Iter<'a, W>,
    bits: &'a mut B,
}

impl<B: BitGenerator + ?Sized> BitGenerator for Replay<'_, u64, B> {
    fn next_u32(&mut self) -> u32 {
        unreachable!("samplers of doubles draw whole words")
    }

    fn next_u64(&mut self) -> u64 {
        self.words
            .next()
            .copied()
            .unwrap_or_else(|| self.bits.next_u64())
    }

    fn double_of(&self, word: u64) -> f64 {
        self.bits.double_of(word)
    }
}

impl<B: BitGenerator + ?Sized> BitGenerator for Replay<'_, u32, B> {
    fn next_u32(&mut self) -> u32 {
        self.words
            .next()
            .copied()
            .unwrap_or_else(|| self.bits.next_u32())
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!("samplers of singles draw 32-bit words")
    }
}

/// The words of `$word` bits of a sampler, and its whole draw.
macro_rules! words {
    ($word:ident, $fill:ident, $sampler:ident) => {
        type Word = $word;

        fn fill_words<B: BitGenerator + ?Sized>(bits: &mut B, words: &mut [$word]) {
            bits.$fill(words);
        }

        fn draw<B: BitGenerator + ?Sized>(bits: &mut B, words: &[$word]) -> (Self::Value, usize) {
            let mut replay = Replay {
                words: words.iter(),
                bits,
            };
            let value = $sampler(&mut replay);
            (value, words.len() - replay.words.len())
        }
    };
}

pub(super) struct Normal;

impl Ziggurat for Normal {
    words!(u64, fill_u64, normal);
    type Value = f64;
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u64) -> (f64, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9 & 0x000f_ffff_ffff_ffff;
        let scaled = magnitude as i64 as f64 * double::NORMAL_SCALE[layer];
        let x = f64::from_bits(scaled.to_bits() | (word >> 8 & 1) << 63);
        (x, magnitude < double::NORMAL_ACCEPT[layer])
    }

    fn try_words(words: &[u64], candidates: &mut [f64], is_inside: &mut [u8]) -> usize {
        let layers = Layers {
            scale: &double::NORMAL_SCALE,
            accept: &double::NORMAL_ACCEPT,
            layer_shift: 0,
            magnitude_shift: 9,
            magnitude_mask: 0x000f_ffff_ffff_ffff,
            sign_shift: 55,
        };
        simd::try_words(&layers, words, candidates, is_inside)
    }

    #[inline(always)]
    fn layer(word: u64) -> usize {
        (word & 0xff) as usize
    }

    fn height<B: BitGenerator + ?Sized>(bits: &B, layer: usize, word: u64) -> f64 {
        let density = &double::NORMAL_DENSITY;
        (density[layer - 1] - density[layer]) * bits.double_of(word) + density[layer]
    }

    #[inline(always)]
    fn log_curve(x: f64) -> f64 {
        -0.5 * x * x
    }
}

pub(super) struct Exponential;

impl Ziggurat for Exponential {
    words!(u64, fill_u64, exponential);
    type Value = f64;
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u64) -> (f64, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 11;
        let x = magnitude as i64 as f64 * double::EXPONENTIAL_SCALE[layer];
        (x, magnitude < double::EXPONENTIAL_ACCEPT[layer])
    }

    fn try_words(words: &[u64], candidates: &mut [f64], is_inside: &mut [u8]) -> usize {
        let layers = Layers {
            scale: &double::EXPONENTIAL_SCALE,
            accept: &double::EXPONENTIAL_ACCEPT,
            layer_shift: 3,
            magnitude_shift: 11,
            magnitude_mask: u64::MAX,
            sign_shift: 64,
        };
        simd::try_words(&layers, words, candidates, is_inside)
    }

    #[inline(always)]
    fn layer(word: u64) -> usize {
        (word >> 3 & 0xff) as usize
    }

    fn height<B: BitGenerator + ?Sized>(bits: &B, layer: usize, word: u64) -> f64 {
        let density = &double::EXPONENTIAL_DENSITY;
        (density[layer - 1] - density[layer]) * bits.double_of(word) + density[layer]
    }

    #[inline(always)]
    fn log_curve(x: f64) -> f64 {
        -x
    }
}

pub(super) struct NormalF32;

impl Ziggurat for NormalF32 {
    words!(u32, fill_u32, normal_f32);
    type Value = f32;
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u32) -> (f32, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9;
        let scaled = magnitude as i32 as f32 * single::NORMAL_SCALE[layer];
        let x = f32::from_bits(scaled.to_bits() | (word >> 8 & 1) << 31);
        (x, magnitude < single::NORMAL_ACCEPT[layer])
    }

    fn try_words(words: &[u32], candidates: &mut [f32], is_inside: &mut [u8]) -> usize {
        let layers = Layers {
            scale: &single::NORMAL_SCALE,
            accept: &single::NORMAL_ACCEPT,
            layer_shift: 0,
            magnitude_shift: 9,
            magnitude_mask: u32::MAX,
            sign_shift: 23,
        };
        simd::try_words_f32(&layers, words, candidates, is_inside)
    }

    #[inline(always)]
    fn layer(word: u32) -> usize {
        (word & 0xff) as usize
    }

    fn height<B: BitGenerator + ?Sized>(_: &B, layer: usize, word: u32) -> f64 {
        let density = &single::NORMAL_DENSITY;
        let height = (density[layer - 1] - density[layer]) * float_from_u32(word) + density[layer];
        f64::from(height)
    }

    #[inline(always)]
    fn log_curve(x: f32) -> f64 {
        -0.5 * f64::from(x) * f64::from(x)
    }
}

pub(super) struct ExponentialF32;

impl Ziggurat for ExponentialF32 {
    words!(u32, fill_u32, exponential_f32);
    type Value = f32;
    /// The sampler's curve is rounded to single precision.
    const MARGIN: f64 = 1e-6;

    #[inline(always)]
    fn candidate(word: u32) -> (f32, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9;
        let x = magnitude as i32 as f32 * single::EXPONENTIAL_SCALE[layer];
        (x, magnitude < single::EXPONENTIAL_ACCEPT[layer])
    }

    fn try_words(words: &[u32], candidates: &mut [f32], is_inside: &mut [u8]) -> usize {
        let layers = Layers {
            scale: &single::EXPONENTIAL_SCALE,
            accept: &single::EXPONENTIAL_ACCEPT,
            layer_shift: 1,
            magnitude_shift: 9,
            magnitude_mask: u32::MAX,
            sign_shift: 32,
        };
        simd::try_words_f32(&layers, words, candidates, is_inside)
    }

    #[inline(always)]
    fn layer(word: u32) -> usize {
        (word >> 1 & 0xff) as usize
    }

    fn height<B: BitGenerator + ?Sized>(_: &B, layer: usize, word: u32) -> f64 {
        let density = &single::EXPONENTIAL_DENSITY;
        let height = (density[layer - 1] - density[layer]) * float_from_u32(word) + density[layer];
        f64::from(height)
    }

    #[inline(always)]
    fn log_curve(x: f32) -> f64 {
        -f64::from(x)
    }
}

/// The words of a block and what becomes of each.
struct Block<Z: Ziggurat> {
    words: [Z::Word; BLOCK],
    candidates: [Z::Value; BLOCK],
    /// A bit for each word, eight in a byte.
    is_inside: [u8; BLOCK / 8],
    /// Positions of the words that are not inside, in order.
    outside: [u16; BLOCK],
    /// For each of these, the height of its second word and the curve's logarithm.
    heights: [f64; BLOCK],
    curve: [f64; BLOCK],
}

/// Tries every word of a block.
struct TryWords<'a, Z: Ziggurat> {
    words: &'a [Z::Word],
    candidates: &'a mut [Z::Value],
    is_inside: &'a mut [u8],
}

impl<Z: Ziggurat> Kernel for TryWords<'_, Z> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let groups = self.candidates.chunks_mut(8).zip(self.words.chunks(8));
        for ((candidates, words), is_inside) in groups.zip(self.is_inside) {
            *is_inside = 0;
            for (i, (candidate, &word)) in candidates.iter_mut().zip(words).enumerate() {
                let (x, inside) = Z::candidate(word);
                *candidate = x;
                *is_inside |= u8::from(inside) << i;
            }
        }
    }
}

/// Replaces logarithms by their exponentials; relative error below 1e-14 in [−32, 0].
struct Exponentiate<'a>(&'a mut [f64]);

impl Kernel for Exponentiate<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        /// Adding it rounds to an integer, in the low bits of the sum.
        const ROUND: f64 = 6_755_399_441_055_744.0;
        const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
        const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
        for value in self.0 {
            let y = *value;
            let shifted = y * core::f64::consts::LOG2_E + ROUND;
            let n = shifted - ROUND;
            let r = y - n * LN_2_HIGH - n * LN_2_LOW;
            let mut sum = 1.0 / 39_916_800.0;
            for factorial in [
                3_628_800.0,
                362_880.0,
                40_320.0,
                5_040.0,
                720.0,
                120.0,
                24.0,
                6.0,
                2.0,
                1.0,
                1.0,
            ] {
                sum = sum * r + 1.0 / factorial;
            }
            let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
            *value = sum * power;
        }
    }
}

impl<Z: Ziggurat> Block<Z> {
    fn new() -> Block<Z> {
        Block {
            words: [Z::Word::default(); BLOCK],
            candidates: [Z::Value::default(); BLOCK],
            is_inside: [0; BLOCK / 8],
            outside: [0; BLOCK],
            heights: [0.0; BLOCK],
            curve: [0.0; BLOCK],
        }
    }

    /// Draws `n` words and fills the front of `out`, of at least `n` values, from them; returns how
    /// many values that are.
    fn fill<B: BitGenerator + ?Sized>(
        &mut self,
        bits: &mut B,
        n: usize,
        out: &mut [Z::Value],
    ) -> usize {
        let words = &mut self.words[..n];
        Z::fill_words(bits, words);
        let words = &*words;
        let candidates = &mut self.candidates[..n];
        let is_inside = &mut self.is_inside[..n.div_ceil(8)];
        let n_tried = Z::try_words(words, candidates, is_inside);
        vectorised(TryWords::<Z> {
            words: &words[n_tried..],
            candidates: &mut candidates[n_tried..],
            is_inside: &mut is_inside[n_tried / 8..],
        });

        let mut n_outside = 0;
        for (group, &is_inside) in is_inside.iter().enumerate() {
            let mut is_outside = !is_inside;
            while is_outside != 0 {
                self.outside[n_outside] = (8 * group) as u16 + is_outside.trailing_zeros() as u16;
                n_outside += usize::from(usize::from(self.outside[n_outside]) < n);
                is_outside &= is_outside - 1;
            }
        }
        let outside = &self.outside[..n_outside];
        for ((&at, height), curve) in outside.iter().zip(&mut self.heights).zip(&mut self.curve) {
            let at = usize::from(at);
            let layer = Z::layer(words[at]);
            // Words without a second one in the block, and those of layer 0, go to the sampler.
            *height = match words.get(at + 1) {
                Some(&second) if layer > 0 => Z::height(bits, layer, second),
                _ => f64::NAN,
            };
            *curve = Z::log_curve(candidates[at]);
        }
        vectorised(Exponentiate(&mut self.curve[..n_outside]));

        let (mut next, mut filled) = (0, 0);
        for ((&at, &height), &curve) in outside.iter().zip(&self.heights).zip(&self.curve) {
            let at = usize::from(at);
            if at < next {
                continue;
            }
            let run = at - next;
            out[filled..][..run].copy_from_slice(&candidates[next..at]);
            filled += run;
            let margin = Z::MARGIN * curve;
            if height < curve - margin {
                out[filled] = candidates[at];
                filled += 1;
                next = at + 2;
            } else if height > curve + margin {
                next = at + 2;
            } else {
                let (value, n_taken) = Z::draw(bits, &words[at..]);
                out[filled] = value;
                filled += 1;
                next = at + n_taken;
            }
        }
        let run = n.saturating_sub(next);
        out[filled..][..run].copy_from_slice(&candidates[n - run..]);
        filled + run
    }
}

/// Fills `out` with what the sampler `Z` would draw one by one.
pub(super) fn fill<Z: Ziggurat, B: BitGenerator + ?Sized>(bits: &mut B, out: &mut [Z::Value]) {
    let mut filled = 0;
    if out.len() >= SHORT {
        let mut block = Block::<Z>::new();
        while out.len() - filled >= SHORT {
            let rest = &mut out[filled..];
            filled += block.fill(bits, rest.len().min(BLOCK), rest);
        }
    }
    out[filled..].fill_with(|| Z::draw(bits, &[]).0);
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::Pcg64;

    /// The normal, but every height is too close to call.
    struct Cautious;

    impl Ziggurat for Cautious {
        words!(u64, fill_u64, normal);
        type Value = f64;
        const MARGIN: f64 = 1e9;

        fn candidate(word: u64) -> (f64, bool) {
            Normal::candidate(word)
        }

        fn layer(word: u64) -> usize {
            Normal::layer(word)
        }

        fn height<B: BitGenerator + ?Sized>(bits: &B, layer: usize, word: u64) -> f64 {
            Normal::height(bits, layer, word)
        }

        fn log_curve(x: f64) -> f64 {
            Normal::log_curve(x)
        }
    }

    #[test]
    fn a_height_too_close_to_the_curve_is_left_to_the_sampler() {
        for n in [64, 1000, 20_000] {
            let (mut usual, mut cautious) = (Pcg64::seed_from(3), Pcg64::seed_from(3));
            let (mut expected, mut found) = (vec![0.0; n], vec![0.0; n]);
            fill::<Normal, _>(&mut usual, &mut expected);
            fill::<Cautious, _>(&mut cautious, &mut found);
            assert_eq!(found, expected);
            assert_eq!(cautious, usual);
        }
    }

    #[test]
    fn the_approximation_stays_far_within_the_margin() {
        let mut values: Vec<f64> = (0..32_000).map(|i| -f64::from(i) * 1e-3).collect();
        let exact: Vec<f64> = values.iter().map(|&y| crate::math::exp(y)).collect();
        vectorised(Exponentiate(&mut values));
        for (found, exact) in values.iter().zip(exact) {
            assert!(
                (found / exact - 1.0).abs() < 1e-14,
                "{found} is not {exact}"
            );
        }
    }
}
