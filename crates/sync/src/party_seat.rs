//! [`PartySeat`]: the place of one party in a barrier.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::broken::Culprit;
use crate::primitive::{AtomicU64, ThreadList};
use crate::robust_word::RobustWord;
use crate::word;

/// One party's place.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct PartySeat {
    pub(crate) owner: RobustWord,
    /// Who takes part from here; 0 for nobody, or somebody who is about to.
    pub(crate) who: AtomicU64,
    /// The state at which the party arrived.
    pub(crate) arrived: AtomicU64,
    zero: AtomicU64,
}

/// What a look at a seat tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sitter {
    Nobody,
    Lives,
    Dead(Culprit),
}

impl PartySeat {
    /// Makes it a vacant one, whoever had it.
    pub(crate) fn format(&self) {
        self.owner.format();
        self.who.store(0, Relaxed);
        self.arrived.store(0, Relaxed);
        self.zero.store(0, Relaxed);
    }

    pub(crate) fn sitter(&self) -> Sitter {
        let owned = word::owner(self.owner.load()) != 0;
        match Culprit::from_bits(self.who.load(Acquire)) {
            None => Sitter::Nobody,
            Some(_) if owned => Sitter::Lives,
            Some(who) => Sitter::Dead(who),
        }
    }

    pub(crate) fn is_held_by(&self, me: &ThreadList) -> bool {
        self.owner.is_held_by(me)
    }

    /// Vacates the seat of a dead party, or of one that died before it took part. Only under the leaf lock.
    pub(crate) fn settle(&self) {
        let word = self.owner.load();
        if word::owner(word) == 0 {
            self.who.store(0, Relaxed);
            self.owner.reset(word);
        }
    }
}
