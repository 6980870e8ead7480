//! [`RngError`]: everything that can be wrong with an argument.

use core::fmt;

/// An argument that NumPy would refuse with a `ValueError`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RngError {
    /// A real parameter lies outside of its domain.
    Parameter {
        /// The method that refuses it, as NumPy spells it.
        method: &'static str,
        /// The parameter, as NumPy spells it.
        name: &'static str,
        /// The value that was given.
        value: f64,
        /// What the parameter has to satisfy, such as `"must not be negative"`.
        requires: &'static str,
    },
    /// An integer parameter lies outside of its domain.
    Integer {
        /// The method that refuses it, as NumPy spells it.
        method: &'static str,
        /// The parameter, as NumPy spells it.
        name: &'static str,
        /// The value that was given.
        value: i128,
        /// What the parameter has to satisfy, such as `"must not be negative"`.
        requires: &'static str,
    },
    /// The interval to draw integers from is empty.
    EmptyRange {
        /// The lowest value asked for.
        low: i128,
        /// The highest value asked for, itself included.
        highest: i128,
    },
    /// Two arguments have to agree in length and do not, or a length is out of range.
    Length {
        /// The argument, as NumPy spells it.
        name: &'static str,
        /// Its length.
        found: usize,
        /// What the length has to satisfy, such as `"must equal the number of items"`.
        requires: &'static str,
        /// The length that it was held against.
        expected: usize,
    },
    /// The generator can only be drawn from in order, and places of its stream were asked for.
    CannotSeek {
        /// NumPy's name of the generator.
        generator: &'static str,
    },
    /// The source has no such method for this type of values.
    NoSuchFill {
        /// The method.
        method: &'static str,
        /// NumPy's name of the type.
        dtype: &'static str,
    },
    /// A parameter's array does not broadcast to the shape that is to be drawn.
    #[cfg(feature = "ndarray")]
    Broadcast {
        /// Which parameter, counted from 0.
        index: usize,
        /// Its shape.
        found: alloc::vec::Vec<usize>,
        /// The shape to be drawn.
        expected: alloc::vec::Vec<usize>,
    },
    /// The operating system gave no random bits.
    #[cfg(feature = "os-entropy")]
    OsEntropy {
        /// The system's error number, where it said one.
        code: Option<i32>,
    },
    /// A text is not a number that can seed.
    EntropyText {
        /// Byte offset of the first character that is not a digit; the length if digits are missing.
        position: usize,
    },
}

impl fmt::Display for RngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RngError::Parameter {
                method,
                name,
                value,
                requires,
            } => {
                write!(f, "`{name}` of `{method}` {requires}, found {value}")
            }
            RngError::Integer {
                method,
                name,
                value,
                requires,
            } => {
                write!(f, "`{name}` of `{method}` {requires}, found {value}")
            }
            RngError::EmptyRange { low, highest } => {
                write!(f, "no integer lies between {low} and {highest}")
            }
            RngError::Length {
                name,
                found,
                requires,
                expected,
            } => {
                write!(
                    f,
                    "length of `{name}` {requires} ({expected}), found {found}"
                )
            }
            RngError::CannotSeek { generator } => write!(
                f,
                "{generator} cannot seek to a place of its stream: use PCG64, PCG64DXSM, Philox, \
                 MT19937 or ChaCha"
            ),
            RngError::NoSuchFill { method, dtype } => {
                write!(f, "there is no {method} for {dtype}: draw float64")
            }
            #[cfg(feature = "ndarray")]
            RngError::Broadcast {
                index,
                found,
                expected,
            } => {
                write!(
                    f,
                    "parameter {index} of shape {found:?} does not broadcast to {expected:?}"
                )
            }
            #[cfg(feature = "os-entropy")]
            RngError::OsEntropy { code: Some(code) } => write!(
                f,
                "the operating system gives no random bits (error {code}); seed with a number"
            ),
            #[cfg(feature = "os-entropy")]
            RngError::OsEntropy { code: None } => {
                write!(
                    f,
                    "the operating system gives no random bits; seed with a number"
                )
            }
            RngError::EntropyText { position } => write!(
                f,
                "seed text needs decimal digits, or hexadecimal ones after 0x; \
                 found something else at byte {position}"
            ),
        }
    }
}

impl core::error::Error for RngError {}
