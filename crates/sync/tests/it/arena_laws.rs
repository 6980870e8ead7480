//! Laws of the arena: for any sequence of allocations and frees, beside a model that knows only intervals.

use std::ops::Range;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Arena, ArenaError, BlockId, Owner, Place};
use proptest::prelude::*;

/// What a block takes besides its payload, and what blocks are multiples of.
const HEADER: usize = 32;
const GRANULE: usize = 16;
const LEN: usize = Arena::OVERHEAD + 64 * 1024;

#[derive(Clone, Debug)]
enum Move {
    Alloc { len: usize, align: usize },
    Free(usize),
    FreeAgain(usize),
    Give(usize, u32),
    FreeOf(u32),
    Recount,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let len = prop_oneof![
        8 => 0_usize..100,
        4 => 0_usize..3000,
        1 => 0_usize..70_000,
        1 => any::<usize>(),
    ];
    let align = prop_oneof![8 => Just(4_u32), 4 => 0_u32..13].prop_map(|log| 1_usize << log);
    prop::collection::vec(
        prop_oneof![
            12 => (len, align).prop_map(|(len, align)| Move::Alloc { len, align }),
            9 => any::<usize>().prop_map(Move::Free),
            2 => any::<usize>().prop_map(Move::FreeAgain),
            2 => (any::<usize>(), 0_u32..4).prop_map(|(i, owner)| Move::Give(i, owner)),
            1 => (0_u32..4).prop_map(Move::FreeOf),
            1 => Just(Move::Recount),
        ],
        1..200,
    )
}

/// A block of the model.
#[derive(Debug)]
struct Live {
    id: BlockId,
    /// With its header and rounded up, from the start of the segment's payload.
    extent: Range<usize>,
    fill: u8,
    len: usize,
    owner: Owner,
}

/// What a new block at `start` takes up: also what is left behind it, if that is too short for a block.
fn extent_from(start: usize, len: usize, live: &[Live]) -> Range<usize> {
    let end = start + HEADER + len.next_multiple_of(GRANULE);
    let starts = live.iter().map(|block| block.extent.start);
    let next = starts.filter(|&other| other > start).min().unwrap_or(LEN);
    start..if next - end < HEADER { next } else { end }
}

/// The gaps between the blocks.
fn gaps(live: &[Live]) -> Vec<Range<usize>> {
    let mut extents: Vec<_> = live.iter().map(|block| block.extent.clone()).collect();
    extents.sort_by_key(|extent| extent.start);
    extents.push(LEN..LEN);
    let mut end = Arena::OVERHEAD;
    let mut gaps = Vec::new();
    for extent in extents {
        assert!(extent.start >= end, "blocks overlap at {extent:?}");
        if extent.start > end {
            gaps.push(end..extent.start);
        }
        end = extent.end;
    }
    gaps
}

/// Whether a block fits into a gap, with either nothing or a whole block before it.
fn fits(gap: &Range<usize>, len: usize, align: usize) -> bool {
    (gap.start..gap.end).step_by(GRANULE).any(|start| {
        let front = start - gap.start;
        (front == 0 || front >= HEADER)
            && (start + HEADER).is_multiple_of(align)
            && len <= gap.end.saturating_sub(start + HEADER)
    })
}

fn offset(arena: &Arena, id: BlockId) -> usize {
    let payload = arena.segment().payload().as_ptr().addr();
    arena.bytes(id).unwrap().as_ptr().addr() - payload
}

fn is_whole(arena: &Arena, block: &Live) -> bool {
    arena.load::<u8>(block.id).unwrap() == vec![block.fill; block.len]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 60 } else { 400 }, ..ProptestConfig::default() })]

    #[test]
    fn an_arena_does_what_a_list_of_intervals_does(moves in moves()) {
        let segment = Segment::anonymous(Layout::payload(LEN)).unwrap();
        let arena = Arena::init(&segment, Place::Payload(0), LEN).unwrap();
        let mut live: Vec<Live> = Vec::new();
        let mut freed: Vec<BlockId> = Vec::new();
        for (step, one) in moves.into_iter().enumerate() {
            match one {
                Move::Alloc { len, align } => match arena.alloc(len, align) {
                    Ok(id) => {
                        let start = offset(&arena, id);
                        prop_assert_eq!(start % align, 0);
                        prop_assert!(!freed.contains(&id));
                        let extent = extent_from(start - HEADER, len, &live);
                        let fill = step as u8;
                        let bytes = arena.bytes(id).unwrap();
                        prop_assert_eq!(bytes.len(), len);
                        bytes.fill(0, len, fill).unwrap();
                        live.push(Live { id, extent, fill, len, owner: Owner::NOBODY });
                    }
                    Err(ArenaError::OutOfSpace { needed, largest, free, .. }) => {
                        prop_assert_eq!(needed, len);
                        let gaps = gaps(&live);
                        let payloads = || gaps.iter().map(|gap| gap.len() - HEADER);
                        prop_assert_eq!(largest, payloads().max().unwrap_or(0));
                        prop_assert_eq!(free, payloads().sum::<usize>());
                        prop_assert!(!gaps.iter().any(|gap| fits(gap, len, align)));
                    }
                    Err(other) => prop_assert!(false, "{}", other),
                },
                Move::Free(index) if !live.is_empty() => {
                    let block = live.swap_remove(index % live.len());
                    prop_assert!(is_whole(&arena, &block));
                    arena.free(block.id).unwrap();
                    freed.push(block.id);
                }
                Move::FreeAgain(index) if !freed.is_empty() => {
                    let id = freed[index % freed.len()];
                    let again = [arena.free(id), arena.bytes(id).map(drop), arena.give(id, Owner::NOBODY)];
                    for refused in again {
                        let is_freed = matches!(refused, Err(ArenaError::Freed { id: of }) if of == id);
                        prop_assert!(is_freed);
                    }
                }
                Move::Give(index, number) if !live.is_empty() => {
                    let index = index % live.len();
                    live[index].owner = Owner::number(number);
                    arena.give(live[index].id, live[index].owner).unwrap();
                }
                Move::FreeOf(number) => {
                    let owner = Owner::number(number);
                    let n_before = live.len();
                    freed.extend(live.extract_if(.., |block| block.owner == owner).map(|block| block.id));
                    prop_assert_eq!(arena.free_blocks_of(owner).unwrap(), n_before - live.len());
                }
                Move::Recount => {
                    let listed = arena.live_blocks().unwrap();
                    live.sort_by_key(|block| block.extent.start);
                    let expected: Vec<_> = live.iter().map(|b| (b.id, b.len, b.owner)).collect();
                    let listed: Vec<_> = listed.iter().map(|b| (b.id, b.len, b.owner)).collect();
                    prop_assert_eq!(listed, expected);
                }
                _ => {}
            }
            arena.check().unwrap();
        }
        let stats = arena.stats().unwrap();
        let gaps = gaps(&live);
        prop_assert_eq!((stats.live_blocks, stats.free_blocks), (live.len(), gaps.len()));
        prop_assert_eq!(stats.used + stats.free + HEADER * (live.len() + gaps.len()), LEN - Arena::OVERHEAD);
        prop_assert!((0.0..=1.0).contains(&stats.fragmentation()));
        for block in &live {
            prop_assert!(is_whole(&arena, block));
            arena.free(block.id).unwrap();
        }
        let stats = arena.stats().unwrap();
        prop_assert_eq!((stats.live_blocks, stats.free_blocks), (0, 1));
        prop_assert_eq!(stats.largest_free, stats.capacity);
        prop_assert_eq!(stats.recoveries, 0);
    }
}
