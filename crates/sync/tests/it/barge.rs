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

use std::time::{Duration, Instant};

use multiproc_sync::{Mutex, RawMutex};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, skip, watchdog};

use crate::ground::{Ground, LOOKED_ITSELF, fall_asleep, own_tid};

const SLEEPER: &str = "barge::sleeping_role";
#[cfg(feature = "raw-sync")]
const RAW_SYNC_SLEEPER: &str = "barge::raw_sync_sleeping_role";

/// What became of the second sleepers.
#[derive(Default)]
struct Fates {
    /// Rounds in which the schedule could be forced.
    forced: u64,
    looked_themselves: u64,
    worst: Duration,
}

/// The reason why [`RobustMutex`](multiproc_sync::RobustMutex) is the default: in this schedule its sleepers are
/// woken.
#[test]
fn a_killed_sleepers_wake_up_reaches_the_next_sleeper() {
    let fates = rounds::<multiproc_sync::RobustMutex>(SLEEPER, Scale::asked().pick(10, 20, 200));
    // One in ten may be late for want of a processor; a lost wake-up would be late every time.
    assert!(
        fates.looked_themselves <= fates.forced / 10,
        "{} of {} sleepers were not woken",
        fates.looked_themselves,
        fates.forced
    );
    if fates.forced > 0 {
        Row::new(20)
            .figure("rounds", fates.forced)
            .figure("hangs", 0)
            .figure("at the back-stop", fates.looked_themselves)
            .figure("worst wake ms", fates.worst.as_millis())
            .print();
    }
}

/// And the reason why the pthread mutex is not: there the wake-up is lost, and only the back-stop helps.
#[cfg(feature = "raw-sync")]
#[test]
fn with_a_pthread_mutex_the_next_sleeper_looks_for_itself() {
    let fates = rounds::<multiproc_sync::RawSyncMutex>(RAW_SYNC_SLEEPER, 2);
    assert_eq!(
        fates.looked_themselves, fates.forced,
        "this libc passes the wake-up on: its mutex is as good as ours here"
    );
}

fn rounds<R: RawMutex>(role: &str, n_rounds: u64) -> Fates {
    let _watchdog = watchdog(3 * PATIENCE);
    // The thread that barges gets scheduling rights that the others shall not inherit.
    let fates = std::thread::scope(|scope| {
        let rounds = || {
            let mut fates = Fates::default();
            (0..n_rounds).for_each(|_| round::<R>(role, &mut fates));
            fates
        };
        scope.spawn(rounds).join().unwrap()
    });
    if fates.forced == 0 {
        skip("the kernel gives no real-time priority here, so nobody can barge in for sure");
    }
    fates
}

fn round<R: RawMutex>(role: &str, fates: &mut Fates) {
    let (ground, mutex) = Ground::with_mutex::<R>();
    let guard = mutex.lock().unwrap();
    let mut sleepers = [sleeper(&ground, role), sleeper(&ground, role)];
    let [first, second] = &mut sleepers;
    let forced = barge_in(&mutex, guard, first);
    let released = Instant::now();
    second.expect_line("got it");
    let waited = released.elapsed();
    assert!(second.wait().success());
    if forced {
        fates.forced += 1;
        fates.looked_themselves += u64::from(waited > LOOKED_ITSELF);
        fates.worst = fates.worst.max(waited);
    }
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

const IDLE_OWNER: &str = "barge::idle_owner_role";
const HOG: &str = "barge::hog_role";

/// Priorities are not inherited, and this says what that costs: the owner runs only when nobody else would, a hog
/// wants the same processor all the time, and the waiter has real-time priority.
#[test]
fn an_idle_owner_lets_a_real_time_waiter_wait_and_not_for_ever() {
    let _watchdog = watchdog(3 * PATIENCE);
    let n_waits = Scale::asked().pick(3, 10, 60);
    let waits = std::thread::scope(|scope| {
        let waits = || {
            pin_to_first_processor();
            let (ground, mutex) = Ground::with_mutex::<multiproc_sync::RobustMutex>();
            let mut owner = ground.spawn(IDLE_OWNER, &[]);
            let mut hog = ground.spawn(HOG, &[]);
            hog.expect_line("hogs");
            if !set_priority(libc::SCHED_FIFO, 50) {
                return Vec::new();
            }
            let wait = |_| {
                owner.say("lock");
                owner.expect_line("locked");
                let start = Instant::now();
                drop(mutex.lock().unwrap());
                let waited = start.elapsed();
                owner.expect_line("unlocked");
                waited
            };
            (0..n_waits).map(wait).collect()
        };
        scope.spawn(waits).join().unwrap()
    });
    match waits.iter().max() {
        None => skip("the kernel gives no real-time priority here"),
        Some(worst) => {
            assert!(
                waits.iter().any(|wait| *wait < LOOKED_ITSELF),
                "nobody was woken: {waits:?}"
            );
            Row::new(36)
                .figure("waits", waits.len())
                .figure("hangs", 0)
                .figure("worst us", worst.as_micros())
                .print();
        }
    }
}

#[test]
fn idle_owner_role() {
    let Some(args) = child::args(IDLE_OWNER) else {
        return;
    };
    let mutex = Ground::of(&args).mutex::<multiproc_sync::RobustMutex>();
    set_priority(libc::SCHED_IDLE, 0);
    while child::read_line().is_some() {
        let guard = mutex.lock().unwrap();
        child::say("locked");
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(100) {}
        drop(guard);
        child::say("unlocked");
    }
}

#[test]
fn hog_role() {
    if child::args(HOG).is_some() {
        child::say("hogs");
        loop {
            std::hint::spin_loop();
        }
    }
}
