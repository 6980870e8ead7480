//! How jobs run beside and inside one another, and what is told of them.

use std::sync::Mutex;
use std::time::Duration;

use multiproc_pool::{Pool, PoolError, Progress, task};
use multiproc_testkit::{PATIENCE, watchdog};

use crate::pool;

#[task(crate = multiproc_pool)]
fn double(x: u64) -> u64 {
    2 * x
}

#[task(crate = multiproc_pool)]
fn slow(x: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(2));
    x
}

#[test]
fn eight_threads_share_a_pool() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let pool = &pool;
            scope.spawn(move || {
                for job in 0..20 {
                    let items = thread * 1000 + job..thread * 1000 + job + 50;
                    let doubled = pool.map(double, items.clone()).run().unwrap();
                    assert!(doubled.into_iter().eq(items.map(|x| 2 * x)));
                }
            });
        }
    });
}

fn told(pool: &Pool, n: u64) -> Vec<Progress> {
    let told = Mutex::new(Vec::new());
    let job = pool
        .map(slow, 0..n)
        .progress(|progress| told.lock().unwrap().push(*progress));
    job.run().unwrap();
    told.into_inner().unwrap()
}

#[test]
fn progress_goes_forward_and_ends_at_the_end() {
    let _watchdog = watchdog(PATIENCE);
    for pool in [pool(2), Pool::threads(2).unwrap(), Pool::serial()] {
        let told = told(&pool, 200);
        assert!(told.len() > 2, "{told:?}");
        assert!(
            told.is_sorted_by(|one, next| one.done < next.done),
            "{told:?}"
        );
        assert!(told.iter().all(|progress| progress.total == 200));
        let last = told.last().unwrap();
        assert_eq!((last.done, last.left), (200, Some(Duration::ZERO)));
        assert!(last.rate > 0.0);
    }
}

#[test]
fn a_callback_that_panics_harms_no_job() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(2);
    let job = std::panic::AssertUnwindSafe(|| {
        pool.map(slow, 0..100)
            .progress(|_| panic!("no bar"))
            .run()
            .map(drop)
    });
    let panic = std::panic::catch_unwind(job).expect_err("the callback's panic");
    assert_eq!(panic.downcast_ref(), Some(&"no bar"));
    assert_eq!(pool.map(double, [3]).run().unwrap(), [6]);
}

#[test]
fn a_callback_cannot_use_the_pool_that_calls_it() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    let mut inner = Vec::new();
    let job = pool.map(slow, 0..60).progress(|progress| {
        if progress.done < progress.total {
            inner.push(pool.map(double, [1]).run().unwrap_err().to_string());
        }
    });
    job.run().unwrap();
    assert!(!inner.is_empty());
    assert!(
        inner
            .iter()
            .all(|error| *error == PoolError::Reentrant.to_string())
    );
}

#[task(crate = multiproc_pool)]
fn sum_of_doubles(n: u64) -> Result<u64, String> {
    let inner = Pool::builder()
        .processes(2)
        .build()
        .map_err(|error| error.to_string())?;
    let doubles = inner
        .map(double, 0..n)
        .run()
        .map_err(|failed| failed.to_string())?;
    Ok(doubles.iter().sum())
}

#[test]
fn a_task_may_use_a_pool_of_its_own() {
    let _watchdog = watchdog(PATIENCE);
    assert_eq!(
        pool(2).map(sum_of_doubles, [4, 10]).run().unwrap(),
        [12, 90]
    );
}

#[task(crate = multiproc_pool)]
fn descend(depth: u32) -> Result<u32, String> {
    let inner = match Pool::builder().processes(1).build() {
        Ok(inner) => inner,
        Err(PoolError::TooDeep { limit }) => return Ok(limit - depth),
        Err(error) => return Err(error.to_string()),
    };
    let result = inner
        .map(descend, [depth + 1])
        .run()
        .map_err(|failed| failed.to_string())?;
    Ok(result[0])
}

#[test]
fn pools_without_end_are_stopped_at_a_depth() {
    let _watchdog = watchdog(PATIENCE);
    assert_eq!(pool(1).map(descend, [1]).run().unwrap(), [0]);
}

#[task(crate = multiproc_pool)]
fn share(_: ()) -> Result<usize, String> {
    Pool::new()
        .map(|pool| pool.processes())
        .map_err(|error| error.to_string())
}

#[test]
fn a_nested_pool_takes_its_share_of_the_processors() {
    let _watchdog = watchdog(PATIENCE);
    let processors = std::thread::available_parallelism().unwrap().get();
    assert_eq!(pool(processors).map(share, [()]).run().unwrap(), [1]);
    assert_eq!(pool(1).map(share, [()]).run().unwrap(), [processors]);
}
