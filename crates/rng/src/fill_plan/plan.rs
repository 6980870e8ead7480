//! [`FillPlan`]: which part of the stream makes which part of the array.

use alloc::vec::Vec;
use core::ops::Range;

use super::method::FillMethod;
use super::value::{FillValue, Parse};
use super::worker::FillWorker;
use crate::any_bits::Width;
use crate::{AnySource, RngError, StateError};

/// How an array of `n` values is filled in parts, by anybody and in any number of hands, exactly as one
/// call of NumPy's would fill it; and the very state that the call would leave.
///
/// The plan itself is a pure value: it can be sent to other processes, where each makes a
/// [`worker`](Self::worker). Parts are parsed in any order, before anything is known of the others,
/// which is where the time goes. They are placed in order: each is told its [`PartStart`], and
/// tells that of the next. A part that was given up half-way is repeated by anyone with the same outcome.
///
/// # Examples
///
/// Two hands, here one after the other:
///
/// ```
/// use multiproc_rng::{FillMethod, FillPlan, Generator, Pcg64, default_rng};
///
/// let mut rng = default_rng(42);
/// let plan = FillPlan::new(FillMethod::standard_normal(), rng.clone(), 200_000)?;
/// let mut hands = [plan.worker(), plan.worker()];
/// let mut out = vec![0.0; 200_000];
/// let (mut start, mut last) = (plan.start(), None);
/// for part in 0..plan.n_parts() {
///     let hand = &mut hands[part as usize % 2];
///     hand.parse(part);
///     let placed = hand.place(start);
///     start = placed.next;
///     let range = placed.range.start as usize..placed.range.end as usize;
///     last = hand.write(&mut out[range]).or(last);
/// }
///
/// let mut expected = vec![0.0; 200_000];
/// rng.fill_standard_normal(&mut expected);
/// assert_eq!(out, expected);
/// let after = Generator::<Pcg64>::try_from(last.expect("the last part knows")).expect("as it was");
/// assert_eq!(after.bits(), rng.bits());
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(try_from = "Vec<u64>", into = "Vec<u64>", bound = "")
)]
pub struct FillPlan<T: FillValue> {
    pub(super) method: FillMethod<T>,
    pub(super) source: AnySource,
    pub(super) parse: Parse,
    n: u64,
    part_len: u64,
    pub(super) words_per_part: u64,
    pub(super) values_per_part: usize,
    n_parts: u64,
}

/// Where a part begins, once all before it are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PartStart {
    /// Which part.
    pub part: u64,
    /// The words that the parts before it took.
    pub position: u64,
    /// The index of its first value in the array.
    pub index: u64,
}

/// Where a part's values go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Their indices in the array.
    pub range: Range<u64>,
    /// Where the next part begins.
    pub next: PartStart,
}

/// Bytes of a part: it stays in a second-level cache.
const PART_BYTES: u64 = 512 * 1024;

/// So many deviations of the words that a part takes are added to it, so that it seldom ends before
/// the next one begins.
const SLACK: f64 = 4.0;

impl<T: FillValue> FillPlan<T> {
    /// Plans to fill `n` values by `method`, from the present state of `source`: a
    /// [`Generator`](crate::Generator) or a [`RandomState`](crate::RandomState), half words and
    /// waiting normals included.
    ///
    /// # Errors
    ///
    /// - [`RngError::CannotSeek`] for [`Sfc64`](crate::Sfc64).
    /// - [`RngError::NoSuchFill`] if the source's class has no such method for this type.
    /// - [`RngError::Parameter`] if it refuses the arguments.
    pub fn new(
        method: FillMethod<T>,
        source: impl Into<AnySource>,
        n: u64,
    ) -> Result<FillPlan<T>, RngError> {
        let part_len = PART_BYTES / size_of::<T>() as u64;
        FillPlan::cut(method, source.into(), n, part_len)
    }

    /// Sets how many values a part has, about; at least 1. It has no effect on the values.
    ///
    /// If it is not set: half a mebibyte.
    pub fn with_part_len(self, n_values: u64) -> FillPlan<T> {
        FillPlan::cut(self.method, self.source, self.n, n_values)
            .unwrap_or_else(|error| unreachable!("it was checked when the plan was made: {error}"))
    }

    fn cut(
        method: FillMethod<T>,
        source: AnySource,
        n: u64,
        part_len: u64,
    ) -> Result<FillPlan<T>, RngError> {
        source.check_seeks()?;
        T::check(method.kind, &source)?;
        let parse = T::parse(method.kind, &source);
        let part_len = part_len.clamp(1, 1 << 40);
        let (words_per_part, values_per_part, n_parts) = match parse {
            Parse::Each { n_values, .. } => {
                let n_words = part_len.div_ceil(n_values);
                let values_per_part = n_words.saturating_mul(n_values);
                (n_words, values_per_part, n.div_ceil(values_per_part))
            }
            Parse::Draws {
                n_values,
                words_per_value,
                ..
            } => {
                let n_words = (part_len as f64 * words_per_value) as u64;
                let n_words = n_words.next_multiple_of(n_values).max(n_values);
                let deviation = crate::math::sqrt(n_words as f64 * (words_per_value - 1.0));
                let enough = (n_words as f64 + SLACK * deviation) / words_per_value;
                // Of a pair that is begun one value may wait since before the call: with two, some word
                // is behind the part.
                let values_per_part = (enough as u64 + n_values).next_multiple_of(2 * n_values);
                let n_parts = n as f64 * words_per_value / n_words as f64;
                (n_words, values_per_part, n_parts as u64 + 1)
            }
            Parse::Pieces { n_values, accepted } => {
                let n_words = (part_len as f64 / (n_values as f64 * accepted)) as u64 + 1;
                let values_per_part = n_words * n_values;
                let n_parts = n as f64 / (values_per_part as f64 * accepted);
                (n_words, values_per_part, n_parts as u64 + 1)
            }
        };
        Ok(FillPlan {
            method,
            source,
            parse,
            n,
            part_len,
            words_per_part,
            values_per_part: usize::try_from(values_per_part).unwrap_or(usize::MAX),
            n_parts: n_parts.max(1),
        })
    }

    /// How many values there are.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a plan is not a collection, and one without values is a plan like others"
    )]
    pub fn len(&self) -> u64 {
        self.n
    }

    /// How many parts there are, at least 1. Some at the end may turn out to be empty.
    pub fn n_parts(&self) -> u64 {
        self.n_parts
    }

    /// Where the first part begins.
    pub fn start(&self) -> PartStart {
        PartStart {
            part: 0,
            position: 0,
            index: 0,
        }
    }

    /// Where `part` begins, if that does not depend on the parts before it: where each value takes as
    /// many words as the others.
    pub fn known_start(&self, part: u64) -> Option<PartStart> {
        matches!(self.parse, Parse::Each { .. }).then(|| PartStart {
            part,
            position: part.saturating_mul(self.words_per_part),
            index: part.saturating_mul(self.values_per_part as u64).min(self.n),
        })
    }

    pub(super) fn is_last(&self, part: u64) -> bool {
        part + 1 >= self.n_parts
    }

    /// Whether a normal may wait before the first word, and none behind a part.
    pub(super) fn draws_pairs(&self) -> bool {
        matches!(self.parse, Parse::Draws { n_values: 2, .. })
    }

    pub(super) fn width(&self) -> Width {
        match self.parse {
            Parse::Each { width, .. } | Parse::Draws { width, .. } => width,
            Parse::Pieces { .. } => Width::U32,
        }
    }

    /// A worker, which makes one part after the other.
    pub fn worker(&self) -> FillWorker<T> {
        FillWorker::new(self.clone())
    }

    /// The plan as words, for another process of this program.
    pub fn to_words(&self) -> Vec<u64> {
        let mut words = Vec::from([self.n, self.part_len]);
        words.extend(T::kind_to_words(self.method.kind));
        self.source.write_words(|word| words.push(word));
        words
    }

    /// The plan that [`to_words`](Self::to_words) gave the words of.
    ///
    /// # Errors
    ///
    /// [`StateError::Impossible`] if no plan for values of this type has these words.
    pub fn from_words(words: &[u64]) -> Result<FillPlan<T>, StateError> {
        let impossible = |field, value: u64, requires| StateError::Impossible {
            generator: "fill plan's",
            field,
            value: value.into(),
            requires,
        };
        let Some((&[n, part_len, dtype, number, a, b], source)) = words.split_first_chunk() else {
            return Err(impossible(
                "len(words)",
                words.len() as u64,
                "must be at least 6",
            ));
        };
        let kind = T::kind_from_words([dtype, number, a, b])
            .ok_or_else(|| impossible("method", number, "must be one for values of this type"))?;
        let source = AnySource::from_words(source.iter().copied())?;
        FillPlan::cut(FillMethod { kind }, source, n, part_len)
            .map_err(|_| impossible("method", number, "must be one that this source has"))
    }
}

impl<T: FillValue> From<FillPlan<T>> for Vec<u64> {
    fn from(plan: FillPlan<T>) -> Vec<u64> {
        plan.to_words()
    }
}

impl<T: FillValue> TryFrom<Vec<u64>> for FillPlan<T> {
    type Error = StateError;

    fn try_from(words: Vec<u64>) -> Result<FillPlan<T>, StateError> {
        FillPlan::from_words(&words)
    }
}
