//! [`AtomicElement`]: elements that many may change at the same time, one by one.

use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering,
};

use crate::Element;

/// An element type with an atomic twin: the integers, `f32` and `f64`.
pub trait AtomicElement: Element {
    /// The atomic twin, of the same size and alignment.
    type Atomic: Atomic;
}

/// The atomic twin of an element type: plain memory, any bytes of which are a value.
pub trait Atomic: Sealed + Send + Sync + 'static {}

/// Kept private, as views are made on the word of [`Atomic`].
pub trait Sealed {}

macro_rules! atomic_elements {
    ($($number:ty: $atomic:ty,)*) => {$(
        impl Sealed for $atomic {}
        impl Atomic for $atomic {}
        impl AtomicElement for $number {
            type Atomic = $atomic;
        }
    )*};
}

atomic_elements! {
    i8: AtomicI8,
    i16: AtomicI16,
    i32: AtomicI32,
    i64: AtomicI64,
    u8: AtomicU8,
    u16: AtomicU16,
    u32: AtomicU32,
    u64: AtomicU64,
    f32: AtomicF32,
    f64: AtomicF64,
}

macro_rules! atomic_floats {
    ($($name:ident: $float:ty, $bits:ty, $float_name:literal;)*) => {$(
        #[doc = concat!("An `", $float_name, "` that many may change at the same time.")]
        ///
        /// Like std's atomics, of which there is none of a floating-point number.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name($bits);

        impl $name {
            /// The value.
            pub fn load(&self, order: Ordering) -> $float {
                <$float>::from_bits(self.0.load(order))
            }

            /// Replaces the value.
            pub fn store(&self, value: $float, order: Ordering) {
                self.0.store(value.to_bits(), order);
            }

            /// Adds to the value, and returns what it was before. Additions of many threads round
            /// in the order in which they happen.
            pub fn fetch_add(&self, addend: $float, order: Ordering) -> $float {
                let add = |bits| Some((<$float>::from_bits(bits) + addend).to_bits());
                let (Ok(before) | Err(before)) = self.0.fetch_update(order, Ordering::Relaxed, add);
                <$float>::from_bits(before)
            }
        }
    )*};
}

atomic_floats! {
    AtomicF32: f32, AtomicU32, "f32";
    AtomicF64: f64, AtomicU64, "f64";
}
