//! [`Seek`]: generators that can go to any later place of their stream.

#[cfg(feature = "chacha")]
use crate::chacha::{ChaCha, Rounds};
use crate::pcg64::{Pcg, Permutation};
use crate::{BitGenerator, Mt19937, Philox};

/// A generator that skips draws much faster than it makes them.
///
/// A skip leaves the very state that the draws would have left, waiting half words included, where
/// NumPy's `advance` drops those. [`Sfc64`](crate::Sfc64) has no such method: its state after n
/// words can only be had by making them.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Philox, Seek};
///
/// let mut drawn = Philox::seed_from(3);
/// let mut skipped = drawn.clone();
/// for _ in 0..1001 {
///     drawn.next_u32();
/// }
/// skipped.skip_u32(1001);
/// assert_eq!(skipped, drawn);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot skip to a later place of its stream",
    note = "Pcg64, Pcg64Dxsm, Philox, Mt19937 and ChaCha can"
)]
pub trait Seek: BitGenerator {
    /// Skips `n` draws of 64 bits.
    fn skip_u64(&mut self, n: u64);

    /// Skips `n` draws of 32 bits.
    fn skip_u32(&mut self, n: u64);

    /// How many draws of 64 bits lie between `earlier` and this state, which draws of 64 bits alone
    /// led to.
    #[doc(hidden)]
    fn u64s_since(&self, earlier: &Self) -> u64;

    /// How many draws of 32 bits lie between `earlier` and this state, which such draws led to.
    #[doc(hidden)]
    fn u32s_since(&self, earlier: &Self) -> u64;
}

/// Skips draws of 32 bits of a generator of 64-bit words, where a half is `pending` or not.
fn skip_halves<B: Seek>(bits: &mut B, pending: bool, mut n: u64) {
    if pending && n > 0 {
        bits.next_u32();
        n -= 1;
    }
    // The last whole word is drawn, as its upper half stays in the state.
    if n >= 2 {
        bits.skip_u64(n / 2 - 1);
        bits.next_u32();
        bits.next_u32();
    }
    if n % 2 == 1 {
        bits.next_u32();
    }
}

/// Draws of 32 bits that `n_words` words gave, with a half pending before and after or not.
fn halves_of(n_words: u64, pending_before: bool, pending_after: bool) -> u64 {
    2 * n_words + u64::from(pending_before) - u64::from(pending_after)
}

impl<P: Permutation> Seek for Pcg<P> {
    fn skip_u64(&mut self, n: u64) {
        self.skip(n.into());
    }

    fn skip_u32(&mut self, n: u64) {
        skip_halves(self, self.half.pending, n);
    }

    fn u64s_since(&self, earlier: &Self) -> u64 {
        self.steps_since(earlier) as u64
    }

    fn u32s_since(&self, earlier: &Self) -> u64 {
        let n_words = self.u64s_since(earlier);
        halves_of(n_words, earlier.half.pending, self.half.pending)
    }
}

impl Seek for Philox {
    fn skip_u64(&mut self, n: u64) {
        self.skip(n);
    }

    fn skip_u32(&mut self, n: u64) {
        skip_halves(self, self.half.pending, n);
    }

    fn u64s_since(&self, earlier: &Self) -> u64 {
        let position = |bits: &Self| 4 * u128::from(bits.counter[0]) + bits.buffer_pos as u128;
        let n_words = position(self).wrapping_sub(position(earlier));
        // The first word of the counter wraps after 2⁶⁶ words.
        (n_words % (1 << 66)) as u64
    }

    fn u32s_since(&self, earlier: &Self) -> u64 {
        let n_words = self.u64s_since(earlier);
        halves_of(n_words, earlier.half.pending, self.half.pending)
    }
}

impl Seek for Mt19937 {
    fn skip_u64(&mut self, n: u64) {
        self.advance(2 * u128::from(n));
    }

    fn skip_u32(&mut self, n: u64) {
        self.advance(n.into());
    }

    fn u64s_since(&self, earlier: &Self) -> u64 {
        self.u32s_since(earlier) / 2
    }

    fn u32s_since(&self, earlier: &Self) -> u64 {
        self.words_since(earlier)
    }
}

#[cfg(feature = "chacha")]
impl<R: Rounds> Seek for ChaCha<R> {
    fn skip_u64(&mut self, n: u64) {
        self.advance(2 * u128::from(n));
    }

    fn skip_u32(&mut self, n: u64) {
        self.advance(n.into());
    }

    fn u64s_since(&self, earlier: &Self) -> u64 {
        self.u32s_since(earlier) / 2
    }

    fn u32s_since(&self, earlier: &Self) -> u64 {
        (self.position().wrapping_sub(earlier.position()) % (1 << 68)) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Pcg64Dxsm;

    /// Skips from a state after `n_before` draws of 32 bits, against draws.
    fn skips_are_draws<B: Seek + Clone + PartialEq + core::fmt::Debug>(
        mut bits: B,
        n_before: u64,
        n: u64,
    ) {
        for _ in 0..n_before {
            bits.next_u32();
        }
        let (mut drawn, mut skipped) = (bits.clone(), bits.clone());
        for _ in 0..n {
            drawn.next_u32();
        }
        skipped.skip_u32(n);
        assert_eq!(skipped, drawn, "{n} draws of 32 bits");
        assert_eq!(skipped.u32s_since(&bits), n);

        let (mut drawn, mut skipped) = (bits.clone(), bits.clone());
        for _ in 0..n {
            drawn.next_u64();
        }
        skipped.skip_u64(n);
        assert_eq!(skipped, drawn, "{n} draws of 64 bits");
        assert_eq!(skipped.u64s_since(&bits), n);
    }

    proptest! {
        #[test]
        fn a_skip_leaves_the_state_that_draws_leave(seed: u64, n_before in 0_u64..9, n in 0_u64..3000) {
            skips_are_draws(crate::Pcg64::seed_from(seed), n_before, n);
            skips_are_draws(Pcg64Dxsm::seed_from(seed), n_before, n);
            skips_are_draws(Philox::seed_from(seed), n_before, n);
            skips_are_draws(Mt19937::seed_from(seed), n_before, n);
        }
    }

    #[test]
    fn philox_counts_across_the_carry_of_its_counter() {
        let mut bits = Philox::from_key([1, 2], [u64::MAX - 1, u64::MAX, 0, 0]);
        bits.next_u64();
        skips_are_draws(bits, 1, 40);
    }

    #[test]
    fn the_twister_skips_by_blocks_and_by_polynomials_alike() {
        for n_blocks in [4_999, 5_000, 5_001, 5_003] {
            let mut drawn = Mt19937::seed_from(9);
            drawn.skip_u32(100);
            let mut skipped = drawn.clone();
            let mut block = [0; 624];
            (0..n_blocks).for_each(|_| drawn.fill_u32(&mut block));
            skipped.skip_u32(624 * n_blocks);
            assert_eq!(skipped, drawn, "{n_blocks} blocks");
        }
    }
}
