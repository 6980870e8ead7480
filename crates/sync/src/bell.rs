//! [`Bell`]: a futex word that the kernel rings when a thread dies that had announced it.
//!
//! A mutex announces its node to the kernel while it is taken and released, and the kernel wakes a sleeper
//! if a thread dies meanwhile and nobody owns the word: a wake-up that the dead one had got or was
//! about to give is passed on. A bell is that part alone. Nobody ever owns its word, so the kernel
//! never changes it; whoever is about to wake others, or sleeps and may be woken, announces it, and the
//! death of any such thread wakes one of those that sleep on the bell.
//!
//! The one that was rung announces the bell itself until it has done what the dead one would have, so that
//! its own death rings the next.
//!
//! Needs Linux 6.2, or a word of zero and Linux 5.5; where the kernel rings nobody, a sleeper looks for itself
//! within the back-stop.

use crate::primitive::{AtomicU64, Futex, ListNode, ThreadList};

/// A futex word of which the lower 30 bits stay 0, and its node, laid out as a robust mutex's are.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Bell {
    word: Futex<AtomicU64>,
    zeros: [AtomicU64; 2],
    node: ListNode,
}

impl Bell {
    pub(crate) const NEXT_OFFSET: usize = std::mem::offset_of!(Self, node) + ListNode::NEXT_OFFSET;

    pub(crate) fn word(&self) -> &Futex<AtomicU64> {
        &self.word
    }

    /// Runs `body`; if the thread dies in it, one of those asleep on the bell's word is woken.
    ///
    /// No robust lock may be taken or released in `body`, as there is one announcement per thread.
    #[inline]
    pub(crate) fn rung_if_killed<A>(&self, me: &ThreadList, body: impl FnOnce() -> A) -> A {
        me.begin(&self.node);
        let answer = body();
        me.end();
        answer
    }
}
