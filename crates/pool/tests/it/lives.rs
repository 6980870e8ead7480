//! A worker's life: initialised, with state of its own, and replaced when it has done enough.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use multiproc_pool::{Pool, PoolError, State, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::{PATIENCE, is_running, wait_until, watchdog};

use crate::pool;

static SET_UP: AtomicU64 = AtomicU64::new(0);

#[task(crate = multiproc_pool)]
fn set_up(value: u64) {
    SET_UP.fetch_add(value, Relaxed);
}

#[task(crate = multiproc_pool)]
fn what_was_set_up(kill: bool) -> u64 {
    if kill {
        multiproc_testkit::die();
    }
    SET_UP.load(Relaxed)
}

/// Fails, panics, exits or takes a long text to do so.
#[task(crate = multiproc_pool)]
fn fail_to_set_up(how: u32) -> Result<(), String> {
    match how {
        0 => Err("no licence".to_owned()),
        1 => panic!("out of {}", "luck"),
        2 => std::process::exit(3),
        _ => Err("long ".repeat(1000)),
    }
}

/// Works in the process that it is told of, and nowhere else.
#[task(crate = multiproc_pool)]
fn set_up_once(path: String) -> Result<(), String> {
    let first = std::fs::File::create_new(path).is_ok();
    first
        .then_some(())
        .ok_or_else(|| "it was set up before".to_owned())
}

#[task(crate = multiproc_pool)]
fn draw(rng: &mut Stream, _: u64) -> f64 {
    rng.random()
}

#[task(crate = multiproc_pool)]
fn own_pid(_: u64) -> u32 {
    std::process::id()
}

#[task(crate = multiproc_pool)]
fn leak(_: u64) -> u32 {
    std::mem::forget(vec![1u8; 4 << 20]);
    std::process::id()
}

#[derive(Default)]
struct Calls(u32);

#[task(crate = multiproc_pool)]
fn count(calls: &mut State<Calls>, panics: bool) -> u32 {
    calls.0 += 1;
    assert!(!panics, "with a count of {}", calls.0);
    calls.0
}

#[test]
fn every_worker_is_initialised_before_its_first_item_also_one_that_replaces_another() {
    let _watchdog = watchdog(PATIENCE);
    let pool = Pool::builder()
        .processes(2)
        .initializer(set_up, 5)
        .build()
        .unwrap();
    let each = pool.map(what_was_set_up, [false, true, false, true, false, false]);
    for result in each.chunk(1).each().unwrap() {
        match result {
            Ok(value) => assert_eq!(value, 5),
            Err(failure) => assert!(matches!(failure, TaskError::WorkerDied { .. })),
        }
    }
    assert_eq!(
        pool.map(what_was_set_up, [false; 20])
            .chunk(1)
            .run()
            .unwrap(),
        [5; 20]
    );
}

#[test]
fn an_initialiser_that_fails_fails_the_pool_and_leaves_no_process() {
    let _watchdog = watchdog(PATIENCE);
    for (how, words) in [
        (0, "failed: no licence"),
        (1, "panicked at"),
        (2, "was lost: its worker"),
        (3, "failed: long long"),
    ] {
        let build = Pool::builder()
            .processes(3)
            .initializer(fail_to_set_up, how);
        let error = build.build().unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        let PoolError::Initialiser { pid, .. } = error else {
            panic!("{error}");
        };
        assert!(!is_running(pid));
    }
}

#[test]
fn an_initialiser_that_fails_later_is_the_error_of_the_job_and_starts_no_processes_for_ever() {
    let _watchdog = watchdog(PATIENCE);
    let path = std::env::temp_dir().join(multiproc_testkit::unique_name("set-up"));
    let item = path.display().to_string();
    let pool = Pool::builder()
        .processes(1)
        .initializer(set_up_once, item)
        .build()
        .unwrap();
    let failed = pool
        .map(what_was_set_up, [true, false])
        .chunk(1)
        .run()
        .unwrap_err();
    assert!(
        matches!(failed.stopped(), Some(PoolError::Initialiser { .. })),
        "{failed}"
    );
    std::fs::remove_file(path).unwrap();
    assert_eq!(pool.map(what_was_set_up, [false]).run().unwrap(), [0]);
}

#[test]
fn an_initialiser_that_needs_a_job_is_refused_before_anything_starts() {
    let error = Pool::builder().initializer(draw, 1).build().unwrap_err();
    assert!(matches!(error, PoolError::NoSeed { .. }));
}

#[test]
fn a_worker_is_replaced_after_its_items_and_none_is_lost() {
    let _watchdog = watchdog(PATIENCE);
    for n_processes in [1, 2] {
        let pool = Pool::builder()
            .processes(n_processes)
            .items_per_worker(3)
            .build()
            .unwrap();
        let pids = pool.map(own_pid, 0..30).chunk(1).run().unwrap();
        let mut by_pid = BTreeMap::<u32, u32>::new();
        pids.iter()
            .for_each(|&pid| *by_pid.entry(pid).or_default() += 1);
        assert_eq!(by_pid.values().sum::<u32>(), 30);
        assert!(by_pid.values().all(|&n| n <= 3), "{by_pid:?}");
    }
}

#[test]
fn a_worker_that_grows_is_replaced_and_its_results_are_right() {
    let _watchdog = watchdog(PATIENCE);
    let limit = 64 << 20;
    let pool = Pool::builder()
        .processes(1)
        .memory_per_worker(limit)
        .build()
        .unwrap();
    let mut pids = Vec::new();
    wait_until("another process to have taken over", || {
        pids.extend(pool.map(leak, 0..10).chunk(1).run().unwrap());
        pids.first() != pids.last()
    });
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let error = Pool::builder().items_per_worker(0).build().unwrap_err();
    assert!(matches!(error, PoolError::Zero { .. }));
}

#[test]
fn state_lasts_from_call_to_call_and_begins_anew_after_a_panic() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(1), Pool::serial()] {
        assert_eq!(pool.map(count, [false; 3]).run().unwrap(), [1, 2, 3]);
        let each = pool.map(count, [false, true, false]).each().unwrap();
        assert_eq!((&each[0], &each[2]), (&Ok(4), &Ok(1)));
        assert!(
            each[1]
                .as_ref()
                .unwrap_err()
                .to_string()
                .ends_with("with a count of 5")
        );
    }
}
