//! [`Polynomial`]: many steps of the Mersenne Twister as one, by polynomials over GF(2).
//!
//! Source: H. Haramoto, M. Matsumoto, T. Nishimura, F. Panneton, P. L'Ecuyer, "Efficient Jump Ahead
//! for F2-Linear Random Number Generators" (2008). The state after n steps is g(B) applied to the
//! state, where B is one step, g = xⁿ mod φ, and φ is B's characteristic polynomial.

use alloc::vec;
use alloc::vec::Vec;

use crate::mt19937::{N, twist};

/// The degree of φ: the bits of the state.
const DEGREE: usize = 19_937;
/// Words of 64 coefficients in a polynomial below φ.
const WORDS: usize = DEGREE.div_ceil(64);

/// A polynomial of a degree below φ's; bit i is the coefficient of xⁱ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Polynomial {
    words: Vec<u64>,
}

/// The exponents of φ below its degree.
///
/// With u = x⁶²⁴ + x³⁹⁷, v = x⁶²³ + x³⁹⁶ and a the matrix word, φ is u·v³¹ + Σ aᵢ·u·v³⁰⁻ⁱ + a₃₁,
/// summed over i = 0..=30 (section 3.2 of Matsumoto and Nishimura).
fn characteristic() -> Vec<usize> {
    const A: u32 = 0x9908_b0df;
    let mut phi = vec![0u64; WORDS];
    let mut flip = |exponent: usize| phi[exponent / 64] ^= 1 << (exponent % 64);
    let powers = (0..31)
        .filter(|i| A >> i & 1 == 1)
        .map(|i| 30 - i)
        .chain([31]);
    for power in powers {
        // Modulo 2, v to the `power` has the terms whose binomial coefficient is odd (Lucas).
        for high in (0..=power).filter(|high| power & high == *high) {
            let term = 623 * high + 396 * (power - high);
            flip(term + 624);
            flip(term + 397);
        }
    }
    if A >> 31 == 1 {
        flip(0);
    }
    flip(DEGREE);
    (0..DEGREE)
        .filter(|i| phi[i / 64] >> (i % 64) & 1 == 1)
        .collect()
}

impl Polynomial {
    /// xⁿ modulo φ.
    pub(crate) fn power_of_x(n: u128) -> Polynomial {
        let phi = characteristic();
        let mut power = Polynomial::one();
        for bit in (0..128 - n.leading_zeros()).rev() {
            power.square(&phi);
            if n >> bit & 1 == 1 {
                power.multiply_by_x(&phi);
            }
        }
        power
    }

    /// x to the 2¹²⁸ modulo φ: the jump of NumPy.
    pub(crate) fn power_of_x_2_128() -> Polynomial {
        let mut power = Polynomial::power_of_x(1 << 127);
        power.square(&characteristic());
        power
    }

    fn one() -> Polynomial {
        let mut words = vec![0; WORDS];
        words[0] = 1;
        Polynomial { words }
    }

    fn coefficient(&self, i: usize) -> bool {
        self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// The highest exponent; 0 for constants.
    pub(crate) fn degree(&self) -> usize {
        (0..DEGREE)
            .rev()
            .find(|&i| self.coefficient(i))
            .unwrap_or(0)
    }

    fn multiply_by_x(&mut self, phi: &[usize]) {
        let mut carry = 0;
        for word in &mut self.words {
            (*word, carry) = (*word << 1 | carry, *word >> 63);
        }
        if self.coefficient(DEGREE) {
            self.words[DEGREE / 64] ^= 1 << (DEGREE % 64);
            for exponent in phi {
                self.words[exponent / 64] ^= 1 << (exponent % 64);
            }
        }
    }

    fn square(&mut self, phi: &[usize]) {
        let mut wide = vec![0u64; 2 * WORDS];
        for (pair, &word) in wide.as_chunks_mut::<2>().0.iter_mut().zip(&self.words) {
            *pair = [spread(word as u32), spread((word >> 32) as u32)];
        }
        // φ's second exponent is 227 below its degree, so that what a word folds down to lies
        // below the word itself.
        for i in (DEGREE / 64..2 * WORDS).rev() {
            let kept = DEGREE.saturating_sub(64 * i);
            let excess = wide[i] >> kept;
            wide[i] ^= excess << kept;
            for exponent in phi {
                let target = 64 * i + kept - DEGREE + exponent;
                wide[target / 64] ^= excess << (target % 64);
                if !target.is_multiple_of(64) {
                    wide[target / 64 + 1] ^= excess >> (64 - target % 64);
                }
            }
        }
        self.words.copy_from_slice(&wide[..WORDS]);
    }
}

/// The bits of `word`, each followed by a zero: its square over GF(2).
fn spread(word: u32) -> u64 {
    let mut bits = u64::from(word);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// The window of words that `steps` leads to from `window`, by Horner's rule.
pub(crate) fn apply(steps: &Polynomial, window: &[u32; N]) -> [u32; N] {
    let degree = steps.degree();
    let mut words = Vec::with_capacity(degree + N);
    words.extend_from_slice(window);
    for i in (0..degree).rev() {
        let next = twist(
            words[words.len() - N],
            words[words.len() - N + 1],
            words[words.len() - 227],
        );
        words.push(next);
        if steps.coefficient(i) {
            let start = words.len() - N;
            for (word, base) in words[start..].iter_mut().zip(window) {
                *word ^= base;
            }
        }
    }
    let mut last = [0; N];
    last.copy_from_slice(&words[degree..]);
    last
}
