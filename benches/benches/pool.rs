//! Tasks in worker processes: starting a pool, asking one worker, and many small items.

use std::hint::black_box;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use multiproc_benches::mailbox::Mailbox;
use multiproc_pool::{Pool, task};
use rayon::ThreadPoolBuilder;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

const N_WORKERS: usize = 2;
const N_TASKS: u64 = 100_000;

#[task(crate = multiproc_pool)]
fn successor(n: u64) -> u64 {
    n + 1
}

fn start(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("pool-start");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            Pool::builder()
                .processes(N_WORKERS)
                .build()
                .expect("workers")
        });
    });
    row.bench_function("limit fork and exec", |bencher| {
        bencher.iter(|| {
            let start = |_| Command::new("/bin/true").spawn().expect("a process");
            let children: Vec<Child> = (0..N_WORKERS).map(start).collect();
            for mut child in children {
                child.wait().expect("a child");
            }
        });
    });
}

fn round_trip(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("task-round-trip");
    row.bench_function("ours", |bencher| {
        let pool = Pool::builder().processes(1).build().expect("a worker");
        bencher.iter(|| pool.map(successor, [black_box(1)]).run().expect("a result"));
    });
    row.bench_function("peer rayon", |bencher| {
        let threads = ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .expect("a thread");
        bencher.iter(|| threads.install(|| successor(black_box(1))));
    });
    row.bench_function("limit futex", |bencher| {
        let mailbox = Mailbox::start();
        bencher.iter(|| mailbox.round_trip());
    });
}

fn many_tasks(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("tasks-100k");
    row.throughput(Throughput::Elements(N_TASKS));
    row.bench_function("ours", |bencher| {
        let pool = Pool::builder()
            .processes(N_WORKERS)
            .build()
            .expect("workers");
        bencher.iter(|| pool.map(successor, 0..N_TASKS).run().expect("results"));
    });
    row.bench_function("peer rayon", |bencher| {
        let threads = ThreadPoolBuilder::new()
            .num_threads(N_WORKERS)
            .build()
            .expect("threads");
        bencher.iter(|| {
            let results = || {
                (0..N_TASKS)
                    .into_par_iter()
                    .map(*successor)
                    .collect::<Vec<u64>>()
            };
            threads.install(results)
        });
    });
    row.bench_function("limit atomic add", |bencher| {
        bencher.iter(|| {
            let next = AtomicU64::new(0);
            for _ in 0..N_TASKS {
                next.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = start, round_trip, many_tasks
}
criterion_main!(rows);
