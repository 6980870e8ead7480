//! Items and jobs that take too long.

use std::time::Duration;

use multiproc_array::PartMut;
use multiproc_array::SharedArray;
use multiproc_pool::{Context, Pool, PoolError, TaskError, task};
use multiproc_testkit::{PATIENCE, watchdog};
use ndarray::Ix1;

use crate::pool;

const SHORT: Duration = Duration::from_millis(60);

/// Does not end for the items that it is asked not to.
#[task(crate = multiproc_pool)]
fn hangs_if(hangs: bool) -> u32 {
    if hangs {
        std::thread::sleep(Duration::from_secs(3600));
    }
    std::process::id()
}

#[task(crate = multiproc_pool)]
fn stops_itself(x: u64) -> u64 {
    if x == 1 {
        use rustix::process::{Signal, getpid, kill_process};
        kill_process(getpid(), Signal::STOP).unwrap();
        // This thread may run on for a moment.
        std::thread::sleep(Duration::from_secs(3600));
    }
    x
}

#[task(crate = multiproc_pool)]
fn hangs_at_first(context: &mut Context, _: u32) -> u32 {
    while context.item() == 0 {
        std::thread::sleep(Duration::from_secs(1));
    }
    context.attempt()
}

#[task(crate = multiproc_pool)]
fn writes_and_hangs(part: &mut PartMut<f64, Ix1>, context: &mut Context) {
    part.fill(7.0);
    while context.item() == 2 {
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[test]
fn an_item_that_takes_too_long_fails_alone_and_its_worker_is_replaced() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let before = pool.worker_pids();
    let items = [false, true, false, false, true, false];
    let each = pool
        .map(hangs_if, items)
        .chunk(1)
        .item_timeout(SHORT)
        .each()
        .unwrap();
    for (item, (hangs, result)) in items.into_iter().zip(each).enumerate() {
        match result {
            Ok(_) => assert!(!hangs, "item {item}"),
            Err(failure) => {
                assert!(hangs && failure.item() == item);
                let TaskError::TimedOut { limit, pid, .. } = failure else {
                    panic!("{failure}");
                };
                assert_eq!(limit, SHORT);
                assert!(!pool.worker_pids().contains(&pid));
            }
        }
    }
    assert!(pool.map(hangs_if, [false]).run().is_ok());
    assert_ne!(pool.worker_pids(), before);
}

#[test]
fn an_item_that_timed_out_is_not_tried_again() {
    let _watchdog = watchdog(PATIENCE);
    let each = pool(1)
        .map(hangs_at_first, [0, 0])
        .retries(5)
        .item_timeout(SHORT)
        .each()
        .unwrap();
    assert!(matches!(each[0], Err(TaskError::TimedOut { item: 0, .. })));
    assert_eq!(each[1], Ok(1));
}

#[test]
fn many_short_items_are_not_one_long_one() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    let job = pool
        .map(hangs_if, [false; 20_000])
        .item_timeout(Duration::from_secs(20));
    assert_eq!(job.run().unwrap().len(), 20_000);
}

#[test]
fn rows_that_took_too_long_are_zeroed_or_restored() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let array = SharedArray::<f64, Ix1>::zeros([4]).unwrap();
    array.write().unwrap().fill(1.0);
    let failed = pool
        .update(writes_and_hangs, &array)
        .snapshot()
        .item_timeout(SHORT)
        .run()
        .unwrap_err();
    assert!(matches!(
        failed.failures(),
        [TaskError::TimedOut { item: 2, .. }]
    ));
    assert_eq!(array.read().unwrap().to_vec(), [7.0, 7.0, 1.0, 7.0]);

    let failed = pool
        .fill(writes_and_hangs, &array)
        .item_timeout(SHORT)
        .run()
        .unwrap_err();
    assert!(matches!(
        failed.failures(),
        [TaskError::TimedOut { item: 2, .. }]
    ));
    assert_eq!(array.read().unwrap().to_vec(), [7.0, 7.0, 0.0, 7.0]);
}

#[test]
fn a_job_that_takes_too_long_ends_with_what_it_has() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let failed = pool
        .map(hangs_if, [false, true])
        .chunk(1)
        .deadline(Duration::from_millis(300))
        .run()
        .unwrap_err();
    assert!(failed.done()[0].is_some());
    assert_eq!(
        failed.stopped().unwrap().to_string(),
        "the job was not done within 300ms"
    );
    assert!(pool.map(hangs_if, [false; 5]).run().is_ok());
}

#[task(crate = multiproc_pool)]
fn nap(_: u64) {
    std::thread::sleep(Duration::from_millis(2));
}

#[test]
fn a_serial_job_looks_at_its_deadline_between_chunks() {
    let failed = Pool::serial()
        .map(nap, 0..100_000)
        .chunk(1)
        .deadline(Duration::from_millis(20))
        .run()
        .unwrap_err();
    assert!(matches!(
        failed.stopped(),
        Some(PoolError::DeadlinePassed { .. })
    ));
    assert!(failed.done().iter().flatten().count() > 0);
}

#[test]
fn no_time_at_all_is_refused() {
    let pool = pool(1);
    for job in [
        pool.map(nap, [1]).deadline(Duration::ZERO),
        pool.map(nap, [1]).item_timeout(Duration::ZERO),
    ] {
        let refused = job.run().unwrap_err();
        assert!(matches!(refused.stopped(), Some(PoolError::Zero { .. })));
    }
}

#[test]
fn a_stopped_worker_is_caught_by_a_time_limit_alone() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let each = pool
        .map(stops_itself, 0..3)
        .chunk(1)
        .item_timeout(SHORT)
        .each()
        .unwrap();
    assert_eq!((&each[0], &each[2]), (&Ok(0), &Ok(2)));
    assert!(
        matches!(each[1], Err(TaskError::TimedOut { item: 1, .. })),
        "{:?}",
        each[1]
    );
}
