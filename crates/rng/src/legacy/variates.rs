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
}
