//! [`Bool`]: NumPy's bool, one byte of which any value but zero is true.

use std::fmt;
use std::hash::{Hash, Hasher};

/// NumPy's `bool_`: one byte, false if it is zero and true otherwise.
///
/// It stands in for Rust's `bool`, of which every byte but 0 and 1 is undefined behaviour: another
/// process may store any byte into a shared array. Two `Bool`s are equal when they mean the same.
///
/// # Examples
///
/// ```
/// use multiproc_array::Bool;
///
/// let flag = Bool::from(true);
/// assert!(flag.is_true());
/// assert_eq!(flag, Bool::TRUE);
/// let stored_by_others: Bool = bytemuck::cast(2_u8);
/// assert_eq!(stored_by_others, Bool::TRUE);
/// ```
#[doc(alias = "bool_")]
#[derive(Clone, Copy, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// The byte 0.
    pub const FALSE: Bool = Bool(0);
    /// The byte 1.
    pub const TRUE: Bool = Bool(1);

    /// Whether the byte is not zero.
    #[inline]
    pub const fn is_true(self) -> bool {
        self.0 != 0
    }
}

impl From<bool> for Bool {
    fn from(value: bool) -> Bool {
        Bool(u8::from(value))
    }
}

impl From<Bool> for bool {
    fn from(value: Bool) -> bool {
        value.is_true()
    }
}

impl PartialEq for Bool {
    fn eq(&self, other: &Bool) -> bool {
        self.is_true() == other.is_true()
    }
}

impl Eq for Bool {}

impl Hash for Bool {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.is_true().hash(state);
    }
}

impl fmt::Debug for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_true().fmt(f)
    }
}

impl fmt::Display for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_true().fmt(f)
    }
}
