//! Normals and exponentials of [`RandomState`].

use crate::distributions::Variates;
use crate::math::{log, sqrt};
use crate::{BitGenerator, RandomState};

impl<B: BitGenerator> Variates for RandomState<B> {
    type Bits = B;

    #[inline]
    fn bits(&mut self) -> &mut B {
        &mut self.bits
    }

    /// By Marsaglia's polar method: the second normal of a pair first, the other at the next call,
    /// whatever is drawn in between.
    #[inline]
    fn standard_normal(&mut self) -> f64 {
        if let Some(normal) = self.gauss.take() {
            return normal;
        }
        loop {
            let x1 = 2.0 * self.bits.next_double() - 1.0;
            let x2 = 2.0 * self.bits.next_double() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 >= 1.0 || r2 == 0.0 {
                continue;
            }
            let f = sqrt(-2.0 * log(r2) / r2);
            self.gauss = Some(f * x1);
            return f * x2;
        }
    }

    #[inline]
    fn standard_exponential(&mut self) -> f64 {
        -log(1.0 - self.bits.next_double())
    }

    /// In blocks of attempts: each is two uniforms and gives at most one pair, so a block of as
    /// many attempts as pairs are missing is never too long.
    fn fill_standard_normal(&mut self, out: &mut [f64]) {
        let n_waiting = usize::from(self.gauss.is_some()).min(out.len());
        let (waiting, out) = out.split_at_mut(n_waiting);
        waiting.fill_with(|| self.standard_normal());
        let (pairs, last) = out.as_chunks_mut();
        let mut n_filled = 0;
        while n_filled < pairs.len() {
            n_filled += fill_pairs(&mut self.bits, &mut pairs[n_filled..]);
        }
        last.fill_with(|| self.standard_normal());
    }
}

/// Makes a block of attempts at `pairs` and returns how many succeeded.
fn fill_pairs<B: BitGenerator + ?Sized>(bits: &mut B, pairs: &mut [[f64; 2]]) -> usize {
    const BLOCK: usize = 256;
    let mut uniforms = [0.0; 2 * BLOCK];
    let mut points = [[0.0; 3]; BLOCK];
    let n_attempts = pairs.len().min(BLOCK);
    let uniforms = &mut uniforms[..2 * n_attempts];
    bits.fill_double(uniforms);
    let mut n_inside = 0;
    for attempt in uniforms.as_chunks::<2>().0 {
        let [x1, x2] = attempt.map(|u| 2.0 * u - 1.0);
        let r2 = x1 * x1 + x2 * x2;
        points[n_inside] = [x1, x2, r2];
        n_inside += usize::from(r2 < 1.0 && r2 != 0.0);
    }
    for (pair, &[x1, x2, r2]) in pairs.iter_mut().zip(&points[..n_inside]) {
        let f = sqrt(-2.0 * log(r2) / r2);
        *pair = [f * x2, f * x1];
    }
    n_inside
}
