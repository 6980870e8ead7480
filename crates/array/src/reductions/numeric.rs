//! [`Numeric`]: what NumPy turns each element type into when it adds, averages and measures spread.

use ndarray::ArrayView1;
use num_complex::Complex;

use super::extremes::{in_lanes, one_by_one};
use super::order::Cast;
use super::pairwise::{Accumulator, sum_in_lanes, sum_lanes_apart};
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
    /// The lesser of two; the first NaN if there is one.
    #[doc(hidden)]
    fn lesser(self, other: Self) -> Self;
    /// The greater of two; the first NaN if there is one.
    #[doc(hidden)]
    fn greater(self, other: Self) -> Self;
    /// Whether it is less, if NaNs are greater than all else: NumPy's order for sorting.
    #[doc(hidden)]
    fn is_before(self, other: Self) -> bool;
    /// What `pick`, one of `lesser` and `greater`, chooses of a block that is not empty.
    #[doc(hidden)]
    fn extreme_of(block: &[Self], pick: impl Fn(Self, Self) -> Self + Copy) -> Self {
        one_by_one(block, pick)
    }
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
            #[inline]
            fn to_sum(self) -> $sum {
                self as $sum
            }
            #[inline]
            fn to_mean(self) -> $mean {
                self as $mean
            }
            #[inline]
            fn lesser(self, other: $number) -> $number {
                if self <= other || self != self { self } else { other }
            }
            #[inline]
            fn greater(self, other: $number) -> $number {
                if self >= other || self != self { self } else { other }
            }
            #[inline]
            fn is_before(self, other: $number) -> bool {
                self < other || (other != other && self == self)
            }
            fn extreme_of(block: &[$number], pick: impl Fn($number, $number) -> $number + Copy) -> $number {
                in_lanes::<_, 16>(block, pick)
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

    #[inline]
    fn to_sum(self) -> i64 {
        i64::from(self.is_true())
    }

    #[inline]
    fn to_mean(self) -> f64 {
        f64::from(u8::from(self.is_true()))
    }

    #[inline]
    fn lesser(self, other: Bool) -> Bool {
        Bool::from(self.is_true() && other.is_true())
    }

    #[inline]
    fn greater(self, other: Bool) -> Bool {
        Bool::from(self.is_true() || other.is_true())
    }

    #[inline]
    fn is_before(self, other: Bool) -> bool {
        !self.is_true() && other.is_true()
    }
}

macro_rules! accumulators {
    ($($number:ty: $lanes:literal, $zero:expr, $start:expr, $plus:expr;)*) => {$(
        impl Accumulator for $number {
            const ZERO: $number = $zero;
            const START: $number = $start;
            const LANES: usize = $lanes;
            #[inline]
            fn plus(self, other: $number) -> $number {
                $plus(self, other)
            }
            fn sum_block<T: Copy>(block: &[T], addend: impl Fn(T) -> $number) -> $number {
                sum_in_lanes::<_, _, $lanes>(block, addend)
            }
            fn sum_apart<T: Copy>(block: ArrayView1<'_, T>, addend: impl Fn(T) -> $number) -> $number {
                sum_lanes_apart::<_, _, $lanes>(block, addend)
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
            #[inline]
            fn to_sum(self) -> Complex<$part> {
                self
            }
            #[inline]
            fn to_mean(self) -> Complex<$part> {
                self
            }
            #[inline]
            fn lesser(self, other: Complex<$part>) -> Complex<$part> {
                let is_before = self.re < other.re && !is_nan(other)
 || self.re == other.re && self.im <= other.im;
 if is_before || is_nan(self) { self } else { other }
            }
            #[inline]
            fn greater(self, other: Complex<$part>) -> Complex<$part> {
                let is_behind = self.re > other.re && !is_nan(other)
 || self.re == other.re && self.im >= other.im;
 if is_behind || is_nan(self) { self } else { other }
            }
            #[inline]
            fn is_before(self, other: Complex<$part>) -> bool {
                let (re, im) = (self.re, self.im);
                if re < other.re {
                    im == im || other.im != other.im
                } else if re > other.re {
                    other.im != other.im && im == im
                } else if re == other.re || (re != re && other.re != other.re) {
                    im < other.im || (other.im != other.im && im == im)
                } else {
                    other.re != other.re
                }
            }
        }
    )*};
}

#[expect(clippy::eq_op, reason = "a NaN is what differs from itself")]
#[inline]
fn is_nan<T: PartialEq + Copy>(number: Complex<T>) -> bool {
    number.re != number.re || number.im != number.im
}

complexes!(f32 f64);
