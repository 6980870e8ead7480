//! [`ArenaGround`]: the segment with an arena that a test and its children meet in.

use std::sync::atomic::Ordering;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_sync::{Arena, BlockId, Place};
use multiproc_testkit::{Child, unique_name};

/// Before the arena: ids for test and children to tell each other.
const IDS_LEN: usize = 4096;

/// A named segment with an arena, which children open by the name they get as their first argument.
pub(crate) struct ArenaGround {
    pub(crate) arena: Arena,
    name: SegmentName,
}

impl ArenaGround {
    /// A new arena of so many bytes.
    pub(crate) fn new(len: usize) -> Self {
        let name = SegmentName::new(unique_name("arena-it")).unwrap();
        let layout = Layout::payload(IDS_LEN + len);
        let zeros = |_: &Segment| Ok::<(), SegmentError>(());
        let segment = Segment::create(&name, layout, Lifetime::LastUser, zeros).unwrap();
        let arena = Arena::init(&segment, Place::Payload(IDS_LEN), len).unwrap();
        Self { arena, name }
    }

    /// In a child: the ground of the test that started it.
    pub(crate) fn of(args: &[String]) -> Self {
        let name = SegmentName::new(args[0].as_str()).unwrap();
        let segment = Segment::open(&name).unwrap();
        let arena = Arena::attach(&segment, Place::Payload(IDS_LEN)).unwrap();
        Self { arena, name }
    }

    /// The arguments for a child.
    pub(crate) fn args(&self) -> Vec<String> {
        vec![self.name.as_str().to_owned()]
    }

    /// Starts a child that plays `role` on this ground.
    #[track_caller]
    pub(crate) fn spawn(&self, role: &str) -> Child {
        Child::spawn(role, &[self.name.as_str()])
    }

    /// Tells the others an id. Its last word is stored last: who sees that sees the id.
    pub(crate) fn tell(&self, index: usize, id: BlockId) {
        let number = u128::from_le_bytes(id.to_bytes());
        let halves = [number as u64, (number >> 64) as u64];
        for (half, word) in halves.into_iter().zip(self.words(index)) {
            word.store(half, Ordering::SeqCst);
        }
    }

    /// The id that was told, if any.
    pub(crate) fn told(&self, index: usize) -> Option<BlockId> {
        let [low, high] = self
            .words(index)
            .map(|word| u128::from(word.load(Ordering::SeqCst)));
        (high != 0).then(|| BlockId::from_bytes((low | high << 64).to_le_bytes()))
    }

    /// Whether some thread, alive or dead, has the arena's lock.
    pub(crate) fn is_locked(&self) -> bool {
        const LOCK: usize = 40;
        let payload = self.arena.segment().payload();
        payload
            .atomic_u32(IDS_LEN + LOCK)
            .unwrap()
            .load(Ordering::SeqCst)
            != 0
    }

    fn words(&self, index: usize) -> [&std::sync::atomic::AtomicU64; 2] {
        let payload = self.arena.segment().payload();
        [0, 8].map(|half| payload.atomic_u64(16 * index + half).unwrap())
    }
}

/// What a test fills a block with: hardly ever the same for two blocks.
pub(crate) fn fill_of(id: BlockId) -> u8 {
    id.to_bytes()
        .iter()
        .fold(1, |sum: u8, byte| sum.wrapping_mul(31).wrapping_add(*byte))
}

/// Fills a block as [`is_intact`] expects it.
pub(crate) fn fill(arena: &Arena, id: BlockId) {
    let bytes = arena.bytes(id).unwrap();
    bytes.fill(0, bytes.len(), fill_of(id)).unwrap();
}

/// Whether a block is as it was filled.
pub(crate) fn is_intact(arena: &Arena, id: BlockId) -> bool {
    let bytes = arena.load::<u8>(id).unwrap();
    bytes.iter().all(|&byte| byte == fill_of(id))
}

/// Fails unless nothing is allocated and all that is free is one block.
#[track_caller]
pub(crate) fn assert_empty(arena: &Arena) {
    arena.check().unwrap();
    let stats = arena.stats().unwrap();
    assert_eq!((stats.live_blocks, stats.free_blocks), (0, 1));
    assert_eq!(stats.largest_free, stats.capacity);
    assert_eq!(stats.fragmentation(), 0.0);
}

/// Numbers that look random and are the same in every run.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }
}
