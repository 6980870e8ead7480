//! [`Logseries`]: the logarithmic series distribution.

use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{expm1, floor, log, log1p, to_i64};
use crate::{BitGenerator, RngError};

/// The logarithmic series distribution, from 1 on.
///
/// Source: A. W. Kemp, "Efficient Generation of Logarithmically Distributed Pseudo-Random
/// Variables" (1981), algorithm LK.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Logseries;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).logseries(0.9)
/// let species: i64 = rng.sample(&Logseries::new(0.9)?);
/// assert_eq!(species, 1);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logseries {
    p: f64,
    log_of_rest: f64,
}

impl Logseries {
    /// Takes the ratio of the series.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `p` is not in `[0, 1)`.
    pub fn new(p: f64) -> Result<Logseries, RngError> {
        Check("logseries").probability_below_one("p", p)?;
        Ok(Logseries {
            p,
            log_of_rest: log1p(-p),
        })
    }
}

impl Distribution<i64> for Logseries {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        kemp(source.bits(), self.p, |u| -expm1(self.log_of_rest * u))
    }
}

/// Kemp's algorithm; `ratio` makes of a uniform the ratio of a geometric distribution.
#[inline]
pub(crate) fn kemp<B: BitGenerator + ?Sized>(
    bits: &mut B,
    p: f64,
    ratio: impl Fn(f64) -> f64,
) -> i64 {
    loop {
        let v = bits.next_double();
        if v >= p {
            return 1;
        }
        let q = ratio(bits.next_double());
        if v <= q * q {
            let value = to_i64(floor(1.0 + log(v) / log(q)));
            if value < 1 || v == 0.0 {
                continue;
            }
            return value;
        }
        return if v >= q { 1 } else { 2 };
    }
}
