//! "Multiprocessing shared memory", its challenge of fragmentation: four processes allocate and free in one arena.
//!
//! Each makes 25,000 random moves. What they leave is scattered; when all of it is freed, by another process than made
//! it, the arena is one block again. What does not fit on the way is an error with figures.

use multiproc::segment::{Layout, Lifetime, Segment};
use multiproc::sync::{Arena, ArenaError, ArenaStats, BlockId, Place};
use multiproc::{Pool, SegmentName, Stream, task};

const N_PROCESSES: usize = 4;
const N_MOVES: usize = 100_000;
const ARENA_LEN: usize = 256 * 1024;
const START: Place = Place::Payload(0);

/// Allocates and frees at random; returns what is still allocated.
#[task]
fn churn(rng: &mut Stream, name: String, n_moves: usize) -> Vec<[u8; BlockId::LEN]> {
    let name = SegmentName::new(name).expect("a valid name");
    let segment = Segment::open(&name).expect("the segment of the program that asks");
    let arena = Arena::attach(&segment, START).expect("its arena");
    let mut mine = Vec::new();
    let mut below = |end: usize| (rng.random() * end as f64) as usize;
    for _ in 0..n_moves {
        if mine.len() > 200 || (!mine.is_empty() && below(2) == 0) {
            let id = mine.swap_remove(below(mine.len()));
            arena.free(id).expect("a live block");
            continue;
        }
        match arena.alloc(below(700), 16) {
            Ok(id) => mine.push(id),
            Err(ArenaError::OutOfSpace { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    mine.into_iter().map(BlockId::to_bytes).collect()
}

/// What the arena was like when all had made their moves, and when all blocks were freed.
#[derive(Debug)]
struct Report {
    scattered: ArenaStats,
    refused: ArenaError,
    freed: ArenaStats,
}

fn run() -> Result<Report, Box<dyn std::error::Error>> {
    let name = SegmentName::new(format!("fragmentation-{}", std::process::id()))?;
    let layout = Layout::payload(ARENA_LEN);
    let segment = Segment::create(&name, layout, Lifetime::LastUser, |segment| {
        Arena::init(segment, START, ARENA_LEN).map(drop)
    })?;
    let arena = Arena::attach(&segment, START)?;

    let pool = Pool::builder().processes(N_PROCESSES).build()?;
    let moves = (name.as_str().to_owned(), N_MOVES / N_PROCESSES);
    let left = pool
        .map(churn, vec![moves; N_PROCESSES])
        .seed(42)
        .chunk(1)
        .run()?;
    let scattered = arena.stats()?;
    let too_much = scattered.free;
    let Err(refused) = arena.alloc(too_much, 16) else {
        return Err("all that is free was one block".into());
    };
    for id in left.into_iter().flatten() {
        arena.free(BlockId::from_bytes(id))?;
    }
    arena.check()?;
    Ok(Report {
        scattered,
        refused,
        freed: arena.stats()?,
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Report {
        scattered,
        refused,
        freed,
    } = run()?;
    for (when, stats) in [
        ("after 100,000 moves:", scattered),
        ("after freeing all:", freed),
    ] {
        println!(
            "{when:<20} {} live blocks, {} free ones, {} of {} free bytes in the largest, fragmentation() = {:.3}",
            stats.live_blocks,
            stats.free_blocks,
            stats.largest_free,
            stats.free,
            stats.fragmentation()
        );
    }
    println!("out of space is an error: {refused}");
    Ok(())
}

#[test]
fn what_four_processes_left_comes_back_as_one_block() {
    let report = run().expect("a run");
    assert!(report.scattered.live_blocks > 0 && report.scattered.fragmentation() > 0.0);
    assert!(matches!(report.refused, ArenaError::OutOfSpace { .. }));
    assert_eq!((report.freed.live_blocks, report.freed.free_blocks), (0, 1));
    assert_eq!(report.freed.largest_free, report.freed.capacity);
    assert_eq!(report.freed.fragmentation(), 0.0);
}
