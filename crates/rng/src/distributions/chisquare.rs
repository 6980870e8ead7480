//! [`Chisquare`] and [`F`], central and not.

use super::constraint::Check;
use super::{Distribution, Poisson, StandardGamma, Variates};
use crate::RngError;
use crate::math::sqrt;

/// The chi-square distribution: twice a gamma of half the degrees of freedom.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::Chisquare;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).chisquare(3)
/// assert_eq!(rng.sample(&Chisquare::new(3.0)?), 3.0554394899785056);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chisquare(StandardGamma);

impl Chisquare {
    /// Takes the degrees of freedom.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `df` is not positive.
    pub fn new(df: f64) -> Result<Chisquare, RngError> {
        Check("chisquare").positive("df", df)?;
        Ok(Chisquare::of(df))
    }

    fn of(df: f64) -> Chisquare {
        Chisquare(StandardGamma::of(df / 2.0))
    }
}

impl Distribution<f64> for Chisquare {
    #[inline]
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        2.0 * self.0.sample(source)
    }
}

/// The noncentral chi-square distribution.
///
/// Above one degree of freedom a chi-square plus the square of a shifted normal; else a chi-square
/// whose degrees of freedom are raised by twice a Poisson number.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::NoncentralChisquare;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).noncentral_chisquare(3, 20)
/// assert_eq!(rng.sample(&NoncentralChisquare::new(3.0, 20.0)?), 16.588083520872388);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoncentralChisquare(Regime);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Regime {
    /// NaN without a draw: what `Generator` makes of a noncentrality of NaN.
    NotANumber,
    Central(Chisquare),
    Shifted {
        rest: Chisquare,
        shift: f64,
    },
    Mixed {
        df: f64,
        nonc: f64,
        extra: Poisson,
    },
}

impl NoncentralChisquare {
    /// Takes the degrees of freedom and the noncentrality.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `df` is not positive or `nonc` is negative.
    pub fn new(df: f64, nonc: f64) -> Result<NoncentralChisquare, RngError> {
        let check = Check("noncentral_chisquare");
        check.positive("df", df)?;
        check.non_negative("nonc", nonc)?;
        Ok(NoncentralChisquare::of(df, nonc))
    }

    fn of(df: f64, nonc: f64) -> NoncentralChisquare {
        if nonc.is_nan() {
            return NoncentralChisquare(Regime::NotANumber);
        }
        NoncentralChisquare::drawing_nan(df, nonc)
    }

    /// As [`of`](Self::of), except that a noncentrality of NaN draws before it gives NaN: what
    /// `RandomState` does.
    fn drawing_nan(df: f64, nonc: f64) -> NoncentralChisquare {
        NoncentralChisquare(if nonc == 0.0 {
            Regime::Central(Chisquare::of(df))
        } else if 1.0 < df {
            Regime::Shifted {
                rest: Chisquare::of(df - 1.0),
                shift: sqrt(nonc),
            }
        } else {
            Regime::Mixed {
                df,
                nonc,
                extra: Poisson::of(nonc / 2.0),
            }
        })
    }

    /// As [`new`](Self::new), for `RandomState`, which draws before it gives NaN for a
    /// noncentrality of NaN.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn legacy(df: f64, nonc: f64) -> Result<NoncentralChisquare, RngError> {
        NoncentralChisquare::new(df, nonc)?;
        Ok(NoncentralChisquare::drawing_nan(df, nonc))
    }
}

impl Distribution<f64> for NoncentralChisquare {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        match self.0 {
            Regime::NotANumber => f64::NAN,
            Regime::Central(chisquare) => chisquare.sample(source),
            Regime::Shifted { rest, shift } => {
                let rest = rest.sample(source);
                let n = source.standard_normal() + shift;
                rest + n * n
            }
            Regime::Mixed { df, nonc, extra } => {
                // The Poisson number of an enormous noncentrality does not fit; C wraps as well.
                let more = 2i64.wrapping_mul(extra.sample(source)) as f64;
                let sum = Chisquare::of(df + more).sample(source);
                if nonc.is_nan() { nonc } else { sum }
            }
        }
    }
}

/// Fisher's F distribution: the ratio of two chi-squares, each over its degrees of freedom.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::F;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).f(4, 9)
/// assert_eq!(rng.sample(&F::new(4.0, 9.0)?), 0.7985507995242519);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct F {
    numerator: Chisquare,
    denominator: Chisquare,
    dfnum: f64,
    dfden: f64,
}

impl F {
    /// Takes the degrees of freedom of the numerator and of the denominator.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if either is not positive.
    pub fn new(dfnum: f64, dfden: f64) -> Result<F, RngError> {
        let check = Check("f");
        check.positive("dfnum", dfnum)?;
        check.positive("dfden", dfden)?;
        Ok(F {
            numerator: Chisquare::of(dfnum),
            denominator: Chisquare::of(dfden),
            dfnum,
            dfden,
        })
    }
}

impl Distribution<f64> for F {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let numerator = self.numerator.sample(source) * self.dfden;
        numerator / (self.denominator.sample(source) * self.dfnum)
    }
}

/// The noncentral F distribution: an [`F`] whose numerator is noncentral.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::NoncentralF;
///
/// let mut rng = multiproc_rng::default_rng(42);
/// // numpy.random.default_rng(42).noncentral_f(4, 9, 2.5)
/// assert_eq!(rng.sample(&NoncentralF::new(4.0, 9.0, 2.5)?), 1.4934908186121858);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoncentralF {
    numerator: NoncentralChisquare,
    denominator: Chisquare,
    dfnum: f64,
    dfden: f64,
}

impl NoncentralF {
    /// Takes the degrees of freedom of the numerator and of the denominator, and the
    /// noncentrality.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if a number of degrees is not positive or `nonc` is negative.
    pub fn new(dfnum: f64, dfden: f64, nonc: f64) -> Result<NoncentralF, RngError> {
        let check = Check("noncentral_f");
        check.positive("dfnum", dfnum)?;
        check.positive("dfden", dfden)?;
        check.non_negative("nonc", nonc)?;
        Ok(NoncentralF {
            numerator: NoncentralChisquare::of(dfnum, nonc),
            denominator: Chisquare::of(dfden),
            dfnum,
            dfden,
        })
    }

    /// As [`new`](Self::new), for `RandomState`: see [`NoncentralChisquare::legacy`].
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn legacy(dfnum: f64, dfden: f64, nonc: f64) -> Result<NoncentralF, RngError> {
        let numerator = NoncentralChisquare::drawing_nan(dfnum, nonc);
        Ok(NoncentralF {
            numerator,
            ..NoncentralF::new(dfnum, dfden, nonc)?
        })
    }
}

impl Distribution<f64> for NoncentralF {
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
        let numerator = self.numerator.sample(source) * self.dfden;
        numerator / (self.denominator.sample(source) * self.dfnum)
    }
}
