//! [`JsonState`]: states as the JSON that Python makes of NumPy's `state` dicts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(feature = "chacha")]
use crate::chacha::{ChaCha, ChaChaState, Rounds};
use crate::pcg64::{Pcg, Permutation};
use crate::state::{
    Mt19937State, PcgState, PhiloxState, RandomStateState, SavedState, Sfc64State, StateError,
};
use crate::{Mt19937, Philox, RandomState, Sfc64, StreamVersion};

/// States in and out as JSON, in NumPy's form.
///
/// NumPy's arrays need a hook to become JSON, and none to come back:
///
/// ```python
/// text = json.dumps(rng.bit_generator.state, default=lambda array: array.tolist())
/// rng.bit_generator.state = json.loads(text)
/// ```
///
/// For a `RandomState` it is `rng.get_state(legacy=False)` and `rng.set_state(..)`.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{JsonState, Pcg64, Sfc64};
///
/// // json.dumps(numpy.random.PCG64(5).state)
/// let text = r#"{"bit_generator": "PCG64", "state": {
///     "state": 304397142111423816445458517940380168174,
///     "inc": 233193750087604940414945475171846202189}, "has_uint32": 0, "uinteger": 0}"#;
/// let bits = Pcg64::from_json(text)?;
/// assert_eq!(bits, Pcg64::seed_from(5));
///
/// let refused = Sfc64::from_json(&bits.to_json()).unwrap_err();
/// assert_eq!(refused.to_string(), "state must be of SFC64, found one of PCG64");
/// # Ok::<(), multiproc_rng::StateError>(())
/// ```
pub trait JsonState: Serialize + DeserializeOwned {
    /// NumPy's name of the generator of words.
    #[doc(hidden)]
    const GENERATOR: &'static str;

    /// Returns the present state.
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| unreachable!("plain numbers: {error}"))
    }

    /// Returns the generator that goes on from the state in `text`.
    ///
    /// Fields that NumPy does not have are passed over.
    ///
    /// # Errors
    ///
    /// - [`StateError::OtherGenerator`] if the state names another generator.
    /// - [`StateError::Malformed`] if `text` is not JSON, or if a field is missing, of the wrong
    ///   type or length, or has a value that no such generator can have.
    fn from_json(text: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Name {
            bit_generator: String,
        }
        let named: Name = parse(Self::GENERATOR, text)?;
        check_name(Self::GENERATOR, named.bit_generator)?;
        parse(Self::GENERATOR, text)
    }
}

fn parse<T: DeserializeOwned>(generator: &'static str, text: &str) -> Result<T, StateError> {
    serde_json::from_str(text).map_err(|error| StateError::Malformed {
        generator,
        line: error.line(),
        column: error.column(),
        detail: error.to_string(),
    })
}

fn check_name(expected: &'static str, found: String) -> Result<(), StateError> {
    if found == expected {
        Ok(())
    } else {
        Err(StateError::OtherGenerator { expected, found })
    }
}

/// The dict that NumPy shows for a state `S`.
trait Dict<S>: Serialize + DeserializeOwned {
    fn new(bit_generator: &'static str, state: S) -> Self;
    /// The name in the dict, and the state, which is that of a `generator`.
    fn open(self, generator: &'static str) -> Result<(String, S), StateError>;
}

fn to_dict<D: Dict<S>, S, Z: Serializer>(
    generator: &'static str,
    state: S,
    serializer: Z,
) -> Result<Z::Ok, Z::Error> {
    D::new(generator, state).serialize(serializer)
}

fn from_dict<'de, D: Dict<S>, S, T, Z: Deserializer<'de>>(
    generator: &'static str,
    from_state: impl FnOnce(S) -> Result<T, StateError>,
    deserializer: Z,
) -> Result<T, Z::Error> {
    let read = |dict: D| {
        let (name, state) = dict.open(generator)?;
        check_name(generator, name)?;
        from_state(state)
    };
    read(D::deserialize(deserializer)?).map_err(Z::Error::custom)
}

#[derive(Serialize, Deserialize)]
struct KeyAndPos {
    key: Vec<u32>,
    pos: usize,
}

impl KeyAndPos {
    fn new(state: Mt19937State) -> KeyAndPos {
        KeyAndPos {
            key: state.key.to_vec(),
            pos: state.pos,
        }
    }

    fn open(self) -> Result<Mt19937State, StateError> {
        let key = self
            .key
            .try_into()
            .map_err(|key: Vec<u32>| StateError::Impossible {
                generator: Mt19937::NAME,
                field: "len(key)",
                value: key.len() as u128,
                requires: "must be 624",
            })?;
        Ok(Mt19937State { key, pos: self.pos })
    }
}

#[derive(Serialize, Deserialize)]
struct Mt19937Dict {
    bit_generator: String,
    state: KeyAndPos,
}

impl Dict<Mt19937State> for Mt19937Dict {
    fn new(bit_generator: &'static str, state: Mt19937State) -> Mt19937Dict {
        Mt19937Dict {
            bit_generator: bit_generator.into(),
            state: KeyAndPos::new(state),
        }
    }

    fn open(self, _: &'static str) -> Result<(String, Mt19937State), StateError> {
        Ok((self.bit_generator, self.state.open()?))
    }
}

/// Python writes this flag as 0 or 1.
fn flag(generator: &'static str, field: &'static str, value: u32) -> Result<bool, StateError> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(StateError::Impossible {
            generator,
            field,
            value: value.into(),
            requires: "must be 0 or 1",
        }),
    }
}

#[derive(Serialize, Deserialize)]
struct StateAndInc {
    state: u128,
    inc: u128,
}

#[derive(Serialize, Deserialize)]
struct PcgDict {
    bit_generator: String,
    state: StateAndInc,
    has_uint32: u32,
    uinteger: u32,
}

impl Dict<PcgState> for PcgDict {
    fn new(bit_generator: &'static str, state: PcgState) -> PcgDict {
        PcgDict {
            bit_generator: bit_generator.into(),
            state: StateAndInc {
                state: state.state,
                inc: state.inc,
            },
            has_uint32: state.has_uint32.into(),
            uinteger: state.uinteger,
        }
    }

    fn open(self, generator: &'static str) -> Result<(String, PcgState), StateError> {
        let state = PcgState {
            state: self.state.state,
            inc: self.state.inc,
            has_uint32: flag(generator, "has_uint32", self.has_uint32)?,
            uinteger: self.uinteger,
        };
        Ok((self.bit_generator, state))
    }
}

#[derive(Serialize, Deserialize)]
struct CounterAndKey {
    counter: [u64; 4],
    key: [u64; 2],
}

#[derive(Serialize, Deserialize)]
struct PhiloxDict {
    bit_generator: String,
    state: CounterAndKey,
    buffer: [u64; 4],
    buffer_pos: usize,
    has_uint32: u32,
    uinteger: u32,
}

impl Dict<PhiloxState> for PhiloxDict {
    fn new(bit_generator: &'static str, state: PhiloxState) -> PhiloxDict {
        PhiloxDict {
            bit_generator: bit_generator.into(),
            state: CounterAndKey {
                counter: state.counter,
                key: state.key,
            },
            buffer: state.buffer,
            buffer_pos: state.buffer_pos,
            has_uint32: state.has_uint32.into(),
            uinteger: state.uinteger,
        }
    }

    fn open(self, generator: &'static str) -> Result<(String, PhiloxState), StateError> {
        let state = PhiloxState {
            counter: self.state.counter,
            key: self.state.key,
            buffer: self.buffer,
            buffer_pos: self.buffer_pos,
            has_uint32: flag(generator, "has_uint32", self.has_uint32)?,
            uinteger: self.uinteger,
        };
        Ok((self.bit_generator, state))
    }
}

#[derive(Serialize, Deserialize)]
struct FourWords {
    state: [u64; 4],
}

#[derive(Serialize, Deserialize)]
struct Sfc64Dict {
    bit_generator: String,
    state: FourWords,
    has_uint32: u32,
    uinteger: u32,
}

impl Dict<Sfc64State> for Sfc64Dict {
    fn new(bit_generator: &'static str, state: Sfc64State) -> Sfc64Dict {
        Sfc64Dict {
            bit_generator: bit_generator.into(),
            state: FourWords { state: state.state },
            has_uint32: state.has_uint32.into(),
            uinteger: state.uinteger,
        }
    }

    fn open(self, generator: &'static str) -> Result<(String, Sfc64State), StateError> {
        let state = Sfc64State {
            state: self.state.state,
            has_uint32: flag(generator, "has_uint32", self.has_uint32)?,
            uinteger: self.uinteger,
        };
        Ok((self.bit_generator, state))
    }
}

#[derive(Serialize, Deserialize)]
struct RandomStateDict {
    bit_generator: String,
    state: KeyAndPos,
    has_gauss: u32,
    gauss: f64,
    /// NumPy neither writes nor minds it.
    #[serde(default)]
    stream_version: StreamVersion,
}

impl Dict<RandomStateState<Mt19937State>> for RandomStateDict {
    fn new(name: &'static str, state: RandomStateState<Mt19937State>) -> RandomStateDict {
        RandomStateDict {
            bit_generator: name.into(),
            state: KeyAndPos::new(state.bits),
            has_gauss: state.has_gauss.into(),
            gauss: state.gauss,
            stream_version: state.stream_version,
        }
    }

    fn open(
        self,
        generator: &'static str,
    ) -> Result<(String, RandomStateState<Mt19937State>), StateError> {
        let state = RandomStateState {
            bits: self.state.open()?,
            has_gauss: flag(generator, "has_gauss", self.has_gauss)?,
            gauss: self.gauss,
            stream_version: self.stream_version,
        };
        Ok((self.bit_generator, state))
    }
}

/// Numbers of 128 bits are within JSON's grammar; the position stays below 2⁶⁸.
#[cfg(feature = "chacha")]
#[derive(Serialize, Deserialize)]
struct ChaChaDict {
    bit_generator: String,
    state: ChaChaFields,
}

#[cfg(feature = "chacha")]
#[derive(Serialize, Deserialize)]
struct ChaChaFields {
    key: [u8; 32],
    stream: u64,
    position: u128,
}

#[cfg(feature = "chacha")]
impl Dict<ChaChaState> for ChaChaDict {
    fn new(bit_generator: &'static str, state: ChaChaState) -> ChaChaDict {
        let ChaChaState {
            key,
            stream,
            position,
        } = state;
        let state = ChaChaFields {
            key,
            stream,
            position,
        };
        ChaChaDict {
            bit_generator: bit_generator.into(),
            state,
        }
    }

    fn open(self, _: &'static str) -> Result<(String, ChaChaState), StateError> {
        let ChaChaFields {
            key,
            stream,
            position,
        } = self.state;
        Ok((
            self.bit_generator,
            ChaChaState {
                key,
                stream,
                position,
            },
        ))
    }
}

/// Serde by way of the dict `$dict` of the generator `$name`.
macro_rules! impl_serde {
    ($([$($p:ident: $bound:path)?] $rng:ty, $dict:ty, $name:expr;)*) => {$(
        impl<$($p: $bound)?> JsonState for $rng {
            const GENERATOR: &'static str = $name;
        }
        impl<$($p: $bound)?> Serialize for $rng {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                to_dict::<$dict, _, _>($name, self.state(), serializer)
            }
        }
        impl<'de, $($p: $bound)?> Deserialize<'de> for $rng {
            fn deserialize<Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
                from_dict::<$dict, _, _, _>($name, Self::from_state, deserializer)
            }
        }
    )*};
}

impl_serde! {
    [] Mt19937, Mt19937Dict, Mt19937::NAME;
    [P: Permutation] Pcg<P>, PcgDict, P::NAME;
    [] Philox, PhiloxDict, Philox::NAME;
    [] Sfc64, Sfc64Dict, Sfc64::NAME;
    [] RandomState, RandomStateDict, Mt19937::NAME;
}

#[cfg(feature = "chacha")]
impl_serde! {
    [R: Rounds] ChaCha<R>, ChaChaDict, R::NAME;
}

/// NumPy's `get_state()`: name, key, pos, and, where it is given, the waiting normal.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum LegacyTuple {
    WithGauss(String, Vec<u32>, usize, u32, f64),
    WithoutGauss(String, Vec<u32>, usize),
}

impl RandomState {
    /// Returns the state as the legacy tuple: `json.dumps` of NumPy's `get_state()`.
    ///
    /// The tuple has no room for the [`StreamVersion`]; [`JsonState::to_json`] keeps it.
    ///
    /// ```python
    /// text = json.dumps(rng.get_state(), default=lambda array: array.tolist())
    /// rng.set_state(json.loads(text))
    /// ```
    pub fn to_legacy_json(&self) -> String {
        let RandomStateState {
            bits,
            has_gauss,
            gauss,
            stream_version: _,
        } = self.state();
        let KeyAndPos { key, pos } = KeyAndPos::new(bits);
        let name = Mt19937::NAME.into();
        let tuple = LegacyTuple::WithGauss(name, key, pos, has_gauss.into(), gauss);
        serde_json::to_string(&tuple).unwrap_or_else(|error| unreachable!("plain numbers: {error}"))
    }

    /// Returns the generator that goes on from a legacy tuple of five items, or of the first three.
    ///
    /// # Errors
    ///
    /// Those of [`JsonState::from_json`], and [`StateError::Impossible`].
    pub fn from_legacy_json(text: &str) -> Result<RandomState, StateError> {
        let (name, key, pos, has_gauss, gauss) = match parse(Mt19937::NAME, text)? {
            LegacyTuple::WithGauss(name, key, pos, has_gauss, gauss) => {
                (name, key, pos, has_gauss, gauss)
            }
            LegacyTuple::WithoutGauss(name, key, pos) => (name, key, pos, 0, 0.0),
        };
        check_name(Mt19937::NAME, name)?;
        RandomState::from_state(RandomStateState {
            bits: KeyAndPos { key, pos }.open()?,
            has_gauss: flag(Mt19937::NAME, "has_gauss", has_gauss)?,
            gauss,
            stream_version: StreamVersion::default(),
        })
    }
}
