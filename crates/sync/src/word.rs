//! What a lock's word says and how it may change: pure decisions, no memory.
//!
//! The encoding is the kernel's (`robust_futexes(7)`), so that the kernel can mark the word when
//! its owner dies: the owner's thread id in the low 30 bits, [`OWNER_DIED`] and [`WAITERS`] above.

/// Somebody sleeps, or may sleep, on this word.
///
/// The bit is *sticky*: a release leaves it set, and only a wake that found nobody clears it. If a
/// release cleared it, a thread that barged in before the woken sleeper would hold the lock
/// without it, and the death of the woken sleeper would leave the others asleep for ever.
pub(crate) const WAITERS: u32 = 0x8000_0000;
/// The owner died while it held the lock; set by the kernel together with owner 0.
pub(crate) const OWNER_DIED: u32 = 0x4000_0000;
const OWNER: u32 = 0x3fff_ffff;

/// The thread id in the word; 0 if nobody owns it.
pub(crate) const fn owner(word: u32) -> u32 {
    word & OWNER
}

pub(crate) const fn owner_died(word: u32) -> bool {
    word & OWNER_DIED != 0
}

pub(crate) const fn has_waiters(word: u32) -> bool {
    word & WAITERS != 0
}

/// What the word becomes when the kernel finds its owner dead.
pub(crate) const fn after_death(word: u32) -> u32 {
    (word & WAITERS) | OWNER_DIED
}

/// What a thread that wants the lock does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nobody owns it: replace the word by this one.
    Take(u32),
    /// The thread itself owns it.
    Deadlock,
    /// Another thread owns it: sleep while the word is this one.
    Sleep(u32),
}

/// Decides for thread `tid`, which slept on this lock before or not.
///
/// Whoever slept takes the lock with [`WAITERS`] set: the bit may have been cleared by a wake
/// that found nobody, while others fell asleep after it.
pub(crate) const fn step(word: u32, tid: u32, slept: Slept) -> Step {
    let kept = match slept {
        Slept::Never => word & WAITERS,
        Slept::Before => WAITERS,
    };
    match owner(word) {
        0 => Step::Take(tid | kept),
        owner if owner == tid => Step::Deadlock,
        _ => Step::Sleep(word | WAITERS),
    }
}

/// Whether a thread slept on the lock since it asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    Never,
    Before,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ME: u32 = 77;

    proptest! {
        #[test]
        fn a_step_takes_only_what_nobody_owns_and_never_drops_the_waiters(
            tid in 0_u32..=OWNER, bits in 0_u32..4, slept: bool,
        ) {
            let word = tid | (bits << 30);
            let slept = if slept { Slept::Before } else { Slept::Never };
            match step(word, ME, slept) {
                Step::Take(new) => {
                    prop_assert_eq!(owner(word), 0);
                    prop_assert_eq!(owner(new), ME);
                    prop_assert!(!owner_died(new));
                    prop_assert!(has_waiters(new) || (!has_waiters(word) && slept == Slept::Never));
                }
                Step::Deadlock => prop_assert_eq!(owner(word), ME),
                Step::Sleep(expected) => {
                    prop_assert!(owner(word) != 0 && owner(word) != ME);
                    prop_assert_eq!(expected, word | WAITERS);
                }
            }
        }
    }

    #[test]
    fn a_death_frees_the_word_and_keeps_its_waiters() {
        assert_eq!(after_death(ME | WAITERS), WAITERS | OWNER_DIED);
        assert_eq!(after_death(ME), OWNER_DIED);
        assert_eq!(owner(after_death(ME)), 0);
    }
}
