//! [`Numeric`]: what NumPy turns each element type into when it adds, averages and measures spread.

use num_complex::Complex;

use super::order::Cast;
use super::pairwise::{Accumulator, sum_in_lanes};
use super::{Fraction, Sealed};
use crate::{Bool, Element};

/// An element type that NumPy can add up, with the types of its results.
///
/// | elements | sum | mean | variance |
/// |---|---|---|---|
/// | [`Bool`], `i8` to `i64` | `i64` | `f64` | `f64` |
/// | `u8` to `u64` | `u64` | `f64` | `f64` |
/// | `f32` | `f32` | `f32` | `f32` |
/// | `f64` | `f64` | `f64` | `f64` |
/// | `Complex<f32>` | `Complex<f32>` | `Complex<f32>` | `f32` |
/// | `Complex<f64>` | `Complex<f64>` | `Complex<f64>` | `f64` |
///
/// Sums of integers wrap, as NumPy's do.
pub trait Numeric: Element + Sealed {
    /// What `a.sum()` is.
    type Sum: Accumulator;
    /// What `a.mean()` is.
    type Mean: Fraction;
    /// Whether NumPy converts the elements for a mean.
    #[doc(hidden)]
    const CAST: MeanCast;
    /// The element as an addend of the sum.
    #[doc(hidden)]
    fn to_sum(self) -> Self::Sum;
    /// The element as an addend of the mean.
    #[doc(hidden)]
    fn to_mean(self) -> Self::Mean;
}

/// Whether NumPy converts elements before it adds them for a mean.
#[derive(Debug)]
pub struct MeanCast(pub(super) Cast);

macro_rules! numbers {
    ($($number:ty => $sum:ty, $mean:ty, $cast:ident;)*) => {$(
        impl Sealed for $number {}
        impl Numeric for $number {
            type Sum = $sum;
            type Mean = $mean;
            const CAST: MeanCast = MeanCast(Cast::$cast);
            fn to_sum(self) -> $sum {
                self as $sum
            }
            fn to_mean(self) -> $mean {
                self as $mean
            }
        }
    )*};
}

numbers! {
    i8 => i64, f64, Needed;
    i16 => i64, f64, Needed;
    i32 => i64, f64, Needed;
    i64 => i64, f64, Needed;
    u8 => u64, f64, Needed;
    u16 => u64, f64, Needed;
    u32 => u64, f64, Needed;
    u64 => u64, f64, Needed;
    f32 => f32, f32, None;
    f64 => f64, f64, None;
}

impl Sealed for Bool {}

impl Numeric for Bool {
    type Sum = i64;
    type Mean = f64;
    const CAST: MeanCast = MeanCast(Cast::Needed);

    fn to_sum(self) -> i64 {
        i64::from(self.is_true())
    }

    fn to_mean(self) -> f64 {
        f64::from(u8::from(self.is_true()))
    }
}

macro_rules! accumulators {
    ($($number:ty: $lanes:literal, $zero:expr, $start:expr, $plus:expr;)*) => {$(
        impl Accumulator for $number {
            const ZERO: $number = $zero;
            const START: $number = $start;
            const LANES: usize = $lanes;
            fn plus(self, other: $number) -> $number {
                $plus(self, other)
            }
            fn sum_block<T: Copy>(block: &[T], addend: impl Fn(T) -> $number) -> $number {
                sum_in_lanes::<_, _, $lanes>(block, addend)
            }
        }
    )*};
}

accumulators! {
    i64: 8, 0, 0, i64::wrapping_add;
    u64: 8, 0, 0, u64::wrapping_add;
    f32: 8, 0.0, -0.0, |a, b| a + b;
    f64: 8, 0.0, -0.0, |a, b| a + b;
    Complex<f32>: 4, Complex::new(0.0, 0.0), Complex::new(-0.0, -0.0), |a, b| a + b;
    Complex<f64>: 4, Complex::new(0.0, 0.0), Complex::new(-0.0, -0.0), |a, b| a + b;
}

macro_rules! complexes {
    ($($part:ty)*) => {$(
        impl Sealed for Complex<$part> {}
        impl Numeric for Complex<$part> {
            type Sum = Complex<$part>;
            type Mean = Complex<$part>;
            const CAST: MeanCast = MeanCast(Cast::None);
            fn to_sum(self) -> Complex<$part> {
                self
            }
            fn to_mean(self) -> Complex<$part> {
                self
            }
        }
    )*};
}

complexes!(f32 f64);
