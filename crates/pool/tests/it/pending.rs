//! Jobs that are submitted, waited for, cancelled and forgotten.

use std::future::Future;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use multiproc_pool::{Pending, Pool, PoolError, task, wait_any};
use multiproc_testkit::{PATIENCE, children, is_running, wait_until, watchdog};

use crate::pool;

#[task(crate = multiproc_pool)]
fn double(x: u64) -> u64 {
    2 * x
}

#[task(crate = multiproc_pool)]
fn own_pid(_: u64) -> u32 {
    std::process::id()
}

/// Ends when the file is gone.
#[task(crate = multiproc_pool)]
fn wait_for_removal(path: String) -> u32 {
    while std::fs::exists(&path).unwrap() {
        thread::sleep(Duration::from_millis(1));
    }
    std::process::id()
}

/// A file that holds up tasks; removed on drop.
struct Gate(std::path::PathBuf);

impl Gate {
    fn shut() -> Gate {
        let path = std::env::temp_dir().join(multiproc_testkit::unique_name("gate"));
        std::fs::write(&path, "").unwrap();
        Gate(path)
    }

    fn item(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[test]
fn jobs_of_one_item_run_side_by_side() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let gate = Gate::shut();
    let held_up = pool.map(wait_for_removal, [gate.item()]).submit().unwrap();
    for x in 0..100 {
        assert_eq!(pool.map(double, [x]).run().unwrap(), [2 * x]);
    }
    assert!(!held_up.ready());
    assert_eq!(held_up.successful(), None);
    drop(gate);
    assert_eq!(held_up.get().unwrap().len(), 1);
}

#[test]
fn a_job_that_nobody_waits_for_is_done_all_the_same() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let job = pool.map(double, 0..1000).submit().unwrap();
    wait_until("the job to be over", || job.ready());
    assert_eq!((job.done(), job.total()), (1000, 1000));
    assert_eq!(job.successful(), Some(true));
    assert!(job.get().unwrap().into_iter().eq((0..1000).map(|x| 2 * x)));
}

#[test]
fn a_timeout_gives_the_job_back_and_it_goes_on() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    let gate = Gate::shut();
    let job = pool.map(wait_for_removal, [gate.item()]).submit().unwrap();
    assert!(!job.wait_timeout(Duration::ZERO));
    let job = job.get_timeout(Duration::from_millis(5)).unwrap_err();
    drop(gate);
    assert!(job.get_timeout(Duration::MAX).unwrap().is_ok());
}

#[test]
fn a_cancelled_job_ends_and_the_pool_goes_on() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let gate = Gate::shut();
    let items = [gate.item(), String::from("/no such file"), gate.item()];
    let job = pool.map(wait_for_removal, items).chunk(1).submit().unwrap();
    wait_until("one item to be done", || job.done() == 1);
    job.cancel();
    let failed = job.get().unwrap_err();
    assert!(matches!(failed.stopped(), Some(PoolError::Cancelled)));
    assert!(failed.done()[1].is_some());
    assert_eq!(pool.map(double, [21]).run().unwrap(), [42]);
    wait_until("both workers to be there again", || {
        pool.worker_pids().len() == 2
    });
}

#[test]
fn a_terminated_pool_ends_its_jobs_and_leaves_no_process() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let pids = pool.worker_pids();
    let gate = Gate::shut();
    let job = pool.map(wait_for_removal, [gate.item()]).submit().unwrap();
    let queued = pool.map(double, 0..5).submit().unwrap();
    pool.terminate();
    assert!(pids.iter().all(|&pid| !is_running(pid)));
    let failed = job.get().unwrap_err();
    assert!(matches!(failed.stopped(), Some(PoolError::Terminated)));
    // It may have been done before.
    drop(queued.get());
}

#[test]
fn a_closed_pool_finishes_what_it_has() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let jobs: Vec<_> = (0..20)
        .map(|x| pool.map(double, [x]).submit().unwrap())
        .collect();
    pool.close();
    let refused = pool.map(double, [1]).run().unwrap_err();
    assert!(matches!(refused.stopped(), Some(PoolError::Closed)));
    pool.join();
    for (x, job) in (0..).zip(jobs) {
        assert_eq!(job.get().unwrap(), [2 * x]);
    }
}

#[test]
fn callbacks_come_before_who_waits_and_a_panic_in_one_harms_nobody() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    let (send, receive) = channel();
    let job = pool.map(double, [4]).submit().unwrap();
    let job = job
        .callback(|_| panic!("this callback"))
        .callback(move |results| send.send(results.to_vec()).unwrap())
        .error_callback(|failed| unreachable!("{failed}"));
    assert_eq!(job.get().unwrap(), [8]);
    assert_eq!(receive.try_recv().unwrap(), [8]);
    for x in 0..100 {
        assert_eq!(pool.map(double, [x]).run().unwrap(), [2 * x]);
    }
}

#[test]
fn a_callback_may_submit_another_job() {
    let _watchdog = watchdog(PATIENCE);
    let pool = Arc::new(pool(1));
    let (send, receive) = channel();
    let inner = Arc::clone(&pool);
    let job = pool.map(double, [1]).submit().unwrap();
    drop(job.callback(move |results| {
        send.send(inner.map(double, results.to_vec()).submit())
            .unwrap();
    }));
    assert_eq!(receive.recv().unwrap().unwrap().get().unwrap(), [4]);
}

/// The least that runs a future.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_job_is_a_future_of_any_runtime() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let sum = block_on(async {
            let first = pool.map(double, 0..10).submit().unwrap();
            let second = pool.map(double, 10..20).submit().unwrap();
            first.await.unwrap().iter().sum::<u64>() + second.await.unwrap().iter().sum::<u64>()
        });
        assert_eq!(sum, (0..20).map(|x| 2 * x).sum::<u64>());
    }
}

#[test]
fn whichever_job_is_over_first_is_told() {
    let _watchdog = watchdog(PATIENCE);
    let (one, other) = (pool(1), pool(1));
    let gate = Gate::shut();
    let mut jobs: Vec<Pending<u32>> = vec![
        one.map(wait_for_removal, [gate.item()]).submit().unwrap(),
        other.map(own_pid, [1]).submit().unwrap(),
    ];
    assert_eq!(wait_any(&jobs, None), Some(1));
    drop(jobs.remove(1));
    assert_eq!(wait_any(&jobs, Some(Duration::from_millis(1))), None);
    drop(gate);
    assert_eq!(wait_any(&jobs, None), Some(0));
    assert_eq!(wait_any::<u32>(&[], None), None);
}

#[test]
fn a_dropped_job_goes_on_and_its_memory_is_used_again() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    for x in 0..200 {
        drop(pool.map(double, [x]).submit().unwrap());
    }
    assert_eq!(pool.map(double, [3]).run().unwrap(), [6]);
}

#[test]
fn a_submitted_job_refuses_a_progress_callback() {
    let pool = pool(1);
    let refused = pool.map(double, [1]).progress(|_| ()).submit();
    assert!(matches!(refused, Err(PoolError::ProgressOfSubmitted)));
}

#[test]
fn eight_threads_submit_and_wait_at_the_same_time() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for k in 0..8u64 {
            let (pool, together) = (&pool, &together);
            scope.spawn(move || {
                together.wait();
                for round in 0..30 {
                    let x = 1000 * k + round;
                    let job = pool.map(double, x..x + 7).submit().unwrap();
                    if round % 3 == 0 {
                        assert_eq!(pool.map(double, [x]).run().unwrap(), [2 * x]);
                    }
                    assert!(job.get().unwrap().into_iter().eq((x..x + 7).map(|x| 2 * x)));
                }
            });
        }
    });
    let workers = pool.worker_pids();
    drop(pool);
    assert!(children().iter().all(|child| !workers.contains(child)));
}

#[test]
fn jobs_of_threads_are_cancelled_between_chunks_and_end_with_their_pool() {
    let _watchdog = watchdog(PATIENCE);
    let pool = Pool::threads(2).unwrap();
    let gate = Gate::shut();
    let items = std::iter::repeat_with(|| gate.item()).take(50);
    let job = pool.map(wait_for_removal, items).chunk(1).submit().unwrap();
    assert!(!job.wait_timeout(Duration::from_millis(1)));
    job.cancel();
    let other = pool.map(double, 0..10).submit().unwrap();
    drop(gate);
    drop(pool);
    let failed = job.get().unwrap_err();
    assert!(matches!(failed.stopped(), Some(PoolError::Cancelled)));
    assert!(failed.done().iter().flatten().count() < 50);
    assert!(other.ready());
}

#[test]
fn a_pool_may_be_dropped_by_a_callback_of_its_own_job() {
    let _watchdog = watchdog(PATIENCE);
    for waits in [false, true] {
        let pool = Arc::new(pool(2));
        let workers = pool.worker_pids();
        let gate = Gate::shut();
        let held_up = pool.map(wait_for_removal, [gate.item()]).submit().unwrap();
        let job = pool.map(double, [1]).submit().unwrap();
        let (send, receive) = channel();
        let job = job.callback(move |_| {
            // Until this is the last one.
            receive.recv().unwrap();
            drop(pool);
        });
        send.send(()).unwrap();
        if waits {
            assert_eq!(job.get().unwrap(), [2]);
        }
        let failed = held_up.get().unwrap_err();
        assert!(matches!(failed.stopped(), Some(PoolError::Terminated)));
        wait_until("the workers to be gone", || {
            workers.iter().all(|&pid| !is_running(pid))
        });
    }
}
