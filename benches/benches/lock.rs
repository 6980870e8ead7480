//! Locks that nobody else wants, locks that several processes want, and locks whose owner dies, beside those of others.

use std::hint::black_box;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use multiproc_benches::crowd::{contend, deaths};
use multiproc_benches::pthread::{PosixSemaphore, PthreadRobustMutex, PthreadRwLock};
use multiproc_benches::spinlock::Spinlock;
use multiproc_segment::{Layout, Segment};
use multiproc_sync::{LockError, Mutex, Permits, Place, RawSyncMutex, RwLock, Semaphore};

fn segment() -> Segment {
    Segment::anonymous(Layout {
        control_len: 8192,
        ..Layout::payload(4096)
    })
    .expect("room")
}

fn mutex(criterion: &mut Criterion) {
    let segment = segment();
    let mut row = criterion.benchmark_group("lock");
    row.bench_function("ours", |bencher| {
        let mutex: Mutex<u64> = Mutex::init(&segment, Place::Control(0), 0).expect("room");
        bencher.iter(|| drop(mutex.lock().expect("nobody died")));
    });
    row.bench_function("peer raw_sync", |bencher| {
        let mutex: Mutex<u64, RawSyncMutex> =
            Mutex::init(&segment, Place::Control(1024), 0).expect("room");
        bencher.iter(|| drop(mutex.lock().expect("nobody died")));
    });
    row.bench_function("peer std", |bencher| {
        let mutex = StdMutex::new(0_u64);
        bencher.iter(|| drop(mutex.lock()));
    });
    row.bench_function("peer parking_lot", |bencher| {
        let mutex = parking_lot::Mutex::new(0_u64);
        bencher.iter(|| drop(mutex.lock()));
    });
    row.bench_function("peer pthread robust", |bencher| {
        let mutex = PthreadRobustMutex::new();
        bencher.iter(|| mutex.locked(|| {}));
    });
    row.bench_function("peer sem_t", |bencher| {
        let semaphore = PosixSemaphore::new(1);
        bencher.iter(|| semaphore.held(|| {}));
    });
    row.bench_function("limit two atomics", |bencher| {
        let word = AtomicU32::new(0);
        bencher.iter(|| {
            // What is read need not be kept: atomics are never optimised away.
            let _ = word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed);
            let _ = word.compare_exchange(1, 0, Ordering::Release, Ordering::Relaxed);
        });
    });
}

fn rw_lock(criterion: &mut Criterion) {
    let segment = segment();
    let lock: RwLock<u64> = RwLock::init(&segment, Place::Control(0), 0).expect("room");
    let pthreads = PthreadRwLock::new();
    let stds = std::sync::RwLock::new(0_u64);
    let parking_lots = parking_lot::RwLock::new(0_u64);
    let mut row = criterion.benchmark_group("rwlock-read");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| drop(lock.read().expect("nobody died")));
    });
    row.bench_function("peer pthread", |bencher| bencher.iter(|| pthreads.read()));
    row.bench_function("peer std", |bencher| bencher.iter(|| drop(stds.read())));
    row.bench_function("peer parking_lot", |bencher| {
        bencher.iter(|| drop(parking_lots.read()));
    });
    row.finish();
    let mut row = criterion.benchmark_group("rwlock-write");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| drop(lock.write().expect("nobody died")));
    });
    row.bench_function("peer pthread", |bencher| bencher.iter(|| pthreads.write()));
    row.bench_function("peer std", |bencher| bencher.iter(|| drop(stds.write())));
}

fn semaphores(criterion: &mut Criterion) {
    let segment = segment();
    let posix = PosixSemaphore::new(2);
    let mut row = criterion.benchmark_group("semaphore");
    row.bench_function("ours", |bencher| {
        let semaphore = Semaphore::init(&segment, Place::Control(0), 2).expect("room");
        bencher.iter(|| {
            semaphore.acquire().expect("a permit");
            semaphore.release().expect("what was acquired");
        });
    });
    row.bench_function("peer sem_t", |bencher| bencher.iter(|| posix.held(|| {})));
    row.finish();
    let mut row = criterion.benchmark_group("permits");
    row.bench_function("ours", |bencher| {
        let permits = Permits::init(&segment, Place::Control(4096), 2).expect("room");
        bencher.iter(|| drop(permits.acquire().expect("a permit")));
    });
    row.bench_function("peer sem_t", |bencher| bencher.iter(|| posix.held(|| {})));
}

/// One crowd's row: so many processes, so far apart.
fn crowd(criterion: &mut Criterion, name: &str, n_processes: usize, gap: Duration) {
    const SPAN: Duration = Duration::from_millis(20);
    let segment = segment();
    let counter = segment.payload().atomic_u64(0).expect("room");
    // As long a section as a counter's.
    let inside = || {
        counter.store(
            black_box(counter.load(Ordering::Relaxed)) + 1,
            Ordering::Relaxed,
        );
    };
    let ours: Mutex<u64> = Mutex::init(&segment, Place::Control(0), 0).expect("room");
    let raw_syncs: Mutex<u64, RawSyncMutex> =
        Mutex::init(&segment, Place::Control(1024), 0).expect("room");
    let pthreads = PthreadRobustMutex::new();
    let semaphore = PosixSemaphore::new(1);
    let word = segment.control().atomic_u32(2048).expect("room");
    let spinlock = Spinlock(word);

    let mut row = criterion.benchmark_group(name);
    let mut measure = |name: &str, operation: &dyn Fn()| {
        let (mut shares, mut n_rounds) = (0.0, 0);
        row.bench_function(name, |bencher| {
            bencher.iter_custom(|n| {
                let contention = contend(n_processes, gap, SPAN, operation);
                shares += contention.fairness();
                n_rounds += 1;
                contention.time_of(n)
            });
        });
        if n_rounds > 0 {
            let fairness = shares / f64::from(n_rounds);
            println!("{name}: fairness {fairness:.2} (least share by most)");
        }
    };
    measure("ours", &|| {
        let guard = ours.lock().expect("nobody died");
        inside();
        drop(guard);
    });
    measure("peer pthread robust", &|| pthreads.locked(inside));
    measure("peer raw_sync", &|| {
        let guard = raw_syncs.lock().expect("nobody died");
        inside();
        drop(guard);
    });
    measure("peer sem_t", &|| semaphore.held(inside));
    if n_processes == 2 {
        measure("limit spinlock", &|| spinlock.locked(inside));
    }
}

fn crowds(criterion: &mut Criterion) {
    crowd(criterion, "lock-2-busy", 2, Duration::ZERO);
    crowd(criterion, "lock-2-apart", 2, Duration::from_nanos(400));
    crowd(criterion, "lock-8", 8, Duration::from_nanos(400));
}

fn owner_death(criterion: &mut Criterion) {
    let segment = segment();
    let mut row = criterion.benchmark_group("lock-owner-death");
    row.sample_size(20);
    let ours: Mutex<u64> = Mutex::init(&segment, Place::Control(0), 0).expect("room");
    row.bench_function("ours", |bencher| {
        let hold = || std::mem::forget(ours.lock().expect("nobody died"));
        bencher.iter_custom(|n| {
            deaths(n, hold, || match ours.lock() {
                Err(LockError::OwnerDied(guard)) => guard.mark_consistent(),
                other => panic!("the owner died: {other:?}"),
            })
        });
    });
    let pthreads = PthreadRobustMutex::new();
    row.bench_function("peer pthread robust", |bencher| {
        bencher.iter_custom(|n| deaths(n, || pthreads.lock(), || pthreads.locked(|| {})));
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = mutex, rw_lock, semaphores, crowds, owner_death
}
criterion_main!(rows);
