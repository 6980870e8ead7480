//! [`Zipf`]: ranks whose frequency falls as a power.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{floor, pow, to_i64};
use crate::{BitGenerator, RngError};

/// The largest draw, as a double: 2⁶³.
const MAX: f64 = i64::MAX as f64;

/// The Zipf, or zeta, distribution, from 1 up to `i64::MAX`.
///
/// Source: L. Devroye, "Non-Uniform Random Variate Generation" (1986), chapter X.6, without the
/// uniforms that would give more than `i64::MAX`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Zipf;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).zipf(1.2)
/// let rank: i64 = rng.sample(&Zipf::new(1.2)?);
/// assert_eq!(rank, 1689);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf(Option<Envelope>);

impl Zipf {
    /// Takes the exponent; from 1025 on every draw is 1.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `a` is not greater than 1.
    pub fn new(a: f64) -> Result<Zipf, RngError> {
        Check("zipf").above_one("a", a)?;
        Ok(Zipf((a < ONLY_ONES_FROM).then(|| Envelope {
            lowest: pow(MAX, -(a - 1.0)),
            ..Envelope::new(a)
        })))
    }
}

/// From this exponent on `2^(a - 1)` overflows, and a draw other than 1 is out of reach.
pub(crate) const ONLY_ONES_FROM: f64 = 1025.0;

impl Distribution<i64> for Zipf {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        self.0.map_or(1, |envelope| envelope.sample(source.bits()))
    }
}

/// Devroye's rejection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Envelope {
    a_minus_one: f64,
    b: f64,
    /// Uniforms are drawn from `(lowest, 1]`.
    lowest: f64,
}

impl Envelope {
    /// Takes uniforms from all of `(0, 1]`.
    pub(crate) fn new(a: f64) -> Envelope {
        Envelope {
            a_minus_one: a - 1.0,
            b: pow(2.0, a - 1.0),
            lowest: 0.0,
        }
    }

    pub(crate) fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let Envelope {
            a_minus_one,
            b,
            lowest,
        } = *self;
        loop {
            let unit = bits.next_double();
            let u = unit * lowest + (1.0 - unit);
            let v = bits.next_double();
            let x = floor(pow(u, -1.0 / a_minus_one));
            if !(1.0..=MAX).contains(&x) {
                continue;
            }
            let t = pow(1.0 + 1.0 / x, a_minus_one);
            if v * x * (t - 1.0) / (b - 1.0) <= t / b {
                return to_i64(x);
            }
        }
    }
}
