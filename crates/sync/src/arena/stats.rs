//! [`ArenaStats`]: how full an arena is, and how scattered.

/// How full an arena is at one moment. The lengths are in bytes of payload: every block, live or free,
/// has 32 bytes of the arena besides.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Arena, Place};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 16))?;
/// let arena = Arena::init(&segment, Place::Payload(0), segment.len())?;
/// let ids = [(); 3].map(|()| arena.alloc(1000, 8));
/// arena.free(ids.into_iter().nth(1).expect("three")?)?;
///
/// let stats = arena.stats()?;
/// assert_eq!((stats.live_blocks, stats.free_blocks), (2, 2));
/// assert_eq!(stats.used, 2 * 1008);
/// // The gap of 1008 bytes is a small part of what is free.
/// assert!((0.01..0.02).contains(&stats.fragmentation()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArenaStats {
    /// What the arena can hold if it is one block: [`largest_free`](Self::largest_free) of an empty one.
    pub capacity: usize,
    /// What live blocks have. That is a little more than was asked for, as they are multiples of 16.
    pub used: usize,
    /// What free blocks have.
    pub free: usize,
    /// What the largest free block has: the longest allocation that would succeed.
    pub largest_free: usize,
    /// How many blocks are live.
    pub live_blocks: usize,
    /// How many blocks are free. Two never lie side by side.
    pub free_blocks: usize,
    /// How often the free lists were made anew, after the death of a process that was changing them.
    pub recoveries: u32,
}

impl ArenaStats {
    /// The part of what is free that is not in the largest free block, from 0 to 1: 0 if all of it is in
    /// one block, or nothing is free.
    #[must_use]
    pub fn fragmentation(&self) -> f64 {
        if self.free == 0 {
            return 0.0;
        }
        1.0 - self.largest_free as f64 / self.free as f64
    }
}
