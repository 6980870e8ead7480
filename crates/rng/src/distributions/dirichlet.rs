//! [`Dirichlet`]: random shares that add up to 1.

use alloc::vec::Vec;

use super::constraint::Check;
use super::distribution::rows_of;
use super::{Beta, Distribution, Multivariate, StandardGamma, Variates};
use crate::RngError;

/// The Dirichlet distribution.
///
/// Gammas over their sum; if every parameter is below 0.1, where all gammas might be 0, by breaking
/// pieces of random [`Beta`] length off a stick.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::{Dirichlet, Multivariate};
///
/// // numpy.random.default_rng(42).dirichlet([1, 2, 3])
/// let mut shares = [0.0; 3];
/// let mut bits = multiproc_rng::Pcg64::seed_from(42);
/// Dirichlet::new(&[1.0, 2.0, 3.0])?.fill_rows(&mut bits, &mut shares)?;
/// assert_eq!(shares, [0.3174762876184857, 0.08613712680247759, 0.5963865855790367]);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dirichlet(Regime);

#[derive(Clone, Debug, PartialEq)]
enum Regime {
    /// Parameters that are all 0: always 0, and no draw.
    Zero {
        row_len: usize,
    },
    Gammas(Vec<StandardGamma>),
    Stick(Vec<Piece>),
}

/// What is broken off, and what the parameters of the pieces after it add up to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    share: Beta,
    rest: f64,
}

impl Dirichlet {
    /// Takes the parameter of each share.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if one is negative.
    pub fn new(alpha: &[f64]) -> Result<Dirichlet, RngError> {
        if let Some(&negative) = alpha.iter().find(|&&alpha| alpha < 0.0) {
            let requires = "must not be negative";
            return Err(Check("dirichlet").refused("alpha", negative, requires));
        }
        if alpha.is_empty() || !alpha.iter().all(|&alpha| alpha < 0.1) {
            return Ok(Dirichlet::of_gammas(alpha));
        }
        let mut rest = 0.0;
        let mut pieces: Vec<Piece> = Vec::with_capacity(alpha.len());
        for alpha in alpha.iter().rev() {
            // A parameter of -0 passes as 0, but its reciprocal would be minus infinity.
            let alpha = alpha.abs();
            pieces.push(Piece {
                share: Beta::of(alpha, rest),
                rest,
            });
            rest += alpha;
        }
        pieces.reverse();
        Ok(Dirichlet(if rest > 0.0 {
            Regime::Stick(pieces)
        } else {
            Regime::Zero {
                row_len: alpha.len(),
            }
        }))
    }

    /// As [`new`](Self::new), for `RandomState`, which has gammas only, and no parameter of 0.
    ///
    /// # Errors
    ///
    /// [`RngError::Parameter`] if one is not positive.
    pub fn legacy(alpha: &[f64]) -> Result<Dirichlet, RngError> {
        alpha
            .iter()
            .try_for_each(|&alpha| Check("dirichlet").positive("alpha", alpha))?;
        Ok(Dirichlet::of_gammas(alpha))
    }

    fn of_gammas(alpha: &[f64]) -> Dirichlet {
        Dirichlet(Regime::Gammas(
            alpha
                .iter()
                .map(|&alpha| StandardGamma::of(alpha))
                .collect(),
        ))
    }
}

impl Multivariate<f64> for Dirichlet {
    fn row_len(&self) -> usize {
        match &self.0 {
            Regime::Zero { row_len } => *row_len,
            Regime::Gammas(gammas) => gammas.len(),
            Regime::Stick(pieces) => pieces.len(),
        }
    }

    fn fill_rows<V: Variates + ?Sized>(
        &self,
        source: &mut V,
        out: &mut [f64],
    ) -> Result<(), RngError> {
        for row in rows_of(out, self.row_len())? {
            match &self.0 {
                Regime::Zero { .. } => row.fill(0.0),
                Regime::Gammas(gammas) => normalised(source, gammas, row),
                Regime::Stick(pieces) => broken(source, pieces, row),
            }
        }
        Ok(())
    }
}

fn normalised<V: Variates + ?Sized>(source: &mut V, gammas: &[StandardGamma], row: &mut [f64]) {
    let mut sum = 0.0;
    for (share, gamma) in row.iter_mut().zip(gammas) {
        *share = gamma.sample(source);
        sum += *share;
    }
    let inverse = 1.0 / sum;
    row.iter_mut().for_each(|share| *share *= inverse);
}

fn broken<V: Variates + ?Sized>(source: &mut V, pieces: &[Piece], row: &mut [f64]) {
    row.fill(0.0);
    let last = row.len() - 1;
    let mut stick = 1.0;
    for (share, piece) in row[..last].iter_mut().zip(pieces) {
        let part = piece.share.sample(source);
        *share = stick * part;
        stick *= 1.0 - part;
        if piece.rest == 0.0 {
            break;
        }
    }
    row[last] = stick;
}
