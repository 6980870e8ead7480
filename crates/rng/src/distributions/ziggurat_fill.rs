//! [`fill`]: whole slices by the ziggurat method.
//!
//! A block has as many words as values are still missing, so that it is never too long. All its
//! words are tried at once, in loops without branches that become loops over vectors; the two words
//! of 100 that are refused are then visited in order, because each eats the word behind it.

use super::ziggurat_steps::Ziggurat;
use crate::BitGenerator;
use crate::simd::{self, Kernel, vectorised};

/// Words of a block: with all that belongs to them they stay in the first-level cache.
const BLOCK: usize = 1024;

/// Words of a block for the rest of a fill, and for short ones: it is made faster.
const SHORT_BLOCK: usize = 128;

/// Below this many values a block costs more than it saves.
const SHORT: usize = 64;

/// The words of a block and what becomes of each.
struct Block<Z: Ziggurat, const N: usize> {
    words: [Z::Word; N],
    candidates: [Z::Value; N],
    /// A bit for each word, eight in a byte: first whether it surely is inside of its layer, in the
    /// end whether its candidate is a value. More than `N` bits, as a draw may eat the word behind.
    is_kept: [u8; BLOCK / 8 + 1],
    /// Positions of the words that were not surely inside, in order.
    unsure: [u16; N],
    /// For each of these, the height of its second word, the curve's logarithm, and what follows.
    heights: [f64; N],
    log_curve: [f64; N],
    verdicts: [u8; N],
}

/// The height of a draw that needs no second word.
const INSIDE: f64 = -1.0;

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
        let (words, last_words) = self.words.as_chunks::<8>();
        let (candidates, last_candidates) = self.candidates.as_chunks_mut::<8>();
        let mut is_inside = self.is_inside.iter_mut();
        let groups = candidates.iter_mut().zip(words);
        for ((candidates, words), is_inside) in groups.zip(&mut is_inside) {
            *is_inside = try_group::<Z>(words, candidates);
        }
        for is_inside in is_inside {
            *is_inside = try_group::<Z>(last_words, last_candidates);
        }
    }
}

/// Tries up to eight words, and returns a bit for each that is inside of its layer.
#[inline(always)]
fn try_group<Z: Ziggurat>(words: &[Z::Word], candidates: &mut [Z::Value]) -> u8 {
    let mut is_inside = 0;
    for (i, (candidate, &word)) in candidates.iter_mut().zip(words).enumerate() {
        let (x, inside) = Z::candidate(word);
        *candidate = x;
        is_inside |= u8::from(inside) << i;
    }
    is_inside
}

/// What a height says about its draw: the candidate is a value.
const KEPT: u8 = 1;
/// The draw has a second word.
const HAS_SECOND: u8 = 2;
/// The height is too close to the curve, or there is none: the sampler has to decide.
const UNCLEAR: u8 = 4;

/// Compares heights with the curve, which they may come as close to as `margin` times the curve.
struct Judge<'a> {
    heights: &'a [f64],
    log_curve: &'a [f64],
    margin: f64,
    verdicts: &'a mut [u8],
}

impl Kernel for Judge<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let heights = self.heights.iter().zip(self.log_curve);
        for (verdict, (&height, &log_curve)) in self.verdicts.iter_mut().zip(heights) {
            let curve = exponential(log_curve);
            let is_below = height < curve - self.margin * curve;
            let is_above = height > curve + self.margin * curve;
            *verdict = (u8::from(is_below) * KEPT)
                | (u8::from(height > INSIDE) * HAS_SECOND)
                | (u8::from(!(is_below | is_above)) * UNCLEAR);
        }
    }
}

/// The exponential of `y`, with a relative error below 1e-14 in [−32, 0].
#[inline(always)]
fn exponential(y: f64) -> f64 {
    /// Adding it rounds to an integer, in the low bits of the sum.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
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
    sum * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

impl<Z: Ziggurat, const N: usize> Block<Z, N> {
    fn new() -> Block<Z, N> {
        Block {
            words: [Z::Word::default(); N],
            candidates: [Z::Value::default(); N],
            is_kept: [0; BLOCK / 8 + 1],
            unsure: [0; N],
            heights: [0.0; N],
            log_curve: [0.0; N],
            verdicts: [0; N],
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
        Z::fill_words(bits, &mut self.words[..n]);
        self.try_words(n);
        let n_unsure = self.list_unsure(n);
        self.judge(bits, n, n_unsure);
        self.decide(bits, n, n_unsure);
        self.keep(n, out)
    }

    fn try_words(&mut self, n: usize) {
        let words = &self.words[..n];
        let candidates = &mut self.candidates[..n];
        let is_inside = &mut self.is_kept[..n.div_ceil(8)];
        let n_tried = Z::try_words(words, candidates, is_inside);
        vectorised(TryWords::<Z> {
            words: &words[n_tried..],
            candidates: &mut candidates[n_tried..],
            is_inside: &mut is_inside[n_tried / 8..],
        });
    }

    /// Lists the words that are not surely inside, and returns how many they are.
    fn list_unsure(&mut self, n: usize) -> usize {
        // What is no word is left out.
        self.is_kept[n.div_ceil(8)..n.next_multiple_of(32) / 8].fill(u8::MAX);
        if !n.is_multiple_of(8) {
            self.is_kept[n / 8] |= u8::MAX << (n % 8);
        }
        let mut masks = [0; BLOCK / 32];
        let masks = &mut masks[..n.div_ceil(32)];
        for (mask, bytes) in masks.iter_mut().zip(self.is_kept.as_chunks().0) {
            *mask = u32::from_le_bytes(*bytes);
        }
        let (n_seen, mut n_unsure) = simd::positions_of_zeros(masks, &mut self.unsure);
        for (i, &mask) in masks.iter().enumerate().skip(n_seen) {
            let mut zeros = !mask;
            while zeros != 0 {
                self.unsure[n_unsure] = (32 * i) as u16 + zeros.trailing_zeros() as u16;
                n_unsure += 1;
                zeros &= zeros - 1;
            }
        }
        n_unsure
    }

    /// Compares height and curve at each word that is not surely inside.
    ///
    /// Without branches, as no processor could guess them.
    fn judge<B: BitGenerator + ?Sized>(&mut self, bits: &B, n: usize, n_unsure: usize) {
        let words = &self.words[..n];
        let unsure = &self.unsure[..n_unsure];
        let heights = self.heights.iter_mut().zip(&mut self.log_curve);
        for (&at, (height, log_curve)) in unsure.iter().zip(heights) {
            let at = usize::from(at);
            let layer = Z::layer(words[at]);
            let (candidate, is_inside) = Z::candidate(words[at]);
            let second = words[(at + 1).min(n - 1)];
            *height = Z::height(bits, layer.max(1), second);
            // Words without a second one in the block, and those of layer 0, go to the sampler.
            if (layer == 0) | (at + 1 == n) {
                *height = f64::NAN;
            }
            if is_inside {
                *height = INSIDE;
            }
            *log_curve = Z::log_curve(candidate);
        }
        vectorised(Judge {
            heights: &self.heights[..n_unsure],
            log_curve: &self.log_curve[..n_unsure],
            margin: Z::MARGIN,
            verdicts: &mut self.verdicts[..n_unsure],
        });
    }

    /// Decides on these words in order, as each draw may eat the word behind.
    fn decide<B: BitGenerator + ?Sized>(&mut self, bits: &mut B, n: usize, n_unsure: usize) {
        let mut next = 0;
        for i in 0..n_unsure {
            let at = usize::from(self.unsure[i]);
            if at < next {
                continue;
            }
            let verdict = self.verdicts[i];
            if verdict & UNCLEAR == 0 {
                let has_second = verdict & HAS_SECOND != 0;
                self.is_kept[at / 8] |= (verdict & KEPT) << (at % 8);
                next = at + 1;
                self.is_kept[next / 8] &= !(u8::from(has_second) << (next % 8));
                next += usize::from(has_second);
            } else {
                let (value, n_taken) = Z::draw(bits, &self.words[at..n]);
                self.candidates[at] = value;
                self.is_kept[at / 8] |= 1 << (at % 8);
                next = at + n_taken;
                for eaten in at + 1..next {
                    self.is_kept[eaten / 8] &= !(1 << (eaten % 8));
                }
            }
        }
    }

    /// Moves the candidates that are values to the front of `out`, and returns how many they are.
    fn keep(&self, n: usize, out: &mut [Z::Value]) -> usize {
        let candidates = &self.candidates[..n];
        let (n_seen, mut n_kept) = Z::keep(candidates, &self.is_kept, out);
        let mut run_start = n_seen;
        for (group, &is_kept) in self.is_kept[..n.div_ceil(8)]
            .iter()
            .enumerate()
            .skip(n_seen / 8)
        {
            let mut skipped = !is_kept;
            while skipped != 0 {
                let at = 8 * group + skipped.trailing_zeros() as usize;
                let run = &candidates[run_start..at.min(n)];
                out[n_kept..][..run.len()].copy_from_slice(run);
                n_kept += run.len();
                run_start = (at + 1).min(n);
                skipped &= skipped - 1;
            }
        }
        let run = &candidates[run_start..];
        out[n_kept..][..run.len()].copy_from_slice(run);
        n_kept + run.len()
    }
}

/// Fills `out` with what the sampler `Z` would draw one by one.
pub(super) fn fill<Z: Ziggurat, B: BitGenerator + ?Sized>(bits: &mut B, out: &mut [Z::Value]) {
    let mut filled = 0;
    if out.len() >= BLOCK {
        filled += fill_by_blocks::<Z, B, BLOCK>(bits, out, 2 * SHORT_BLOCK);
    }
    if out.len() - filled >= SHORT {
        filled += fill_by_blocks::<Z, B, SHORT_BLOCK>(bits, &mut out[filled..], SHORT);
    }
    out[filled..].fill_with(|| Z::draw(bits, &[]).0);
}

/// Fills `out` up to less than `most_left` values; returns how many it has filled.
fn fill_by_blocks<Z: Ziggurat, B: BitGenerator + ?Sized, const N: usize>(
    bits: &mut B,
    out: &mut [Z::Value],
    most_left: usize,
) -> usize {
    let mut block = Block::<Z, N>::new();
    let mut filled = 0;
    while out.len() - filled >= most_left {
        let rest = &mut out[filled..];
        filled += block.fill(bits, rest.len().min(N), rest);
    }
    filled
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::super::ziggurat::normal;
    use super::super::ziggurat_steps::{Normal, Replay, words};
    use super::super::ziggurat_tables::NORMAL_SCALE;
    use super::*;
    use crate::Pcg64;
    use crate::simd::{Layered, Layers};

    /// The normal, but no word is surely inside, and every height is too close to call.
    struct Cautious;

    impl Layered<u64> for Cautious {
        const LAYERS: Layers<u64> = {
            static PACKED: [u64; 256] =
                Layers::<u64>::pack(Normal::LAYERS.base, &NORMAL_SCALE, &[0; 256], 52);
            Layers {
                packed: &PACKED,
                ..Normal::LAYERS
            }
        };
    }

    impl Ziggurat for Cautious {
        words!(u64, fill_u64, normal, f64, try_words, keep);
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
        for y in (0..32_000).map(|i| -f64::from(i) * 1e-3) {
            let (found, exact) = (exponential(y), crate::math::exp(y));
            assert!(
                (found / exact - 1.0).abs() < 1e-14,
                "{found} is not {exact}"
            );
        }
    }
}
