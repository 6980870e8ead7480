//! The schedule in which glibc's robust mutex loses a wake-up for ever.
//!
//! A holds the lock; X and Y sleep. A releases, which wakes X, barges in again before X runs, and X is
//! killed. When A releases again, Y must be woken though nobody has marked the word for it since.
//! With pthread's mutex Y sleeps on, as the barging owner took the word without the waiters bit;
//! `RawSyncMutex` looks after a second, a foreign program would never.
#![expect(
    unsafe_code,
    reason = "the schedule is forced with scheduling calls of libc"
)]

use multiproc_sync::{Mutex, RawMutex};
use multiproc_testkit::{Child, PATIENCE, child, skip, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid};

const SLEEPER: &str = "barge::sleeping_role";
#[cfg(feature = "raw-sync")]
const RAW_SYNC_SLEEPER: &str = "barge::raw_sync_sleeping_role";
const ROUNDS: usize = 10;

#[test]
fn a_killed_sleepers_wake_up_reaches_the_next_sleeper() {
    rounds::<multiproc_sync::RobustMutex>(SLEEPER, ROUNDS);
}

#[cfg(feature = "raw-sync")]
#[test]
fn with_a_pthread_mutex_the_next_sleeper_looks_for_itself() {
    rounds::<multiproc_sync::RawSyncMutex>(RAW_SYNC_SLEEPER, 2);
}

fn rounds<R: RawMutex>(role: &str, n_rounds: usize) {
    let _watchdog = watchdog(PATIENCE);
    // The thread that barges gets scheduling rights that the others shall not inherit.
    let barging = std::thread::scope(|scope| {
        let rounds = || (0..n_rounds).filter(|_| round::<R>(role)).count();
        scope.spawn(rounds).join().unwrap()
    });
    if barging == 0 {
        skip("the kernel gives no real-time priority here, so nobody can barge in for sure");
    }
}

/// One round; `false` if the schedule could not be forced.
fn round<R: RawMutex>(role: &str) -> bool {
    let (ground, mutex) = Ground::with_mutex::<R>();
    let guard = mutex.lock().unwrap();
    let mut sleepers = [sleeper(&ground, role), sleeper(&ground, role)];
    let [first, second] = &mut sleepers;
    let forced = barge_in(&mutex, guard, first);
    second.expect_line("got it");
    assert!(second.wait().success());
    forced
}

fn barge_in<R: RawMutex>(
    mutex: &Mutex<[u64; 2], R>,
    guard: multiproc_sync::MutexGuard<'_, [u64; 2], R>,
    woken: &mut Child,
) -> bool {
    let forced = set_priority(libc::SCHED_FIFO, 50);
    drop(guard);
    // The one woken may have been faster where no priority is given.
    let guard = mutex.try_lock();
    woken.kill();
    let barged = guard.is_ok();
    drop(guard);
    set_priority(libc::SCHED_OTHER, 0);
    forced && barged
}

/// A sleeper on the same processor as this thread, so that it does not run while this one does.
fn sleeper(ground: &Ground, role: &str) -> Child {
    pin_to_first_processor();
    let mut child = ground.spawn(role, &[]);
    fall_asleep(&mut child);
    child
}

fn set_priority(policy: i32, priority: i32) -> bool {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: it reads the parameters, borrowed for the call, and changes this thread alone.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) == 0 }
}

fn pin_to_first_processor() {
    // SAFETY: a set of processors is plain bits, and zeros are the empty one.
    let mut allowed: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: it writes at most `size` bytes to the set.
    unsafe { libc::sched_getaffinity(0, size, &raw mut allowed) };
    // SAFETY: every index is below the set's capacity.
    let first = (0..libc::CPU_SETSIZE as usize).find(|&i| unsafe { libc::CPU_ISSET(i, &allowed) });
    // SAFETY: as above.
    let mut only: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the index is below the set's capacity.
    unsafe { libc::CPU_SET(first.unwrap_or(0), &mut only) };
    // SAFETY: it reads `size` bytes of the set, and changes this thread alone.
    unsafe { libc::sched_setaffinity(0, size, &raw const only) };
}

#[test]
fn sleeping_role() {
    sleep_role::<multiproc_sync::RobustMutex>(SLEEPER);
}

#[cfg(feature = "raw-sync")]
#[test]
fn raw_sync_sleeping_role() {
    sleep_role::<multiproc_sync::RawSyncMutex>(RAW_SYNC_SLEEPER);
}

fn sleep_role<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<R>();
    child::say(own_tid());
    drop(mutex.lock().unwrap());
    child::say("got it");
}
