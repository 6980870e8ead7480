//! [`Binomial`]: how many of `n` trials succeed.

use super::btpe::Btpe;
use super::constraint::Check;
use super::{Distribution, Variates};
use crate::math::{exp, log, log1p, sqrt, to_i64};
use crate::{BitGenerator, RngError, StreamVersion};

/// The binomial distribution.
///
/// By inversion up to 30 expected successes, or failures if those are rarer; else by V.
/// Kachitvichyanukul and B. W. Schmeiser, "Binomial Random Variate Generation" (1988), algorithm
/// BTPE, a term of which NumPy 2.5.0 corrected.
///
/// # Examples
///
/// ```
/// use multiproc_rng::StreamVersion;
/// use multiproc_rng::distributions::Binomial;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).binomial(1000, 0.4)
/// let successes: i64 = rng.sample(&Binomial::new(1000, 0.4, StreamVersion::Numpy2_4)?);
/// assert_eq!(successes, 390);
///
/// let refused = Binomial::new(10, 1.5, StreamVersion::Numpy2_4).unwrap_err();
/// assert_eq!(refused.to_string(), "`p` of `binomial` must lie in [0, 1], found 1.5");
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binomial {
    n: i64,
    regime: Regime,
    counted: Counted,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    /// Always 0, and no draw.
    Zero,
    Inversion(Inversion),
    Btpe(Btpe),
}

/// Which of the two outcomes, the rarer one, the sampler counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Counted {
    Successes,
    Failures,
}

impl Binomial {
    /// Takes the number of trials, the probability of success, and which NumPy's stream to draw.
    ///
    /// # Errors
    ///
    /// - [`RngError::Integer`] if `n` is negative.
    /// - [`RngError::Parameter`] if `p` is not in `[0, 1]`.
    pub fn new(n: i64, p: f64, version: StreamVersion) -> Result<Binomial, RngError> {
        Binomial::check(n, p)?;
        Ok(Binomial::of(n, p, version))
    }

    /// As [`new`](Self::new), for `RandomState`, whose inversion rounds otherwise.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn legacy(n: i64, p: f64) -> Result<Binomial, RngError> {
        Binomial::check(n, p)?;
        Ok(Binomial::legacy_of(n, p))
    }

    fn check(n: i64, p: f64) -> Result<(), RngError> {
        let check = Check("binomial");
        check.probability("p", p)?;
        check.count("n", n)
    }

    /// For parameters that nobody checked, as inside of NumPy's multinomial.
    pub(super) fn of(n: i64, p: f64, version: StreamVersion) -> Binomial {
        if n == 0 || p == 0.0 {
            return Binomial {
                n,
                regime: Regime::Zero,
                counted: Counted::Successes,
            };
        }
        Binomial::counting_rarer(n, p, |p| log1p(-p), version)
    }

    /// As [`of`](Self::of), for `RandomState`: it also draws if nothing can succeed, takes the
    /// logarithm of a rounded difference, and keeps the uncorrected term.
    pub(super) fn legacy_of(n: i64, p: f64) -> Binomial {
        Binomial::counting_rarer(n, p, |p| log(1.0 - p), StreamVersion::Numpy2_4)
    }

    fn counting_rarer(
        n: i64,
        p: f64,
        log_of_failure: impl Fn(f64) -> f64,
        version: StreamVersion,
    ) -> Binomial {
        let (rarer, counted) = if p <= 0.5 {
            (p, Counted::Successes)
        } else {
            (1.0 - p, Counted::Failures)
        };
        let regime = if rarer * n as f64 <= 30.0 {
            Regime::Inversion(Inversion::new(
                n,
                rarer,
                exp(n as f64 * log_of_failure(rarer)),
            ))
        } else {
            Regime::Btpe(Btpe::new(n, rarer, version))
        };
        Binomial { n, regime, counted }
    }
}

impl Distribution<i64> for Binomial {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> i64 {
        let count = match &self.regime {
            Regime::Zero => 0,
            Regime::Inversion(inversion) => inversion.sample(source.bits()),
            Regime::Btpe(btpe) => btpe.sample(source.bits()),
        };
        match self.counted {
            Counted::Successes => count,
            Counted::Failures => self.n - count,
        }
    }
}

/// The search for the count in whose share of `[0, 1)` a uniform falls.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Inversion {
    n: i64,
    p: f64,
    share_of_zero: f64,
    /// Where the search gives up: ten deviations above the mean.
    bound: i64,
}

impl Inversion {
    fn new(n: i64, p: f64, share_of_zero: f64) -> Inversion {
        let mean = n as f64 * p;
        let ten_deviations_up = mean + 10.0 * sqrt(mean * (1.0 - p) + 1.0);
        let n_real = n as f64;
        let bound = if n_real < ten_deviations_up {
            n_real
        } else {
            ten_deviations_up
        };
        Inversion {
            n,
            p,
            share_of_zero,
            bound: to_i64(bound),
        }
    }

    fn sample<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let Inversion {
            n,
            p,
            share_of_zero,
            bound,
        } = *self;
        let q = 1.0 - p;
        let mut count = 0;
        let mut share = share_of_zero;
        let mut u = bits.next_double();
        while u > share {
            count += 1;
            if count > bound {
                count = 0;
                share = share_of_zero;
                u = bits.next_double();
            } else {
                u -= share;
                share = (n - count + 1) as f64 * p * share / (count as f64 * q);
            }
        }
        count
    }
}
