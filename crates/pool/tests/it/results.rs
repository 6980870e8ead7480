//! Results depend on the problem alone.

use multiproc_array::{Frozen, PartMut, SharedArray};
use multiproc_pool::{Context, Pool, task};
use multiproc_shared_rng::{Split, Stream};
use multiproc_testkit::{PATIENCE, watchdog};
use ndarray::{Array1, Ix1, Ix2};
use serde::{Deserialize, Serialize};

use crate::pool;

#[task(crate = multiproc_pool)]
fn square(x: u64) -> u64 {
    x * x
}

#[task(crate = multiproc_pool)]
fn walk(rng: &mut Stream, context: &mut Context, steps: u64) -> (usize, f64) {
    (context.item(), (0..steps).map(|_| rng.random() - 0.5).sum())
}

#[task(crate = multiproc_pool)]
fn noise(part: &mut PartMut<f64, Ix2>, rng: &mut Stream) {
    for (i, mut row) in part.rows_mut() {
        row.iter_mut().for_each(|x| *x = rng.random() + i as f64);
    }
}

#[task(crate = multiproc_pool)]
fn perturb(rng: &mut Stream, part: &mut PartMut<f64, Ix2>, scale: &Frozen<f64>) -> f64 {
    part.iter_mut()
        .for_each(|x| *x = *x * scale[0] + rng.random());
    part.sum()
}

/// All that the three verbs give, for one choice of how it comes about.
fn everything(pool: &Pool, chunk: Option<usize>) -> (Vec<(usize, f64)>, Vec<f64>, Vec<f64>) {
    let scale = Frozen::from_array(&Array1::from_elem(1, 0.75)).unwrap();
    let array = SharedArray::<f64, Ix2>::zeros((53, 3)).unwrap();
    let mut walks = pool.map(walk, (0..97).map(|n| n % 13)).seed(5);
    let mut fill = pool.fill(noise, &array).seed(6).rows_per_item(2);
    let mut update = pool
        .update(perturb, &array)
        .seed(7)
        .arg(&scale)
        .rows_per_item(5);
    if let Some(chunk) = chunk {
        walks = walks.chunk(chunk);
        fill = fill.chunk(chunk);
        update = update.chunk(chunk);
    }
    let walks = walks.run().unwrap();
    fill.run().unwrap();
    let sums = update.run().unwrap();
    let elements = array.read().unwrap().iter().copied().collect();
    (walks, elements, sums)
}

#[test]
fn results_are_the_same_for_any_workers_and_chunks() {
    let _watchdog = watchdog(PATIENCE);
    let expected = everything(&Pool::serial(), None);
    let threads = [1, 4].map(|n| Pool::threads(n).unwrap());
    for pool in [1, 2, 3, 7].map(pool).into_iter().chain(threads) {
        for chunk in [None, Some(1), Some(3), Some(11), Some(1000)] {
            assert_eq!(
                everything(&pool, chunk),
                expected,
                "{pool:?}, chunk {chunk:?}"
            );
        }
    }
}

#[test]
fn item_i_draws_from_child_i_of_the_jobs_seed() {
    let walks = pool(2).map(walk, [3; 20]).seed(11).run().unwrap();
    for (i, (item, sum)) in walks.into_iter().enumerate() {
        let mut stream = Split::new(11u64).stream(i as u64);
        assert_eq!(
            (item, sum),
            (i, (0..3).map(|_| stream.random() - 0.5).sum())
        );
    }
}

#[test]
fn two_seeds_give_two_results_and_one_seed_gives_one() {
    let pool = pool(2);
    let job = |seed| pool.map(walk, [10; 10]).seed(seed).run().unwrap();
    assert_eq!(job(1), job(1));
    assert_ne!(job(1), job(2));
}

#[test]
fn the_words_of_a_long_seed_all_count() {
    let pool = pool(1);
    let job = |entropy: u128| pool.map(walk, [10; 3]).entropy(entropy).run().unwrap();
    assert_eq!(job(7), pool.map(walk, [10; 3]).seed(7).run().unwrap());
    assert_ne!(job(7), job(7 + (1 << 100)));
}

#[test]
fn a_hundred_thousand_small_items_come_back_in_order() {
    let _watchdog = watchdog(PATIENCE);
    let squares = pool(2).map(square, 0..100_000).run().unwrap();
    assert!(squares.into_iter().eq((0..100_000).map(|x| x * x)));
}

#[task(crate = multiproc_pool)]
fn ramp(len: u32) -> Vec<u32> {
    (0..len).collect()
}

#[test]
fn results_of_any_size_come_back_whole() {
    let _watchdog = watchdog(PATIENCE);
    let lens = [
        0, 1, 3, 4, 5, 1000, 100_000, 7, 3_000_000, 2, 50_000, 3_000_000,
    ];
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let ramps = pool.map(ramp, lens).run().unwrap();
        for (numbers, len) in ramps.iter().zip(lens) {
            assert!(numbers.iter().copied().eq(0..len), "{len}");
        }
    }
}

#[task(crate = multiproc_pool)]
fn total(numbers: Vec<u32>) -> u64 {
    numbers.into_iter().map(u64::from).sum()
}

#[test]
fn items_of_any_size_arrive_whole() {
    let _watchdog = watchdog(PATIENCE);
    let lens = [0_u32, 1, 1000, 3_000_000, 5];
    let totals = pool(2)
        .map(total, lens.map(|len| (0..len).collect()))
        .run()
        .unwrap();
    assert_eq!(
        totals,
        lens.map(|len| u64::from(len) * u64::from(len.max(1) - 1) / 2)
    );
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    name: Option<String>,
    numbers: Vec<(i8, f32)>,
}

#[task(crate = multiproc_pool)]
fn renamed((mut named, n): (Named, u8), _: char) -> Named {
    named.name = Some(format!("{n}"));
    named
}

#[test]
fn items_may_be_of_any_types_that_serde_knows() {
    let named = Named {
        name: None,
        numbers: vec![(-1, 0.5)],
    };
    let results = pool(1)
        .map(renamed, [((named.clone(), 7), 'x')])
        .run()
        .unwrap();
    assert_eq!(
        results,
        [Named {
            name: Some("7".to_owned()),
            ..named
        }]
    );
}

#[test]
fn no_items_give_no_results() {
    let pool = pool(2);
    assert_eq!(pool.map(square, []).run().unwrap(), [0; 0]);
    let array = SharedArray::<f64, Ix2>::zeros((0, 3)).unwrap();
    assert_eq!(pool.fill(noise, &array).seed(1).run().unwrap(), []);
}

mod elsewhere {
    use super::task;

    /// A task that is private to its module's parent.
    #[task(crate = multiproc_pool)]
    pub(super) fn square(x: i64) -> i64 {
        x * x * x
    }
}

#[test]
fn tasks_of_one_name_in_different_places_are_different_tasks() {
    #[task(crate = multiproc_pool)]
    fn square(x: u8) -> u8 {
        x + 1
    }
    let pool = pool(1);
    assert_eq!(pool.map(square, [4]).run().unwrap(), [5]);
    assert_eq!(pool.map(self::square, [4]).run().unwrap(), [16]);
    assert_eq!(pool.map(elsewhere::square, [4]).run().unwrap(), [64]);
}

#[test]
fn a_task_is_still_a_function() {
    assert_eq!(square(5), 25);
    let function: fn(u64) -> u64 = *square;
    assert_eq!(function(6), 36);
}

#[task(crate = multiproc_pool)]
fn count_up(part: &mut PartMut<i64>) {
    part.iter_mut().for_each(|x| *x += 1);
}

#[test]
fn an_array_can_be_frozen_as_soon_as_its_job_is_done() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(3);
    for _ in 0..30 {
        let array = SharedArray::<i64, Ix1>::zeros(10).unwrap();
        pool.update(count_up, &array).chunk(1).run().unwrap();
        let frozen = array.freeze().expect("no worker has it any more");
        assert!(frozen.iter().all(|&x| x == 1));
    }
}
