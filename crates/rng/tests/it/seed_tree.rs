//! The tree of seeds: laws, refusals, and children that are apart.

use multiproc_rng::{Entropy, Pcg64, SeedSequence};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_child_is_the_one_that_spawning_returns(seed: u128, i in 0usize..20, k in 0usize..20) {
        let mut root = SeedSequence::new(seed);
        let mut spawned = root.spawn(i + 1).remove(i);
        let grandchild = spawned.spawn(k + 1).remove(k);
        let direct = SeedSequence::new(seed).child([i as u64, k as u64]);
        prop_assert_eq!(direct.pool(), grandchild.pool());
        prop_assert_eq!(direct.spawn_key(), grandchild.spawn_key());
    }

    #[test]
    fn text_and_number_are_the_same_entropy(value: u128) {
        let decimal: Entropy = value.to_string().parse().unwrap();
        let hexadecimal: Entropy = format!("{value:#x}").parse().unwrap();
        prop_assert_eq!(&decimal, &Entropy::from(value));
        prop_assert_eq!(&hexadecimal, &Entropy::from(value));
    }

    #[test]
    fn a_path_may_follow_entropy_of_any_length(words in prop::collection::vec(any::<u32>(), 1..12)) {
        // With a path NumPy pads the entropy with zeros to the size of the pool.
        let mut padded = words.clone();
        padded.resize(words.len().max(4), 0);
        let short = SeedSequence::new(words.as_slice()).child(3);
        let long = SeedSequence::new(padded.as_slice()).child(3);
        prop_assert_eq!(short.pool(), long.pool());
    }
}

#[test]
fn texts_that_are_no_numbers_are_refused_where_they_go_wrong() {
    for (text, position) in [
        ("", 0),
        ("0x", 2),
        ("12a", 2),
        ("0xfg", 3),
        ("-1", 0),
        ("é", 0),
    ] {
        let error = text.parse::<Entropy>().unwrap_err();
        assert!(
            error.to_string().ends_with(&format!("at byte {position}")),
            "{text}: {error}"
        );
    }
    let error = SeedSequence::with_pool_size(1u64, &[], 3).unwrap_err();
    assert_eq!(
        error.to_string(),
        "length of `pool` must be at least the default (4), found 3"
    );
}

#[test]
fn a_million_children_begin_with_different_words() {
    let root = SeedSequence::new(2026u64);
    let mut words: Vec<u64> = (0..1_000_000u64)
        .map(|k| Pcg64::new(&root.child(k)).next_u64())
        .collect();
    words.sort_unstable();
    // Two of 10^6 random words of 64 bits agree with a probability of 3 in 10^8.
    assert!(words.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn numbers_drawn_in_turn_from_many_children_are_uniform() {
    const CELLS: usize = 256;
    let root = SeedSequence::new(7u64);
    let mut children: Vec<Pcg64> = (0..1000u64).map(|k| Pcg64::new(&root.child(k))).collect();
    let mut counts = [0u32; CELLS];
    for _ in 0..1000 {
        for child in &mut children {
            counts[(child.next_u64() >> 56) as usize] += 1;
        }
    }
    let expected = 1_000_000.0 / CELLS as f64;
    let chi_square: f64 = counts
        .iter()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected)
        .sum();
    // 255 degrees of freedom: mean 255, deviation 22.6.
    assert!(
        (150.0..370.0).contains(&chi_square),
        "chi-square is {chi_square}"
    );
}
