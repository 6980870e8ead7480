//! [`Vonmises`]: the normal distribution of the circle.

use core::f64::consts::PI;

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{acos, cos, fmod, log, sqrt};
use crate::{BitGenerator, RngError};

/// The von Mises distribution of angles in `[-π, π]`.
///
/// Source: D. J. Best and N. I. Fisher, "Efficient Simulation of the von Mises Distribution"
/// (1979); a uniform angle below a concentration of 1e-8, whatever the mode, and a wrapped normal
/// above 1e6.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Vonmises;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).vonmises(0, 4)
/// assert_eq!(rng.sample(&Vonmises::new(0.0, 4.0)?), -0.10171522044718628);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vonmises(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    NotANumber,
    Uniform,
    Circular(Circular),
    WrappedNormal { mu: f64, deviation: f64 },
}

impl Vonmises {
    /// Takes the mode, an angle in radians, and the concentration around it.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `kappa` is negative.
    pub fn new(mu: f64, kappa: f64) -> Result<Vonmises, RngError> {
        Check("vonmises").non_negative("kappa", kappa)?;
        Ok(Vonmises(if kappa > 1e6 {
            Regime::WrappedNormal {
                mu,
                deviation: sqrt(1.0 / kappa),
            }
        } else {
            Vonmises::narrow(mu, kappa)
        }))
    }

    /// As [`new`](Self::new), for `RandomState`, which has no wrapped normal.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `kappa` is negative, or so large that NumPy would try for ever.
    pub fn legacy(mu: f64, kappa: f64) -> Result<Vonmises, RngError> {
        let check = Check("vonmises");
        check.non_negative("kappa", kappa)?;
        let regime = Vonmises::narrow(mu, kappa);
        if let Regime::Circular(Circular { s, .. }) = regime {
            // No proposal is accepted once the envelope's parameter is rounded to 1.
            if s.is_nan() || s <= 1.0 {
                let requires = "must leave a draw possible, so be below some 1e16";
                return Err(check.refused("kappa", kappa, requires));
            }
        }
        Ok(Vonmises(regime))
    }

    fn narrow(mu: f64, kappa: f64) -> Regime {
        if kappa.is_nan() {
            Regime::NotANumber
        } else if kappa < 1e-8 {
            Regime::Uniform
        } else {
            Regime::Circular(Circular::new(mu, kappa))
        }
    }
}

impl Distribution<f64> for Vonmises {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        match self.0 {
            Regime::NotANumber => f64::NAN,
            Regime::Uniform => PI * (2.0 * source.bits().next_double() - 1.0),
            Regime::Circular(circular) => circular.sample(source.bits()),
            Regime::WrappedNormal { mu, deviation } => {
                let mut angle = mu + deviation * source.standard_normal();
                if angle < -PI {
                    angle += 2.0 * PI;
                }
                if angle > PI {
                    angle -= 2.0 * PI;
                }
                angle
            }
        }
    }
}

/// Best and Fisher's rejection from a wrapped Cauchy envelope.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Circular {
    mu: f64,
    kappa: f64,
    s: f64,
}

impl Circular {
    fn new(mu: f64, kappa: f64) -> Circular {
        let s = if kappa < 1e-5 {
            // The first terms of the series of what follows, which would cancel here.
            1.0 / kappa + kappa
        } else {
            let r = 1.0 + sqrt(1.0 + 4.0 * kappa * kappa);
            let rho = (r - sqrt(2.0 * r)) / (2.0 * kappa);
            (1.0 + rho * rho) / (2.0 * rho)
        };
        Circular { mu, kappa, s }
    }

    fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Circular { mu, kappa, s } = *self;
        let cosine = loop {
            let z = cos(PI * bits.next_double());
            let w = (1.0 + s * z) / (s + z);
            let y = kappa * (s - w);
            let v = bits.next_double();
            if y * (2.0 - y) - v >= 0.0 || log(y / v) + 1.0 - y >= 0.0 {
                break w;
            }
        };
        let upper = acos(cosine);
        let angle = mu
            + if bits.next_double() < 0.5 {
                -upper
            } else {
                upper
            };
        let wrapped = fmod(angle.abs() + PI, 2.0 * PI) - PI;
        if angle < 0.0 { -wrapped } else { wrapped }
    }
}
