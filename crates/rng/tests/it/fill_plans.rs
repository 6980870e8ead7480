//! Plans of parts against the one sequential call: the same values, and the same state afterwards.

use multiproc_rng::{
    AnyBits, AnySource, BitGenerator, FillMethod, FillPlan, FillValue, Generator, Mt19937, Pcg64,
    Pcg64Dxsm, Philox, RandomState, RngError, SeedSequence, Sfc64,
};
use proptest::prelude::*;

/// How a plan is carried out.
#[derive(Clone, Debug)]
struct Conduct {
    n: usize,
    part_len: u64,
    n_hands: usize,
    /// Which hand takes a part, and whether it gives up on it once, before or after it is placed.
    fates: Vec<(usize, Fate)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Lives,
    DiesUnplaced,
    DiesPlaced,
}

fn conducts() -> impl Strategy<Value = Conduct> {
    let fate = prop_oneof![
        4 => Just(Fate::Lives),
        1 => Just(Fate::DiesUnplaced),
        1 => Just(Fate::DiesPlaced),
    ];
    let part_lens = prop_oneof![1_u64..20, 20_u64..400, 1000_u64..5000];
    (
        0_usize..3000,
        part_lens,
        1_usize..5,
        prop::collection::vec((0_usize..5, fate), 1..7),
    )
        .prop_map(|(n, part_len, n_hands, fates)| Conduct {
            n,
            part_len,
            n_hands,
            fates,
        })
}

/// Sources in many states: half words and normals that wait, places within blocks.
fn sources() -> impl Strategy<Value = AnySource> {
    (
        0_u8..5,
        any::<u64>(),
        0_usize..1300,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(generator, seed, n_drawn, legacy, waits)| {
            let seed = SeedSequence::new(seed);
            let mut bits = match generator {
                0 => AnyBits::from(Pcg64::new(&seed)),
                1 => Pcg64Dxsm::new(&seed).into(),
                2 => Philox::new(&seed).into(),
                3 => Mt19937::new(&seed).into(),
                _ => Philox::from_key([1, 2], [u64::MAX - 20, u64::MAX, 3, 4]).into(),
            };
            for _ in 0..n_drawn {
                bits.next_u32();
            }
            if !legacy {
                return Generator::new(bits).into();
            }
            let mut rng = RandomState::from_bits(bits);
            if waits {
                rng.standard_normal();
            }
            rng.into()
        })
}

/// Carries the plan out and compares.
fn check<T: FillValue + PartialEq>(
    method: FillMethod<T>,
    source: &AnySource,
    conduct: &Conduct,
    sequential: impl Fn(&mut AnySource, &mut [T]),
) {
    let n = conduct.n;
    let mut after = source.clone();
    let mut expected = vec![T::default(); n];
    sequential(&mut after, &mut expected);

    let plan = FillPlan::new(method, source.clone(), n as u64).expect("arguments in range");
    let plan = plan.with_part_len(conduct.part_len);
    let plan = FillPlan::<T>::from_words(&plan.to_words()).expect("arguments in range");
    let mut hands: Vec<_> = (0..conduct.n_hands).map(|_| plan.worker()).collect();
    let (mut start, mut last) = (plan.start(), None);
    let mut out = vec![T::default(); n];
    // As with real workers, some parts ahead are parsed already.
    for (ahead, hand) in hands.iter_mut().enumerate() {
        hand.parse((ahead as u64).min(plan.n_parts() - 1));
    }
    for (part, (hand, fate)) in (0..plan.n_parts()).zip(conduct.fates.iter().cycle()) {
        let hand = &mut hands[hand % conduct.n_hands];
        if let Some(known) = plan.known_start(part) {
            assert_eq!(known, start);
        }
        if *fate != Fate::Lives {
            let mut victim = plan.worker();
            victim.parse(part);
            if *fate == Fate::DiesPlaced {
                let placed = victim.place(start);
                let mut half = vec![T::default(); (placed.range.end - placed.range.start) as usize];
                victim.write(&mut half);
            }
        }
        let placed = hand.place(start);
        let range = placed.range.start as usize..placed.range.end as usize;
        assert_eq!(range.start, start.index as usize);
        if let Some(state) = hand.write(&mut out[range]) {
            assert!(last.is_none(), "two parts know the last state");
            last = Some(state);
        }
        start = placed.next;
    }
    assert_eq!(start.index as usize, n, "values");
    if let Some(at) = (0..n).find(|&i| out[i] != expected[i]) {
        panic!(
            "value {at} of {n}: {:?} instead of {:?}",
            out[at], expected[at]
        );
    }
    let last = last.expect("the last part knows the state");
    assert_eq!(
        last.to_words(),
        after.to_words(),
        "the state after {n} values"
    );
}

/// `$call` on the generator or the random state in `$source`, which have methods of one name.
macro_rules! either {
    ($source:expr, $rng:ident => $generator:expr, $legacy:expr) => {
        match $source {
            AnySource::Generator($rng) => $generator,
            AnySource::RandomState($rng) => $legacy,
            _ => unreachable!("there are two classes"),
        }
    };
}

fn check_doubles(source: &AnySource, conduct: &Conduct) {
    type M = FillMethod<f64>;
    check(M::random(), source, conduct, |source, out| {
        either!(source, rng => rng.fill_random(out), rng.fill_random_sample(out));
    });
    check(M::standard_normal(), source, conduct, |source, out| {
        either!(source, rng => rng.fill_standard_normal(out), rng.fill_standard_normal(out));
    });
    check(M::standard_exponential(), source, conduct, |source, out| {
        either!(source, rng => rng.fill_standard_exponential(out), rng.fill_standard_exponential(out));
    });
    check(
        M::uniform(-2.0, 5.5).expect("arguments in range"),
        source,
        conduct,
        |source, out| {
            either!(source, rng => rng.fill_uniform(-2.0, 5.5, out), rng.fill_uniform(-2.0, 5.5, out))
            .expect("arguments in range");
        },
    );
    check(
        M::normal(3.0, 0.7).expect("arguments in range"),
        source,
        conduct,
        |source, out| {
            either!(source, rng => rng.fill_normal(3.0, 0.7, out), rng.fill_normal(3.0, 0.7, out))
                .expect("arguments in range");
        },
    );
    check(
        M::exponential(2.5).expect("arguments in range"),
        source,
        conduct,
        |source, out| {
            either!(source, rng => rng.fill_exponential(2.5, out), rng.fill_exponential(2.5, out))
                .expect("arguments in range");
        },
    );
}

fn generator(source: &mut AnySource) -> &mut Generator<AnyBits> {
    let AnySource::Generator(rng) = source else {
        unreachable!("the other class has no singles")
    };
    rng
}

fn check_singles(source: &AnySource, conduct: &Conduct) {
    type M = FillMethod<f32>;
    if let AnySource::RandomState(_) = source {
        let refused =
            FillPlan::new(M::random(), source.clone(), 1).expect_err("singles are the generator's");
        assert_eq!(
            refused.to_string(),
            "there is no RandomState's methods for float32: draw float64"
        );
        return;
    }
    check(M::random(), source, conduct, |source, out| {
        generator(source).fill_random_f32(out);
    });
    check(M::standard_normal(), source, conduct, |source, out| {
        generator(source).fill_standard_normal_f32(out);
    });
    check(M::standard_exponential(), source, conduct, |source, out| {
        generator(source).fill_standard_exponential_f32(out);
    });
}

macro_rules! check_integers {
    ($source:expr, $conduct:expr; $($int:ident: $low:expr, $high:expr;)*) => {$(
        let range = $low..=$high;
        let method = FillMethod::<$int>::integers(range.clone()).expect("arguments in range");
        check(method, $source, $conduct, |source, out| {
            let range = range.clone();
            either!(source, rng => rng.fill_integers(range, out), rng.fill_randint(range, out)).expect("arguments in range");
        });
    )*};
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn reals_in_parts_are_those_of_the_sequential_call(source in sources(), conduct in conducts()) {
        check_doubles(&source, &conduct);
        check_singles(&source, &conduct);
    }

    #[test]
    fn integers_in_parts_are_those_of_the_sequential_call(source in sources(), conduct in conducts()) {
        check_integers! { &source, &conduct;
            bool: false, true;
            bool: true, true;
            u8: 0, u8::MAX;
            u8: 3, 130;
            i8: -100, 27;
            i8: -100, 28;
            u16: 0, 999;
            i16: i16::MIN, i16::MAX;
            i16: -3, 32_000;
            u32: 0, 999;
            u32: 7, 7;
            i32: i32::MIN, i32::MAX;
            i32: 0, i32::MAX;
            u64: 0, 5;
            u64: 0, u64::from(u32::MAX);
            u64: 0, u64::MAX;
            i64: 0, 3 << 61;
            i64: 0, (1 << 62) - 1;
        }
    }
}

#[test]
fn parts_of_the_usual_size_are_those_of_the_sequential_call() {
    let conduct = Conduct {
        n: 300_001,
        part_len: 1 << 16,
        n_hands: 3,
        fates: (0..3).map(|hand| (hand, Fate::Lives)).collect(),
    };
    for source in [
        AnySource::from(multiproc_rng::default_rng(1)),
        Generator::new(Mt19937::seed_from(2)).into(),
        RandomState::new(3).into(),
    ] {
        check_doubles(&source, &conduct);
        check_singles(&source, &conduct);
        check_integers! { &source, &conduct; u8: 0, 99; u32: 0, 2_200_000_000; i64: -5, 1 << 40; }
    }
}

#[test]
fn what_no_plan_can_do_is_refused_with_the_name() {
    let sfc = Generator::new(Sfc64::seed_from(1));
    let refused = FillPlan::new(FillMethod::<f64>::random(), sfc, 10).unwrap_err();
    assert_eq!(refused, RngError::CannotSeek { generator: "SFC64" });
    assert_eq!(
        refused.to_string(),
        "SFC64 cannot seek to a place of its stream: use PCG64, PCG64DXSM, Philox, MT19937 or ChaCha"
    );
    let downwards = FillMethod::uniform(1.0, 0.0).unwrap();
    assert!(FillPlan::new(downwards, RandomState::new(1), 10).is_ok());
    let refused = FillPlan::new(downwards, multiproc_rng::default_rng(1), 10).unwrap_err();
    assert!(matches!(
        refused,
        RngError::Parameter {
            method: "uniform",
            ..
        }
    ));
}

#[test]
fn a_plan_is_read_back_for_its_own_type_alone() {
    let plan = FillPlan::new(
        FillMethod::<u16>::integers(5..700).unwrap(),
        multiproc_rng::default_rng(8),
        1000,
    )
    .unwrap();
    let words = plan.to_words();
    assert!(FillPlan::<i16>::from_words(&words).is_err());
    assert!(FillPlan::<f64>::from_words(&words).is_err());
    for n in 0..words.len() {
        assert!(
            FillPlan::<u16>::from_words(&words[..n]).is_err(),
            "{n} words"
        );
    }
    let json = serde_json::to_string(&plan).unwrap();
    let back: FillPlan<u16> = serde_json::from_str(&json).unwrap();
    assert_eq!(back.to_words(), words);
}
