//! The barrier, with parties killed after every instruction, before they arrive and after.

use std::time::Instant;

use multiproc_sync::Deadline;
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, step, watchdog};

use crate::barrier::sleeper;
use crate::ground::{Ground, own_tid};
use crate::killing::{Wakes, kill_everywhere, until_asleep_or_dead};

const LAST: &str = "barrier_steps::last_role";
const FIRST: &str = "barrier_steps::first_role";

fn ground() -> Ground {
    Ground::with_barrier(3).0
}

#[test]
fn a_dead_party_breaks_the_barrier_for_all_others() {
    let mut wakes = Wakes::default();
    let scale = Scale::asked();
    let points = [
        kill_the_last(scale.pick(12, 30, 300), &mut wakes),
        kill_the_first(scale.pick(12, 30, 300), &mut wakes),
        kill_sleepers(scale.pick(4, 10, 100), &mut wakes),
    ];
    assert_eq!(wakes.at_back_stop, 0, "{points:?} points");
    Row::new(34)
        .figure("points", points.iter().sum::<u64>())
        .figure("hangs", 0)
        .figure("at the back-stop", wakes.at_back_stop)
        .figure("worst ms", wakes.worst_ms())
        .print();
}

/// What both sleepers say.
fn verdict(sleepers: [Child; 2]) -> String {
    let [mut one, mut other] = sleepers;
    let verdict = one.read_line().unwrap();
    assert_eq!(other.read_line().as_ref(), Some(&verdict));
    verdict
}

/// The last to come, from before it joins until it has left: the others have met, or are told who died.
fn kill_the_last(n_points: u64, wakes: &mut Wakes) -> u64 {
    let (mut met, mut broken) = (0, 0);
    let points = kill_everywhere(
        n_points,
        LAST,
        ground,
        |ground, pid| ([sleeper(ground), sleeper(ground)], pid),
        |point, ground, (sleepers, pid), killed| {
            // Killed before it took part, it is nobody whom the others would miss.
            if ground.barrier().broken().is_none() && ground.n_parties() < 3 {
                return;
            }
            match verdict(sleepers) {
                it if it == "met" => met += 1,
                it if it == format!("Died {pid}") => broken += 1,
                it => panic!("after {point} instructions: {it}"),
            }
            wakes.count(killed);
        },
    );
    assert!(
        met > 0 && broken > 0,
        "{points}: {met} met, {broken} broken"
    );
    points
}

#[test]
fn last_role() {
    let Some(args) = child::args(LAST) else {
        return;
    };
    let ground = Ground::of(&args);
    let barrier = ground.barrier();
    step::begin();
    let party = barrier.join().unwrap();
    party
        .wait_with(Deadline::Never, || ground.set(1, 1))
        .unwrap();
    drop(party);
    step::end();
}

/// The first to come, killed from before it arrives until it has met the others, who come when it sleeps or
/// is dead.
fn kill_the_first(n_points: u64, wakes: &mut Wakes) -> u64 {
    let (mut met, mut broken) = (0, 0);
    let points = kill_everywhere(
        n_points,
        FIRST,
        ground,
        |ground, pid| {
            let ground = ground.again();
            std::thread::spawn(move || {
                until_asleep_or_dead(u32::try_from(ground.read(0)).unwrap());
                let come = || {
                    let mut child = ground.spawn(crate::barrier::WAITING, &[]);
                    child.say("wait");
                    child.read_line().unwrap();
                    child
                };
                ([come(), come()], pid)
            })
        },
        |point, _, others, killed| {
            let (others, pid) = others.join().unwrap();
            let since = killed.max(Instant::now());
            match verdict(others) {
                it if it == "met" => met += 1,
                it if it == format!("Died {pid}") => broken += 1,
                it => panic!("after {point} instructions: {it}"),
            }
            wakes.count(since);
        },
    );
    assert!(broken > 0, "{points}: {met} met, {broken} broken");
    points
}

#[test]
fn first_role() {
    let Some(args) = child::args(FIRST) else {
        return;
    };
    let ground = Ground::of(&args);
    let party = ground.barrier().join().unwrap();
    ground.set(0, own_tid().into());
    step::begin();
    party.wait().unwrap();
    step::end();
    std::mem::forget(party);
}

/// One of two that wait is killed, and so is the third at once, who would have told the other.
fn kill_sleepers(rounds: u64, wakes: &mut Wakes) -> u64 {
    for _ in 0..rounds {
        let _watchdog = watchdog(PATIENCE);
        let ground = Ground::with_barrier(4).0;
        let [mut first, mut second, mut third] =
            [sleeper(&ground), sleeper(&ground), sleeper(&ground)];
        let killed = Instant::now();
        first.kill();
        second.kill();
        let dead = [first.pid(), second.pid()].map(|pid| format!("Died {pid}"));
        let told = third.read_line().unwrap();
        assert!(dead.contains(&told), "{told}, not of {dead:?}");
        wakes.count(killed);
    }
    2 * rounds
}
