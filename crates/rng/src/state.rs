//! [`SavedState`]: the states of the generators as NumPy's `state` property shows them.

use core::fmt;

use crate::half_word::HalfWord;
use crate::mt19937::{Mt19937, N};
use crate::pcg64::{Pcg, Permutation};
use crate::{BitGenerator, Philox, RandomState, Sfc64, StreamVersion};

/// A generator whose state can be taken out and put back in NumPy's own terms.
///
/// A run may so begin in NumPy, go on here, and return.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Mt19937, Mt19937State, Pcg64, SavedState, StateError};
///
/// let mut bits = Pcg64::seed_from(5);
/// let saved = bits.state();
/// let word = bits.next_u64();
/// assert_eq!(Pcg64::from_state(saved)?.next_u64(), word);
///
/// let impossible = Mt19937State { key: [1; 624], pos: 625 };
/// let refused = Mt19937::from_state(impossible).unwrap_err();
/// assert_eq!(refused.to_string(), "`pos` of a MT19937 state must be at most 624, found 625");
/// # Ok::<(), StateError>(())
/// ```
pub trait SavedState: BitGenerator + Sized {
    /// NumPy's name of the generator.
    const NAME: &'static str;

    /// The state, field by field as in NumPy's dict.
    type State;

    /// Returns the present state.
    fn state(&self) -> Self::State;

    /// Returns the generator that goes on from `state`.
    ///
    /// # Errors
    ///
    /// [`StateError::Impossible`] if no such generator can be in that state.
    fn from_state(state: Self::State) -> Result<Self, StateError>;
}

/// Why a state was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// A field has a value that the generator can never have.
    Impossible {
        /// NumPy's name of the generator.
        generator: &'static str,
        /// The field, as NumPy spells it.
        field: &'static str,
        /// The value that was given.
        value: u128,
        /// What the value has to satisfy, such as `"must be odd"`.
        requires: &'static str,
    },
    /// The state is another generator's.
    #[cfg(feature = "serde")]
    OtherGenerator {
        /// NumPy's name of the generator that was asked for.
        expected: &'static str,
        /// The name in the state.
        found: alloc::string::String,
    },
    /// The text is not JSON, or not a state in NumPy's form.
    #[cfg(feature = "serde")]
    Malformed {
        /// NumPy's name of the generator that was asked for.
        generator: &'static str,
        /// The line of the text at which reading stopped; 0 if the text as a whole is at fault.
        line: usize,
        /// The column at which reading stopped.
        column: usize,
        /// What the JSON reader says.
        detail: alloc::string::String,
    },
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Impossible {
                generator,
                field,
                value,
                requires,
            } => {
                write!(
                    f,
                    "`{field}` of a {generator} state {requires}, found {value}"
                )
            }
            #[cfg(feature = "serde")]
            StateError::OtherGenerator { expected, found } => {
                write!(f, "state must be of {expected}, found one of {found}")
            }
            #[cfg(feature = "serde")]
            StateError::Malformed {
                generator, detail, ..
            } => {
                write!(
                    f,
                    "text is not a {generator} state in numpy's form: {detail}"
                )
            }
        }
    }
}

impl core::error::Error for StateError {}

/// NumPy's `MT19937().state`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mt19937State {
    /// The words of the block.
    pub key: [u32; N],
    /// The next word of the block; 624 if all are used up.
    pub pos: usize,
}

impl fmt::Debug for Mt19937State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mt19937State")
            .field("pos", &self.pos)
            .finish_non_exhaustive()
    }
}

/// NumPy's `PCG64().state` and `PCG64DXSM().state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcgState {
    /// The state of the congruential generator.
    pub state: u128,
    /// Its odd increment.
    pub inc: u128,
    /// Whether `uinteger` waits for the next 32-bit draw.
    pub has_uint32: bool,
    /// The upper half of the last word that a 32-bit draw took.
    pub uinteger: u32,
}

/// NumPy's `Philox().state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhiloxState {
    /// The counter of the last block, least significant word first.
    pub counter: [u64; 4],
    /// The key, least significant word first.
    pub key: [u64; 2],
    /// The last block.
    pub buffer: [u64; 4],
    /// The next word of the block; 4 if all are used up.
    pub buffer_pos: usize,
    /// Whether `uinteger` waits for the next 32-bit draw.
    pub has_uint32: bool,
    /// The upper half of the last word that a 32-bit draw took.
    pub uinteger: u32,
}

/// NumPy's `SFC64().state`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sfc64State {
    /// Three chaotic words and a counter.
    pub state: [u64; 4],
    /// Whether `uinteger` waits for the next 32-bit draw.
    pub has_uint32: bool,
    /// The upper half of the last word that a 32-bit draw took.
    pub uinteger: u32,
}

/// NumPy's `RandomState().get_state(legacy=False)`: the generator's state and the waiting normal.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomStateState<S> {
    /// The state of the source of words.
    pub bits: S,
    /// Whether `gauss` waits for the next normal.
    pub has_gauss: bool,
    /// The second normal of the polar method's last attempt; 0 when it has been taken.
    pub gauss: f64,
    /// Whose numbers it draws, which NumPy does not say.
    pub stream_version: StreamVersion,
}

impl SavedState for Mt19937 {
    const NAME: &'static str = "MT19937";
    type State = Mt19937State;

    fn state(&self) -> Mt19937State {
        Mt19937State {
            key: self.key,
            pos: self.pos,
        }
    }

    fn from_state(Mt19937State { key, pos }: Mt19937State) -> Result<Mt19937, StateError> {
        let impossible = |field, value, requires| {
            Err(StateError::Impossible {
                generator: Self::NAME,
                field,
                value,
                requires,
            })
        };
        if pos > N {
            return impossible("pos", pos as u128, "must be at most 624");
        }
        if key[1..].iter().all(|&word| word == 0) && key[0] >> 31 == 0 {
            return impossible("key", 0, "must not be all zeros");
        }
        Ok(Mt19937 { key, pos })
    }
}

impl<P: Permutation> SavedState for Pcg<P> {
    const NAME: &'static str = P::NAME;
    type State = PcgState;

    fn state(&self) -> PcgState {
        PcgState {
            state: self.state,
            inc: self.increment,
            has_uint32: self.half.pending,
            uinteger: self.half.value,
        }
    }

    fn from_state(saved: PcgState) -> Result<Pcg<P>, StateError> {
        if saved.inc & 1 == 0 {
            return Err(StateError::Impossible {
                generator: Self::NAME,
                field: "inc",
                value: saved.inc,
                requires: "must be odd",
            });
        }
        let half = HalfWord {
            pending: saved.has_uint32,
            value: saved.uinteger,
        };
        Ok(Pcg::resume(saved.state, saved.inc, half))
    }
}

impl SavedState for Philox {
    const NAME: &'static str = "Philox";
    type State = PhiloxState;

    fn state(&self) -> PhiloxState {
        PhiloxState {
            counter: self.counter,
            key: self.key,
            buffer: self.buffer,
            buffer_pos: self.buffer_pos,
            has_uint32: self.half.pending,
            uinteger: self.half.value,
        }
    }

    fn from_state(saved: PhiloxState) -> Result<Philox, StateError> {
        if saved.buffer_pos > saved.buffer.len() {
            return Err(StateError::Impossible {
                generator: Self::NAME,
                field: "buffer_pos",
                value: saved.buffer_pos as u128,
                requires: "must be at most 4",
            });
        }
        Ok(Philox {
            counter: saved.counter,
            key: saved.key,
            buffer: saved.buffer,
            buffer_pos: saved.buffer_pos,
            half: HalfWord {
                pending: saved.has_uint32,
                value: saved.uinteger,
            },
        })
    }
}

impl SavedState for Sfc64 {
    const NAME: &'static str = "SFC64";
    type State = Sfc64State;

    fn state(&self) -> Sfc64State {
        Sfc64State {
            state: self.words,
            has_uint32: self.half.pending,
            uinteger: self.half.value,
        }
    }

    fn from_state(saved: Sfc64State) -> Result<Sfc64, StateError> {
        let half = HalfWord {
            pending: saved.has_uint32,
            value: saved.uinteger,
        };
        Ok(Sfc64 {
            words: saved.state,
            half,
        })
    }
}

impl<B: SavedState> RandomState<B> {
    /// Returns the present state: NumPy's `get_state(legacy=False)`.
    #[doc(alias = "get_state")]
    pub fn state(&self) -> RandomStateState<B::State> {
        RandomStateState {
            bits: self.bits.state(),
            has_gauss: self.gauss.is_some(),
            gauss: self.gauss.unwrap_or(0.0),
            stream_version: self.version,
        }
    }

    /// Returns the generator that goes on from `state`: NumPy's `set_state`.
    ///
    /// # Errors
    ///
    /// [`StateError::Impossible`] if no such generator can be in that state.
    #[doc(alias = "set_state")]
    pub fn from_state(state: RandomStateState<B::State>) -> Result<RandomState<B>, StateError> {
        let mut rng = RandomState::from_bits(B::from_state(state.bits)?)
            .with_stream_version(state.stream_version);
        rng.gauss = state.has_gauss.then_some(state.gauss);
        Ok(rng)
    }
}
