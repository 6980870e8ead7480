//! The condition variable, with a waiter or a notifier killed after every instruction.

use std::time::Instant;

use multiproc_sync::RobustMutex;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, child, step, wait_until, watchdog};

use crate::condvar::{sleeper, wait_anyhow};
use crate::ground::{Ground, own_tid};
use crate::killing::{Wakes, kill_everywhere, until_asleep_or_dead};

const NOTIFYING: &str = "condvar_steps::notifying_role";
const STEPPED: &str = "condvar_steps::stepped_role";

fn ground() -> Ground {
    Ground::with_mutex::<RobustMutex>().0
}

/// The waiters that have gone on.
fn n_woken(ground: &Ground) -> u64 {
    ground.read(1)
}

#[test]
fn no_notification_is_lost_whoever_is_killed() {
    let mut notifier = Wakes::default();
    let mut waiter = Wakes::default();
    let mut asleep = Wakes::default();
    let scale = Scale::asked();
    let points = [
        kill_notifiers(scale.pick(12, 30, 300), &mut notifier),
        kill_waiters(scale.pick(12, 30, 300), &mut waiter),
        kill_sleepers(scale.pick(4, 10, 100), &mut asleep),
    ];
    assert_eq!(notifier.at_back_stop, 0);
    assert_eq!(asleep.at_back_stop, 0);
    Row::new(31)
        .figure("points", points.iter().sum::<u64>())
        .figure("lost for ever", 0)
        .figure("notifier worst ms", notifier.worst_ms())
        .figure("sleeper worst ms", asleep.worst_ms())
        .figure("waiter worst ms", waiter.worst_ms())
        .figure("waiter points at the back-stop", waiter.at_back_stop)
        .print();
}

/// A notifier killed anywhere: both waiters go on, or it had not begun.
fn kill_notifiers(n_points: u64, wakes: &mut Wakes) -> u64 {
    let (mut notified, mut not_begun) = (0, 0);
    let points = kill_everywhere(
        n_points,
        NOTIFYING,
        ground,
        |ground, _| {
            let sleepers = [sleeper(ground), sleeper(ground)];
            ground.mutex::<RobustMutex>().lock().unwrap().store([1, 0]);
            sleepers
        },
        |_, ground, sleepers, killed| {
            if ground.notifications() == 0 {
                // Whoever goes on was woken to look.
                not_begun += 1;
                return;
            }
            notified += 1;
            for mut child in sleepers {
                child.expect_line("woken");
            }
            wakes.count(killed);
        },
    );
    assert!(
        notified > 0 && not_begun > 0,
        "{points} points: {notified} notified"
    );
    points
}

#[test]
fn notifying_role() {
    let Some(args) = child::args(NOTIFYING) else {
        return;
    };
    let condvar = Ground::of(&args).condvar();
    step::begin();
    condvar.notify_all().unwrap();
    step::end();
}

/// A waiter killed anywhere, also with the notification: the waiter behind it goes on.
fn kill_waiters(n_points: u64, wakes: &mut Wakes) -> u64 {
    kill_everywhere(
        n_points,
        STEPPED,
        ground,
        |ground, _| {
            // Notifies one when the stepped child sleeps and another one behind it.
            let ground = ground.again();
            std::thread::spawn(move || {
                until_asleep_or_dead(u32::try_from(ground.read(0)).unwrap());
                let next = sleeper(&ground);
                let mutex = ground.mutex::<RobustMutex>();
                drop(wait_anyhow(&ground.condvar(), &mutex, |_| false));
                mutex.lock().unwrap().store([1, 0]);
                ground.condvar().notify_one().unwrap();
                next
            })
        },
        |_, _, notifier, killed| {
            let mut next = notifier.join().unwrap();
            // It may have begun to wait when the other was dead already.
            let since = killed.max(Instant::now());
            next.expect_line("woken");
            wakes.count(since);
        },
    )
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let ground = Ground::of(&args);
    let mutex = ground.mutex::<RobustMutex>();
    let condvar = ground.condvar();
    let guard = mutex.lock().unwrap();
    ground.set(0, own_tid().into());
    step::begin();
    let guard = condvar.wait(guard);
    step::end();
    drop(guard);
}

/// Waiters killed as they sleep, and others killed just when they are notified.
fn kill_sleepers(rounds: u64, wakes: &mut Wakes) -> u64 {
    for _ in 0..rounds {
        let _watchdog = watchdog(PATIENCE);
        let (ground, mutex) = Ground::with_mutex::<RobustMutex>();
        let mut sleepers: Vec<_> = (0..4).map(|_| sleeper(&ground)).collect();
        sleepers[1].kill();
        mutex.lock().unwrap().store([1, 0]);
        let notified = Instant::now();
        // One for the first, who may get it or be dead; the others are owed one each.
        ground.condvar().notify_one().unwrap();
        sleepers[0].kill();
        wait_until("a waiter goes on", || n_woken(&ground) >= 1);
        wakes.count(notified);
        ground.condvar().notify_all().unwrap();
        for child in &mut sleepers[2..] {
            child.expect_line("woken");
        }
    }
    2 * rounds
}
