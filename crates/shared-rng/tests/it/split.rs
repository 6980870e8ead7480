//! Streams of items: apart from each other, whoever dies and draws them again.

use std::collections::BTreeMap;

use multiproc_rng::{RandomState, default_rng};
use multiproc_shared_rng::Split;
use multiproc_testkit::torture::{Row, Scale};
use proptest::prelude::*;

/// How many words of a stream are looked at.
const WORDS: usize = 64;

#[test]
fn streams_of_items_never_overlap_whoever_dies_and_begins_again() {
    let n_items = Scale::asked().pick(4_000, 40_000, 400_000);
    let splits = [
        Split::new(42u64),
        Split::of_state(RandomState::new(42)),
        Split::new(42u64).split(n_items + 1),
    ];
    // Of each window of one word, the stream and place that it was first seen at: a window seen again
    // is an overlap, as chance gives none among so few words of 64 bits.
    let mut seen = BTreeMap::new();
    let mut n_streams = 0;
    for (job, split) in splits.iter().enumerate() {
        for item in 0..n_items {
            let mut stream = split.stream(item);
            // The first attempt dies somewhere; the second begins at the beginning.
            let n_drawn = (item % WORDS as u64) as usize;
            let before: Vec<u64> = (0..n_drawn).map(|_| stream.bits_mut().next_u64()).collect();
            let mut again = split.stream(item);
            for (place, word) in (0..WORDS).map(|_| again.bits_mut().next_u64()).enumerate() {
                assert!(
                    place >= n_drawn || before[place] == word,
                    "another attempt, another stream"
                );
                // A few places are enough to find two streams that run side by side.
                if place % 16 == 0 || place < 2 {
                    let first = seen.insert(word, (job, item, place));
                    assert_eq!(first, None, "overlaps with item {item} of {job}");
                }
            }
            n_streams += 1;
        }
    }
    Row::new(41)
        .figure("streams", n_streams)
        .figure("words kept", seen.len())
        .figure("overlaps", 0)
        .print();
}

#[test]
fn ten_thousand_tasks_begin_with_different_numbers_and_none_with_their_parents() {
    let split = Split::new(7u64);
    let mut first: Vec<u64> = (0..10_000_u64)
        .map(|i| split.stream(i).random().to_bits())
        .collect();
    let mut parent = default_rng(7);
    first.extend((0..10_000).map(|_| parent.random().to_bits()));
    first.sort_unstable();
    first.dedup();
    // Two of 20,000 doubles of 53 bits are equal once in 45 million runs.
    assert_eq!(first.len(), 20_000);
}

#[test]
fn split_children_begin_as_numpys_do() {
    // [default_rng(s).random() for s in SeedSequence(42).spawn(4)]
    let split = Split::new(42u64);
    let first: Vec<f64> = (0..4_u64).map(|i| split.stream(i).random()).collect();
    assert_eq!(
        first,
        [
            0.9167441575549085,
            0.4674907799518424,
            0.07123920291270869,
            0.7639328676507445
        ]
    );
    assert_eq!(default_rng(42).random(), 0.7739560485559633);
}

proptest! {
    #[test]
    fn the_tree_of_an_item_has_the_streams_of_its_paths(seed: u64, i: u64, j: u64, k: u64) {
        let split = Split::new(seed);
        let by_path = split.stream([i, j, k]).random();
        prop_assert_eq!(split.split([i, j]).stream(k).random(), by_path);
        prop_assert_eq!(split.split(i).split(j).stream(k).random(), by_path);
        prop_assert_eq!(split.stream(i).split([j, k]).random(), by_path);
    }
}
