//! [`Draw`]: samples of a population, with and without replacement, after NumPy's `choice`.
//!
//! Source: `numpy/random/_generator.pyx` and `mtrand.pyx`.

use alloc::vec;
use alloc::vec::Vec;

use crate::distributions::kahan_sum;
use crate::integers::lemire;
use crate::shuffle::permutation;
use crate::{BitGenerator, Generator, RandomState, RngError};

/// How [`Generator::choice`] draws: NumPy's `replace`, `p` and `shuffle`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Draw<'p> {
    /// Every draw from the whole population.
    Replace,
    /// Every draw from the whole population, item i with probability `p[i]`.
    ReplaceWeighted(&'p [f64]),
    /// No item twice, in random order.
    Distinct,
    /// No item twice, in any order: `shuffle=False`, which is faster.
    ///
    /// [`RandomState`] has no such draw and takes it for [`Distinct`](Draw::Distinct).
    DistinctUnordered,
    /// No item twice, item i with a probability proportional to `p[i]` among those left.
    DistinctWeighted(&'p [f64]),
}

impl<B: BitGenerator> Generator<B> {
    /// Returns `size` indices into a population of `n`: NumPy's `choice(n, size, ..)`.
    ///
    /// # Errors
    ///
    /// - [`RngError::Length`] if `n` is 0 and `size` is not, if a draw of distinct items wants more
    ///   than there are (or have a probability), or if there are not `n` probabilities.
    /// - [`RngError::Parameter`] if a probability is negative or NaN, or if they do not add up to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::{Draw, default_rng};
    ///
    /// // numpy.random.default_rng(3).choice(100, 5, replace=False)
    /// let sample = default_rng(3).choice(100, 5, Draw::Distinct)?;
    /// assert_eq!(sample, [17, 77, 8, 23, 18]);
    ///
    /// let refused = default_rng(3).choice(4, 5, Draw::Distinct).unwrap_err();
    /// assert_eq!(refused.to_string(), "length of `size` must not exceed the population (4), found 5");
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    pub fn choice(&mut self, n: usize, size: usize, draw: Draw) -> Result<Vec<usize>, RngError> {
        check_population(n, size)?;
        match draw {
            Draw::Replace => {
                let mut indices = vec![0u64; size];
                if let Some(highest) = n.checked_sub(1) {
                    self.fill_integers(..=highest as u64, &mut indices)?;
                }
                Ok(indices.into_iter().map(|index| index as usize).collect())
            }
            Draw::ReplaceWeighted(p) => replace_weighted(&mut self.bits, n, size, p),
            Draw::Distinct => distinct(&mut self.bits, n, size, Order::Random),
            Draw::DistinctUnordered => distinct(&mut self.bits, n, size, Order::Any),
            Draw::DistinctWeighted(p) => distinct_weighted(&mut self.bits, n, size, p),
        }
    }
}

impl<B: BitGenerator> RandomState<B> {
    /// Returns `size` indices into a population of `n`: NumPy's `choice(n, size, ..)`.
    ///
    /// # Errors
    ///
    /// Those of [`Generator::choice`].
    pub fn choice(&mut self, n: usize, size: usize, draw: Draw) -> Result<Vec<usize>, RngError> {
        check_population(n, size)?;
        match draw {
            Draw::Replace => {
                let mut indices = vec![0i64; size];
                if let Some(highest) = n.checked_sub(1) {
                    self.fill_randint(0..=highest as i64, &mut indices)?;
                }
                Ok(indices.into_iter().map(|index| index as usize).collect())
            }
            Draw::ReplaceWeighted(p) => replace_weighted(&mut self.bits, n, size, p),
            Draw::Distinct | Draw::DistinctUnordered => {
                check_distinct(n, size)?;
                let mut order = permutation(&mut self.bits, n);
                order.truncate(size);
                Ok(order)
            }
            Draw::DistinctWeighted(p) => distinct_weighted(&mut self.bits, n, size, p),
        }
    }
}

fn check_population(n: usize, size: usize) -> Result<(), RngError> {
    if n == 0 && size > 0 {
        return Err(RngError::Length {
            name: "a",
            found: 0,
            requires: "must be at least",
            expected: 1,
        });
    }
    Ok(())
}

fn check_distinct(available: usize, size: usize) -> Result<(), RngError> {
    if size > available {
        return Err(RngError::Length {
            name: "size",
            found: size,
            requires: "must not exceed the population",
            expected: available,
        });
    }
    Ok(())
}

fn check_probabilities(p: &[f64], n: usize) -> Result<(), RngError> {
    if p.len() != n {
        return Err(RngError::Length {
            name: "p",
            found: p.len(),
            requires: "must equal the population",
            expected: n,
        });
    }
    let refuse = |value, requires| {
        Err(RngError::Parameter {
            method: "choice",
            name: "p",
            value,
            requires,
        })
    };
    if let Some(&value) = p.iter().find(|value| value.is_nan() || **value < 0.0) {
        return refuse(value, "must hold no negative probability");
    }
    let sum = kahan_sum(p);
    // NumPy's tolerance: the square root of the machine epsilon.
    if n > 0 && (sum - 1.0).abs() > 1.490_116_119_384_765_6e-8 {
        return refuse(sum, "must add up to 1");
    }
    Ok(())
}

/// The running sums of `p`, divided by the last one.
fn cumulative(p: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let mut cdf: Vec<f64> = p
        .iter()
        .map(|value| {
            sum += value;
            sum
        })
        .collect();
    for value in &mut cdf {
        *value /= sum;
    }
    cdf
}

fn replace_weighted<B: BitGenerator + ?Sized>(
    bits: &mut B,
    n: usize,
    size: usize,
    p: &[f64],
) -> Result<Vec<usize>, RngError> {
    check_probabilities(p, n)?;
    let cdf = cumulative(p);
    let mut uniforms = vec![0.0; size];
    bits.fill_double(&mut uniforms);
    Ok(uniforms
        .into_iter()
        .map(|u| cdf.partition_point(|&c| c <= u))
        .collect())
}

/// Draws all that are missing at once, keeps those that are new, and repeats without them.
fn distinct_weighted<B: BitGenerator + ?Sized>(
    bits: &mut B,
    n: usize,
    size: usize,
    p: &[f64],
) -> Result<Vec<usize>, RngError> {
    check_probabilities(p, n)?;
    check_distinct(p.iter().filter(|&&value| value > 0.0).count(), size)?;
    let mut p = p.to_vec();
    let mut found = Vec::with_capacity(size);
    let mut is_found = vec![false; n];
    let mut uniforms = vec![0.0; size];
    while found.len() < size {
        let uniforms = &mut uniforms[found.len()..];
        bits.fill_double(uniforms);
        for &index in &found {
            p[index] = 0.0;
        }
        let cdf = cumulative(&p);
        for &mut u in uniforms {
            let index = cdf.partition_point(|&c| c <= u);
            if !is_found[index] {
                is_found[index] = true;
                found.push(index);
            }
        }
    }
    Ok(found)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Random,
    Any,
}

fn distinct<B: BitGenerator + ?Sized>(
    bits: &mut B,
    n: usize,
    size: usize,
    order: Order,
) -> Result<Vec<usize>, RngError> {
    check_distinct(n, size)?;
    let large_share = n / if order == Order::Random { 50 } else { 20 };
    if n > 10_000 && size > large_share {
        let mut indices: Vec<usize> = (0..n).collect();
        shuffle_tail(bits, &mut indices, (n - size).max(1));
        return Ok(indices.split_off(n - size));
    }
    let mut indices = floyd(bits, n, size);
    if order == Order::Random {
        shuffle_tail(bits, &mut indices, 1);
    }
    Ok(indices)
}

/// Fisher and Yates' shuffle, from the top down to `first`, with Lemire's integers.
fn shuffle_tail<B: BitGenerator + ?Sized>(bits: &mut B, items: &mut [usize], first: usize) {
    for i in (first..items.len()).rev() {
        items.swap(i, lemire(bits, i as u64) as usize);
    }
}

/// R. Floyd's sample of distinct indices, in the order in which they are found.
fn floyd<B: BitGenerator + ?Sized>(bits: &mut B, n: usize, size: usize) -> Vec<usize> {
    const FREE: usize = usize::MAX;
    let mask = (size + size / 4).next_power_of_two() * 2 - 1;
    let mut set = vec![FREE; mask + 1];
    let mut insert = |value: usize| {
        let mut slot = value & mask;
        while set[slot] != FREE && set[slot] != value {
            slot = (slot + 1) & mask;
        }
        let is_new = set[slot] == FREE;
        set[slot] = value;
        is_new
    };
    (n - size..n)
        .map(|highest| {
            let value = lemire(bits, highest as u64) as usize;
            if insert(value) {
                return value;
            }
            insert(highest);
            highest
        })
        .collect()
}
