//! [`Bytes`]: a range of shared bytes, and the only ways to touch it.
#![expect(
    unsafe_code,
    reason = "turns mapped addresses into atomics, the one form in which shared bytes are touched"
)]

use std::marker::PhantomData;
use std::slice;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::error::SegmentError;
use crate::mapping::Mapping;
use crate::segment::Access;

/// A range of a segment's bytes, borrowed from its mapping.
///
/// Other processes may write these bytes at any time, so no reference to plain data is ever made
/// of them: [`read`](Self::read), [`write`](Self::write) and [`fill`](Self::fill) copy word by word
/// with relaxed atomics, and [`atomic_u32`](Self::atomic_u32) and [`atomic_u64`](Self::atomic_u64)
/// lend single words. A copy made while someone else writes can mix old and new words; the layers
/// above take locks. Every access is checked against the range.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::Ordering;
/// use multiproc_segment::{Layout, Segment};
///
/// let segment = Segment::anonymous(Layout::payload(24))?;
/// let bytes = segment.payload();
/// bytes.write(8, b"shared")?;
/// let mut copy = [0; 6];
/// bytes.slice(8, 16)?.read(0, &mut copy)?;
/// assert_eq!(&copy, b"shared");
///
/// bytes.atomic_u64(16)?.fetch_add(5, Ordering::Relaxed);
///
/// let beyond = bytes.read(20, &mut copy).unwrap_err();
/// assert_eq!(
///     beyond.to_string(),
///     "6 bytes at offset 20 do not lie within the 24 bytes there are",
/// );
/// # Ok::<(), multiproc_segment::SegmentError>(())
/// ```
///
/// A range does not outlive its segment:
///
/// ```compile_fail,E0505
/// use multiproc_segment::{Layout, Segment};
///
/// let segment = Segment::anonymous(Layout::payload(24)).unwrap();
/// let bytes = segment.payload();
/// drop(segment);
/// bytes.len();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a> {
    /// # Invariants
    ///
    /// 1. `start..start + len` lies within one mapping, which lives for `'a`.
    /// 2. That mapping is readable; it is writable if `access` is `ReadWrite`.
    /// 3. If `access` is `ReadOnly`, nothing anywhere can write these bytes: such a mapping is
    ///    only made of a file with `F_SEAL_WRITE`.
    start: *mut u8,
    len: usize,
    access: Access,
    mapping: PhantomData<&'a Mapping>,
}

// SAFETY: a `Bytes` is an address that stays valid for `'a` in every thread (invariant 1); all
// that its methods do there are atomic accesses, or reads that nobody can race (invariant 3).
unsafe impl Send for Bytes<'_> {}
// SAFETY: as for `Send`; it is `Copy`, so that sharing one gives nothing that sending does not.
unsafe impl Sync for Bytes<'_> {}

impl<'a> Bytes<'a> {
    #[inline]
    pub(crate) fn whole(mapping: &'a Mapping) -> Self {
        Self {
            start: mapping.start(),
            len: mapping.len(),
            access: mapping.access(),
            mapping: PhantomData,
        }
    }

    /// How many bytes there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The `len` bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// [`SegmentError::OutOfBounds`] if they do not lie within this range.
    #[inline]
    pub fn slice(self, offset: usize, len: usize) -> Result<Bytes<'a>, SegmentError> {
        if offset > self.len || len > self.len - offset {
            return Err(SegmentError::OutOfBounds {
                offset,
                len,
                available: self.len,
            });
        }
        Ok(Self {
            start: self.start.wrapping_add(offset),
            len,
            ..self
        })
    }

    /// Copies the bytes from `offset` on into all of `buf`.
    ///
    /// # Errors
    ///
    /// [`SegmentError::OutOfBounds`] if `buf` is longer than what lies there.
    #[inline]
    pub fn read(self, offset: usize, buf: &mut [u8]) -> Result<(), SegmentError> {
        let source = self.slice(offset, buf.len())?;
        let Ok((head, words, tail)) = source.atoms() else {
            // SAFETY: `copy_nonoverlapping` requires that
            // - the source is readable for `buf.len()` bytes and the target writable: invariants
            //   1 and 2, and `buf` is a `&mut`;
            // - they do not overlap: `&mut` is exclusive and `source` is a mapping of a file;
            // - nobody writes the source meanwhile: invariant 3.
            unsafe { std::ptr::copy_nonoverlapping(source.start, buf.as_mut_ptr(), buf.len()) };
            return Ok(());
        };
        let (to_head, rest) = buf.split_at_mut(head.len());
        let (to_words, to_tail) = rest.split_at_mut(8 * words.len());
        for (to, from) in to_head
            .iter_mut()
            .zip(head)
            .chain(to_tail.iter_mut().zip(tail))
        {
            *to = from.load(Relaxed);
        }
        for (to, from) in to_words.as_chunks_mut().0.iter_mut().zip(words) {
            *to = from.load(Relaxed).to_ne_bytes();
        }
        Ok(())
    }

    /// Copies all of `data` to `offset`.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OutOfBounds`] if it does not fit there; nothing is written then.
    /// - [`SegmentError::ReadOnly`] if the segment is frozen.
    #[inline]
    pub fn write(self, offset: usize, data: &[u8]) -> Result<(), SegmentError> {
        let (head, words, tail) = self.slice(offset, data.len())?.atoms()?;
        let (from_head, rest) = data.split_at(head.len());
        let (from_words, from_tail) = rest.split_at(8 * words.len());
        for (to, &from) in head.iter().zip(from_head).chain(tail.iter().zip(from_tail)) {
            to.store(from, Relaxed);
        }
        for (to, &from) in words.iter().zip(from_words.as_chunks().0) {
            to.store(u64::from_ne_bytes(from), Relaxed);
        }
        Ok(())
    }

    /// Sets the `len` bytes from `offset` on to `byte`.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn fill(self, offset: usize, len: usize, byte: u8) -> Result<(), SegmentError> {
        let (head, words, tail) = self.slice(offset, len)?.atoms()?;
        for to in head.iter().chain(tail) {
            to.store(byte, Relaxed);
        }
        for to in words {
            to.store(u64::from_ne_bytes([byte; 8]), Relaxed);
        }
        Ok(())
    }

    /// The four bytes at `offset` as an atomic number in the machine's byte order.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OutOfBounds`] if they do not lie within this range.
    /// - [`SegmentError::Misaligned`] if their address is no multiple of 4. A segment's payload and
    ///   lock area start on pages, so there it is the offset that counts.
    /// - [`SegmentError::ReadOnly`] if the segment is frozen.
    #[inline]
    pub fn atomic_u32(self, offset: usize) -> Result<&'a AtomicU32, SegmentError> {
        let word = self.atomic_word(offset, 4)?.cast::<u32>();
        // SAFETY: `from_ptr` requires that `word` is aligned, which `atomic_word` has checked;
        // that it is readable and writable for `'a`, which invariants 1 and 2 say of the bytes
        // that `atomic_word` found in bounds and writable; and that nobody accesses it otherwise
        // than atomically meanwhile: safe code here has no other way, and fenced files that use
        // `as_ptr` take that on themselves.
        Ok(unsafe { AtomicU32::from_ptr(word) })
    }

    /// The eight bytes at `offset` as an atomic number in the machine's byte order.
    ///
    /// # Errors
    ///
    /// As [`atomic_u32`](Self::atomic_u32), with a multiple of 8.
    #[inline]
    pub fn atomic_u64(self, offset: usize) -> Result<&'a AtomicU64, SegmentError> {
        let word = self.atomic_word(offset, 8)?.cast::<u64>();
        // SAFETY: as in `atomic_u32`.
        Ok(unsafe { AtomicU64::from_ptr(word) })
    }

    /// The address of the first byte, for the layers above to build on.
    ///
    /// It is valid for `len` bytes while the segment is mapped. Other processes may write there at
    /// any time, and a frozen segment's pages cannot be written: whoever dereferences it answers
    /// for both.
    #[must_use]
    pub fn as_ptr(self) -> *mut u8 {
        self.start
    }

    #[inline]
    fn atomic_word(self, offset: usize, size: usize) -> Result<*mut u8, SegmentError> {
        let word = self.slice(offset, size)?.writable()?.start;
        if !word.addr().is_multiple_of(size) {
            return Err(SegmentError::Misaligned {
                offset,
                align: size,
            });
        }
        Ok(word)
    }

    #[inline]
    fn writable(self) -> Result<Self, SegmentError> {
        match self.access {
            Access::ReadWrite => Ok(self),
            Access::ReadOnly => Err(SegmentError::ReadOnly),
        }
    }

    /// All bytes as atomics: those before the first whole word, the words, and the rest.
    #[expect(clippy::type_complexity, reason = "the shape of `slice::align_to`")]
    #[inline]
    fn atoms(self) -> Result<(&'a [AtomicU8], &'a [AtomicU64], &'a [AtomicU8]), SegmentError> {
        self.writable()?;
        // SAFETY: `from_raw_parts` requires `len` initialised, aligned `AtomicU8`s that live for
        // `'a` and are not written but through their atomics: mapped bytes are initialised, any
        // byte is an `AtomicU8`, invariants 1 and 2 give the rest, and for the last see
        // `atomic_u32`.
        let bytes = unsafe { slice::from_raw_parts(self.start.cast::<AtomicU8>(), self.len) };
        // SAFETY: `align_to` requires that eight `AtomicU8`s may be seen as one `AtomicU64`: both
        // are plain integers in memory, valid whatever their bits, with interior mutability.
        Ok(unsafe { bytes.align_to::<AtomicU64>() })
    }
}
