//! [`FillMethod`]: which of NumPy's methods fills an array, with its arguments.

use core::ops::RangeBounds;

use super::value::{FillValue, RealKind};
use crate::RngError;
use crate::distributions::{Exponential, Normal, Real, Uniform};
use crate::integers::{self, Integer};

/// A method of NumPy's `Generator` or `RandomState` that fills an array of `T`, with its arguments.
///
/// # Examples
///
/// ```
/// use multiproc_rng::FillMethod;
///
/// let dice = FillMethod::<u8>::integers(1..=6)?;
/// let noise = FillMethod::normal(0.0, 0.1)?;
/// let singles = FillMethod::<f32>::standard_normal();
/// let refused = FillMethod::normal(0.0, -1.0).unwrap_err();
/// assert_eq!(refused.to_string(), "`scale` of `normal` must not be negative, found -1");
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FillMethod<T: FillValue> {
    pub(super) kind: T::Kind,
}

impl<T: Real + FillValue<Kind = RealKind>> FillMethod<T> {
    /// `random`, or `RandomState`'s `random_sample`.
    #[doc(alias = "random_sample")]
    pub fn random() -> FillMethod<T> {
        let kind = RealKind::Random;
        FillMethod { kind }
    }

    /// `standard_normal`.
    #[doc(alias = "randn")]
    pub fn standard_normal() -> FillMethod<T> {
        let kind = RealKind::StandardNormal;
        FillMethod { kind }
    }

    /// `standard_exponential`.
    pub fn standard_exponential() -> FillMethod<T> {
        let kind = RealKind::StandardExponential;
        FillMethod { kind }
    }
}

impl FillMethod<f64> {
    /// `uniform(low, high)`. A `Generator` wants `low <= high`, which the plan checks.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `high - low` is not finite.
    pub fn uniform(low: f64, high: f64) -> Result<FillMethod<f64>, RngError> {
        let kind = RealKind::Uniform { low, high };
        Uniform::legacy(low, high).map(|_| FillMethod { kind })
    }

    /// `normal(loc, scale)`.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn normal(loc: f64, scale: f64) -> Result<FillMethod<f64>, RngError> {
        let kind = RealKind::Normal { loc, scale };
        Normal::new(loc, scale).map(|_| FillMethod { kind })
    }

    /// `exponential(scale)`.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if `scale` is negative.
    pub fn exponential(scale: f64) -> Result<FillMethod<f64>, RngError> {
        let kind = RealKind::Exponential { scale };
        Exponential::new(scale).map(|_| FillMethod { kind })
    }
}

impl<T: Integer + FillValue<Kind = (T, T)>> FillMethod<T> {
    /// `integers` with its `dtype` and `endpoint`, or `RandomState`'s `randint`.
    ///
    /// # Errors
    ///
    /// [`RngError::EmptyRange`] if `range` holds no value.
    #[doc(alias = "randint")]
    pub fn integers(range: impl RangeBounds<T>) -> Result<FillMethod<T>, RngError> {
        let kind = integers::bounds(range)?;
        Ok(FillMethod { kind })
    }
}
