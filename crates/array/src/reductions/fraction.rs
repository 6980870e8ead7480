//! [`Fraction`]: dividing, squaring and rooting as NumPy does for a mean, a variance, a deviation.

use num_complex::Complex;

use super::Accumulator;

/// What NumPy averages in: `f32`, `f64`, and their complex numbers.
pub trait Fraction: Accumulator {
    /// What the variance and the standard deviation are.
    type Real: Real;
    /// This sum divided by a number of elements.
    #[doc(hidden)]
    fn over(self, count: f64) -> Self;
    /// The square of the distance to `mean`.
    #[doc(hidden)]
    fn squared_distance(self, mean: Self) -> Self::Real;
}

/// What NumPy measures spread in: `f32` and `f64`.
pub trait Real: Fraction {
    /// The square root, correctly rounded.
    #[doc(hidden)]
    fn root(self) -> Self;
}

impl Fraction for f64 {
    type Real = f64;

    #[inline]
    fn over(self, count: f64) -> f64 {
        self / count
    }

    #[inline]
    fn squared_distance(self, mean: f64) -> f64 {
        let distance = self - mean;
        distance * distance
    }
}

impl Real for f64 {
    #[inline]
    fn root(self) -> f64 {
        self.sqrt()
    }
}

impl Fraction for f32 {
    type Real = f32;

    /// NumPy's count is a 64-bit integer, which turns the division into one of `f64`.
    #[inline]
    fn over(self, count: f64) -> f32 {
        (f64::from(self) / count) as f32
    }

    #[inline]
    fn squared_distance(self, mean: f32) -> f32 {
        let distance = self - mean;
        distance * distance
    }
}

impl Real for f32 {
    #[inline]
    fn root(self) -> f32 {
        self.sqrt()
    }
}

impl Fraction for Complex<f64> {
    type Real = f64;

    /// NumPy divides by the complex number `count + 0j`, by Smith's method, which multiplies by an
    /// inverse.
    #[inline]
    fn over(self, count: f64) -> Complex<f64> {
        if count == 0.0 {
            return Complex::new(self.re / count, self.im / count);
        }
        let (ratio, scale) = (0.0 / count, 1.0 / count);
        Complex::new(
            (self.re + self.im * ratio) * scale,
            (self.im - self.re * ratio) * scale,
        )
    }

    #[inline]
    fn squared_distance(self, mean: Complex<f64>) -> f64 {
        self.re.squared_distance(mean.re) + self.im.squared_distance(mean.im)
    }
}

impl Fraction for Complex<f32> {
    type Real = f32;

    #[inline]
    fn over(self, count: f64) -> Complex<f32> {
        let mean = Complex::new(f64::from(self.re), f64::from(self.im)).over(count);
        Complex::new(mean.re as f32, mean.im as f32)
    }

    #[inline]
    fn squared_distance(self, mean: Complex<f32>) -> f32 {
        self.re.squared_distance(mean.re) + self.im.squared_distance(mean.im)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NumPy's `numpy.full(16777219, 0.1, "f4").mean()`, of whose sum a division in `f32` makes
    /// 0x3dcccccf.
    #[test]
    fn the_mean_of_many_singles_is_divided_in_double() {
        let sum = f32::from_bits(0x49cc_ccd2);
        assert_eq!(sum.over(16_777_219.0).to_bits(), 0x3dcc_ccd0);
    }
}
