//! [`AnySource`]: a [`Generator`] or a [`RandomState`] over any bit generator, and the words of its state.
//!
//! Version 1 of the words, 64 bits each:
//!
//! | word | holds |
//! |---:|---|
//! | 0 | from the lowest byte: generator, 1 for `RandomState`, stream version, 1 if a normal waits; then a 1 in the fifth for this version |
//! | 1 | the waiting normal, or 0 |
//! | 2 | `Mt19937`: pos, then the key, two words in one; `Pcg64`, `Pcg64Dxsm`: state, increment, half word; `Philox`: counter, key, buffer, position in it, half word; `Sfc64`: state, half word; `ChaCha`: key, stream, position |
//!
//! Numbers of 128 bits have their low word first; a half word has its value in the low half and 1 in
//! the other if it waits.

use alloc::vec::Vec;

use crate::half_word::HalfWord;
use crate::mt19937::N;
use crate::pcg64::Permutation;
use crate::{
    AnyBits, Generator, Mt19937, Mt19937State, Pcg, PcgState, Philox, PhiloxState, RandomState,
    RngError, SavedState, Sfc64, Sfc64State, StateError, StreamVersion,
};
#[cfg(feature = "chacha")]
use crate::{ChaCha, ChaChaState, Rounds};

/// What draws: NumPy's `Generator` or its `RandomState`, over any bit generator.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{AnySource, Mt19937, RandomState};
///
/// let mut rng = RandomState::new(7);
/// rng.standard_normal();
/// let words = AnySource::from(rng.clone()).to_words();
/// let mut back = RandomState::<Mt19937>::try_from(AnySource::from_words(words)?)
///     .expect("it is one");
/// assert_eq!(back.standard_normal(), rng.standard_normal());
/// # Ok::<(), multiproc_rng::StateError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnySource {
    /// Draws with the methods of NumPy's `Generator`.
    Generator(Generator<AnyBits>),
    /// Draws with the methods of NumPy's `RandomState`.
    RandomState(RandomState<AnyBits>),
}

impl<B: Into<AnyBits>> From<Generator<B>> for AnySource {
    fn from(rng: Generator<B>) -> AnySource {
        let (bits, version) = (rng.bits.into(), rng.version);
        AnySource::Generator(Generator { bits, version })
    }
}

impl<B: Into<AnyBits>> From<RandomState<B>> for AnySource {
    fn from(rng: RandomState<B>) -> AnySource {
        AnySource::RandomState(RandomState {
            bits: rng.bits.into(),
            gauss: rng.gauss,
            version: rng.version,
        })
    }
}

impl<B: TryFrom<AnyBits, Error = AnyBits>> TryFrom<AnySource> for Generator<B> {
    /// What it is instead.
    type Error = AnySource;

    fn try_from(source: AnySource) -> Result<Generator<B>, AnySource> {
        let AnySource::Generator(Generator { bits, version }) = source else {
            return Err(source);
        };
        match B::try_from(bits) {
            Ok(bits) => Ok(Generator { bits, version }),
            Err(bits) => Err(AnySource::Generator(Generator { bits, version })),
        }
    }
}

impl<B: TryFrom<AnyBits, Error = AnyBits>> TryFrom<AnySource> for RandomState<B> {
    /// What it is instead.
    type Error = AnySource;

    fn try_from(source: AnySource) -> Result<RandomState<B>, AnySource> {
        let AnySource::RandomState(rng) = source else {
            return Err(source);
        };
        let RandomState {
            bits,
            gauss,
            version,
        } = rng;
        match B::try_from(bits) {
            Ok(bits) => Ok(RandomState {
                bits,
                gauss,
                version,
            }),
            Err(bits) => Err(AnySource::RandomState(RandomState {
                bits,
                gauss,
                version,
            })),
        }
    }
}

/// The version of the words.
const LAYOUT: u8 = 1;

/// Words being read; short ones give zeros, and their number is checked at the end.
struct Reader<I> {
    words: I,
    n_missing: usize,
}

impl<I: Iterator<Item = u64>> Reader<I> {
    fn next(&mut self) -> u64 {
        let word = self.words.next();
        self.n_missing += usize::from(word.is_none());
        word.unwrap_or(0)
    }

    fn array<const L: usize>(&mut self) -> [u64; L] {
        core::array::from_fn(|_| self.next())
    }

    fn u128(&mut self) -> u128 {
        let [low, high] = self.array().map(u128::from);
        high << 64 | low
    }

    fn half(&mut self) -> (bool, u32) {
        let word = self.next();
        (word >> 32 != 0, word as u32)
    }
}

fn half_word(half: HalfWord) -> u64 {
    u64::from(half.pending) << 32 | u64::from(half.value)
}

fn two_words(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

/// A generator whose state goes in and out as words.
trait Words: SavedState {
    fn write(&self, push: impl FnMut(u64));
    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> Self::State;
}

impl Words for Mt19937 {
    fn write(&self, mut push: impl FnMut(u64)) {
        push(self.pos as u64);
        for pair in self.key.as_chunks::<2>().0 {
            push(u64::from(pair[1]) << 32 | u64::from(pair[0]));
        }
    }

    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> Mt19937State {
        let pos = usize::try_from(words.next()).unwrap_or(usize::MAX);
        let mut key = [0; N];
        for pair in key.as_chunks_mut::<2>().0 {
            let word = words.next();
            *pair = [word as u32, (word >> 32) as u32];
        }
        Mt19937State { key, pos }
    }
}

impl<P: Permutation> Words for Pcg<P> {
    fn write(&self, mut push: impl FnMut(u64)) {
        two_words(self.state).into_iter().for_each(&mut push);
        two_words(self.increment).into_iter().for_each(&mut push);
        push(half_word(self.half));
    }

    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> PcgState {
        let (state, inc) = (words.u128(), words.u128());
        let (has_uint32, uinteger) = words.half();
        PcgState {
            state,
            inc,
            has_uint32,
            uinteger,
        }
    }
}

impl Words for Philox {
    fn write(&self, mut push: impl FnMut(u64)) {
        self.counter.into_iter().for_each(&mut push);
        self.key.into_iter().for_each(&mut push);
        self.buffer.into_iter().for_each(&mut push);
        push(self.buffer_pos as u64);
        push(half_word(self.half));
    }

    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> PhiloxState {
        let (counter, key, buffer) = (words.array(), words.array(), words.array());
        let buffer_pos = usize::try_from(words.next()).unwrap_or(usize::MAX);
        let (has_uint32, uinteger) = words.half();
        PhiloxState {
            counter,
            key,
            buffer,
            buffer_pos,
            has_uint32,
            uinteger,
        }
    }
}

impl Words for Sfc64 {
    fn write(&self, mut push: impl FnMut(u64)) {
        self.words.into_iter().for_each(&mut push);
        push(half_word(self.half));
    }

    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> Sfc64State {
        let state = words.array();
        let (has_uint32, uinteger) = words.half();
        Sfc64State {
            state,
            has_uint32,
            uinteger,
        }
    }
}

#[cfg(feature = "chacha")]
impl<R: Rounds> Words for ChaCha<R> {
    fn write(&self, mut push: impl FnMut(u64)) {
        let state = self.state();
        for eight in state.key.as_chunks().0 {
            push(u64::from_le_bytes(*eight));
        }
        push(state.stream);
        two_words(state.position).into_iter().for_each(&mut push);
    }

    fn read<I: Iterator<Item = u64>>(words: &mut Reader<I>) -> ChaChaState {
        let mut key = [0; 32];
        for eight in key.as_chunks_mut().0 {
            *eight = words.next().to_le_bytes();
        }
        ChaChaState {
            key,
            stream: words.next(),
            position: words.u128(),
        }
    }
}

/// The generators by their number in the words.
macro_rules! numbered {
    ($($(#[$meta:meta])* $number:literal $name:ident)*) => {
        fn number_of(bits: &AnyBits) -> u8 {
            match bits {
                $($(#[$meta])* AnyBits::$name(_) => $number,)*
            }
        }

        fn write_bits(bits: &AnyBits, push: impl FnMut(u64)) {
            match bits {
                $($(#[$meta])* AnyBits::$name(bits) => bits.write(push),)*
            }
        }

        fn read_bits<I: Iterator<Item = u64>>(
            number: u8,
            words: &mut Reader<I>,
        ) -> Result<AnyBits, StateError> {
            match number {
                $(
                    $(#[$meta])*
                    $number => read::<crate::$name, I>(words).map(AnyBits::from),
                )*
                _ => Err(impossible("generator", number, "must be the number of a generator")),
            }
        }
    };
}

numbered! {
    1 Mt19937
    2 Pcg64
    3 Pcg64Dxsm
    4 Philox
    5 Sfc64
    #[cfg(feature = "chacha")]
    6 ChaCha8
    #[cfg(feature = "chacha")]
    7 ChaCha12
    #[cfg(feature = "chacha")]
    8 ChaCha20
}

fn read<B: Words, I: Iterator<Item = u64>>(words: &mut Reader<I>) -> Result<B, StateError> {
    let state = B::read(words);
    let n_left = words.words.by_ref().count();
    if words.n_missing != 0 || n_left != 0 {
        return Err(StateError::Impossible {
            generator: B::NAME,
            field: "len(words)",
            value: (if n_left > 0 { n_left } else { words.n_missing }) as u128,
            requires: "must be what the generator has, with none missing or left over",
        });
    }
    B::from_state(state)
}

fn impossible(field: &'static str, value: impl Into<u128>, requires: &'static str) -> StateError {
    StateError::Impossible {
        generator: "saved",
        field,
        value: value.into(),
        requires,
    }
}

fn flag(field: &'static str, value: u8) -> Result<bool, StateError> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(impossible(field, value, "must be 0 or 1")),
    }
}

impl AnySource {
    /// The most words that any state has: those of a [`Mt19937`].
    pub const MOST_WORDS: usize = 3 + N / 2;

    /// The bit generator.
    pub fn bits(&self) -> &AnyBits {
        match self {
            AnySource::Generator(rng) => &rng.bits,
            AnySource::RandomState(rng) => &rng.bits,
        }
    }

    /// The bit generator, to draw from it directly.
    pub fn bits_mut(&mut self) -> &mut AnyBits {
        match self {
            AnySource::Generator(rng) => &mut rng.bits,
            AnySource::RandomState(rng) => &mut rng.bits,
        }
    }

    /// The present state as words; the layout is in the source file's head.
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = Vec::new();
        self.write_words(|word| words.push(word));
        words
    }

    /// Gives the words of [`to_words`](Self::to_words) to `push`, at most [`MOST_WORDS`](Self::MOST_WORDS).
    pub fn write_words(&self, mut push: impl FnMut(u64)) {
        let (is_random_state, version, gauss) = match self {
            AnySource::Generator(rng) => (0, rng.version, None),
            AnySource::RandomState(rng) => (1, rng.version, rng.gauss),
        };
        let version = match version {
            StreamVersion::Numpy2_4 => 0,
            StreamVersion::Numpy2_5 => 1,
        };
        let (number, has_gauss) = (number_of(self.bits()), gauss.is_some().into());
        let head = [number, is_random_state, version, has_gauss, LAYOUT, 0, 0, 0];
        push(u64::from_le_bytes(head));
        push(gauss.unwrap_or(0.0).to_bits());
        write_bits(self.bits(), push);
    }

    /// The source that goes on from a state that [`to_words`](Self::to_words) gave.
    ///
    /// # Errors
    ///
    /// [`StateError::Impossible`] if the words are of another layout, or no generator can be in
    /// that state.
    pub fn from_words(words: impl IntoIterator<Item = u64>) -> Result<AnySource, StateError> {
        let mut words = Reader {
            words: words.into_iter(),
            n_missing: 0,
        };
        let [number, is_random_state, version, has_gauss, layout, ..] = words.next().to_le_bytes();
        if layout != LAYOUT {
            return Err(impossible("layout", layout, "must be version 1"));
        }
        let version = match version {
            0 => StreamVersion::Numpy2_4,
            1 => StreamVersion::Numpy2_5,
            other => return Err(impossible("stream version", other, "must be 0 or 1")),
        };
        let is_random_state = flag("kind", is_random_state)?;
        let gauss = f64::from_bits(words.next());
        let gauss = flag("has_gauss", has_gauss)?.then_some(gauss);
        let bits = read_bits(number, &mut words)?;
        Ok(if is_random_state {
            AnySource::RandomState(RandomState {
                bits,
                gauss,
                version,
            })
        } else {
            AnySource::Generator(Generator { bits, version })
        })
    }

    /// Fails for a source whose bit generator cannot [`Seek`](crate::Seek).
    ///
    /// # Errors
    ///
    /// [`RngError::CannotSeek`] for [`Sfc64`].
    pub fn check_seeks(&self) -> Result<(), RngError> {
        self.bits().check_seeks()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_that_are_cut_or_too_many_or_of_another_layout_are_refused() {
        let words = AnySource::from(crate::default_rng(3)).to_words();
        for n in 0..words.len() {
            assert!(
                AnySource::from_words(words[..n].iter().copied()).is_err(),
                "{n} words"
            );
        }
        let longer = [&words[..], &[0]].concat();
        assert_eq!(
            AnySource::from_words(longer).unwrap_err().to_string(),
            "`len(words)` of a PCG64 state must be what the generator has, with none missing or \
             left over, found 1"
        );
        let error = AnySource::from_words([0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`layout` of a saved state must be version 1, found 0"
        );
    }

    proptest! {
        #[test]
        fn any_words_are_a_state_or_an_error(words: Vec<u64>, number in 0_u64..10, n in 0_usize..20) {
            let _ = AnySource::from_words(words.clone());
            let mut cut = words;
            cut.resize(n, 7);
            if let Some(first) = cut.first_mut() {
                *first = 1 << 32 | number;
            }
            if let Ok(source) = AnySource::from_words(cut) {
                let _ = source.to_words();
            }
        }
    }
}
