//! [`Multinomial`]: how often each of several outcomes comes up in `n` trials.

use alloc::vec::Vec;

use super::constraint::Check;
use super::distribution::rows_of;
use super::{Binomial, Distribution, Multivariate, Variates};
use crate::{RngError, StreamVersion};

/// The multinomial distribution: a binomial for each outcome among the trials that are left.
///
/// # Examples
///
/// ```
/// use multiproc_rng::StreamVersion;
/// use multiproc_rng::distributions::{Multinomial, Multivariate};
///
/// let mut bits = multiproc_rng::Pcg64::seed_from(42);
/// // numpy.random.default_rng(42).multinomial(60, [0.2, 0.5, 0.3], size=2)
/// let rolls = Multinomial::new(60, &[0.2, 0.5, 0.3], StreamVersion::Numpy2_4)?;
/// let mut counts = [0; 6];
/// rolls.fill_rows(&mut bits, &mut counts)?;
/// assert_eq!(counts, [14, 29, 17, 15, 26, 19]);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Multinomial {
    n: i64,
    pvals: Vec<f64>,
    binomials: Binomials,
}

/// Which class's binomials the counts are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Binomials {
    Generator(StreamVersion),
    RandomState,
}

impl Multinomial {
    /// Takes the number of trials, the probability of each outcome, and which NumPy's stream to
    /// draw. The last outcome gets what the others leave, whatever its `pvals` is.
    ///
    /// # Errors
    ///
    /// - [`RngError::Integer`] if `n` is negative.
    /// - [`RngError::Length`] if there is no outcome.
    /// - [`RngError::Parameter`] if a probability is not in `[0, 1]`, or all but the last add up
    ///   to more than 1 + 10⁻¹².
    pub fn new(n: i64, pvals: &[f64], version: StreamVersion) -> Result<Multinomial, RngError> {
        if pvals.is_empty() {
            let requires = "must be at least";
            return Err(RngError::Length {
                name: "pvals",
                found: 0,
                requires,
                expected: 1,
            });
        }
        Multinomial::from_binomials(n, pvals, Binomials::Generator(version))
    }

    /// As [`new`](Self::new), for `RandomState`, which takes no outcomes too, and since NumPy 2.5.0
    /// has the binomials of [`Binomial::legacy`].
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), but for the number of outcomes.
    pub fn legacy(n: i64, pvals: &[f64], version: StreamVersion) -> Result<Multinomial, RngError> {
        let binomials = match version {
            StreamVersion::Numpy2_4 => Binomials::Generator(version),
            StreamVersion::Numpy2_5 => Binomials::RandomState,
        };
        Multinomial::from_binomials(n, pvals, binomials)
    }

    fn from_binomials(
        n: i64,
        pvals: &[f64],
        binomials: Binomials,
    ) -> Result<Multinomial, RngError> {
        let check = Check("multinomial");
        pvals
            .iter()
            .try_for_each(|&p| check.probability("pvals", p))?;
        let sum = kahan_sum(
            pvals
                .split_last()
                .map_or(&[], |(_, all_but_last)| all_but_last),
        );
        if sum > 1.0 + 1e-12 {
            return Err(check.refused("sum(pvals[:-1])", sum, "must not exceed 1"));
        }
        check.count("n", n)?;
        Ok(Multinomial {
            n,
            pvals: pvals.to_vec(),
            binomials,
        })
    }
}

impl Multivariate<i64> for Multinomial {
    fn row_len(&self) -> usize {
        self.pvals.len()
    }

    fn fill_rows<V: Variates + ?Sized>(
        &self,
        source: &mut V,
        out: &mut [i64],
    ) -> Result<(), RngError> {
        for row in rows_of(out, self.row_len())? {
            row.fill(0);
            let last = row.len() - 1;
            let mut trials_left = self.n;
            let mut p_left = 1.0;
            for (count, &pval) in row[..last].iter_mut().zip(&self.pvals) {
                let p = pval / p_left;
                let binomial = match self.binomials {
                    Binomials::Generator(version) => Binomial::of(trials_left, p, version),
                    Binomials::RandomState => Binomial::legacy_of(trials_left, p),
                };
                *count = binomial.sample(source);
                trials_left -= *count;
                if trials_left <= 0 {
                    break;
                }
                p_left -= pval;
            }
            row[last] = trials_left.max(0);
        }
        Ok(())
    }
}

/// Compensated summation, with the bits of NumPy's `kahan_sum`.
pub(crate) fn kahan_sum(values: &[f64]) -> f64 {
    let Some((first, rest)) = values.split_first() else {
        return 0.0;
    };
    let mut sum = *first;
    let mut compensation = 0.0;
    for value in rest {
        let y = value - compensation;
        let t = sum + y;
        compensation = (t - sum) - y;
        sum = t;
    }
    sum
}
