//! [`Owner`]: whose a block is, so that blocks of dead processes can be found.
//!
//! Eight bytes in the block's header. 0: nobody's. Bit 63 clear: a number of the program's own, plus
//! one. Bit 63 set: a process, its id in bits 41 to 62 and the moment of its start, in clock ticks
//! since the machine's, in bits 0 to 40.

use std::fmt;
use std::io;

use super::error::ArenaError;
use crate::primitive::thread_lives;

/// Whose a block is. It gives no rights: anybody may free any block.
///
/// Blocks belong to nobody unless the program says otherwise, as memory does that `malloc` gave: a
/// process that dies leaves them allocated. With [`this_process`](Self::this_process) as their owner
/// [`Arena::free_blocks_of_the_dead`](super::Arena::free_blocks_of_the_dead) finds them.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Arena, Owner, Place};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 16))?;
/// let arena = Arena::init(&segment, Place::Payload(0), segment.len())?;
///
/// // Mine until it is in the queue, then the queue's, and after that the receiver's.
/// let me = Owner::this_process()?;
/// let queue = Owner::number(7);
/// let id = arena.alloc_for(me, 100, 8)?;
/// arena.give(id, queue)?;
/// assert_eq!(arena.owner(id)?, queue);
/// assert_eq!(arena.free_blocks_of(queue)?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(u64);

const PROCESS: u64 = 1 << 63;
const PID_SHIFT: u32 = 41;
/// Linux has no process ids beyond 2^22.
const PID_MASK: u64 = (1 << 22) - 1;
const START_MASK: u64 = (1 << PID_SHIFT) - 1;

impl Owner {
    /// No owner.
    pub const NOBODY: Self = Self(0);

    /// Something that only the program knows, such as the index of a queue.
    #[must_use]
    pub const fn number(number: u32) -> Self {
        Self(number as u64 + 1)
    }

    /// The process that asks, told from later ones with its id by the moment of its start.
    ///
    /// Asking takes a few microseconds: keep the answer. A forked child is another process.
    ///
    /// # Errors
    ///
    /// [`ArenaError::Proc`] if `/proc` is not mounted.
    pub fn this_process() -> Result<Self, ArenaError> {
        let pid = std::process::id();
        let process = Process::read(pid).map_err(ArenaError::Proc)?;
        Ok(Self(
            PROCESS | u64::from(pid) << PID_SHIFT | process.start & START_MASK,
        ))
    }

    /// The process's id, if the owner is one.
    #[must_use]
    pub fn process_id(self) -> Option<u32> {
        let pid = (self.0 >> PID_SHIFT) & PID_MASK;
        (self.0 & PROCESS != 0).then_some(pid as u32)
    }

    /// Whether the owner is a process that has ended. A stopped one has not, nor has one whose main
    /// thread alone has ended; where `/proc` does not tell, it counts as living.
    #[must_use]
    pub fn is_dead(self) -> bool {
        let Some(pid) = self.process_id() else {
            return false;
        };
        match Process::read(pid) {
            Ok(process) => process.has_ended || process.start & START_MASK != self.0 & START_MASK,
            // A process that `/proc` hides from this user is there all the same.
            Err(error) => error.kind() == io::ErrorKind::NotFound && !thread_lives(pid),
        }
    }

    pub(super) const fn to_word(self) -> u64 {
        self.0
    }

    pub(super) const fn from_word(word: u64) -> Self {
        Self(word)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.process_id(), self.0.checked_sub(1)) {
            (Some(pid), _) => write!(f, "process {pid}"),
            (None, Some(number)) => write!(f, "number {number}"),
            (None, None) => f.write_str("nobody"),
        }
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owner({self})")
    }
}

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    /// When it was started, in clock ticks since the machine was.
    start: u64,
    has_ended: bool,
}

impl Process {
    fn read(pid: u32) -> io::Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&stat).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    fn parse(stat: &str) -> Option<Self> {
        // The name, in brackets, may hold anything.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let [state, n_threads, start] = [0, 17, 19].map(|index| fields.get(index).copied());
        Some(Self {
            start: start?.parse().ok()?,
            // The main thread of a process is a zombie, too, when it ended before the others.
            has_ended: matches!(state?, "Z" | "X") && n_threads?.parse::<u32>().ok()? <= 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_process_is_read_behind_any_name() {
        let stat = |state, threads| {
            format!(
                "12 (a) Z ) {state} 1 1 1 0 -1 4 9 0 0 0 0 0 0 0 20 0 {threads} 0 4711 0 0 18446744073709551615"
            )
        };
        for (state, threads, has_ended) in [
            ("S", 1, false),
            ("T", 1, false),
            ("Z", 1, true),
            ("Z", 3, false),
        ] {
            let start = 4711;
            let process = Process::parse(&stat(state, threads));
            assert_eq!(process, Some(Process { start, has_ended }));
        }
        assert_eq!(Process::parse("12 (short) S 1 1"), None);
    }

    #[test]
    fn this_process_lives_and_an_earlier_one_of_its_id_does_not() {
        let me = Owner::this_process().unwrap();
        assert_eq!(me.process_id(), Some(std::process::id()));
        assert!(!me.is_dead());
        assert!(Owner(me.0 ^ 1).is_dead());
        for other in [Owner::NOBODY, Owner::number(0), Owner::number(u32::MAX)] {
            assert!(!other.is_dead() && other.process_id().is_none());
        }
        assert_ne!(Owner::number(0), Owner::NOBODY);
        assert_eq!(Owner::number(3).to_string(), "number 3");
        assert_eq!(Owner::NOBODY.to_string(), "nobody");
    }
}
