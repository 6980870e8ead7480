//! Creating and attaching segments, beside the bare system calls.

use std::ffi::{CStr, CString};
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use multiproc_benches::{raw_memory, raw_segment};
use multiproc_segment::{Layout, Lifetime, Segment, SegmentName};

const LEN_BYTES: usize = 4096;

fn name(suffix: &str) -> (SegmentName, CString) {
    let text = format!("multiproc-bench-{}-{suffix}", std::process::id());
    let name = SegmentName::new(&text).expect("a valid name");
    let raw = CString::new(format!("/{text}-raw")).expect("no NUL");
    (name, raw)
}

/// Where a name of `shm_open(3)` is.
fn path(name: &CStr) -> CString {
    let name = name.to_str().expect("ASCII");
    CString::new(format!("/dev/shm{name}")).expect("no NUL")
}

fn create_anonymous(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("segment-anonymous");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let segment = Segment::anonymous(Layout::payload(LEN_BYTES)).expect("room");
            segment.payload().write(0, &[1]).expect("in bounds");
        });
    });
    row.bench_function("limit system calls", |bencher| {
        bencher.iter(|| raw_segment::create_anonymous(black_box(LEN_BYTES)));
    });
    row.bench_function("limit bare file", |bencher| {
        bencher.iter(|| raw_memory::create_anonymous(black_box(LEN_BYTES)));
    });
}

fn create_named(criterion: &mut Criterion) {
    let (name, raw) = name("create");
    let mut row = criterion.benchmark_group("segment-create");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            Segment::create(
                &name,
                Layout::payload(LEN_BYTES),
                Lifetime::LastUser,
                |segment| segment.payload().write(0, &[1]),
            )
            .expect("room and a free name")
        });
    });
    let path = path(&raw);
    row.bench_function("limit system calls", |bencher| {
        bencher.iter(|| raw_segment::create_named(c"/dev/shm", black_box(&path)));
    });
    row.bench_function("limit bare file", |bencher| {
        bencher.iter(|| raw_memory::create_named(&raw, black_box(LEN_BYTES)));
    });
}

fn attach(criterion: &mut Criterion) {
    let (name, raw) = name("attach");
    let _kept = Segment::create(
        &name,
        Layout::payload(LEN_BYTES),
        Lifetime::LastUser,
        |segment| segment.payload().write(0, &[1]),
    )
    .expect("room and a free name");
    raw_memory::leave_named(&raw, LEN_BYTES);
    let mut row = criterion.benchmark_group("segment-attach");
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let segment = Segment::open(&name).expect("a segment");
            let mut byte = [0];
            segment.payload().read(0, &mut byte).expect("in bounds");
            black_box(byte);
        });
    });
    let path = CString::new(format!("/dev/shm/{name}")).expect("no NUL");
    row.bench_function("limit system calls", |bencher| {
        bencher.iter(|| raw_segment::attach_named(black_box(&path)));
    });
    row.bench_function("limit bare file", |bencher| {
        bencher.iter(|| raw_memory::attach_named(&raw))
    });
    raw_memory::remove(&raw);
}

fn fill(criterion: &mut Criterion) {
    let data = vec![7; 256 << 20];
    let mut row = criterion.benchmark_group("segment-fill");
    row.sample_size(10);
    row.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let segment = Segment::anonymous(Layout::payload(data.len())).expect("room");
            segment
                .write_through(0, black_box(&data))
                .expect("in bounds");
            segment.populate(0..data.len()).expect("in bounds");
        });
    });
    row.bench_function("peer write and populate", |bencher| {
        bencher.iter(|| raw_segment::fill_by_write(black_box(&data)));
    });
    row.bench_function("peer populate and copy", |bencher| {
        bencher.iter(|| raw_segment::fill_by_copy(black_box(&data)));
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = create_anonymous, create_named, attach, fill
}
criterion_main!(rows);
