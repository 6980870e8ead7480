//! The arena, with its user killed after every single instruction.

use std::time::Duration;

use multiproc_sync::{ArenaError, BlockId, Owner};
use multiproc_testkit::step::{self, Step, Stepper};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::arena_ground::{ArenaGround, assert_empty, fill, is_intact};

const USING: &str = "arena_steps::using_role";
const RECOVERING: &str = "arena_steps::recovering_role";

/// Ids that the stepped child tells: what it made, in this order.
const MADE: std::ops::Range<usize> = 0..3;
/// The id of a live block between two free ones, which the stepped child frees.
const DOOMED: usize = 3;

/// How many calls the child makes.
const N_CALLS: usize = 5;
/// So many instructions after the lock was taken a call is not over.
const IN_THE_LOCK: u64 = 40;

/// How many instructions to go from one kill point to the next. A debug build is not what ships.
fn stride() -> u64 {
    let scale = Scale::asked();
    if cfg!(debug_assertions) {
        scale.pick(2003, 1009, 211)
    } else {
        scale.pick(11, 5, 1)
    }
}

/// An arena with live blocks and gaps between them; the ids of those blocks that are to stay.
fn prepared() -> (ArenaGround, Vec<BlockId>) {
    let ground = ArenaGround::new(32 * 1024);
    let arena = &ground.arena;
    let mut kept = Vec::new();
    let mut gaps = Vec::new();
    for round in 0..3 {
        for (ids, len) in [(&mut kept, 50), (&mut gaps, 200 + round)] {
            let id = arena.alloc(len, 16).unwrap();
            fill(arena, id);
            ids.push(id);
        }
        let doomed = arena.alloc(30, 16).unwrap();
        ground.tell(DOOMED, doomed);
        for (ids, len) in [(&mut gaps, 100), (&mut kept, 70)] {
            let id = arena.alloc(len, 16).unwrap();
            fill(arena, id);
            ids.push(id);
        }
        if round < 2 {
            kept.push(doomed);
            fill(arena, doomed);
        }
    }
    for id in gaps {
        arena.free(id).unwrap();
    }
    (ground, kept)
}

#[test]
fn an_arena_whose_user_is_killed_anywhere_loses_no_block_and_no_room() {
    let (mut n_points, mut n_recoveries, mut n_untold) = (0, 0, 0);
    for stepped in 0..N_CALLS {
        n_points += step::kill_at_every_nth_instruction(
            stride(),
            USING,
            || {
                let (ground, kept) = prepared();
                let mut args = ground.args();
                args.push(stepped.to_string());
                (args, (ground, kept))
            },
            |point, (ground, kept)| {
                let _watchdog = watchdog(PATIENCE);
                n_untold += unknown_blocks(&ground, &kept);
                for &id in &kept {
                    assert!(
                        is_intact(&ground.arena, id),
                        "after {point} instructions of call {stepped}"
                    );
                }
                n_recoveries += ground.arena.stats().unwrap().recoveries;
                assert_all_comes_back(&ground, &kept);
            },
        );
    }
    assert!(n_recoveries > 0, "{n_points} points");
    Row::new(55)
        .figure("points", n_points)
        .figure("deaths in a call", n_recoveries)
        .figure("blocks that nobody was told of, all found again", n_untold)
        .figure("bytes left", 0)
        .print();
}

/// How many blocks are live that the dead child had not told anybody of: at most the one in flight,
/// and that has its owner.
fn unknown_blocks(ground: &ArenaGround, kept: &[BlockId]) -> usize {
    let told = MADE.chain([DOOMED]).filter_map(|index| ground.told(index));
    let known: Vec<BlockId> = kept.iter().copied().chain(told).collect();
    let mut blocks = ground.arena.live_blocks().unwrap();
    blocks.retain(|block| !known.contains(&block.id));
    assert!(blocks.len() <= 1, "{blocks:?}");
    assert!(blocks.iter().all(|block| block.owner.is_dead()));
    blocks.len()
}

fn assert_all_comes_back(ground: &ArenaGround, kept: &[BlockId]) {
    let arena = &ground.arena;
    arena.check().unwrap();
    arena.free_blocks_of_the_dead().unwrap();
    // Freed by the dead one, or not; never half.
    let _ = arena.free(ground.told(DOOMED).unwrap());
    for &id in kept {
        arena.free(id).unwrap();
    }
    assert_empty(arena);
}

#[test]
fn using_role() {
    let Some(args) = child::args(USING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let arena = &ground.arena;
    let stepped: usize = args[1].parse().unwrap();
    let me = Owner::this_process().unwrap();
    let doomed = ground.told(DOOMED).unwrap();
    let make = |index, len, align| {
        let id = arena.alloc_for(me, len, align).unwrap();
        ground.tell(index, id);
    };
    // From a gap of its size, from one that is split, and from one that is split before and behind
    // it; then two that join free neighbours on both sides, and on one.
    let calls: [&dyn Fn(); N_CALLS] = [
        &|| make(0, 100, 16),
        &|| make(1, 40, 16),
        &|| make(2, 40, 512),
        &|| arena.free(doomed).unwrap(),
        &|| arena.free(ground.told(1).unwrap()).unwrap(),
    ];
    // Resolves what the dynamic linker left for the first call.
    arena.free(arena.alloc_for(me, 1, 16).unwrap()).unwrap();
    for (index, call) in calls.into_iter().enumerate() {
        if index == stepped {
            step::begin();
            call();
            step::end();
        } else {
            call();
        }
    }
}

/// A child that has the arena's lock, in the midst of freeing a block, and is stopped.
fn stopped_in_a_free(ground: &ArenaGround) -> Stepper {
    let mut args = ground.args();
    args.push((N_CALLS - 2).to_string());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut stepper = Stepper::attach(Child::spawn(USING, &args));
    while !ground.is_locked() {
        assert_eq!(stepper.run(7), Step::Inside, "never in the lock");
    }
    assert_eq!(stepper.run(IN_THE_LOCK), Step::Inside);
    assert!(ground.is_locked());
    stepper
}

#[test]
fn a_holder_that_was_stopped_is_waited_for_as_long_as_patience_lasts() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, _) = prepared();
    let stepper = stopped_in_a_free(&ground);
    let arena = ground.arena.clone();
    let arena = arena.with_patience(Duration::from_millis(1));
    let doomed = ground.told(DOOMED).unwrap();
    let refused = [
        arena.alloc(1, 1).map(drop),
        arena.free(doomed),
        arena.stats().map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(ArenaError::Stuck { .. })));
    }
    // It goes on: its free counts.
    let mut child = stepper.release();
    assert!(matches!(
        ground.arena.free(doomed),
        Err(ArenaError::Freed { .. })
    ));
    child.kill();
    ground.arena.check().unwrap();
}

#[test]
fn whoever_is_killed_in_the_repair_leaves_it_to_the_next() {
    let mut n_recoveries = 0;
    let points = step::kill_at_every_nth_instruction(
        4 * stride(),
        RECOVERING,
        || {
            let (ground, kept) = prepared();
            stopped_in_a_free(&ground).kill();
            (ground.args(), (ground, kept))
        },
        |point, (ground, kept)| {
            let _watchdog = watchdog(PATIENCE);
            let arena = &ground.arena;
            arena.check().unwrap();
            n_recoveries += u64::from(arena.stats().unwrap().recoveries);
            for &id in &kept {
                assert!(is_intact(arena, id), "after {point} instructions");
            }
            assert_all_comes_back(&ground, &kept);
        },
    );
    assert!(points > 0 && n_recoveries >= points);
}

#[test]
fn recovering_role() {
    let Some(args) = child::args(RECOVERING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let nobodys = BlockId::from_bytes([0; BlockId::LEN]);
    step::begin();
    // Repairs the arena before it finds that there is no such block.
    assert!(ground.arena.free(nobodys).is_err());
    step::end();
}
