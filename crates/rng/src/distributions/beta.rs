//! [`Beta`]: shares.

use super::constraint::Check;
use super::{Distribution, StandardGamma, Variates};
use crate::math::{exp, log, log1p, pow};
use crate::{BitGenerator, RngError};

/// Below this both parameters leave nothing but 0 and 1 in double precision.
const TINY: f64 = 3e-103;

/// The beta distribution.
///
/// Sources: M. D. Jöhnk, "Erzeugung von betaverteilten und gammaverteilten Zufallszahlen" (1964),
/// if neither parameter is above 1; else the ratio of a gamma to the sum of two.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Beta;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).beta(2, 5)
/// assert_eq!(rng.sample(&Beta::new(2.0, 5.0)?), 0.24395464376443093);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    Tiny { a: f64, b: f64 },
    Small { a: f64, b: f64 },
    Large { a: StandardGamma, b: StandardGamma },
}

impl Beta {
    /// Takes the two exponents, each one more than that of the density.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if either is not positive.
    pub fn new(a: f64, b: f64) -> Result<Beta, RngError> {
        let check = Check("beta");
        check.positive("a", a)?;
        check.positive("b", b)?;
        Ok(Beta::of(a, b))
    }

    /// For parameters that are already checked.
    pub(super) fn of(a: f64, b: f64) -> Beta {
        Beta(if a <= 1.0 && b <= 1.0 {
            if a < TINY && b < TINY {
                Regime::Tiny { a, b }
            } else {
                Regime::Small { a, b }
            }
        } else {
            Regime::Large {
                a: StandardGamma::of(a),
                b: StandardGamma::of(b),
            }
        })
    }
}

impl Distribution<f64> for Beta {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        match self.0 {
            Regime::Tiny { a, b } => {
                let u = source.bits().next_double();
                if (a + b) * u < a { 1.0 } else { 0.0 }
            }
            Regime::Small { a, b } => johnk(source.bits(), a, b),
            Regime::Large { a, b } => {
                let a = a.sample(source);
                a / (a + b.sample(source))
            }
        }
    }
}

fn johnk<B: BitGenerator + ?Sized>(bits: &mut B, a: f64, b: f64) -> f64 {
    loop {
        let u = bits.next_double();
        let v = bits.next_double();
        let x = pow(u, 1.0 / a);
        let y = pow(v, 1.0 / b);
        if x + y <= 1.0 && u + v > 0.0 {
            if x > 0.0 && y > 0.0 {
                return x / (x + y);
            }
            // One of the powers underflowed, so their ratio comes from logarithms.
            let delta = log(u) / a - log(v) / b;
            return if delta > 0.0 {
                exp(-log1p(exp(-delta)))
            } else {
                exp(delta - log1p(exp(delta)))
            };
        }
    }
}
