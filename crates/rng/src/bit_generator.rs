//! [`BitGenerator`]: the source of random words that every distribution draws from.

/// A source of uniform words with NumPy's conventions, the counterpart of C's `bitgen_t`.
///
/// Which words a call consumes is part of the stream: a generator of 64-bit words serves
/// [`next_u32`](Self::next_u32) with the low half of a word and keeps the high half for the next
/// such call, while 64-bit draws and doubles pass that half by. [`Mt19937`](crate::Mt19937) is the
/// other way round: its words have 32 bits, and a 64-bit draw is two of them, the first one high.
///
/// The `fill_` methods write exactly what the same number of single calls would return and leave
/// the generator in the same state; they exist because a whole slice can be made several times
/// faster than word by word.
///
/// # Examples
///
/// A distribution is a function over any source:
///
/// ```
/// use multiproc_rng::{BitGenerator, Pcg64, SeedSequence};
///
/// fn coin(bits: &mut (impl BitGenerator + ?Sized)) -> bool {
///     bits.next_double() < 0.5
/// }
///
/// let mut bits = Pcg64::new(&SeedSequence::new(42u64));
/// assert!(!coin(&mut bits));
/// let erased: &mut dyn BitGenerator = &mut bits;
/// assert!(coin(erased));
/// ```
#[doc(alias = "bitgen_t")]
pub trait BitGenerator {
    /// Returns the next 32 bits.
    fn next_u32(&mut self) -> u32;

    /// Returns the next 64 bits.
    fn next_u64(&mut self) -> u64;

    /// Returns the generator's own next word: 64 bits, or 32 for generators of such words.
    #[doc(alias = "random_raw")]
    #[inline]
    fn next_raw(&mut self) -> u64 {
        self.next_u64()
    }

    /// Returns a double in `[0, 1)`: a multiple of 2⁻⁵³, from one [`next_u64`](Self::next_u64).
    #[inline]
    fn next_double(&mut self) -> f64 {
        let word = self.next_u64();
        self.double_of(word)
    }

    /// Returns the double that [`next_double`](Self::next_double) makes of a 64-bit word: of its top
    /// 53 bits, except in [`Mt19937`](crate::Mt19937).
    #[inline]
    fn double_of(&self, word: u64) -> f64 {
        double_from_u64(word)
    }

    /// Returns a single in `[0, 1)`: a multiple of 2⁻²⁴, from one [`next_u32`](Self::next_u32).
    #[inline]
    fn next_float(&mut self) -> f32 {
        float_from_u32(self.next_u32())
    }

    /// Fills `out` as repeated [`next_u32`](Self::next_u32) would.
    fn fill_u32(&mut self, out: &mut [u32]) {
        out.fill_with(|| self.next_u32());
    }

    /// Fills `out` as repeated [`next_u64`](Self::next_u64) would.
    fn fill_u64(&mut self, out: &mut [u64]) {
        out.fill_with(|| self.next_u64());
    }

    /// Fills `out` as repeated [`next_double`](Self::next_double) would.
    fn fill_double(&mut self, out: &mut [f64]) {
        out.fill_with(|| self.next_double());
    }

    /// Fills `out` as repeated [`next_float`](Self::next_float) would.
    fn fill_float(&mut self, out: &mut [f32]) {
        out.fill_with(|| self.next_float());
    }
}

/// The top 53 bits of `word` as a double in `[0, 1)`; the product is exact.
#[inline]
pub(crate) fn double_from_u64(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// The top 24 bits of `word` as a single in `[0, 1)`; the product is exact.
#[inline]
pub(crate) fn float_from_u32(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

impl<B: BitGenerator + ?Sized> BitGenerator for &mut B {
    #[inline]
    fn next_u32(&mut self) -> u32 {
        (**self).next_u32()
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        (**self).next_u64()
    }

    #[inline]
    fn next_raw(&mut self) -> u64 {
        (**self).next_raw()
    }

    #[inline]
    fn next_double(&mut self) -> f64 {
        (**self).next_double()
    }

    #[inline]
    fn double_of(&self, word: u64) -> f64 {
        (**self).double_of(word)
    }

    #[inline]
    fn next_float(&mut self) -> f32 {
        (**self).next_float()
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        (**self).fill_u32(out);
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        (**self).fill_u64(out);
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        (**self).fill_double(out);
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        (**self).fill_float(out);
    }
}
