//! [`Nudge`]: ends the wait of the thread that drives the workers.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{read, write};

use crate::error::PoolError;

/// Says to a thread that waits for workers that something else has happened.
#[derive(Debug)]
pub(crate) struct Nudge {
    fd: OwnedFd,
    is_given: AtomicBool,
}

impl Nudge {
    pub(crate) fn new() -> Result<Nudge, PoolError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Nudge {
            fd: eventfd(0, flags).map_err(PoolError::system("eventfd"))?,
            is_given: AtomicBool::new(false),
        })
    }

    pub(crate) fn give(&self) {
        // Release: pairs with the Acquire in `take`; who takes it sees what it was given for.
        self.is_given.store(true, Release);
        // Fails only when the counter is full, and then it is readable.
        let _ = write(&self.fd, &1u64.to_ne_bytes());
    }

    pub(crate) fn is_given(&self) -> bool {
        self.is_given.load(Acquire)
    }

    /// Takes the nudge back, after which there must be a look at what it may have been given for.
    pub(crate) fn take(&self) {
        // The descriptor first: one that is given in between wakes once too often, and never once too little.
        let _ = read(&self.fd, &mut [0; 8]);
        self.is_given.swap(false, AcqRel);
    }
}

impl AsFd for Nudge {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
