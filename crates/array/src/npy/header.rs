//! [`Header`]: dtype, order, shape, and where the elements begin.

use std::fmt::Write;

use super::NpyError;
use super::literal::{Literal, parse_dict};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The magic string, the version, and a length of four bytes.
pub(crate) const PREFIX_LEN: usize = 12;
/// Far above what NumPy reads unasked; a structure of some thousand fields fits.
const MAX_READ: usize = 1 << 20;
/// NumPy refuses to read a longer header unless its `max_header_size` is raised.
const MAX_WRITTEN: usize = 10_000;
/// What NumPy pads headers to.
const NUMPY_ALIGNMENT: usize = 64;
/// NumPy leaves room for the outermost axis to grow to so many digits.
const GROWTH_DIGITS: usize = 21;

/// The header of a .npy file.
///
/// # Examples
///
/// ```
/// use multiproc_array::npy::Header;
///
/// let text = b"\x93NUMPY\x01\x00\x3c\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }\n";
/// let header = Header::parse(text)?;
/// assert_eq!(header.descr, "<f8");
/// assert_eq!(header.shape, [3, 4]);
/// assert!(!header.fortran_order);
/// assert_eq!(header.data_offset, text.len());
///
/// let error = Header::parse(b"PK\x03\x04....").unwrap_err();
/// assert!(error.to_string().contains("an .npz file"));
/// # Ok::<(), multiproc_array::npy::NpyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The dtype as NumPy prints it: a type string such as `<f8` without its quotes, or a
    /// structure's whole list such as `[('a', '<i4'), ('b', '<f8')]`.
    pub descr: String,
    /// Whether the first axis, not the last, is contiguous.
    pub fortran_order: bool,
    /// How many elements there are along each axis, outermost first; empty for a single element.
    pub shape: Vec<usize>,
    /// Where the first element is, in bytes from the file's beginning.
    pub data_offset: usize,
}

impl Header {
    /// Reads the header that `bytes`, the beginning of a .npy file, begin with.
    ///
    /// Only the header need be there. It may be of any version and have any padding.
    ///
    /// # Errors
    ///
    /// - [`NpyError::Magic`] if this is no .npy file.
    /// - [`NpyError::Version`] if the format is none that exists.
    /// - [`NpyError::TooLong`] if the header announces more than a mebibyte of itself.
    /// - [`NpyError::Truncated`] if `bytes` end before the header does.
    /// - [`NpyError::Malformed`] if the header is not the dict that the format prescribes.
    pub fn parse(bytes: &[u8]) -> Result<Header, NpyError> {
        let (text_offset, data_offset) = Header::extent(bytes)?;
        let encoded = bytes
            .get(text_offset..data_offset)
            .ok_or_else(|| truncated(data_offset, bytes.len()))?;
        let text = if bytes[MAGIC.len()] == 3 {
            String::from_utf8(encoded.to_vec()).map_err(|error| NpyError::Malformed {
                at: error.utf8_error().valid_up_to(),
                expected: "text in UTF-8",
            })?
        } else {
            encoded.iter().copied().map(char::from).collect()
        };
        Header::from_dict(&text, data_offset)
    }

    /// How many bytes the header has, told by the first [`PREFIX_LEN`] of them.
    pub(crate) fn len_of(prefix: &[u8]) -> Result<usize, NpyError> {
        let (_, data_offset) = Header::extent(prefix)?;
        Ok(data_offset)
    }

    /// Where the header's text begins and ends.
    fn extent(bytes: &[u8]) -> Result<(usize, usize), NpyError> {
        let magic_found = &bytes[..bytes.len().min(MAGIC.len())];
        if bytes.is_empty() || !MAGIC.starts_with(magic_found) {
            return Err(NpyError::Magic {
                found: bytes[..bytes.len().min(8)].to_vec(),
            });
        }
        let (len_offset, len_width) = match bytes.get(MAGIC.len()..MAGIC.len() + 2) {
            Some([1, 0]) => (8, 2),
            Some([2 | 3, 0]) => (8, 4),
            Some(&[major, minor]) => return Err(NpyError::Version { major, minor }),
            _ => return Err(truncated(PREFIX_LEN, bytes.len())),
        };
        let text_offset = len_offset + len_width;
        let len = bytes
            .get(len_offset..text_offset)
            .ok_or_else(|| truncated(PREFIX_LEN, bytes.len()))?
            .iter()
            .rev()
            .fold(0_usize, |len, &byte| (len << 8) | usize::from(byte));
        if len > MAX_READ {
            return Err(NpyError::TooLong {
                len: len as u64,
                limit: MAX_READ as u64,
            });
        }
        Ok((text_offset, text_offset + len))
    }

    fn from_dict(text: &str, data_offset: usize) -> Result<Header, NpyError> {
        let malformed = |expected| NpyError::Malformed {
            at: text.len(),
            expected,
        };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        for (key, value) in parse_dict(text)? {
            match (key.as_str(), value) {
                ("descr", Literal::String(scalar)) => descr = Some(scalar),
                ("descr", structure @ (Literal::List(_) | Literal::Tuple(_))) => {
                    descr = Some(structure.to_string());
                }
                ("descr", _) => return Err(malformed("a string or a list as `descr`")),
                ("fortran_order", Literal::Bool(value)) => fortran_order = Some(value),
                ("fortran_order", _) => {
                    return Err(malformed("True or False as `fortran_order`"));
                }
                ("shape", Literal::Tuple(lens)) => shape = Some(shape_of(&lens, malformed)?),
                ("shape", _) => return Err(malformed("a tuple as `shape`")),
                _ => {
                    return Err(malformed(
                        "no keys but `descr`, `fortran_order` and `shape`",
                    ));
                }
            }
        }
        Ok(Header {
            descr: descr.ok_or_else(|| malformed("the key `descr`"))?,
            fortran_order: fortran_order.ok_or_else(|| malformed("the key `fortran_order`"))?,
            shape: shape.ok_or_else(|| malformed("the key `shape`"))?,
            data_offset,
        })
    }

    /// The header's bytes as `numpy.save` writes them; the elements follow at once.
    ///
    /// [`data_offset`](Header::data_offset) has no part in it: it is the length of what is
    /// returned.
    ///
    /// # Errors
    ///
    /// [`NpyError::TooLong`] if it would exceed what NumPy reads.
    ///
    /// # Examples
    ///
    /// ```
    /// # use multiproc_array::npy::Header;
    /// let header = Header {
    ///     descr: "<f8".to_owned(),
    ///     fortran_order: false,
    ///     shape: vec![3, 4],
    ///     data_offset: 128,
    /// };
    /// let bytes = header.to_bytes()?;
    /// assert_eq!(bytes.len(), 128);
    /// assert_eq!(Header::parse(&bytes)?, header);
    /// # Ok::<(), multiproc_array::npy::NpyError>(())
    /// ```
    pub fn to_bytes(&self) -> Result<Vec<u8>, NpyError> {
        let mut dict = self.dict();
        let outermost = if self.fortran_order {
            self.shape.last()
        } else {
            self.shape.first()
        };
        if let Some(len) = outermost {
            let room = GROWTH_DIGITS.saturating_sub(len.to_string().len());
            dict.extend(std::iter::repeat_n(' ', room));
        }
        encode(&dict, NUMPY_ALIGNMENT)
    }

    /// The header's bytes, padded with spaces so that the elements begin at a multiple of
    /// `alignment`.
    ///
    /// # Errors
    ///
    /// [`NpyError::TooLong`] if it would exceed what NumPy reads.
    ///
    /// # Panics
    ///
    /// If `alignment` is zero.
    pub fn to_bytes_aligned(&self, alignment: usize) -> Result<Vec<u8>, NpyError> {
        assert!(alignment > 0, "every offset is a multiple of something");
        encode(&self.dict(), alignment)
    }

    fn dict(&self) -> String {
        let is_structure = self.descr.starts_with(['[', '(']);
        let quote = if is_structure { "" } else { "'" };
        let order = if self.fortran_order { "True" } else { "False" };
        let mut shape = String::new();
        for len in &self.shape {
            // Writing to a string never fails.
            let _ = write!(shape, "{len}, ");
        }
        let shape = match self.shape.len() {
            1 => shape.trim_end(),
            _ => shape.trim_end_matches(", "),
        };
        format!(
            "{{'descr': {quote}{}{quote}, 'fortran_order': {order}, 'shape': ({shape}), }}",
            self.descr
        )
    }
}

fn shape_of(
    lens: &[Literal],
    malformed: impl Fn(&'static str) -> NpyError,
) -> Result<Vec<usize>, NpyError> {
    lens.iter()
        .map(|len| match len {
            Literal::Int(len) => {
                usize::try_from(*len).map_err(|_| malformed("lengths of at most 64 bits"))
            }
            _ => Err(malformed("numbers in `shape`")),
        })
        .collect()
}

/// Puts the prefix before `dict` and padding, then a newline, behind it.
///
/// Like NumPy, pads with `alignment` more bytes where none would do.
fn encode(dict: &str, alignment: usize) -> Result<Vec<u8>, NpyError> {
    let latin1: Option<Vec<u8>> = dict.chars().map(|c| u8::try_from(c).ok()).collect();
    let (major, text) = match latin1 {
        Some(text) => (1, text),
        None => (3, dict.as_bytes().to_vec()),
    };
    let prefix_len = if major == 1 { 10 } else { PREFIX_LEN };
    let unpadded = prefix_len + text.len() + 1;
    let total = unpadded + alignment - unpadded % alignment;
    let text_len = total - prefix_len;
    let (Ok(short_len), true) = (u16::try_from(text_len), text_len <= MAX_WRITTEN) else {
        return Err(NpyError::TooLong {
            len: text_len as u64,
            limit: MAX_WRITTEN as u64,
        });
    };
    let mut bytes = Vec::with_capacity(total);
    bytes.extend(MAGIC);
    bytes.extend([major, 0]);
    bytes.extend(short_len.to_le_bytes());
    if major != 1 {
        bytes.extend([0, 0]);
    }
    bytes.extend(text);
    bytes.resize(total - 1, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

fn truncated(needed: usize, found: usize) -> NpyError {
    NpyError::Truncated {
        needed: needed as u64,
        found: found as u64,
    }
}
