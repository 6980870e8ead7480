//! [`check`]: one case: its generator, the operations before, the call, and all comparisons.

use multiproc_rng::{BitGenerator, Generator, RandomState, RandomStateState, StreamVersion};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Result;
use super::bits::{Bits, compare_states, seed_sequence};
use super::call::{call_generator, call_random_state};
use super::params::{Params, integer, narrow_item, shape};
use super::values::{Values, hex};

/// The object that a case calls.
#[derive(Clone, Debug)]
pub(crate) enum Rng {
    Bits(Bits),
    Generator(Generator<Bits>),
    RandomState(RandomState<Bits>),
}

/// A float in a state, as the cases write it down.
fn parse_float(value: &Value) -> Result<f64> {
    let text = value.as_str().and_then(|text| text.strip_prefix("f64:"));
    let text = text.ok_or_else(|| format!("{value} is no float"))?;
    Ok(f64::from_bits(u64::from_str_radix(text, 16)?))
}

impl Rng {
    fn new(spec: &Value, version: StreamVersion) -> Result<Rng> {
        let params = Params(spec);
        let seed = params.value("seed")?;
        let bits = Bits::new(params.text("bitgen")?, seed)?;
        match params.text("api")? {
            "BitGenerator" => Ok(Rng::Bits(bits)),
            "Generator" => Ok(Rng::Generator(Generator::with_stream_version(
                bits, version,
            ))),
            "RandomState" => {
                let (has_gauss, gauss) = match seed.get("state") {
                    Some(dict) => (
                        integer(&dict["has_gauss"])? != 0,
                        parse_float(&dict["gauss"])?,
                    ),
                    None => (false, 0.0),
                };
                let state = RandomStateState {
                    bits,
                    has_gauss,
                    gauss,
                    stream_version: version,
                };
                Ok(Rng::RandomState(RandomState::from_state(state)?))
            }
            api => Err(format!("no such api: {api}").into()),
        }
    }

    fn bits(&mut self) -> &mut Bits {
        match self {
            Rng::Bits(bits) => bits,
            Rng::Generator(rng) => rng.bits_mut(),
            Rng::RandomState(rng) => rng.bits_mut(),
        }
    }

    /// The state dict, with integers as decimal text and floats as bit patterns.
    fn state(&mut self) -> Value {
        let mut dict = self.bits().dict();
        if let Rng::RandomState(rng) = self {
            let RandomStateState {
                has_gauss, gauss, ..
            } = rng.state();
            dict["has_gauss"] = json!(u8::from(has_gauss).to_string());
            dict["gauss"] = json!(format!("f64:{:016x}", gauss.to_bits()));
        }
        dict
    }

    fn call(&mut self, method: &str, params: Params<'_>, size: &Value) -> Result<Values> {
        match self {
            Rng::Bits(bits) if method == "random_raw" => {
                let n: usize = shape(size)?.iter().product();
                Ok(Values::U64((0..n).map(|_| bits.next_raw()).collect()))
            }
            Rng::Bits(_) => Err(format!("bit generators have no method {method}").into()),
            Rng::Generator(rng) => call_generator(rng, method, params, size),
            Rng::RandomState(rng) => call_random_state(rng, method, params, size),
        }
    }

    fn prepare(&mut self, operation: &Value) -> Result<()> {
        match operation[0].as_str().ok_or("an operation has no name")? {
            "jumped" => *self.bits() = self.bits().jumped(narrow_item(&operation[1])?)?,
            "advance" => {
                let delta = operation[1]
                    .as_str()
                    .ok_or("`advance` needs a decimal number")?;
                self.bits().advance(delta)?;
            }
            "random_raw" => {
                for _ in 0..narrow_item(&operation[1])? {
                    self.bits().next_raw();
                }
            }
            "next32" => {
                for _ in 0..narrow_item(&operation[1])? {
                    self.bits().next_u32();
                }
            }
            "call" => {
                let method = operation[1].as_str().ok_or("`call` needs a method")?;
                self.call(method, Params(&operation[2]), &operation[3])?;
            }
            name => return Err(format!("no such operation: {name}").into()),
        }
        Ok(())
    }
}

/// Runs a case, with all the streams that it holds numbers of.
pub(crate) fn check(case: &Value) -> Result<()> {
    check_version(case, StreamVersion::Numpy2_4, case, "sha256")?;
    if let Some(changed) = case.get("numpy25") {
        check_version(case, StreamVersion::Numpy2_5, changed, "long_sha256")
            .map_err(|error| format!("numpy 2.5: {error}"))?;
    }
    Ok(())
}

fn check_version(
    case: &Value,
    version: StreamVersion,
    expected: &Value,
    hash_name: &str,
) -> Result<()> {
    let params = Params(case);
    let is_reference = hash_name == "sha256";
    let run = |size: &Value| -> Result<(Values, Value)> {
        let mut rng = Rng::new(params.value("rng")?, version)?;
        for operation in params.value("pre")?.as_array().ok_or("`pre` is no list")? {
            rng.prepare(operation)?;
        }
        let values = rng.call(
            params.text("method")?,
            Params(params.value("params")?),
            size,
        )?;
        let state = rng.state();
        Ok((values, state))
    };

    let (values, state) = run(params.value("size")?)?;
    let n_values = shape(params.value("shape")?)?.iter().product();
    let tolerance = if params.text("libm")? == "blas" {
        1e-9
    } else {
        0.0
    };
    values.compare(Params(expected).value("out")?, n_values, tolerance)?;
    if let Some(hash) = case.get("sha256").filter(|_| is_reference) {
        compare_hash("all values", &values, hash)?;
    }
    if let Some(expected) = case.get("state_after").filter(|_| is_reference) {
        compare_states(&state, expected).map_err(|error| format!("state after: {error}"))?;
    }

    let Some(long) = case.get("long") else {
        return Ok(());
    };
    let (values, state) = run(&long["size"])?;
    let hash = if is_reference {
        &long["sha256"]
    } else {
        &expected["long_sha256"]
    };
    compare_hash("long call", &values, hash)?;
    if is_reference {
        check_long_state(&state, long)?;
    }
    Ok(())
}

fn compare_hash(what: &str, values: &Values, expected: &Value) -> Result<()> {
    let found = json!(values.sha256());
    if found == *expected {
        return Ok(());
    }
    Err(format!("{what}: expected sha256 {expected}, found {found}").into())
}

fn check_long_state(state: &Value, long: &Value) -> Result<()> {
    let expected = if let Some(expected) = long.get("state_after") {
        expected.clone()
    } else if let Some(hash) = long.get("state_after_key_sha256") {
        let mut found = Sha256::new();
        for word in Params(&state["state"]).integers::<u32>("key")? {
            found.update(word.to_le_bytes());
        }
        compare_states(&json!(hex(&found.finalize())), hash)
            .map_err(|error| format!("key after the long call: {error}"))?;
        json!({"state": {"pos": long["pos"].to_string()}})
    } else {
        return Ok(());
    };
    compare_states(state, &expected)
        .map_err(|error| format!("state after the long call: {error}").into())
}

/// Runs a case of streams spawned for chunks and strung together.
pub(crate) fn check_chunks(case: &Value) -> Result<()> {
    let params = Params(case);
    let root = seed_sequence(params.value("seed")?)?;
    let n_chunks = u64::try_from(params.integer("n_chunks")?)?;
    let per_chunk = usize::try_from(params.integer("per_chunk")?)?;
    for (method, expected) in super::params::dict(params.value("concat")?, "concat")? {
        let mut all = Vec::new();
        for index in 0..n_chunks {
            let bits = Bits::from_seed_sequence(params.text("bitgen")?, &root.child(index))?;
            let none = json!({});
            match call_generator(
                &mut Generator::new(bits),
                method,
                Params(&none),
                &json!(per_chunk),
            )? {
                Values::F64(mut chunk) => all.append(&mut chunk),
                other => return Err(format!("expected reals, found {other:?}").into()),
            }
        }
        let firsts: Vec<f64> = all.iter().step_by(per_chunk).copied().collect();
        let n_firsts = firsts.len();
        Values::F64(firsts)
            .compare(&expected["first_of_chunk"], n_firsts, 0.0)
            .map_err(|error| format!("{method}, first of each chunk: {error}"))?;
        compare_hash(method, &Values::F64(all), &expected["sha256"])?;
    }
    Ok(())
}
