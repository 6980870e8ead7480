//! [`SharedAtomic`]: a number in a segment that any process may change without a lock.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};

use multiproc_segment::Segment;

use crate::anchored::Anchored;
use crate::data_layout::DataLayout;
use crate::error::SyncError;
use crate::identity::Identity;
use crate::occupant::{Occupant, VERSION};
use crate::place::Place;

mod sealed {
    /// Keeps [`AtomicValue`](super::AtomicValue) to the types whose codes are in the layout.
    pub trait Sealed: Sized {
        /// What stands in the layout for the type; never used for another one.
        const CODE: u32;
        fn to_bits(self) -> u64;
        fn from_bits(bits: u64) -> Self;
    }
}

/// The bytes of an atomic in a segment, version 1.
///
/// Little-endian.
///
/// | offset | bytes | field | |
/// |---:|---:|---|---|
/// | 0 | 4 | kind | `mpSA`; written last |
/// | 4 | 4 | version | 1 |
/// | 8 | 4 | type | 1 i32, 2 u32, 3 i64, 4 u64, 5 f64, 6 bool |
/// | 12 | 4 | zero | |
/// | 16 | 8 | value | zeros fill what the type leaves |
/// | 24 | 40 | zero | so that the value has a cache line to itself |
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct AtomicWords {
    identity: Identity,
    code: AtomicU32,
    zero: AtomicU32,
    value: AtomicU64,
    zeros: [AtomicU64; 5],
}

const _: () = {
    assert!(size_of::<AtomicWords>() == 64);
    assert!(offset_of!(AtomicWords, code) == 8);
    assert!(offset_of!(AtomicWords, value) == 16);
};

/// A type that [`SharedAtomic`] can hold: `i32`, `u32`, `i64`, `u64`, `f64` and `bool`; sealed.
pub trait AtomicValue:
    Copy + PartialEq + fmt::Debug + Send + Sync + sealed::Sealed + 'static
{
}

/// An [`AtomicValue`] that can be added to: all but `bool`.
pub trait AtomicNumber: AtomicValue {
    /// The sum; `None` if the type cannot hold it. For `f64`: if two finite numbers have no finite sum.
    fn sum(self, addend: Self) -> Option<Self>;

    /// The difference; `None` if the type cannot hold it.
    fn difference(self, subtrahend: Self) -> Option<Self>;
}

macro_rules! values {
    ($($type:ty: $code:literal, $to_bits:expr, $from_bits:expr;)*) => {
        $(
            impl sealed::Sealed for $type {
                const CODE: u32 = $code;

                fn to_bits(self) -> u64 {
                    $to_bits(self)
                }

                fn from_bits(bits: u64) -> Self {
                    $from_bits(bits)
                }
            }

            impl AtomicValue for $type {}
        )*

        fn layout_of(code: u32) -> Option<DataLayout> {
            match code {
                $($code => Some(DataLayout::of::<$type>()),)*
                _ => None,
            }
        }
    };
}

values! {
    i32: 1, |value: i32| u64::from(value.cast_unsigned()), |bits| (bits as u32).cast_signed();
    u32: 2, u64::from, |bits| bits as u32;
    i64: 3, i64::cast_unsigned, u64::cast_signed;
    u64: 4, std::convert::identity, std::convert::identity;
    f64: 5, f64::to_bits, f64::from_bits;
    bool: 6, u64::from, |bits| bits as u8 != 0;
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl AtomicNumber for $type {
            fn sum(self, addend: Self) -> Option<Self> {
                self.checked_add(addend)
            }

            fn difference(self, subtrahend: Self) -> Option<Self> {
                self.checked_sub(subtrahend)
            }
        }
    )*};
}

integers!(i32, u32, i64, u64);

impl AtomicNumber for f64 {
    fn sum(self, addend: Self) -> Option<Self> {
        let sum = self + addend;
        let overflowed = sum.is_infinite() && self.is_finite() && addend.is_finite();
        (!overflowed).then_some(sum)
    }

    fn difference(self, subtrahend: Self) -> Option<Self> {
        self.sum(-subtrahend)
    }
}

/// Why a [`SharedAtomic`] was not changed: the result does not fit its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overflow<T> {
    /// What it was, and still is as far as this operation goes.
    pub value: T,
    /// What was to be added, or taken away.
    pub operand: T,
    adds: bool,
}

impl<T: AtomicValue> fmt::Display for Overflow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, operand, .. } = self;
        let sign = if self.adds { '+' } else { '-' };
        write!(
            f,
            "{value:?} {sign} {operand:?} does not fit {}: nothing was changed",
            type_name::<T>()
        )
    }
}

impl<T: AtomicValue> std::error::Error for Overflow<T> {}

/// A number, or a `bool`, in a segment, changed by any process in one step and without a lock.
///
/// What Python's `Value` loses in `value += 1`, [`fetch_add`](Self::fetch_add) keeps. A process
/// killed at any instruction has changed the value or has not; nobody ever waits.
///
/// Every operation orders memory as a lock would: what a thread wrote before it changed the value is seen by
/// those who then read that value.
///
/// For many numbers there are arrays, whose views give std's atomics with std's wrapping arithmetic; for
/// values of other types, [`Mutex`](crate::Mutex).
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Place, SharedAtomic};
///
/// let segment = Segment::anonymous(Layout { payload_len: 0, control_len: 4096, kind: 0 })?;
/// let hits = SharedAtomic::init(&segment, Place::Control(0), i32::MAX - 1)?;
///
/// // Another process does this with the segment it was sent.
/// let same = SharedAtomic::<i32>::attach(&segment, Place::Control(0))?;
/// assert_eq!(same.fetch_add(1), Ok(i32::MAX - 1));
///
/// let overflow = hits.fetch_add(1).unwrap_err();
/// assert_eq!(overflow.to_string(), "2147483647 + 1 does not fit i32: nothing was changed");
/// assert_eq!(hits.load(), i32::MAX);
///
/// let wrong = SharedAtomic::<u64>::attach(&segment, Place::Control(0)).unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "expected an atomic around `u64` (8 bytes, align 8) and found \
///      an atomic around `i32` (4 bytes, align 4): attach what was made there",
/// );
/// # Ok::<(), multiproc_sync::SyncError>(())
/// ```
#[doc(alias = "Value")]
#[doc(alias = "RawValue")]
#[derive(Clone)]
pub struct SharedAtomic<T> {
    words: Anchored<AtomicWords>,
    value: PhantomData<fn(T) -> T>,
}

impl<T: AtomicValue> SharedAtomic<T> {
    /// Bytes that an atomic takes in the segment.
    pub const LEN: usize = size_of::<AtomicWords>();

    /// Makes the [`LEN`](Self::LEN) bytes at `place` an atomic that is `value`, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`SyncError::Segment`] if the place is not inside the segment or the segment is read-only.
    /// - [`SyncError::Misaligned`] if the offset is no multiple of 64.
    /// - [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace.
    /// - [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn init(segment: &Segment, place: Place, value: T) -> Result<Self, SyncError> {
        let words = Anchored::<AtomicWords>::new(segment, place)?;
        words.identity.withdraw();
        words.code.store(T::CODE, Release);
        words.value.store(value.to_bits(), Release);
        words.identity.publish(Occupant::ATOMIC);
        Ok(Self::around(words))
    }

    /// Finds the atomic that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`SyncError::Mismatch`] if there is something else, or an atomic of
    /// another type.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<AtomicWords>::new(segment, place)?;
        words.identity.expect(Occupant::ATOMIC)?;
        let occupant = |code| Occupant {
            kind: Occupant::ATOMIC,
            version: VERSION,
            data: layout_of(code),
        };
        occupant(T::CODE).expect(occupant(words.code.load(Acquire)))?;
        Ok(Self::around(words))
    }

    fn around(words: Anchored<AtomicWords>) -> Self {
        Self {
            words,
            value: PhantomData,
        }
    }

    /// The value now.
    #[must_use]
    pub fn load(&self) -> T {
        T::from_bits(self.words.value.load(Acquire))
    }

    /// Replaces the value.
    pub fn store(&self, value: T) {
        self.words.value.store(value.to_bits(), Release);
    }

    /// Replaces the value; what it was.
    pub fn swap(&self, value: T) -> T {
        T::from_bits(self.words.value.swap(value.to_bits(), AcqRel))
    }

    /// Replaces the value by `new` if it is `current`, to the bit; what it was.
    ///
    /// # Errors
    ///
    /// What it is, if that is not `current`.
    pub fn compare_exchange(&self, current: T, new: T) -> Result<T, T> {
        let exchanged =
            (self.words.value).compare_exchange(current.to_bits(), new.to_bits(), AcqRel, Acquire);
        exchanged.map(T::from_bits).map_err(T::from_bits)
    }

    /// Replaces the value by what `change` makes of it, in one step; what it was.
    ///
    /// `change` runs again if another thread was faster.
    ///
    /// # Errors
    ///
    /// What `change` returned, if that is an error; the value is not changed then.
    pub fn fetch_update<E>(&self, mut change: impl FnMut(T) -> Result<T, E>) -> Result<T, E> {
        let mut seen = self.words.value.load(Acquire);
        loop {
            let new = change(T::from_bits(seen))?.to_bits();
            match (self.words.value).compare_exchange_weak(seen, new, AcqRel, Acquire) {
                Ok(before) => return Ok(T::from_bits(before)),
                Err(other) => seen = other,
            }
        }
    }
}

impl<T: AtomicNumber> SharedAtomic<T> {
    /// Adds to the value; what it was.
    ///
    /// Additions of many threads to an `f64` round in the order in which they happen.
    ///
    /// # Errors
    ///
    /// [`Overflow`] if the sum does not fit the type; the value is not changed then.
    #[doc(alias = "+=")]
    pub fn fetch_add(&self, addend: T) -> Result<T, Overflow<T>> {
        self.fetch_update(|value| {
            let overflow = Overflow {
                value,
                operand: addend,
                adds: true,
            };
            value.sum(addend).ok_or(overflow)
        })
    }

    /// Subtracts from the value; what it was.
    ///
    /// # Errors
    ///
    /// [`Overflow`] if the difference does not fit the type; the value is not changed then.
    #[doc(alias = "-=")]
    pub fn fetch_sub(&self, subtrahend: T) -> Result<T, Overflow<T>> {
        self.fetch_update(|value| {
            let overflow = Overflow {
                value,
                operand: subtrahend,
                adds: false,
            };
            value.difference(subtrahend).ok_or(overflow)
        })
    }
}

impl<T: AtomicValue> fmt::Debug for SharedAtomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedAtomic").field(&self.load()).finish()
    }
}
