//! What every mutex of the crate does: one suite, run on each of them.
#![expect(unsafe_code, reason = "a child dies in ways that only libc offers")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use multiproc_sync::{LockError, Mutex, Place, RawMutex, SyncError};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, Signal, child, wait_until, watchdog};

use crate::ground::{Ground, MUTEX, fall_asleep, own_tid};

macro_rules! conformance {
    // What a mutex does that its owner cannot lock again.
    (strict $module:ident, $raw:ty) => {
        mod $module {
            #[test]
            fn a_thread_that_would_wait_for_itself_is_told_so() {
                super::a_thread_that_would_wait_for_itself_is_told_so::<$raw>();
            }
        }
    };
    ($module:ident, $raw:ty) => {
        mod $module {
            const HOLDING: &str = concat!("conformance::", stringify!($module), "::holding_role");
            const WAITING: &str = concat!("conformance::", stringify!($module), "::waiting_role");

            #[test]
            fn a_value_is_seen_by_every_handle() {
                super::a_value_is_seen_by_every_handle::<$raw>();
            }
            #[test]
            fn threads_exclude_each_other() {
                super::threads_exclude_each_other::<$raw>();
            }
            #[test]
            fn a_wait_ends_at_its_deadline_and_names_the_holder() {
                super::a_wait_ends_at_its_deadline_and_names_the_holder::<$raw>();
            }
            #[test]
            fn a_wait_of_any_length_ends_with_the_lock() {
                super::a_wait_of_any_length_ends_with_the_lock::<$raw>(HOLDING);
            }
            #[test]
            fn a_sleeper_is_told_of_the_owners_death() {
                super::a_sleeper_is_told_of_the_owners_death::<$raw>(HOLDING, WAITING);
            }
            #[test]
            fn every_way_to_die_is_a_death() {
                super::every_way_to_die_is_a_death::<$raw>(HOLDING);
            }
            #[test]
            fn a_thread_that_ends_with_the_lock_is_dead() {
                super::a_thread_that_ends_with_the_lock_is_dead::<$raw>();
            }
            #[test]
            fn a_panic_is_a_death_that_can_be_repaired() {
                super::a_panic_is_a_death_that_can_be_repaired::<$raw>();
            }
            #[test]
            fn a_repaired_value_is_whole_and_an_unrepaired_one_given_up() {
                super::a_repaired_value_is_whole_and_an_unrepaired_one_given_up::<$raw>(HOLDING);
            }
            #[test]
            fn a_stopped_owner_is_not_dead() {
                super::a_stopped_owner_is_not_dead::<$raw>(HOLDING);
            }
            #[test]
            fn what_is_attached_is_what_was_made() {
                super::what_is_attached_is_what_was_made::<$raw>();
            }
            #[test]
            fn places_outside_or_astray_are_refused() {
                super::places_outside_or_astray_are_refused::<$raw>();
            }

            #[test]
            fn holding_role() {
                super::holding_role::<$raw>(HOLDING);
            }
            #[test]
            fn waiting_role() {
                super::waiting_role::<$raw>(WAITING);
            }
        }
    };
}

conformance!(robust, multiproc_sync::RobustMutex);
conformance!(strict robust_strict, multiproc_sync::RobustMutex);
conformance!(reentrant, multiproc_sync::ReentrantMutex);
#[cfg(feature = "raw-sync")]
conformance!(raw_sync, multiproc_sync::RawSyncMutex);
#[cfg(feature = "raw-sync")]
conformance!(strict raw_sync_strict, multiproc_sync::RawSyncMutex);

/// Whether this is the mutex whose figures stand in the torture table.
fn is_default<R: RawMutex>() -> bool {
    R::KIND == multiproc_sync::RobustMutex::KIND
}

/// Locks, writes a half value, says so, and does what it is told: unlock, or die in one of many ways.
fn holding_role<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<R>();
    let guard = mutex.lock().unwrap();
    guard.store([1, 0]);
    child::say("locked");
    child::say(own_tid());
    let order = child::read_line().expect("an order");
    match order.as_str() {
        "unlock" => guard.store([2, 2]),
        "panic and abort" => std::process::abort(),
        "exit" => std::process::exit(0),
        // SAFETY: it ends the process at once, which is the point.
        "_exit" => unsafe { libc::_exit(0) },
        "exec" => exec_true(),
        "the thread's end" => {
            std::mem::forget(guard);
            return;
        }
        "fault" => {
            // SAFETY: the default action needs no handler that could outlive anything.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
            // SAFETY: it ends the process at once, which is the point.
            unsafe { libc::raise(libc::SIGSEGV) };
        }
        other => panic!("an unknown order: {other}"),
    }
    drop(guard);
    child::say("unlocked");
}

fn exec_true() {
    use std::os::unix::process::CommandExt;
    let error = std::process::Command::new("/bin/true").exec();
    panic!("exec failed: {error}");
}

/// Waits for the lock and says how it got it.
fn waiting_role<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<R>();
    child::say(own_tid());
    match mutex.lock() {
        Ok(_) => child::say("clean"),
        Err(LockError::OwnerDied(guard)) => {
            guard.mark_consistent();
            child::say("owner died");
        }
        Err(other) => panic!("{other}"),
    };
}

fn a_value_is_seen_by_every_handle<R: RawMutex>() {
    let (ground, mutex) = Ground::with_mutex::<R>();
    let other = ground.mutex::<R>();
    mutex.lock().unwrap().store([3, 4]);
    assert_eq!(other.lock().unwrap().load(), [3, 4]);
    let sum = other.lock().unwrap().update(|value| {
        value[0] += 10;
        value[0] + value[1]
    });
    assert_eq!(sum, 17);
    assert_eq!(mutex.lock().unwrap().load(), [13, 4]);
    assert_eq!(mutex.holder(), None);
    let guard = mutex.lock().unwrap();
    assert!(other.holder().is_some());
    drop(guard);
    assert_eq!(other.deaths(), 0);
}

fn threads_exclude_each_other<R: RawMutex>() {
    const ROUNDS: u64 = 5_000;
    let _watchdog = watchdog(PATIENCE);
    let (_ground, mutex) = Ground::with_mutex::<R>();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    mutex.lock().unwrap().update(|[one, other]| {
                        assert_eq!(one, other);
                        *one += 1;
                        *other += 1;
                    });
                }
            });
        }
    });
    assert_eq!(mutex.lock().unwrap().load(), [4 * ROUNDS; 2]);
}

fn a_thread_that_would_wait_for_itself_is_told_so<R: RawMutex>() {
    let (ground, mutex) = Ground::with_mutex::<R>();
    let other = ground.mutex::<R>();
    let guard = mutex.lock().unwrap();
    for handle in [&mutex, &other] {
        assert!(matches!(handle.lock(), Err(LockError::WouldDeadlock)));
        assert!(matches!(handle.try_lock(), Err(LockError::WouldDeadlock)));
        let timed = handle.lock_timeout(Duration::from_secs(1));
        assert!(matches!(timed, Err(LockError::WouldDeadlock)));
    }
    drop(guard);
    assert!(other.try_lock().is_ok());
}

fn a_wait_ends_at_its_deadline_and_names_the_holder<R: RawMutex>() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, mutex) = Ground::with_mutex::<R>();
    let _guard = mutex.lock().unwrap();
    let own = mutex.holder().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            match mutex.try_lock() {
                Err(LockError::WouldBlock { holder }) => assert_eq!(holder, own),
                other => panic!("{other:?}"),
            }
            for milliseconds in [0, 1, 300] {
                let patience = Duration::from_millis(milliseconds);
                let start = std::time::Instant::now();
                match mutex.lock_timeout(patience) {
                    Err(LockError::TimedOut { holder, watched }) => {
                        assert_eq!(holder, own);
                        assert!(watched <= start.elapsed());
                    }
                    other => panic!("{other:?}"),
                }
                assert!(start.elapsed() >= patience);
            }
        });
    });
}

fn a_wait_of_any_length_ends_with_the_lock<R: RawMutex>(holding: &str) {
    let _watchdog = watchdog(PATIENCE);
    for patience in [Duration::from_secs(40), Duration::MAX] {
        let (ground, mutex) = Ground::with_mutex::<R>();
        let mut holder = ground.spawn(holding, &[]);
        holder.expect_line("locked");
        let tid = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                tid.store(true, Ordering::SeqCst);
                let guard = mutex.lock_timeout(patience).unwrap();
                assert_eq!(guard.load(), [2, 2]);
            });
            wait_until("the thread wants the lock", || tid.load(Ordering::SeqCst));
            holder.say("unlock");
        });
    }
}

fn a_sleeper_is_told_of_the_owners_death<R: RawMutex>(holding: &str, waiting: &str) {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<R>();
    let mut holder = ground.spawn(holding, &[]);
    holder.expect_line("locked");
    let mut waiters = [ground.spawn(waiting, &[]), ground.spawn(waiting, &[])];
    for waiter in &mut waiters {
        fall_asleep(waiter);
    }
    holder.kill();
    let mut heard: Vec<_> = waiters.iter_mut().map(|w| w.read_line().unwrap()).collect();
    heard.sort();
    assert_eq!(heard, ["clean", "owner died"]);
    assert_eq!(mutex.lock().unwrap().load(), [1, 0]);
    assert_eq!(mutex.deaths(), 1);
}

fn every_way_to_die_is_a_death<R: RawMutex>(holding: &str) {
    let _watchdog = watchdog(PATIENCE);
    let ways = [
        "kill -9",
        "fault",
        "panic and abort",
        "exit",
        "_exit",
        "exec",
        "the thread's end",
    ];
    for order in ways {
        let (ground, mutex) = Ground::with_mutex::<R>();
        let mut holder = ground.spawn(holding, &[]);
        holder.expect_line("locked");
        if order == "kill -9" {
            holder.kill();
        } else {
            holder.say(order);
            holder.wait();
        }
        let guard = match mutex.try_lock() {
            Err(LockError::OwnerDied(guard)) => guard,
            other => panic!("after {order}: {other:?}"),
        };
        assert_eq!(guard.load(), [1, 0], "after {order}");
        guard.mark_consistent();
        drop(guard);
        assert!(mutex.try_lock().is_ok(), "after {order}");
    }
    if is_default::<R>() {
        Row::new(24)
            .figure("ways to die", ways.len())
            .figure("wrong verdicts", 0)
            .print();
    }
}

fn a_thread_that_ends_with_the_lock_is_dead<R: RawMutex>() {
    let (ground, mutex) = Ground::with_mutex::<R>();
    let handle = ground.mutex::<R>();
    let forgetful = thread::spawn(move || std::mem::forget(handle.lock().unwrap()));
    forgetful.join().unwrap();
    let guard = mutex.lock().unwrap_err().into_guard().unwrap();
    guard.mark_consistent();
}

fn a_panic_is_a_death_that_can_be_repaired<R: RawMutex>() {
    let (ground, mutex) = Ground::with_mutex::<R>();
    for n_panics in 1..=2 {
        let handle = ground.mutex::<R>();
        let panicking = thread::spawn(move || {
            let guard = match handle.lock() {
                Ok(guard) | Err(LockError::OwnerDied(guard)) => guard,
                Err(error) => panic!("{error}"),
            };
            guard.store([1, 0]);
            std::panic::resume_unwind(Box::new("half-way"));
        });
        assert!(panicking.join().is_err());
        // The second one panics while it repairs.
        assert_eq!(mutex.deaths(), n_panics);
    }
    let guard = mutex.lock().unwrap_err().into_guard().unwrap();
    assert_eq!(guard.load(), [1, 0]);
    guard.mark_consistent();
    drop(guard);
    assert!(mutex.lock().is_ok());
}

fn a_repaired_value_is_whole_and_an_unrepaired_one_given_up<R: RawMutex>(holding: &str) {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<R>();
    for repaired in [true, false] {
        let mut holder = ground.spawn(holding, &[]);
        holder.expect_line("locked");
        holder.kill();
        let guard = mutex.lock().unwrap_err().into_guard().unwrap();
        if repaired {
            guard.store([2, 2]);
            guard.mark_consistent();
        }
        drop(guard);
        match (mutex.lock(), repaired) {
            (Ok(guard), true) => assert_eq!(guard.load(), [2, 2]),
            (Err(LockError::Poisoned), false) => {}
            (other, _) => panic!("repaired: {repaired}, then {other:?}"),
        }
    }
    let other = ground.mutex::<R>();
    let again = other.lock().map(|_| ()).unwrap_err();
    assert_eq!(
        again.to_string(),
        "an owner died while it held the lock and nobody repaired the value: \
         initialise the mutex again when no process uses it"
    );
    drop(again);
    let fresh = Mutex::<[u64; 2], R>::init(&ground.segment, MUTEX, [5, 5]).unwrap();
    assert_eq!(fresh.lock().unwrap().load(), [5, 5]);
    if is_default::<R>() {
        Row::new(23)
            .figure("verdicts", 2)
            .figure("wrong verdicts", 0)
            .print();
    }
}

fn a_stopped_owner_is_not_dead<R: RawMutex>(holding: &str) {
    let _watchdog = watchdog(PATIENCE);
    // Longer than the back-stop, after which the owner is looked for.
    let patience = Duration::from_millis(1200);
    let stops = Scale::asked().pick(1, 2, 8);
    let mut worst = Duration::ZERO;
    for _ in 0..stops {
        let (ground, mutex) = Ground::with_mutex::<R>();
        let mut holder = ground.spawn(holding, &[]);
        holder.expect_line("locked");
        let tid = holder.read_line().unwrap();
        holder.signal(Signal::STOP);
        let start = std::time::Instant::now();
        match mutex.lock_timeout(patience) {
            Err(LockError::TimedOut {
                holder: named,
                watched,
            }) => {
                assert_eq!(named.tid.to_string(), tid);
                assert_eq!(named.pid(), Some(holder.pid()));
                assert!(watched > Duration::ZERO);
            }
            other => panic!("{other:?}"),
        }
        worst = worst.max(start.elapsed() - patience);
        holder.signal(Signal::CONT);
        holder.say("unlock");
        holder.expect_line("unlocked");
        assert_eq!(mutex.lock().unwrap().load(), [2, 2]);
    }
    if is_default::<R>() {
        Row::new(26)
            .figure("stops", stops)
            .figure("stolen", 0)
            .figure("worst overshoot ms", worst.as_millis())
            .print();
    }
}

fn what_is_attached_is_what_was_made<R: RawMutex>() {
    let (ground, _mutex) = Ground::with_mutex::<R>();
    let other_type = Mutex::<[f64; 2], R>::attach(&ground.segment, MUTEX).unwrap_err();
    match &other_type {
        SyncError::Mismatch { expected, found } => {
            assert_eq!(expected.kind, R::KIND);
            assert_eq!(
                expected.data.unwrap().to_string(),
                "`[f64; 2]` (16 bytes, align 8)"
            );
            assert_eq!(
                found.data.unwrap().to_string(),
                "`[u64; 2]` (16 bytes, align 8)"
            );
        }
        other => panic!("{other}"),
    }
    let nothing = Mutex::<u64, R>::attach(&ground.segment, Place::Control(2048)).unwrap_err();
    assert!(
        nothing.to_string().contains("found no lock (zero bytes)"),
        "{nothing}"
    );
}

fn places_outside_or_astray_are_refused<R: RawMutex>() {
    let ground = Ground::new();
    let init = |place| Mutex::<u64, R>::init(&ground.segment, place, 0);
    let attach = |place| Mutex::<u64, R>::attach(&ground.segment, place);
    for offset in [
        ground.segment.len() - 128,
        ground.segment.len(),
        usize::MAX & !127,
    ] {
        let place = Place::Payload(offset);
        assert!(
            matches!(init(place), Err(SyncError::Segment(_))),
            "{place:?}"
        );
        assert!(
            matches!(attach(place), Err(SyncError::Segment(_))),
            "{place:?}"
        );
    }
    let astray = init(Place::Payload(64)).unwrap_err();
    assert_eq!(
        astray.to_string(),
        "a lock cannot stand at offset 64: choose a multiple of 128"
    );
    let frozen = multiproc_segment::Segment::anonymous(multiproc_segment::Layout::payload(4096));
    let frozen = frozen.unwrap().freeze().unwrap();
    let refused = Mutex::<u64, R>::attach(&frozen, Place::Payload(0)).unwrap_err();
    assert!(matches!(refused, SyncError::Segment(_)), "{refused}");
}
