//! [`FixedBytes`] and [`FixedText`]: NumPy's strings, which have room for so many bytes or characters.

use std::fmt;

/// NumPy's `|S{N}`: up to `N` bytes, of which zeros at the end do not count.
///
/// # Examples
///
/// ```
/// use multiproc_array::{FixedBytes, SharedArray};
/// use ndarray::Array1;
///
/// let names = ["Ada", "Grace"].map(|name| FixedBytes::<8>::new(name).unwrap());
/// let shared = SharedArray::from_array(&Array1::from_vec(names.to_vec()))?;
/// assert_eq!(shared.handle().descr, "|S8");
/// assert_eq!(shared.read()?[1].as_bytes(), b"Grace");
/// assert_eq!(FixedBytes::<4>::new("Grace"), None);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[doc(alias = "bytes_")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct FixedBytes<const N: usize>([u8; N]);

impl<const N: usize> FixedBytes<N> {
    /// `bytes`, and zeros behind them; `None` if there are more than `N`.
    pub fn new(bytes: impl AsRef<[u8]>) -> Option<FixedBytes<N>> {
        let bytes = bytes.as_ref();
        let mut fixed = FixedBytes([0; N]);
        fixed.0.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(fixed)
    }

    /// The bytes without the zeros at the end.
    pub fn as_bytes(&self) -> &[u8] {
        let end = self.0.iter().rposition(|&byte| byte != 0);
        &self.0[..end.map_or(0, |last| last + 1)]
    }
}

impl<const N: usize> Default for FixedBytes<N> {
    fn default() -> FixedBytes<N> {
        FixedBytes([0; N])
    }
}

impl<const N: usize> fmt::Debug for FixedBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_bytes().escape_ascii())
    }
}

/// NumPy's `<U{N}`: text of up to `N` characters of four bytes each, of which zeros at the end do
/// not count.
///
/// # Examples
///
/// ```
/// use multiproc_array::FixedText;
///
/// let name = FixedText::<6>::new("Émilie").unwrap();
/// assert_eq!(name.to_string(), "Émilie");
/// assert_eq!(FixedText::<5>::new("Émilie"), None);
/// ```
#[doc(alias = "str_")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct FixedText<const N: usize>([u32; N]);

impl<const N: usize> FixedText<N> {
    /// The characters of `text`, and zeros behind them; `None` if there are more than `N`.
    pub fn new(text: &str) -> Option<FixedText<N>> {
        let mut fixed = FixedText([0; N]);
        let mut slots = fixed.0.iter_mut();
        for character in text.chars() {
            *slots.next()? = u32::from(character);
        }
        Some(fixed)
    }

    /// The characters without the zeros at the end. What is no character, as others may have
    /// written it, is U+FFFD.
    pub fn chars(&self) -> impl Iterator<Item = char> {
        let end = self.0.iter().rposition(|&code| code != 0);
        let codes = &self.0[..end.map_or(0, |last| last + 1)];
        let character = |&code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        codes.iter().map(character)
    }
}

impl<const N: usize> Default for FixedText<N> {
    fn default() -> FixedText<N> {
        FixedText([0; N])
    }
}

impl<const N: usize> fmt::Display for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars()
            .try_for_each(|character| write!(f, "{character}"))
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}
