//! What a lock's word says and how it may change: pure decisions, no memory.
//!
//! The lower half is the kernel's (`robust_futexes(7)`), so that the kernel can mark the word when
//! its owner dies: the owner's thread id in 30 bits, [`OWNER_DIED`] and [`WAITERS`] above. The upper
//! half, which the kernel never touches, counts *takes*: how often the lock was taken with the waiters
//! bit set.
//!
//! The bit is *sticky*: a release leaves it set. If a release cleared it, a thread that barged in before
//! the woken sleeper would hold the lock without it, and the death of the woken sleeper would leave
//! the others asleep for ever. Only a releaser whose wake found nobody clears it, and only while the
//! takes are what they were: otherwise somebody may have held the lock since, let a third
//! fall asleep, and been killed before waking it. `models/robust_mutex.pml` finds both.

/// Somebody sleeps, or may sleep, on this word.
pub(crate) const WAITERS: u64 = 1 << 31;
/// The owner died while it held the lock; set by the kernel together with owner 0.
pub(crate) const OWNER_DIED: u64 = 1 << 30;
const OWNER: u64 = OWNER_DIED - 1;
const ONE_TAKE: u64 = 1 << 32;

/// The half that the kernel knows.
pub(crate) const fn kernels(word: u64) -> u32 {
    word as u32
}

/// The word without the kernel's half: a free lock, with the takes it has.
pub(crate) const fn freed(word: u64) -> u64 {
    word & !(ONE_TAKE - 1)
}

/// Neither owned, nor awaited, nor left by the dead.
pub(crate) const fn is_free(word: u64) -> bool {
    kernels(word) == 0
}

/// The thread id in the word; 0 if nobody owns it.
pub(crate) const fn owner(word: u64) -> u32 {
    kernels(word & OWNER)
}

pub(crate) const fn owner_died(word: u64) -> bool {
    word & OWNER_DIED != 0
}

pub(crate) const fn has_waiters(word: u64) -> bool {
    word & WAITERS != 0
}

/// A free word, owned by thread `tid`.
pub(crate) const fn owned(free: u64, tid: u32) -> u64 {
    free | tid as u64
}

/// An owned word, owned by thread `tid` instead.
pub(crate) const fn passed_on(word: u64, tid: u32) -> u64 {
    word & !OWNER | tid as u64
}

/// What the word becomes when the kernel finds its owner dead.
pub(crate) const fn after_death(word: u64) -> u64 {
    freed(word) | (word & WAITERS) | OWNER_DIED
}

/// What a thread that wants the lock does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nobody owns it: replace the word by this one.
    Take(u64),
    /// The thread itself owns it.
    Deadlock,
    /// Another thread owns it: wait until the word changes.
    Sleep,
}

/// Whether a thread slept on the lock since it asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slept {
    Never,
    Before,
}

/// Decides for thread `tid`.
///
/// Whoever slept takes the lock with [`WAITERS`] set: the bit may have been cleared by a wake
/// that found nobody, while others fell asleep after it.
pub(crate) const fn step(word: u64, tid: u32, slept: Slept) -> Step {
    let (takes, kept) = if has_waiters(word) {
        (freed(word).wrapping_add(ONE_TAKE), WAITERS)
    } else {
        match slept {
            Slept::Never => (freed(word), 0),
            Slept::Before => (freed(word), WAITERS),
        }
    };
    match owner(word) {
        0 => Step::Take(owned(takes | kept, tid)),
        owner if owner == tid => Step::Deadlock,
        _ => Step::Sleep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ME: u32 = 77;

    proptest! {
        #[test]
        fn a_step_takes_only_what_nobody_owns_and_never_drops_the_waiters(
            tid in 0_u32..1 << 30, bits in 0_u64..4, takes: u32, slept: bool,
        ) {
            let word = u64::from(tid) | (bits << 30) | (u64::from(takes) << 32);
            let slept = if slept { Slept::Before } else { Slept::Never };
            match step(word, ME, slept) {
                Step::Take(new) => {
                    prop_assert_eq!(owner(word), 0);
                    prop_assert_eq!(owner(new), ME);
                    prop_assert!(!owner_died(new));
                    prop_assert!(has_waiters(new) || (!has_waiters(word) && slept == Slept::Never));
                    let counted = (freed(new) >> 32) as u32;
                    prop_assert_eq!(counted, takes.wrapping_add(has_waiters(word).into()));
                }
                Step::Deadlock => prop_assert_eq!(owner(word), ME),
                Step::Sleep => prop_assert!(owner(word) != 0 && owner(word) != ME),
            }
        }
    }

    #[test]
    fn a_death_frees_the_word_and_keeps_its_waiters() {
        let takes = 5 << 32;
        let word = owned(takes, ME);
        assert_eq!(after_death(word | WAITERS), takes | WAITERS | OWNER_DIED);
        assert_eq!(after_death(word), takes | OWNER_DIED);
        assert_eq!(owner(after_death(word)), 0);
        assert!(is_free(freed(word)) && !is_free(after_death(word)));
    }
}
