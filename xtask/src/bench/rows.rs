//! [`ROWS`]: what is measured, in which bench target, and how fast it is meant to be.

use std::fmt;

use super::measured::Measured;
use crate::workspace::Result;

/// One line of the table: a criterion group of the same name.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What one measured time is the time of.
    pub(super) about: &'static str,
    /// The file in benches/benches that measures it.
    pub(super) target: &'static str,
    pub(super) goal: Goal,
}

/// How fast a thing is meant to be. Ratios travel from machine to machine, times do not.
#[derive(Debug)]
pub(super) enum Goal {
    /// At most so many times what was measured beside it under this name.
    AtMost(f64, &'static str),
    /// At most so many nanoseconds, where nothing comparable exists.
    Nanoseconds(f64),
}

/// In the order of the layers.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "segment-anonymous",
        about: "create, write a byte and drop an anonymous segment of 4 KiB",
        target: "segment",
        goal: Goal::AtMost(1.3, "system calls"),
    },
    Row {
        name: "segment-create",
        about: "create, publish, write a byte and drop a named segment of 4 KiB",
        target: "segment",
        goal: Goal::AtMost(1.3, "system calls"),
    },
    Row {
        name: "segment-attach",
        about: "open, check, read a byte of and drop a named segment of 4 KiB",
        target: "segment",
        goal: Goal::AtMost(1.3, "system calls"),
    },
    Row {
        name: "segment-fill",
        about: "fill a fresh segment of 256 MiB from a buffer",
        target: "segment",
        goal: Goal::AtMost(1.1, "write and populate"),
    },
    Row {
        name: "lock",
        about: "lock and unlock a free mutex",
        target: "lock",
        goal: Goal::AtMost(0.85, "pthread robust"),
    },
    Row {
        name: "lock-2-busy",
        about: "lock, add one and unlock: 2 processes, back to back",
        target: "lock",
        goal: Goal::AtMost(1.0, "pthread robust"),
    },
    Row {
        name: "lock-2-apart",
        about: "lock, add one and unlock: 2 processes, 0.4 µs apart",
        target: "lock",
        goal: Goal::AtMost(1.25, "spinlock"),
    },
    Row {
        name: "lock-8",
        about: "lock, add one and unlock: 8 processes, 0.4 µs apart",
        target: "lock",
        goal: Goal::AtMost(1.0, "pthread robust"),
    },
    Row {
        name: "lock-owner-death",
        about: "from the owner's death to a sleeper's wake",
        target: "lock",
        goal: Goal::Nanoseconds(150e3),
    },
    Row {
        name: "rwlock-read",
        about: "lock a free read-write lock for reading, and unlock it",
        target: "lock",
        goal: Goal::AtMost(1.3, "pthread"),
    },
    Row {
        name: "rwlock-write",
        about: "lock a free read-write lock for writing, and unlock it",
        target: "lock",
        goal: Goal::AtMost(8.0, "pthread"),
    },
    Row {
        name: "semaphore",
        about: "acquire and release a permit that anybody may release",
        target: "lock",
        goal: Goal::AtMost(1.3, "sem_t"),
    },
    Row {
        name: "permits",
        about: "acquire and release a permit that comes back when its holder dies",
        target: "lock",
        goal: Goal::AtMost(1.3, "sem_t"),
    },
    Row {
        name: "event",
        about: "set an event and wait for one, there and back between two threads",
        target: "conditions",
        goal: Goal::AtMost(1.3, "pthread"),
    },
    Row {
        name: "condvar",
        about: "notify and wait for a notification, there and back between two threads",
        target: "conditions",
        goal: Goal::AtMost(1.3, "pthread"),
    },
    Row {
        name: "barrier",
        about: "two meetings of two threads at a barrier",
        target: "conditions",
        goal: Goal::AtMost(1.3, "pthread"),
    },
    Row {
        name: "arena",
        about: "free a block of an arena and allocate another, among 1,000 of up to 512 bytes",
        target: "arena",
        goal: Goal::AtMost(5.0, "malloc"),
    },
    Row {
        name: "arena-2",
        about: "the same while a second process does it too; malloc's two share nothing",
        target: "arena",
        goal: Goal::AtMost(15.0, "malloc"),
    },
    fill("random-pcg64", "a double of PCG64", 0.25),
    portable("random-pcg64-portable", 0.75),
    fill("random-dxsm", "a double of PCG64DXSM", 0.36),
    portable("random-dxsm-portable", 1.0),
    fill("random-philox", "a double of Philox", 0.40),
    portable("random-philox-portable", 0.8),
    fill("random-sfc64", "a double of SFC64", 0.75),
    portable("random-sfc64-portable", 0.75),
    fill("random-mt19937", "a double of MT19937", 0.14),
    portable("random-mt19937-portable", 0.5),
    fill("normal", "a standard normal", 0.12),
    portable("normal-portable", 0.30),
    fill("normal-80MB", "a standard normal, of ten million", 0.15),
    portable("normal-80MB-portable", 0.30),
    fill("exponential", "a standard exponential", 0.33),
    portable("exponential-portable", 0.75),
    fill("legacy-normal", "a standard normal of RandomState", 0.29),
    portable("legacy-normal-portable", 0.35),
    fill("random-f32", "a single of PCG64", 0.25),
    portable("random-f32-portable", 0.75),
    fill("normal-f32", "a standard normal in single precision", 0.12),
    portable("normal-f32-portable", 0.30),
    fill(
        "exponential-f32",
        "a standard exponential in single precision",
        0.33,
    ),
    portable("exponential-f32-portable", 0.75),
    fill("integers-i64", "an integer of 0..1000", 0.17),
    portable("integers-i64-portable", 0.36),
    fill("integers-u8", "a byte of 0..100", 0.2),
    portable("integers-u8-portable", 0.3),
    fill("shuffle", "an item of a million that are shuffled", 0.5),
    portable("shuffle-portable", 0.5),
    Row {
        name: "child-stream",
        about: "the stream of one item: SeedSequence child and PCG64",
        target: "rng",
        goal: Goal::Nanoseconds(300.0),
    },
    Row {
        name: "shared-draw",
        about: "one word of a shared PCG64, drawn by one of two processes that do nothing else",
        target: "shared_rng",
        goal: Goal::AtMost(1.43, "futex lock"),
    },
    Row {
        name: "shared-lease",
        about: "one word of a lease of 1000, by one of two such processes",
        target: "shared_rng",
        goal: Goal::AtMost(1.25, "hand-written"),
    },
    Row {
        name: "shared-philox",
        about: "one word of a shared Philox without a lock, by one of two such processes",
        target: "shared_rng",
        goal: Goal::AtMost(1.25, "hand-written"),
    },
    Row {
        name: "fill-parallel",
        about: "one of 100,000,000 normals of PCG64, by two threads",
        target: "shared_rng",
        goal: Goal::AtMost(0.54, "one core"),
    },
    Row {
        name: "array-attach",
        about: "open a 1 GiB array by its handle, read an element and drop it",
        target: "array",
        goal: Goal::Nanoseconds(30e3),
    },
    Row {
        name: "array-mean",
        about: "the mean of 1000 by 1000 doubles, in a kept worker",
        target: "array",
        goal: Goal::AtMost(1.1, "loop by hand"),
    },
    Row {
        name: "array-mean-1g",
        about: "the mean of 1 GiB of doubles, in a kept worker",
        target: "array",
        goal: Goal::AtMost(1.1, "loop by hand"),
    },
    Row {
        name: "array-matrix",
        about: "M[i, j] = i + j of 4000 by 4000 doubles, by two kept workers",
        target: "array",
        goal: Goal::AtMost(1.2, "raw memory"),
    },
    Row {
        name: "pool-start",
        about: "start a pool of two workers until both have answered, and end it",
        target: "pool",
        goal: Goal::Nanoseconds(3e6),
    },
    Row {
        name: "task-round-trip",
        about: "a job of one item by one worker: there and back",
        target: "pool",
        goal: Goal::AtMost(1.5, "futex"),
    },
    Row {
        name: "tasks-100k",
        about: "one of 100,000 trivial items by two workers",
        target: "pool",
        goal: Goal::AtMost(10.0, "atomic add"),
    },
];

/// A fill with all instructions of the processor, beside NumPy's.
const fn fill(name: &'static str, about: &'static str, times: f64) -> Row {
    Row {
        name,
        about,
        target: "rng",
        goal: Goal::AtMost(times, "numpy"),
    }
}

/// The fill of the row before, with the instructions that every processor has.
const fn portable(name: &'static str, times: f64) -> Row {
    fill(name, "the same with portable instructions", times)
}

impl Goal {
    pub(super) fn is_met(&self, measured: &Measured) -> Result<bool> {
        match self {
            Goal::AtMost(times, name) => {
                let other = measured
                    .other(name)
                    .ok_or_else(|| format!("`{name}` was not measured"))?;
                Ok(measured.ours <= times * other)
            }
            Goal::Nanoseconds(most) => Ok(measured.ours <= *most),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(times, name) => write!(f, "<= {times} x {name}"),
            Goal::Nanoseconds(most) => write!(f, "<= {}", super::time(*most)),
        }
    }
}
