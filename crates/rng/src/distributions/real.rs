//! [`Real`]: the two precisions that NumPy draws in.

use core::ops::{Add, Div, Mul, Neg, Sub};

use super::{Variates, ziggurat, ziggurat_fill, ziggurat_steps};
use crate::{BitGenerator, math};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A precision to draw in: `f64`, or `f32`, NumPy's `dtype=float32`.
///
/// Singles are a stream of their own, from 32-bit words and rounded at each step; they are not
/// rounded doubles.
pub trait Real:
    sealed::Sealed
    + Copy
    + PartialOrd
    + From<f32>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The factor of the squeeze of Marsaglia and Tsang's gamma sampler.
    #[doc(hidden)]
    const SQUEEZE: Self;
    #[doc(hidden)]
    fn log(self) -> Self;
    #[doc(hidden)]
    fn pow(self, exponent: Self) -> Self;
    #[doc(hidden)]
    fn sqrt(self) -> Self;
    /// A uniform in `[0, 1)`.
    #[doc(hidden)]
    fn uniform<B: BitGenerator + ?Sized>(bits: &mut B) -> Self;
    /// −log(1 − uniform), which NumPy computes in double precision for both.
    #[doc(hidden)]
    fn inverse_exponential<B: BitGenerator + ?Sized>(bits: &mut B) -> Self;
    #[doc(hidden)]
    fn standard_normal<V: Variates + ?Sized>(source: &mut V) -> Self;
    #[doc(hidden)]
    fn standard_exponential<V: Variates + ?Sized>(source: &mut V) -> Self;
    #[doc(hidden)]
    fn fill_standard_normal<V: Variates + ?Sized>(source: &mut V, out: &mut [Self]);
    #[doc(hidden)]
    fn fill_standard_exponential<V: Variates + ?Sized>(source: &mut V, out: &mut [Self]);
}

impl Real for f64 {
    const SQUEEZE: f64 = 0.0331;

    #[inline]
    fn log(self) -> f64 {
        math::log(self)
    }

    #[inline]
    fn pow(self, exponent: f64) -> f64 {
        math::pow(self, exponent)
    }

    #[inline]
    fn sqrt(self) -> f64 {
        math::sqrt(self)
    }

    #[inline]
    fn uniform<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
        bits.next_double()
    }

    #[inline]
    fn inverse_exponential<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
        -math::log1p(-bits.next_double())
    }

    #[inline]
    fn standard_normal<V: Variates + ?Sized>(source: &mut V) -> f64 {
        source.standard_normal()
    }

    #[inline]
    fn standard_exponential<V: Variates + ?Sized>(source: &mut V) -> f64 {
        source.standard_exponential()
    }

    fn fill_standard_normal<V: Variates + ?Sized>(source: &mut V, out: &mut [f64]) {
        source.fill_standard_normal(out);
    }

    fn fill_standard_exponential<V: Variates + ?Sized>(source: &mut V, out: &mut [f64]) {
        source.fill_standard_exponential(out);
    }
}

impl Real for f32 {
    const SQUEEZE: f32 = 0.0331;

    #[inline]
    fn log(self) -> f32 {
        math::logf(self)
    }

    #[inline]
    fn pow(self, exponent: f32) -> f32 {
        math::powf(self, exponent)
    }

    #[inline]
    fn sqrt(self) -> f32 {
        math::sqrtf(self)
    }

    #[inline]
    fn uniform<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
        bits.next_float()
    }

    #[inline]
    fn inverse_exponential<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
        -math::log1p(-f64::from(bits.next_float())) as f32
    }

    #[inline]
    fn standard_normal<V: Variates + ?Sized>(source: &mut V) -> f32 {
        ziggurat::normal_f32(source.bits())
    }

    #[inline]
    fn standard_exponential<V: Variates + ?Sized>(source: &mut V) -> f32 {
        ziggurat::exponential_f32(source.bits())
    }

    fn fill_standard_normal<V: Variates + ?Sized>(source: &mut V, out: &mut [f32]) {
        ziggurat_fill::fill::<ziggurat_steps::NormalF32, _>(source.bits(), out);
    }

    fn fill_standard_exponential<V: Variates + ?Sized>(source: &mut V, out: &mut [f32]) {
        ziggurat_fill::fill::<ziggurat_steps::ExponentialF32, _>(source.bits(), out);
    }
}
