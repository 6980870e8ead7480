//! How parties meet: the barrier's algorithm.
//!
//! Every party owns a seat: a robust word, held for as long as it takes part, so that the kernel marks the
//! seat when its thread dies, whatever it was doing. A party arrives by writing the state word that it saw
//! into its seat, under the leaf lock. The one that finds all seats so is the last: it runs the action and
//! moves the state on with one compare-and-swap. Whoever finds a dead party instead breaks the barrier.
//!
//! Those who wait sleep on the state and on the words of all other seats at once, vacant ones too, so that
//! each death wakes one of them, and so does nobody miss a seat that is taken meanwhile. Whoever was woken by a
//! seat wakes all: the dead may have been about to. It holds a seat itself, so that its own death is
//! noticed in turn. Where the kernel lacks `futex_waitv` (Linux 5.16), deaths are noticed within the back-stop.
//!
//! The state: in the upper half the rounds completed; in the lower half, which is slept on, a count of
//! completions and resets from bit 1 on, and bit 0 for "broken". An arrival counts as long as the state
//! is still what it was, so that nothing has to be undone.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Duration;

use crate::broken::{BreakCause, Broken, Culprit, Record};
use crate::deadline::Deadline;
use crate::party_seat::{PartySeat, Sitter};
use crate::primitive::{
    AtomicU32, AtomicU64, Futex, SPINS, ThreadList, Watched, Woken, spin_loop, wait_any,
};
use crate::robust_word::{Missed, RobustWord};
use crate::word;

const BROKEN: u64 = 1;
const ONE_EVENT: u32 = 2;
const ONE_ROUND: u64 = 1 << 32;

/// The state of a new barrier: not 0, which no arrival has.
pub(crate) const NEW_STATE: u64 = ONE_EVENT as u64;

const fn is_broken(state: u64) -> bool {
    state & BROKEN != 0
}

/// The state after a reset: whole, in the same round.
const fn after_reset(state: u64) -> u64 {
    let event = (word::kernels(state) & !1).wrapping_add(ONE_EVENT);
    (state & !(ONE_ROUND - 1)) | event as u64
}

/// The state after the round is completed.
const fn after_round(state: u64) -> u64 {
    after_reset(state).wrapping_add(ONE_ROUND)
}

/// Whether a round that stood at `mine` was completed when the state became `now`.
const fn completed(mine: u64, now: u64) -> bool {
    mine >> 32 != now >> 32
}

/// A barrier in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting<'b> {
    pub(crate) leaf: &'b RobustWord,
    pub(crate) state: &'b Futex<AtomicU64>,
    /// How many parties it takes.
    pub(crate) parties: &'b AtomicU32,
    /// Who broke it last, and how.
    pub(crate) record: &'b Record,
    pub(crate) seats: &'b [PartySeat],
}

/// Why somebody did not get a seat.
#[derive(Debug)]
pub(crate) enum NoSeat {
    /// So many parties take part already.
    Full {
        parties: u32,
    },
    /// All seats are taken, some of them by the dead.
    Broken(Broken),
    /// The thread has a seat.
    Already,
    Stuck {
        holder: u32,
    },
}

/// Why a wait did not end well.
#[derive(Debug)]
pub(crate) enum NotMet {
    Broken(Broken),
    /// The thread does not hold the seat.
    NotSeated,
    Stuck {
        holder: u32,
    },
}

/// With whom a barrier goes on after a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// With as many parties as before: the seats of the dead wait for others to join.
    AwaitOthers,
    /// With those who live and take part now.
    GoOnWithout,
}

/// An arrival that was counted.
struct Arrival {
    /// The state at which it was.
    state: u64,
    /// How many came before.
    index: u32,
    is_last: bool,
}

/// The leaf lock, held.
struct Inside<'b> {
    meeting: Meeting<'b>,
    me: &'b ThreadList,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.meeting.leaf.unlock_leaf(self.me);
    }
}

impl<'b> Meeting<'b> {
    /// Takes a seat for the thread `me`, whose list must not be full.
    pub(crate) fn join(self, me: &ThreadList) -> Result<usize, NoSeat> {
        if self.seats.iter().any(|seat| seat.is_held_by(me)) {
            return Err(NoSeat::Already);
        }
        let stuck = |holder| NoSeat::Stuck { holder };
        self.tidy(me).map_err(stuck)?;
        let free = (self.seats.iter()).position(|seat| seat.owner.lock_watched(me));
        let Some(index) = free else {
            let _inside = self.enter(me, Deadline::Never).map_err(stuck)?;
            return Err(self.no_room());
        };
        // Those who wait learn of the seat before its party counts, so that they notice its death.
        self.wake_all();
        let seated = self.sit_down(me, &self.seats[index]);
        if seated.is_err() {
            self.seats[index].owner.unlock_unwatched(me, || {});
        }
        seated.map(|()| index)
    }

    /// Makes the thread that owns `seat` a party, if there is room.
    fn sit_down(self, me: &ThreadList, seat: &PartySeat) -> Result<(), NoSeat> {
        let inside = self.enter(me, Deadline::Never);
        let _inside = inside.map_err(|holder| NoSeat::Stuck { holder })?;
        if let Some(who) = Culprit::from_bits(seat.who.swap(0, Relaxed)) {
            // It left without the leaf lock.
            self.break_from(self.state.load(Acquire), BreakCause::Died, who);
        }
        let others = self.seats.iter().map(PartySeat::sitter);
        let n_others = others.filter(|&sitter| sitter != Sitter::Nobody).count();
        if n_others >= self.parties() as usize {
            return Err(self.no_room());
        }
        seat.arrived.store(0, Relaxed);
        // Release: pairs with the Acquire in `sitter`.
        seat.who.store(Culprit::of(me).to_bits(), Release);
        Ok(())
    }

    /// Why there is no seat. Only under the leaf lock.
    fn no_room(self) -> NoSeat {
        let state = self.state.load(Acquire);
        if self.break_for_the_dead(state) {
            NoSeat::Broken(self.breakage(state))
        } else {
            NoSeat::Full {
                parties: self.parties(),
            }
        }
    }

    /// Gives the seat up; as long as others take part, that breaks the barrier for them.
    pub(crate) fn leave(self, me: &ThreadList, seat: usize, cause: BreakCause) {
        let seat = &self.seats[seat];
        if !seat.is_held_by(me) {
            return;
        }
        if let Ok(_inside) = self.enter(me, Deadline::Now.for_a_leaf()) {
            if self.n_living() > 1 {
                self.break_from(self.state.load(Acquire), cause, Culprit::of(me));
            }
            // Last: killed before, it is a dead party.
            seat.who.store(0, Release);
        }
        // Without the leaf lock it leaves as the dead do, and the others notice for themselves.
        seat.owner.unlock_unwatched(me, || self.wake_all());
    }

    /// Meets the others: returns how many came before, and whether this was the last.
    ///
    /// The last one runs `action` before the others go on.
    pub(crate) fn meet(
        self,
        me: &ThreadList,
        seat: usize,
        deadline: Deadline,
        action: impl FnOnce(),
    ) -> Result<(u32, bool), NotMet> {
        if !self.seats[seat].is_held_by(me) {
            return Err(NotMet::NotSeated);
        }
        let stuck = |holder| NotMet::Stuck { holder };
        let arrival = self.arrive(me, seat, deadline).map_err(stuck)??;
        if arrival.is_last {
            let mut acting = Acting {
                meeting: self,
                me,
                done: false,
            };
            action();
            acting.done = true;
            drop(acting);
            let state = arrival.state;
            // Release: pairs with the Acquire of those who wait; Acquire: with the arrivals.
            let moved = (self.state).compare_exchange(state, after_round(state), AcqRel, Acquire);
            moved.map_err(|_| NotMet::Broken(self.breakage(state)))?;
            self.wake_all();
        } else {
            self.await_others(me, seat, arrival.state, deadline)?;
        }
        Ok((arrival.index, arrival.is_last))
    }

    /// Breaks the barrier for all who wait, and for all who come until it is reset.
    pub(crate) fn abort(self, me: &ThreadList, cause: BreakCause) -> Result<(), u32> {
        let _inside = self.enter(me, Deadline::Never)?;
        self.break_from(self.state.load(Acquire), cause, Culprit::of(me));
        Ok(())
    }

    /// Makes the barrier whole for `parties` parties, or as many as before. Those who wait are told that
    /// it broke.
    pub(crate) fn reset(self, me: &ThreadList, parties: Option<u32>) -> Result<(), u32> {
        let _inside = self.enter(me, Deadline::Never)?;
        let state = self.state.load(Acquire);
        self.break_from(state, BreakCause::Reset, Culprit::of(me));
        self.settle_seats();
        if let Some(parties) = parties {
            self.parties.store(parties, Relaxed);
        }
        self.restart();
        Ok(())
    }

    /// Makes the barrier whole after the break `event`, unless somebody has done so before.
    pub(crate) fn recover(
        self,
        me: &ThreadList,
        event: u32,
        recovery: Recovery,
    ) -> Result<(), u32> {
        let _inside = self.enter(me, Deadline::Never)?;
        let state = self.state.load(Acquire);
        if is_broken(state) && word::kernels(state) == event {
            self.settle_seats();
            if recovery == Recovery::GoOnWithout {
                self.parties.store(self.n_living().max(1) as u32, Relaxed);
            }
            self.restart();
        }
        Ok(())
    }

    pub(crate) fn parties(self) -> u32 {
        self.parties.load(Relaxed)
    }

    pub(crate) fn n_waiting(self) -> usize {
        let state = self.state.load(Acquire);
        let waits = |seat: &&PartySeat| seat.arrived.load(Relaxed) == state;
        self.seats.iter().filter(waits).count()
    }

    /// How it is broken, if it is.
    pub(crate) fn broken(self) -> Option<Broken> {
        let state = self.state.load(Acquire);
        is_broken(state).then(|| self.breakage(state))
    }

    fn wake_all(self) {
        self.state.wake(i32::MAX);
    }

    fn enter<'a>(self, me: &'a ThreadList, deadline: Deadline) -> Result<Inside<'a>, u32>
    where
        'b: 'a,
    {
        // Whatever a dead one did in there was one store, or shows in the seats.
        match self.leaf.lock_leaf(me, deadline) {
            Ok(_) => Ok(Inside { meeting: self, me }),
            Err(Missed::Held { holder, .. }) => Err(holder),
            // Nothing else runs under the leaf lock: somebody wrote this thread's id into it.
            Err(Missed::Deadlock) => Err(me.tid()),
        }
    }

    /// Vacates the seats of those who died before they took part; makes the barrier whole if all parties of
    /// before have left.
    fn tidy(self, me: &ThreadList) -> Result<(), u32> {
        let _inside = self.enter(me, Deadline::Never)?;
        let mut deserted = true;
        for seat in self.seats {
            match seat.sitter() {
                Sitter::Nobody => seat.settle(),
                _ => deserted = false,
            }
        }
        if deserted && is_broken(self.state.load(Acquire)) {
            self.restart();
        }
        Ok(())
    }

    fn n_living(self) -> usize {
        let sitters = self.seats.iter().map(PartySeat::sitter);
        sitters.filter(|&sitter| sitter == Sitter::Lives).count()
    }

    /// Vacates the seats of the dead. Only under the leaf lock.
    fn settle_seats(self) {
        for seat in self.seats {
            seat.settle();
        }
    }

    /// Only under the leaf lock.
    fn restart(self) {
        // Fails if the last party completes the round just now, which is as good.
        let _ = (self.state).fetch_update(AcqRel, Relaxed, |state| Some(after_reset(state)));
        self.wake_all();
    }

    /// Breaks the barrier if it is still at `state` and whole. Only under the leaf lock.
    fn break_from(self, state: u64, cause: BreakCause, who: Culprit) {
        if is_broken(state) || self.state.load(Acquire) != state {
            return;
        }
        self.record.set(cause, who);
        // Release: the record comes first. Fails if the last party completed the round meanwhile.
        let _ = (self.state).compare_exchange(state, state | BROKEN, AcqRel, Relaxed);
        self.wake_all();
    }

    /// What broke the round that stood at `mine`.
    fn breakage(self, mine: u64) -> Broken {
        self.record.get(word::kernels(mine | BROKEN))
    }

    /// Some party that is dead, if any.
    fn dead(self) -> Option<Culprit> {
        self.seats.iter().find_map(|seat| match seat.sitter() {
            Sitter::Dead(who) => Some(who),
            _ => None,
        })
    }

    /// Breaks the barrier if a party is dead; says whether. Only under the leaf lock.
    fn break_for_the_dead(self, state: u64) -> bool {
        let dead = self.dead();
        if let Some(who) = dead {
            self.break_from(state, BreakCause::Died, who);
        }
        dead.is_some()
    }

    fn arrive(
        self,
        me: &ThreadList,
        seat: usize,
        deadline: Deadline,
    ) -> Result<Result<Arrival, NotMet>, u32> {
        let _inside = self.enter(me, deadline.for_a_leaf())?;
        let state = self.state.load(Acquire);
        if is_broken(state) || self.break_for_the_dead(state) {
            return Ok(Err(NotMet::Broken(self.breakage(state))));
        }
        let arrived = |seat: &PartySeat| seat.arrived.load(Relaxed) == state;
        let index = self.seats.iter().filter(|seat| arrived(seat)).count() as u32;
        self.seats[seat].arrived.store(state, Relaxed);
        Ok(Ok(Arrival {
            state,
            index,
            is_last: index + 1 >= self.parties.load(Relaxed),
        }))
    }

    fn await_others(
        self,
        me: &ThreadList,
        seat: usize,
        mine: u64,
        deadline: Deadline,
    ) -> Result<(), NotMet> {
        let mut spins = if deadline == Deadline::Now { 0 } else { SPINS };
        loop {
            let now = self.state.load(Acquire);
            if completed(mine, now) {
                return Ok(());
            }
            if now != mine {
                return Err(NotMet::Broken(self.breakage(mine)));
            }
            if spins > 0 {
                spins -= 1;
                spin_loop();
                continue;
            }
            match deadline.next_wait() {
                Some(patience) => self.sleep(me, seat, mine, patience),
                None => self.give_up(me, mine),
            }
            .map_err(|holder| NotMet::Stuck { holder })?;
        }
    }

    /// The time is over: breaks the barrier for all, unless it moved on.
    fn give_up(self, me: &ThreadList, mine: u64) -> Result<(), u32> {
        let _inside = self.enter(me, Deadline::Now.for_a_leaf())?;
        if !self.break_for_the_dead(mine) {
            self.break_from(mine, BreakCause::TimedOut, Culprit::of(me));
        }
        Ok(())
    }

    /// Sleeps until the state moves on, a seat is taken, or a party dies, and then breaks the barrier.
    fn sleep(self, me: &ThreadList, own: usize, mine: u64, patience: Duration) -> Result<(), u32> {
        let others = self
            .seats
            .iter()
            .enumerate()
            .filter(|&(index, _)| index != own);
        let others: Vec<_> = others
            .map(|(_, seat)| Watched {
                futex: seat.owner.futex(),
                value: word::kernels(seat.owner.load()),
            })
            .collect();
        // After the words were read: who dies later has changed its word, and the kernel refuses the sleep.
        if self.dead().is_some() {
            return self.notice_deaths(me, mine);
        }
        let state = Watched {
            futex: self.state,
            value: word::kernels(mine),
        };
        match wait_any(state, &others, patience) {
            Woken::First => Ok(()),
            Woken::Other => self.notice_deaths(me, mine),
            Woken::Not => {
                for seat in self.seats {
                    seat.owner.bury_the_dead(seat.owner.load());
                }
                Ok(())
            }
        }
    }

    /// Breaks the barrier if a party is dead, and wakes all, as the dead one may have been about to.
    fn notice_deaths(self, me: &ThreadList, mine: u64) -> Result<(), u32> {
        let inside = self.enter(me, Deadline::Never)?;
        self.break_for_the_dead(mine);
        drop(inside);
        self.wake_all();
        Ok(())
    }
}

/// An action that runs: if it panics, the barrier breaks.
struct Acting<'b> {
    meeting: Meeting<'b>,
    me: &'b ThreadList,
    done: bool,
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        if !self.done {
            // Without the leaf lock the others go on waiting for this party, which leaves as it unwinds.
            let _ = self.meeting.abort(self.me, BreakCause::Panicked);
        }
    }
}
