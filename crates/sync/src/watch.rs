//! [`Watch`]: how long a waiter has seen the same holder.

use std::time::{Duration, Instant};

use crate::word::WAITERS;

/// What a waiter last saw in a lock's word, and since when.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: Option<(u64, Instant)>,
}

impl Watch {
    /// Notes what the word is now. A word taken anew, also by the same thread, starts the watch again:
    /// while a waiter is marked in the word, it counts its takes.
    pub(crate) fn look(&mut self, word: u64) {
        let word = word & !WAITERS;
        if self.seen.is_none_or(|(before, _)| before != word) {
            self.seen = Some((word, Instant::now()));
        }
    }

    /// How long the word last seen has been there.
    pub(crate) fn watched(&self) -> Duration {
        self.seen
            .map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word;

    #[test]
    fn a_watch_goes_on_while_the_holder_is_the_same_and_begins_again_with_the_next() {
        let mut watch = Watch::default();
        assert_eq!(watch.watched(), Duration::ZERO);
        watch.look(word::owned(0, 7));
        let since = watch.seen;
        watch.look(word::owned(0, 7) | WAITERS);
        assert_eq!(watch.seen, since);
        watch.look(word::owned(1 << 32, 7) | WAITERS);
        assert_ne!(watch.seen, since);
    }
}
