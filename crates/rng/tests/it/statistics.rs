//! The streams that NumPy does not vouch for: many children of one seed, and ChaCha.

use multiproc_rng::{BitGenerator, Pcg64, SeedSequence};

/// How many standard deviations a figure may be off: chance alone gives a billionth.
const SIGMAS: f64 = 6.0;

/// Holds a chi-square statistic of equally likely cells against its expectation.
fn assert_uniform(what: &str, counts: &[u64]) {
    let n: u64 = counts.iter().sum();
    let expected = n as f64 / counts.len() as f64;
    let chi_square: f64 = (counts.iter())
        .map(|&count| (count as f64 - expected).powi(2) / expected)
        .sum();
    let freedom = (counts.len() - 1) as f64;
    let sigmas = (chi_square - freedom) / (2.0 * freedom).sqrt();
    assert!(
        sigmas.abs() < SIGMAS,
        "{what}: chi-square {chi_square} of {freedom} degrees is {sigmas} standard deviations off"
    );
}

/// The bytes of the words, and pairs of neighbours' top bytes: a dependence of one word on the last shows there.
fn assert_words_look_random(what: &str, words: impl Iterator<Item = u64>) {
    let mut bytes = vec![0; 256];
    let mut pairs = vec![0; 1 << 16];
    let mut last = 0;
    for word in words {
        for byte in word.to_le_bytes() {
            bytes[usize::from(byte)] += 1;
        }
        let top = (word >> 56) as usize;
        pairs[last << 8 | top] += 1;
        last = top;
    }
    assert_uniform(&format!("{what}, bytes"), &bytes);
    assert_uniform(&format!("{what}, neighbours"), &pairs);
}

fn n_duplicates<T: Ord>(mut words: Vec<T>) -> usize {
    words.sort_unstable();
    words.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[test]
fn ten_million_children_begin_with_as_many_different_words_as_chance_gives() {
    const N: u64 = 10_000_000;
    let root = SeedSequence::new(20_261_121u64);
    let firsts: Vec<u64> = (0..N)
        .map(|i| Pcg64::new(&root.child(i)).next_u64())
        .collect();

    let upper_halves = firsts.iter().map(|word| (word >> 32) as u32).collect();
    // Pairs that fall together, of n(n − 1)/2 with chance 2⁻³² each; their number is nearly Poisson's.
    let expected = (N * (N - 1) / 2) as f64 / 2f64.powi(32);
    let found = n_duplicates(upper_halves) as f64;
    assert!(
        (found - expected).abs() < SIGMAS * expected.sqrt(),
        "{found} of {N} upper halves are taken twice; chance gives {expected}"
    );
    assert_eq!(n_duplicates(firsts), 0, "chance gives 3 in a million runs");
}

#[test]
fn children_drawn_by_turns_look_like_one_good_stream() {
    let root = SeedSequence::new(4u64);
    let mut children: Vec<Pcg64> = (0..4096).map(|i| Pcg64::new(&root.child(i))).collect();
    let by_turns = (0..1000).flat_map(|_| {
        let turn: Vec<u64> = children.iter_mut().map(BitGenerator::next_u64).collect();
        turn
    });
    let words: Vec<u64> = by_turns.collect();
    assert_words_look_random("children by turns", words.into_iter());

    let firsts = (0..4_000_000).map(|i| Pcg64::new(&root.child(i)).next_u64());
    assert_words_look_random("first words of children", firsts);

    let nested = (0..2000).flat_map(|i| {
        let root = &root;
        (0..2000u64).map(move |k| Pcg64::new(&root.child([i, k])).next_u64())
    });
    assert_words_look_random("first words of grandchildren", nested);
}

#[cfg(feature = "chacha")]
#[test]
fn streams_of_chacha_look_random_alone_and_by_turns() {
    use multiproc_rng::ChaCha8;

    let mut alone = ChaCha8::seed_from(3);
    assert_words_look_random("ChaCha8", (0..4_000_000).map(|_| alone.next_u64()));

    let root = SeedSequence::new(3u64);
    let firsts = (0..1_000_000).map(|i| ChaCha8::new(&root.child(i)).next_u64());
    assert_words_look_random("first words of ChaCha8's children", firsts);
}
