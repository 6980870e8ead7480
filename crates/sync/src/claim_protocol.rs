//! How a range is claimed, released and found torn: the access table's algorithm.
//!
//! A claimant first takes a free slot's robust word, so that whatever follows the kernel will mark
//! the slot if the claimant dies. Then, under the table's leaf lock, it looks through the slots and
//! either writes its range and, last, its mode, which admits it; or it leaves, gives the slot
//! back and sleeps. Everything is decided under the leaf lock except releases: a holder takes its mode
//! away, counts the sequence word on and wakes its sleepers, without waiting for anybody.
//!
//! A sleeper read the sequence before it looked at the slots, so that a release it did not see has
//! changed the word and the kernel refuses the sleep. It sleeps on the sequence and on the word of the
//! slot in its way at once: where the kernel has `futex_waitv` (Linux 5.16), the holder's death wakes
//! it; on older kernels, and if the one woken is killed too before it could tell the others, a sleeper finds
//! out within the back-stop.
//!
//! Every change of a slot is one store, and each order of stores leaves a table that says too much
//! rather than too little, so that a death between any two needs no undoing.

use std::ops::Range;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Duration;

use crate::claim_rules::{Mode, Remnant, carve, common, conflicts, hull, nearest_pair, overlap};
use crate::deadline::Deadline;
use crate::holder::Holder;
use crate::primitive::{AtomicU32, AtomicU64, Futex, ThreadList, Watched, wait_any};
use crate::robust_word::{Acquired, Missed, RobustWord};
use crate::word;

/// Bit 0 of the sequence word: somebody sleeps on it. Sticky, as the waiters bit of a lock is.
const SLEEPERS: u32 = 1;
const ONE_RELEASE: u32 = 2;

const FREE: u32 = 0;
const READ: u32 = 1;
const WRITE: u32 = 2;
const ATOMIC: u32 = 3;
const TORN: u32 = 4;

/// How soon a claimant looks again when all slots are in the hands of claimants.
const CROWD_PAUSE: Duration = Duration::from_millis(1);

const fn code_of(mode: Mode) -> u32 {
    match mode {
        Mode::Read => READ,
        Mode::Write => WRITE,
        Mode::Atomic => ATOMIC,
    }
}

/// The mode of a live claim; `None` for a slot that claims nothing. Unknown codes exclude everybody.
const fn claimed(code: u32) -> Option<Mode> {
    match code {
        FREE | TORN => None,
        READ => Some(Mode::Read),
        ATOMIC => Some(Mode::Atomic),
        _ => Some(Mode::Write),
    }
}

/// One claim, or what a dead writer left of one.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Slot {
    mode: AtomicU32,
    pid: AtomicU32,
    pub(crate) owner: RobustWord,
    start: AtomicU64,
    end: AtomicU64,
}

impl Slot {
    pub(crate) const OWNER_OFFSET: usize = std::mem::offset_of!(Self, owner);
    pub(crate) const RANGE_OFFSET: usize = std::mem::offset_of!(Self, start);

    fn range(&self) -> Range<u64> {
        self.start.load(Relaxed)..self.end.load(Relaxed)
    }

    fn is_torn(&self) -> bool {
        self.mode.load(Acquire) == TORN
    }

    fn holder(&self, mode: Mode, word: u64) -> Holder {
        Holder {
            pid: self.pid.load(Relaxed),
            tid: word::owner(word),
            mode,
            range: self.range(),
        }
    }

    /// Writes the range and then the mode, which makes it count. Only under the leaf lock.
    fn admit(&self, pid: u32, range: &Range<u64>, code: u32) {
        self.pid.store(pid, Relaxed);
        self.start.store(range.start, Relaxed);
        self.end.store(range.end, Relaxed);
        // Release: pairs with the Acquire of those who read the mode without the leaf lock.
        self.mode.store(code, Release);
    }

    /// If its owner is gone, turns what it left into a torn marker or a free slot; says whether it did.
    ///
    /// Only under the leaf lock.
    fn settle(&self) -> bool {
        let word = self.owner.load();
        let code = self.mode.load(Acquire);
        if word::owner(word) != 0 || (word::is_free(word) && claimed(code).is_none()) {
            return false;
        }
        match claimed(code) {
            Some(Mode::Write) => self.mode.store(TORN, Release),
            Some(Mode::Read | Mode::Atomic) => self.mode.store(FREE, Release),
            None => {}
        }
        self.owner.reset(word);
        true
    }
}

/// A table in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'t> {
    pub(crate) leaf: &'t RobustWord,
    pub(crate) sequence: &'t Futex<AtomicU32>,
    pub(crate) slots: &'t [Slot],
}

/// A claim that was admitted.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) slot: usize,
    /// Which parts of the range dead writers left torn.
    pub(crate) torn: Vec<Range<u64>>,
}

/// Why a claim was not admitted.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// This other thread was in the way until the deadline.
    Held(Holder),
    /// The claimant itself is in the way.
    Deadlock(Holder),
    /// No slot is free; these threads have them.
    Full(Vec<Holder>),
    /// This thread held the leaf lock until the deadline.
    Stuck { holder: u32 },
    /// The claimant's list of held locks is full.
    TooManyHeld,
}

/// What a claimant found in its way.
struct Obstacle {
    slot: usize,
    /// The slot's word, owned by the holder.
    word: u64,
    /// The sequence before the slots were looked at.
    sequence: u32,
    holder: Holder,
}

/// What became of one look at the slots.
enum Attempt {
    Admitted,
    /// Admitted, but dead writers left parts of the range torn.
    AdmittedToTorn,
    Blocked(Obstacle),
}

/// Whether a slot can be had.
enum Room {
    Made,
    /// All slots are taken, some by claimants who may give them back at once.
    Crowded,
    None,
}

/// The leaf lock, held. Nothing is allocated meanwhile: an allocator may take locks of its own.
struct Admitting<'t> {
    table: Table<'t>,
    me: &'t ThreadList,
}

impl Drop for Admitting<'_> {
    fn drop(&mut self) {
        self.table.leaf.unlock_leaf(self.me);
    }
}

impl<'t> Table<'t> {
    /// Claims `range`, waiting until `deadline` for those in the way.
    pub(crate) fn claim(
        self,
        me: &ThreadList,
        mode: Mode,
        range: &Range<u64>,
        deadline: Deadline,
    ) -> Result<Admission, Refusal> {
        loop {
            let slot = self.own_slot(me, deadline)?;
            let obstacle = match self.attempt(me, slot, mode, range, deadline) {
                Ok(Attempt::Admitted) => {
                    return Ok(Admission {
                        slot,
                        torn: Vec::new(),
                    });
                }
                Ok(Attempt::AdmittedToTorn) => {
                    let torn = self.torn_within(me, range);
                    return Ok(Admission { slot, torn });
                }
                Ok(Attempt::Blocked(obstacle)) => Ok(obstacle),
                Err(refusal) => Err(refusal),
            };
            self.slots[slot].owner.unlock_unwatched(me, || {});
            let obstacle = obstacle?;
            if obstacle.holder.tid == 0 {
                // The holder died since the dead were settled: the next look settles it.
                continue;
            }
            if obstacle.holder.tid == me.tid() {
                return Err(Refusal::Deadlock(obstacle.holder));
            }
            match deadline.next_wait() {
                Some(patience) => self.sleep(&obstacle, patience),
                None if self.slots[obstacle.slot].owner.bury_the_dead(obstacle.word) => {}
                None => return Err(Refusal::Held(obstacle.holder)),
            }
        }
    }

    /// Ends the claim in `slot`; `false` if this thread does not hold it.
    pub(crate) fn release(self, me: &ThreadList, slot: usize) -> bool {
        self.release_as(me, slot, FREE)
    }

    /// Ends the claim in `slot` and leaves its range torn, as the holder's death would.
    pub(crate) fn release_torn(self, me: &ThreadList, slot: usize) -> bool {
        self.release_as(me, slot, TORN)
    }

    fn release_as(self, me: &ThreadList, slot: usize, code: u32) -> bool {
        let slot = &self.slots[slot];
        if !slot.owner.is_held_by(me) {
            return false;
        }
        // Release: pairs with the Acquire in `attempt`, and hands the range's bytes on.
        slot.mode.store(code, Release);
        self.announce();
        slot.owner.unlock_unwatched(me, || {})
    }

    /// Takes `repaired`, the range of the claim in `slot`, out of all torn ranges.
    ///
    /// A torn range that goes on at both sides needs one more slot; if there is none it stays whole.
    pub(crate) fn mark_consistent(self, me: &ThreadList, slot: usize, repaired: &Range<u64>) {
        if !self.slots[slot].owner.is_held_by(me) {
            return;
        }
        let mut spare = None;
        loop {
            let Ok(admitting) = self.enter(me, Deadline::Never) else {
                return;
            };
            let enough = self.carve_all(repaired, spare.map(|index: usize| &self.slots[index]));
            drop(admitting);
            if let Some(index) = spare {
                self.slots[index].owner.unlock_unwatched(me, || {});
            }
            if enough {
                return;
            }
            match self.own_slot(me, Deadline::Now) {
                Ok(index) => spare = Some(index),
                Err(_) => return,
            }
        }
    }

    /// Every claim that is held now, in no particular order.
    pub(crate) fn holders(self) -> Vec<Holder> {
        let mut holders = Vec::new();
        for slot in self.slots {
            let word = slot.owner.load();
            let Some(mode) = claimed(slot.mode.load(Acquire)) else {
                continue;
            };
            if word::owner(word) != 0 {
                holders.push(slot.holder(mode, word));
            }
        }
        holders
    }

    /// Every torn range, those of writers whose death nobody has noticed yet included.
    pub(crate) fn torn(self) -> Vec<Range<u64>> {
        let left_torn = |slot: &&Slot| {
            let dead = word::owner(slot.owner.load()) == 0;
            match slot.mode.load(Acquire) {
                TORN => true,
                code => dead && claimed(code) == Some(Mode::Write),
            }
        };
        self.slots
            .iter()
            .filter(left_torn)
            .map(Slot::range)
            .collect()
    }

    /// Takes a free slot's word, making room if there is none.
    fn own_slot(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Refusal> {
        if me.is_full() {
            return Err(Refusal::TooManyHeld);
        }
        loop {
            if let Some(slot) = self.own_free_slot(me) {
                return Ok(slot);
            }
            let patience = match self.make_room(me, deadline)? {
                Room::Made => continue,
                Room::Crowded => deadline.next_wait(),
                Room::None => None,
            };
            let Some(patience) = patience else {
                return Err(Refusal::Full(self.holders()));
            };
            let sequence = self.sequence.load(Relaxed);
            self.sequence.wait(sequence, patience.min(CROWD_PAUSE));
        }
    }

    fn own_free_slot(self, me: &ThreadList) -> Option<usize> {
        // Threads begin at different slots, so that they meet less often.
        let count = self.slots.len();
        let first = me.tid() as usize % count;
        (first..count).chain(0..first).find(|&index| {
            let slot = &self.slots[index];
            if slot.mode.load(Relaxed) != FREE || !word::is_free(slot.owner.load()) {
                return false;
            }
            if !slot.owner.lock_if_untouched(me) {
                return false;
            }
            // In between somebody may have taken it and left it torn.
            let free = slot.mode.load(Acquire) == FREE;
            if !free {
                slot.owner.unlock_unwatched(me, || {});
            }
            free
        })
    }

    /// Frees the slots of the dead and, if that is not enough, joins two torn ranges into their hull.
    fn make_room(self, me: &ThreadList, deadline: Deadline) -> Result<Room, Refusal> {
        let mut torn: Vec<(Range<u64>, &Slot)> = Vec::with_capacity(self.slots.len());
        let _admitting = self.enter(me, deadline)?;
        let mut settled = false;
        let mut room = Room::None;
        for slot in self.slots {
            settled |= slot.settle();
            let unowned = word::is_free(slot.owner.load());
            match (slot.mode.load(Acquire), unowned) {
                (FREE, true) => room = Room::Made,
                (FREE, false) if matches!(room, Room::None) => room = Room::Crowded,
                (TORN, true) => torn.push((slot.range(), slot)),
                _ => {}
            }
        }
        if settled {
            self.announce();
        }
        if matches!(room, Room::Made) {
            return Ok(room);
        }
        torn.sort_unstable_by_key(|(range, _)| range.start);
        if let Some((kept, freed)) = nearest_pair(torn.iter().map(|(range, _)| range)) {
            let ((kept, slot), (freed, spare)) = (&torn[kept], &torn[freed]);
            let joined = hull(kept, freed);
            slot.start.store(joined.start, Relaxed);
            slot.end.store(joined.end, Relaxed);
            spare.mode.store(FREE, Release);
            room = Room::Made;
        }
        Ok(room)
    }

    /// Looks for an obstacle and, if there is none, admits the claim to `slot`, which `me` owns.
    fn attempt(
        self,
        me: &ThreadList,
        slot: usize,
        mode: Mode,
        range: &Range<u64>,
        deadline: Deadline,
    ) -> Result<Attempt, Refusal> {
        let _admitting = self.enter(me, deadline)?;
        // Acquire, and before the slots: pairs with the release that `announce` counts.
        let sequence = self.sequence.load(Acquire);
        let mut torn = false;
        let mut settled = false;
        let mut first: Option<Obstacle> = None;
        for (index, other) in self.slots.iter().enumerate() {
            settled |= other.settle();
            let word = other.owner.load();
            let code = other.mode.load(Acquire);
            if code == FREE {
                continue;
            }
            let held = other.range();
            match claimed(code) {
                None => torn |= overlap(&held, range),
                Some(other_mode) if conflicts((other_mode, &held), (mode, range)) => {
                    let holder = other.holder(other_mode, word);
                    if first.is_none() || holder.tid == me.tid() {
                        first = Some(Obstacle {
                            slot: index,
                            word,
                            sequence,
                            holder,
                        });
                    }
                }
                Some(_) => {}
            }
        }
        if settled {
            self.announce();
        }
        if let Some(obstacle) = first {
            return Ok(Attempt::Blocked(obstacle));
        }
        self.slots[slot].admit(me.pid(), range, code_of(mode));
        Ok(if torn {
            Attempt::AdmittedToTorn
        } else {
            Attempt::Admitted
        })
    }

    /// The torn parts of `range`, which this thread has claimed, so that nobody tears more of it.
    fn torn_within(self, me: &ThreadList, range: &Range<u64>) -> Vec<Range<u64>> {
        let mut torn = Vec::with_capacity(self.slots.len());
        if let Ok(_admitting) = self.enter(me, Deadline::Never) {
            let marked = self
                .slots
                .iter()
                .filter(|slot| slot.is_torn())
                .map(Slot::range);
            torn.extend(
                marked
                    .filter(|held| overlap(held, range))
                    .map(|held| common(&held, range)),
            );
        }
        torn
    }

    /// Carves `repaired` out of the torn markers, one of them into `spare` if need be; `false` if
    /// another spare slot is needed.
    fn carve_all(self, repaired: &Range<u64>, mut spare: Option<&Slot>) -> bool {
        let mut enough = true;
        for slot in self.slots.iter().filter(|slot| slot.is_torn()) {
            let torn = slot.range();
            if !overlap(&torn, repaired) {
                continue;
            }
            match carve(&torn, repaired) {
                Remnant::Nothing => slot.mode.store(FREE, Release),
                Remnant::One(left) if left.start == torn.start => {
                    slot.end.store(left.end, Relaxed);
                }
                Remnant::One(left) => slot.start.store(left.start, Relaxed),
                Remnant::Two(before, after) => match spare.take() {
                    Some(spare) => {
                        spare.admit(slot.pid.load(Relaxed), &after, TORN);
                        slot.end.store(before.end, Relaxed);
                    }
                    None => enough = false,
                },
            }
        }
        enough
    }

    /// Takes the leaf lock.
    fn enter<'a>(self, me: &'a ThreadList, deadline: Deadline) -> Result<Admitting<'a>, Refusal>
    where
        't: 'a,
    {
        match self.leaf.lock_leaf(me, deadline.for_a_leaf()) {
            Ok(acquired) => {
                let admitting = Admitting { table: self, me };
                if acquired == Acquired::OwnerDied {
                    // It may have settled something and not told.
                    self.announce();
                }
                Ok(admitting)
            }
            Err(Missed::Held { holder, .. }) => Err(Refusal::Stuck { holder }),
            // Nothing else runs under the leaf lock: somebody wrote this thread's id into it.
            Err(Missed::Deadlock) => Err(Refusal::Stuck { holder: me.tid() }),
        }
    }

    /// Counts the sequence on and wakes everybody who sleeps on it.
    fn announce(self) {
        // Release: pairs with the Acquire in `attempt`.
        let before = self.sequence.fetch_add(ONE_RELEASE, AcqRel);
        if before & SLEEPERS != 0 && self.sequence.wake(i32::MAX) == 0 {
            let now = before.wrapping_add(ONE_RELEASE);
            let cleared = self
                .sequence
                .compare_exchange(now, now & !SLEEPERS, Relaxed, Relaxed);
            if cleared.is_ok() {
                // Who fell asleep since the wake shall mark the word again.
                self.sequence.wake(i32::MAX);
            }
        }
    }

    /// Sleeps until something is released, or the holder in the way dies.
    fn sleep(self, obstacle: &Obstacle, patience: Duration) {
        let sequence = obstacle.sequence | SLEEPERS;
        let marked = obstacle.sequence == sequence
            || self
                .sequence
                .compare_exchange(obstacle.sequence, sequence, Relaxed, Relaxed)
                .is_ok();
        if !marked {
            return;
        }
        let owner = &self.slots[obstacle.slot].owner;
        let Some(word) = owner.watch(obstacle.word) else {
            return;
        };
        let first = Watched {
            futex: self.sequence,
            value: sequence,
        };
        let holder = Watched {
            futex: owner.futex(),
            value: word::kernels(word),
        };
        wait_any(first, &[holder], patience);
        if owner.load() == word {
            owner.bury_the_dead(word);
        }
    }
}
