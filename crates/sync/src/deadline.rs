//! [`Deadline`]: until when an operation may wait, on the monotonic clock.

use std::time::{Duration, Instant};

/// How long a sleeper trusts the kernel to wake it before it looks for itself.
///
/// Every wait is cut into pieces of at most this length. After each the sleeper reads the word
/// again and asks whether the owner still lives, so that a wake-up that got lost (kernels before
/// 6.2 lose one when a releasing process is killed, and a hostile peer can swallow any) costs a
/// second instead of for ever.
pub(crate) const BACK_STOP: Duration = Duration::from_secs(1);

/// Until when an operation may wait.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use multiproc_sync::Deadline;
///
/// assert_eq!(Deadline::after(Duration::MAX), Deadline::Never);
/// assert!(matches!(Deadline::after(Duration::from_millis(5)), Deadline::At(_)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Do not wait at all.
    Now,
    /// Wait until this moment.
    At(Instant),
    /// Wait as long as it takes.
    Never,
}

impl Deadline {
    /// The moment `patience` from now; [`Never`](Self::Never) if the clock cannot count that far.
    #[must_use]
    pub fn after(patience: Duration) -> Self {
        Instant::now()
            .checked_add(patience)
            .map_or(Self::Never, Self::At)
    }

    /// The deadline for a leaf lock, which takes a microsecond: who is not to wait waits for that.
    pub(crate) fn for_a_leaf(self) -> Self {
        match self {
            Self::Now => Self::after(BACK_STOP),
            other => other,
        }
    }

    /// How long the next piece of a wait may be: at most [`BACK_STOP`]; `None` if it is over.
    pub(crate) fn next_wait(self) -> Option<Duration> {
        match self {
            Self::Now => None,
            Self::Never => Some(BACK_STOP),
            Self::At(end) => {
                let left = end.saturating_duration_since(Instant::now());
                (!left.is_zero()).then(|| left.min(BACK_STOP))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_cut_at_the_back_stop_and_ends_at_the_deadline() {
        assert_eq!(Deadline::Now.next_wait(), None);
        assert_eq!(Deadline::after(Duration::ZERO).next_wait(), None);
        assert_eq!(Deadline::Never.next_wait(), Some(BACK_STOP));
        assert_eq!(
            Deadline::after(Duration::from_secs(3600)).next_wait(),
            Some(BACK_STOP)
        );
        let short = Deadline::after(Duration::from_millis(500)).next_wait();
        assert!(short.unwrap() <= Duration::from_millis(500));
    }
}
