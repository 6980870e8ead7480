//! [`Distribution`] and [`Multivariate`]: what can be drawn from.

use core::slice::ChunksExactMut;

use super::Variates;
use crate::RngError;

/// A distribution of single values, its parameters already checked.
///
/// # Examples
///
/// A mixture is a distribution too:
///
/// ```
/// use multiproc_rng::distributions::{Distribution, Normal, Variates};
/// use multiproc_rng::{BitGenerator, default_rng};
///
/// struct Outliers(Normal, Normal);
///
/// impl Distribution<f64> for Outliers {
///     fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> f64 {
///         let rare = source.bits().next_double() < 0.01;
///         if rare { self.1.sample(source) } else { self.0.sample(source) }
///     }
/// }
///
/// let noise = Outliers(Normal::new(0.0, 1.0)?, Normal::new(0.0, 30.0)?);
/// let mut samples = [0.0; 1000];
/// default_rng(5).fill(&noise, &mut samples);
/// assert!(samples.iter().any(|x| x.abs() > 10.0));
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
pub trait Distribution<T> {
    /// Draws one value.
    fn sample<V: Variates + ?Sized>(&self, source: &mut V) -> T;

    /// Fills `out` with what the same number of single draws would give, in the same order.
    fn fill<V: Variates + ?Sized>(&self, source: &mut V, out: &mut [T]) {
        for value in out {
            *value = self.sample(source);
        }
    }
}

/// A distribution whose draws are rows of [`row_len`](Self::row_len) values.
pub trait Multivariate<T> {
    /// How many values a draw has.
    fn row_len(&self) -> usize;

    /// Fills `out` with one draw after the other: NumPy's draws for `size = out.len() / row_len`.
    ///
    /// # Errors
    ///
    /// [`RngError::Length`] if the length of `out` is no multiple of [`row_len`](Self::row_len).
    fn fill_rows<V: Variates + ?Sized>(
        &self,
        source: &mut V,
        out: &mut [T],
    ) -> Result<(), RngError>;
}

/// Cuts `out` into rows of `row_len` values.
pub(super) fn rows_of<T>(out: &mut [T], row_len: usize) -> Result<ChunksExactMut<'_, T>, RngError> {
    // No row is empty; of rows without values there may be any number, and nothing to fill.
    let rows_fit = out
        .len()
        .checked_rem(row_len)
        .map_or(out.is_empty(), |rest| rest == 0);
    if !rows_fit {
        let requires = "must be a multiple of the length of a draw";
        return Err(RngError::Length {
            name: "out",
            found: out.len(),
            requires,
            expected: row_len,
        });
    }
    Ok(out.chunks_exact_mut(row_len.max(1)))
}
