//! [`Shared`]: one stream that many processes draw from.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use multiproc_rng::AnySource;
use multiproc_segment::{Layout, Lifetime, Segment, SegmentName};
use multiproc_sync::{
    AccessTable, Claim, ClaimError, Deadline, LockError, MUTEX_LEN, Mode, Place, RawMutex,
    RobustMutex,
};

use crate::error::SharedRngError;
use crate::lease::Lease;
use crate::source::{self, Source};
use crate::state_slots::{KIND, Saved, Scratch, StateSlots, next_number};

/// Where the leases stand that are held.
const LEASES: Place = Place::Control(0);
const LOCK: Place = Place::Control(AccessTable::LEN);

/// One stream that many processes draw from: each number goes to one of them.
///
/// Which process gets which number depends on who comes first; all together they get the numbers that
/// one process alone would. The state is in a segment, guarded by a lock that survives its owners.
/// A draw works on a private copy, and counts when one store puts the new state in the old one's
/// place: a process that is killed meanwhile, at any instruction, has drawn or has not, and the next one
/// goes on at once.
///
/// `S` is what draws: [`Generator`](multiproc_rng::Generator) or
/// [`RandomState`](multiproc_rng::RandomState) over any bit generator, so that all methods and
/// distributions are there.
///
/// # Examples
///
/// ```
/// use multiproc_rng::RandomState;
/// use multiproc_shared_rng::Shared;
///
/// let stream = Shared::new(RandomState::new(42))?;
/// // Another process does this with the segment it was sent.
/// let same = Shared::<RandomState>::attach(stream.segment().clone())?;
///
/// // numpy.random.RandomState(42).random_sample(3)
/// assert_eq!(stream.draw(|rng| rng.random_sample())?, 0.3745401188473625);
/// assert_eq!(same.draw(|rng| rng.random_sample())?, 0.9507143064099162);
/// assert_eq!(stream.draw(|rng| rng.random_sample())?, 0.7319939418114051);
/// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
/// ```
pub struct Shared<S> {
    lock: RobustMutex,
    leases: AccessTable,
    segment: Segment,
    /// What this handle knows; only used under the lock.
    known: Mutex<Known<S>>,
}

/// The state that a handle knows from its own last draw, and memory for words.
struct Known<S> {
    /// The commit word with which `source` was the present state.
    commit: u64,
    /// How many values had been handed out.
    handed_out: u64,
    source: Option<S>,
    scratch: Scratch,
}

impl<S: Source> Known<S> {
    /// Takes the present state, which is read only if somebody else has drawn since, with its number.
    ///
    /// Without a commit the next call reads it anew.
    fn take_present(&mut self, slots: StateSlots<'_>) -> Result<(u64, S), SharedRngError> {
        let commit = slots.commit_word()?;
        if let Some(source) = self.source.take()
            && self.commit == commit
        {
            return Ok((commit >> 16, source));
        }
        let saved = slots.load(&mut self.scratch)?;
        self.handed_out = saved.handed_out;
        Ok((saved.number, source::of_kind(saved.source)?))
    }

    /// The next `n` values to be handed out.
    fn next(&self, n: u64) -> Range<u64> {
        self.handed_out..self.handed_out.saturating_add(n)
    }

    /// Makes `source` the state after the one with this number.
    fn commit(
        &mut self,
        slots: StateSlots<'_>,
        number: u64,
        handed_out: u64,
        source: S,
    ) -> Result<(), SharedRngError> {
        let next = Saved {
            number: next_number(number),
            handed_out,
            source: source.clone().into(),
        };
        self.commit = slots.commit(&next, &mut self.scratch)?;
        self.handed_out = handed_out;
        self.source = Some(source);
        Ok(())
    }
}

/// The stream's lock, held; released on drop, which leaves the state as it is.
struct Held<'a>(&'a RobustMutex);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

impl<S: Source> Shared<S> {
    /// Shares the stream of `source` from its present state on, in an anonymous segment.
    ///
    /// # Errors
    ///
    /// - [`SharedRngError::Segment`] if some limit leaves too little room.
    /// - [`SharedRngError::Sync`] if the system lacks robust locks.
    pub fn new(source: S) -> Result<Shared<S>, SharedRngError> {
        let source = source.into();
        let segment = Segment::anonymous(layout(&source))?;
        format(&segment, source)?;
        Shared::attach(segment)
    }

    /// As [`new`](Self::new), in a segment that other processes of this user open by `name`; it lives as
    /// long as its last user.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`SharedRngError::Segment`] also if the name is taken.
    pub fn create(name: &SegmentName, source: S) -> Result<Shared<S>, SharedRngError> {
        let source = source.into();
        let layout = layout(&source);
        let init = |segment: &Segment| format(segment, source);
        Shared::attach(Segment::create(name, layout, Lifetime::LastUser, init)?)
    }

    /// Opens the stream that was made under `name`.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach), and [`SharedRngError::Segment`] if there is none.
    pub fn open(name: &SegmentName) -> Result<Shared<S>, SharedRngError> {
        Shared::attach(Segment::open(name)?)
    }

    /// Finds the stream in `segment`.
    ///
    /// # Errors
    ///
    /// - [`SharedRngError::NotAStream`] if something else is there.
    /// - [`SharedRngError::OtherSource`] if the stream is not of an `S`.
    /// - [`SharedRngError::Sync`] if its lock cannot be used here.
    pub fn attach(segment: Segment) -> Result<Shared<S>, SharedRngError> {
        StateSlots::of(&segment)?;
        let shared = Shared {
            lock: RobustMutex::attach(&segment, LOCK)?,
            leases: AccessTable::attach(&segment, LEASES)?,
            segment,
            known: Mutex::new(Known {
                commit: 0,
                handed_out: 0,
                source: None,
                scratch: Scratch::new(),
            }),
        };
        match shared.state() {
            // It can be repaired by whoever has it.
            Ok(_) | Err(SharedRngError::Corrupt { .. }) => Ok(shared),
            Err(error) => Err(error),
        }
    }

    /// The segment that the stream is in, to be sent to other processes.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Draws from the stream whatever `with` draws, and returns what it returns.
    ///
    /// Nobody else draws meanwhile: make it short, or take a [lease](Self::reserve). If `with` panics,
    /// nothing was drawn.
    ///
    /// # Errors
    ///
    /// - [`SharedRngError::Corrupt`] if somebody overwrote the state; nothing was drawn.
    /// - [`SharedRngError::Sync`] if this thread is in a draw from the same stream.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::default_rng;
    /// use multiproc_shared_rng::Shared;
    ///
    /// let stream = Shared::new(default_rng(42))?;
    /// let mut normals = [0.0; 100];
    /// stream.draw(|rng| rng.fill_standard_normal(&mut normals))?;
    /// assert_eq!(normals[0], 0.30471707975443135);
    /// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
    /// ```
    pub fn draw<R>(&self, with: impl FnOnce(&mut S) -> R) -> Result<R, SharedRngError> {
        let _held = self.hold()?;
        let (slots, mut known) = (self.slots()?, self.known());
        let (number, mut source) = known.take_present(slots)?;
        let drawn = with(&mut source);
        let handed_out = known.handed_out;
        known.commit(slots, number, handed_out, source)?;
        Ok(drawn)
    }

    /// The present state of the stream; what is drawn from the copy is drawn from the stream as well.
    ///
    /// # Errors
    ///
    /// As [`draw`](Self::draw).
    pub fn state(&self) -> Result<S, SharedRngError> {
        let _held = self.hold()?;
        let saved = self.slots()?.load(&mut self.known().scratch)?;
        source::of_kind(saved.source)
    }

    /// Takes the next `n` draws of 64 bits out of the stream, to be made at leisure.
    ///
    /// What a lease's owner leaves undrawn when it dies is [reported](Self::take_abandoned); what it
    /// leaves undrawn alive is lost. Up to 62 leases can be held at once.
    ///
    /// # Errors
    ///
    /// - [`SharedRngError::Rng`] if the generator cannot seek.
    /// - [`SharedRngError::Lease`] if no more leases can be held.
    /// - As [`draw`](Self::draw).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::default_rng;
    /// use multiproc_shared_rng::Shared;
    ///
    /// let stream = Shared::new(default_rng(42))?;
    /// let mut lease = stream.reserve(2)?;
    /// assert_eq!(stream.draw(|rng| rng.random())?, 0.8585979199113825);
    /// assert_eq!(lease.random(), Some(0.7739560485559633));
    /// assert_eq!(lease.random(), Some(0.4388784397520523));
    /// assert_eq!(lease.random(), None);
    /// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
    /// ```
    pub fn reserve(&self, n: u64) -> Result<Lease, SharedRngError> {
        let _held = self.hold()?;
        let (slots, mut known) = (self.slots()?, self.known());
        let (number, source) = known.take_present(slots)?;
        let before: AnySource = source.into();
        let mut after = before.clone();
        after.bits_mut().try_skip_u64(n)?;
        let range = known.next(n);
        let claim = self.claim(range.clone())?;
        known.commit(slots, number, range.end, source::of_kind(after)?)?;
        Ok(Lease::new(before, n, claim))
    }

    /// Draws `n` values in blocks of up to `block_len`, and hands each block to `deliver` with the index of its
    /// first value.
    ///
    /// A block's draw counts before it is delivered. A process that dies leaves the stream between two
    /// blocks, and if it had not returned from delivering the last one, that one is
    /// [reported](Self::take_abandoned): no value is ever drawn twice, and at most one block is lost. `draw`
    /// may be any method, on any generator.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve), without the need to seek.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::default_rng;
    /// use multiproc_shared_rng::Shared;
    ///
    /// let stream = Shared::new(default_rng(42))?;
    /// let mut normals = Vec::new();
    /// stream.draw_blocks(
    ///     1000,
    ///     300,
    ///     |rng, block: &mut [f64]| rng.fill_standard_normal(block),
    ///     |_, block| normals.extend_from_slice(block),
    /// )?;
    /// assert_eq!(normals.len(), 1000);
    /// assert_eq!(normals[0], 0.30471707975443135);
    /// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
    /// ```
    pub fn draw_blocks<T: Copy + Default>(
        &self,
        n: usize,
        block_len: usize,
        mut draw: impl FnMut(&mut S, &mut [T]),
        mut deliver: impl FnMut(usize, &[T]),
    ) -> Result<(), SharedRngError> {
        let block_len = block_len.max(1);
        let mut block = vec![T::default(); n.min(block_len)];
        for start in (0..n).step_by(block_len) {
            let values = &mut block[..block_len.min(n - start)];
            let _undelivered = self.draw_block(values, &mut draw)?;
            deliver(start, values);
        }
        Ok(())
    }

    /// Draws one block; the claim says that it is not delivered yet.
    fn draw_block<T>(
        &self,
        values: &mut [T],
        draw: impl FnOnce(&mut S, &mut [T]),
    ) -> Result<Claim, SharedRngError> {
        let _held = self.hold()?;
        let (slots, mut known) = (self.slots()?, self.known());
        let (number, mut source) = known.take_present(slots)?;
        draw(&mut source, values);
        let range = known.next(values.len() as u64);
        let claim = self.claim(range.clone())?;
        known.commit(slots, number, range.end, source)?;
        Ok(claim)
    }

    /// Which of the values handed out in leases and blocks went with processes that died, and forgets
    /// them. Values are counted from the first that was ever handed out so.
    ///
    /// # Errors
    ///
    /// As [`draw`](Self::draw).
    pub fn take_abandoned(&self) -> Result<Vec<Range<u64>>, SharedRngError> {
        let _held = self.hold()?;
        let handed_out = self.slots()?.load(&mut self.known().scratch)?.handed_out;
        let mut ranges = Vec::new();
        for torn in self.leases.torn() {
            // Nobody alive holds any of it, as each value is handed out once.
            drop(self.claim(torn.clone())?);
            // A lease is entered before it counts.
            let counted = torn.start.min(handed_out)..torn.end.min(handed_out);
            if !counted.is_empty() {
                ranges.push(counted);
            }
        }
        ranges.sort_by_key(|range| range.start);
        Ok(ranges)
    }

    /// After [`SharedRngError::Corrupt`], goes on from the newest state that is whole, and returns its
    /// number.
    ///
    /// If that is the state before the present one, the last draw will be repeated.
    ///
    /// # Errors
    ///
    /// [`SharedRngError::Corrupt`] if none is whole; otherwise as [`draw`](Self::draw).
    pub fn repair(&self) -> Result<u64, SharedRngError> {
        let _held = self.hold()?;
        let (slots, mut known) = (self.slots()?, self.known());
        match slots.load(&mut known.scratch) {
            Err(SharedRngError::Corrupt {
                commit,
                whole: Some(_),
            }) => {
                let whole = slots.newest_whole()?;
                let whole = whole.ok_or(SharedRngError::Corrupt {
                    commit,
                    whole: None,
                })?;
                let number = whole.number;
                // Into the other slot, under the next number, so that the whole one stays until then.
                let next = Saved {
                    number: next_number(number),
                    ..whole
                };
                known.source = None;
                slots.commit(&next, &mut known.scratch)?;
                Ok(number)
            }
            Ok(saved) => Ok(saved.number),
            Err(error) => Err(error),
        }
    }

    fn hold(&self) -> Result<Held<'_>, SharedRngError> {
        match self.lock.lock(Deadline::Never) {
            Ok(()) => Ok(Held(&self.lock)),
            // Whatever the dead owner was at, the commit word says which state is whole.
            Err(LockError::OwnerDied(())) => {
                self.lock.mark_consistent();
                Ok(Held(&self.lock))
            }
            Err(other) => Err(SharedRngError::Sync(other.into())),
        }
    }

    /// After a panic in a draw, the state is not known.
    fn known(&self) -> MutexGuard<'_, Known<S>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slots(&self) -> Result<StateSlots<'_>, SharedRngError> {
        StateSlots::of(&self.segment)
    }

    /// Enters values that are being handed out. Under the lock.
    fn claim(&self, range: Range<u64>) -> Result<Claim, SharedRngError> {
        match self.leases.claim(Mode::Write, range) {
            Ok(claim) => Ok(claim),
            // Somebody died after entering them, before they counted as handed out.
            Err(ClaimError::Torn(claim)) => Ok(claim.mark_consistent()),
            Err(error) => Err(SharedRngError::Lease(error)),
        }
    }
}

fn layout(source: &AnySource) -> Layout {
    Layout {
        payload_len: StateSlots::len_for(source),
        control_len: AccessTable::LEN + MUTEX_LEN,
        kind: KIND,
    }
}

/// Makes a new segment a shared stream.
fn format(segment: &Segment, source: AnySource) -> Result<(), SharedRngError> {
    RobustMutex::init(segment, LOCK)?;
    let first = Saved {
        number: 0,
        handed_out: 0,
        source,
    };
    StateSlots::of(segment)?.commit(&first, &mut Scratch::new())?;
    Ok(())
}

impl<S> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("segment", &self.segment.id())
            .field("holder", &self.lock.holder())
            .finish_non_exhaustive()
    }
}
