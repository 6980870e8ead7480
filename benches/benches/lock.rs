//! Locking and unlocking a mutex that nobody else wants, beside other mutexes and the two atomics it takes.

use std::sync::atomic::{AtomicU32, Ordering};

use criterion::{Criterion, criterion_group, criterion_main};
use multiproc_benches::pthread::PthreadRobustMutex;
use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Mutex, Place, RawSyncMutex};

fn uncontended(criterion: &mut Criterion) {
    let segment = Segment::anonymous(Layout {
        control_len: 4096,
        ..Layout::payload(4096)
    })
    .expect("room");
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
    row.bench_function("peer parking_lot", |bencher| {
        let mutex = parking_lot::Mutex::new(0_u64);
        bencher.iter(|| drop(mutex.lock()));
    });
    row.bench_function("peer pthread robust", |bencher| {
        let mutex = PthreadRobustMutex::new();
        bencher.iter(|| mutex.lock_and_unlock());
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

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = uncontended
}
criterion_main!(rows);
