//! [`Check`]: NumPy's conditions on parameters.
//!
//! Source: `check_constraint` in `numpy/random/_common.pyx`. Where NumPy lets NaN pass, so do
//! these, and the draws are NaN.

use crate::RngError;

/// The parameters of the method of this name are being checked.
#[derive(Clone, Copy)]
pub(crate) struct Check(pub(crate) &'static str);

impl Check {
    /// The error of a parameter that does not satisfy what it has to.
    pub(crate) fn refused(
        self,
        name: &'static str,
        value: f64,
        requires: &'static str,
    ) -> RngError {
        RngError::Parameter {
            method: self.0,
            name,
            value,
            requires,
        }
    }

    /// As [`refused`](Self::refused), for an integer.
    pub(crate) fn refused_integer(
        self,
        name: &'static str,
        value: i128,
        requires: &'static str,
    ) -> RngError {
        RngError::Integer {
            method: self.0,
            name,
            value,
            requires,
        }
    }

    /// Refuses −0 as well, as NumPy does.
    pub(crate) fn non_negative(self, name: &'static str, value: f64) -> Result<(), RngError> {
        if value.is_sign_negative() && !value.is_nan() {
            return Err(self.refused(name, value, "must not be negative"));
        }
        Ok(())
    }

    pub(crate) fn positive(self, name: &'static str, value: f64) -> Result<(), RngError> {
        if value <= 0.0 {
            return Err(self.refused(name, value, "must be positive"));
        }
        Ok(())
    }

    pub(crate) fn above_one(self, name: &'static str, value: f64) -> Result<(), RngError> {
        if value > 1.0 {
            return Ok(());
        }
        Err(self.refused(name, value, "must be greater than 1"))
    }

    pub(crate) fn probability(self, name: &'static str, value: f64) -> Result<(), RngError> {
        if (0.0..=1.0).contains(&value) {
            return Ok(());
        }
        Err(self.refused(name, value, "must lie in [0, 1]"))
    }

    pub(crate) fn positive_probability(
        self,
        name: &'static str,
        value: f64,
    ) -> Result<(), RngError> {
        if value > 0.0 && value <= 1.0 {
            return Ok(());
        }
        Err(self.refused(name, value, "must lie in (0, 1]"))
    }

    pub(crate) fn probability_below_one(
        self,
        name: &'static str,
        value: f64,
    ) -> Result<(), RngError> {
        if (0.0..1.0).contains(&value) {
            return Ok(());
        }
        Err(self.refused(name, value, "must lie in [0, 1)"))
    }

    pub(crate) fn count(self, name: &'static str, value: i64) -> Result<(), RngError> {
        if value < 0 {
            return Err(self.refused_integer(name, value.into(), "must not be negative"));
        }
        Ok(())
    }
}
