//! [`Demand`]: what an allocation needs, and where in a free block it would stand: pure numbers.

use super::error::ArenaError;
use super::header::{GRANULE, HEADER, payload_len};

/// The most that a block can be aligned to: what every process maps a segment's parts at.
pub(super) const MOST_ALIGN: usize = 4096;

/// A block that is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Bytes of payload.
    pub(super) len: usize,
    pub(super) align: usize,
    /// Granules of the block; all ones if no arena has as many.
    pub(super) size: u32,
    /// The payload's place is to be a multiple of so many granules.
    step: u32,
    /// How many granules the first payload of the arena is past such a place.
    phase: u32,
}

impl Demand {
    /// A block for `len` bytes at a multiple of `align`, in an arena whose first block stands at
    /// `area_offset` in its part of the segment.
    ///
    /// # Errors
    ///
    /// [`ArenaError::Align`] if `align` is no power of two, or more than [`MOST_ALIGN`].
    #[inline]
    pub(super) fn new(len: usize, align: usize, area_offset: usize) -> Result<Self, ArenaError> {
        if !align.is_power_of_two() || align > MOST_ALIGN {
            return Err(ArenaError::Align { align });
        }
        let size = (len.div_ceil(GRANULE)).saturating_add(HEADER as usize);
        let step = align.div_ceil(GRANULE);
        let first_payload = area_offset / GRANULE + HEADER as usize;
        Ok(Self {
            len,
            align,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            // At most 256, as is the phase.
            step: step as u32,
            phase: (first_payload & (step - 1)) as u32,
        })
    }

    /// A free block of so many granules has room for it, wherever it stands.
    #[inline]
    pub(super) fn sure_size(&self) -> u32 {
        match self.step {
            1 => self.size,
            step => self.size.saturating_add(step + HEADER - 1),
        }
    }

    /// How many granules to leave free in front of it, in a free block at granule `at`: none, or
    /// enough for a block.
    #[inline]
    fn front(&self, at: u32) -> u32 {
        // Relies on wrapping: `step` divides 2^32.
        let past = self.phase.wrapping_add(at) & (self.step - 1);
        match (self.step - past) & (self.step - 1) {
            0 => 0,
            front @ HEADER.. => front,
            short => short + self.step,
        }
    }

    /// As [`front`](Self::front), if a free block of `size` granules at `at` has room for it.
    #[inline]
    pub(super) fn front_in(&self, at: u32, size: u32) -> Option<u32> {
        let front = self.front(at);
        (size.checked_sub(front)? >= self.size).then_some(front)
    }

    /// The bytes that nobody asked for in a block of `size` granules.
    #[inline]
    pub(super) fn slack(&self, size: u32) -> u16 {
        // Less than two granules: any more would have been split off.
        (payload_len(size) - self.len) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_alignment_is_a_power_of_two_up_to_a_page() {
        for align in [0, 3, 8192, usize::MAX] {
            let refused = Demand::new(1, align, 0);
            assert!(matches!(refused, Err(ArenaError::Align { align: a }) if a == align));
        }
        assert_eq!(Demand::new(usize::MAX, 1, 0).unwrap().size, u32::MAX);
    }

    proptest! {
        #[test]
        fn a_block_is_aligned_and_what_is_left_before_it_is_a_block(
            len in 0_usize..5000, log in 0_u32..13, area in 0_usize..10_000, at in 0_u32..1 << 30,
        ) {
            let align = 1 << log;
            let demand = Demand::new(len, align, 128 * area).unwrap();
            let front = demand.front_in(at, demand.sure_size()).unwrap();
            prop_assert!(front == 0 || front >= HEADER);
            let payload = 128 * area + GRANULE * (at + front + HEADER) as usize;
            prop_assert_eq!(payload % align, 0);
            // No smaller front would do.
            for less in (0..front).filter(|&less| less == 0 || less >= HEADER) {
                prop_assert_ne!((payload - GRANULE * (front - less) as usize) % align, 0);
            }
            prop_assert_eq!(demand.front_in(at, front + demand.size - 1), None);
        }
    }
}
