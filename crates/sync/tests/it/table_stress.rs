//! Many processes on one table, killed at random, under an invariant on what the ranges guard.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use multiproc_sync::{AccessTable, ClaimError, Mode};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::ground::Ground;

const WORKING: &str = "table_stress::working_role";
const CUTTING: &str = "table_stress::cutting_role";
const N_WORKERS: u64 = 4;
const N_ROWS: u64 = 60;
const N_KILLS: usize = if cfg!(debug_assertions) { 150 } else { 800 };

/// Each row is two numbers, equal unless a writer is, or died, between them.
fn row(row: u64) -> (usize, usize) {
    (2 * row as usize, 2 * row as usize + 1)
}

/// Behind the rows: how many claims were made.
const CLAIMS: usize = 2 * N_ROWS as usize;

fn is_whole(ground: &Ground, index: u64) -> bool {
    let (one, other) = row(index);
    ground.read(one) == ground.read(other)
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % bound
    }
}

#[test]
fn no_claim_sees_half_a_write_that_it_was_not_told_of() {
    let _watchdog = watchdog(3 * PATIENCE);
    let (ground, table) = Ground::with_table();
    let spawn = |seed: u64| ground.spawn(WORKING, &[&seed.to_string()]);
    let mut workers: Vec<Child> = (0..N_WORKERS).map(&spawn).collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for kill in 0..N_KILLS {
        let pause = Instant::now() + Duration::from_micros(random.below(4000));
        while Instant::now() < pause {
            std::thread::yield_now();
        }
        let victim = random.below(N_WORKERS) as usize;
        workers[victim].kill();
        workers[victim] = spawn(N_WORKERS + kill as u64);
    }
    let before = ground.read(CLAIMS);
    multiproc_testkit::wait_until("the last workers still claim", || {
        ground.read(CLAIMS) > before
    });
    drop(workers);
    let torn = match table.try_claim(Mode::Write, 0..N_ROWS) {
        Ok(_) => BTreeSet::new(),
        Err(ClaimError::Torn(claim)) => claim.torn().iter().cloned().flatten().collect(),
        Err(other) => panic!("after everybody's death: {other}"),
    };
    for index in 0..N_ROWS {
        assert!(
            torn.contains(&index) || is_whole(&ground, index),
            "row {index}"
        );
    }
    println!("{} claims, {N_KILLS} kills", ground.read(CLAIMS));
}

#[test]
fn working_role() {
    let Some(args) = child::args(WORKING) else {
        return;
    };
    let ground = Ground::of(&args);
    let table = ground.table();
    let mut random = Random(
        args[1]
            .parse::<u64>()
            .unwrap()
            .wrapping_mul(0x1234_5678_9abc_def1)
            | 1,
    );
    loop {
        let start = random.below(N_ROWS);
        let range = start..start + 1 + random.below(N_ROWS - start);
        let mode = if random.below(3) == 0 {
            Mode::Write
        } else {
            Mode::Read
        };
        work(&ground, &table, mode, range);
        ground
            .number(CLAIMS)
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

fn work(ground: &Ground, table: &AccessTable, mode: Mode, range: Range<u64>) {
    let claim = match table.claim(mode, range.clone()) {
        Ok(claim) => claim,
        Err(ClaimError::Torn(claim)) => {
            let torn: BTreeSet<u64> = claim.torn().iter().cloned().flatten().collect();
            for index in range.clone() {
                assert!(
                    torn.contains(&index) || is_whole(ground, index),
                    "row {index} of {range:?}"
                );
            }
            if mode == Mode::Read {
                return;
            }
            for &index in &torn {
                let (one, other) = row(index);
                ground.set(other, ground.read(one));
            }
            claim.mark_consistent()
        }
        Err(other) => panic!("{other}"),
    };
    for index in range.clone() {
        assert!(
            is_whole(ground, index),
            "row {index} of {range:?} claimed to {mode}"
        );
    }
    if mode == Mode::Write {
        for index in range.clone() {
            ground.set(row(index).0, ground.read(row(index).0) + 1);
        }
        for index in range {
            ground.set(row(index).1, ground.read(row(index).1) + 1);
        }
    }
    drop(claim);
}

#[test]
fn programs_that_cut_differently_never_hold_the_same_row() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, table) = Ground::with_table();
    let mut children: Vec<Child> = [3, 4, 7]
        .map(|n_parts| ground.spawn(CUTTING, &[&n_parts.to_string()]))
        .into();
    for child in &mut children {
        child.expect_line("done");
    }
    assert_eq!(table.holders(), []);
    let rounds = if cfg!(debug_assertions) { 300 } else { 3000 };
    for index in 0..N_ROWS {
        assert_eq!(ground.read(row(index).1), 3 * rounds, "row {index}");
    }
}

/// Goes through its parts again and again; in each, puts its mark on every row and takes it off.
#[test]
fn cutting_role() {
    let Some(args) = child::args(CUTTING) else {
        return;
    };
    let ground = Ground::of(&args);
    let table = ground.table();
    let n_parts: u64 = args[1].parse().unwrap();
    let rounds = if cfg!(debug_assertions) { 300 } else { 3000 };
    for _ in 0..rounds {
        for part in 0..n_parts {
            let range = part * N_ROWS / n_parts..(part + 1) * N_ROWS / n_parts;
            let claim = table.claim(Mode::Write, range.clone()).unwrap();
            for index in range.clone() {
                let (mark, count) = row(index);
                assert_eq!(ground.read(mark), 0, "row {index} has two owners");
                ground.set(mark, n_parts);
                ground.set(count, ground.read(count) + 1);
            }
            for index in range {
                ground.set(row(index).0, 0);
            }
            drop(claim);
        }
    }
    child::say("done");
}
