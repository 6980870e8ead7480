//! The barrier: all go on together, or all are told who kept them from it.

use std::time::Duration;

use multiproc_sync::{
    Barrier, BarrierError, BreakCause, Broken, Deadline, PARTIES, Party, Place, Recovery,
};
use multiproc_testkit::{Child, PATIENCE, Signal, child, is_asleep, wait_until, watchdog};

use crate::ground::{Ground, own_tid};

const MEETING: &str = "barrier::meeting_role";
pub(crate) const WAITING: &str = "barrier::waiting_role";

/// How it was broken.
#[track_caller]
fn broken<A: std::fmt::Debug>(met: Result<A, BarrierError>) -> Broken {
    match met {
        Err(BarrierError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

/// A child that waits at the barrier and says how it ended, fast asleep; it waits once more for each line it is
/// told.
pub(crate) fn sleeper(ground: &Ground) -> Child {
    let mut child = ground.spawn(WAITING, &[]);
    wait_again(&mut child);
    child
}

fn wait_again(child: &mut Child) {
    child.say("wait");
    let tid = child.read_line().unwrap().parse().unwrap();
    wait_until("the child sleeps", || is_asleep(tid));
}

#[test]
fn waiting_role() {
    let Some(args) = child::args(WAITING) else {
        return;
    };
    let party = Ground::of(&args).barrier().join().unwrap();
    while child::read_line().is_some_and(|line| line == "wait") {
        child::say(own_tid());
        child::say(match party.wait() {
            Ok(_) => "met".to_owned(),
            Err(BarrierError::Broken(broken)) => format!("{:?} {}", broken.cause, broken.pid),
            Err(other) => other.to_string(),
        });
    }
    drop(party);
    child::say("left");
}

#[test]
fn processes_meet_round_after_round_and_each_has_its_turn() {
    const ROUNDS: u64 = 300;
    let _watchdog = watchdog(PATIENCE);
    let (ground, _) = Ground::with_barrier(3);
    let mut children: Vec<_> = (0..3).map(|_| ground.spawn(MEETING, &["300"])).collect();
    for child in &mut children {
        child.expect_line("met");
        child.say("go");
        assert!(child.wait().success());
    }
    // In every round one ran the action, and the turns 0, 1 and 2 were had.
    assert_eq!(ground.read(0), ROUNDS);
    assert_eq!([1, 2, 3].map(|index| ground.read(index)), [ROUNDS; 3]);
}

#[test]
fn meeting_role() {
    let Some(args) = child::args(MEETING) else {
        return;
    };
    let ground = Ground::of(&args);
    let party = ground.barrier().join().unwrap();
    let count = |index| {
        ground
            .number(index)
            .fetch_add(1, std::sync::atomic::Ordering::SeqCst)
    };
    for round in 0..args[1].parse().unwrap() {
        let action = || assert_eq!(count(0), round, "the others wait for the action");
        let turn = party.wait_with(Deadline::Never, action).unwrap();
        assert!(ground.read(0) > round);
        assert_eq!(turn.is_last(), turn.index() == 2);
        count(1 + usize::try_from(turn.index()).unwrap());
    }
    child::say("met");
    child::read_line();
}

#[test]
fn a_barrier_of_one_waits_for_nobody() {
    let (_ground, barrier) = Ground::with_barrier(1);
    let party = barrier.join().unwrap();
    for _ in 0..3 {
        assert!(party.wait_timeout(Duration::ZERO).unwrap().is_last());
    }
}

#[test]
fn numbers_of_parties_that_cannot_be_are_refused() {
    let (ground, barrier) = Ground::with_barrier(2);
    let limit = u32::try_from(PARTIES).unwrap();
    for asked in [0, limit + 1] {
        let refused = Barrier::init(&ground.segment, Place::Control(0), asked).unwrap_err();
        assert!(
            matches!(refused, BarrierError::Parties { asked: a, limit: l } if (a, l) == (asked, limit))
        );
    }
    assert!(barrier.reset_to(3).is_err());
    assert_eq!(
        barrier.reset_to(0).unwrap_err().to_string(),
        "a barrier of 0 parties was asked for and this one can have 1 to 2: \
         a new barrier can have 126"
    );
}

#[test]
fn no_more_take_part_than_the_barrier_takes_and_none_twice() {
    let (_ground, barrier) = Ground::with_barrier(1);
    let party = barrier.join().unwrap();
    assert!(matches!(barrier.join(), Err(BarrierError::TakesPart)));
    std::thread::scope(|scope| {
        let full = scope.spawn(|| barrier.join().map(drop)).join().unwrap();
        assert!(matches!(full, Err(BarrierError::Full { parties: 1 })));
    });
    drop(party);
    assert!(barrier.join().is_ok());
}

#[test]
fn who_waits_too_long_breaks_it_for_all() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(3);
    let mut other = sleeper(&ground);
    assert_eq!(barrier.n_waiting(), 1);
    let party = barrier.join().unwrap();
    let own = broken(party.wait_timeout(Duration::from_millis(10)));
    assert_eq!(
        (own.cause, own.pid),
        (BreakCause::TimedOut, std::process::id())
    );
    other.expect_line(&format!("TimedOut {}", std::process::id()));
    // Who comes later is told at once.
    assert_eq!(broken(party.wait()), own);
    assert_eq!((barrier.broken(), barrier.n_waiting()), (Some(own), 0));
}

#[test]
fn aborting_and_resetting_break_it_for_those_who_wait() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(2);
    let mut other = sleeper(&ground);
    barrier.abort().unwrap();
    other.expect_line(&format!("Aborted {}", std::process::id()));
    barrier.reset().unwrap();
    assert_eq!(barrier.broken(), None);
    wait_again(&mut other);
    barrier.reset().unwrap();
    other.expect_line(&format!("Reset {}", std::process::id()));
    wait_again(&mut other);
    let party = barrier.join().unwrap();
    assert!(party.wait().unwrap().is_last());
    other.expect_line("met");
}

#[test]
fn leaving_breaks_it_for_the_others_and_the_last_to_leave_makes_room() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(2);
    let mut other = sleeper(&ground);
    drop(barrier.join().unwrap());
    other.expect_line(&format!("Left {}", std::process::id()));
    other.say("leave");
    other.expect_line("left");
    let anew: Party = barrier.join().unwrap();
    let mut other = sleeper(&ground);
    assert!(anew.wait().unwrap().is_last());
    other.expect_line("met");
}

#[test]
fn the_dead_are_remembered_when_nobody_lives_who_saw_them() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(2);
    let mut dead = [sleeper(&ground), sleeper(&ground)];
    dead.iter_mut().for_each(|child| {
        child.kill();
    });
    let death = broken(barrier.join());
    assert_eq!(death.cause, BreakCause::Died);
    assert!(dead.iter().any(|child| child.pid() == death.pid));
    barrier.reset().unwrap();
    let mut other = sleeper(&ground);
    assert!(barrier.join().unwrap().wait().is_ok());
    other.expect_line("met");
}

#[test]
fn a_panic_in_the_action_or_around_a_party_breaks_it() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, barrier) = Ground::with_barrier(2);
    for in_action in [false, true] {
        let party = barrier.join().unwrap();
        let panicking = barrier.clone();
        let panicked = std::thread::spawn(move || {
            let party = panicking.join().unwrap();
            wait_until("the other waits", || panicking.n_waiting() == 1);
            let panic = || std::panic::resume_unwind(Box::new("half-way"));
            if in_action {
                let _ = party.wait_with(Deadline::Never, panic);
            }
            panic();
        });
        assert_eq!(broken(party.wait()).cause, BreakCause::Panicked);
        assert!(panicked.join().is_err());
    }
}

#[test]
fn a_stopped_party_is_waited_for() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(2);
    let mut other = sleeper(&ground);
    other.signal(Signal::STOP);
    let party = barrier.join().unwrap();
    assert!(party.wait().unwrap().is_last());
    let waited = broken(party.wait_timeout(Duration::from_millis(1_200)));
    assert_eq!(waited.cause, BreakCause::TimedOut);
    other.signal(Signal::CONT);
    other.expect_line("met");
}

#[test]
fn those_who_are_left_go_on_without_the_dead_or_with_another() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, barrier) = Ground::with_barrier(3);
    let party = barrier.join().unwrap();
    let [mut first, mut second] = [sleeper(&ground), sleeper(&ground)];
    let dead = first.pid();
    first.kill();
    second.expect_line(&format!("Died {dead}"));
    let death = broken(party.wait());
    assert_eq!((death.cause, death.pid), (BreakCause::Died, dead));

    barrier.recover(&death, Recovery::GoOnWithout).unwrap();
    assert_eq!(barrier.parties(), 2);
    // Whoever comes late with the same news changes nothing.
    wait_again(&mut second);
    barrier.recover(&death, Recovery::GoOnWithout).unwrap();
    assert!(party.wait().is_ok());
    second.expect_line("met");

    barrier.reset_to(3).unwrap();
    let mut another = sleeper(&ground);
    wait_again(&mut second);
    assert!(party.wait().unwrap().is_last());
    another.expect_line("met");
    second.expect_line("met");
}
