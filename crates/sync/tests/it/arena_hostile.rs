//! A process that writes nonsense over an arena: every call ends, in a value or an error, and stays in bounds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Arena, ArenaError, BlockId, Owner, Place, SyncError};
use multiproc_testkit::{PATIENCE, watchdog};

use crate::arena_ground::Dice;

const LEN: usize = Arena::OVERHEAD + 2048;
/// Bytes behind the arena, which nothing may touch.
const BEYOND: usize = 4096;
/// Where the lock's word is, and the links behind it.
const LOCK: std::ops::Range<usize> = 40..80;

fn prepared() -> (Segment, Vec<BlockId>) {
    let segment = Segment::anonymous(Layout::payload(LEN + BEYOND)).unwrap();
    let arena = Arena::init(&segment, Place::Payload(0), LEN).unwrap();
    let mut ids: Vec<BlockId> = [10, 200, 0, 64, 100, 300]
        .iter()
        .map(|&len| arena.alloc(len, 16).unwrap())
        .collect();
    for index in [3, 1] {
        arena.free(ids[index]).unwrap();
    }
    ids.push(BlockId::from_bytes([0xff; BlockId::LEN]));
    segment.payload().fill(LEN, BEYOND, 0x5a).unwrap();
    (segment, ids)
}

fn copy_of(segment: &Segment) -> Vec<u8> {
    let mut bytes = vec![0; LEN + BEYOND];
    segment.payload().read(0, &mut bytes).unwrap();
    bytes
}

/// Does everything that can be done with an arena.
fn use_all(arena: &Arena, ids: &[BlockId]) {
    let fill = |id| {
        if let Ok(bytes) = arena.bytes(id) {
            bytes.fill(0, bytes.len(), 0xee).unwrap();
        }
    };
    let _ = arena.check();
    for (len, align) in [(1, 1), (100, 16), (40, 256), (5000, 16)] {
        if let Ok(id) = arena.alloc(len, align) {
            fill(id);
        }
    }
    for &id in ids {
        fill(id);
        let _ = arena.give(id, Owner::number(1));
        let _ = arena.free(id);
    }
    let _ = arena.alloc(300, 16).map(fill);
    let _ = arena.live_blocks();
    let _ = arena.free_blocks_of(Owner::number(1));
    let _ = arena.free_blocks_of_the_dead();
    let _ = arena.stats();
    let _ = arena.check();
}

fn assert_nothing_beyond(segment: &Segment) {
    let mut beyond = vec![0; BEYOND];
    segment.payload().read(LEN, &mut beyond).unwrap();
    assert!(beyond.iter().all(|&byte| byte == 0x5a));
}

#[test]
fn any_byte_of_an_arena_may_be_any_other() {
    let _watchdog = watchdog(PATIENCE);
    let (segment, ids) = prepared();
    let sound = copy_of(&segment);
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let arena = arena.with_patience(Duration::from_micros(10));
    for at in 0..LEN {
        for flip in [0x01, 0x80, 0xff] {
            segment.payload().write(0, &sound).unwrap();
            segment.payload().write(at, &[sound[at] ^ flip]).unwrap();
            use_all(&arena, &ids);
            if let Ok(arena) = Arena::attach(&segment, Place::Payload(0)) {
                use_all(&arena.with_patience(Duration::from_micros(10)), &ids);
            }
            assert_nothing_beyond(&segment);
        }
    }
}

#[test]
fn an_arena_of_random_words_is_used_up_to_an_error() {
    let _watchdog = watchdog(PATIENCE);
    let (segment, ids) = prepared();
    let sound = copy_of(&segment);
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..3000 {
        segment.payload().write(0, &sound).unwrap();
        for _ in 0..1 + dice.below(20) {
            scribble(&segment, &mut dice);
        }
        use_all(&arena, &ids);
        assert_nothing_beyond(&segment);
    }
}

/// Overwrites a word, but not of the lock, with one that is there elsewhere, or a little more, or anything.
fn scribble(segment: &Segment, dice: &mut Dice) {
    let word = |at: usize| segment.payload().atomic_u64(8 * at).unwrap();
    let (from, to) = (dice.below(LEN / 8), dice.below(LEN / 8));
    if LOCK.contains(&(8 * to)) {
        return;
    }
    let value = match dice.below(4) {
        0 => word(from).load(Ordering::Relaxed),
        1 => word(to).load(Ordering::Relaxed) ^ (1 << dice.below(64)),
        2 => dice.below(LEN / 16) as u64,
        _ => dice.0,
    };
    word(to).store(value, Ordering::Relaxed);
}

#[test]
fn an_arena_that_changes_while_it_is_used_is_used_up_to_an_error() {
    let _watchdog = watchdog(PATIENCE);
    let n_rounds = if cfg!(debug_assertions) {
        2_000
    } else {
        20_000
    };
    let (segment, ids) = prepared();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let scribbler = scope.spawn(|| {
            let mut dice = Dice(0xdead_beef_1234_5677);
            while !is_over.load(Ordering::Relaxed) {
                scribble(&segment, &mut dice);
            }
        });
        for round in 0..n_rounds {
            if round % 50 == 0 {
                let _ = Arena::init(&segment, Place::Payload(0), LEN);
            }
            if let Ok(arena) = Arena::attach(&segment, Place::Payload(0)) {
                use_all(&arena, &ids);
            }
        }
        is_over.store(true, Ordering::Relaxed);
        scribbler.join().unwrap();
    });
    assert_nothing_beyond(&segment);
}

#[test]
fn a_header_that_was_overwritten_is_reported_with_its_place() {
    let (segment, _) = prepared();
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let block = arena.live_blocks().unwrap()[1];
    let at = arena.bytes(block.id).unwrap().as_ptr().addr() - segment.payload().as_ptr().addr();
    let header = at - 32;
    segment.payload().fill(header, 8, 0x77).unwrap();
    let expected = |error: ArenaError| match error {
        ArenaError::Corrupt { offset } => assert_eq!(offset, header as u64),
        other => panic!("{other}"),
    };
    for _ in 0..2 {
        expected(arena.check().unwrap_err());
        expected(arena.bytes(block.id).unwrap_err());
        expected(arena.alloc(1, 16).unwrap_err());
        expected(arena.free(block.id).unwrap_err());
        expected(arena.stats().unwrap_err());
    }
}

#[test]
fn a_block_that_would_lead_back_to_the_first_is_no_endless_walk() {
    let _watchdog = watchdog(PATIENCE);
    let (segment, _) = prepared();
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let block = arena.live_blocks().unwrap()[1];
    let at = arena.bytes(block.id).unwrap().as_ptr().addr() - segment.payload().as_ptr().addr();
    let header = at - 32;
    // Added to the block's own place in 32 bits this is 0.
    let size = ((header - Arena::OVERHEAD) / 16) as u32;
    let size = size.wrapping_neg().to_le_bytes();
    segment.payload().write(header, &size).unwrap();
    for _ in 0..2 {
        assert!(matches!(
            arena.check(),
            Err(ArenaError::Corrupt { offset }) if offset == header as u64
        ));
        assert!(matches!(
            arena.bytes(block.id),
            Err(ArenaError::Corrupt { .. })
        ));
    }
}

#[test]
fn overwritten_hints_are_made_anew() {
    let (segment, _) = prepared();
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let before = arena.stats().unwrap();
    // The first blocks of all lists.
    segment.payload().fill(160, 960, 0x01).unwrap();
    assert!(matches!(arena.check(), Err(ArenaError::Corrupt { .. })));
    arena.check().unwrap();
    let after = arena.stats().unwrap();
    assert_eq!(after.recoveries, before.recoveries + 1);
    assert_eq!(after.free, before.free);

    segment.payload().fill(160, 960, 0x01).unwrap();
    let id = arena.alloc(100, 16).unwrap();
    segment.payload().fill(160, 960, 0x01).unwrap();
    arena.free(id).unwrap();
    arena.check().unwrap();
}

#[test]
fn a_free_that_a_dead_process_began_is_finished() {
    const SOUND: usize = 24;
    const FREEING: usize = 88;
    let (segment, ids) = prepared();
    let arena = Arena::attach(&segment, Place::Payload(0)).unwrap();
    let n_live = arena.stats().unwrap().live_blocks;
    let serial = &ids[0].to_bytes()[8..];
    segment.payload().write(FREEING, serial).unwrap();
    segment.payload().write(SOUND, &[0]).unwrap();
    assert_eq!(arena.stats().unwrap().live_blocks, n_live - 1);
    let refused = arena.free(ids[0]);
    assert!(matches!(refused, Err(ArenaError::Freed { .. })));
    arena.check().unwrap();
}

#[test]
fn what_says_another_length_is_not_attached() {
    let (segment, _) = prepared();
    let granules = segment.payload().atomic_u64(8).unwrap();
    for wrong in [0, 1, u64::MAX, u64::MAX / 16, 1 << 32, 5000] {
        granules.store(wrong, Ordering::Relaxed);
        let refused = Arena::attach(&segment, Place::Payload(0));
        assert!(matches!(
            refused,
            Err(ArenaError::Length { .. } | ArenaError::Refused(SyncError::Segment(_)))
        ));
    }
}
