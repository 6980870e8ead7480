//! [`Geometric`]: how many trials until the first success.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{ceil, log1p};
use crate::{BitGenerator, RngError};

/// The geometric distribution, from 1 on.
///
/// By a search through the cumulative sum for a `p` of a third or more, else by inversion of an
/// exponential; what exceeds `i64::MAX` becomes `i64::MAX`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Geometric;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).geometric(0.05)
/// let trials: i64 = rng.sample(&Geometric::new(0.05)?);
/// assert_eq!(trials, 47);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    Search { p: f64 },
    Inversion { log_of_failure: f64 },
}

impl Geometric {
    /// Takes the probability of success.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `p` is not in `(0, 1]`.
    pub fn new(p: f64) -> Result<Geometric, RngError> {
        Check("geometric").positive_probability("p", p)?;
        Ok(Geometric(if p >= SEARCHED_FROM {
            Regime::Search { p }
        } else {
            Regime::Inversion {
                log_of_failure: log1p(-p),
            }
        }))
    }
}

/// Probabilities from here on are searched for.
pub(crate) const SEARCHED_FROM: f64 = 1.0 / 3.0;

impl Distribution<i64> for Geometric {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        match self.0 {
            Regime::Search { p } => search(source.bits(), p),
            // A cast saturates.
            Regime::Inversion { log_of_failure } => {
                ceil(-source.standard_exponential() / log_of_failure) as i64
            }
        }
    }
}

/// Finds the trial in whose share of `[0, 1)` a uniform falls.
#[inline]
pub(crate) fn search<B: BitGenerator + ?Sized>(bits: &mut B, p: f64) -> i64 {
    let u = bits.next_double();
    let mut trial = 1;
    let mut share = p;
    let mut sum = p;
    while u > sum {
        share *= 1.0 - p;
        sum += share;
        trial += 1;
    }
    trial
}
