//! The crate's `primitive` for loom: the same names, with atomics that loom schedules.
//!
//! Threads stand in for processes. Nobody's death is noticed here but by the word, which a model
//! sets as the kernel would.

use std::ops::Deref;
use std::time::Duration;

pub(crate) use loom::hint::spin_loop;
use loom::sync::atomic::Ordering::SeqCst;
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64};
use loom::sync::{Condvar, Mutex};

/// Spinning is waiting for the scheduler here, which sleeping is already.
pub(crate) const SPINS: u32 = 0;

/// What threads sleep on: the lower half of the atomic.
pub(crate) trait Word {
    fn kernels(&self) -> u32;
}

impl Word for AtomicU32 {
    fn kernels(&self) -> u32 {
        self.load(SeqCst)
    }
}

impl Word for AtomicU64 {
    fn kernels(&self) -> u32 {
        self.load(SeqCst) as u32
    }
}

/// Which of the words slept on was woken, as far as the models need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    Not,
    First,
    Other,
}

/// A futex whose queue is a mutex and a condition variable, as the kernel's is a lock and a list.
#[derive(Debug, Default)]
pub(crate) struct Futex<A> {
    word: A,
    n_sleepers: Mutex<u32>,
    woken: Condvar,
}

impl<A> Deref for Futex<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.word
    }
}

impl<A: Word> Futex<A> {
    /// Without a time limit: a wake-up that gets lost is a deadlock, which loom reports.
    pub(crate) fn wait(&self, value: u32, _patience: Duration) -> Woken {
        let mut n_sleepers = self.n_sleepers.lock().unwrap();
        if self.word.kernels() != value {
            return Woken::Not;
        }
        *n_sleepers += 1;
        drop(self.woken.wait(n_sleepers).unwrap());
        Woken::First
    }

    pub(crate) fn wake(&self, count: i32) -> u32 {
        let mut n_sleepers = self.n_sleepers.lock().unwrap();
        let n_woken = (*n_sleepers).min(u32::try_from(count).unwrap());
        *n_sleepers -= n_woken;
        for _ in 0..n_woken {
            self.woken.notify_one();
        }
        n_woken
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched<'a, A> {
    pub(crate) futex: &'a Futex<A>,
    pub(crate) value: u32,
}

/// On the first alone, as where the kernel lacks `futex_waitv`: what wakes then must suffice.
pub(crate) fn wait_any<A: Word, B: Word>(
    first: Watched<'_, A>,
    others: &[Watched<'_, B>],
    patience: Duration,
) -> Woken {
    let unchanged = |other: &Watched<'_, B>| other.futex.kernels() == other.value;
    if others.iter().all(unchanged) {
        first.futex.wait(first.value, patience)
    } else {
        Woken::Not
    }
}

/// Keeps loads behind it from being done before the swaps before it. loom takes sequentially consistent
/// accesses for weaker ones, but not this.
pub(crate) fn full_barrier() {
    loom::sync::atomic::fence(SeqCst);
}

pub(crate) fn thread_lives(_tid: u32) -> bool {
    true
}

/// Knows the thread whose list has it, in place of the list. Nobody else looks there, so it is not explored.
#[derive(Debug, Default)]
pub(crate) struct ListNode(std::sync::atomic::AtomicU32);

impl ListNode {
    pub(crate) const NEXT_OFFSET: usize = 0;
}

/// A thread by its id.
#[derive(Debug)]
pub(crate) struct ThreadList {
    pub(crate) tid: u32,
}

impl ThreadList {
    pub(crate) fn tid(&self) -> u32 {
        self.tid
    }

    pub(crate) fn pid(&self) -> u32 {
        self.tid
    }

    pub(crate) fn is_full(&self) -> bool {
        false
    }

    pub(crate) fn room(&self) -> usize {
        usize::MAX
    }

    pub(crate) fn begin(&self, _node: &ListNode) {}

    pub(crate) fn end(&self) {}

    pub(crate) fn link(&self, node: &ListNode) {
        node.0.store(self.tid, SeqCst);
    }

    pub(crate) fn unlink(&self, node: &ListNode) -> bool {
        node.0.compare_exchange(self.tid, 0, SeqCst, SeqCst).is_ok()
    }

    pub(crate) fn holds(&self, node: &ListNode) -> bool {
        node.0.load(SeqCst) == self.tid
    }

    pub(crate) fn keep(&self, _node: &ListNode) {}
}
