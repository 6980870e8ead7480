//! The access table among the living: who excludes whom, and what a claimant is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{
    AccessTable, Claim, ClaimError, Holder, Mode, Mutex, Place, SLOTS, SyncError,
};
use multiproc_testkit::{PATIENCE, is_asleep, wait_until, watchdog};

use crate::ground::{Ground, MUTEX, TABLE, own_tid};

/// Runs `body` in a thread of its own and gives back what it returned.
fn elsewhere<A: Send>(body: impl FnOnce() -> A + Send) -> A {
    thread::scope(|scope| scope.spawn(body).join().unwrap())
}

#[test]
fn overlapping_claims_exclude_each_other_by_mode() {
    let (_ground, table) = Ground::with_table();
    for held in [Mode::Read, Mode::Write, Mode::Atomic] {
        let _claim = table.claim(held, 10..20).unwrap();
        for wanted in [Mode::Read, Mode::Write, Mode::Atomic] {
            for (range, overlaps) in [
                (0..10, false),
                (0..11, true),
                (19..30, true),
                (20..30, false),
            ] {
                let admitted = elsewhere(|| table.try_claim(wanted, range.clone()).is_ok());
                let expected = !overlaps || held.admits(wanted);
                assert_eq!(
                    admitted, expected,
                    "{wanted} {range:?} beside {held} 10..20"
                );
            }
        }
    }
    assert_eq!(table.holders(), []);
}

#[test]
fn a_claim_of_nothing_is_in_nobodys_way() {
    let (_ground, table) = Ground::with_table();
    let _all = table.claim(Mode::Write, 0..u64::MAX).unwrap();
    let _none = table.claim(Mode::Write, 5..5).unwrap();
    #[expect(clippy::reversed_empty_ranges, reason = "such a range is empty too")]
    let _reversed = table.claim(Mode::Write, 9..3).unwrap();
    assert_eq!(table.holders().len(), 1);
}

#[test]
fn a_refused_claimant_learns_who_is_in_the_way() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, table) = Ground::with_table();
    let _claim = table.claim(Mode::Write, 3..8).unwrap();
    let expected = Holder {
        pid: std::process::id(),
        tid: own_tid(),
        mode: Mode::Write,
        range: 3..8,
    };
    elsewhere(|| {
        match table.try_claim(Mode::Read, 7..9) {
            Err(ClaimError::WouldBlock { holder }) => assert_eq!(holder, expected),
            other => panic!("{other:?}"),
        }
        for patience in [Duration::ZERO, Duration::from_millis(20)] {
            match table.claim_timeout(Mode::Read, 7..9, patience) {
                Err(ClaimError::TimedOut { holder }) => assert_eq!(holder, expected),
                other => panic!("{other:?}"),
            }
        }
    });
    let error = elsewhere(|| {
        table
            .try_claim(Mode::Read, 7..9)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    });
    let Holder { pid, tid, .. } = expected;
    assert_eq!(
        error,
        format!("thread {tid} of process {pid} (write 3..8) is in the way")
    );
}

#[test]
fn a_thread_that_would_wait_for_itself_is_told_at_once() {
    let (ground, table) = Ground::with_table();
    let same = ground.table();
    let claim = table.claim(Mode::Read, 0..10).unwrap();
    let again = same.claim(Mode::Read, 5..15).unwrap();
    match same.claim(Mode::Write, 9..30) {
        Err(ClaimError::WouldDeadlock { held }) => assert_eq!(held.mode, Mode::Read),
        other => panic!("{other:?}"),
    }
    drop((claim, again));
    // Its own claim is found even behind another thread's.
    elsewhere(|| {
        let _behind = table.claim(Mode::Write, 0..1).unwrap();
        elsewhere(|| {
            let _own = table.claim(Mode::Write, 1..2).unwrap();
            let both = table.claim(Mode::Write, 0..2);
            assert!(
                matches!(both, Err(ClaimError::WouldDeadlock { .. })),
                "{both:?}"
            );
        });
    });
}

#[test]
fn a_sleeper_gets_the_range_when_it_is_released() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, table) = Ground::with_table();
    let claim = table.claim(Mode::Write, 0..10).unwrap();
    let got = AtomicBool::new(false);
    thread::scope(|scope| {
        for range in [0..5, 5..10, 2..7] {
            scope.spawn({
                let (table, got) = (&table, &got);
                move || {
                    let _claim = table.claim(Mode::Write, range).unwrap();
                    got.store(true, Ordering::SeqCst);
                }
            });
        }
        let waiting = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
            let tids = tasks.filter_map(|task| task.file_name().to_str()?.parse().ok());
            tids.filter(|&tid| is_asleep(tid)).count() >= 3
        };
        wait_until("three threads sleep", waiting);
        assert!(!got.load(Ordering::SeqCst));
        drop(claim);
    });
    assert!(got.load(Ordering::SeqCst));
    assert_eq!(table.holders(), []);
}

#[test]
fn sixty_two_claims_fit_and_the_next_is_told_whose_they_are() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, table) = Ground::with_table();
    let mut claims: Vec<Claim> = (0..SLOTS as u64)
        .map(|row| table.claim(Mode::Write, row..row + 1).unwrap())
        .collect();
    match table.claim(Mode::Write, 100..101) {
        Err(ClaimError::Full { holders }) => assert_eq!(holders.len(), SLOTS),
        other => panic!("{other:?}"),
    }
    drop(claims.remove(20));
    claims.push(table.claim(Mode::Write, 100..101).unwrap());
    drop(claims);
    assert_eq!(table.holders(), []);
}

#[test]
fn those_who_wait_take_no_slots() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, table) = Ground::with_table();
    let claim = table.claim(Mode::Write, 0..1).unwrap();
    let n_done = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..SLOTS + 10 {
            scope.spawn(|| {
                let _claim = table.claim(Mode::Write, 0..1).unwrap();
                n_done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let _beside = table.claim(Mode::Write, 1..2).unwrap();
        drop(claim);
    });
    assert_eq!(n_done.load(Ordering::SeqCst), SLOTS + 10);
}

#[test]
fn a_thread_knows_what_it_holds() {
    let (_ground, table) = Ground::with_table();
    let write = table.claim(Mode::Write, 10..20).unwrap();
    let read = table.claim(Mode::Read, 30..40).unwrap();
    for (range, mode, expected) in [
        (10..20, Mode::Write, true),
        (12..15, Mode::Read, true),
        (12..15, Mode::Atomic, true),
        (9..12, Mode::Write, false),
        (30..40, Mode::Read, true),
        (30..40, Mode::Write, false),
        (30..40, Mode::Atomic, false),
        (0..1, Mode::Read, false),
        (0..0, Mode::Write, true),
    ] {
        assert_eq!(
            table.held_by_this_thread(range.clone(), mode),
            expected,
            "{mode} {range:?}"
        );
        let elsewhere = elsewhere(|| table.held_by_this_thread(range.clone(), mode));
        assert_eq!(elsewhere, range.is_empty());
    }
    drop((write, read));
    assert!(!table.held_by_this_thread(10..20, Mode::Write));
}

#[test]
fn a_claim_keeps_the_segment_mapped() {
    let layout = Layout {
        payload_len: 0,
        control_len: AccessTable::LEN,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    let table = AccessTable::attach(&segment, TABLE).unwrap();
    let claim = table.claim(Mode::Read, 0..1).unwrap();
    drop((segment, table));
    assert_eq!(claim.range(), 0..1);
    drop(claim);
}

#[test]
fn only_a_table_or_zeros_can_be_attached() {
    let ground = Ground::new();
    let _mutex = Mutex::<u64>::init(&ground.segment, MUTEX, 0).unwrap();
    let beyond = AccessTable::attach(&ground.segment, MUTEX).unwrap_err();
    assert_eq!(
        beyond.to_string(),
        "expected an access table and found a robust mutex: attach what was made there"
    );
    let astray = AccessTable::attach(&ground.segment, Place::Control(64)).unwrap_err();
    assert!(
        matches!(
            astray,
            SyncError::Misaligned {
                offset: 64,
                align: 128
            }
        ),
        "{astray}"
    );
    let end = Place::Control(ground.segment.control_len());
    let outside = AccessTable::attach(&ground.segment, end).unwrap_err();
    assert!(matches!(outside, SyncError::Segment(_)), "{outside}");
}
