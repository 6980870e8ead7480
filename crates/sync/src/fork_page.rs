//! The generation of this process: a number that every fork changes, however the fork was made.
#![expect(unsafe_code, reason = "one page is mapped, advised and read for ever")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::error::{SyncError, UnsupportedCall};

/// The first generation that a process can have; smaller numbers are never current.
pub(crate) const FIRST: u64 = 2;

/// The current generation lies in a page that the kernel zeroes in every child: handlers of
/// `pthread_atfork` would miss `_Fork` and a raw `clone`. Until it is mapped, `UNMAPPED` stands in.
static PAGE: AtomicPtr<AtomicU64> = AtomicPtr::new((&raw const UNMAPPED).cast_mut());
static UNMAPPED: AtomicU64 = AtomicU64::new(0);

/// The last generation given out. Children inherit it, so that a number never comes twice in a
/// line of descent, even if process ids do.
static LAST: AtomicU64 = AtomicU64::new(FIRST - 1);

/// The generation of this process; 0 if it has none yet.
#[inline]
pub(crate) fn generation() -> u64 {
    current_page().load(Ordering::Relaxed)
}

/// Gives this process a generation, unless another thread just did, and returns it.
pub(crate) fn renew() -> Result<u64, SyncError> {
    map_page()?;
    let page = current_page();
    match page.load(Ordering::Relaxed) {
        0 => {
            let fresh = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            match page.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => Ok(fresh),
                Err(other) => Ok(other),
            }
        }
        generation => Ok(generation),
    }
}

#[inline]
fn current_page() -> &'static AtomicU64 {
    let page = PAGE.load(Ordering::Acquire);
    // SAFETY: `PAGE` points at `UNMAPPED` or at a page from `map_page`; neither ever goes away,
    // and both start with an aligned word that is only used as an atomic.
    unsafe { &*page }
}

fn map_page() -> Result<(), SyncError> {
    const LEN: usize = 4096;
    let unmapped = (&raw const UNMAPPED).cast_mut();
    if PAGE.load(Ordering::Acquire) != unmapped {
        return Ok(());
    }
    // SAFETY: a new private anonymous mapping overlaps nothing.
    let page = unsafe {
        libc::mmap(
            ptr::null_mut(),
            LEN,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if page == libc::MAP_FAILED {
        return Err(SyncError::unsupported(UnsupportedCall::Mmap));
    }
    // SAFETY: the range is the mapping just made; a wipe in a child hurts nobody, as zero means
    // "no generation".
    let advised = unsafe { libc::madvise(page, LEN, libc::MADV_WIPEONFORK) };
    let outcome = match advised {
        0 => Ok(()),
        _ => Err(SyncError::unsupported(UnsupportedCall::WipeOnFork)),
    };
    let publish =
        || PAGE.compare_exchange(unmapped, page.cast(), Ordering::AcqRel, Ordering::Acquire);
    if outcome.is_err() || publish().is_err() {
        // SAFETY: nobody else has seen this mapping: it is useless, or another thread was faster.
        unsafe { libc::munmap(page, LEN) };
    }
    outcome
}
