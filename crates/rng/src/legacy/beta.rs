//! [`Beta`]: shares, as `RandomState` draws them.

use crate::distributions::{self, Distribution, Variates};
use crate::math::{exp, log, pow};
use crate::{BitGenerator, RngError};

/// The beta distribution; other draws than [`distributions::Beta`]'s where parameters of 1 or less
/// make powers of uniforms underflow.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_rng::legacy::Beta;
///
/// // numpy.random.RandomState(1).beta(0.5, 0.5)
/// let mut rng = RandomState::new(1);
/// assert_eq!(rng.sample(&Beta::new(0.5, 0.5)?), 0.25103016220472346);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    Small { a: f64, b: f64 },
    Large(distributions::Beta),
}

impl Beta {
    /// Takes the two exponents, each one more than that of the density.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if either is not positive.
    pub fn new(a: f64, b: f64) -> Result<Beta, RngError> {
        let beta = distributions::Beta::new(a, b)?;
        Ok(Beta(if a <= 1.0 && b <= 1.0 {
            Regime::Small { a, b }
        } else {
            Regime::Large(beta)
        }))
    }
}

impl Distribution<f64> for Beta {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        match self.0 {
            Regime::Small { a, b } => johnk(source.bits(), a, b),
            Regime::Large(beta) => beta.sample(source),
        }
    }
}

fn johnk<B: BitGenerator + ?Sized>(bits: &mut B, a: f64, b: f64) -> f64 {
    loop {
        let u = bits.next_double();
        let v = bits.next_double();
        let x = pow(u, 1.0 / a);
        let y = pow(v, 1.0 / b);
        if x + y > 1.0 {
            continue;
        }
        if x + y > 0.0 {
            return x / (x + y);
        }
        let log_x = log(u) / a;
        let log_y = log(v) / b;
        let larger = if log_x > log_y { log_x } else { log_y };
        let (log_x, log_y) = (log_x - larger, log_y - larger);
        return exp(log_x - log(exp(log_x) + exp(log_y)));
    }
}
