//! [`Switchboard`]: shared words by which a parent and its workers wake one another.
//!
//! A socket wakes its reader in some 40 µs, a futex in 6, and who is still looking at the word needs no waking at all.
//! So orders and their ends go through shared memory, and the socket carries what is long or comes with segments.
//!
//! **To a worker.** The parent writes a [`Command`] into the slot's page and raises the bell; the worker spins on the
//! bell for about one wake-up and then sleeps on it.
//!
//! **To the parent.** The worker writes the number of the command that it has done. The parent spins on these words
//! and then sleeps in `poll`, where deaths and output wake it as well; before, it says so, and a worker that sees
//! that it sleeps sends a message.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, fence};
use std::time::{Duration, Instant};

use multiproc_segment::{Layout, Segment};
use rustix::thread::futex;

use crate::error::PoolError;
use crate::message::{Command, decode, encode};

/// "mprswb" and the version of the layout.
const KIND: u64 = u64::from_le_bytes(*b"mprswb01");

/// How long to look at a word before sleeping on it: about what a wake-up costs.
const SPIN: Duration = Duration::from_micros(20);
/// The clock costs as much as many looks.
const LOOKS_PER_TIME: u32 = 64;

/// A page for the parent, and one for each slot. All numbers are 4 bytes in the machine's order.
///
/// | offset | in the parent's page |
/// |---|---|
/// | 0 | 1 while the parent sleeps |
///
/// | offset | in a slot's page |
/// |---|---|
/// | 0 | the number of the latest command: the worker's futex |
/// | 4 | 1 while the worker sleeps |
/// | 64 | the number of the command that the worker has done last |
/// | 68 | how many messages the worker has sent |
/// | 72 | 1 if the worker has done enough and is to be replaced |
/// | 128 | the length of the encoded command |
/// | 132 | the encoded command |
const PAGE: usize = 4096;
const PARENT_SLEEPS: usize = 0;
const BELL: usize = 0;
const WORKER_SLEEPS: usize = 4;
const DONE: usize = 64;
const SENT: usize = 68;
const WORN: usize = 72;
const COMMAND_LEN: usize = 128;
const COMMAND: usize = 132;

/// The shared words of a pool, as its parent and each of its workers see them.
#[derive(Clone, Debug)]
pub(crate) struct Switchboard {
    segment: Segment,
}

impl Switchboard {
    pub(crate) fn create(n_slots: usize) -> Result<Switchboard, PoolError> {
        let segment = Segment::anonymous(Layout {
            payload_len: n_slots.saturating_add(1).saturating_mul(PAGE),
            control_len: 0,
            kind: KIND,
        })?;
        Ok(Switchboard { segment })
    }

    /// The parent's words, which a worker got with its greeting.
    pub(crate) fn attach(segment: Segment, slot: usize) -> Result<Switchboard, PoolError> {
        let fits = slot < segment.len() / PAGE - 1;
        if segment.kind() != KIND || !fits {
            return Err(PoolError::Corrupt {
                what: "a worker was greeted with memory that is not a pool's",
            });
        }
        Ok(Switchboard { segment })
    }

    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    fn word(&self, offset: usize) -> &AtomicU32 {
        (self.segment.payload())
            .atomic_u32(offset)
            .expect("the layout's offsets are aligned and within its length")
    }

    fn slot_word(&self, slot: usize, offset: usize) -> &AtomicU32 {
        self.word((slot + 1) * PAGE + offset)
    }
}

/// What the parent does.
impl Switchboard {
    /// Makes a slot ready for a new worker. The last one is dead.
    pub(crate) fn clear(&self, slot: usize) {
        for offset in [BELL, WORKER_SLEEPS, DONE, SENT, WORN, COMMAND_LEN] {
            self.slot_word(slot, offset).store(0, Relaxed);
        }
    }

    /// Gives the worker of `slot` an order, and returns its number. It has done the one before.
    ///
    /// # Errors
    ///
    /// [`TooLong`] if the order has to go through the socket.
    pub(crate) fn ring(&self, slot: usize, command: &Command) -> Result<u32, TooLong> {
        let bytes = encode(command);
        if bytes.len() > PAGE - COMMAND {
            return Err(TooLong);
        }
        let start = (slot + 1) * PAGE + COMMAND;
        (self.segment.payload().write(start, &bytes)).expect("a command that fits its page");
        self.slot_word(slot, COMMAND_LEN)
            .store(bytes.len() as u32, Relaxed);
        let bell = self.slot_word(slot, BELL);
        // Release: pairs with the Acquire in `await_command`, which then sees the command. SeqCst: of this with the
        // next line, and the worker's two in the other order, one sees the other.
        let number = bell.fetch_add(1, SeqCst).wrapping_add(1);
        if self.slot_word(slot, WORKER_SLEEPS).load(SeqCst) != 0 {
            // Fails only for addresses that are no words.
            let _ = futex::wake(bell, futex::Flags::empty(), 1);
        }
        Ok(number)
    }

    /// Returns the number of the command that the worker of `slot` has done last.
    pub(crate) fn done(&self, slot: usize) -> u32 {
        // Acquire: pairs with the Release in `finish`; all that the worker wrote before is seen.
        self.slot_word(slot, DONE).load(Acquire)
    }

    /// Returns how many messages the worker of `slot` has sent.
    pub(crate) fn sent(&self, slot: usize) -> u32 {
        self.slot_word(slot, SENT).load(Relaxed)
    }

    /// Tells whether the worker of `slot` is to be replaced; asked when it is [done](Switchboard::done).
    pub(crate) fn is_worn(&self, slot: usize) -> bool {
        self.slot_word(slot, WORN).load(Relaxed) != 0
    }

    /// Says that the parent is about to sleep, so that workers send a message when they are done. What they did just
    /// before must be looked for again after this.
    pub(crate) fn fall_asleep(&self) {
        // SeqCst: of this with the parent's next look at `done`, and `finish` with its look at this, one sees the other.
        self.word(PARENT_SLEEPS).store(1, SeqCst);
        fence(SeqCst);
    }

    pub(crate) fn wake_up(&self) {
        self.word(PARENT_SLEEPS).store(0, Relaxed);
    }
}

/// What the worker of a slot does.
impl Switchboard {
    /// Waits for the command after the `last`, and returns it with its number.
    pub(crate) fn await_command(
        &self,
        slot: usize,
        last: u32,
    ) -> Result<(u32, Command), PoolError> {
        let bell = self.slot_word(slot, BELL);
        let rung = || bell.load(Acquire) != last;
        if !spin_until(rung) {
            let sleeps = self.slot_word(slot, WORKER_SLEEPS);
            sleeps.store(1, SeqCst);
            while bell.load(SeqCst) == last {
                // Returns when the word is another, and for no reason; both are looked at here.
                let _ = futex::wait(bell, futex::Flags::empty(), last, None);
            }
            sleeps.store(0, Relaxed);
        }
        let start = (slot + 1) * PAGE + COMMAND;
        let corrupt = |_| PoolError::Corrupt {
            what: "a worker was given an order that is none",
        };
        let len = self.slot_word(slot, COMMAND_LEN).load(Relaxed) as usize;
        let mut bytes = vec![0; len.min(PAGE - COMMAND)];
        (self.segment.payload().read(start, &mut bytes)).map_err(corrupt)?;
        Ok((bell.load(Relaxed), decode(&bytes)?))
    }

    /// Says that the worker is to be replaced when it is done.
    pub(crate) fn wear_out(&self, slot: usize) {
        self.slot_word(slot, WORN).store(1, Relaxed);
    }

    /// Counts a message that the worker has sent.
    pub(crate) fn count_sent(&self, slot: usize) {
        self.slot_word(slot, SENT).fetch_add(1, Relaxed);
    }

    /// Says that command `number` is done, and tells whether the parent sleeps and must be sent a message.
    pub(crate) fn finish(&self, slot: usize, number: u32) -> ParentIs {
        // Release: pairs with the Acquire in `done`.
        self.slot_word(slot, DONE).store(number, Release);
        fence(SeqCst);
        match self.word(PARENT_SLEEPS).load(SeqCst) {
            0 => ParentIs::Awake,
            _ => ParentIs::Asleep,
        }
    }
}

/// A command is longer than a slot's page.
#[derive(Debug)]
pub(crate) struct TooLong;

/// What a worker that has done its command sees of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParentIs {
    Awake,
    Asleep,
}

/// Looks for about one wake-up's time whether `condition` has become true, and tells whether it has.
pub(crate) fn spin_until(mut condition: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        for _ in 0..LOOKS_PER_TIME {
            if condition() {
                return true;
            }
            std::hint::spin_loop();
        }
        if began.elapsed() > SPIN {
            return false;
        }
    }
}
