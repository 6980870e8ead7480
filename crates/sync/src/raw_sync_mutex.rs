//! [`RawSyncMutex`]: raw_sync's handle over a robust pthread mutex, for programs that have one too.
#![expect(
    unsafe_code,
    reason = "pthread mutexes and raw_sync's handles are addressed by pointer"
)]

use std::fmt;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libc::{c_int, clockid_t, pthread_mutex_t, timespec};
use multiproc_segment::Segment;
use raw_sync::locks::{LockImpl, LockInit};

use crate::anchored::Anchored;
use crate::data_layout::DataLayout;
use crate::deadline::Deadline;
use crate::error::{LockError, SyncError, UnsupportedCall};
use crate::lock_holder::LockHolder;
use crate::mutex_words::MutexWords;
use crate::occupant::Occupant;
use crate::place::Place;
use crate::raw_mutex::RawMutex;
use crate::robust_list::ThreadList;
use crate::robust_word::{Missed, RobustWord};
use crate::watch::Watch;
use crate::word;

/// The second mutex: a robust, process-shared, error-checking pthread mutex behind raw_sync's handle.
///
/// Take it to share one lock with a program that uses raw_sync or pthreads: that program attaches
/// at byte 40 of the mutex's place. Its death, too, is reported here as
/// [`LockError::OwnerDied`], and a value given up here is `ENOTRECOVERABLE` there.
///
/// It comes second for two reasons, both in glibc. A sleeper that is killed just after it was woken, while
/// another thread has barged in, takes the wake-up with it, and the others sleep on; here
/// they look for themselves after a second, but a foreign program waits for ever. And glibc follows
/// list links that lie in the segment, so that a hostile process can make it write anywhere.
///
/// raw_sync's own constructor, timed lock, `RwLock` and `Event` are not used: its mutexes are not
/// robust, and its deadlines carry no nanoseconds over into seconds. Nobody counts how many of these
/// a thread holds; the kernel frees the first 2048 entries of its list.
#[derive(Debug)]
pub struct RawSyncMutex {
    handle: Handle,
    words: Anchored<MutexWords>,
    /// Whether a thread holds the lock through this handle.
    in_use: AtomicBool,
}

/// raw_sync's handle, at the pthread mutex inside the words it is kept with.
struct Handle(Box<dyn LockImpl>);

// SAFETY: the handle is an address and a null data pointer, neither of which it changes; pthread mutexes are
// made to be used by any thread.
unsafe impl Send for Handle {}
// SAFETY: as for `Send`; only `release` and `as_raw` are called on it.
unsafe impl Sync for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.0.as_raw()).finish()
    }
}

impl RawSyncMutex {
    fn with_words(words: Anchored<MutexWords>) -> Result<Self, SyncError> {
        let address = pthread_mutex(&words.lock);
        // SAFETY: `from_existing` only keeps the address; what is behind it was initialised by
        // `init_pthread_mutex`, here or in the process that made it, and stays mapped with `words`.
        let made =
            unsafe { raw_sync::locks::Mutex::from_existing(address.cast::<u8>(), ptr::null_mut()) };
        let (raw, _used) = made.map_err(|_| unsupported("raw_sync's from_existing", 0))?;
        assert_eq!(
            raw.as_raw().cast::<pthread_mutex_t>(),
            address,
            "raw_sync moved an aligned address"
        );
        Ok(Self {
            handle: Handle(raw),
            words,
            in_use: AtomicBool::new(false),
        })
    }

    fn pthread_mutex(&self) -> *mut pthread_mutex_t {
        self.handle.0.as_raw().cast()
    }

    fn lock_pthread_mutex(&self, deadline: Deadline) -> Result<(), LockError<()>> {
        let mut watch = Watch::default();
        let long_ago = timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // Not `pthread_mutex_trylock`: on a mutex that is not recoverable, glibc's leaves the word
        // with this thread's id in it.
        // SAFETY: the address is that of an initialised pthread mutex, mapped with `words`; the time
        // is borrowed for the call.
        let mut answer =
            unsafe { libc::pthread_mutex_timedlock(self.pthread_mutex(), &raw const long_ago) };
        loop {
            match answer {
                0 => return Ok(()),
                libc::EOWNERDEAD => {
                    self.words.poison().note_death();
                    return Ok(());
                }
                libc::ENOTRECOVERABLE => return Err(LockError::Poisoned),
                libc::EDEADLK => return Err(LockError::WouldDeadlock),
                libc::ETIMEDOUT => {}
                errno => return Err(LockError::Refused(unsupported("pthread_mutex_lock", errno))),
            }
            let seen = self.words.lock.load();
            watch.look(seen);
            let patience = if self.words.lock.bury_the_dead(seen) {
                Duration::ZERO
            } else if let Some(patience) = deadline.next_wait() {
                patience
            } else {
                let missed = Missed::Held {
                    holder: word::owner(seen),
                    watched: watch.watched(),
                };
                return Err(LockError::of(missed, deadline));
            };
            answer = timed_lock(self.pthread_mutex(), patience);
        }
    }

    /// Whether this thread has the lock; never so in a forked child.
    fn is_held(&self) -> bool {
        ThreadList::with(ThreadList::tid).is_ok_and(|tid| self.holder() == Some(LockHolder { tid }))
    }

    fn release(&self) {
        self.in_use.store(false, Ordering::Relaxed);
        // It fails if this thread does not hold the lock, which its callers have checked.
        let _ = self.handle.0.release();
    }

    fn pthread_consistent(&self) {
        // SAFETY: the address is that of an initialised pthread mutex, mapped with `words`. The call
        // refuses one that is not inconsistent, which is as well.
        unsafe { libc::pthread_mutex_consistent(self.pthread_mutex()) };
    }
}

impl crate::sealed::Sealed for RawSyncMutex {}

impl RawMutex for RawSyncMutex {
    const KIND: u32 = Occupant::PTHREAD_MUTEX;

    fn init(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.format(Self::KIND, init_pthread_mutex)?;
        Self::with_words(words)
    }

    fn attach(segment: &Segment, place: Place) -> Result<Self, SyncError> {
        let words = Anchored::<MutexWords>::new(segment, place)?;
        words.expect_kind(Self::KIND)?;
        Self::with_words(words)
    }

    fn lock(&self, deadline: Deadline) -> Result<(), LockError<()>> {
        ThreadList::with(|me| self.words.check_namespace(me))
            .and_then(|checked| checked)
            .map_err(LockError::Refused)?;
        self.lock_pthread_mutex(deadline)?;
        let verdict = self.words.poison().verdict();
        if matches!(verdict, Err(LockError::Poisoned)) {
            self.release();
        } else {
            self.in_use.store(true, Ordering::Relaxed);
        }
        verdict
    }

    fn unlock(&self) {
        if self.is_held() {
            self.words.poison().before_release();
            self.release();
        }
    }

    fn abandon(&self) {
        if self.is_held() {
            self.words.poison().note_death();
            // The state in the header tells the next owner; pthread's own would refuse it for ever.
            self.pthread_consistent();
            self.release();
        }
    }

    fn mark_consistent(&self) {
        if self.is_held() {
            self.pthread_consistent();
            self.words.poison().mark_consistent();
        }
    }

    fn occupant(&self) -> Occupant {
        self.words.occupant()
    }

    fn set_data_layout(&self, data: DataLayout) {
        self.words.set_data_layout(Some(data));
    }

    fn holder(&self) -> Option<LockHolder> {
        // glibc's first word is laid out as the kernel wants it, which is how `word` reads it.
        LockHolder::of_word(self.words.lock.load())
    }

    fn deaths(&self) -> u32 {
        self.words.poison().deaths()
    }
}

impl Drop for RawSyncMutex {
    fn drop(&mut self) {
        // A guard borrows its handle, so it was forgotten: the lock stays held, and its bytes in
        // its owner's list, for as long as that thread lives.
        if *self.in_use.get_mut() {
            self.words.keep_mapped();
        }
    }
}

/// The same 40 bytes as a pthread mutex.
fn pthread_mutex(lock: &RobustWord) -> *mut pthread_mutex_t {
    const {
        assert!(size_of::<pthread_mutex_t>() <= size_of::<RobustWord>());
        assert!(align_of::<pthread_mutex_t>() <= align_of::<RobustWord>());
    }
    ptr::from_ref(lock).cast_mut().cast()
}

/// Makes the bytes a pthread mutex that is shared by processes, robust and error-checking.
fn init_pthread_mutex(lock: &RobustWord) -> Result<(), SyncError> {
    let mut attributes = MaybeUninit::uninit();
    let attributes = attributes.as_mut_ptr();
    // SAFETY: it initialises the writable attributes it is given.
    check("pthread_mutexattr_init", unsafe {
        libc::pthread_mutexattr_init(attributes)
    })?;
    // SAFETY: the attributes are initialised.
    check("pthread_mutexattr_setpshared", unsafe {
        libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED)
    })?;
    // SAFETY: the attributes are initialised.
    check("pthread_mutexattr_setrobust", unsafe {
        libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST)
    })?;
    // SAFETY: the attributes are initialised.
    check("pthread_mutexattr_settype", unsafe {
        libc::pthread_mutexattr_settype(attributes, libc::PTHREAD_MUTEX_ERRORCHECK)
    })?;
    // SAFETY: the attributes are initialised; the mutex's bytes are writable and large enough, and the
    // caller of `init` promises that nobody uses them.
    check("pthread_mutex_init", unsafe {
        libc::pthread_mutex_init(pthread_mutex(lock), attributes)
    })?;
    // SAFETY: the attributes are initialised and not used again.
    check("pthread_mutexattr_destroy", unsafe {
        libc::pthread_mutexattr_destroy(attributes)
    })
}

fn check(call: &'static str, errno: c_int) -> Result<(), SyncError> {
    match errno {
        0 => Ok(()),
        errno => Err(unsupported(call, errno)),
    }
}

fn unsupported(call: &'static str, errno: c_int) -> SyncError {
    SyncError::Unsupported {
        call: UnsupportedCall::Pthread(call),
        errno,
    }
}

type ClockLock = unsafe extern "C" fn(*mut pthread_mutex_t, clockid_t, *const timespec) -> c_int;

/// Locks, or fails with `ETIMEDOUT` after `patience`.
///
/// glibc before 2.30 lacks `pthread_mutex_clocklock`; there the piece of a wait is measured on the
/// wall clock, and the whole still on the monotonic one.
fn timed_lock(mutex: *mut pthread_mutex_t, patience: Duration) -> c_int {
    // SAFETY: both are null-terminated or special handles that `dlsym` knows.
    let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"pthread_mutex_clocklock".as_ptr()) };
    if symbol.is_null() {
        let until = clock_after(libc::CLOCK_REALTIME, patience);
        // SAFETY: callers pass an initialised mutex; the time is borrowed for the call.
        return unsafe { libc::pthread_mutex_timedlock(mutex, &raw const until) };
    }
    // SAFETY: a symbol of this name is glibc's function, of this type.
    let clock_lock = unsafe { std::mem::transmute::<*mut libc::c_void, ClockLock>(symbol) };
    let until = clock_after(libc::CLOCK_MONOTONIC, patience);
    // SAFETY: callers pass an initialised mutex; the time is borrowed for the call.
    unsafe { clock_lock(mutex, libc::CLOCK_MONOTONIC, &raw const until) }
}

fn clock_after(clock: clockid_t, patience: Duration) -> timespec {
    let mut now = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: both clocks exist on every Linux, and `now` is writable.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    let nanoseconds = now.tv_nsec + i64::from(patience.subsec_nanos());
    let seconds = i64::try_from(patience.as_secs()).unwrap_or(i64::MAX / 2);
    timespec {
        tv_sec: now.tv_sec + seconds + nanoseconds / 1_000_000_000,
        tv_nsec: nanoseconds % 1_000_000_000,
    }
}
