//! Several processes that allocate and free in one arena: what they leave, and what they leave when they are killed.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use multiproc_sync::{ArenaError, BlockId, Owner};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

use crate::arena_ground::{ArenaGround, Dice, assert_empty, fill, is_intact};

const ALLOCATING: &str = "arena_crowd::allocating_role";
const DYING: &str = "arena_crowd::dying_role";
const TAKING: &str = "arena_crowd::taking_role";
const N_PROCESSES: usize = 4;

/// One step of a process: frees one of its blocks, whose content nobody may have touched, or makes one.
fn step(ground: &ArenaGround, dice: &mut Dice, mine: &mut Vec<BlockId>, owner: Owner) {
    if mine.len() >= 200 || (!mine.is_empty() && dice.below(2) == 0) {
        let id = mine.swap_remove(dice.below(mine.len()));
        assert!(is_intact(&ground.arena, id), "{id} was overwritten");
        ground.arena.free(id).unwrap();
        return;
    }
    let align = 1 << dice.below(8);
    match ground.arena.alloc_for(owner, dice.below(700), align) {
        Ok(id) => {
            fill(&ground.arena, id);
            mine.push(id);
        }
        Err(ArenaError::OutOfSpace { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_four_processes_allocated_and_freed_100_000_times_comes_back_as_one_block() {
    let _watchdog = watchdog(PATIENCE);
    // A little less than they want at most, so that some is refused.
    let ground = ArenaGround::new(256 * 1024);
    let mut children: Vec<Child> = (0..N_PROCESSES).map(|_| ground.spawn(ALLOCATING)).collect();
    for (seed, child) in children.iter_mut().enumerate() {
        child.say(seed + 1);
    }
    for child in &mut children {
        child.expect_line("done");
        assert!(child.wait().success());
    }
    ground.arena.check().unwrap();
    let stats = ground.arena.stats().unwrap();
    println!(
        "{} live blocks, {} free ones, fragmentation() = {:.3}",
        stats.live_blocks,
        stats.free_blocks,
        stats.fragmentation()
    );
    assert!(stats.live_blocks > 0 && stats.free_blocks > 1);
    for block in ground.arena.live_blocks().unwrap() {
        assert!(is_intact(&ground.arena, block.id));
        ground.arena.free(block.id).unwrap();
    }
    assert_empty(&ground.arena);
}

#[test]
fn allocating_role() {
    let Some(args) = child::args(ALLOCATING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let seed: u64 = child::read_line().unwrap().parse().unwrap();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut mine = Vec::new();
    for _ in 0..100_000 / N_PROCESSES {
        step(&ground, &mut dice, &mut mine, Owner::NOBODY);
    }
    child::say("done");
}

#[test]
fn processes_killed_at_random_leave_an_arena_for_the_others() {
    let scale = Scale::asked();
    let _watchdog = watchdog(3 * PATIENCE);
    let ground = ArenaGround::new(256 * 1024);
    let n_kills = scale.pick(60, 200, 1000);
    let n_processes = N_PROCESSES - 1;
    let mut children: Vec<Child> = (0..n_processes).map(|_| ground.spawn(DYING)).collect();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut n_reclaimed = 0;
    for kill in 0..n_kills {
        let pause = Instant::now() + Duration::from_micros(dice.below(3000) as u64);
        while Instant::now() < pause {
            std::thread::yield_now();
        }
        let victim = &mut children[dice.below(n_processes)];
        assert_eq!(victim.kill().signal(), Some(9), "it ended by itself");
        n_reclaimed += ground.arena.free_blocks_of_the_dead().unwrap();
        ground.arena.check().unwrap();
        if kill + 1 < n_kills {
            *victim = ground.spawn(DYING);
        }
    }
    for child in &mut children {
        child.kill();
    }
    n_reclaimed += ground.arena.free_blocks_of_the_dead().unwrap();
    let recoveries = ground.arena.stats().unwrap().recoveries;
    assert!(n_reclaimed > 0);
    assert_empty(&ground.arena);
    Row::new(56)
        .figure("kills", n_kills)
        .figure("deaths in a call", recoveries)
        .figure("blocks of the dead freed", n_reclaimed)
        .figure("bytes left", 0)
        .print();
}

#[test]
fn dying_role() {
    let Some(args) = child::args(DYING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let me = Owner::this_process().unwrap();
    let mut dice = Dice(u64::from(std::process::id()) << 20 | 1);
    let mut mine = Vec::new();
    loop {
        step(&ground, &mut dice, &mut mine, me);
    }
}

#[test]
fn a_block_made_by_one_process_is_read_given_and_freed_by_another() {
    let _watchdog = watchdog(PATIENCE);
    let ground = ArenaGround::new(64 * 1024);
    let mine = Owner::this_process().unwrap();
    let id = ground.arena.alloc_for(mine, 1000, 64).unwrap();
    fill(&ground.arena, id);
    ground.tell(0, id);
    let mut taking = ground.spawn(TAKING);
    taking.expect_line("taken");
    assert_eq!(
        ground.arena.owner(id).unwrap().process_id(),
        Some(taking.pid())
    );
    // The block of a living process stays, also while it is stopped.
    taking.signal(multiproc_testkit::Signal::STOP);
    assert_eq!(ground.arena.free_blocks_of_the_dead().unwrap(), 0);
    taking.signal(multiproc_testkit::Signal::CONT);
    taking.say("free it");
    taking.expect_line("freed");
    assert!(matches!(
        ground.arena.bytes(id),
        Err(ArenaError::Freed { .. })
    ));
    assert_empty(&ground.arena);
}

#[test]
fn taking_role() {
    let Some(args) = child::args(TAKING) else {
        return;
    };
    let ground = ArenaGround::of(&args);
    let id = ground.told(0).unwrap();
    assert!(is_intact(&ground.arena, id));
    let me = Owner::this_process().unwrap();
    ground.arena.give(id, me).unwrap();
    child::say("taken");
    assert_eq!(child::read_line().as_deref(), Some("free it"));
    ground.arena.free(id).unwrap();
    child::say("freed");
}
