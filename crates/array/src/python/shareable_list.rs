//! [`ShareableList`]: a list of fixed length, whose items many processes read and replace.

use std::fmt;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_sync::{LockError, MUTEX_LEN, Mutex, Place};

use super::ShareableItem;
use crate::ArrayError;

/// "mpshlist" as a number.
const KIND: u64 = u64::from_le_bytes(*b"mpshlist");
/// All numbers are 8 bytes in little-endian order. `N` items:
///
/// | offset | what |
/// |---|---|
/// | 0 | N |
/// | 8 + 32 i | where the bytes of item i start |
/// | 16 + 32 i | how many bytes it has room for |
/// | 24 + 32 i | how many there are |
/// | 32 + 32 i | 0 None, 1 int, 2 float, 3 bool, 4 str, 5 bytes; 255 while it is being replaced |
/// | 8 + 32 N | the bytes of the items, each at a multiple of 8 |
const ITEM: usize = 32;
const HEAD: usize = 8;
const BEING_REPLACED: u64 = 255;

/// Python's `ShareableList`: a list of fixed length in shared memory, of `None`, `int`, `float`, `bool`, `str` and `bytes`.
///
/// An item may be replaced by one of another type that needs no more room: numbers have 8 bytes, texts and bytes what they
/// had at first, rounded up to a multiple of 8. Bytes come back exactly, zeros at the end included, which Python cuts off. A
/// lock lets nobody see half an item; Python has none. The layout is this crate's own: Python cannot open it.
///
/// # Examples
///
/// ```
/// use multiproc_array::python::{ShareableItem, ShareableList};
///
/// let list = ShareableList::new(&["how are you".into(), 1.5.into(), ().into()])?;
/// list.set(1, 42)?;
/// assert_eq!(list.get(0)?, ShareableItem::Str("how are you".to_owned()));
/// assert_eq!(list.index(&42.into())?, Some(1));
///
/// let error = list.set(2, "far too long").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the item needs 12 bytes, and item 2 has room for 8: make the list with a longer one",
/// );
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[derive(Clone)]
pub struct ShareableList {
    segment: Segment,
    len: usize,
}

impl ShareableList {
    /// A new anonymous list. It travels as its [`segment`](Self::segment).
    ///
    /// # Errors
    ///
    /// [`ArrayError::Segment`] if there is no room.
    pub fn new(items: &[ShareableItem]) -> Result<Self, ArrayError> {
        let segment = Segment::anonymous(layout(items))?;
        fill(&segment, items)?;
        Self::attach(segment)
    }

    /// A new list that others may open under `name`; it lives as long as its last user.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Segment`] if there is no room, or the name is taken.
    pub fn create(name: &SegmentName, items: &[ShareableItem]) -> Result<Self, ArrayError> {
        let segment = Segment::create(name, layout(items), Lifetime::LastUser, |segment| {
            fill(segment, items)
        })?;
        Self::attach(segment)
    }

    /// Opens the list that was [created](Self::create) under `name`.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Segment`] if there is none, or those of [`attach`](Self::attach).
    pub fn open(name: &SegmentName) -> Result<Self, ArrayError> {
        Self::attach(Segment::open(name)?)
    }

    /// The list that `segment` holds.
    ///
    /// # Errors
    ///
    /// [`ArrayError::NotAList`] if it holds none.
    pub fn attach(segment: Segment) -> Result<Self, ArrayError> {
        let id = segment.id();
        let list = |len: usize| {
            let fits = HEAD.checked_add(len.checked_mul(ITEM)?)? <= segment.len();
            (segment.kind() == KIND && fits).then_some(len)
        };
        let mut len = [0; 8];
        let found = match segment.payload().read(0, &mut len) {
            Ok(()) => usize::try_from(u64::from_le_bytes(len)).ok().and_then(list),
            Err(_) => None,
        };
        match found {
            Some(len) => Ok(Self { segment, len }),
            None => Err(ArrayError::NotAList { segment: id }),
        }
    }

    /// Returns the segment, which goes to other processes.
    pub fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Returns how many items there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns one item: Python's `list[index]`.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::OutOfBounds`].
    /// - [`ArrayError::Torn`] if a process died while it replaced this item; [`set`](Self::set) makes it whole.
    /// - [`ArrayError::Sync`] if the list cannot be locked here.
    pub fn get(&self, index: usize) -> Result<ShareableItem, ArrayError> {
        self.check(index)?;
        self.locked(|| self.read(index))
    }

    /// Replaces one item: Python's `list[index] = item`.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::OutOfBounds`].
    /// - [`ArrayError::ItemTooLong`] if the item needs more bytes than there are for it.
    /// - [`ArrayError::Sync`] if the list cannot be locked here.
    pub fn set(&self, index: usize, item: impl Into<ShareableItem>) -> Result<(), ArrayError> {
        self.check(index)?;
        let (kind, bytes) = item.into().encode();
        self.locked(|| {
            let Slot { start, room, .. } = self.slot(index)?;
            if bytes.len() > room {
                return Err(ArrayError::ItemTooLong {
                    index,
                    needed: bytes.len(),
                    room,
                });
            }
            let payload = self.segment.payload();
            let word = |k: usize, value: u64| {
                payload.write(HEAD + index * ITEM + 8 * k, &value.to_le_bytes())
            };
            // Killed between the two, it leaves an item that says so.
            word(3, BEING_REPLACED)?;
            payload.write(start, &bytes)?;
            word(2, bytes.len() as u64)?;
            word(3, kind)?;
            Ok(())
        })
    }

    /// Returns the first position of `item`: Python's `list.index(item)`.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    pub fn index(&self, item: &ShareableItem) -> Result<Option<usize>, ArrayError> {
        Ok(self.to_vec()?.iter().position(|found| found == item))
    }

    /// Returns how often `item` occurs: Python's `list.count(item)`.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    pub fn count(&self, item: &ShareableItem) -> Result<usize, ArrayError> {
        Ok(self.to_vec()?.iter().filter(|found| *found == item).count())
    }

    /// Returns all items, as they were at one moment: Python's `list(list)`.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get).
    pub fn to_vec(&self) -> Result<Vec<ShareableItem>, ArrayError> {
        self.locked(|| (0..self.len).map(|index| self.read(index)).collect())
    }

    fn check(&self, index: usize) -> Result<(), ArrayError> {
        if index < self.len {
            return Ok(());
        }
        Err(ArrayError::OutOfBounds {
            range: index..index.saturating_add(1),
            len: self.len,
        })
    }

    fn locked<R>(&self, act: impl FnOnce() -> Result<R, ArrayError>) -> Result<R, ArrayError> {
        let mutex = Mutex::<()>::attach(&self.segment, Place::Control(0))?;
        let guard = match mutex.lock() {
            Ok(guard) => guard,
            // Each item says for itself whether it is whole.
            Err(LockError::OwnerDied(guard)) => {
                guard.mark_consistent();
                guard
            }
            Err(error) => return Err(ArrayError::Sync(error.into())),
        };
        let result = act();
        drop(guard);
        result
    }

    /// Where an item is, checked against the segment: its words may be anybody's.
    fn slot(&self, index: usize) -> Result<Slot, ArrayError> {
        let mut words = [0; ITEM];
        let payload = self.segment.payload();
        payload.read(HEAD + index * ITEM, &mut words)?;
        let word = |k: usize| {
            let bytes = words[8 * k..8 * k + 8].try_into();
            u64::from_le_bytes(bytes.expect("8 bytes"))
        };
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let slot = Slot {
            start: size(word(0)),
            room: size(word(1)),
            len: size(word(2)),
            kind: word(3),
        };
        payload.slice(slot.start, slot.room)?;
        Ok(slot)
    }

    fn read(&self, index: usize) -> Result<ShareableItem, ArrayError> {
        let slot = self.slot(index)?;
        let torn = || {
            let item = index..index + 1;
            ArrayError::Torn { rows: vec![item] }
        };
        if slot.kind == BEING_REPLACED || slot.len > slot.room {
            return Err(torn());
        }
        let mut bytes = vec![0; slot.len];
        self.segment.payload().read(slot.start, &mut bytes)?;
        ShareableItem::decode(slot.kind, bytes).ok_or_else(torn)
    }
}

/// What the words of an item say.
struct Slot {
    start: usize,
    room: usize,
    len: usize,
    kind: u64,
}

/// The bytes that an item has room for.
fn room(item: &ShareableItem) -> usize {
    item.encode().1.len().next_multiple_of(8).max(8)
}

fn layout(items: &[ShareableItem]) -> Layout {
    Layout {
        payload_len: HEAD + items.len() * ITEM + items.iter().map(room).sum::<usize>(),
        control_len: MUTEX_LEN,
        kind: KIND,
    }
}

fn fill(segment: &Segment, items: &[ShareableItem]) -> Result<(), SegmentError> {
    Mutex::<()>::init(segment, Place::Control(0), ())
        .expect("a fresh segment with room for a lock");
    let payload = segment.payload();
    payload.write(0, &(items.len() as u64).to_le_bytes())?;
    let mut start = HEAD + items.len() * ITEM;
    for (index, item) in items.iter().enumerate() {
        let (kind, bytes) = item.encode();
        let words = [start as u64, room(item) as u64, bytes.len() as u64, kind];
        for (k, word) in words.into_iter().enumerate() {
            payload.write(HEAD + index * ITEM + 8 * k, &word.to_le_bytes())?;
        }
        payload.write(start, &bytes)?;
        start += room(item);
    }
    Ok(())
}

impl fmt::Debug for ShareableList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_vec() {
            Ok(items) => f.debug_tuple("ShareableList").field(&items).finish(),
            Err(error) => f.debug_tuple("ShareableList").field(&error).finish(),
        }
    }
}
