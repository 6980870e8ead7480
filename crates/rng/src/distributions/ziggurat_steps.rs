//! [`Ziggurat`]: the samplers of `ziggurat`, cut into the steps that a block of words takes apart.

use super::ziggurat::{exponential, exponential_f32, normal, normal_f32};
use super::{ziggurat_tables as double, ziggurat_tables_f32 as single};
use crate::BitGenerator;
use crate::bit_generator::float_from_u32;
use crate::simd::{self, Layered, Layers};

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
    /// Tries the first words with instructions by name; returns how many, a multiple of eight.
    fn try_words(
        words: &[Self::Word],
        candidates: &mut [Self::Value],
        is_inside: &mut [u8],
    ) -> usize;
    /// Moves the first candidates whose bit is set to the front of `out` with instructions by name;
    /// returns how many were looked at, a multiple of eight, and how many moved.
    fn keep(candidates: &[Self::Value], is_kept: &[u8], out: &mut [Self::Value]) -> (usize, usize);
    fn layer(word: Self::Word) -> usize;
    /// The height in a `layer` other than 0 that a draw's second word gives.
    fn height<B: BitGenerator + ?Sized>(bits: &B, layer: usize, word: Self::Word) -> f64;
    /// The logarithm of the curve.
    fn log_curve(x: Self::Value) -> f64;
    /// A whole draw that takes `words` before those of `bits`; also the words it took of them.
    fn draw<B: BitGenerator + ?Sized>(bits: &mut B, words: &[Self::Word]) -> (Self::Value, usize);
}

/// A generator whose next words have already been drawn.
pub(super) struct Replay<'a, W, B: ?Sized> {
    pub(super) words: core::slice::Iter<'a, W>,
    pub(super) bits: &'a mut B,
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

/// What follows from the width of a sampler's words, and its whole draw.
macro_rules! words {
    ($word:ident, $fill:ident, $sampler:ident, $value:ident, $try_words:ident, $keep:ident) => {
        type Word = $word;
        type Value = $value;

        fn try_words(words: &[$word], candidates: &mut [$value], is_inside: &mut [u8]) -> usize {
            simd::$try_words::<Self>(words, candidates, is_inside)
        }

        fn keep(candidates: &[$value], is_kept: &[u8], out: &mut [$value]) -> (usize, usize) {
            simd::$keep(candidates, is_kept, out)
        }

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
#[cfg(test)]
pub(super) use words;

pub(super) struct Normal;

impl Layered<u64> for Normal {
    const LAYERS: Layers<u64> = {
        const BASE: u64 = 0x3c0 << 52;
        static PACKED: [u64; 256] =
            Layers::<u64>::pack(BASE, &double::NORMAL_SCALE, &double::NORMAL_ACCEPT, 52);
        Layers {
            packed: &PACKED,
            base: BASE,
            layer_shift: 0,
            magnitude_shift: 9,
            magnitude_mask: 0x000f_ffff_ffff_ffff,
            top_shift: 3,
            sign_shift: 55,
        }
    };
}

impl Ziggurat for Normal {
    words!(u64, fill_u64, normal, f64, try_words, keep);
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u64) -> (f64, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9 & 0x000f_ffff_ffff_ffff;
        let scaled = magnitude as i64 as f64 * double::NORMAL_SCALE[layer];
        let x = f64::from_bits(scaled.to_bits() | (word >> 8 & 1) << 63);
        (x, magnitude < double::NORMAL_ACCEPT[layer])
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

impl Layered<u64> for Exponential {
    const LAYERS: Layers<u64> = {
        const BASE: u64 = 0x3c0 << 52;
        static PACKED: [u64; 256] = Layers::<u64>::pack(
            BASE,
            &double::EXPONENTIAL_SCALE,
            &double::EXPONENTIAL_ACCEPT,
            53,
        );
        Layers {
            packed: &PACKED,
            base: BASE,
            layer_shift: 3,
            magnitude_shift: 11,
            magnitude_mask: u64::MAX,
            top_shift: 0,
            sign_shift: 64,
        }
    };
}

impl Ziggurat for Exponential {
    words!(u64, fill_u64, exponential, f64, try_words, keep);
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u64) -> (f64, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 11;
        let x = magnitude as i64 as f64 * double::EXPONENTIAL_SCALE[layer];
        (x, magnitude < double::EXPONENTIAL_ACCEPT[layer])
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

impl Layered<u32> for NormalF32 {
    const LAYERS: Layers<u32> = {
        const BASE: u32 = 100 << 23;
        static PACKED: [u32; 256] =
            Layers::<u32>::pack(BASE, &single::NORMAL_SCALE, &single::NORMAL_ACCEPT, 23);
        Layers {
            packed: &PACKED,
            base: BASE,
            layer_shift: 0,
            magnitude_shift: 9,
            magnitude_mask: u32::MAX,
            top_shift: 0,
            sign_shift: 23,
        }
    };
}

impl Ziggurat for NormalF32 {
    words!(u32, fill_u32, normal_f32, f32, try_words_f32, keep_f32);
    const MARGIN: f64 = 1e-12;

    #[inline(always)]
    fn candidate(word: u32) -> (f32, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9;
        let scaled = magnitude as i32 as f32 * single::NORMAL_SCALE[layer];
        let x = f32::from_bits(scaled.to_bits() | (word >> 8 & 1) << 31);
        (x, magnitude < single::NORMAL_ACCEPT[layer])
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

impl Layered<u32> for ExponentialF32 {
    const LAYERS: Layers<u32> = {
        const BASE: u32 = 100 << 23;
        static PACKED: [u32; 256] = Layers::<u32>::pack(
            BASE,
            &single::EXPONENTIAL_SCALE,
            &single::EXPONENTIAL_ACCEPT,
            23,
        );
        Layers {
            packed: &PACKED,
            base: BASE,
            layer_shift: 1,
            magnitude_shift: 9,
            magnitude_mask: u32::MAX,
            top_shift: 0,
            sign_shift: 32,
        }
    };
}

impl Ziggurat for ExponentialF32 {
    words!(u32, fill_u32, exponential_f32, f32, try_words_f32, keep_f32);
    /// The sampler's curve is rounded to single precision.
    const MARGIN: f64 = 1e-6;

    #[inline(always)]
    fn candidate(word: u32) -> (f32, bool) {
        let layer = Self::layer(word);
        let magnitude = word >> 9;
        let x = magnitude as i32 as f32 * single::EXPONENTIAL_SCALE[layer];
        (x, magnitude < single::EXPONENTIAL_ACCEPT[layer])
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
