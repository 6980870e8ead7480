//! [`PthreadFlag`] and [`PthreadBarrier`]: how threads of C programs tell each other and wait for each other.
#![expect(unsafe_code, reason = "pthread's primitives have no safe form")]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

/// A flag behind a mutex, and a condition variable to wait for it: an event as C programs make it.
#[derive(Debug)]
pub struct PthreadFlag(Box<FlagParts>);

#[derive(Debug)]
struct FlagParts {
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    condvar: UnsafeCell<libc::pthread_cond_t>,
    set: UnsafeCell<bool>,
}

// SAFETY: the flag is only touched under the mutex; the rest is made for many threads.
unsafe impl Send for PthreadFlag {}
// SAFETY: as for `Send`.
unsafe impl Sync for PthreadFlag {}

impl Default for PthreadFlag {
    fn default() -> Self {
        PthreadFlag::new()
    }
}

impl PthreadFlag {
    /// Makes a cleared flag.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new() -> PthreadFlag {
        let flag = PthreadFlag(Box::new(FlagParts {
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            condvar: UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER),
            set: UnsafeCell::new(false),
        }));
        let mut of_mutex = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        let mut of_condvar = MaybeUninit::<libc::pthread_condattr_t>::uninit();
        let (of_mutex, of_condvar) = (of_mutex.as_mut_ptr(), of_condvar.as_mut_ptr());
        // SAFETY: a valid place for one such struct, which the call fills.
        succeed(unsafe { libc::pthread_mutexattr_init(of_mutex) });
        // SAFETY: a valid place for one such struct, which the call fills.
        succeed(unsafe { libc::pthread_condattr_init(of_condvar) });
        // SAFETY: `of_mutex` was initialised above.
        succeed(unsafe {
            libc::pthread_mutexattr_setpshared(of_mutex, libc::PTHREAD_PROCESS_SHARED)
        });
        // SAFETY: `of_condvar` was initialised above.
        succeed(unsafe {
            libc::pthread_condattr_setpshared(of_condvar, libc::PTHREAD_PROCESS_SHARED)
        });
        // SAFETY: both are in a box, which keeps their addresses, and nobody uses them yet.
        succeed(unsafe { libc::pthread_mutex_init(flag.0.mutex.get(), of_mutex) });
        // SAFETY: as above.
        succeed(unsafe { libc::pthread_cond_init(flag.0.condvar.get(), of_condvar) });
        flag
    }

    /// Sets the flag and wakes who waits.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn set(&self) {
        // SAFETY: the mutex was initialised by `new` and lives as long as `self`.
        succeed(unsafe { libc::pthread_mutex_lock(self.0.mutex.get()) });
        // SAFETY: this thread holds the mutex.
        unsafe { *self.0.set.get() = true };
        // SAFETY: as for the lock.
        succeed(unsafe { libc::pthread_cond_signal(self.0.condvar.get()) });
        // SAFETY: as for the lock; this thread holds it.
        succeed(unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) });
    }

    /// Waits until the flag is set, and clears it.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn wait_and_clear(&self) {
        // SAFETY: the mutex was initialised by `new` and lives as long as `self`.
        succeed(unsafe { libc::pthread_mutex_lock(self.0.mutex.get()) });
        // SAFETY: this thread holds the mutex.
        while !unsafe { *self.0.set.get() } {
            let (condvar, mutex) = (self.0.condvar.get(), self.0.mutex.get());
            // SAFETY: both were initialised by `new`; this thread holds the mutex.
            succeed(unsafe { libc::pthread_cond_wait(condvar, mutex) });
        }
        // SAFETY: this thread holds the mutex.
        unsafe { *self.0.set.get() = false };
        // SAFETY: as for the lock; this thread holds it.
        succeed(unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) });
    }
}

/// pthread's barrier.
#[derive(Debug)]
pub struct PthreadBarrier(Box<UnsafeCell<libc::pthread_barrier_t>>);

// SAFETY: a pthread barrier is made for many threads.
unsafe impl Send for PthreadBarrier {}
// SAFETY: as for `Send`.
unsafe impl Sync for PthreadBarrier {}

impl PthreadBarrier {
    /// Makes a barrier of `parties`.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new(parties: u32) -> PthreadBarrier {
        let mut attributes = MaybeUninit::<libc::pthread_barrierattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: a valid place for one such struct, which the call fills.
        succeed(unsafe { libc::pthread_barrierattr_init(attributes) });
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe {
            libc::pthread_barrierattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED)
        });
        // SAFETY: a barrier is plain bytes, all of which are allowed to be zero until it is initialised.
        let zeros = unsafe { std::mem::zeroed::<libc::pthread_barrier_t>() };
        let barrier = PthreadBarrier(Box::new(UnsafeCell::new(zeros)));
        // SAFETY: it is in a box, which keeps its address, and nobody uses it yet.
        succeed(unsafe { libc::pthread_barrier_init(barrier.0.get(), attributes, parties) });
        barrier
    }

    /// Waits until all parties have come.
    pub fn wait(&self) {
        // SAFETY: it was initialised by `new` and lives as long as `self`. One party gets another result.
        unsafe { libc::pthread_barrier_wait(self.0.get()) };
    }
}

#[track_caller]
fn succeed(error: i32) {
    assert_eq!(error, 0, "a pthread call failed");
}
