//! Python's RLock: the owner locks again, and nobody else gets it before the last guard is gone.
#![expect(unsafe_code, reason = "fork")]

use std::thread;
use std::time::Duration;

use multiproc_sync::{LockError, RLock};
use multiproc_testkit::{PATIENCE, child, watchdog};

use crate::ground::{Ground, MUTEX};

const HOLDING: &str = "reentrant::holding_role";

fn with_rlock() -> (Ground, RLock<[u64; 2]>) {
    let ground = Ground::new();
    let lock = RLock::init(&ground.segment, MUTEX, [0, 0]).unwrap();
    (ground, lock)
}

fn is_free(lock: &RLock<[u64; 2]>) -> bool {
    thread::scope(|scope| {
        scope
            .spawn(|| match lock.try_lock() {
                Ok(_) => true,
                Err(LockError::WouldBlock { .. }) => false,
                Err(other) => panic!("{other}"),
            })
            .join()
            .unwrap()
    })
}

/// Locks three times, forks, and holds the lock until it is told to go.
#[test]
fn holding_role() {
    let Some(args) = child::args(HOLDING) else {
        return;
    };
    let lock: RLock<[u64; 2]> = RLock::attach(&Ground::of(&args).segment, MUTEX).unwrap();
    let guards = [
        lock.lock().unwrap(),
        lock.lock().unwrap(),
        lock.lock().unwrap(),
    ];
    // SAFETY: the child runs a copy of this thread alone, and ends by `_exit`.
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        let refused = matches!(lock.try_lock(), Err(LockError::WouldBlock { .. }));
        drop(guards);
        let still_refused = matches!(lock.try_lock(), Err(LockError::WouldBlock { .. }));
        // SAFETY: it ends the child without running what belongs to the parent.
        unsafe { libc::_exit(i32::from(!(refused && still_refused))) };
    }
    let mut status = -1;
    // SAFETY: it waits for the child just made and writes to a live number.
    unsafe { libc::waitpid(forked, &raw mut status, 0) };
    child::say(status);
    child::read_line();
}

#[test]
fn it_is_free_when_the_last_guard_is_gone_in_whichever_order() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = with_rlock();
    let other: RLock<[u64; 2]> = RLock::attach(&ground.segment, MUTEX).unwrap();
    for first_to_go in 0..3 {
        let mut guards = vec![
            lock.lock().unwrap(),
            other.lock_timeout(Duration::ZERO).unwrap(),
            lock.try_lock().unwrap(),
        ];
        drop(guards.remove(first_to_go));
        while !guards.is_empty() {
            assert!(!is_free(&lock) && !is_free(&other));
            guards.pop();
        }
        assert!(is_free(&lock) && is_free(&other));
    }
    assert_eq!(lock.deaths(), 0);
}

#[test]
fn a_forked_child_does_not_own_it_and_a_dead_owner_is_told_once() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = with_rlock();
    let mut holder = ground.spawn(HOLDING, &[]);
    holder.expect_line("0");
    assert_eq!(lock.holder().unwrap().pid(), Some(holder.pid()));
    holder.kill();
    let guard = lock.lock().unwrap_err().into_guard().unwrap();
    let nested = lock.lock().unwrap_err().into_guard().unwrap();
    nested.mark_consistent();
    assert!(lock.lock().is_ok());
    drop((nested, guard));
    assert!(is_free(&lock));
    assert_eq!(lock.deaths(), 1);
}

#[test]
fn a_panic_that_is_caught_under_an_outer_guard_is_told_to_the_outer_one() {
    let (_ground, lock) = with_rlock();
    for repaired in [true, false] {
        let outer = lock.lock().unwrap();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let inner = lock.lock().unwrap();
            inner.store([1, 0]);
            std::panic::resume_unwind(Box::new("half-way"));
        }));
        assert!(caught.is_err());
        let told = lock.lock().unwrap_err().into_guard().unwrap();
        if repaired {
            told.mark_consistent();
        }
        drop((told, outer));
        assert_eq!(lock.lock().is_ok(), repaired);
    }
    assert!(matches!(lock.lock(), Err(LockError::Poisoned)));
}

#[test]
fn through_another_mapping_its_owner_does_not_wait_for_itself() {
    let (ground, lock) = with_rlock();
    let mapped_again = Ground::of(&ground.args(&[]));
    let other: RLock<[u64; 2]> = RLock::attach(&mapped_again.segment, MUTEX).unwrap();
    let guard = lock.lock().unwrap();
    assert!(matches!(other.lock(), Err(LockError::WouldDeadlock)));
    drop(guard);
    assert!(other.lock().is_ok());
}
