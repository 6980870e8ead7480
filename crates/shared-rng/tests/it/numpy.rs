//! Parallel fills beside the real NumPy: the same bytes, and the same next number.

use std::fmt::Write;
use std::num::NonZeroUsize;
use std::process::Command;

use multiproc_rng::{
    AnySource, BitGenerator, FillMethod, FillValue, Generator, Mt19937, Pcg64Dxsm, Philox,
    RandomState, default_rng,
};
use multiproc_shared_rng::{Source, fill_parallel};
use multiproc_testkit::{PATIENCE, python_with_numpy, watchdog};
use sha2::{Digest, Sha256};

/// Prints a line for each fill: what was drawn, the array's hash, and the next word.
const PROGRAM: &str = r#"
import hashlib, numpy as np
from numpy.random import Generator, MT19937, PCG64DXSM, Philox, RandomState, default_rng
def show(name, array, bits):
    print(name, hashlib.sha256(array.tobytes()).hexdigest(), int(bits.random_raw()))
n = 10_000_000
rng = default_rng(42); show("normals", rng.standard_normal(n), rng.bit_generator)
n = 300_001
rng = default_rng(1); show("random", rng.random(n), rng.bit_generator)
rng = Generator(PCG64DXSM(2)); show("exponentials", rng.standard_exponential(n), rng.bit_generator)
rng = Generator(Philox(3)); show("singles", rng.standard_normal(n, dtype="f4"), rng.bit_generator)
rng = default_rng(4); show("uniforms", rng.uniform(-2, 5, n), rng.bit_generator)
rng = default_rng(5); show("integers", rng.integers(0, 1000, n), rng.bit_generator)
rng = default_rng(6); show("bytes", rng.integers(0, 100, n, dtype="u1"), rng.bit_generator)
rng = default_rng(7); show("wide", rng.integers(0, 3 << 61, n), rng.bit_generator)
rng = Generator(MT19937(8)); show("twister", rng.normal(1, 2, n), rng.bit_generator)
rng = RandomState(9); rng.standard_normal(); show("legacy", rng.standard_normal(n), rng._bit_generator)
rng = RandomState(10); show("sample", rng.random_sample(n), rng._bit_generator)
rng = RandomState(11); show("randint", rng.randint(0, 100, n), rng._bit_generator)
"#;

struct Lines(String);

impl Lines {
    fn add<T: FillValue, S: Source, const BYTES: usize>(
        &mut self,
        name: &str,
        method: FillMethod<T>,
        mut rng: S,
        n: usize,
        bytes: fn(T) -> [u8; BYTES],
    ) {
        let mut values = vec![T::default(); n];
        let n_threads = NonZeroUsize::new(3).expect("3 is not 0");
        fill_parallel(method, &mut rng, &mut values, n_threads).expect("a fill");
        let mut hash = Sha256::new();
        let mut buffer = [0; 4096];
        for block in values.chunks(4096 / BYTES) {
            for (place, &value) in buffer.as_chunks_mut().0.iter_mut().zip(block) {
                *place = bytes(value);
            }
            hash.update(&buffer[..BYTES * block.len()]);
        }
        let hash: String = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut after: AnySource = rng.into();
        writeln!(self.0, "{name} {hash} {}", after.bits_mut().next_raw()).expect("a line");
    }
}

#[test]
fn ten_million_normals_by_three_threads_hash_as_numpys_do() {
    let _watchdog = watchdog(2 * PATIENCE);
    let Some(python) = python_with_numpy() else {
        return;
    };
    let numpy = Command::new(python).args(["-c", PROGRAM]).output().unwrap();
    assert!(
        numpy.status.success(),
        "{}",
        String::from_utf8_lossy(&numpy.stderr)
    );
    let mut ours = Lines(String::new());
    let doubles = f64::to_le_bytes;
    ours.add(
        "normals",
        FillMethod::standard_normal(),
        default_rng(42),
        10_000_000,
        doubles,
    );
    let n = 300_001;
    ours.add("random", FillMethod::random(), default_rng(1), n, doubles);
    let dxsm = Generator::new(Pcg64Dxsm::seed_from(2));
    ours.add(
        "exponentials",
        FillMethod::standard_exponential(),
        dxsm,
        n,
        doubles,
    );
    let philox = Generator::new(Philox::seed_from(3));
    ours.add(
        "singles",
        FillMethod::standard_normal(),
        philox,
        n,
        f32::to_le_bytes,
    );
    let uniform = FillMethod::uniform(-2.0, 5.0).unwrap();
    ours.add("uniforms", uniform, default_rng(4), n, doubles);
    let integers = FillMethod::integers(0_i64..1000).unwrap();
    ours.add("integers", integers, default_rng(5), n, i64::to_le_bytes);
    let bytes = FillMethod::integers(0_u8..100).unwrap();
    ours.add("bytes", bytes, default_rng(6), n, u8::to_le_bytes);
    let wide = FillMethod::integers(0..3_i64 << 61).unwrap();
    ours.add("wide", wide, default_rng(7), n, i64::to_le_bytes);
    let normal = FillMethod::normal(1.0, 2.0).unwrap();
    let twister = Generator::new(Mt19937::seed_from(8));
    ours.add("twister", normal, twister, n, doubles);
    let mut legacy = RandomState::new(9);
    legacy.standard_normal();
    ours.add("legacy", FillMethod::standard_normal(), legacy, n, doubles);
    ours.add(
        "sample",
        FillMethod::random(),
        RandomState::new(10),
        n,
        doubles,
    );
    let randint = FillMethod::integers(0_i64..100).unwrap();
    ours.add(
        "randint",
        randint,
        RandomState::new(11),
        n,
        i64::to_le_bytes,
    );
    assert_eq!(ours.0, String::from_utf8(numpy.stdout).unwrap());
}
