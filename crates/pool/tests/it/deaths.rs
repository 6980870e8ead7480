//! Every way to die in a map: each item ends exactly once, the others have their results, the pool goes on.

use multiproc_pool::{Context, Exit, Pool, PoolError, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, wait_until, watchdog};
use rustix::process::{Pid, Signal, kill_process};

use crate::pool;
use crate::ways::{WAYS, assert_told, end, is_lost};

#[task(crate = multiproc_pool)]
fn mortal(way: String) -> Result<usize, String> {
    end(&way)?;
    Ok(way.len())
}

#[test]
fn map_loses_the_dying_item_alone() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS {
        for chunk in [1, 4, 100] {
            let ways = (0..20).map(|item| if item == 7 { way } else { "live" }.to_owned());
            let failed = pool.map(mortal, ways).chunk(chunk).run().unwrap_err();
            let [failure] = failed.failures() else {
                panic!("{way}: {failed}")
            };
            assert_told(failure, 7, way);
            let done = failed.done().iter().map(Option::is_some);
            assert!(done.eq((0..20).map(|item| item != 7)), "{way}: {failed}");
        }
    }
    assert_eq!(pool.map(mortal, ["live".to_owned()]).run().unwrap(), [4]);
}

#[test]
fn every_item_may_die() {
    let _watchdog = watchdog(PATIENCE);
    let failed = pool(2)
        .map(mortal, WAYS.map(str::to_owned))
        .run()
        .unwrap_err();
    assert_eq!(failed.failures().len(), WAYS.len());
    for (item, (failure, way)) in failed.failures().iter().zip(WAYS).enumerate() {
        assert_told(failure, item, way);
    }
}

#[task(crate = multiproc_pool)]
fn mortal_once(rng: &mut Stream, context: &mut Context, way: String) -> (u32, f64) {
    let drawn = rng.random();
    if context.attempt() <= 2 {
        end(&way).expect("a death");
    }
    (context.attempt(), drawn)
}

#[test]
fn a_lost_item_is_tried_again_on_the_same_stream() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let quiet = pool
        .map(mortal_once, vec!["live".to_owned(); 9])
        .seed(3)
        .run()
        .unwrap();
    for way in WAYS.into_iter().filter(|way| is_lost(way)) {
        let ways: Vec<String> = (0..9)
            .map(|item| if item % 4 == 1 { way } else { "live" }.to_owned())
            .collect();
        let results = pool
            .map(mortal_once, ways.clone())
            .seed(3)
            .retries(2)
            .run()
            .unwrap();
        for (item, ((attempt, drawn), (_, expected))) in results.iter().zip(&quiet).enumerate() {
            assert_eq!(drawn, expected, "{way}: item {item}");
            assert_eq!(
                *attempt,
                if item % 4 == 1 { 3 } else { 1 },
                "{way}: item {item}"
            );
        }
        let failed = pool
            .map(mortal_once, ways)
            .seed(3)
            .retries(1)
            .run()
            .unwrap_err();
        assert_eq!(failed.failures().len(), 2);
        assert!(
            failed
                .failures()
                .iter()
                .all(|failure| { matches!(failure, TaskError::WorkerDied { attempt: 2, .. }) })
        );
    }
}

#[task(crate = multiproc_pool)]
fn deadly(_: u64) {
    std::process::exit(9);
}

#[test]
fn a_job_in_which_every_worker_dies_at_once_is_given_up() {
    let _watchdog = watchdog(3 * PATIENCE);
    let jobs = Scale::asked().pick(1, 20, 200);
    let mut most_deaths = 0;
    for processes in (0..jobs).map(|job| 1 + (job as usize) % 3) {
        let pool = pool(processes);
        let failed = pool.map(deadly, 0..1000).run().unwrap_err();
        let Some(PoolError::WorkersKeepDying { exit, .. }) = failed.stopped() else {
            panic!("{failed}");
        };
        assert_eq!(*exit, Exit::Code(9));
        let not_run = failed
            .failures()
            .iter()
            .filter(|f| matches!(f, TaskError::NotRun { .. }));
        assert_eq!(failed.failures().len(), 1000);
        let n_deaths = 1000 - not_run.count();
        assert!(n_deaths < 100, "{n_deaths} workers were started to die");
        most_deaths = most_deaths.max(n_deaths);
        assert_eq!(pool.map(mortal, ["live".to_owned()]).run().unwrap(), [4]);
    }
    Row::new(48)
        .figure("jobs", jobs)
        .figure("items in each", 1000)
        .figure("most workers lost to one", most_deaths)
        .print();
}

#[task(crate = multiproc_pool)]
fn slow(x: u64) -> u64 {
    std::thread::sleep(std::time::Duration::from_millis(1));
    x
}

fn kill(pid: u32) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id");
    // It may be gone already.
    let _ = kill_process(pid, Signal::KILL);
}

#[test]
fn jobs_under_random_kills_all_end_and_the_pool_still_works() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(3);
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut state = 12345_u64;
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                std::thread::sleep(std::time::Duration::from_micros(state >> 52));
                if let Some(&pid) = pool.worker_pids().get((state >> 33) as usize % 3) {
                    kill(pid);
                }
            }
        });
        for round in 0..60 {
            let results = pool.map(slow, 0..40).retries(1000).run();
            let results = results.unwrap_or_else(|failed| panic!("round {round}: {failed}"));
            assert!(results.into_iter().eq(0..40), "round {round}");
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(pool.map(slow, 0..40).run().is_ok());
}

#[test]
fn a_worker_that_dies_between_jobs_is_replaced() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let before = pool.worker_pids();
    before.iter().copied().for_each(kill);
    wait_until("both are dead", || {
        before
            .iter()
            .all(|&pid| !multiproc_testkit::is_running(pid))
    });
    assert!(pool.map(slow, 0..10).run().is_ok());
    let after = pool.worker_pids();
    assert_eq!(after.len(), 2);
    assert!(after.iter().all(|pid| !before.contains(pid)));
}

#[test]
fn a_serial_pool_tells_panics_and_errors_as_workers_do() {
    let ways = ["live", "panic", "error"].map(str::to_owned);
    let serial = Pool::serial().map(mortal, ways.clone()).run().unwrap_err();
    let workers = pool(2).map(mortal, ways).run().unwrap_err();
    assert_eq!(serial.failures(), workers.failures());
    assert_eq!(serial.done(), workers.done());
    assert_told(&serial.failures()[0], 1, "panic");
}
