//! Arrays that a pool fills as one sequential call would, whoever is killed meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use multiproc_array::{Bool, Element, SharedArray};
use multiproc_pool::{FillElement, Pool, PoolError, fill_parallel};
use multiproc_rng::{
    AnySource, FillMethod, Generator, Mt19937, RandomState, RngError, Sfc64, default_rng,
};
use multiproc_shared_rng::Source;
use multiproc_testkit::{PATIENCE, wait_until, watchdog};
use ndarray::{Dimension, IntoDimension, Ix1, Ix2, Ix3};
use rustix::process::{Pid, Signal, kill_process};

use crate::pool;

/// What `pool` fills an array of `shape` with, and the state that it leaves.
fn filled<E: FillElement, D: Dimension + 'static, S: Source>(
    pool: &Pool,
    method: FillMethod<E::Value>,
    rng: &S,
    shape: impl IntoDimension<Dim = D>,
) -> (Vec<E>, Vec<u64>) {
    let (array, mut rng) = (SharedArray::<E, D>::zeros(shape).unwrap(), rng.clone());
    fill_parallel(pool, method, &mut rng, &array).unwrap();
    let elements = array.read().unwrap().iter().copied().collect();
    (elements, rng.into().to_words())
}

fn alone<T: Clone + Default, E: Element + From<T>, S: Source>(
    rng: &S,
    n: usize,
    fill: impl Fn(&mut S, &mut [T]),
) -> (Vec<E>, Vec<u64>) {
    let (mut values, mut rng) = (vec![T::default(); n], rng.clone());
    fill(&mut rng, &mut values);
    let elements = values.into_iter().map(E::from).collect();
    (elements, rng.into().to_words())
}

#[test]
fn any_number_of_workers_fills_an_array_as_one_call_does() {
    let _watchdog = watchdog(PATIENCE);
    let mut random_state = RandomState::new(5);
    random_state.standard_normal();
    let twister = Generator::new(Mt19937::seed_from(2));
    for pool in [Pool::serial(), pool(1), pool(2), pool(4)] {
        for n in [0, 1, 300_000] {
            let expected = alone(&default_rng(1), n, |rng, out| rng.fill_standard_normal(out));
            let found =
                filled::<f64, Ix1, _>(&pool, FillMethod::standard_normal(), &default_rng(1), n);
            assert!(found == expected, "{n} normals");
        }
        // Rows that no part ends with.
        let expected = alone(&random_state, 7 * 50_021, |rng, out| {
            rng.fill_normal(1.0, 2.0, out).unwrap();
        });
        let method = FillMethod::normal(1.0, 2.0).unwrap();
        assert!(filled::<f64, Ix2, _>(&pool, method, &random_state, (7, 50_021)) == expected);
        let expected = alone(&twister, 1001 * 301, |rng, out| {
            rng.fill_standard_exponential_f32(out);
        });
        let method = FillMethod::standard_exponential();
        assert!(filled::<f32, Ix2, _>(&pool, method, &twister, (1001, 301)) == expected);
        let expected = alone(&random_state, 2 * 3 * 200_000, |rng, out| {
            rng.fill_randint(0_u8..100, out).unwrap();
        });
        let method = FillMethod::integers(0_u8..100).unwrap();
        assert!(filled::<u8, Ix3, _>(&pool, method, &random_state, (2, 3, 200_000)) == expected);
        let expected = alone(&twister, 1_000_003, |rng, out: &mut [bool]| {
            rng.fill_integers(.., out).unwrap();
        });
        let method = FillMethod::<bool>::integers(..).unwrap();
        assert!(filled::<Bool, Ix1, _>(&pool, method, &twister, 1_000_003) == expected);
    }
}

#[test]
fn killed_workers_leave_no_trace_in_a_fill() {
    let _watchdog = watchdog(2 * PATIENCE);
    let n = 3_000_000;
    let expected = alone::<_, f64, _>(&default_rng(3), n, |rng, out| rng.fill_standard_normal(out));
    let mut n_killed = 0;
    for round in 0..6 {
        let pool = pool(2);
        let array = SharedArray::<f64, Ix1>::zeros(n).unwrap();
        let mut rng = default_rng(3);
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                // A number in the array tells how far the fill is.
                let looked_at = n / 8 * (round % 4) + 1000;
                wait_until("some are filled", || {
                    let mut element = [0; 8];
                    let at = array.handle().offset + 8 * looked_at;
                    array.segment().payload().read(at, &mut element).unwrap();
                    is_done.load(Ordering::Relaxed) || element != [0; 8]
                });
                for pid in pool.worker_pids().into_iter().take(1 + round % 2) {
                    let pid = Pid::from_raw(pid.cast_signed()).unwrap();
                    n_killed += u32::from(kill_process(pid, Signal::KILL).is_ok());
                }
            });
            fill_parallel(&pool, FillMethod::standard_normal(), &mut rng, &array).unwrap();
            is_done.store(true, Ordering::Relaxed);
        });
        assert!(array.access_table().torn().is_empty(), "round {round}");
        let elements = array.read().unwrap().to_vec();
        assert!(
            (elements, AnySource::from(rng).to_words()) == expected,
            "round {round}"
        );
    }
    assert!(n_killed >= 6, "{n_killed} killed");
}

#[test]
fn what_cannot_be_filled_so_is_refused_and_leaves_the_generator() {
    let pool = Pool::serial();
    let array = SharedArray::<f64, Ix2>::zeros((20, 30)).unwrap();
    let mut sfc = Generator::new(Sfc64::seed_from(1));
    let failed = fill_parallel(&pool, FillMethod::random(), &mut sfc, &array).unwrap_err();
    let generator = "SFC64";
    assert!(matches!(
        failed.stopped(),
        Some(PoolError::Rng(RngError::CannotSeek { generator: found })) if *found == generator
    ));
    assert_eq!(*sfc.bits(), Sfc64::seed_from(1));

    let mut rng = default_rng(1);
    let transposed = array.transposed();
    let failed = fill_parallel(&pool, FillMethod::random(), &mut rng, &transposed).unwrap_err();
    assert_eq!(
        failed.to_string(),
        "the array to be filled has shape [30, 20] and strides [1, 30]: only a whole array in C \
         order, with at least one axis, is filled as one call would fill it"
    );
    assert_eq!(rng.bits(), default_rng(1).bits());
}
