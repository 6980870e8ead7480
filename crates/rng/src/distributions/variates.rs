//! [`Variates`]: the three sources that all samplers draw from.

use super::{ziggurat, ziggurat_fill, ziggurat_steps};
use crate::{BitGenerator, simd};

/// Random words, and the normals and exponentials made from them.
///
/// Every [`BitGenerator`] is such a source, with normals and exponentials by the ziggurat method,
/// as NumPy's `Generator` has them. [`RandomState`](crate::RandomState) is the other one, with
/// normals by the polar method and exponentials by inversion. A sampler that is written for any
/// source is so the sampler of both of NumPy's classes.
pub trait Variates {
    /// Where the words come from.
    type Bits: BitGenerator + ?Sized;

    /// Returns the source of words.
    fn bits(&mut self) -> &mut Self::Bits;

    /// Draws a normal of mean 0 and deviation 1.
    fn standard_normal(&mut self) -> f64;

    /// Draws an exponential of mean 1.
    fn standard_exponential(&mut self) -> f64;

    /// Fills `out` as repeated [`standard_normal`](Self::standard_normal) would.
    fn fill_standard_normal(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.standard_normal());
    }

    /// Fills `out` as repeated [`standard_exponential`](Self::standard_exponential) would.
    fn fill_standard_exponential(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.standard_exponential());
    }
}

impl<B: BitGenerator + ?Sized> Variates for B {
    type Bits = B;

    #[inline]
    fn bits(&mut self) -> &mut B {
        self
    }

    #[inline]
    fn standard_normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }

    #[inline]
    fn standard_exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }

    fn fill_standard_normal(&mut self, out: &mut [f64]) {
        simd::fill_large(out, |part| {
            ziggurat_fill::fill::<ziggurat_steps::Normal, _>(self, part);
        });
    }

    fn fill_standard_exponential(&mut self, out: &mut [f64]) {
        simd::fill_large(out, |part| {
            ziggurat_fill::fill::<ziggurat_steps::Exponential, _>(self, part);
        });
    }
}
