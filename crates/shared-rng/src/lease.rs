//! [`Lease`]: draws that were taken out of a shared stream.

use std::fmt;

use multiproc_rng::{AnySource, BitGenerator};
use multiproc_sync::Claim;

/// So many draws of a shared stream, which nobody else will make; made by
/// [`Shared::reserve`](crate::Shared::reserve).
///
/// It belongs to the thread that reserved it.
pub struct Lease {
    source: AnySource,
    n_left: u64,
    /// Tells the others that the draws are in living hands.
    claim: Claim,
}

impl Lease {
    pub(crate) fn new(source: AnySource, n_left: u64, claim: Claim) -> Lease {
        Lease {
            source,
            n_left,
            claim,
        }
    }

    /// How many draws are left.
    pub fn n_left(&self) -> u64 {
        self.n_left
    }

    /// The next 64 bits, if a draw is left.
    #[inline]
    pub fn next_u64(&mut self) -> Option<u64> {
        self.n_left = self.n_left.checked_sub(1)?;
        Some(self.source.bits_mut().next_u64())
    }

    /// The next double in `[0, 1)`, if a draw is left: NumPy's `random()`.
    #[inline]
    pub fn random(&mut self) -> Option<f64> {
        self.n_left = self.n_left.checked_sub(1)?;
        Some(self.source.bits_mut().next_double())
    }

    /// Fills the front of `out` with doubles in `[0, 1)`, as many as are left; returns how many that is.
    pub fn fill_random(&mut self, out: &mut [f64]) -> usize {
        let n = usize::try_from(self.n_left).map_or(out.len(), |n_left| n_left.min(out.len()));
        self.source.bits_mut().fill_double(&mut out[..n]);
        self.n_left -= n as u64;
        n
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("n_left", &self.n_left)
            .field("range", &self.claim.range())
            .finish_non_exhaustive()
    }
}
