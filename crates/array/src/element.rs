//! [`Element`]: the types that an array may hold.
#![expect(
    unsafe_code,
    reason = "a type's own promise that any bytes are a value of it"
)]

use bytemuck::{AnyBitPattern, NoUninit, Pod, Zeroable};
use num_complex::Complex;

use crate::dtype_text::DtypeText;
use crate::{Bool, FixedBytes, FixedText};

/// A type that NumPy has too, and of which any bytes are a value.
///
/// Implemented for [`Bool`], the integers of 8 to 64 bits, `f32`, `f64`, and their
/// [`Complex`], for [`FixedBytes`] and [`FixedText`], and with the feature `half` for its `f16`.
/// Structures become elements by `#[derive(Element)]` (feature `derive`, which the front door has).
/// Arrays are plain memory that other processes, Python among them, read and write, so an element
/// owns nothing and its bytes mean the same everywhere.
///
/// # Safety
///
/// The implementing type promises that
///
/// - [`DESCR`](Element::DESCR) describes exactly its memory: kind, byte order, size, and for a
///   structure each field in order, with padding named;
/// - it holds no pointer, handle or index that means anything in one process only.
///
/// The supertraits promise the rest: no padding bytes, no invalid bit pattern.
///
/// # Examples
///
/// A structure of NumPy's dtype `[('id', '<i8'), ('weight', '<f8')]`, by hand:
///
/// ```
/// use multiproc_array::Element;
///
/// #[derive(Clone, Copy)]
/// #[repr(C)]
/// struct Sample {
///     id: i64,
///     weight: f64,
/// }
/// // SAFETY: zero is a value of both fields.
/// unsafe impl bytemuck::Zeroable for Sample {}
/// // SAFETY: two 8-byte scalars: no padding, and all bit patterns are values.
/// unsafe impl bytemuck::Pod for Sample {}
/// // SAFETY: the description names both fields in memory order.
/// unsafe impl Element for Sample {
///     const DESCR: &'static str = "[('id', '<i8'), ('weight', '<f8')]";
/// }
/// ```
#[doc(alias = "dtype")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of a shared array",
    label = "no type of NumPy's",
    note = "elements are plain numbers, `Bool` for `bool`, `FixedBytes` or `FixedText` for text",
    note = "give a structure of your own `#[derive(Clone, Copy, Element)]`"
)]
pub unsafe trait Element: NoUninit + AnyBitPattern + Send + Sync + 'static {
    /// The dtype as NumPy writes it into a .npy header: a type string such as `<f8` without its
    /// quotes, or a structure's whole list.
    const DESCR: &'static str;
}

// SAFETY: a `Bool` is one byte, transparently, and the zero byte is a value of it.
unsafe impl Zeroable for Bool {}
// SAFETY: a `Bool` is one byte, transparently, and every byte is a value of it.
unsafe impl Pod for Bool {}

macro_rules! elements {
    ($($scalar:ty: $descr:literal,)*) => {$(
        // SAFETY: the description is NumPy's of this very scalar, on the little-endian machines
        // that this crate compiles for.
        unsafe impl Element for $scalar {
            const DESCR: &'static str = $descr;
        }
    )*};
}

elements! {
    Bool: "|b1",
    i8: "|i1",
    i16: "<i2",
    i32: "<i4",
    i64: "<i8",
    u8: "|u1",
    u16: "<u2",
    u32: "<u4",
    u64: "<u8",
    f32: "<f4",
    f64: "<f8",
    Complex<f32>: "<c8",
    Complex<f64>: "<c16",
}

// SAFETY: any bytes, zeros among them, are an array of bytes.
unsafe impl<const N: usize> Zeroable for FixedBytes<N> {}
// SAFETY: transparently an array of bytes: no padding, and every bit pattern is a value.
unsafe impl<const N: usize> Pod for FixedBytes<N> {}
// SAFETY: NumPy's `S` with a count is so many bytes.
unsafe impl<const N: usize> Element for FixedBytes<N> {
    const DESCR: &'static str = {
        let text: &'static DtypeText<24> = &DtypeText::counted("|S", N);
        text.as_str()
    };
}

// SAFETY: any bytes, zeros among them, are an array of numbers.
unsafe impl<const N: usize> Zeroable for FixedText<N> {}
// SAFETY: transparently an array of `u32`: no padding, and every bit pattern is a value.
unsafe impl<const N: usize> Pod for FixedText<N> {}
// SAFETY: NumPy's `U` with a count is so many code points of four bytes, little-endian here.
unsafe impl<const N: usize> Element for FixedText<N> {
    const DESCR: &'static str = {
        let text: &'static DtypeText<24> = &DtypeText::counted("<U", N);
        text.as_str()
    };
}

#[cfg(feature = "half")]
// SAFETY: NumPy's `f2` is the same 16 bits of IEEE 754, little-endian here.
unsafe impl Element for half::f16 {
    const DESCR: &'static str = "<f2";
}

#[cfg(target_endian = "big")]
compile_error!("multiproc-array keeps elements in little-endian order, as its machines do");
