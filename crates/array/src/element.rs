//! [`Element`]: the types that an array may hold.
#![expect(
    unsafe_code,
    reason = "a type's own promise that any bytes are a value of it"
)]

use bytemuck::{AnyBitPattern, NoUninit, Pod, Zeroable};
use num_complex::Complex;

use crate::Bool;

/// A type that NumPy has too, and of which any bytes are a value.
///
/// Implemented for [`Bool`], the integers of 8 to 64 bits, `f32`, `f64`, and their
/// [`Complex`]. Arrays are plain memory that other processes, Python among them, read and write, so
/// an element owns nothing and its bytes mean the same everywhere.
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
/// A structure of NumPy's dtype `[('id', '<i8'), ('weight', '<f8')]`:
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

#[cfg(target_endian = "big")]
compile_error!("multiproc-array keeps elements in little-endian order, as its machines do");
