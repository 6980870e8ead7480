//! The access table, with a claimant killed after every single instruction.

use std::ops::Range;

use multiproc_sync::{AccessTable, ClaimError, Mode, SLOTS};
use multiproc_testkit::{PATIENCE, child, step, watchdog};

use crate::ground::{Ground, stride};

const CLAIMING: &str = "table_steps::claiming_role";
const REPAIRING: &str = "table_steps::repairing_role";
const JOINING: &str = "table_steps::joining_role";
const BURYING: &str = "table_steps::burying_role";

/// Leaves `ranges` torn, each by a writer that panics.
fn tear(table: &AccessTable, ranges: &[Range<u64>]) {
    for range in ranges {
        let panicking = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _claim = table.try_claim(Mode::Write, range.clone());
                    std::panic::resume_unwind(Box::new("half-way"));
                })
                .join()
        });
        assert!(panicking.is_err());
    }
}

/// What is torn in `range`, which nobody may hold; the range is repaired.
fn torn_in(table: &AccessTable, range: Range<u64>, point: u64) -> Vec<u64> {
    match table.try_claim(Mode::Write, range.clone()) {
        Ok(_) => Vec::new(),
        Err(ClaimError::Torn(claim)) => {
            let mut torn: Vec<u64> = claim.torn().iter().cloned().flatten().collect();
            torn.sort_unstable();
            torn.dedup();
            drop(claim.mark_consistent());
            assert!(
                table.try_claim(Mode::Write, range).is_ok(),
                "after {point} instructions"
            );
            torn
        }
        Err(other) => panic!("after {point} instructions: {other}"),
    }
}

#[test]
fn a_claimant_killed_anywhere_is_in_nobodys_way_and_what_it_wrote_is_torn() {
    let (mut free, mut torn) = (0, 0);
    let points = step::kill_at_every_nth_instruction(
        stride(3),
        CLAIMING,
        || {
            let (ground, _) = Ground::with_table();
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            let table = ground.table();
            assert_eq!(table.holders(), [], "after {point} instructions");
            let found = torn_in(&table, 0..100, point);
            if found.is_empty() {
                free += 1;
                assert_ne!(
                    ground.read(0),
                    1,
                    "a half-written range after {point} instructions"
                );
            } else {
                torn += 1;
                assert_eq!(found, [3, 4, 5], "after {point} instructions");
            }
        },
    );
    assert!(
        free > 0 && torn > 0,
        "{points} points: {free} free, {torn} torn"
    );
    println!("{points} kill points: {free} free, {torn} torn");
}

#[test]
fn claiming_role() {
    let Some(args) = child::args(CLAIMING) else {
        return;
    };
    let ground = Ground::of(&args);
    let table = ground.table();
    // Resolves what the dynamic linker left for the first call.
    drop(table.claim(Mode::Write, 3..6).unwrap());
    step::begin();
    let claim = table.claim(Mode::Write, 3..6).unwrap();
    ground.set(0, 1);
    ground.set(0, 2);
    drop(claim);
    step::end();
}

#[test]
fn a_repair_killed_anywhere_forgets_nothing_that_is_torn() {
    let (mut whole, mut repaired) = (0, 0);
    step::kill_at_every_nth_instruction(
        stride(5),
        REPAIRING,
        || {
            let (ground, table) = Ground::with_table();
            tear(&table, &[0..10, 20..30, 25..40]);
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            let table = ground.table();
            let found = torn_in(&table, 0..100, point);
            let outside = |row: &u64| !(5..28).contains(row);
            let expected: Vec<u64> = (0..10).chain(20..40).collect();
            let told: Vec<u64> = found.iter().copied().filter(outside).collect();
            let must: Vec<u64> = expected.into_iter().filter(outside).collect();
            assert_eq!(told, must, "after {point} instructions");
            if found.len() == told.len() {
                repaired += 1;
                assert_eq!(ground.read(0), 1);
            } else {
                whole += 1;
            }
        },
    );
    assert!(
        whole > 0 && repaired > 0,
        "{whole} whole, {repaired} repaired"
    );
}

#[test]
fn repairing_role() {
    let Some(args) = child::args(REPAIRING) else {
        return;
    };
    let ground = Ground::of(&args);
    let table = ground.table();
    let claim = match table.claim(Mode::Write, 5..28) {
        Err(ClaimError::Torn(claim)) => claim,
        other => panic!("{other:?}"),
    };
    // The repair itself comes first, so that a killed one may leave the range marked or not.
    ground.set(0, 1);
    step::begin();
    drop(claim.mark_consistent());
    step::end();
}

#[test]
fn a_repair_in_the_midst_killed_anywhere_keeps_both_ends_torn() {
    step::kill_at_every_nth_instruction(
        stride(5),
        REPAIRING,
        || {
            let (ground, table) = Ground::with_table();
            tear(&table, std::slice::from_ref(&(0..50)));
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            let found = torn_in(&ground.table(), 0..100, point);
            let ends: Vec<u64> = (0..5).chain(28..50).collect();
            let whole: Vec<u64> = (0..50).collect();
            assert!(
                found == ends || found == whole,
                "after {point} instructions: {found:?}"
            );
        },
    );
}

#[test]
fn a_claimant_killed_while_it_joins_torn_ranges_loses_none() {
    let points = step::kill_at_every_nth_instruction(
        stride(171),
        JOINING,
        || {
            let (ground, table) = Ground::with_table();
            let torn: Vec<_> = (0..SLOTS as u64).map(|i| 3 * i..3 * i + 1).collect();
            tear(&table, &torn);
            assert_eq!(table.torn().len(), SLOTS);
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            let found = torn_in(&ground.table(), 0..900, point);
            let lost: Vec<_> = (0..SLOTS as u64)
                .filter(|i| !found.contains(&(3 * i)))
                .collect();
            assert_eq!(lost, [], "after {point} instructions");
        },
    );
    println!("{points} kill points");
}

#[test]
fn joining_role() {
    let Some(args) = child::args(JOINING) else {
        return;
    };
    let table = Ground::of(&args).table();
    step::begin();
    let claim = table.claim(Mode::Read, 1000..1001).unwrap();
    drop(claim);
    step::end();
}

#[test]
fn a_claimant_killed_while_it_buries_the_dead_leaves_their_ranges_torn() {
    step::kill_at_every_nth_instruction(
        stride(5),
        BURYING,
        || {
            let (ground, _) = Ground::with_table();
            let mut dead = ground.spawn(BURIED, &[]);
            dead.expect_line("claimed");
            dead.kill();
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            let table = ground.table();
            let found = torn_in(&table, 0..100, point);
            assert_eq!(found, [10, 11, 12], "after {point} instructions");
            assert_eq!(table.holders(), [], "after {point} instructions");
        },
    );
}

#[test]
fn burying_role() {
    let Some(args) = child::args(BURYING) else {
        return;
    };
    let table = Ground::of(&args).table();
    step::begin();
    drop(table.claim(Mode::Read, 50..60).unwrap());
    step::end();
}

const BURIED: &str = "table_steps::buried_role";

#[test]
fn buried_role() {
    let Some(args) = child::args(BURIED) else {
        return;
    };
    let table = Ground::of(&args).table();
    let _read = table.claim(Mode::Read, 0..10).unwrap();
    let _write = table.claim(Mode::Write, 10..13).unwrap();
    child::say("claimed");
    child::read_line();
}
