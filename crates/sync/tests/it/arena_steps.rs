//! The arena, with its user killed after every single instruction.

use multiproc_sync::{BlockId, Owner};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, child, step, watchdog};

use crate::arena_ground::{ArenaGround, assert_empty, fill, is_intact};

const USING: &str = "arena_steps::using_role";
const RECOVERING: &str = "arena_steps::recovering_role";

/// Ids that the stepped child tells: what it made, in this order.
const MADE: std::ops::Range<usize> = 0..3;
/// The id of a live block between two free ones, which the stepped child frees.
const DOOMED: usize = 3;

/// How many instructions to go from one kill point to the next. A debug build is not what ships.
fn stride() -> u64 {
    let scale = Scale::asked();
    if cfg!(debug_assertions) {
        scale.pick(4001, 1009, 211)
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
    let (mut n_recoveries, mut n_untold) = (0, 0);
    let points = step::kill_at_every_nth_instruction(
        stride(),
        USING,
        || {
            let (ground, kept) = prepared();
            (ground.args(), (ground, kept))
        },
        |point, (ground, kept)| {
            let _watchdog = watchdog(PATIENCE);
            let arena = &ground.arena;
            arena.check().unwrap();
            let told: Vec<BlockId> = MADE.filter_map(|index| ground.told(index)).collect();
            let doomed = ground.told(DOOMED).unwrap();
            let mut n_live = 0;
            let mut n_unknown = 0;
            for block in arena.live_blocks().unwrap() {
                n_live += usize::from(kept.contains(&block.id));
                let is_known =
                    kept.contains(&block.id) || told.contains(&block.id) || block.id == doomed;
                if !is_known {
                    assert!(
                        block.owner.is_dead(),
                        "whose it is, is known from the first"
                    );
                    n_unknown += 1;
                }
            }
            assert_eq!(n_live, kept.len(), "after {point} instructions");
            assert!(n_unknown <= 1, "{n_unknown} after {point} instructions");
            n_untold += n_unknown;
            for &id in &kept {
                assert!(is_intact(arena, id), "after {point} instructions");
            }
            n_recoveries += arena.stats().unwrap().recoveries;

            arena.free_blocks_of_the_dead().unwrap();
            // Freed by the dead one, or not; never half.
            let _ = arena.free(doomed);
            for &id in &kept {
                arena.free(id).unwrap();
            }
            assert_empty(arena);
        },
    );
    assert!(n_recoveries > 0, "{points} points");
    Row::new(55)
        .figure("points", points)
        .figure("deaths in a call", n_recoveries)
        .figure("blocks that nobody was told of, all found again", n_untold)
        .figure("bytes left", 0)
        .print();
}

#[test]
fn using_role() {
    let Some(args) = child::args(USING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let arena = &ground.arena;
    let me = Owner::this_process().unwrap();
    let doomed = ground.told(DOOMED).unwrap();
    // Resolves what the dynamic linker left for the first call.
    arena.free(arena.alloc_for(me, 1, 16).unwrap()).unwrap();
    step::begin();
    // From a gap of its size, from one that is split, and from one that is split before and behind it.
    for (index, (len, align)) in MADE.zip([(100, 16), (40, 16), (40, 512)]) {
        let id = arena.alloc_for(me, len, align).unwrap();
        ground.tell(index, id);
    }
    arena.free(doomed).unwrap();
    arena.free(ground.told(1).unwrap()).unwrap();
    step::end();
}

#[test]
fn whoever_is_killed_in_the_repair_leaves_it_to_the_next() {
    let mut n_recoveries = 0;
    let points = step::kill_at_every_nth_instruction(
        4 * stride(),
        RECOVERING,
        || {
            let (ground, kept) = prepared();
            // Dies in the midst of a free.
            let mut stepper = step::Stepper::attach(ground.spawn(USING));
            let mut n_steps = 0;
            loop {
                let state = stepper.run(7);
                assert_eq!(state, step::Step::Inside, "no death in the lock");
                n_steps += 7;
                if n_steps > 60 && ground.is_locked() {
                    break;
                }
            }
            stepper.kill();
            (ground.args(), (ground, kept))
        },
        |point, (ground, kept)| {
            let _watchdog = watchdog(PATIENCE);
            let arena = &ground.arena;
            arena.check().unwrap();
            n_recoveries += arena.stats().unwrap().recoveries;
            for &id in &kept {
                assert!(is_intact(arena, id), "after {point} instructions");
                arena.free(id).unwrap();
            }
            arena.free_blocks_of_the_dead().unwrap();
            let _ = arena.free(ground.told(DOOMED).unwrap());
            assert_empty(arena);
        },
    );
    assert!(u64::from(n_recoveries) >= points);
}

#[test]
fn recovering_role() {
    let Some(args) = child::args(RECOVERING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    step::begin();
    ground.arena.check().unwrap();
    step::end();
}
