//! Filling slices with random numbers and starting streams, beside NumPy and beside rand's versions
//! of the same generator; each fill with all instructions of the processor, and with the portable
//! ones alone.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use multiproc_benches::numpy::Numpy;
use multiproc_rng::{
    BitGenerator, Generator, Instructions, Mt19937, Pcg64, Pcg64Dxsm, Philox, RandomState, Sfc64,
    default_rng, with_at_most,
};
use multiproc_shared_rng::Split;
use rand::distr::{Distribution, StandardUniform, Uniform};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::{Exp1, StandardNormal};

/// 256 KiB of doubles: leaves the second-level cache to the fill.
const IN_CACHE: usize = 1 << 15;

/// 80 MB of doubles: far beyond the caches that a core has for itself.
const IN_MEMORY: usize = 10_000_000;

const SHUFFLED: usize = 1_000_000;

type Filler<'a, T> = &'a mut (dyn FnMut(&mut [T]) + 'a);

/// Two rows: one of this name, and one of this name with `-portable`.
struct Row<'a, 'p, T> {
    name: &'a str,
    len: usize,
    /// Makes what the statement takes; it finds the length as `n`.
    setup: &'a str,
    statement: &'a str,
    /// A name, and what fills a slice.
    peer: Option<(&'a str, Filler<'p, T>)>,
}

impl<T: Clone + Default> Row<'_, '_, T> {
    fn measure(
        self,
        criterion: &mut Criterion,
        numpy: &mut Option<Numpy>,
        mut fill: impl FnMut(&mut [T]),
    ) {
        let mut out = vec![T::default(); self.len];
        let mut peer = self.peer;
        for (suffix, most) in [
            ("", Instructions::Avx512),
            ("-portable", Instructions::Portable),
        ] {
            let mut row = criterion.benchmark_group(format!("{}{suffix}", self.name));
            row.throughput(Throughput::Elements(self.len as u64));
            row.warm_up_time(Duration::from_millis(200));
            row.measurement_time(Duration::from_secs(1));
            if self.len == IN_MEMORY {
                row.sample_size(10);
            }
            row.bench_function("ours", |bencher| {
                with_at_most(most, || bencher.iter(|| fill(black_box(&mut out))));
            });
            if let Some(numpy) = &mut *numpy {
                row.bench_function("peer numpy", |bencher| {
                    numpy.prepare(&format!("n = {}; {}", self.len, self.setup), self.statement);
                    bencher.iter_custom(|times| numpy.time(times));
                });
            }
            if let Some((name, fill)) = &mut peer {
                row.bench_function(format!("peer {name}"), |bencher| {
                    bencher.iter(|| fill(black_box(&mut out)));
                });
            }
        }
    }
}

fn draws<T>(mut rng: impl Rng, distribution: impl Distribution<T>) -> impl FnMut(&mut [T]) {
    move |out| out.fill_with(|| distribution.sample(&mut rng))
}

fn pcg() -> rand_pcg::Pcg64 {
    rand_pcg::Pcg64::seed_from_u64(1)
}

fn uniforms(criterion: &mut Criterion) {
    let numpy = &mut Numpy::start();
    let mut row =
        |name: &str, bits: &str, peer: Option<Filler<'_, f64>>, mut ours: Box<dyn BitGenerator>| {
            let row = Row {
                name,
                len: IN_CACHE,
                setup: &format!("g = Generator({bits}(1)); x = np.zeros(n)"),
                statement: "g.random(out=x)",
                peer: peer.map(|peer| ("rand_pcg", peer)),
            };
            row.measure(criterion, numpy, |out| ours.fill_double(out));
        };
    let dxsm = rand_pcg::Pcg64Dxsm::seed_from_u64(1);
    let (mut pcg, mut dxsm) = (draws(pcg(), StandardUniform), draws(dxsm, StandardUniform));
    row(
        "random-pcg64",
        "PCG64",
        Some(&mut pcg),
        Box::new(Pcg64::seed_from(1)),
    );
    row(
        "random-dxsm",
        "PCG64DXSM",
        Some(&mut dxsm),
        Box::new(Pcg64Dxsm::seed_from(1)),
    );
    row(
        "random-philox",
        "Philox",
        None,
        Box::new(Philox::seed_from(1)),
    );
    row("random-sfc64", "SFC64", None, Box::new(Sfc64::seed_from(1)));
    row(
        "random-mt19937",
        "MT19937",
        None,
        Box::new(Mt19937::seed_from(1)),
    );
}

fn normals_and_exponentials(criterion: &mut Criterion) {
    let numpy = &mut Numpy::start();
    let mut rng = default_rng(1);
    let setup = "g = default_rng(1); x = np.zeros(n)";
    for (name, len) in [("normal", IN_CACHE), ("normal-80MB", IN_MEMORY)] {
        let row = Row {
            name,
            len,
            setup,
            statement: "g.standard_normal(out=x)",
            peer: Some(("rand_distr", &mut draws(pcg(), StandardNormal))),
        };
        row.measure(criterion, numpy, |out| rng.fill_standard_normal(out));
    }
    let row = Row {
        name: "exponential",
        len: IN_CACHE,
        setup,
        statement: "g.standard_exponential(out=x)",
        peer: Some(("rand_distr", &mut draws(pcg(), Exp1))),
    };
    row.measure(criterion, numpy, |out| rng.fill_standard_exponential(out));

    let mut legacy = RandomState::new(1);
    let row = Row {
        name: "legacy-normal",
        len: IN_CACHE,
        setup: "g = RandomState(1)",
        statement: "g.standard_normal(n)",
        peer: None,
    };
    row.measure(criterion, numpy, |out| legacy.fill_standard_normal(out));
}

fn singles(criterion: &mut Criterion) {
    let numpy = &mut Numpy::start();
    let mut row = |name: &str,
                   method: &str,
                   peer: &mut dyn FnMut(&mut [f32]),
                   fill: fn(&mut Generator<Pcg64>, &mut [f32])| {
        let row = Row {
            name,
            len: IN_CACHE,
            setup: "g = default_rng(1); x = np.zeros(n, 'f4')",
            statement: &format!("g.{method}(dtype='f4', out=x)"),
            peer: Some(("rand_distr", peer)),
        };
        let mut rng = default_rng(1);
        row.measure(criterion, numpy, |out| fill(&mut rng, out));
    };
    let uniform = &mut draws(pcg(), StandardUniform);
    row("random-f32", "random", uniform, Generator::fill_random_f32);
    let normal = &mut draws(pcg(), StandardNormal);
    row(
        "normal-f32",
        "standard_normal",
        normal,
        Generator::fill_standard_normal_f32,
    );
    let exponential = &mut draws(pcg(), Exp1);
    let fill = Generator::fill_standard_exponential_f32;
    row("exponential-f32", "standard_exponential", exponential, fill);
}

fn integers(criterion: &mut Criterion) {
    let numpy = &mut Numpy::start();
    let mut rng = default_rng(1);
    let below_1000 = Uniform::new(0, 1000).expect("a range");
    let row = Row {
        name: "integers-i64",
        len: IN_CACHE,
        setup: "g = default_rng(1)",
        statement: "g.integers(0, 1000, n)",
        peer: Some(("rand", &mut draws(pcg(), below_1000))),
    };
    row.measure(criterion, numpy, |out: &mut [i64]| {
        rng.fill_integers(0..1000, out).expect("a range");
    });
    let below_100 = Uniform::new(0, 100).expect("a range");
    let row = Row {
        name: "integers-u8",
        len: IN_CACHE,
        setup: "g = default_rng(1)",
        statement: "g.integers(0, 100, n, dtype='u1')",
        peer: Some(("rand", &mut draws(pcg(), below_100))),
    };
    row.measure(criterion, numpy, |out: &mut [u8]| {
        rng.fill_integers(0..100, out).expect("a range");
    });
    let mut peer = pcg();
    let row = Row {
        name: "shuffle",
        len: SHUFFLED,
        setup: "g = default_rng(1); x = np.arange(n)",
        statement: "g.shuffle(x)",
        peer: Some(("rand", &mut |items: &mut [i64]| items.shuffle(&mut peer))),
    };
    row.measure(criterion, numpy, |items| rng.shuffle(items));
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
    targets = uniforms, normals_and_exponentials, singles, integers, child_stream
}
criterion_main!(rows);
