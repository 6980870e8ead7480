//! Shared arrays: attached by handle, averaged in a kept worker, filled by two.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use multiproc_array::{Frozen, PartMut, SharedArray};
use multiproc_benches::raw_memory::Matrix;
use multiproc_pool::{Pool, task};
use multiproc_segment::SegmentName;
use ndarray::{Array1, Ix1, Ix2};

const GIB: usize = 1 << 30;
/// Of the article's matrix.
const N: usize = 4000;

fn name(suffix: &str) -> SegmentName {
    let text = format!("multiproc-bench-{}-{suffix}", std::process::id());
    SegmentName::new(&text).expect("a valid name")
}

/// Opens the array that a message names, and reads an element in its middle.
fn attach(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("array-attach");
    for (function, len) in [("ours", GIB / 8), ("limit small array", 1024)] {
        let array = SharedArray::<f64>::create(&name(&len.to_string()), len).expect("room");
        array.write().expect("nobody else's").fill(0.5);
        let handle = array.handle();
        row.bench_function(function, |bencher| {
            bencher.iter(|| {
                let array = SharedArray::<f64>::open_handle(&handle).expect("the same array");
                let element = array.read_part(len / 2..len / 2 + 1).expect("no writer")[0];
                black_box(element);
            });
        });
    }
}

#[task(crate = multiproc_pool)]
fn mean(numbers: &Frozen<f64, Ix1>) -> f64 {
    numbers.mean()
}

/// In as many sums as keep a core's adders busy.
fn mean_by_hand(numbers: &[f64]) -> f64 {
    let (rounds, rest) = numbers.as_chunks::<32>();
    let mut sums = [0.0; 32];
    for round in rounds {
        for (sum, number) in sums.iter_mut().zip(round) {
            *sum += number;
        }
    }
    (sums.iter().sum::<f64>() + rest.iter().sum::<f64>()) / numbers.len() as f64
}

fn means(criterion: &mut Criterion) {
    let pool = Pool::builder().processes(1).build().expect("a worker");
    for (name, len) in [("array-mean", 1_000_000), ("array-mean-1g", GIB / 8)] {
        let numbers = Array1::from_iter((0..len).map(|i| (i % 1009) as f64));
        let frozen = Frozen::from_array(&numbers).expect("room");
        drop(numbers);
        let mut row = criterion.benchmark_group(name);
        row.sample_size(10);
        row.bench_function("ours", |bencher| {
            bencher.iter(|| pool.map(mean, [()]).arg(&frozen).run().expect("a mean")[0]);
        });
        row.bench_function("limit loop by hand", |bencher| {
            bencher.iter(|| mean_by_hand(black_box(frozen.as_slice().expect("in a row"))));
        });
    }
}

#[task(crate = multiproc_pool)]
fn compute(rows: &mut PartMut<f64, Ix2>) {
    for (i, mut row) in rows.rows_mut() {
        for (j, element) in row.iter_mut().enumerate() {
            *element = (i + j) as f64;
        }
    }
}

fn matrix(criterion: &mut Criterion) {
    let pool = Pool::builder().processes(2).build().expect("two workers");
    let shared = SharedArray::<f64, Ix2>::zeros((N, N)).expect("room");
    let mut raw = Matrix::new(N);
    let mut row = criterion.benchmark_group("array-matrix");
    row.sample_size(10);
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let job = pool.fill(compute, &shared).rows_per_item(N / 2);
            job.run().expect("a matrix");
        });
    });
    row.bench_function("limit raw memory", |bencher| {
        bencher.iter(|| raw.fill_by_two(|i, j| (i + j) as f64));
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = attach, means, matrix
}
criterion_main!(rows);
