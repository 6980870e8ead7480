//! The arena, as one process sees it.

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Arena, ArenaError, BlockId, Owner, Place, SyncError};

const LEN: usize = Arena::OVERHEAD + 4096;

fn new_arena(len: usize) -> Arena {
    let segment = Segment::anonymous(Layout::payload(len)).unwrap();
    Arena::init(&segment, Place::Payload(0), len).unwrap()
}

#[test]
fn blocks_are_apart_aligned_and_as_long_as_asked() {
    let arena = new_arena(1 << 20);
    let mut ids = Vec::new();
    for len in [0, 1, 15, 16, 17, 100, 5000] {
        for align in [1, 8, 16, 32, 64, 4096] {
            let id = arena.alloc(len, align).unwrap();
            let bytes = arena.bytes(id).unwrap();
            assert_eq!(bytes.len(), len);
            assert!(bytes.as_ptr().addr().is_multiple_of(align));
            bytes.fill(0, len, ids.len() as u8).unwrap();
            ids.push(id);
        }
    }
    arena.check().unwrap();
    for (fill, &id) in ids.iter().enumerate() {
        assert!(
            arena
                .load::<u8>(id)
                .unwrap()
                .iter()
                .all(|&b| b == fill as u8)
        );
    }
}

#[test]
fn a_range_anywhere_in_a_segment_can_be_an_arena() {
    let layout = Layout {
        payload_len: 10_000,
        control_len: 8192,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    segment.payload().fill(0, 10_000, 0xaa).unwrap();
    let places = [
        (Place::Payload(1280), 5000),
        (Place::Control(128), 8192 - 128),
    ];
    for (place, len) in places {
        let arena = Arena::init(&segment, place, len).unwrap();
        for align in [16, 256, 1024] {
            let id = arena.alloc(64, align).unwrap();
            let bytes = arena.bytes(id).unwrap();
            assert!(bytes.as_ptr().addr().is_multiple_of(align));
        }
        let rest = arena.stats().unwrap().largest_free;
        let id = arena.alloc(rest, 16).unwrap();
        arena.bytes(id).unwrap().fill(0, rest, 0xbb).unwrap();
        arena.check().unwrap();
        assert_eq!(
            Arena::attach(&segment, place).unwrap().stats().unwrap(),
            arena.stats().unwrap()
        );
    }
    // What is not the arena's was left alone.
    for outside in [0..1280, 6280..10_000] {
        let mut bytes = vec![0; outside.len()];
        segment.payload().read(outside.start, &mut bytes).unwrap();
        assert!(bytes.iter().all(|&byte| byte == 0xaa));
    }
}

#[test]
fn what_does_not_fit_is_told_with_figures() {
    let arena = new_arena(LEN);
    let gap = arena.alloc(1000, 16).unwrap();
    let _kept = arena.alloc(1000, 16).unwrap();
    arena.free(gap).unwrap();
    let refused = arena.alloc(3000, 16).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "3000 bytes aligned to 16 were asked for, and of the 2992 bytes free at most 1984 are in one \
         block: free some, or make a larger arena"
    );
    assert!(matches!(
        arena.alloc(usize::MAX, 16),
        Err(ArenaError::OutOfSpace {
            needed: usize::MAX,
            largest: 1984,
            free: 2992,
            ..
        })
    ));
    // There is room, but not at such an address.
    assert!(matches!(
        arena.alloc(1500, 4096),
        Err(ArenaError::OutOfSpace {
            align: 4096,
            largest: 1984,
            ..
        })
    ));
    assert!(arena.alloc(1984, 16).is_ok());
    assert!(arena.alloc(1008, 16).is_ok());
    let full = arena.stats().unwrap();
    assert_eq!((full.free, full.free_blocks, full.largest_free), (0, 0, 0));
    assert_eq!(full.fragmentation(), 0.0);
    assert!(matches!(
        arena.alloc(0, 1),
        Err(ArenaError::OutOfSpace {
            needed: 0,
            free: 0,
            ..
        })
    ));
}

#[test]
fn free_neighbours_are_one_block_whatever_the_order() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let arena = new_arena(LEN);
        let ids = [40, 500, 7].map(|len| arena.alloc(len, 16).unwrap());
        for index in order {
            arena.free(ids[index]).unwrap();
            arena.check().unwrap();
        }
        let stats = arena.stats().unwrap();
        assert_eq!(
            (stats.free_blocks, stats.largest_free),
            (1, stats.capacity),
            "{order:?}"
        );
        assert_eq!(stats.capacity, 4096 - 32);
    }
}

#[test]
fn a_block_is_freed_once_and_not_used_afterwards() {
    let arena = new_arena(LEN);
    let id = arena.alloc_copy(&[1_u32, 2, 3]).unwrap();
    arena.free(id).unwrap();
    for _ in 0..2 {
        let refused = [
            arena.free(id),
            arena.bytes(id).map(drop),
            arena.load::<u32>(id).map(drop),
            arena.owner(id).map(drop),
            arena.give(id, Owner::number(1)),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(ArenaError::Freed { id: of }) if of == id));
        }
        // The same bytes are in use again, by another block.
        let again = arena.alloc_copy(&[4_u32, 5, 6]).unwrap();
        assert_ne!(again, id);
    }
    assert_eq!(
        arena.free(id).unwrap_err().to_string(),
        format!("{id} was freed: free a block once, and use it only before that")
    );
}

#[test]
fn an_id_in_the_midst_of_another_block_is_a_freed_one() {
    let arena = new_arena(LEN);
    let ids = [64; 4].map(|len| arena.alloc(len, 16).unwrap());
    for id in ids {
        arena.free(id).unwrap();
    }
    let whole = arena.alloc(4000, 16).unwrap();
    for id in ids {
        assert!(matches!(arena.bytes(id), Err(ArenaError::Freed { .. })));
        assert!(matches!(arena.free(id), Err(ArenaError::Freed { .. })));
    }
    arena.free(whole).unwrap();
    arena.check().unwrap();
}

#[test]
fn ids_of_other_arenas_and_made_up_ones_are_refused() {
    let (arena, other) = (new_arena(LEN), new_arena(LEN));
    let id = arena.alloc(10, 16).unwrap();
    let mut foreign = vec![other.alloc(10, 16).unwrap()];
    // An arena made anew where another one was.
    let anew = Arena::init(arena.segment(), Place::Payload(0), LEN).unwrap();
    assert!(matches!(anew.bytes(id), Err(ArenaError::Foreign { .. })));
    let id = anew.alloc(10, 16).unwrap();
    let bytes = id.to_bytes();
    for at in 0..BlockId::LEN {
        for bit in 0..8 {
            let mut garbled = bytes;
            garbled[at] ^= 1 << bit;
            foreign.push(BlockId::from_bytes(garbled));
        }
    }
    for id in foreign {
        for refused in [anew.free(id), anew.bytes(id).map(drop)] {
            assert!(
                matches!(
                    refused,
                    Err(ArenaError::Foreign { .. } | ArenaError::Freed { .. })
                ),
                "{refused:?}"
            );
        }
    }
    anew.check().unwrap();
    assert_eq!(anew.stats().unwrap().live_blocks, 1);
}

#[test]
fn what_cannot_be_an_arena_is_refused() {
    let segment = Segment::anonymous(Layout::payload(LEN)).unwrap();
    let init = |place, len| Arena::init(&segment, place, len).unwrap_err();
    assert_eq!(
        init(Place::Payload(0), 100).to_string(),
        "an arena cannot have 100 bytes: choose at least 1184 and at most 68719477856"
    );
    assert!(matches!(
        init(Place::Payload(0), usize::MAX),
        ArenaError::Length { .. }
    ));
    for (place, len) in [
        (Place::Payload(0), LEN + 16),
        (Place::Control(0), LEN),
        (Place::Payload(usize::MAX - 127), LEN),
    ] {
        assert!(matches!(
            init(place, len),
            ArenaError::Refused(SyncError::Segment(_))
        ));
    }
    assert!(matches!(
        init(Place::Payload(64), 2048),
        ArenaError::Refused(SyncError::Misaligned { align: 128, .. })
    ));
    let absent = Arena::attach(&segment, Place::Payload(0)).unwrap_err();
    assert_eq!(
        absent.to_string(),
        "expected an arena and found no lock (zero bytes): attach what was made there"
    );
    let frozen = segment.freeze().unwrap();
    assert!(matches!(
        Arena::init(&frozen, Place::Payload(0), LEN),
        Err(ArenaError::Refused(SyncError::Segment(_)))
    ));
}

#[test]
fn the_least_arena_has_room_for_one_empty_block() {
    let arena = new_arena(Arena::LEAST_LEN);
    assert_eq!(arena.stats().unwrap().capacity, 0);
    let id = arena.alloc(0, 1).unwrap();
    assert!(arena.bytes(id).unwrap().is_empty());
    assert!(matches!(
        arena.alloc(0, 1),
        Err(ArenaError::OutOfSpace { .. })
    ));
    arena.free(id).unwrap();
    assert_eq!(arena.stats().unwrap().free_blocks, 1);
}

#[test]
fn elements_are_loaded_as_they_were_stored() {
    let arena = new_arena(LEN);
    let id = arena.alloc_copy(&[1.5_f64, -2.5]).unwrap();
    assert_eq!(arena.load::<f64>(id).unwrap(), [1.5, -2.5]);
    assert_eq!(arena.load::<u8>(id).unwrap().len(), 16);
    assert_eq!(
        arena.load::<[u8; 3]>(id).unwrap_err().to_string(),
        "the block's 16 bytes are not a whole number of elements of 3 bytes: load the type that was \
         stored"
    );
    assert!(matches!(
        arena.load::<()>(id),
        Err(ArenaError::Elements { element: 0, .. })
    ));
    let empty = arena.alloc_copy::<u64>(&[]).unwrap();
    assert_eq!(arena.load::<u64>(empty).unwrap(), []);
}

#[test]
fn owners_are_kept_until_they_are_changed() {
    let arena = new_arena(LEN);
    let me = Owner::this_process().unwrap();
    let queue = Owner::number(3);
    let mine = arena.alloc_for(me, 10, 16).unwrap();
    let nobodys = arena.alloc(10, 16).unwrap();
    let given = arena.alloc_for(me, 10, 16).unwrap();
    arena.give(given, queue).unwrap();
    assert_eq!(
        [mine, nobodys, given].map(|id| arena.owner(id).unwrap()),
        [me, Owner::NOBODY, queue]
    );
    // This process lives.
    assert_eq!(arena.free_blocks_of_the_dead().unwrap(), 0);
    assert_eq!(arena.free_blocks_of(queue).unwrap(), 1);
    assert_eq!(arena.free_blocks_of(queue).unwrap(), 0);
    assert_eq!(arena.free_blocks_of(Owner::NOBODY).unwrap(), 1);
    assert_eq!(arena.live_blocks().unwrap().len(), 1);
    arena.free(mine).unwrap();
}
