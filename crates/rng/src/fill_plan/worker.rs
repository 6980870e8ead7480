//! [`FillWorker`]: makes parts of a plan.

use alloc::vec::Vec;
use core::ops::Range;

use super::bits_walk::BitsWalk;
use super::plan::{FillPlan, PartStart, Placed};
use super::value::{Class, FillValue, Parse};
use crate::AnySource;

/// Makes the parts of a [`FillPlan`], one after the other: [`parse`](Self::parse), then
/// [`place`](Self::place), then [`write`](Self::write).
///
/// It keeps half a mebibyte of memory from part to part.
#[derive(Clone, Debug)]
pub struct FillWorker<T: FillValue> {
    plan: FillPlan<T>,
    /// What the last parse gave.
    values: Vec<T>,
    parsed: Option<Parsed>,
    placement: Placement<T>,
    /// A source that has come some way, and how far: the next place is mostly behind it.
    passing: (u64, AnySource),
}

/// A part parsed as if a value began with its first word.
#[derive(Clone, Debug)]
struct Parsed {
    part: u64,
    /// The source at its first word.
    begin: AnySource,
    n_values: usize,
    /// The word behind its last value.
    end: u64,
}

/// How the placed part is written.
#[derive(Clone, Debug)]
enum Placement<T> {
    /// By the sequential call, from this word on.
    Direct {
        position: u64,
        len: usize,
        ends: Ends,
    },
    /// These values, then some of those parsed.
    Parsed { before: Vec<T>, rest: Range<usize> },
}

impl<T> Placement<T> {
    fn nothing() -> Placement<T> {
        Placement::Parsed {
            before: Vec::new(),
            rest: 0..0,
        }
    }
}

/// Whether the array ends with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Here,
    Later,
}

impl<T: FillValue> FillWorker<T> {
    pub(super) fn new(plan: FillPlan<T>) -> FillWorker<T> {
        let passing = (0, plan.source.clone());
        FillWorker {
            plan,
            values: Vec::new(),
            parsed: None,
            placement: Placement::nothing(),
            passing,
        }
    }

    /// The plan that it works on.
    pub fn plan(&self) -> &FillPlan<T> {
        &self.plan
    }

    /// Makes the values of `part`, as far as that is possible before the parts ahead of it are known.
    pub fn parse(&mut self, part: u64) {
        let plan = &self.plan;
        if matches!(plan.parse, Parse::Each { .. }) || plan.is_last(part) {
            return;
        }
        let (kind, n_words, width) = (plan.method.kind, plan.words_per_part, plan.width());
        let is_pieces = matches!(plan.parse, Parse::Pieces { .. });
        let from = part * n_words;
        self.values.resize(plan.values_per_part, T::default());
        let begin = self.source_at(from);
        let mut source = begin.clone();
        let n_values = if is_pieces {
            let class = Class::of(&source);
            T::fill_pieces(kind, class, source.bits_mut(), n_words, &mut self.values)
        } else {
            // With a normal that waits, the pairs behind it end one value earlier.
            let waits = matches!(&source, AnySource::RandomState(rng) if rng.gauss.is_some());
            let n_values = self.values.len() - usize::from(waits && self.plan.draws_pairs());
            T::fill(kind, &mut source, &mut self.values[..n_values]);
            n_values
        };
        let end = from + source.bits().since(width, begin.bits());
        self.passing = (end, source);
        self.parsed = Some(Parsed {
            part,
            begin,
            n_values,
            end,
        });
    }

    /// Finds the place of a part in the array, and with it where the next part begins.
    ///
    /// A part that is not the one parsed last is parsed now.
    ///
    /// # Panics
    ///
    /// If the plan has no such part or index.
    #[track_caller]
    pub fn place(&mut self, start: PartStart) -> Placed {
        let n = self.plan.len();
        assert!(
            start.part < self.plan.n_parts() && start.index <= n,
            "no part of the plan begins at {start:?}"
        );
        let is_last = self.plan.is_last(start.part);
        if let Parse::Each { .. } = self.plan.parse {
            let len = (n - start.index).min(self.plan.values_per_part as u64);
            return self.place_directly(start, len, start.position + self.plan.words_per_part);
        }
        if start.index == n && start.part > 0 {
            self.placement = Placement::nothing();
            return placed(start, 0, start.position);
        }
        if is_last {
            return self.place_directly(start, n - start.index, start.position);
        }
        if self
            .parsed
            .as_ref()
            .is_none_or(|parsed| parsed.part != start.part)
        {
            self.parse(start.part);
        }
        let (before, rest, position) = self.join(start);
        let len = (before.len() + rest.len()) as u64;
        if start.index + len >= n {
            return self.place_directly(start, n - start.index, start.position);
        }
        self.placement = Placement::Parsed { before, rest };
        placed(start, len, position)
    }

    fn place_directly(&mut self, start: PartStart, len: u64, end: u64) -> Placed {
        let ends = if start.index + len == self.plan.len() {
            Ends::Here
        } else {
            Ends::Later
        };
        self.placement = Placement::Direct {
            position: start.position,
            len: len as usize,
            ends,
        };
        placed(start, len, end)
    }

    /// Walks from where the part truly begins until the walk meets the parse: the values of the walk,
    /// which of those parsed follow them, and the word behind the last.
    fn join(&mut self, start: PartStart) -> (Vec<T>, Range<usize>, u64) {
        let Some(parsed) = self.parsed.take() else {
            unreachable!("the part was parsed just now")
        };
        let (kind, class) = (self.plan.method.kind, Class::of(&self.plan.source));
        let n_wanted = self.plan.len() - start.index;
        let begin = start.part * self.plan.words_per_part;
        let (mut before, mut n_dropped) = (Vec::new(), 0);
        let (mut truly, mut guessed) = (start.position, begin);
        if truly != guessed {
            let ahead = if truly > begin {
                let mut source = parsed.begin.clone();
                source.bits_mut().skip(self.plan.width(), truly - begin);
                source
            } else {
                self.source_at(truly)
            };
            let mut true_walk = BitsWalk::new(ahead.bits().clone());
            let mut guess_walk = BitsWalk::new(parsed.begin.bits().clone());
            while truly != guessed
                && n_dropped < parsed.n_values
                && (before.len() as u64) < n_wanted
            {
                if truly < guessed {
                    T::draw(kind, class, &mut true_walk, &mut |value| before.push(value));
                    truly = start.position + true_walk.n_words();
                } else {
                    T::draw(kind, class, &mut guess_walk, &mut |_| n_dropped += 1);
                    guessed = begin + guess_walk.n_words();
                }
            }
        }
        let met = truly == guessed;
        let position = if met { parsed.end } else { truly };
        let first = if met { n_dropped } else { parsed.n_values };
        let rest = first..parsed.n_values;
        self.parsed = Some(parsed);
        (before, rest, position)
    }

    /// Writes the part placed last to `out`, which is as long as its range.
    ///
    /// With the array's last values comes the state of the source after all of them: the one that the
    /// sequential call would leave.
    ///
    /// # Panics
    ///
    /// If `out` has another length than the range.
    #[track_caller]
    pub fn write(&mut self, out: &mut [T]) -> Option<AnySource> {
        let (position, ends) = match &self.placement {
            Placement::Parsed { before, rest } => {
                assert_eq!(out.len(), before.len() + rest.len(), "the part's length");
                let (walked, parsed) = out.split_at_mut(before.len());
                walked.copy_from_slice(before);
                T::copy_to_part(&self.values[rest.clone()], parsed, self.plan.len());
                return None;
            }
            Placement::Direct {
                position,
                len,
                ends,
            } => {
                assert_eq!(out.len(), *len, "the part's length");
                (*position, *ends)
            }
        };
        let mut source = self.source_at(position);
        T::fill(self.plan.method.kind, &mut source, out);
        if ends == Ends::Here {
            return Some(source);
        }
        self.passing = (position + self.plan.words_per_part, source);
        None
    }

    /// The source at the word `position`; normals that wait are drawn before the first word.
    fn source_at(&mut self, position: u64) -> AnySource {
        if position == 0 {
            return self.plan.source.clone();
        }
        if self.passing.0 > position || self.passing.0 == 0 {
            let mut source = self.plan.source.clone();
            if let AnySource::RandomState(rng) = &mut source
                && self.plan.draws_pairs()
            {
                rng.gauss = None;
            }
            self.passing = (0, source);
        }
        let (passed, source) = &mut self.passing;
        source
            .bits_mut()
            .skip(self.plan.width(), position - *passed);
        *passed = position;
        source.clone()
    }
}

fn placed(start: PartStart, len: u64, end: u64) -> Placed {
    Placed {
        range: start.index..start.index + len,
        next: PartStart {
            part: start.part + 1,
            position: end,
            index: start.index + len,
        },
    }
}
