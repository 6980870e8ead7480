//! Filling with random doubles and starting streams, beside rand's versions of the same generator.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use multiproc_rng::default_rng;
use multiproc_shared_rng::Split;
use rand::{RngExt, SeedableRng};

/// 512 KiB: leaves the second-level cache to the fill.
const N_DOUBLES: usize = 1 << 16;

fn fill_f64(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("fill-f64");
    row.throughput(Throughput::Elements(N_DOUBLES as u64));
    let mut doubles = vec![0.0_f64; N_DOUBLES];
    row.bench_function("ours", |bencher| {
        let mut rng = default_rng(1);
        bencher.iter(|| rng.fill_random(black_box(&mut doubles)));
    });
    row.bench_function("peer rand_pcg", |bencher| {
        let mut rng = rand_pcg::Pcg64::seed_from_u64(1);
        bencher.iter(|| black_box(&mut doubles).fill_with(|| rng.random()));
    });
    row.bench_function("limit memset", |bencher| {
        bencher.iter(|| black_box(&mut doubles).fill(black_box(0.0)));
    });
}

fn child_stream(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("child-stream");
    row.bench_function("ours", |bencher| {
        let split = Split::new(1_u64);
        let mut index = 0_u64;
        bencher.iter(|| {
            index += 1;
            split.stream(index)
        });
    });
    row.bench_function("peer rand_pcg", |bencher| {
        let mut index = 0;
        bencher.iter(|| {
            index += 1;
            rand_pcg::Pcg64::seed_from_u64(index)
        });
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = fill_f64, child_stream
}
criterion_main!(rows);
