//! Which free list a block of a certain size belongs to, and which lists have blocks that fit: pure numbers.
//!
//! Sizes below 16 granules have a list each. Above, every power of two is cut into eight lists, so
//! that taking any block of the first list that surely fits wastes no search and at most an eighth.

/// How many lists there are: enough for every size that 32 bits can say.
pub(super) const N_CLASSES: usize = 240;

const EXACT: u32 = 16;
const CUT_BITS: u32 = 3;

/// The list of the blocks of `size` granules.
#[inline]
pub(super) const fn class_of(size: u32) -> usize {
    if size < EXACT {
        return size as usize;
    }
    let log = size.ilog2();
    let cut = (size >> (log - CUT_BITS)) & ((1 << CUT_BITS) - 1);
    (EXACT + ((log - EXACT.ilog2()) << CUT_BITS) + cut) as usize
}

/// The first list that has only blocks of at least `size` granules; [`N_CLASSES`] if there is none.
#[inline]
pub(super) const fn class_that_fits(size: u32) -> usize {
    if size < EXACT {
        return size as usize;
    }
    let round_up = (1 << (size.ilog2() - CUT_BITS)) - 1;
    match size.checked_add(round_up) {
        Some(size) => class_of(size),
        None => N_CLASSES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_sizes_have_lists_of_their_own_and_the_largest_has_the_last() {
        for size in 0..EXACT {
            assert_eq!(class_of(size), size as usize);
        }
        assert_eq!(class_of(16), 16);
        assert_eq!(class_of(17), 16);
        assert_eq!(class_of(18), 17);
        assert_eq!(class_of(u32::MAX), N_CLASSES - 1);
        assert_eq!(class_that_fits(u32::MAX), N_CLASSES);
    }

    proptest! {
        #[test]
        fn a_list_that_fits_has_no_block_that_does_not(size: u32, other: u32, shift in 0_u32..32) {
            let (size, other) = (size >> shift, other >> shift);
            if class_of(other) >= class_that_fits(size) {
                prop_assert!(other >= size);
            }
        }

        #[test]
        fn larger_blocks_are_in_later_lists(size: u32, shift in 0_u32..32) {
            let size = size >> shift;
            prop_assert!(size == 0 || class_of(size - 1) <= class_of(size));
            prop_assert!(class_of(size) <= class_that_fits(size));
            prop_assert!(class_that_fits(size) <= class_of(size) + 1);
        }
    }
}
