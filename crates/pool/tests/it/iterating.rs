//! Results one by one, of items that are taken as they are needed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use multiproc_pool::{Exit, Pool, PoolError, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::{PATIENCE, watchdog};
use proptest::prelude::*;

use crate::pool;

#[task(crate = multiproc_pool)]
fn double(x: u64) -> u64 {
    2 * x
}

#[task(crate = multiproc_pool)]
fn double_even(x: u64) -> Result<u64, String> {
    match x % 2 {
        0 => Ok(2 * x),
        _ => Err(format!("{x} is odd")),
    }
}

#[task(crate = multiproc_pool)]
fn dies_of_three(x: u64) -> u64 {
    if x == 3 {
        std::process::abort();
    }
    x
}

#[task(crate = multiproc_pool)]
fn draw(rng: &mut Stream, _: u64) -> f64 {
    rng.random()
}

#[test]
fn input_without_end_is_taken_as_results_are_read() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let taken = Cell::new(0);
        let items = (0..).inspect(|_| taken.set(taken.get() + 1));
        let results = pool.map(double, items).look_ahead(5).iter().unwrap();
        assert_eq!(taken.get(), 0);
        for (k, result) in (0..300).zip(results) {
            assert_eq!(result, Ok(2 * k));
            assert!(
                taken.get() <= k + 5,
                "{} taken after {k} results",
                taken.get()
            );
        }
    }
}

#[test]
fn a_failing_item_is_followed_by_the_next() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for chunk in [1, 3] {
        let results = pool.map(double_even, 0..8).chunk(chunk).iter().unwrap();
        for (k, result) in (0..8).zip(results) {
            match result {
                Ok(value) => assert_eq!(value, 2 * k),
                Err(failure) => {
                    assert_eq!(failure.to_string(), format!("item {k} failed: {k} is odd"));
                }
            }
        }
    }
}

#[test]
fn a_worker_that_dies_takes_one_item_with_it() {
    let _watchdog = watchdog(PATIENCE);
    let results: Vec<_> = pool(2).map(dies_of_three, 0..7).iter().unwrap().collect();
    assert_eq!(results.len(), 7);
    for (k, result) in results.into_iter().enumerate() {
        match result {
            Ok(value) => assert_eq!(value, k as u64),
            Err(failure) => assert!(
                matches!(
                    failure,
                    TaskError::WorkerDied {
                        item: 3,
                        exit: Exit::Signal(6),
                        ..
                    }
                ),
                "{failure}"
            ),
        }
    }
}

#[test]
fn input_that_panics_comes_after_the_results_before_it() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let items = (0..).map(|k| if k < 5 { k } else { panic!("no item {k}") });
    let mut results = pool.map(double, items).look_ahead(20).iter().unwrap();
    for k in 0..5 {
        assert_eq!(results.next(), Some(Ok(2 * k)));
    }
    let panic = catch_unwind(AssertUnwindSafe(|| results.next())).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "no item 5");
    assert_eq!(results.next(), None);
    assert_eq!(pool.map(double, [4]).run().unwrap(), [8]);
}

#[test]
fn results_as_they_come_are_all_there_with_their_items() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let mut results: Vec<_> = pool
        .map(double, 0..500)
        .chunk(3)
        .unordered()
        .unwrap()
        .collect();
    results.sort_by_key(|(item, _)| *item);
    let expected = (0..500).map(|k| (k as usize, Ok(2 * k)));
    assert!(results.into_iter().eq(expected));
}

#[test]
fn a_pool_that_is_closed_meanwhile_ends_the_results_and_says_why() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    let mut results = pool.map(double, 0..).iter().unwrap();
    assert_eq!(results.next(), Some(Ok(0)));
    pool.close();
    assert!(results.by_ref().count() < 10);
    assert!(matches!(results.stopped(), Some(PoolError::Closed)));
    drop(results);
    assert!(matches!(
        pool.map(double, 0..3).iter(),
        Err(PoolError::Closed)
    ));
}

#[test]
fn results_that_nobody_reads_on_hold_nothing_up() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for _ in 0..20 {
        let mut results = pool.map(double, 0..).iter().unwrap();
        assert_eq!(results.next(), Some(Ok(0)));
    }
    assert_eq!(pool.map(double, [1]).run().unwrap(), [2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn streams_do_not_depend_on_how_items_are_taken(
        n in 1_u64..60,
        chunk in 1_usize..9,
        look_ahead in 1_usize..30,
    ) {
        let _watchdog = watchdog(PATIENCE);
        let pool = pool(2);
        let at_once = pool.map(draw, 0..n).seed(7).run().unwrap();
        let one_by_one = pool.map(draw, 0..n).seed(7).chunk(chunk).look_ahead(look_ahead);
        let one_by_one: Result<Vec<f64>, TaskError> = one_by_one.iter().unwrap().collect();
        prop_assert_eq!(one_by_one.unwrap(), at_once);
    }
}
