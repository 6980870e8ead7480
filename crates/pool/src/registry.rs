//! [`TASKS`]: every task that is linked into this program, gathered by the linker.

use std::sync::OnceLock;

use linkme::distributed_slice;

use crate::error::PoolError;
use crate::task::{Entry, SentName, TaskName};

/// The registered tasks of all crates of this program, in the linker's order.
#[distributed_slice]
pub static TASKS: [Entry];

/// What two processes compare before one runs the other's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// A hash over the names, places and signatures of all tasks, and this crate's version.
    pub tasks_hash: u64,
    /// How many tasks are registered.
    pub n_tasks: u64,
}

impl Build {
    /// Returns the build that this process runs.
    pub(crate) fn here() -> Build {
        Build::of(TASKS.iter())
    }

    fn of<'a>(tasks: impl Iterator<Item = &'a Entry>) -> Build {
        let mut tasks: Vec<(TaskName, &str)> =
            tasks.map(|entry| (entry.name, entry.signature)).collect();
        tasks.sort_unstable();
        let mut hash = Fnv::default();
        hash.field(env!("CARGO_PKG_VERSION").as_bytes());
        for (name, signature) in &tasks {
            hash.field(name.path.as_bytes());
            hash.field(&name.line.to_le_bytes());
            hash.field(&name.column.to_le_bytes());
            hash.field(signature.as_bytes());
        }
        Build {
            tasks_hash: hash.0,
            n_tasks: tasks.len() as u64,
        }
    }
}

/// Finds a task that another process names.
pub(crate) fn find(name: &SentName) -> Option<&'static Entry> {
    TASKS.iter().find(|entry| name.names(entry.name))
}

/// Checks that a worker will find `entry`, and nothing else, under its name.
///
/// # Errors
///
/// - [`PoolError::MissingTask`] if the linker left it out of the registry.
/// - [`PoolError::AmbiguousTask`] if another task has the same name.
pub(crate) fn check(entry: &'static Entry) -> Result<(), PoolError> {
    static AMBIGUOUS: OnceLock<Option<TaskName>> = OnceLock::new();
    let ambiguous = AMBIGUOUS.get_or_init(|| {
        let mut names: Vec<TaskName> = TASKS.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names
            .windows(2)
            .find(|pair| pair[0] == pair[1])
            .map(|pair| pair[0])
    });
    if *ambiguous == Some(entry.name) {
        return Err(PoolError::AmbiguousTask { task: entry.name });
    }
    if !TASKS
        .iter()
        .any(|registered| std::ptr::eq(registered, entry))
    {
        return Err(PoolError::MissingTask {
            task: entry.name.to_string(),
        });
    }
    Ok(())
}

/// The 64-bit FNV-1a hash of fields, each closed by its length.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn field(&mut self, bytes: &[u8]) {
        let len = bytes.len() as u64;
        for &byte in bytes.iter().chain(&len.to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Needs, RunTask};

    fn entry(path: &'static str, line: u32, signature: &'static str) -> Entry {
        Entry {
            name: TaskName {
                path,
                line,
                column: 1,
            },
            signature,
            needs: Needs {
                seed: false,
                arguments: &[],
            },
            run: RunTask::Items(|_| {}),
        }
    }

    #[test]
    fn the_build_shows_names_places_and_types_but_not_the_linkers_order() {
        let [a, b] = [entry("app::a", 3, "fn(u64)"), entry("app::b", 9, "fn(u64)")];
        let build = Build::of([&a, &b].into_iter());
        assert_eq!(build, Build::of([&b, &a].into_iter()));
        assert_eq!(build.n_tasks, 2);
        for other in [
            entry("app::c", 9, "fn(u64)"),
            entry("app::b", 8, "fn(u64)"),
            entry("app::b", 9, "fn(u32)"),
        ] {
            assert_ne!(build, Build::of([&a, &other].into_iter()));
        }
    }
}
