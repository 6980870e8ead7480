//! [`MultivariateHypergeometric`]: samples without replacement from items of several colours.

use alloc::vec::Vec;

use super::constraint::Check;
use super::distribution::rows_of;
use super::{Distribution, Hypergeometric, Multivariate, Variates};
use crate::integers::masked;
use crate::{BitGenerator, RngError};

/// The multivariate hypergeometric distribution.
///
/// # Examples
///
/// ```
/// use multiproc_rng::distributions::{Multivariate, MultivariateHypergeometric, UrnMethod};
///
/// // numpy.random.default_rng(42).multivariate_hypergeometric([16, 8, 4], 12)
/// let cards = MultivariateHypergeometric::new(&[16, 8, 4], 12, UrnMethod::Marginals)?;
/// let mut hand = [0; 3];
/// cards.fill_rows(&mut multiproc_rng::Pcg64::seed_from(42), &mut hand)?;
/// assert_eq!(hand, [7, 4, 1]);
///
/// let refused = MultivariateHypergeometric::new(&[1, 2], 4, UrnMethod::Count).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "`nsample` of `multivariate_hypergeometric` must not exceed `sum(colors)`, found 4"
/// );
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultivariateHypergeometric {
    colors: Vec<i64>,
    total: i64,
    /// The sample, or what it leaves if that is less.
    smaller: i64,
    counted: Counted,
    method: UrnMethod,
}

/// How a [`MultivariateHypergeometric`] is drawn: NumPy's `method`. Each has its own stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrnMethod {
    /// A [`Hypergeometric`] number for each colour.
    #[default]
    Marginals,
    /// The first items of a shuffled list of all.
    ///
    /// The list takes eight bytes an item. It is shuffled on from draw to draw within a fill, so
    /// that two fills of one draw each are not one fill of two draws.
    Count,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Counted {
    Drawn,
    Left,
}

const CHECK: Check = Check("multivariate_hypergeometric");

impl MultivariateHypergeometric {
    /// Takes how many items there are of each colour, and how many of all are drawn.
    ///
    /// # Errors
    ///
    /// [`RngError::Integer`] if a number is negative, the sum of `colors` does not fit an `i64`,
    /// `nsample` exceeds it, or it is 10⁹ or more for [`UrnMethod::Marginals`].
    pub fn new(
        colors: &[i64],
        nsample: i64,
        method: UrnMethod,
    ) -> Result<MultivariateHypergeometric, RngError> {
        CHECK.count("nsample", nsample)?;
        colors
            .iter()
            .try_for_each(|&color| CHECK.count("colors", color))?;
        let sum: i128 = colors.iter().map(|&color| i128::from(color)).sum();
        let refused = |requires| CHECK.refused_integer("sum(colors)", sum, requires);
        let total = i64::try_from(sum).map_err(|_| refused("must fit a 64-bit integer"))?;
        if method == UrnMethod::Marginals && total >= super::hypergeometric::LIMIT {
            return Err(refused("must be less than 10^9 for `method=\"marginals\"`"));
        }
        if nsample > total {
            let requires = "must not exceed `sum(colors)`";
            return Err(CHECK.refused_integer("nsample", nsample.into(), requires));
        }
        let (smaller, counted) = if nsample > total / 2 {
            (total - nsample, Counted::Left)
        } else {
            (nsample, Counted::Drawn)
        };
        Ok(MultivariateHypergeometric {
            colors: colors.to_vec(),
            total,
            smaller,
            counted,
            method,
        })
    }

    /// The colour of each item.
    fn items(&self) -> Result<Vec<usize>, RngError> {
        let mut items = Vec::new();
        if self.smaller > 0 {
            let total = usize::try_from(self.total).unwrap_or(usize::MAX);
            items.try_reserve_exact(total).map_err(|_| {
                let requires = "must fit in memory for `method=\"count\"`, eight bytes an item";
                CHECK.refused_integer("sum(colors)", self.total.into(), requires)
            })?;
            for (index, &color) in self.colors.iter().enumerate() {
                items.extend(core::iter::repeat_n(index, color as usize));
            }
        }
        Ok(items)
    }

    fn count<B: BitGenerator + ?Sized>(&self, bits: &mut B, items: &mut [usize], row: &mut [i64]) {
        for drawn in 0..self.smaller as usize {
            let other = drawn + masked(bits, (items.len() - drawn - 1) as u64) as usize;
            items.swap(drawn, other);
            row[items[drawn]] += 1;
        }
    }

    fn marginals<V: Variates + ?Sized>(&self, source: &mut V, row: &mut [i64]) {
        let last = row.len() - 1;
        let mut to_draw = self.smaller;
        let mut others = self.total;
        for (count, &color) in row[..last].iter_mut().zip(&self.colors) {
            if to_draw == 0 {
                break;
            }
            others -= color;
            *count = Hypergeometric::of(color, others, to_draw).sample(source);
            to_draw -= *count;
        }
        row[last] = to_draw;
    }
}

impl Multivariate<i64> for MultivariateHypergeometric {
    fn row_len(&self) -> usize {
        self.colors.len()
    }

    /// # Errors
    ///
    /// Also [`RngError::Integer`] if there is no memory for the list of [`UrnMethod::Count`].
    fn fill_rows<V: Variates + ?Sized>(
        &self,
        source: &mut V,
        out: &mut [i64],
    ) -> Result<(), RngError> {
        let rows = rows_of(out, self.row_len())?;
        let mut items = match self.method {
            UrnMethod::Marginals => Vec::new(),
            UrnMethod::Count => self.items()?,
        };
        for row in rows {
            row.fill(0);
            match self.method {
                UrnMethod::Marginals => self.marginals(source, row),
                UrnMethod::Count => self.count(source.bits(), &mut items, row),
            }
            if self.counted == Counted::Left {
                row.iter_mut()
                    .zip(&self.colors)
                    .for_each(|(n, color)| *n = color - *n);
            }
        }
        Ok(())
    }
}
