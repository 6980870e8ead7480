//! [`Integer`]: bounded integers of every dtype, by Lemire's method or by masked rejection.
//!
//! Sources: D. Lemire, "Fast Random Integer Generation in an Interval" (2019), and
//! `numpy/random/src/distributions/distributions.c`. Both methods decide on each 32-bit word, or
//! piece of one, alone: so words can be made in blocks, and a block of as many words as values are
//! still missing is never too long.

use core::ops::{Bound, RangeBounds};

use crate::simd::{self, Kernel, vectorised};
use crate::{BitGenerator, RngError};

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A type of integer to draw: the dtypes that NumPy's `integers` takes.
///
/// Types of up to 16 bits take several values from one 32-bit word, the lowest bits first; what a
/// call leaves of its last word is dropped. Types of 64 bits draw 32-bit words for ranges of up to
/// 2³² values.
pub trait Integer: sealed::Sealed + Copy + Sized {
    /// The lowest value.
    #[doc(hidden)]
    const MIN: Self;
    /// The highest value.
    #[doc(hidden)]
    const MAX: Self;
    /// The value, for comparisons and error messages.
    #[doc(hidden)]
    fn widen(self) -> i128;
    /// The value that `widen` came from.
    #[doc(hidden)]
    fn narrow(value: i128) -> Self;
    /// Fills `out` with `low + k`, `k` uniform in `0..=span`.
    #[doc(hidden)]
    fn fill_bounded<B: BitGenerator + ?Sized>(
        bits: &mut B,
        method: Method,
        low: Self,
        span: u64,
        out: &mut [Self],
    );
    /// `low + k`, `k` uniform in `0..=span`, where calls share the words that `pieces` cuts.
    #[doc(hidden)]
    fn next_bounded<B: BitGenerator + ?Sized>(
        bits: &mut B,
        pieces: &mut Pieces,
        method: Method,
        low: Self,
        span: u64,
    ) -> Self;
}

/// A word of which types of up to 16 bits take piece after piece, the lowest first.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Pieces {
    word: u32,
    n_left: u32,
}

impl Pieces {
    pub(crate) fn next<B: BitGenerator + ?Sized>(&mut self, bits: &mut B, width: u32) -> u32 {
        if self.n_left == 0 {
            *self = Pieces {
                word: bits.next_u32(),
                n_left: 32 / width - 1,
            };
        } else {
            self.word >>= width;
            self.n_left -= 1;
        }
        self.word
    }

    pub(crate) fn next_accepted<B: BitGenerator + ?Sized, const WIDTH: u32>(
        &mut self,
        bits: &mut B,
        method: Method,
        span: u64,
    ) -> u32 {
        loop {
            let piece = self.next(bits, WIDTH);
            let drawn = match method {
                Method::Lemire => lemire_draw::<WIDTH>(span as u32)(piece),
                Method::Masked => masked_draw(span as u32)(piece),
            };
            if let (offset, true) = drawn {
                return offset;
            }
        }
    }
}

/// How values beyond the range are refused.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Of `Generator`: the high half of word times range.
    Lemire,
    /// Of `RandomState`: the word's low bits, drawn again while too large.
    Masked,
}

/// The lowest and highest value of `range`, which must hold at least one.
pub(crate) fn bounds<T: Integer>(range: impl RangeBounds<T>) -> Result<(T, T), RngError> {
    let low = match range.start_bound() {
        Bound::Included(low) => low.widen(),
        Bound::Excluded(low) => low.widen() + 1,
        Bound::Unbounded => T::MIN.widen(),
    };
    let highest = match range.end_bound() {
        Bound::Included(high) => high.widen(),
        Bound::Excluded(high) => high.widen() - 1,
        Bound::Unbounded => T::MAX.widen(),
    };
    if low > highest {
        return Err(RngError::EmptyRange { low, highest });
    }
    Ok((T::narrow(low), T::narrow(highest)))
}

/// Fills `out` with integers from `low` to `highest`, both included.
pub(crate) fn fill<T: Integer, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    (low, highest): (T, T),
    out: &mut [T],
) {
    let span = (highest.widen() - low.widen()) as u64;
    if span == 0 {
        out.fill(low);
    } else {
        T::fill_bounded(bits, method, low, span, out);
    }
}

/// One integer from `low` to `highest`, both included, of a call that shares `pieces`.
#[cfg(feature = "ndarray")]
pub(crate) fn next<T: Integer, B: BitGenerator + ?Sized>(
    bits: &mut B,
    pieces: &mut Pieces,
    method: Method,
    (low, highest): (T, T),
) -> T {
    match (highest.widen() - low.widen()) as u64 {
        0 => low,
        span => T::next_bounded(bits, pieces, method, low, span),
    }
}

/// Words drawn at a time: 4 KiB of stack.
const BLOCK: usize = 1024;

/// Below this many words a block costs more than it saves.
const SHORT: usize = 16;

/// Fills `out` from words of `PIECES` pieces each; `accept` turns a piece into a value or refuses.
#[inline(always)]
pub(crate) fn fill_from_words<T: Copy, B: BitGenerator + ?Sized, const PIECES: usize>(
    bits: &mut B,
    out: &mut [T],
    accept: impl Fn(u32) -> (T, bool),
) {
    let width = 32 / PIECES as u32;
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < out.len() {
        let n_words = (out.len() - filled).div_ceil(PIECES).min(BLOCK);
        let words = &mut block[..n_words];
        bits.fill_u32(words);
        for &word in &*words {
            for piece in 0..PIECES as u32 {
                if filled == out.len() {
                    return;
                }
                let (value, accepted) = accept(word.wrapping_shr(piece * width));
                out[filled] = value;
                filled += usize::from(accepted);
            }
        }
    }
}

/// Lemire's draw of `0..=span` from the low `WIDTH` bits of a piece; `span` has fewer than 32 bits
/// set where `WIDTH` is 32.
#[inline(always)]
pub(crate) fn lemire_draw<const WIDTH: u32>(span: u32) -> impl Fn(u32) -> (u32, bool) + Copy {
    let full = u32::MAX >> (32 - WIDTH);
    let range = span + 1;
    let threshold = (full - span) % range;
    move |piece| {
        let product = u64::from(piece & full) * u64::from(range);
        (
            (product >> WIDTH) as u32,
            product as u32 & full >= threshold,
        )
    }
}

/// The masked draw of `0..=span` from the low bits of a piece.
#[inline(always)]
pub(crate) fn masked_draw(span: u32) -> impl Fn(u32) -> (u32, bool) + Copy {
    let mask = u32::MAX >> span.leading_zeros();
    move |piece| (piece & mask, piece & mask <= span)
}

/// Fills from 32-bit words; a span of all bits takes the words as they are.
#[inline(always)]
pub(crate) fn fill_32<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    span: u64,
    out: &mut [T],
    value: impl Fn(u32) -> T + Copy,
) {
    let span = span as u32;
    match method {
        _ if span == u32::MAX => {
            fill_accepted(bits, out, |word| (word, true), value, |_, _| (0, 0))
        }
        Method::Lemire => {
            let draw = lemire_draw::<32>(span);
            let range = span + 1;
            let threshold = range.wrapping_neg() % range;
            fill_accepted(bits, out, draw, value, |words, out| {
                simd::keep_lemire(words, range, threshold, out, value)
            });
        }
        Method::Masked => {
            let mask = u32::MAX >> span.leading_zeros();
            fill_accepted(bits, out, masked_draw(span), value, |words, out| {
                simd::keep_masked(words, mask, span, out, value)
            });
        }
    }
}

/// Fills `out` with `value` of the accepted words; `begin` may take the front of a block of words
/// to the front of a slice, and returns how many words and how many values that were.
#[inline(always)]
fn fill_accepted<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    out: &mut [T],
    accept: impl Fn(u32) -> (u32, bool) + Copy,
    value: impl Fn(u32) -> T + Copy,
    begin: impl Fn(&[u32], &mut [T]) -> (usize, usize),
) {
    if out.len() < SHORT {
        for slot in out {
            *slot = loop {
                if let (offset, true) = accept(bits.next_u32()) {
                    break value(offset);
                }
            };
        }
        return;
    }
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < out.len() {
        let rest = &mut out[filled..];
        let words = &mut block[..rest.len().min(BLOCK)];
        bits.fill_u32(words);
        let (n_seen, n_kept) = begin(words, rest);
        filled += n_kept;
        filled += vectorised(KeepAccepted {
            words: &words[n_seen..],
            out: &mut rest[n_kept..],
            accept,
            value,
        });
    }
}

/// Writes the values of the accepted words to the front of `out`, and returns how many.
struct KeepAccepted<'a, T, A, F> {
    words: &'a [u32],
    out: &'a mut [T],
    accept: A,
    value: F,
}

impl<T, A, F> Kernel for KeepAccepted<'_, T, A, F>
where
    A: Fn(u32) -> (u32, bool),
    F: Fn(u32) -> T,
{
    type Output = usize;

    /// Sixteen words at a time are written as they come, while none is refused.
    #[inline(always)]
    fn run(self) -> usize {
        let KeepAccepted {
            words,
            out,
            accept,
            value,
        } = self;
        let mut n_kept = 0;
        let (groups, rest) = words.as_chunks::<16>();
        for group in groups {
            let (out, _) = out[n_kept..].split_at_mut(16);
            if group.iter().fold(true, |all, &word| all & accept(word).1) {
                for (slot, &word) in out.iter_mut().zip(group) {
                    *slot = value(accept(word).0);
                }
                n_kept += 16;
                continue;
            }
            let mut k = 0;
            for &word in group {
                let (offset, accepted) = accept(word);
                out[k] = value(offset);
                k += usize::from(accepted);
            }
            n_kept += k;
        }
        for &word in rest {
            let (offset, accepted) = accept(word);
            out[n_kept] = value(offset);
            n_kept += usize::from(accepted);
        }
        n_kept
    }
}

/// Fills from 64-bit words, for spans of 2³² and more.
#[inline(always)]
pub(crate) fn fill_64<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    span: u64,
    out: &mut [T],
    value: impl Fn(u64) -> T,
) {
    let range = u128::from(span) + 1;
    let threshold = ((u128::from(u64::MAX) - u128::from(span)) % range) as u64;
    let mask = u64::MAX >> span.leading_zeros();
    let accept = |word: u64| match method {
        Method::Lemire => {
            let product = u128::from(word) * range;
            ((product >> 64) as u64, product as u64 >= threshold)
        }
        Method::Masked => (word & mask, word & mask <= span),
    };
    if out.len() < SHORT {
        for slot in out {
            *slot = loop {
                if let (offset, true) = accept(bits.next_u64()) {
                    break value(offset);
                }
            };
        }
        return;
    }
    let mut block = [0; BLOCK / 2];
    let mut filled = 0;
    while filled < out.len() {
        let words = &mut block[..(out.len() - filled).min(BLOCK / 2)];
        bits.fill_u64(words);
        for &word in &*words {
            let (offset, accepted) = accept(word);
            out[filled] = value(offset);
            filled += usize::from(accepted);
        }
    }
}

/// An integer of `0..=span` by Lemire's method; nothing is drawn for a span of zero.
pub(crate) fn lemire<B: BitGenerator + ?Sized>(bits: &mut B, span: u64) -> u64 {
    let mut value = [0];
    fill(bits, Method::Lemire, (0, span), &mut value);
    value[0]
}

/// An integer of `0..=span` by masked rejection: NumPy's `random_interval`.
pub(crate) fn masked<B: BitGenerator + ?Sized>(bits: &mut B, span: u64) -> u64 {
    let mut value = [0];
    fill(bits, Method::Masked, (0, span), &mut value);
    value[0]
}
