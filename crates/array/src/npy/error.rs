//! [`NpyError`]: why some bytes are not the header of a .npy file.

use std::error::Error;
use std::fmt;

/// Why some bytes are not the header of a .npy file, or an array cannot have one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NpyError {
    /// The bytes do not begin as a .npy file does; these are the first of them, at most eight.
    Magic {
        /// What was found instead of the magic string.
        found: Vec<u8>,
    },
    /// The format's version is none of 1.0, 2.0 and 3.0.
    Version {
        /// The number before the point.
        major: u8,
        /// The number behind the point.
        minor: u8,
    },
    /// There are fewer bytes than the header, or the elements that it announces, take.
    Truncated {
        /// How many bytes there must be, from the file's beginning.
        needed: u64,
        /// How many bytes there are.
        found: u64,
    },
    /// The header is longer than is believed to be one.
    TooLong {
        /// Its length in bytes.
        len: u64,
        /// The greatest length allowed.
        limit: u64,
    },
    /// The header's text, or its dict, is not what the format says.
    Malformed {
        /// Where in the text, in bytes from the opening brace; for a missing key, the text's end.
        at: usize,
        /// What should have been there.
        expected: &'static str,
    },
}

impl fmt::Display for NpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NpyError::Magic { found } => {
                write!(f, "not a .npy file: ")?;
                if found.is_empty() {
                    return write!(f, "it is empty");
                }
                write!(f, "it begins with `{}`", found.escape_ascii())?;
                match looks_like(found) {
                    Some(what) => write!(f, ", as {what} does"),
                    None => write!(f, " instead of `\\x93NUMPY`"),
                }
            }
            NpyError::Version { major, minor } => write!(
                f,
                "the .npy file has format version {major}.{minor}, but only 1.0, 2.0 and 3.0 exist; \
                 it is damaged, or from a NumPy newer than this library"
            ),
            NpyError::Truncated { needed, found } => write!(
                f,
                "the .npy file has {found} bytes of the {needed} that its header and elements take; \
                 it was cut short"
            ),
            NpyError::TooLong { len, limit } => write!(
                f,
                "the .npy header has {len} bytes, more than the {limit} that are allowed"
            ),
            NpyError::Malformed { at, expected } => write!(
                f,
                "the .npy header is malformed at byte {at}: expected {expected}"
            ),
        }
    }
}

impl Error for NpyError {}

/// What other formats that hold arrays begin with.
fn looks_like(first: &[u8]) -> Option<&'static str> {
    let formats: [(&[u8], &str); 5] = [
        (
            b"PK\x03\x04",
            "a zip archive (an .npz file: unpack it first)",
        ),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x1f\x8b", "a gzip file (unpack it first)"),
        (b"\x80", "a Python pickle (save it with numpy.save)"),
        (b"\x93NUM", "a .npy file that was damaged"),
    ];
    formats
        .iter()
        .find_map(|(magic, what)| first.starts_with(magic).then_some(*what))
}
