//! [`Bits`]: any of NumPy's bit generators, from the seeds and states that cases hold.

use std::result;

use multiproc_rng::{
    BitGenerator, Entropy, Mt19937, Mt19937State, Pcg64, Pcg64Dxsm, PcgState, Philox, PhiloxState,
    SavedState, SeedSequence, Sfc64, Sfc64State, StateError,
};
use serde_json::{Value, json};

use super::Result;
use super::params::{Params, integer, narrow_item};

/// A bit generator whose kind a case names.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is only ever one at a time"
)]
pub(crate) enum Bits {
    Mt19937(Mt19937),
    Pcg64(Pcg64),
    Pcg64Dxsm(Pcg64Dxsm),
    Philox(Philox),
    Sfc64(Sfc64),
}

/// Calls `$each` with the generator of any kind.
macro_rules! any {
    ($bits:expr, $inner:ident => $each:expr) => {
        match $bits {
            Bits::Mt19937($inner) => $each,
            Bits::Pcg64($inner) => $each,
            Bits::Pcg64Dxsm($inner) => $each,
            Bits::Philox($inner) => $each,
            Bits::Sfc64($inner) => $each,
        }
    };
}

impl BitGenerator for Bits {
    fn next_u32(&mut self) -> u32 {
        any!(self, bits => bits.next_u32())
    }

    fn next_u64(&mut self) -> u64 {
        any!(self, bits => bits.next_u64())
    }

    fn next_raw(&mut self) -> u64 {
        any!(self, bits => bits.next_raw())
    }

    fn next_double(&mut self) -> f64 {
        any!(self, bits => bits.next_double())
    }

    fn double_of(&self, word: u64) -> f64 {
        any!(self, bits => bits.double_of(word))
    }

    fn next_float(&mut self) -> f32 {
        any!(self, bits => bits.next_float())
    }

    fn fill_u32(&mut self, out: &mut [u32]) {
        any!(self, bits => bits.fill_u32(out));
    }

    fn fill_u64(&mut self, out: &mut [u64]) {
        any!(self, bits => bits.fill_u64(out));
    }

    fn fill_double(&mut self, out: &mut [f64]) {
        any!(self, bits => bits.fill_double(out));
    }

    fn fill_float(&mut self, out: &mut [f32]) {
        any!(self, bits => bits.fill_float(out));
    }
}

/// The state of any generator is the generator itself.
impl SavedState for Bits {
    const NAME: &'static str = "any";
    type State = Bits;

    fn state(&self) -> Bits {
        self.clone()
    }

    fn from_state(state: Bits) -> result::Result<Bits, StateError> {
        Ok(state)
    }
}

/// The sequence that a case's seed names.
pub(crate) fn seed_sequence(seed: &Value) -> Result<SeedSequence> {
    let params = Params(seed);
    if params.text_or("kind", "SeedSequence")? == "spawn" {
        let path: Vec<u64> = params.integers("path")?;
        return Ok(seed_sequence(params.value("root")?)?.child(path.as_slice()));
    }
    let entropy = match params.value("entropy")? {
        Value::Array(items) => Entropy::concat(
            &items
                .iter()
                .map(entropy_of_integer)
                .collect::<Result<Vec<_>>>()?,
        ),
        one => entropy_of_integer(one)?,
    };
    let spawn_key: Vec<u64> = if params.has("spawn_key") {
        params.integers("spawn_key")?
    } else {
        Vec::new()
    };
    let pool_size = usize::try_from(params.integer_or("pool_size", 4)?)?;
    Ok(SeedSequence::with_pool_size(
        entropy, &spawn_key, pool_size,
    )?)
}

fn entropy_of_integer(value: &Value) -> Result<Entropy> {
    let text = value
        .as_str()
        .ok_or_else(|| format!("entropy {value} is not text"))?;
    Ok(text.parse()?)
}

fn words<T: TryFrom<i128>, const N: usize>(value: &Value, name: &str) -> Result<[T; N]> {
    let words: Vec<T> = Params(value).integers(name)?;
    let n = words.len();
    words
        .try_into()
        .map_err(|_| format!("`{name}` has {n} words, not {N}").into())
}

/// A 128-bit word, which may exceed what `i128` holds.
fn wide(value: &Value, name: &str) -> Result<u128> {
    Ok(Params(value).text(name)?.parse()?)
}

impl Bits {
    /// The generator `name`, seeded as the case says.
    pub(crate) fn new(name: &str, seed: &Value) -> Result<Bits> {
        match Params(seed).text("kind")? {
            "SeedSequence" | "spawn" => Bits::from_seed_sequence(name, &seed_sequence(seed)?),
            "philox_key" => Ok(Bits::Philox(Philox::from_key(
                words(seed, "key")?,
                words(seed, "counter")?,
            ))),
            "legacy_int" => Ok(Bits::Mt19937(Mt19937::legacy(narrow_item(&seed["value"])?))),
            "legacy_array" => {
                let words: Vec<u32> = Params(seed).integers("value")?;
                Ok(Bits::Mt19937(Mt19937::legacy_array(&words)?))
            }
            "state" => Bits::from_state(name, Params(seed).value("state")?),
            kind => Err(format!("no such kind of seed: {kind}").into()),
        }
    }

    pub(crate) fn from_seed_sequence(name: &str, seed: &SeedSequence) -> Result<Bits> {
        match name {
            "MT19937" => Ok(Bits::Mt19937(Mt19937::new(seed))),
            "PCG64" => Ok(Bits::Pcg64(Pcg64::new(seed))),
            "PCG64DXSM" => Ok(Bits::Pcg64Dxsm(Pcg64Dxsm::new(seed))),
            "Philox" => Ok(Bits::Philox(Philox::new(seed))),
            "SFC64" => Ok(Bits::Sfc64(Sfc64::new(seed))),
            _ => Err(format!("no such bit generator: {name}").into()),
        }
    }

    fn from_state(name: &str, dict: &Value) -> Result<Bits> {
        let found = Params(dict).text("bit_generator")?;
        if found != name {
            return Err(format!("the state of a {name} names {found}").into());
        }
        let state = Params(dict).value("state")?;
        let half = || -> Result<(bool, u32)> {
            Ok((
                integer(&dict["has_uint32"])? != 0,
                narrow_item(&dict["uinteger"])?,
            ))
        };
        let pcg = || -> Result<PcgState> {
            let (has_uint32, uinteger) = half()?;
            let (state, inc) = (wide(state, "state")?, wide(state, "inc")?);
            Ok(PcgState {
                state,
                inc,
                has_uint32,
                uinteger,
            })
        };
        Ok(match name {
            "MT19937" => {
                let (key, pos) = (words(state, "key")?, narrow_item(&state["pos"])?);
                Bits::Mt19937(Mt19937::from_state(Mt19937State { key, pos })?)
            }
            "PCG64" => Bits::Pcg64(Pcg64::from_state(pcg()?)?),
            "PCG64DXSM" => Bits::Pcg64Dxsm(Pcg64Dxsm::from_state(pcg()?)?),
            "Philox" => {
                let (has_uint32, uinteger) = half()?;
                Bits::Philox(Philox::from_state(PhiloxState {
                    counter: words(state, "counter")?,
                    key: words(state, "key")?,
                    buffer: words(dict, "buffer")?,
                    buffer_pos: narrow_item(&dict["buffer_pos"])?,
                    has_uint32,
                    uinteger,
                })?)
            }
            "SFC64" => {
                let (has_uint32, uinteger) = half()?;
                let state = words(state, "state")?;
                Bits::Sfc64(Sfc64::from_state(Sfc64State {
                    state,
                    has_uint32,
                    uinteger,
                })?)
            }
            _ => return Err(format!("no such bit generator: {name}").into()),
        })
    }

    /// The state dict, with integers as decimal text.
    pub(crate) fn dict(&self) -> Value {
        let text = |words: &[u64]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let pcg = |name, state: PcgState| {
            json!({"bit_generator": name, "state": {"state": state.state.to_string(),
                "inc": state.inc.to_string()}, "has_uint32": u8::from(state.has_uint32).to_string(),
                "uinteger": state.uinteger.to_string()})
        };
        match self {
            Bits::Mt19937(bits) => {
                let Mt19937State { key, pos } = bits.state();
                let key: Vec<_> = key.iter().map(ToString::to_string).collect();
                json!({"bit_generator": "MT19937", "state": {"key": key, "pos": pos.to_string()}})
            }
            Bits::Pcg64(bits) => pcg("PCG64", bits.state()),
            Bits::Pcg64Dxsm(bits) => pcg("PCG64DXSM", bits.state()),
            Bits::Philox(bits) => {
                let state = bits.state();
                json!({"bit_generator": "Philox",
                    "state": {"counter": text(&state.counter), "key": text(&state.key)},
                    "buffer": text(&state.buffer), "buffer_pos": state.buffer_pos.to_string(),
                    "has_uint32": u8::from(state.has_uint32).to_string(),
                    "uinteger": state.uinteger.to_string()})
            }
            Bits::Sfc64(bits) => {
                let state = bits.state();
                json!({"bit_generator": "SFC64", "state": {"state": text(&state.state)},
                    "has_uint32": u8::from(state.has_uint32).to_string(),
                    "uinteger": state.uinteger.to_string()})
            }
        }
    }

    /// NumPy's `jumped(jumps)`.
    pub(crate) fn jumped(&self, jumps: u128) -> Result<Bits> {
        Ok(match self {
            Bits::Mt19937(bits) => Bits::Mt19937(bits.jumped(usize::try_from(jumps)?)),
            Bits::Pcg64(bits) => Bits::Pcg64(bits.jumped(jumps)),
            Bits::Pcg64Dxsm(bits) => Bits::Pcg64Dxsm(bits.jumped(jumps)),
            Bits::Philox(bits) => Bits::Philox(bits.jumped(jumps)),
            Bits::Sfc64(_) => return Err("SFC64 cannot jump".into()),
        })
    }

    /// NumPy's `advance(delta)`; `delta` is a decimal number of up to 256 bits, or negative.
    pub(crate) fn advance(&mut self, delta: &str) -> Result<()> {
        let (digits, is_negative) = match delta.strip_prefix('-') {
            Some(digits) => (digits, true),
            None => (delta, false),
        };
        let entropy: Entropy = digits.parse()?;
        let mut n = [0u64; 4];
        for (i, word) in entropy.words().iter().enumerate() {
            let slot = n.get_mut(i / 2).ok_or("`delta` exceeds 256 bits")?;
            *slot |= u64::from(*word) << (32 * (i % 2));
        }
        let low = u128::from(n[1]) << 64 | u128::from(n[0]);
        let signed = if is_negative { low.wrapping_neg() } else { low };
        match self {
            Bits::Pcg64(bits) => bits.advance(signed),
            Bits::Pcg64Dxsm(bits) => bits.advance(signed),
            Bits::Philox(bits) if !is_negative => bits.advance_by(n),
            Bits::Philox(_) | Bits::Mt19937(_) | Bits::Sfc64(_) => {
                return Err(format!("this generator cannot advance by {delta}").into());
            }
        }
        Ok(())
    }
}

/// A state comparison that names the first differing field.
pub(crate) fn compare_states(found: &Value, expected: &Value) -> result::Result<(), String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (field, expected) in expected {
                let found = found.get(field).ok_or(format!("state has no `{field}`"))?;
                compare_states(found, expected).map_err(|error| format!("`{field}`: {error}"))?;
            }
            Ok(())
        }
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => {
            for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
                compare_states(found, expected).map_err(|error| format!("word {i}: {error}"))?;
            }
            Ok(())
        }
        _ if found == expected => Ok(()),
        _ => Err(format!("expected {expected}, found {found}")),
    }
}
