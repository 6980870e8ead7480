//! [`Holder`]: who holds a claim.

use std::fmt;
use std::ops::Range;

use crate::claim_rules::Mode;

/// Who holds a claim: a process, its thread, and what it claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process id.
    pub pid: u32,
    /// The thread id, which is the process id in a main thread.
    pub tid: u32,
    /// How the range is held.
    pub mode: Mode,
    /// The range held.
    pub range: Range<u64>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            pid,
            tid,
            mode,
            range,
        } = self;
        write!(f, "thread {tid} of process {pid} ({mode} {range:?})")
    }
}
