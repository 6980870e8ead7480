//! Normals and exponentials by the ziggurat method, in both precisions.
//!
//! Sources: G. Marsaglia and W. W. Tsang, "The Ziggurat Method for Generating Random Variables"
//! (2000), in the form of `numpy/random/src/distributions/distributions.c`. Some 98 draws of 100
//! end in the first lines of a function; the rest is kept out of line, so that these lines inline
//! into fills.

use super::{ziggurat_tables as double, ziggurat_tables_f32 as single};
use crate::BitGenerator;
use crate::math::{exp, expf, log1p, log1pf};

/// Where the tail of the normal begins, and the reciprocal.
const NORMAL_TAIL: f64 = 3.654152885361009;
const NORMAL_TAIL_INVERSE: f64 = 0.2736612373297583;
/// Where the tail of the exponential begins.
const EXPONENTIAL_TAIL: f64 = 7.69711747013105;

/// Draws a standard normal.
#[inline]
pub(super) fn normal<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
    loop {
        let word = bits.next_u64();
        let layer = (word & 0xff) as usize;
        let magnitude = word >> 9 & 0x000f_ffff_ffff_ffff;
        let scaled = magnitude as i64 as f64 * double::NORMAL_SCALE[layer];
        let x = f64::from_bits(scaled.to_bits() | (word >> 8 & 1) << 63);
        if magnitude < double::NORMAL_ACCEPT[layer] {
            return x;
        }
        if layer == 0 {
            return normal_tail(bits, magnitude);
        }
        if normal_below_curve(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn normal_tail<B: BitGenerator + ?Sized>(bits: &mut B, magnitude: u64) -> f64 {
    loop {
        // A uniform of 0 gives log1p(-0) and not log(0).
        let beyond = -NORMAL_TAIL_INVERSE * log1p(-bits.next_double());
        let y = -log1p(-bits.next_double());
        if y + y > beyond * beyond {
            let x = NORMAL_TAIL + beyond;
            return if magnitude >> 8 & 1 == 1 { -x } else { x };
        }
    }
}

#[cold]
fn normal_below_curve<B: BitGenerator + ?Sized>(bits: &mut B, layer: usize, x: f64) -> bool {
    let density = &double::NORMAL_DENSITY;
    let y = (density[layer - 1] - density[layer]) * bits.next_double() + density[layer];
    y < exp(-0.5 * x * x)
}

/// Draws a standard exponential.
#[inline]
pub(super) fn exponential<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
    loop {
        let word = bits.next_u64() >> 3;
        let layer = (word & 0xff) as usize;
        let magnitude = word >> 8;
        let x = magnitude as i64 as f64 * double::EXPONENTIAL_SCALE[layer];
        if magnitude < double::EXPONENTIAL_ACCEPT[layer] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL - log1p(-bits.next_double());
        }
        if exponential_below_curve(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn exponential_below_curve<B: BitGenerator + ?Sized>(bits: &mut B, layer: usize, x: f64) -> bool {
    let density = &double::EXPONENTIAL_DENSITY;
    let y = (density[layer - 1] - density[layer]) * bits.next_double() + density[layer];
    y < exp(-x)
}

/// Draws a standard normal from 32-bit words.
#[inline]
pub(super) fn normal_f32<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
    loop {
        let word = bits.next_u32();
        let layer = (word & 0xff) as usize;
        let magnitude = word >> 9;
        let scaled = magnitude as i32 as f32 * single::NORMAL_SCALE[layer];
        let x = f32::from_bits(scaled.to_bits() | (word >> 8 & 1) << 31);
        if magnitude < single::NORMAL_ACCEPT[layer] {
            return x;
        }
        if layer == 0 {
            return normal_tail_f32(bits, magnitude);
        }
        if normal_below_curve_f32(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn normal_tail_f32<B: BitGenerator + ?Sized>(bits: &mut B, magnitude: u32) -> f32 {
    loop {
        let beyond = -(NORMAL_TAIL_INVERSE as f32) * log1pf(-bits.next_float());
        let y = -log1pf(-bits.next_float());
        if y + y > beyond * beyond {
            let x = NORMAL_TAIL as f32 + beyond;
            return if magnitude >> 8 & 1 == 1 { -x } else { x };
        }
    }
}

#[cold]
fn normal_below_curve_f32<B: BitGenerator + ?Sized>(bits: &mut B, layer: usize, x: f32) -> bool {
    let density = &single::NORMAL_DENSITY;
    let y = (density[layer - 1] - density[layer]) * bits.next_float() + density[layer];
    // NumPy compares in double precision here, and only here.
    f64::from(y) < exp(-0.5 * f64::from(x) * f64::from(x))
}

/// Draws a standard exponential from 32-bit words.
#[inline]
pub(super) fn exponential_f32<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
    loop {
        let word = bits.next_u32() >> 1;
        let layer = (word & 0xff) as usize;
        let magnitude = word >> 8;
        let x = magnitude as i32 as f32 * single::EXPONENTIAL_SCALE[layer];
        if magnitude < single::EXPONENTIAL_ACCEPT[layer] {
            return x;
        }
        if layer == 0 {
            return EXPONENTIAL_TAIL as f32 - log1pf(-bits.next_float());
        }
        if exponential_below_curve_f32(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn exponential_below_curve_f32<B: BitGenerator + ?Sized>(
    bits: &mut B,
    layer: usize,
    x: f32,
) -> bool {
    let density = &single::EXPONENTIAL_DENSITY;
    let y = (density[layer - 1] - density[layer]) * bits.next_float() + density[layer];
    y < expf(-x)
}
