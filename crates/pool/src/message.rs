//! What parent and worker say to each other over their socket.
//!
//! The parent speaks first. After the greetings each [`Command`] comes by the pool's switchboard and says how many
//! messages of the socket belong to it: what is long, or comes with segments. The worker answers a [`Run`] with some
//! [`ToParent::Block`]s, and on the switchboard that it is done. Everything that grows with the job is in shared memory.
//!
//! A transport keeps the anonymous segments that it received until they are forgotten. Arrays must be gone from
//! a worker when it is done, or its parent could not freeze them. So they come ahead of their round, in a message
//! of their own, and the parent forgets them in between: when the round arrives, the worker alone has them. Blocks are
//! forgotten by their worker in the same way. Only the boards that are used again stay known.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::registry::Build;
use crate::task::SentName;
use crate::wear::WearLimits;
use crate::written::Written;

/// Raised whenever a message or the board's layout changes.
pub(crate) const PROTOCOL: u32 = 3;
const MAGIC: [u8; 8] = *b"mprcpool";

/// The first message in each direction.
///
/// Its bytes are the same in every version: magic, version, build, and then the rest of that version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Greeting<T> {
    pub(crate) build: Build,
    pub(crate) rest: T,
}

/// What a new worker learns from its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Welcome {
    /// The worker's number in its pool.
    pub(crate) slot: usize,
    /// How many pools it is inside of, this one included.
    pub(crate) depth: u32,
    /// How many processors are its own.
    pub(crate) processors: usize,
    pub(crate) wear: WearLimits,
    /// The parent's name.
    pub(crate) parent: String,
    pub(crate) role: Role,
}

/// What a worker is there for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// It serves a pool until it is told to stop.
    Worker,
    /// It runs one item, and its exit code says how that went.
    Process(Identity),
}

/// What a process is called, and how it ends with its parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) at_exit: AtExit,
    /// Its number among its parent's processes, behind those of its ancestors.
    pub(crate) numbers: Vec<u32>,
}

/// What becomes of a process when its parent is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AtExit {
    /// It is killed: it is a daemon in Python's sense.
    Kill,
    /// It is waited for.
    Join,
}

/// What a worker is to do next.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Command {
    /// How many messages belong to it, to be received first.
    pub(crate) n_messages: usize,
    pub(crate) order: Order,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Claim and run items until there are none.
    Run(Box<Run>),
    /// The same, with what the last message says.
    RunAsSent,
    /// Exit in order.
    Stop,
}

/// What a message tells a worker.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// It carries the board of the round that follows, and of later ones until there is another.
    Board,
    /// It carries the arrays of the round that follows: first the one to be written, if there is one, then the
    /// arguments.
    Arrays,
    Run(Box<Run>),
}

/// One round of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The number of this order within its job, of which the numbers of its blocks are made.
    pub(crate) order: u32,
    pub(crate) task: SentName,
    pub(crate) board: BoardLayout,
    /// Whether to keep the board at hand for later rounds.
    pub(crate) board_is_kept: bool,
    pub(crate) ranges: Vec<(usize, usize)>,
    pub(crate) chunk: usize,
    /// Items begun before, with the number of this attempt.
    pub(crate) repeated: Vec<(usize, u32)>,
    pub(crate) first_item: usize,
    /// The words of the job's seed.
    pub(crate) seed: Option<Vec<u32>>,
    pub(crate) written: Option<Written>,
    /// The encoded handles of the arguments.
    pub(crate) arguments: Vec<Vec<u8>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ToParent {
    /// The message carries a segment with results; it comes before any slot names it.
    Block { number: u64 },
    /// A command is done, which the switchboard says; this is for a parent that sleeps.
    Done,
    /// The worker cannot run the round.
    Refused(Refusal),
}

/// Why a worker cannot run a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// The task is not registered there.
    MissingTask,
    /// The message makes no sense.
    Corrupt,
    /// The message or its segments could not be received.
    NotReceived { message: String },
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::MissingTask => f.write_str("the task is not registered there"),
            Refusal::Corrupt => f.write_str("it was told something that makes no sense"),
            Refusal::NotReceived { message } => f.write_str(message),
        }
    }
}

impl<T: Serialize + for<'de> Deserialize<'de>> Greeting<T> {
    pub(crate) fn here(rest: T) -> Greeting<T> {
        Greeting {
            build: Build::here(),
            rest,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(PROTOCOL.to_le_bytes());
        bytes.extend(self.build.tasks_hash.to_le_bytes());
        bytes.extend(self.build.n_tasks.to_le_bytes());
        bytes.extend(encode(&self.rest));
        bytes
    }

    /// Reads the other side's greeting and checks that it is of our kind.
    ///
    /// # Errors
    ///
    /// [`PoolError::OtherProtocol`] or [`PoolError::OtherBuild`].
    pub(crate) fn check(bytes: &[u8]) -> Result<T, PoolError> {
        let stranger = || PoolError::OtherProtocol {
            ours: PROTOCOL,
            theirs: None,
        };
        let (magic, rest) = bytes.split_first_chunk().ok_or_else(stranger)?;
        let (version, rest) = rest.split_first_chunk().ok_or_else(stranger)?;
        if *magic != MAGIC {
            return Err(stranger());
        }
        let version = u32::from_le_bytes(*version);
        if version != PROTOCOL {
            return Err(PoolError::OtherProtocol {
                ours: PROTOCOL,
                theirs: Some(version),
            });
        }
        let (tasks_hash, rest) = rest.split_first_chunk().ok_or_else(stranger)?;
        let (n_tasks, rest) = rest.split_first_chunk().ok_or_else(stranger)?;
        let (ours, theirs) = (
            Build::here(),
            Build {
                tasks_hash: u64::from_le_bytes(*tasks_hash),
                n_tasks: u64::from_le_bytes(*n_tasks),
            },
        );
        if ours != theirs {
            return Err(PoolError::OtherBuild { ours, theirs });
        }
        decode(rest)
    }
}

pub(crate) fn encode(message: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).expect("plain numbers, texts and lists can always be encoded")
}

pub(crate) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, PoolError> {
    postcard::from_bytes(bytes).map_err(|_| PoolError::Corrupt {
        what: "a message between parent and worker makes no sense",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome() -> Welcome {
        Welcome {
            slot: 3,
            depth: 1,
            processors: 2,
            wear: WearLimits::default(),
            parent: "MainProcess".to_owned(),
            role: Role::Worker,
        }
    }

    #[test]
    fn a_greeting_of_this_build_is_understood() {
        let bytes = Greeting::here(welcome()).encode();
        assert_eq!(Greeting::<Welcome>::check(&bytes).unwrap(), welcome());
    }

    #[test]
    fn a_greeting_of_another_build_protocol_or_program_is_told_apart() {
        let ours = Build::here();
        let other = Build {
            tasks_hash: !ours.tasks_hash,
            ..ours
        };
        let bytes = Greeting {
            build: other,
            rest: welcome(),
        }
        .encode();
        assert!(matches!(
            Greeting::<Welcome>::check(&bytes),
            Err(PoolError::OtherBuild { theirs, .. }) if theirs == other
        ));

        let mut bytes = Greeting::here(welcome()).encode();
        bytes[8] = 77;
        assert!(matches!(
            Greeting::<Welcome>::check(&bytes),
            Err(PoolError::OtherProtocol {
                theirs: Some(77),
                ..
            })
        ));
        for stranger in [b"HTTP/1.1 400 Bad Request".as_slice(), b""] {
            assert!(matches!(
                Greeting::<Welcome>::check(stranger),
                Err(PoolError::OtherProtocol { theirs: None, .. })
            ));
        }
    }
}
