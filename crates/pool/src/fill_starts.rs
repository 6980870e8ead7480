//! [`FillStarts`]: a plan for filling an array, and where its parts begin, as workers find out.
//!
//! The payload of its segment, in words of 64 bits: how many words the plan has; the plan; then two
//! words for each part and one more: the words of the stream before it, and the index of its first value plus
//! 1, which is written last. What is written there follows from the plan alone, so that it does not
//! matter who writes it, or how often.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::thread;
use std::time::{Duration, Instant};

use multiproc_array::Element;
use multiproc_rng::{FillPlan, FillWorker, PartStart};
use multiproc_segment::{Bytes, Layout, Segment, SegmentError};

use crate::arguments::{ArrayArgument, Passed};
use crate::call::FromArgument;
use crate::fill_parallel::FillElement;
use crate::task::ArrayKind;

/// How long the part before may take to be placed until whoever waits for it does it too.
const PATIENCE: Duration = Duration::from_millis(50);
/// How often to look before the processor is left to others.
const SPINS: u32 = 2000;

/// A plan and the beginnings of its parts, in memory that all workers share.
pub struct FillStarts<E: FillElement> {
    segment: Segment,
    plan: FillPlan<E::Value>,
    /// Where the words of the beginnings are, in bytes.
    starts_at: usize,
    /// Kept from part to part, with its memory and its place in the stream.
    worker: RefCell<FillWorker<E::Value>>,
}

impl<E: FillElement> FillStarts<E> {
    pub(crate) fn new(plan: &FillPlan<E::Value>) -> Result<FillStarts<E>, SegmentError> {
        let words = plan.to_words();
        let n_starts = plan.n_parts() as usize + 1;
        let segment = Segment::anonymous(Layout::payload(8 * (1 + words.len() + 2 * n_starts)))?;
        let payload = segment.payload();
        payload.atomic_u64(0)?.store(words.len() as u64, Relaxed);
        for (i, word) in words.iter().enumerate() {
            payload.atomic_u64(8 * (1 + i))?.store(*word, Relaxed);
        }
        let starts = FillStarts {
            worker: RefCell::new(plan.worker()),
            plan: plan.clone(),
            starts_at: 8 * (1 + words.len()),
            segment,
        };
        starts.publish(plan.start());
        Ok(starts)
    }

    fn from_segment(segment: &Segment) -> Result<FillStarts<E>, String> {
        let payload = segment.payload();
        let word = |i: usize| {
            let word = payload
                .atomic_u64(8 * i)
                .map_err(|error| error.to_string())?;
            Ok::<u64, String>(word.load(Relaxed))
        };
        let n_words = (word(0)? as usize).min(payload.len() / 8);
        let words: Vec<u64> = (1..=n_words).map(word).collect::<Result<_, _>>()?;
        let plan = FillPlan::from_words(&words).map_err(|error| error.to_string())?;
        Ok(FillStarts {
            segment: segment.clone(),
            starts_at: 8 * (1 + n_words),
            worker: RefCell::new(plan.worker()),
            plan,
        })
    }

    pub(crate) fn worker(&self) -> &RefCell<FillWorker<E::Value>> {
        &self.worker
    }

    /// Where `part` begins, if somebody has found out.
    fn known(&self, part: u64) -> Option<PartStart> {
        let start = self.start_of(part)?;
        // Acquire: pairs with the Release in `publish`.
        let index = start.atomic_u64(8).ok()?.load(Acquire).checked_sub(1)?;
        let position = start.atomic_u64(0).ok()?.load(Relaxed);
        Some(PartStart {
            part,
            position,
            index,
        })
    }

    pub(crate) fn publish(&self, start: PartStart) {
        let Some(place) = self.start_of(start.part) else {
            return;
        };
        if let (Ok(position), Ok(index)) = (place.atomic_u64(0), place.atomic_u64(8)) {
            position.store(start.position, Relaxed);
            // Release: pairs with the Acquire in `known`.
            index.store(start.index + 1, Release);
        }
    }

    fn start_of(&self, part: u64) -> Option<Bytes<'_>> {
        let at = usize::try_from(part).ok()?.checked_mul(16)?;
        let at = at.checked_add(self.starts_at)?;
        self.segment.payload().slice(at, 16).ok()
    }

    /// Waits until the part before is placed; if that takes too long, because its worker died or was
    /// stopped, places it and others before it here as well.
    pub(crate) fn wait(&self, part: u64) -> PartStart {
        if let Some(start) = self.plan.known_start(part) {
            return start;
        }
        let began = Instant::now();
        let mut n_looks = 0;
        loop {
            if let Some(start) = self.known(part) {
                return start;
            }
            n_looks += 1;
            if n_looks < SPINS {
                std::hint::spin_loop();
            } else if began.elapsed() < PATIENCE {
                thread::yield_now();
            } else {
                return self.find(part);
            }
        }
    }

    fn find(&self, part: u64) -> PartStart {
        let known = (0..=part).rev().find_map(|part| self.known(part));
        let mut start = known.unwrap_or_else(|| self.plan.start());
        let mut worker = self.plan.worker();
        while start.part < part {
            start = self
                .known(start.part + 1)
                .unwrap_or_else(|| worker.place(start).next);
            self.publish(start);
        }
        start
    }
}

const fn kind_of<E: Element>() -> ArrayKind {
    ArrayKind {
        holder: "FillStarts",
        descr: E::DESCR,
        n_axes: None,
    }
}

impl<E: FillElement> ArrayArgument for FillStarts<E> {
    fn pass(&self) -> Passed {
        Passed {
            kind: kind_of::<E>(),
            segment: self.segment.clone(),
            handle: Vec::new(),
            held_by_caller: false,
        }
    }
}

impl<E: FillElement> FromArgument for FillStarts<E> {
    const KIND: ArrayKind = kind_of::<E>();

    fn attach(segment: &Segment, _: &[u8]) -> Result<Self, String> {
        FillStarts::from_segment(segment)
    }
}

impl<E: FillElement> fmt::Debug for FillStarts<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FillStarts")
            .field("segment", &self.segment.id())
            .field("n_parts", &self.plan.n_parts())
            .finish_non_exhaustive()
    }
}
