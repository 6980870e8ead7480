//! [`fill`]: whole slices by the ziggurat method.
//!
//! A block has as many words as values are still missing, so that it is never too long. All its
//! words are tried at once, in loops without branches that become loops over vectors; the two words
//! of 100 that are refused are then visited in order, because each eats the word behind it.

use super::ziggurat_steps::Ziggurat;
use crate::BitGenerator;
use crate::simd::{Kernel, vectorised};

/// Words of a block: with all that belongs to them they stay in the first-level cache.
const BLOCK: usize = 1024;

/// Below this many values a block costs more than it saves.
const SHORT: usize = 64;

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

    use super::super::ziggurat::normal;
    use super::super::ziggurat_steps::{Normal, Replay, words};
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
