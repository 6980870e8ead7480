//! [`shuffle_by`]: Fisher and Yates' shuffle from the top, as NumPy draws it.

use alloc::vec::Vec;

use crate::integers::masked;
use crate::{BitGenerator, Generator, RandomState};

/// Words drawn at a time.
const BLOCK: usize = 256;

/// Below this many items a block costs more than it saves.
const SHORT: usize = 16;

/// Calls `swap(i, j)` for i from `n - 1` down to 1 with `j` uniform in `0..=i`.
///
/// Each attempt takes one word, so a block of as many words as swaps are left is never too long;
/// with the targets of a block known ahead, the swaps need not wait for one another.
pub(crate) fn shuffle_by<B: BitGenerator + ?Sized>(
    bits: &mut B,
    n: usize,
    mut swap: impl FnMut(usize, usize),
) {
    let mut words = [0; BLOCK];
    let mut i = n.saturating_sub(1);
    while i > 0 {
        let (SHORT..=0xffff_ffff) = i else {
            swap(i, masked(bits, i as u64) as usize);
            i -= 1;
            continue;
        };
        let words = &mut words[..i.min(BLOCK)];
        bits.fill_u32(words);
        let n_accepted = keep_targets(words, i as u32);
        for &target in &words[..n_accepted] {
            swap(i, target as usize);
            i -= 1;
        }
    }
}

/// Moves the accepted targets to the front of the words that they come from, and returns how many
/// they are; the first one is at most `highest`, and each one more lowers that by one.
///
/// A group of words is decided at once where none of them is within the group's length of the
/// highest target, so that it does not matter how many of the others were accepted before it.
fn keep_targets(words: &mut [u32], mut highest: u32) -> usize {
    const GROUP: usize = 16;
    let mut n_accepted = 0;
    for start in (0..words.len()).step_by(GROUP) {
        let mask = u32::MAX >> highest.leading_zeros();
        let group = &words[start..];
        if let Some(group) = group.first_chunk::<GROUP>()
            && highest >= GROUP as u32
            && highest - GROUP as u32 > mask / 2
        {
            let targets = group.map(|word| word & mask);
            let is_clear = |&target: &u32| highest.wrapping_sub(target) >= GROUP as u32;
            if targets
                .iter()
                .fold(true, |all, target| all & is_clear(target))
            {
                let n_before = n_accepted;
                for target in targets {
                    words[n_accepted] = target;
                    n_accepted += usize::from(target <= highest);
                }
                highest -= (n_accepted - n_before) as u32;
                continue;
            }
        }
        for k in start..words.len().min(start + GROUP) {
            let target = words[k] & (u32::MAX >> highest.leading_zeros());
            words[n_accepted] = target;
            let is_accepted = target <= highest;
            n_accepted += usize::from(is_accepted);
            highest -= u32::from(is_accepted);
        }
    }
    n_accepted
}

/// Shuffles `items`.
pub(crate) fn shuffle<T, B: BitGenerator + ?Sized>(bits: &mut B, items: &mut [T]) {
    shuffle_by(bits, items.len(), |i, j| items.swap(i, j));
}

/// The numbers `0..n`, shuffled.
pub(crate) fn permutation<B: BitGenerator + ?Sized>(bits: &mut B, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(bits, &mut order);
    order
}

impl<B: BitGenerator> Generator<B> {
    /// Shuffles `items` in place.
    ///
    /// # Examples
    ///
    /// ```
    /// // x = numpy.arange(6); numpy.random.default_rng(1).shuffle(x)
    /// let mut x = [0, 1, 2, 3, 4, 5];
    /// multiproc_rng::default_rng(1).shuffle(&mut x);
    /// assert_eq!(x, [4, 0, 2, 1, 5, 3]);
    /// ```
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        shuffle(&mut self.bits, items);
    }

    /// Returns the numbers `0..n` in random order: NumPy's `permutation(n)`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        permutation(&mut self.bits, n)
    }
}

impl<B: BitGenerator> RandomState<B> {
    /// Shuffles `items` in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        shuffle(&mut self.bits, items);
    }

    /// Returns the numbers `0..n` in random order: NumPy's `permutation(n)`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        permutation(&mut self.bits, n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pcg64;

    #[test]
    fn targets_decided_in_groups_are_those_drawn_one_by_one() {
        let lengths = (0..300).chain([511, 512, 513, 4096, 4099, 70_000]);
        for (seed, n) in lengths.enumerate() {
            let mut grouped = Pcg64::seed_from(seed as u64);
            let mut single = grouped.clone();
            let mut found = Vec::new();
            shuffle_by(&mut grouped, n, |i, j| found.push((i, j)));
            let expected: Vec<_> = (1..n)
                .rev()
                .map(|i| (i, masked(&mut single, i as u64) as usize))
                .collect();
            assert_eq!(found, expected, "of {n}");
            assert_eq!(grouped, single, "after {n}");
        }
    }
}
