//! [`Layout`]: how many bytes of what a segment holds, and where in the file each part lies.

/// The unit in which the parts of a segment are placed, whatever the machine's own page is.
pub(crate) const PAGE: u64 = 4096;

/// What a new segment shall hold.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
///
/// let segment = Segment::anonymous(Layout { payload_len: 1000, control_len: 64, kind: 7 })?;
/// assert_eq!(segment.len(), 1000);
/// assert_eq!(segment.control_len(), 4096);
/// assert_eq!(segment.kind(), 7);
/// # Ok::<(), multiproc_segment::SegmentError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes of payload, which starts the file. May be 0.
    pub payload_len: usize,
    /// Bytes wanted for the lock area, which starts zeroed; rounded up to a multiple of 4096.
    pub control_len: usize,
    /// What the bytes mean to the layer above: a hash of its layout. Recorded, never interpreted.
    pub kind: u64,
}

impl Layout {
    /// `payload_len` bytes, no lock area, kind 0.
    #[must_use]
    pub const fn payload(payload_len: usize) -> Self {
        Self {
            payload_len,
            control_len: 0,
            kind: 0,
        }
    }
}

/// Where the parts of a segment's file lie: payload, lock area, control page, in this order.
///
/// # Invariants
///
/// 1. `payload_len <= control_at`, `control_at + control_len + PAGE == file_len`.
/// 2. `control_at` and `control_len` are multiples of [`PAGE`].
/// 3. `file_len <= isize::MAX`, so that every offset fits a `usize` and a pointer offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extents {
    pub(crate) payload_len: u64,
    pub(crate) control_at: u64,
    pub(crate) control_len: u64,
    pub(crate) file_len: u64,
}

impl Extents {
    /// `None` if the parts do not fit one address space.
    pub(crate) fn new(payload_len: u64, control_len: u64) -> Option<Self> {
        let control_at = payload_len.checked_next_multiple_of(PAGE)?;
        let control_len = control_len.checked_next_multiple_of(PAGE)?;
        let file_len = control_at.checked_add(control_len)?.checked_add(PAGE)?;
        isize::try_from(file_len).ok()?;
        Some(Self {
            payload_len,
            control_at,
            control_len,
            file_len,
        })
    }

    pub(crate) fn control_page_at(&self) -> u64 {
        self.file_len - PAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_follow_each_other_on_page_boundaries() {
        let extents = Extents::new(4097, 64).unwrap();
        assert_eq!(extents.control_at, 8192);
        assert_eq!(extents.control_len, 4096);
        assert_eq!(extents.control_page_at(), 12288);
        assert_eq!(extents.file_len, 16384);
        assert_eq!(Extents::new(0, 0).unwrap().file_len, 4096);
    }

    proptest! {
        #[test]
        fn every_pair_of_lengths_keeps_the_invariants_or_is_refused(
            payload_len: u64, control_len: u64, shift in 0_u32..64,
        ) {
            let (payload_len, control_len) = (payload_len >> shift, control_len >> shift);
            let sum = u128::from(payload_len).next_multiple_of(4096)
                + u128::from(control_len).next_multiple_of(4096) + 4096;
            match Extents::new(payload_len, control_len) {
                None => prop_assert!(sum > isize::MAX as u128),
                Some(e) => {
                    prop_assert_eq!(u128::from(e.file_len), sum);
                    prop_assert!(e.payload_len <= e.control_at);
                    prop_assert!(e.control_at.is_multiple_of(4096));
                    prop_assert!(e.control_len.is_multiple_of(4096) && e.control_len >= control_len);
                }
            }
        }
    }
}
