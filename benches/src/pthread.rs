//! [`PthreadRobustMutex`]: glibc's robust mutex, shared between processes, as C programs use it.
#![expect(unsafe_code, reason = "pthread's mutex has no safe form")]

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

/// A mutex with the attributes process-shared and robust; never moved once it is made.
#[derive(Debug)]
pub struct PthreadRobustMutex(Box<UnsafeCell<libc::pthread_mutex_t>>);

impl Default for PthreadRobustMutex {
    fn default() -> Self {
        PthreadRobustMutex::new()
    }
}

impl PthreadRobustMutex {
    /// Makes an unlocked mutex.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new() -> PthreadRobustMutex {
        let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: `attributes` is a valid place for one such struct, which the call fills.
        succeed(unsafe { libc::pthread_mutexattr_init(attributes) });
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe {
            libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED)
        });
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe {
            libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST)
        });
        let mutex = PthreadRobustMutex(Box::new(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER)));
        // SAFETY: the mutex is in a box, which keeps its address, and nobody uses it yet.
        succeed(unsafe { libc::pthread_mutex_init(mutex.0.get(), attributes) });
        mutex
    }

    /// Locks and unlocks.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn lock_and_unlock(&self) {
        // SAFETY: the mutex was initialised by `new` and lives as long as `self`.
        succeed(unsafe { libc::pthread_mutex_lock(self.0.get()) });
        // SAFETY: as above; this thread holds it.
        succeed(unsafe { libc::pthread_mutex_unlock(self.0.get()) });
    }
}

impl Drop for PthreadRobustMutex {
    fn drop(&mut self) {
        // SAFETY: it was initialised by `new`, is unlocked, and is never used again.
        unsafe { libc::pthread_mutex_destroy(self.0.get()) };
    }
}

#[track_caller]
fn succeed(error: i32) {
    assert_eq!(error, 0, "a pthread call failed");
}
