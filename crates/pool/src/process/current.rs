//! [`current_process`] and [`parent_process`]: what this process is called, and who started it.

use std::os::fd::{AsFd, BorrowedFd};
use std::process;
use std::sync::OnceLock;

use crate::lifeline;
use crate::message::{AtExit, Role};
use crate::worker;

/// The process that asks.
///
/// # Examples
///
/// ```
/// use multiproc_pool::{Process, current_process, parent_process, task};
///
/// #[task(crate = multiproc_pool)]
/// fn names() -> (String, String) {
///     let parent = parent_process().expect("a parent");
///     (current_process().name().to_owned(), parent.name().to_owned())
/// }
///
/// assert_eq!(current_process().name(), "MainProcess");
/// assert!(parent_process().is_none());
/// let (name, parent) = Process::new(names, ()).start()?.result()?;
/// assert_eq!([name.as_str(), &parent], ["Process-1", "MainProcess"]);
/// # Ok::<(), multiproc_pool::PoolError>(())
/// ```
#[derive(Debug)]
pub struct CurrentProcess {
    name: String,
    daemon: bool,
}

impl CurrentProcess {
    /// Returns `MainProcess` in the process that the user started, the name of a [`Process`](crate::Process), and
    /// `worker 3` in a pool's worker of that number.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the process id.
    #[doc(alias = "ident")]
    pub fn pid(&self) -> u32 {
        process::id()
    }

    /// Tells whether its parent kills it when it is done with it, as pools do with their workers.
    pub fn daemon(&self) -> bool {
        self.daemon
    }
}

/// Returns the calling process.
pub fn current_process() -> &'static CurrentProcess {
    static CURRENT: OnceLock<CurrentProcess> = OnceLock::new();
    CURRENT.get_or_init(|| match worker::welcome() {
        None => CurrentProcess {
            name: "MainProcess".to_owned(),
            daemon: false,
        },
        Some(welcome) => match &welcome.role {
            Role::Worker => CurrentProcess {
                name: format!("worker {}", welcome.slot),
                daemon: true,
            },
            Role::Process(identity) => CurrentProcess {
                name: identity.name.clone(),
                daemon: identity.at_exit == AtExit::Kill,
            },
        },
    })
}

/// Returns the numbers of this process and its ancestors, of which the names of its children are made.
pub(super) fn numbers() -> &'static [u32] {
    worker::identity().map_or(&[], |identity| &identity.numbers)
}

/// The process that started this one.
///
/// As a descriptor it is readable when the parent has ended. There is little time to see that: this process ends as soon.
#[derive(Clone, Copy, Debug)]
pub struct ParentProcess {
    name: &'static str,
    parent: &'static lifeline::Parent,
}

impl ParentProcess {
    /// Returns the parent's name.
    pub fn name(&self) -> &str {
        self.name
    }

    /// Returns the parent's process id; 0 if it is in another pid namespace.
    #[doc(alias = "ident")]
    pub fn pid(&self) -> u32 {
        self.parent.pid()
    }

    /// Tells whether the parent has not ended.
    pub fn is_alive(&self) -> bool {
        self.parent.is_alive()
    }
}

impl AsFd for ParentProcess {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.parent.sentinel()
    }
}

/// Returns the parent of a pool's worker or of a [`Process`](crate::Process); `None` in the process that the user started.
pub fn parent_process() -> Option<ParentProcess> {
    Some(ParentProcess {
        name: &worker::welcome()?.parent,
        parent: lifeline::parent()?,
    })
}
