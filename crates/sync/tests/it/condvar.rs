//! The condition variable: no notification is lost, and what the mutex says is passed on.

use std::time::{Duration, Instant};

use multiproc_sync::{Condvar, LockError, Mutex, MutexGuard, RawMutex, RobustMutex, Waited};
use multiproc_testkit::{Child, PATIENCE, Signal, child, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid};

const WAITING: &str = "condvar::waiting_role";
const CONSUMING: &str = "condvar::consuming_role";
const HOLDING: &str = "condvar::holding_role";

/// Locks, or waits as long as `condition` holds; a dead owner's value is taken as it is.
pub(crate) fn wait_anyhow<'a, R: RawMutex>(
    condvar: &Condvar,
    mutex: &'a Mutex<[u64; 2], R>,
    condition: impl Fn([u64; 2]) -> bool,
) -> MutexGuard<'a, [u64; 2], R> {
    let whole = |locked: Result<_, LockError<MutexGuard<'a, _, R>>>| match locked {
        Err(LockError::OwnerDied(guard)) => {
            guard.mark_consistent();
            guard
        }
        other => other.unwrap(),
    };
    let mut guard = whole(mutex.lock());
    while condition(guard.load()) {
        guard = whole(condvar.wait(guard));
    }
    guard
}

/// A child that waits until the first number behind the mutex is not 0, fast asleep.
pub(crate) fn sleeper(ground: &Ground) -> Child {
    let mut child = ground.spawn(WAITING, &[]);
    fall_asleep(&mut child);
    child
}

#[test]
fn waiting_role() {
    let Some(args) = child::args(WAITING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    child::say(own_tid());
    drop(wait_anyhow(&ground.condvar(), &mutex, |[ready, _]| {
        ready == 0
    }));
    ground
        .number(1)
        .fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    child::say("woken");
}

#[test]
fn notifying_n_wakes_n_and_leaves_the_others_asleep() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, stock) = Ground::with_mutex::<RobustMutex>();
    let condvar = ground.condvar();
    let consumers: Vec<_> = (0..4)
        .map(|_| {
            let mut child = ground.spawn(CONSUMING, &[]);
            fall_asleep(&mut child);
            child
        })
        .collect();
    // Each takes one of the stock: had somebody's notification been lost, some of it would stay.
    for n in [1, 3] {
        stock
            .lock()
            .unwrap()
            .update(|[stock, _]| *stock += u64::from(n));
        condvar.notify(n).unwrap();
        multiproc_testkit::wait_until("the stock is taken", || {
            stock.lock().unwrap().load()[0] == 0
        });
    }
    for mut child in consumers {
        child.expect_line("taken");
    }
}

#[test]
fn consuming_role() {
    let Some(args) = child::args(CONSUMING) else {
        return;
    };
    let ground = Ground::of(&args);
    let stock = ground.mutex::<RobustMutex>();
    child::say(own_tid());
    let guard = wait_anyhow(&ground.condvar(), &stock, |[stock, _]| stock == 0);
    guard.update(|[stock, _]| *stock -= 1);
    drop(guard);
    child::say("taken");
}

#[test]
fn notifying_nobody_is_not_kept_for_later() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<RobustMutex>();
    let condvar = ground.condvar();
    condvar.notify_all().unwrap();
    condvar.notify(0).unwrap();
    let patience = Duration::from_millis(20);
    let start = Instant::now();
    let (guard, waited) = condvar
        .wait_timeout(mutex.lock().unwrap(), patience)
        .unwrap();
    assert_eq!(waited, Waited::TimedOut);
    assert!(start.elapsed() >= patience);
    let (_, waited) = condvar.wait_timeout(guard, Duration::ZERO).unwrap();
    assert_eq!(waited, Waited::TimedOut);
}

#[test]
fn waiting_for_a_predicate_looks_before_it_waits_and_when_the_time_is_over() {
    let (ground, mutex) = Ground::with_mutex::<RobustMutex>();
    let condvar = ground.condvar();
    let guard = mutex.lock().unwrap();
    let (guard, waited) = condvar.wait_for(guard, Duration::ZERO, |_| true).unwrap();
    assert_eq!(waited, Waited::Notified);
    let short = Duration::from_millis(5);
    let (guard, waited) = condvar.wait_for(guard, short, |[n, _]| n > 0).unwrap();
    assert_eq!(waited, Waited::TimedOut);
    drop(condvar.wait_while(guard, |[n, _]| n > 0).unwrap());
}

fn hands_a_ball_to_and_fro<R: RawMutex>() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, ball) = Ground::with_mutex::<R>();
    let condvar = ground.condvar();
    let play = |own: u64| {
        for _ in 0..3_000 {
            let guard = wait_anyhow(&condvar, &ball, |[side, _]| side != own);
            guard.update(|[side, hits]| {
                *side = 1 - own;
                *hits += 1;
            });
            drop(guard);
            condvar.notify_one().unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| play(1));
        play(0);
    });
    assert_eq!(ball.lock().unwrap().load()[1], 6_000);
}

#[test]
fn two_hand_a_ball_to_and_fro() {
    hands_a_ball_to_and_fro::<RobustMutex>();
}

#[cfg(feature = "raw-sync")]
#[test]
fn two_hand_a_ball_to_and_fro_with_a_pthread_mutex() {
    hands_a_ball_to_and_fro::<multiproc_sync::RawSyncMutex>();
}

#[test]
fn a_waiter_that_finds_the_owner_dead_is_told_as_by_lock() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<RobustMutex>();
    let condvar = ground.condvar();
    let guard = mutex.lock().unwrap();
    let mut holding = ground.spawn(HOLDING, &[]);
    std::thread::scope(|scope| {
        let helper = scope.spawn(|| {
            // The waiter has let go of the mutex when the child has it.
            holding.expect_line("held");
            ground.condvar().notify_one().unwrap();
            holding.kill();
        });
        let Err(LockError::OwnerDied(guard)) = condvar.wait(guard) else {
            panic!("the owner died");
        };
        guard.mark_consistent();
        helper.join().unwrap();
    });
}

#[test]
fn holding_role() {
    let Some(args) = child::args(HOLDING) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    let _guard = mutex.lock().unwrap();
    child::say("held");
    child::read_line();
}

#[test]
fn a_stopped_waiter_is_not_a_dead_one_and_keeps_nobody_from_waking() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<RobustMutex>();
    let mut stopped = sleeper(&ground);
    let mut other = sleeper(&ground);
    stopped.signal(Signal::STOP);
    mutex.lock().unwrap().store([1, 0]);
    ground.condvar().notify_all().unwrap();
    other.expect_line("woken");
    stopped.signal(Signal::CONT);
    stopped.expect_line("woken");
}
