//! Whole-slice fills against single draws: the same values, and the same state afterwards.

use std::fmt::Debug;

use multiproc_rng::{
    BitGenerator, Generator, Instructions, Integer, Mt19937, Pcg64, Pcg64Dxsm, Philox, RandomState,
    SavedState, Sfc64, with_at_most,
};

/// Lengths across the edges of every block and round, each with an odd and an even neighbour.
fn lengths() -> impl Iterator<Item = usize> {
    let edges = [
        64, 128, 256, 512, 623, 624, 1024, 1280, 1536, 2048, 3072, 4096, 6144,
    ];
    let around = edges.into_iter().flat_map(|edge| edge - 3..edge + 4);
    (0..150).chain(around).chain([5000, 12_345])
}

/// Calls `check` with generators in many states: seeds, and words and halves already drawn.
fn in_many_states<B: BitGenerator + Clone>(seeded: impl Fn(u64) -> B, check: impl Fn(&B, usize)) {
    let _watchdog = multiproc_testkit::watchdog(multiproc_testkit::PATIENCE);
    for (seed, length) in lengths().enumerate() {
        let mut bits = seeded(seed as u64);
        for _ in 0..seed % 7 {
            bits.next_u32();
        }
        check(&bits, length);
    }
}

/// Each is tried where the processor has it, and else the best one below it again.
const EVERY_PATH: [Instructions; 3] = [
    Instructions::Portable,
    Instructions::Avx2,
    Instructions::Avx512,
];

/// Compares a fill by every path with single draws from the same state.
fn compare<B: BitGenerator + Clone, R, T: Copy + Default + PartialEq + Debug>(
    bits: &B,
    length: usize,
    wrap: impl Fn(B) -> R,
    fill: impl Fn(&mut R, &mut [T]),
    draw: impl Fn(&mut R) -> T,
    state: impl Fn(&R) -> String,
) {
    let mut drawn = wrap(bits.clone());
    let expected: Vec<T> = (0..length).map(|_| draw(&mut drawn)).collect();
    for most in EVERY_PATH {
        let mut filled = wrap(bits.clone());
        let mut values = vec![T::default(); length];
        with_at_most(most, || fill(&mut filled, &mut values));
        for (i, (value, expected)) in values.iter().zip(&expected).enumerate() {
            assert_eq!(value, expected, "value {i} of {length}, {most:?}");
        }
        assert_eq!(
            state(&filled),
            state(&drawn),
            "state after {length}, {most:?}"
        );
    }
}

/// Runs `$check` on every generator of NumPy.
macro_rules! for_every_generator {
    ($check:ident) => {
        $check(Mt19937::seed_from);
        $check(Pcg64::seed_from);
        $check(Pcg64Dxsm::seed_from);
        $check(Philox::seed_from);
        $check(Sfc64::seed_from);
    };
}

fn json<B: SavedState + serde::Serialize>(bits: &B) -> String {
    serde_json::to_string(bits).expect("a state is plain numbers")
}

trait Seeded: SavedState + Clone + serde::Serialize {}
impl<B: SavedState + Clone + serde::Serialize> Seeded for B {}

#[test]
fn filled_words_are_the_words_drawn_one_by_one() {
    fn check<B: Seeded>(seeded: impl Fn(u64) -> B) {
        in_many_states(seeded, |bits, n| {
            compare(bits, n, |b| b, B::fill_u32, B::next_u32, json);
            compare(bits, n, |b| b, B::fill_u64, B::next_u64, json);
            compare(bits, n, |b| b, B::fill_double, B::next_double, json);
            compare(bits, n, |b| b, B::fill_float, B::next_float, json);
        });
    }
    for_every_generator!(check);
}

#[test]
fn filled_normals_and_exponentials_are_those_drawn_one_by_one() {
    fn check<B: Seeded>(seeded: impl Fn(u64) -> B) {
        in_many_states(seeded, |bits, n| {
            let state = |rng: &Generator<B>| json(rng.bits());
            let (fill, draw) = (Generator::fill_standard_normal, Generator::standard_normal);
            compare(bits, n, Generator::new, fill, draw, state);
            let fill = Generator::fill_standard_exponential;
            compare(
                bits,
                n,
                Generator::new,
                fill,
                Generator::standard_exponential,
                state,
            );
            let fill = Generator::fill_standard_normal_f32;
            compare(
                bits,
                n,
                Generator::new,
                fill,
                Generator::standard_normal_f32,
                state,
            );
            let fill = Generator::fill_standard_exponential_f32;
            compare(
                bits,
                n,
                Generator::new,
                fill,
                Generator::standard_exponential_f32,
                state,
            );
        });
    }
    for_every_generator!(check);
}

#[test]
fn filled_legacy_normals_are_those_drawn_one_by_one() {
    in_many_states(Mt19937::seed_from, |bits, n| {
        for n_before in 0..2 {
            let wrap = |bits| {
                let mut rng = RandomState::from_bits(bits);
                (0..n_before).for_each(|_| _ = rng.standard_normal());
                rng
            };
            let (fill, draw) = (
                RandomState::fill_standard_normal,
                RandomState::standard_normal,
            );
            compare(bits, n, wrap, fill, draw, |rng| {
                serde_json::to_string(rng).unwrap()
            });
        }
    });
}

#[test]
fn filled_integers_are_those_drawn_one_by_one() {
    fn check_range<T: Integer + Default + PartialEq + Debug>(low: T, highest: T) {
        in_many_states(Pcg64::seed_from, |bits, n| {
            compare(
                bits,
                n,
                Generator::new,
                |rng, out| rng.fill_integers(low..=highest, out).unwrap(),
                |rng| rng.integers_in(low..=highest).unwrap(),
                |rng| json(rng.bits()),
            );
            compare(
                bits,
                n,
                RandomState::from_bits,
                |rng, out| rng.fill_randint(low..=highest, out).unwrap(),
                |rng| rng.randint_in(low..=highest).unwrap(),
                |rng| json(rng.bits()),
            );
        });
    }
    check_range(0i64, 999);
    check_range(-5i64, 3_000_000_000);
    check_range(0i64, 1 << 31);
    check_range(i64::MIN, i64::MAX);
    check_range(i64::MIN, 1 << 40);
    check_range(0u64, u64::from(u32::MAX));
    check_range(i32::MIN, i32::MAX);
    check_range(7u32, 7);
}

#[test]
fn filled_philox_words_carry_through_the_counter() {
    for before in [0, 1, 15, 16, 17, 40, 700] {
        let bits = Philox::from_key([7, 9], [u64::MAX - before, u64::MAX, u64::MAX, 3]);
        for n in [1000, 1024, 1027] {
            compare(&bits, n, |b| b, Philox::fill_u64, Philox::next_u64, json);
        }
    }
}

#[test]
fn fills_far_beyond_the_caches_are_those_in_parts() {
    fn check(fill: fn(&mut Generator<Pcg64>, &mut [f64])) {
        let _watchdog = multiproc_testkit::watchdog(multiproc_testkit::PATIENCE);
        let mut whole = Generator::new(Pcg64::seed_from(9));
        let mut in_parts = whole.clone();
        let mut found = vec![0.0; (1 << 22) + 1004];
        let mut expected = found.clone();
        // From the second double on: not where a vector would begin.
        fill(&mut whole, &mut found[1..]);
        expected[1..]
            .chunks_mut(100_003)
            .for_each(|part| fill(&mut in_parts, part));
        assert!(found == expected, "not the same values");
        assert_eq!(whole.bits(), in_parts.bits());
    }
    check(Generator::fill_random);
    check(Generator::fill_standard_normal);
    check(Generator::fill_standard_exponential);
}
