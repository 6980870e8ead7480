//! The types that are [`Integer`]: what piece of a word each of them takes.

use crate::BitGenerator;
use crate::integers::{
    Integer, Method, Pieces, fill_32, fill_64, fill_from_words, lemire_draw, masked_draw, sealed,
};

macro_rules! impl_integer {
    ($($int:ident $fill:ident $next:ident;)*) => {$(
        impl sealed::Sealed for $int {}
        impl Integer for $int {
            const MIN: $int = $int::MIN;
            const MAX: $int = $int::MAX;
            fn widen(self) -> i128 {
                i128::from(self)
            }
            fn narrow(value: i128) -> $int {
                value as $int
            }
            fn fill_bounded<B: BitGenerator + ?Sized>(
                bits: &mut B, method: Method, low: $int, span: u64, out: &mut [$int],
            ) {
                $fill(bits, method, span, out, |k| low.wrapping_add(k as $int));
            }
            fn next_bounded<B: BitGenerator + ?Sized>(
                bits: &mut B, pieces: &mut Pieces, method: Method, low: $int, span: u64,
            ) -> $int {
                low.wrapping_add($next(bits, pieces, method, span) as $int)
            }
        }
    )*};
}

impl_integer! {
    u8 fill_8 next_8;
    i8 fill_8 next_8;
    u16 fill_16 next_16;
    i16 fill_16 next_16;
    u32 fill_32 next_word;
    i32 fill_32 next_word;
    u64 fill_wide next_word;
    i64 fill_wide next_word;
}

fn next_8<B: BitGenerator + ?Sized>(b: &mut B, p: &mut Pieces, method: Method, span: u64) -> u32 {
    p.next_accepted::<B, 8>(b, method, span)
}

fn next_16<B: BitGenerator + ?Sized>(b: &mut B, p: &mut Pieces, method: Method, span: u64) -> u32 {
    p.next_accepted::<B, 16>(b, method, span)
}

fn next_word<B: BitGenerator + ?Sized>(
    bits: &mut B,
    _: &mut Pieces,
    method: Method,
    span: u64,
) -> u64 {
    let mut value = [0];
    fill_wide(bits, method, span, &mut value, |k| k);
    value[0]
}

#[inline(always)]
fn fill_8<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    span: u64,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) {
    fill_pieces::<T, B, 4, 8>(bits, method, span as u32, out, value);
}

#[inline(always)]
fn fill_16<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    span: u64,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) {
    fill_pieces::<T, B, 2, 16>(bits, method, span as u32, out, value);
}

#[inline(always)]
fn fill_pieces<T: Copy, B: BitGenerator + ?Sized, const PIECES: usize, const WIDTH: u32>(
    bits: &mut B,
    method: Method,
    span: u32,
    out: &mut [T],
    value: impl Fn(u32) -> T,
) {
    let keep = |(offset, accepted): (u32, bool)| (value(offset), accepted);
    match method {
        Method::Lemire => {
            let draw = lemire_draw::<WIDTH>(span);
            fill_from_words::<T, B, PIECES>(bits, out, |piece| keep(draw(piece)));
        }
        Method::Masked => {
            let draw = masked_draw(span);
            fill_from_words::<T, B, PIECES>(bits, out, |piece| keep(draw(piece)));
        }
    }
}

#[inline(always)]
fn fill_wide<T: Copy, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    span: u64,
    out: &mut [T],
    value: impl Fn(u64) -> T + Copy,
) {
    if span <= u64::from(u32::MAX) {
        fill_32(bits, method, span, out, |k| value(u64::from(k)));
    } else {
        fill_64(bits, method, span, out, value);
    }
}

impl sealed::Sealed for bool {}
impl Integer for bool {
    const MIN: bool = false;
    const MAX: bool = true;

    fn widen(self) -> i128 {
        i128::from(self)
    }

    fn narrow(value: i128) -> bool {
        value != 0
    }

    fn fill_bounded<B: BitGenerator + ?Sized>(
        bits: &mut B,
        _: Method,
        _: bool,
        _: u64,
        out: &mut [bool],
    ) {
        fill_from_words::<_, _, 32>(bits, out, |piece| (piece & 1 == 1, true));
    }

    fn next_bounded<B: BitGenerator + ?Sized>(
        bits: &mut B,
        pieces: &mut Pieces,
        _: Method,
        _: bool,
        _: u64,
    ) -> bool {
        pieces.next(bits, 1) & 1 == 1
    }
}
