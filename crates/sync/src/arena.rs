//! [`Arena`]: many small blocks in one segment, made and freed by any process.

mod block_id;
mod blocks;
mod demand;
mod error;
mod free_lists;
mod header;
mod owner;
mod size_class;
mod stats;
mod trouble;
mod walk;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use bytemuck::{AnyBitPattern, NoUninit};
use multiproc_segment::{Bytes, Segment};

use self::blocks::{Blocks, Live};
use self::demand::Demand;
use self::header::{Area, GRANULE, HEADER, Head, NONE, payload_len};
use self::trouble::Trouble;
use crate::anchored::{Anchored, atomic_words};
use crate::deadline::Deadline;
use crate::error::SyncError;
use crate::place::Place;
use crate::robust_list::ThreadList;
use crate::robust_word::{Acquired, Missed};

pub use self::block_id::BlockId;
pub use self::error::ArenaError;
pub use self::owner::Owner;
pub use self::stats::ArenaStats;
pub use self::walk::BlockInfo;
pub(crate) use self::words::ArenaWords;

/// Memory for many small things in one segment: any process allocates, any process frees.
///
/// A block is known by its [`BlockId`], 16 bytes that travel in messages; where it is mapped matters
/// to nobody. Its bytes are reached through [`bytes`](Self::bytes), in bounds whatever other
/// processes do. Freeing twice, using a block after it was freed and ids of other arenas are errors.
///
/// - One robust lock guards the arena. A process killed at any instruction in here leaves it
///   consistent and every other block as it was: an allocation was made or was not, a block is freed or
///   still live. The next one to come makes the free lists anew by one walk over the blocks.
/// - Blocks belong to nobody, as `malloc`'s do: they stay when their maker dies. [`Owner`]s can be given
///   to find those of dead processes.
/// - Free neighbours are joined at once. [`stats`](Self::stats) tells how scattered the rest is.
/// - The content of a new block is whatever was there before.
///
/// It must not be used in a signal handler.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
/// use multiproc_sync::{Arena, ArenaError, BlockId, Place};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 20))?;
/// let arena = Arena::init(&segment, Place::Payload(0), segment.len())?;
/// let id = arena.alloc(5, 1)?;
/// arena.bytes(id)?.write(0, b"hello")?;
/// let message = id.to_bytes();
///
/// // Another process does this with the segment and the message that it was sent.
/// let same = Arena::attach(&segment, Place::Payload(0))?;
/// let id = BlockId::from_bytes(message);
/// assert_eq!(same.load::<u8>(id)?, b"hello");
/// same.free(id)?;
///
/// assert!(matches!(arena.bytes(id), Err(ArenaError::Freed { .. })));
/// # Ok::<(), ArenaError>(())
/// ```
#[doc(alias = "malloc")]
#[doc(alias = "Heap")]
#[doc(alias = "BufferWrapper")]
#[derive(Clone)]
pub struct Arena {
    words: Anchored<ArenaWords>,
    /// Where the blocks are.
    area: Place,
    area_len: usize,
    patience: Option<Duration>,
}

impl Arena {
    /// Bytes at its beginning that an arena takes for itself. Each block takes 32 besides its own.
    pub const OVERHEAD: usize = size_of::<ArenaWords>();

    /// The least bytes of an arena: room for one empty block.
    pub const LEAST_LEN: usize = Self::OVERHEAD + HEADER as usize * GRANULE;

    /// The most bytes of an arena: 64 GiB.
    pub const MOST_LEN: usize = Self::OVERHEAD + (NONE as usize - 1) * GRANULE;

    /// Makes the `len` bytes at `place` an arena with one free block, whatever they were.
    ///
    /// Nobody may be using them: do this in the segment's `init`, or before handing it out.
    ///
    /// # Errors
    ///
    /// - [`ArenaError::Length`] if `len` is less than [`LEAST_LEN`](Self::LEAST_LEN) or more than
    ///   [`MOST_LEN`](Self::MOST_LEN).
    /// - [`ArenaError::Refused`] with [`SyncError::Segment`] if the bytes are not all inside the segment or
    ///   it is read-only, [`SyncError::Misaligned`] if the offset is no multiple of 128,
    ///   [`SyncError::ForeignPidNamespace`] if the segment was made in another pid namespace, and
    ///   [`SyncError::Unsupported`] if the system lacks robust locks.
    pub fn init(segment: &Segment, place: Place, len: usize) -> Result<Self, ArenaError> {
        let granules = granules_in(len as u64)?;
        let arena = Self::at(segment, place, granules)?;
        let blocks = arena.blocks()?;
        // Neither 0 nor so large that counting on would ever come to 0.
        let first_serial = RandomState::new().hash_one(segment.id()) >> 1 | 1;
        let made = arena.words.format(granules, first_serial, || {
            let whole = blocks.area.header(0).ok_or(Trouble::Damage { at: 0 })?;
            whole.set_head(Head::free(granules));
            blocks.rebuild()
        });
        made.map_err(|trouble| arena.error(trouble, None))?;
        Ok(arena)
    }

    /// Finds the arena that [`init`](Self::init) made at `place`.
    ///
    /// # Errors
    ///
    /// As [`init`](Self::init), and [`ArenaError::Refused`] with [`SyncError::Mismatch`] if there is
    /// something else.
    pub fn attach(segment: &Segment, place: Place) -> Result<Self, ArenaError> {
        let words = Anchored::<ArenaWords>::new(segment, place)?;
        words.expect_arena()?;
        let len = words.granules().saturating_mul(GRANULE as u64);
        let granules = granules_in(len.saturating_add(Self::OVERHEAD as u64))?;
        Self::at(segment, place, granules)
    }

    fn at(segment: &Segment, place: Place, granules: u32) -> Result<Self, ArenaError> {
        let arena = Self {
            words: Anchored::new(segment, place)?,
            area: place.after(Self::OVERHEAD),
            area_len: granules as usize * GRANULE,
            patience: None,
        };
        arena.blocks()?;
        Ok(arena)
    }

    /// The same arena, for calls that wait at most `patience` for its lock. Without this they wait as
    /// long as it takes, which is long only if another process was stopped in the midst of a call.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Makes a block of `len` bytes at a multiple of `align`, which belongs to nobody.
    ///
    /// Every block is aligned to 16. A block of no bytes is a block all the same.
    ///
    /// # Errors
    ///
    /// - [`ArenaError::OutOfSpace`] if no free block is large enough.
    /// - [`ArenaError::Align`] if `align` is no power of two, or more than 4096.
    /// - [`ArenaError::Corrupt`] if something else wrote into the arena.
    /// - [`ArenaError::Stuck`] if [`with_patience`](Self::with_patience) sets an end to waiting.
    /// - [`ArenaError::Refused`] with [`SyncError::ForeignPidNamespace`] if this process was forked into
    ///   another pid namespace.
    #[inline]
    pub fn alloc(&self, len: usize, align: usize) -> Result<BlockId, ArenaError> {
        self.alloc_for(Owner::NOBODY, len, align)
    }

    /// As [`alloc`](Self::alloc), for an owner.
    ///
    /// The block has its owner from the beginning: there is no moment at which its maker could die and the
    /// block would be live and nobody's.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc).
    #[inline]
    pub fn alloc_for(&self, owner: Owner, len: usize, align: usize) -> Result<BlockId, ArenaError> {
        let demand = Demand::new(len, align, self.area.offset())?;
        self.locked(|blocks| blocks.alloc(&demand, owner))?
            .map_err(|trouble| self.error(trouble, None))
    }

    /// Makes a block with a copy of `elements` in it, aligned as they are.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc).
    pub fn alloc_copy<T: NoUninit>(&self, elements: &[T]) -> Result<BlockId, ArenaError> {
        let bytes = bytemuck::cast_slice::<T, u8>(elements);
        let id = self.alloc(bytes.len(), align_of::<T>())?;
        self.bytes(id)?.write(0, bytes)?;
        Ok(id)
    }

    /// A copy of a block's bytes, as elements.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes), and [`ArenaError::Elements`] if its length is no multiple of an element's.
    pub fn load<T: NoUninit + AnyBitPattern>(&self, id: BlockId) -> Result<Vec<T>, ArenaError> {
        let bytes = self.bytes(id)?;
        let (len, element) = (bytes.len(), size_of::<T>());
        if element == 0 || !len.is_multiple_of(element) {
            return Err(ArenaError::Elements { len, element });
        }
        let mut elements = vec![T::zeroed(); len / element];
        bytes.read(0, bytemuck::cast_slice_mut(&mut elements))?;
        Ok(elements)
    }

    /// The bytes of a block, as many as were asked for.
    ///
    /// That the block is live is checked now. A view kept until after it was freed shows, and changes,
    /// what has come to be there: whoever frees a block must know that the others are done with it.
    /// No view reaches beyond the arena.
    ///
    /// # Errors
    ///
    /// - [`ArenaError::Freed`] if the block was freed.
    /// - [`ArenaError::Foreign`] if the id is none of this arena's.
    /// - [`ArenaError::Corrupt`] if its header was overwritten.
    #[inline]
    pub fn bytes(&self, id: BlockId) -> Result<Bytes<'_>, ArenaError> {
        let live = self.live(id)?;
        let payload = self.area.after(live.payload_at());
        Ok(payload.bytes(self.segment(), live.head.len())?)
    }

    /// Frees a block. Any process may, whoever made it.
    ///
    /// # Errors
    ///
    /// - [`ArenaError::Freed`] if it was freed already.
    /// - [`ArenaError::Foreign`] if the id is none of this arena's.
    /// - [`ArenaError::Corrupt`], [`ArenaError::Stuck`] and [`ArenaError::Refused`] as for
    ///   [`alloc`](Self::alloc).
    #[inline]
    pub fn free(&self, id: BlockId) -> Result<(), ArenaError> {
        self.locked(|blocks| blocks.free(id))?
            .map_err(|trouble| self.error(trouble, Some(id)))
    }

    /// Whose block it is.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    pub fn owner(&self, id: BlockId) -> Result<Owner, ArenaError> {
        Ok(Owner::from_word(self.live(id)?.header.owner()))
    }

    /// Gives a block to another owner.
    ///
    /// # Errors
    ///
    /// As [`free`](Self::free).
    pub fn give(&self, id: BlockId, owner: Owner) -> Result<(), ArenaError> {
        let given = self.locked(|blocks| {
            let live = blocks.live(id)?;
            live.header.set_owner(owner.to_word());
            Ok(())
        });
        given?.map_err(|trouble| self.error(trouble, Some(id)))
    }

    /// All live blocks, in the order of their places.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc), without [`ArenaError::OutOfSpace`].
    pub fn live_blocks(&self) -> Result<Vec<BlockInfo>, ArenaError> {
        let mut blocks = Vec::with_capacity(self.words.counts().live.min(1 << 20) as usize);
        loop {
            blocks.clear();
            let n_live = self
                .locked(|all| all.list(&mut blocks))?
                .map_err(|trouble| self.error(trouble, None))?;
            if n_live == blocks.len() {
                return Ok(blocks);
            }
            blocks.reserve(n_live);
        }
    }

    /// Frees all blocks of one owner; how many there were.
    ///
    /// # Errors
    ///
    /// As [`live_blocks`](Self::live_blocks).
    pub fn free_blocks_of(&self, owner: Owner) -> Result<usize, ArenaError> {
        self.free_blocks_if(|of| of == owner)
    }

    /// Frees all blocks whose owner is a process that has ended; how many there were.
    ///
    /// What else they were part of must be put right before: a message with the id of such a block in
    /// it is then one with the id of a freed block.
    ///
    /// # Errors
    ///
    /// As [`live_blocks`](Self::live_blocks).
    pub fn free_blocks_of_the_dead(&self) -> Result<usize, ArenaError> {
        let mut is_dead = BTreeMap::new();
        self.free_blocks_if(|owner| *is_dead.entry(owner).or_insert_with(|| owner.is_dead()))
    }

    /// Frees the blocks of the owners that `is_meant` says, unless they go to other owners meanwhile.
    fn free_blocks_if(&self, mut is_meant: impl FnMut(Owner) -> bool) -> Result<usize, ArenaError> {
        let mut n_freed = 0;
        for BlockInfo { id, owner, .. } in self.live_blocks()? {
            if !is_meant(owner) {
                continue;
            }
            let freed = self.locked(|blocks| {
                if Owner::from_word(blocks.live(id)?.header.owner()) != owner {
                    return Err(Trouble::Freed);
                }
                blocks.free(id)
            });
            match freed? {
                Ok(()) => n_freed += 1,
                Err(Trouble::Freed) => {}
                Err(trouble) => return Err(self.error(trouble, Some(id))),
            }
        }
        Ok(n_freed)
    }

    /// How full the arena is now.
    ///
    /// # Errors
    ///
    /// As [`live_blocks`](Self::live_blocks).
    pub fn stats(&self) -> Result<ArenaStats, ArenaError> {
        let stats = self.locked(|blocks| {
            let counts = blocks.words.counts();
            Ok(ArenaStats {
                capacity: payload_len(blocks.area.len()),
                used: blocks.used_payload(),
                free: blocks.free_payload(),
                largest_free: blocks.lists().largest()?,
                live_blocks: counts.live as usize,
                free_blocks: counts.free as usize,
                recoveries: blocks.words.recoveries(),
            })
        });
        stats?.map_err(|trouble| self.error(trouble, None))
    }

    /// Looks at every block, list and count, and fails unless all agree. It holds the lock for all
    /// that time.
    ///
    /// # Errors
    ///
    /// As [`live_blocks`](Self::live_blocks); [`ArenaError::Corrupt`] is what this is for.
    pub fn check(&self) -> Result<(), ArenaError> {
        self.locked(|blocks| blocks.check())?
            .map_err(|trouble| self.error(trouble, None))
    }

    /// The segment that the arena is in.
    #[must_use]
    pub fn segment(&self) -> &Segment {
        self.words.segment()
    }

    #[inline]
    fn blocks(&self) -> Result<Blocks<'_>, SyncError> {
        let bytes = self.area.bytes(self.segment(), self.area_len)?;
        Ok(Blocks {
            words: &self.words,
            area: Area {
                words: atomic_words(bytes)?,
            },
        })
    }

    #[inline]
    fn live(&self, id: BlockId) -> Result<Live<'_>, ArenaError> {
        self.blocks()?
            .live(id)
            .map_err(|trouble| self.error(trouble, Some(id)))
    }

    /// Does `work` under the arena's lock, with hints that can be relied on.
    ///
    /// `work` must not panic, allocate, or take other locks: the lock is a leaf.
    #[inline]
    fn locked<A>(
        &self,
        work: impl FnOnce(Blocks<'_>) -> Result<A, Trouble>,
    ) -> Result<Result<A, Trouble>, ArenaError> {
        let blocks = self.blocks()?;
        let deadline = self.patience.map_or(Deadline::Never, Deadline::after);
        ThreadList::with(|me| {
            self.words.check_namespace(me)?;
            let acquired = match self.words.lock.lock_leaf(me, deadline) {
                Ok(acquired) => acquired,
                Err(Missed::Held { holder, .. }) => return Err(ArenaError::Stuck { holder }),
                Err(Missed::Deadlock) => return Err(ArenaError::Stuck { holder: me.tid() }),
            };
            let is_sound = acquired == Acquired::Clean && self.words.is_sound();
            let ready = if is_sound { Ok(()) } else { blocks.rebuild() };
            let done = ready.and_then(|()| work(blocks));
            if let Err(Trouble::Hints { .. } | Trouble::Damage { .. }) = done {
                self.words.doubt();
            }
            self.words.lock.unlock_leaf(me);
            Ok(done)
        })?
    }

    #[cold]
    fn error(&self, trouble: Trouble, id: Option<BlockId>) -> ArenaError {
        match (trouble, id) {
            (Trouble::Freed, Some(id)) => ArenaError::Freed { id },
            (Trouble::Foreign, Some(id)) => ArenaError::Foreign { id },
            (
                Trouble::NoRoom {
                    demand,
                    largest,
                    free,
                },
                _,
            ) => ArenaError::OutOfSpace {
                needed: demand.len,
                align: demand.align,
                largest,
                free,
            },
            (Trouble::Hints { at } | Trouble::Damage { at }, _) => ArenaError::Corrupt {
                offset: offset_in_arena(at.into()),
            },
            (Trouble::Freed | Trouble::Foreign, None) => {
                unreachable!("only what was asked with an id is told that it is a wrong one")
            }
        }
    }
}

/// How many granules the blocks of an arena of `len` bytes have.
fn granules_in(len: u64) -> Result<u32, ArenaError> {
    let (least, most) = (Arena::LEAST_LEN as u64, Arena::MOST_LEN as u64);
    if !(least..=most).contains(&len) {
        return Err(ArenaError::Length { len, least, most });
    }
    // `most` is what 32 bits can say.
    Ok(((len - Arena::OVERHEAD as u64) / GRANULE as u64) as u32)
}

/// Where the block at granule `at` is, in bytes from the arena's start.
fn offset_in_arena(at: u64) -> u64 {
    (Arena::OVERHEAD as u64).saturating_add(at.saturating_mul(GRANULE as u64))
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena")
            .field("segment", &self.segment().id())
            .field("area", &self.area)
            .field("area_len", &self.area_len)
            .finish_non_exhaustive()
    }
}
