//! [`Futex`]: a shared word on which threads of any process sleep and are woken.
#![expect(
    unsafe_code,
    reason = "futex and tkill are system calls without a wrapper"
)]

use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// An atomic whose first four bytes, the lower half of a longer one, are what threads sleep on.
///
/// # Safety
///
/// `address` is that of four aligned bytes inside `self`.
pub(crate) unsafe trait Word: Default {
    fn address(&self) -> *const u32;
}

// SAFETY: the atomic has four bytes and is aligned to as many.
unsafe impl Word for AtomicU32 {
    fn address(&self) -> *const u32 {
        self.as_ptr()
    }
}

// SAFETY: the atomic is aligned to eight bytes, and on the little-endian machines that this crate is for
// its lower half comes first.
unsafe impl Word for AtomicU64 {
    fn address(&self) -> *const u32 {
        self.as_ptr().cast()
    }
}

/// A word in shared memory that the kernel can put threads to sleep on.
///
/// Zero bytes are a futex of value 0. It derefs to the atomic that it is.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct Futex<A>(A);

impl<A> Deref for Futex<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

/// What ended a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// A wake-up of the first, or only, word.
    First,
    /// A wake-up of another word that was watched.
    Other,
    /// None: the time was over, a signal came, or a word had changed before the sleep.
    Not,
}

/// A futex together with the value at which a sleeper wants to sleep on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched<'a, A> {
    pub(crate) futex: &'a Futex<A>,
    pub(crate) value: u32,
}

impl<A: Word> Futex<A> {
    /// Sleeps until woken, at most `patience`, and not at all if the word is not `value`.
    ///
    /// Also returns for no reason, so that callers look at the word again.
    pub(crate) fn wait(&self, value: u32, patience: Duration) -> Woken {
        let timeout = timespec(patience);
        // SAFETY: `futex(FUTEX_WAIT)` reads a live aligned 4-byte word and a timespec; both are
        // borrowed for the call. Without `FUTEX_PRIVATE_FLAG` it works across processes.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.address(),
                libc::FUTEX_WAIT,
                value,
                &raw const timeout,
            )
        };
        if answer == 0 {
            Woken::First
        } else {
            Woken::Not
        }
    }

    /// Wakes at most `count` sleepers and says how many there were.
    pub(crate) fn wake(&self, count: i32) -> u32 {
        // SAFETY: `futex(FUTEX_WAKE)` only needs the address of a mapped word.
        let woken =
            unsafe { libc::syscall(libc::SYS_futex, self.0.address(), libc::FUTEX_WAKE, count) };
        // An error means that the word is not mapped, which the reference excludes.
        u32::try_from(woken).unwrap_or(0)
    }
}

impl<A: Word> Watched<'_, A> {
    fn element(&self) -> WaitElement {
        WaitElement {
            value: u64::from(self.value),
            address: self.futex.0.address() as u64,
            flags: FUTEX_32_SHARED,
            reserved: 0,
        }
    }
}

/// One element of `futex_waitv(2)`'s list, as the kernel has it.
#[repr(C)]
struct WaitElement {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

const FUTEX_32_SHARED: u32 = 2;

/// Sleeps until one of the words is woken, at most `patience`, and not at all if any has changed.
///
/// Needs `futex_waitv` (Linux 5.16), which takes 128 words at most. Where the kernel lacks it, the sleep is on
/// `first` alone, and what happens to the `others` is noticed when `patience` is over.
pub(crate) fn wait_any<A: Word, B: Word>(
    first: Watched<'_, A>,
    others: &[Watched<'_, B>],
    patience: Duration,
) -> Woken {
    if !has_waitv() {
        return first.futex.wait(first.value, patience);
    }
    let others = others.iter().map(Watched::element);
    let list: Vec<WaitElement> = std::iter::once(first.element()).chain(others).collect();
    let deadline = timespec(monotonic_now() + patience);
    // SAFETY: `futex_waitv` reads `list.len()` elements and a timespec, both borrowed for the
    // call; each element holds the address of a live aligned 4-byte word.
    let woken = unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            list.as_ptr(),
            list.len(),
            0,
            &raw const deadline,
            libc::CLOCK_MONOTONIC,
        )
    };
    match woken {
        0 => Woken::First,
        1.. => Woken::Other,
        _ => Woken::Not,
    }
}

/// Whether the kernel has `futex_waitv`, asked once.
fn has_waitv() -> bool {
    const UNKNOWN: u8 = 0;
    const PRESENT: u8 = 1;
    const ABSENT: u8 = 2;
    static PROBED: AtomicU8 = AtomicU8::new(UNKNOWN);
    match PROBED.load(Ordering::Relaxed) {
        PRESENT => true,
        ABSENT => false,
        _ => {
            // SAFETY: an empty list is refused before anything is read.
            let answer = unsafe {
                libc::syscall(
                    libc::SYS_futex_waitv,
                    ptr::null::<WaitElement>(),
                    0,
                    0,
                    ptr::null::<libc::timespec>(),
                    libc::CLOCK_MONOTONIC,
                )
            };
            // EINVAL is the call's own complaint; anything else is a kernel or a sandbox without it.
            let present = answer == -1 && errno() == libc::EINVAL;
            PROBED.store(if present { PRESENT } else { ABSENT }, Ordering::Relaxed);
            present
        }
    }
}

/// Whether a thread with this id lives, in this pid namespace.
pub(crate) fn thread_lives(tid: u32) -> bool {
    // SAFETY: signal 0 asks and does nothing; `tkill` takes any number.
    let answer = unsafe { libc::syscall(libc::SYS_tkill, tid, 0) };
    // EPERM is a living thread of another user.
    answer == 0 || errno() != libc::ESRCH
}

/// Whether `tid` is the id of a living process, and so of its main thread, in this pid namespace.
pub(crate) fn is_main_thread(tid: u32) -> bool {
    // SAFETY: signal 0 asks and does nothing; `tgkill` takes any numbers.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, tid, tid, 0) };
    answer == 0 || errno() == libc::EPERM
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn monotonic_now() -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists on every Linux, and `now` is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or(0),
        u32::try_from(now.tv_nsec).unwrap_or(0),
    )
}

fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
