//! One stream among processes, and one array filled by several threads, beside the least that each can cost.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use multiproc_benches::crowd::contend;
use multiproc_benches::futex_lock::FutexLock;
use multiproc_rng::{FillMethod, Pcg64, PcgState, Philox, SavedState, Seek, default_rng};
use multiproc_segment::{Layout, Segment};
use multiproc_shared_rng::{Shared, SharedPhilox, fill_parallel};

const N_PROCESSES: usize = 2;
const SPAN: Duration = Duration::from_millis(20);
const LEASE: u64 = 1000;
const N_NORMALS: usize = 100_000_000;

/// A generator's words in shared memory, which a bare lock guards.
struct Bare<'a> {
    lock: FutexLock<'a>,
    words: [&'a AtomicU64; 4],
}

impl Bare<'_> {
    fn of(segment: &Segment) -> Bare<'_> {
        let payload = segment.payload();
        let word = |i: usize| payload.atomic_u64(64 + 8 * i).expect("room");
        let bare = Bare {
            lock: FutexLock(payload.atomic_u32(0).expect("room")),
            words: std::array::from_fn(word),
        };
        bare.write(&Pcg64::seed_from(1));
        bare
    }

    fn read(&self) -> Pcg64 {
        let [a, b, c, d] = self.words.map(|word| u128::from(word.load(Relaxed)));
        let state = PcgState {
            state: b << 64 | a,
            inc: d << 64 | c,
            has_uint32: false,
            uinteger: 0,
        };
        Pcg64::from_state(state).expect("an odd increment")
    }

    fn write(&self, bits: &Pcg64) {
        let PcgState { state, inc, .. } = bits.state();
        let words = [
            state as u64,
            (state >> 64) as u64,
            inc as u64,
            (inc >> 64) as u64,
        ];
        for (place, word) in self.words.iter().zip(words) {
            place.store(word, Relaxed);
        }
    }

    fn draw(&self) -> u64 {
        self.lock.locked(|| {
            let mut bits = self.read();
            let word = bits.next_u64();
            self.write(&bits);
            word
        })
    }

    fn lease(&self) -> Pcg64 {
        self.lock.locked(|| {
            let bits = self.read();
            let mut after = bits.clone();
            after.skip_u64(LEASE);
            self.write(&after);
            bits
        })
    }
}

/// Several processes at once do each of the operations.
fn crowd(criterion: &mut Criterion, name: &str, n_draws: u64, operations: &[(&str, &dyn Fn())]) {
    let mut row = criterion.benchmark_group(name);
    row.throughput(Throughput::Elements(n_draws));
    for (name, operation) in operations {
        row.bench_function(*name, |bencher| {
            bencher
                .iter_custom(|n| contend(N_PROCESSES, Duration::ZERO, SPAN, operation).time_of(n));
        });
    }
}

fn draws(criterion: &mut Criterion) {
    let stream = Shared::new(default_rng(1)).expect("room");
    let segment = Segment::anonymous(Layout::payload(4096)).expect("room");
    let bare = Bare::of(&segment);
    let ours = || {
        black_box(
            stream
                .draw(|rng| rng.bits_mut().next_u64())
                .expect("a draw"),
        );
    };
    let bares = || {
        black_box(bare.draw());
    };
    crowd(
        criterion,
        "shared-draw",
        1,
        &[("ours", &ours), ("limit futex lock", &bares)],
    );

    let ours = || {
        let mut lease = stream.reserve(LEASE).expect("a lease");
        while let Some(word) = lease.next_u64() {
            black_box(word);
        }
    };
    let bares = || {
        let mut bits = bare.lease();
        for _ in 0..LEASE {
            black_box(bits.next_u64());
        }
    };
    crowd(
        criterion,
        "shared-lease",
        LEASE,
        &[("ours", &ours), ("limit hand-written", &bares)],
    );
}

fn philox(criterion: &mut Criterion) {
    let stream = SharedPhilox::new(&Philox::seed_from(1)).expect("room");
    let segment = Segment::anonymous(Layout::payload(4096)).expect("room");
    let next = segment.payload().atomic_u64(0).expect("room");
    let origin = Philox::seed_from(1);
    let ours = || {
        black_box(stream.next_u64());
    };
    let bares = || {
        let index = next.fetch_add(1, Relaxed);
        let mut bits = origin.clone();
        bits.advance((index / 4).into());
        for _ in 0..index % 4 {
            bits.next_u64();
        }
        black_box(bits.next_u64());
    };
    crowd(
        criterion,
        "shared-philox",
        1,
        &[("ours", &ours), ("limit hand-written", &bares)],
    );
}

fn fills(criterion: &mut Criterion) {
    let mut row = criterion.benchmark_group("fill-parallel");
    row.sample_size(10);
    row.throughput(Throughput::Elements(N_NORMALS as u64));
    let mut normals = vec![1.0; N_NORMALS];
    row.bench_function("ours", |bencher| {
        let n_threads = NonZeroUsize::new(2).expect("2 is not 0");
        bencher.iter(|| {
            let method = FillMethod::standard_normal();
            fill_parallel(method, &mut default_rng(1), &mut normals, n_threads).expect("a fill");
        });
    });
    row.bench_function("peer one core", |bencher| {
        bencher.iter(|| default_rng(1).fill_standard_normal(black_box(&mut normals)));
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = draws, philox, fills
}
criterion_main!(rows);
