//! States that go from here to NumPy, are continued there, and come back, and the other way round.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use multiproc_rng::{
    BitGenerator, Generator, JsonState, Mt19937, Pcg64, Pcg64Dxsm, Philox, RandomState, Sfc64,
};
use multiproc_testkit::{PATIENCE, python_with_numpy, skip, watchdog};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Answers each line, a generator's name and either a seed or a state, with its draws' digest and the state
/// behind them. An odd number of draws leaves half a word or a normal waiting.
const NUMPY: &str = r#"
import hashlib, json, sys
import numpy.random as npr

def answer(kind, seed=None, state=None):
    if kind in ("RandomState", "legacy"):
        rng = npr.RandomState(seed)
        if state is not None:
            rng.set_state(state)
        arrays = [rng.random_sample(5), rng.standard_normal(7), rng.randint(0, 1000, 9)]
        after = rng.get_state(legacy=kind == "legacy")
    else:
        rng = npr.Generator(getattr(npr, kind)(seed))
        if state is not None:
            rng.bit_generator.state = state
        arrays = [rng.random(5), rng.integers(0, 2**32, 7, dtype="uint32"), rng.standard_normal(1001),
                  rng.standard_exponential(9, dtype="float32"), rng.integers(0, 1000, 777)]
        after = rng.bit_generator.state
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return {"digest": digest, "state": after}

for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line)), default=lambda array: array.tolist()), flush=True)
"#;

/// A Python that draws on request.
struct NumPy {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl NumPy {
    fn start() -> Option<NumPy> {
        let mut process = Command::new(python_with_numpy()?)
            .args(["-c", NUMPY])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a Python that has just been found");
        let requests = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Some(NumPy {
            process,
            requests,
            answers,
        })
    }

    /// NumPy's digest, and its state as the text that it made of it.
    fn ask(&mut self, kind: &str, from: &str) -> (String, String) {
        writeln!(self.requests, r#"{{"kind": "{kind}", {from}}}"#).expect("NumPy listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("NumPy answers");
        let answer: Value = serde_json::from_str(&line).expect("JSON, as the program prints it");
        let digest = answer["digest"].as_str().expect("a digest").to_owned();
        // Not by way of `Value`, which has no integers of 128 bits.
        let state = line
            .split_once(r#""state": "#)
            .expect("a state")
            .1
            .trim_end();
        (
            digest,
            state.strip_suffix('}').expect("an object").to_owned(),
        )
    }
}

impl Drop for NumPy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What NumPy's `tobytes` of the arrays gives, digested.
#[derive(Default)]
struct Draws(Sha256);

impl Draws {
    fn add<T: Copy + Default, const N: usize>(
        &mut self,
        n: usize,
        to_bytes: impl Fn(T) -> [u8; N],
        fill: impl FnOnce(&mut [T]),
    ) {
        let mut values = vec![T::default(); n];
        fill(&mut values);
        for value in values {
            self.0.update(to_bytes(value));
        }
    }

    fn digest(self) -> String {
        let bytes = self.0.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn draw_by_generator<B: BitGenerator>(bits: B) -> (String, B) {
    let mut rng = Generator::new(bits);
    let mut draws = Draws::default();
    draws.add(5, f64::to_le_bytes, |out| rng.fill_random(out));
    draws.add(7, u32::to_le_bytes, |out| {
        rng.fill_integers(.., out).expect("a range")
    });
    draws.add(1001, f64::to_le_bytes, |out| rng.fill_standard_normal(out));
    draws.add(9, f32::to_le_bytes, |out| {
        rng.fill_standard_exponential_f32(out)
    });
    draws.add(777, i64::to_le_bytes, |out| {
        rng.fill_integers(0..1000, out).expect("a range")
    });
    (draws.digest(), rng.into_bits())
}

fn draw_by_random_state(mut rng: RandomState) -> (String, RandomState) {
    let mut draws = Draws::default();
    draws.add(5, f64::to_le_bytes, |out| rng.fill_random_sample(out));
    draws.add(7, f64::to_le_bytes, |out| rng.fill_standard_normal(out));
    draws.add(9, i64::to_le_bytes, |out| {
        rng.fill_randint(0..1000, out).expect("a range")
    });
    (draws.digest(), rng)
}

/// Hands a stream back and forth: NumPy seeds and draws, then each side goes on from the other's state.
fn goes_back_and_forth<R>(
    numpy: &mut NumPy,
    kind: &str,
    seeded: R,
    draw: impl Fn(R) -> (String, R),
    to_text: impl Fn(&R) -> String,
    from_text: impl Fn(&str) -> R,
) {
    let mut ours = seeded;
    let mut from = r#""seed": 2026"#.to_owned();
    for round in 0..5 {
        let (digest, after) = draw(ours);
        let (theirs, state) = numpy.ask(kind, &from);
        assert_eq!(digest, theirs, "{kind}, round {round}");
        ours = from_text(&state);
        assert_eq!(to_text(&ours), to_text(&after), "{kind}, round {round}");
        let (_, further) = draw(ours);
        from = format!(r#""state": {}"#, to_text(&further));
        ours = further;
    }
}

fn bits_go_back_and_forth<B: BitGenerator + JsonState>(numpy: &mut NumPy, kind: &str, seeded: B) {
    goes_back_and_forth(numpy, kind, seeded, draw_by_generator, B::to_json, |text| {
        B::from_json(text).expect("a state of NumPy")
    });
}

#[test]
fn states_go_to_numpy_and_back_and_neither_side_misses_a_number() {
    let _watchdog = watchdog(PATIENCE);
    let Some(mut numpy) = NumPy::start() else {
        return skip("no NumPy");
    };
    bits_go_back_and_forth(&mut numpy, "PCG64", Pcg64::seed_from(2026));
    bits_go_back_and_forth(&mut numpy, "PCG64DXSM", Pcg64Dxsm::seed_from(2026));
    bits_go_back_and_forth(&mut numpy, "Philox", Philox::seed_from(2026));
    bits_go_back_and_forth(&mut numpy, "SFC64", Sfc64::seed_from(2026));
    bits_go_back_and_forth(&mut numpy, "MT19937", Mt19937::seed_from(2026));
    goes_back_and_forth(
        &mut numpy,
        "RandomState",
        RandomState::new(2026),
        draw_by_random_state,
        RandomState::to_json,
        |text| RandomState::from_json(text).unwrap(),
    );
    goes_back_and_forth(
        &mut numpy,
        "legacy",
        RandomState::new(2026),
        draw_by_random_state,
        RandomState::to_legacy_json,
        |text| RandomState::from_legacy_json(text).unwrap(),
    );
}
