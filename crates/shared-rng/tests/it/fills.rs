//! One slice by several threads against one sequential call.

use std::num::NonZeroUsize;

use multiproc_rng::{
    AnySource, FillMethod, FillValue, Generator, Mt19937, Philox, RandomState, Sfc64, default_rng,
};
use multiproc_shared_rng::{SharedRngError, Source, fill_parallel};
use multiproc_testkit::{PATIENCE, watchdog};

fn is_as_alone<T: FillValue + PartialEq, S: Source>(
    method: FillMethod<T>,
    rng: &S,
    n: usize,
    alone: impl Fn(&mut S, &mut [T]),
) {
    let (mut expected, mut after) = (vec![T::default(); n], rng.clone());
    alone(&mut after, &mut expected);
    let after: AnySource = after.into();
    for n_threads in [1, 2, 3, 8] {
        let (mut found, mut rng) = (vec![T::default(); n], rng.clone());
        let n_threads = NonZeroUsize::new(n_threads).unwrap();
        fill_parallel(method, &mut rng, &mut found, n_threads).unwrap();
        assert!(found == expected, "{method:?} of {n} by {n_threads}");
        assert_eq!(rng.into().to_words(), after.to_words());
    }
}

#[test]
fn any_number_of_threads_fills_as_one_call_does() {
    let _watchdog = watchdog(PATIENCE);
    let mut random_state = RandomState::new(5);
    random_state.standard_normal();
    for n in [0, 1, 1000, 700_000] {
        is_as_alone(
            FillMethod::standard_normal(),
            &default_rng(1),
            n,
            |rng, out| {
                rng.fill_standard_normal(out);
            },
        );
        is_as_alone(
            FillMethod::normal(1.0, 2.0).unwrap(),
            &random_state,
            n,
            |rng, out| {
                rng.fill_normal(1.0, 2.0, out).unwrap();
            },
        );
        is_as_alone(
            FillMethod::random(),
            &Generator::new(Mt19937::seed_from(2)),
            n,
            |rng, out| {
                rng.fill_random(out);
            },
        );
        let philox = Generator::new(Philox::seed_from(3));
        is_as_alone(
            FillMethod::<f32>::standard_exponential(),
            &philox,
            n,
            |rng, out| {
                rng.fill_standard_exponential_f32(out);
            },
        );
        is_as_alone(
            FillMethod::integers(0_u8..100).unwrap(),
            &random_state,
            n,
            |rng, out| {
                rng.fill_randint(0..100, out).unwrap();
            },
        );
    }
}

#[test]
fn a_generator_that_cannot_seek_is_refused_and_left_as_it_was() {
    let mut rng = Generator::new(Sfc64::seed_from(1));
    let refused = fill_parallel(
        FillMethod::<f64>::random(),
        &mut rng,
        &mut [0.0; 10],
        NonZeroUsize::MIN,
    );
    assert!(matches!(refused, Err(SharedRngError::Rng(_))));
    assert_eq!(*rng.bits(), Sfc64::seed_from(1));
}
