//! The access table and the dead: what they read is free, what they wrote is torn.
#![expect(
    clippy::single_range_in_vec_init,
    reason = "lists of ranges, some of one range"
)]

use multiproc_sync::{AccessTable, Claim, ClaimError, Mode, SLOTS, TornClaim};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::{Ground, fall_asleep, own_tid};

const CLAIMING: &str = "table_deaths::claiming_role";

/// Claims what it is told, line by line, and says what it got; dies with all of it.
#[test]
fn claiming_role() {
    let Some(args) = child::args(CLAIMING) else {
        return;
    };
    let table = Ground::of(&args).table();
    let mut claims: Vec<Claim> = Vec::new();
    let mut torn_claims: Vec<TornClaim> = Vec::new();
    while let Some(order) = child::read_line() {
        let (mode, range) = parse(&order);
        child::say(own_tid());
        match table.claim(mode, range) {
            Ok(claim) => {
                claims.push(claim);
                child::say("clean");
            }
            Err(ClaimError::Torn(claim)) => {
                child::say(format!("torn {:?}", claim.torn()));
                torn_claims.push(claim);
            }
            Err(other) => child::say(other),
        }
    }
}

fn parse(order: &str) -> (Mode, std::ops::Range<u64>) {
    let mut words = order.split(' ');
    let mode = match words.next() {
        Some("read") => Mode::Read,
        Some("write") => Mode::Write,
        Some("atomic") => Mode::Atomic,
        other => panic!("an unknown mode: {other:?}"),
    };
    let mut number = || words.next().unwrap().parse().unwrap();
    (mode, number()..number())
}

/// A child that holds these claims.
fn holder(ground: &Ground, orders: &[&str]) -> Child {
    let mut holder = ground.spawn(CLAIMING, &[]);
    for order in orders {
        holder.say(order);
        holder.read_line();
        holder.expect_line("clean");
    }
    holder
}

/// Leaves these ranges torn, each by a writer of its own that is killed.
fn tear(ground: &Ground, ranges: &[std::ops::Range<u64>]) {
    let orders: Vec<String> = ranges
        .iter()
        .map(|r| format!("write {} {}", r.start, r.end))
        .collect();
    let orders: Vec<&str> = orders.iter().map(String::as_str).collect();
    holder(ground, &orders).kill();
}

fn torn_claim(table: &AccessTable, mode: Mode, range: std::ops::Range<u64>) -> TornClaim {
    match table.try_claim(mode, range) {
        Err(ClaimError::Torn(claim)) => claim,
        other => panic!("{other:?}"),
    }
}

fn sorted(mut ranges: Vec<std::ops::Range<u64>>) -> Vec<std::ops::Range<u64>> {
    ranges.sort_by_key(|range| range.start);
    ranges
}

#[test]
fn a_dead_reader_is_in_nobodys_way() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    holder(&ground, &["read 0 10", "atomic 10 20"]).kill();
    assert_eq!(table.torn(), []);
    let claim = table.try_claim(Mode::Write, 0..20).unwrap();
    assert_eq!(table.holders().len(), 1);
    drop(claim);
}

#[test]
fn a_dead_writers_range_is_torn_until_somebody_repairs_it() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    tear(&ground, &[10..20]);
    assert_eq!(table.torn(), [10..20]);
    // What does not overlap is told nothing.
    drop(table.try_claim(Mode::Write, 0..10).unwrap());
    for mode in [Mode::Read, Mode::Atomic, Mode::Write] {
        let claim = torn_claim(&table, mode, 15..30);
        assert_eq!(claim.torn(), [15..20]);
        assert_eq!((claim.mode(), claim.range()), (mode, 15..30));
    }
    let claim = torn_claim(&table, Mode::Write, 0..100).mark_consistent();
    assert_eq!(table.torn(), []);
    drop(claim);
    assert!(table.try_claim(Mode::Write, 0..100).is_ok());
}

#[test]
fn repairing_a_part_leaves_the_rest_torn() {
    let _watchdog = watchdog(PATIENCE);
    for (repaired, left) in [
        (0..15, vec![15..20]),
        (15..30, vec![10..15]),
        (12..14, vec![10..12, 14..20]),
        (10..20, vec![]),
    ] {
        let (ground, table) = Ground::with_table();
        tear(&ground, &[10..20]);
        drop(torn_claim(&table, Mode::Write, repaired.clone()).mark_consistent());
        assert_eq!(sorted(table.torn()), left, "after {repaired:?}");
        assert!(table.try_claim(Mode::Write, repaired).is_ok());
    }
}

#[test]
fn a_writer_that_dies_in_a_torn_range_leaves_all_of_it_torn() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    tear(&ground, &[10..20]);
    let mut repairing = ground.spawn(CLAIMING, &[]);
    repairing.say("write 15 30");
    repairing.read_line();
    repairing.expect_line("torn [15..20]");
    repairing.kill();
    let claim = torn_claim(&table, Mode::Read, 0..100);
    assert_eq!(sorted(claim.torn().to_vec()), [10..20, 15..30]);
    drop(claim.mark_consistent());
    assert_eq!(table.torn(), []);
}

#[test]
fn sleepers_are_told_of_the_holders_death() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    let mut writer = holder(&ground, &["write 0 10"]);
    let mut sleepers: Vec<Child> = ["read 0 5", "read 5 10", "read 2 7"]
        .map(|order| {
            let mut sleeper = ground.spawn(CLAIMING, &[]);
            sleeper.say(order);
            fall_asleep(&mut sleeper);
            sleeper
        })
        .into();
    writer.kill();
    let torn: Vec<_> = sleepers
        .iter_mut()
        .map(|s| s.read_line().unwrap())
        .collect();
    assert_eq!(torn, ["torn [0..5]", "torn [5..10]", "torn [2..7]"]);
    assert_eq!(table.holders().len(), 3);
}

#[test]
fn torn_ranges_that_fill_the_table_are_joined_and_none_is_lost() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    let n_torn = SLOTS as u64;
    let torn: Vec<_> = (0..n_torn).map(|i| i * i..i * i + 1).collect();
    tear(&ground, &torn);
    assert_eq!(table.torn().len(), SLOTS);
    // Needs a slot: the two nearest of the torn ranges make room.
    let claim = table.try_claim(Mode::Write, 100_000..100_001).unwrap();
    let left = sorted(table.torn());
    assert_eq!(left.len(), SLOTS - 1);
    assert_eq!(left[0], 0..2);
    drop(claim);
    // As many claims as there are slots but one, all between the torn ranges.
    let claims: Vec<Claim> = (0..n_torn - 1)
        .map(|i| {
            table
                .try_claim(Mode::Write, 100_000 + i..100_001 + i)
                .unwrap()
        })
        .collect();
    assert_eq!(table.torn(), [0..(n_torn - 1) * (n_torn - 1) + 1]);
    assert!(matches!(
        table.try_claim(Mode::Write, 200_000..200_001),
        Err(ClaimError::Full { .. })
    ));
    drop(claims);
    drop(torn_claim(&table, Mode::Write, 0..10_000).mark_consistent());
    assert_eq!(table.torn(), []);
}

#[test]
fn a_repair_that_finds_no_slot_for_the_second_piece_leaves_the_range_torn() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    tear(&ground, &[0..100]);
    let _others: Vec<Claim> = (0..SLOTS as u64 - 2)
        .map(|i| table.claim(Mode::Read, 1000 + i..1001 + i).unwrap())
        .collect();
    drop(torn_claim(&table, Mode::Write, 40..60).mark_consistent());
    assert_eq!(table.torn(), [0..100]);
}

#[test]
fn a_stopped_holder_is_not_dead() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    let writer = holder(&ground, &["write 0 10"]);
    writer.signal(multiproc_testkit::Signal::STOP);
    // Longer than the back-stop, after which the holder is looked for.
    let patience = std::time::Duration::from_millis(1500);
    match table.claim_timeout(Mode::Read, 0..1, patience) {
        Err(ClaimError::TimedOut { holder }) => assert_eq!(holder.pid, writer.pid()),
        other => panic!("{other:?}"),
    }
}
