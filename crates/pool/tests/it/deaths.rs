//! Every way to die, in every verb: each item ends exactly once, the others have their results, the pool goes on.

use multiproc_array::{AccessError, Frozen, PartMut, SharedArray};
use multiproc_pool::{Context, Exit, Pool, PoolError, TaskError, task};
use multiproc_shared_rng::Stream;
use multiproc_testkit::{PATIENCE, wait_until, watchdog};
use ndarray::{Array1, Ix1, Ix2};
use rustix::process::{Pid, Signal, getpid, kill_process};

use crate::pool;

const WAYS: [&str; 8] = [
    "exit",
    "exit in a thread",
    "abort",
    "kill",
    "segv",
    "overflow",
    "panic",
    "error",
];

/// Ends the task in one of several ways; anything else returns.
fn end(way: &str) -> Result<(), String> {
    match way {
        "exit" => std::process::exit(42),
        "exit in a thread" => {
            std::thread::spawn(|| std::process::exit(43))
                .join()
                .expect("it does not come back");
        }
        "abort" => std::process::abort(),
        "kill" => signal(Signal::KILL),
        "segv" => signal(Signal::SEGV),
        "overflow" => assert_eq!(descend(0), 1),
        "panic" => panic!("a panic with {} words", 5),
        "error" => return Err("an error".to_owned()),
        _ => {}
    }
    Ok(())
}

fn signal(signal: Signal) {
    kill_process(getpid(), signal).expect("a signal to this process");
    loop {
        std::thread::park();
    }
}

fn descend(depth: u64) -> u64 {
    let page = [depth; 512];
    if std::hint::black_box(&page)[0] == u64::MAX {
        0
    } else {
        descend(depth + 1) + page[1]
    }
}

/// Whether an item that ended this `way` is lost, as opposed to failed by itself.
fn is_lost(way: &str) -> bool {
    !matches!(way, "panic" | "error")
}

fn assert_told(failure: &TaskError, item: usize, way: &str) {
    assert_eq!(failure.item(), item);
    match (way, failure) {
        ("panic", TaskError::Panicked { message, place, .. }) => {
            assert_eq!(message, "a panic with 5 words");
            assert!(
                place
                    .as_ref()
                    .is_some_and(|place| place.contains("deaths.rs:")),
                "{place:?}"
            );
        }
        ("error", TaskError::Failed { message, .. }) => assert_eq!(message, "an error"),
        (_, TaskError::WorkerDied { exit, .. } | TaskError::PartTorn { exit, .. }) => {
            let expected = match way {
                "exit" => Exit::Code(42),
                "exit in a thread" => Exit::Code(43),
                "abort" => Exit::Signal(libc::SIGABRT),
                "kill" => Exit::Signal(libc::SIGKILL),
                // std's own handler is not there in a process that becomes a worker before main.
                "segv" | "overflow" => Exit::Signal(libc::SIGSEGV),
                other => panic!("{other} is no death"),
            };
            assert_eq!(*exit, expected, "{way}");
        }
        (way, failure) => panic!("{way} is told as {failure}"),
    }
}

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

/// What each row does, and in how many attempts.
fn ends(way: &str) -> Frozen<u8> {
    let position = WAYS
        .iter()
        .position(|&other| other == way)
        .unwrap_or(WAYS.len());
    Frozen::from_array(&Array1::from_elem(1, position as u8)).unwrap()
}

#[task(crate = multiproc_pool)]
fn half_a_row(
    part: &mut PartMut<f64, Ix2>,
    rng: &mut Stream,
    context: &mut Context,
    way: &Frozen<u8>,
) -> Result<(), String> {
    let dies = context.item() == 5 && context.attempt() == 1;
    let mut elements = part.iter_mut();
    elements.by_ref().take(4).for_each(|x| *x += rng.random());
    if dies {
        end(WAYS.get(usize::from(way[0])).unwrap_or(&"live"))?;
    }
    elements.for_each(|x| *x += rng.random());
    Ok(())
}

#[task(crate = multiproc_pool)]
fn half_a_row_always(
    part: &mut PartMut<f64, Ix2>,
    context: &mut Context,
    way: &Frozen<u8>,
) -> Result<(), String> {
    part.iter_mut().take(4).for_each(|x| *x += 1.0);
    if context.item() == 5 {
        end(WAYS[usize::from(way[0])])?;
    }
    part.iter_mut().skip(4).for_each(|x| *x += 1.0);
    Ok(())
}

fn matrix() -> SharedArray<f64, Ix2> {
    SharedArray::zeros((12, 8)).unwrap()
}

fn elements(array: &SharedArray<f64, Ix2>) -> Vec<f64> {
    array
        .read()
        .expect("nothing is torn")
        .iter()
        .copied()
        .collect()
}

#[test]
fn a_lost_part_of_a_fill_is_zeroed_and_tried_again() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(1), pool(3)] {
        let quiet = matrix();
        pool.fill(half_a_row, &quiet)
            .seed(1)
            .arg(&ends("live"))
            .run()
            .unwrap();
        for way in WAYS.into_iter().filter(|way| is_lost(way)) {
            for chunk in [1, 5, 12] {
                let array = matrix();
                let fill = pool
                    .fill(half_a_row, &array)
                    .seed(1)
                    .arg(&ends(way))
                    .chunk(chunk);
                fill.run()
                    .unwrap_or_else(|failed| panic!("{way}: {failed}"));
                assert_eq!(elements(&array), elements(&quiet), "{way}, chunk {chunk}");
            }
        }
    }
}

#[test]
fn the_rows_of_a_fill_that_cannot_be_done_are_zeros() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS {
        let array = matrix();
        let fill = pool
            .fill(half_a_row_always, &array)
            .arg(&ends(way))
            .retries(1);
        let failed = fill.run().unwrap_err();
        let [failure] = failed.failures() else {
            panic!("{way}: {failed}")
        };
        assert_told(failure, 5, way);
        let expected: Vec<f64> = (0..12 * 8)
            .map(|x| if x / 8 == 5 { 0.0 } else { 1.0 })
            .collect();
        assert_eq!(elements(&array), expected, "{way}");
    }
}

#[test]
fn a_lost_part_of_an_update_is_reported_and_marked() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS.into_iter().filter(|way| is_lost(way)) {
        for chunk in [1, 4, 12] {
            let array = matrix();
            let update = pool
                .update(half_a_row_always, &array)
                .arg(&ends(way))
                .chunk(chunk);
            let failed = update.run().unwrap_err();
            let [failure] = failed.failures() else {
                panic!("{way}: {failed}")
            };
            assert_told(failure, 5, way);
            assert!(
                matches!(failure, TaskError::PartTorn { rows, .. } if *rows == (5..6)),
                "{way}"
            );

            let guard = match array.write() {
                Err(AccessError::Torn(torn)) => {
                    assert_eq!(torn.rows(), [5..6], "{way}, chunk {chunk}");
                    torn.mark_consistent()
                }
                other => panic!("{way}, chunk {chunk}: {other:?}"),
            };
            let ones = guard
                .outer_iter()
                .filter(|row| row.iter().all(|&x| x == 1.0))
                .count();
            assert_eq!(ones, 11, "{way}, chunk {chunk}");
        }
    }
}

#[test]
fn a_lost_part_of_an_update_with_a_snapshot_is_restored_and_tried_again() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let start = |array: &SharedArray<f64, Ix2>| array.write().unwrap().fill(0.25);
    let quiet = matrix();
    start(&quiet);
    pool.update(half_a_row, &quiet)
        .seed(1)
        .arg(&ends("live"))
        .run()
        .unwrap();
    for way in WAYS.into_iter().filter(|way| is_lost(way)) {
        let array = matrix();
        start(&array);
        let update = pool
            .update(half_a_row, &array)
            .seed(1)
            .arg(&ends(way))
            .snapshot()
            .chunk(4);
        update
            .run()
            .unwrap_or_else(|failed| panic!("{way}: {failed}"));
        assert_eq!(elements(&array), elements(&quiet), "{way}");
    }
}

#[test]
fn an_update_with_a_snapshot_that_cannot_be_done_leaves_its_rows_as_they_were() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    for way in WAYS {
        let array = matrix();
        array.write().unwrap().fill(0.25);
        let update = pool
            .update(half_a_row_always, &array)
            .arg(&ends(way))
            .snapshot();
        let failed = update.run().unwrap_err();
        let [failure] = failed.failures() else {
            panic!("{way}: {failed}")
        };
        assert_told(failure, 5, way);
        let expected: Vec<f64> = (0..12 * 8)
            .map(|x| if x / 8 == 5 { 0.25 } else { 1.25 })
            .collect();
        assert_eq!(elements(&array), expected, "{way}");
    }
}

#[test]
fn a_snapshot_of_a_transposed_array_is_put_back_in_its_place() {
    let array = SharedArray::<f64, Ix2>::zeros((8, 12)).unwrap();
    for (k, x) in array.write().unwrap().iter_mut().enumerate() {
        *x = k as f64;
    }
    let before: Vec<f64> = elements(&array);
    let transposed = array.transposed();
    let pool = pool(1);
    let update = pool
        .update(half_a_row_always, &transposed)
        .arg(&ends("kill"))
        .snapshot();
    assert_eq!(update.run().unwrap_err().failures().len(), 1);
    for (k, (x, before)) in elements(&array).into_iter().zip(before).enumerate() {
        assert_eq!(
            x - before,
            if k % 12 == 5 { 0.0 } else { 1.0 },
            "element {k}"
        );
    }
}

#[task(crate = multiproc_pool)]
fn deadly(_: u64) {
    std::process::exit(9);
}

#[test]
fn a_job_in_which_every_worker_dies_at_once_is_given_up() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
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
    assert!(not_run.count() > 900);
    assert_eq!(pool.map(mortal, ["live".to_owned()]).run().unwrap(), [4]);
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

#[test]
fn an_array_that_another_program_tore_is_not_updated_unnoticed() {
    let array = SharedArray::<f64, Ix1>::zeros(6).unwrap();
    let torn = std::thread::scope(|scope| {
        let half_way = || {
            let _part = array.part(2..4).unwrap();
            std::panic::resume_unwind(Box::new(()));
        };
        scope.spawn(half_way).join().is_err()
    });
    assert!(torn);

    #[task(crate = multiproc_pool)]
    fn one(part: &mut PartMut<f64>) {
        part.fill(1.0);
    }
    let pool = pool(1);
    let failed = pool.update(one, &array).chunk(1).run().unwrap_err();
    let found = |item| TaskError::FoundTorn {
        item,
        rows: vec![2..4],
    };
    assert_eq!(failed.failures(), [2, 3].map(found));
    // What is output only is made whole by writing it.
    pool.fill(one, &array).run().unwrap();
    assert!(array.read().unwrap().iter().all(|&x| x == 1.0));
}
