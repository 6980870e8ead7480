//! [`PthreadRobustMutex`], [`PthreadRwLock`] and [`PosixSemaphore`]: glibc's own, shared between processes, as C
//! programs and Python use them.
#![expect(unsafe_code, reason = "pthread's locks have no safe form")]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::shared_page::shared_page;

/// A mutex with the attributes process-shared and robust, on a page that forks share.
#[derive(Debug)]
pub struct PthreadRobustMutex(NonNull<libc::pthread_mutex_t>);

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
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe { libc::pthread_mutexattr_setpshared(attributes, shared) });
        let robust = libc::PTHREAD_MUTEX_ROBUST;
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe { libc::pthread_mutexattr_setrobust(attributes, robust) });
        let mutex = shared_page().cast::<libc::pthread_mutex_t>();
        // SAFETY: the page is this mutex's alone and stays, and the attributes are initialised.
        succeed(unsafe { libc::pthread_mutex_init(mutex.as_ptr(), attributes) });
        // SAFETY: `attributes` was initialised above and is not used again.
        succeed(unsafe { libc::pthread_mutexattr_destroy(attributes) });
        PthreadRobustMutex(mutex)
    }

    /// Locks, does `inside` and unlocks. An owner's death is repaired in passing.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn locked(&self, inside: impl FnOnce()) {
        self.lock();
        inside();
        // SAFETY: the mutex was initialised by `new` and stays; this thread holds it.
        succeed(unsafe { libc::pthread_mutex_unlock(self.0.as_ptr()) });
    }

    /// Locks and keeps it.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn lock(&self) {
        // SAFETY: the mutex was initialised by `new` and stays.
        let answer = unsafe { libc::pthread_mutex_lock(self.0.as_ptr()) };
        if answer == libc::EOWNERDEAD {
            // SAFETY: as above; this thread holds it.
            succeed(unsafe { libc::pthread_mutex_consistent(self.0.as_ptr()) });
        } else {
            succeed(answer);
        }
    }
}

/// A read-write lock with the attribute process-shared, on a page that forks share.
#[derive(Debug)]
pub struct PthreadRwLock(NonNull<libc::pthread_rwlock_t>);

impl Default for PthreadRwLock {
    fn default() -> Self {
        PthreadRwLock::new()
    }
}

impl PthreadRwLock {
    /// Makes an unlocked one.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new() -> PthreadRwLock {
        let mut attributes = MaybeUninit::<libc::pthread_rwlockattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: `attributes` is a valid place for one such struct, which the call fills.
        succeed(unsafe { libc::pthread_rwlockattr_init(attributes) });
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: `attributes` was initialised above.
        succeed(unsafe { libc::pthread_rwlockattr_setpshared(attributes, shared) });
        let lock = shared_page().cast::<libc::pthread_rwlock_t>();
        // SAFETY: the page is this lock's alone and stays, and the attributes are initialised.
        succeed(unsafe { libc::pthread_rwlock_init(lock.as_ptr(), attributes) });
        PthreadRwLock(lock)
    }

    /// Locks for reading and unlocks.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn read(&self) {
        // SAFETY: the lock was initialised by `new` and stays.
        succeed(unsafe { libc::pthread_rwlock_rdlock(self.0.as_ptr()) });
        // SAFETY: as above; this thread holds it.
        succeed(unsafe { libc::pthread_rwlock_unlock(self.0.as_ptr()) });
    }

    /// Locks for writing and unlocks.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn write(&self) {
        // SAFETY: the lock was initialised by `new` and stays.
        succeed(unsafe { libc::pthread_rwlock_wrlock(self.0.as_ptr()) });
        // SAFETY: as above; this thread holds it.
        succeed(unsafe { libc::pthread_rwlock_unlock(self.0.as_ptr()) });
    }
}

/// The semaphore that Python's locks are, on a page that forks share.
#[derive(Debug)]
pub struct PosixSemaphore(NonNull<libc::sem_t>);

impl PosixSemaphore {
    /// Makes one with `value` permits.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new(value: u32) -> PosixSemaphore {
        let semaphore = shared_page().cast::<libc::sem_t>();
        // SAFETY: the page is this semaphore's alone and stays.
        succeed(unsafe { libc::sem_init(semaphore.as_ptr(), 1, value) });
        PosixSemaphore(semaphore)
    }

    /// Takes a permit, does `inside` and gives it back.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn held(&self, inside: impl FnOnce()) {
        // SAFETY: the semaphore was initialised by `new` and stays.
        succeed(unsafe { libc::sem_wait(self.0.as_ptr()) });
        inside();
        // SAFETY: as above.
        succeed(unsafe { libc::sem_post(self.0.as_ptr()) });
    }
}

#[track_caller]
fn succeed(error: i32) {
    assert_eq!(error, 0, "a pthread call failed");
}
