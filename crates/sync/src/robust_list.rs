//! [`ThreadList`]: the locks that this thread holds, told to the kernel in case the thread dies.
//!
//! The kernel keeps one list head per thread, and libc has registered its own. So the locks here
//! hang in libc's list, between two sentinels in private memory:
//!
//! ```text
//! head (libc) -> libc's .. -> front -> ours, newest first .. -> back -> libc's .. -> head
//! ```
//!
//! libc adds at the head and unlinks its own, so its neighbours are the head, its own nodes and
//! the sentinels. The nodes between the sentinels, which lie in shared memory, are written here and
//! read by the kernel alone: what a hostile process writes into them is never followed. The order of
//! the list is known from `held`, a private array.
#![expect(
    unsafe_code,
    reason = "the list's links are raw addresses, shared with libc and the kernel"
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering, compiler_fence};

use multiproc_segment::PidNamespace;

use crate::error::{SyncError, UnsupportedCall};
use crate::fork_page;
use crate::keeper;
use crate::word;

/// Locks and claims that one thread can hold at a time.
///
/// The kernel gives up after 2048 entries of a thread's list, which libc's own robust mutexes share.
pub const HELD_LIMIT: usize = 1024;

/// What glibc and this crate agree on: a node's word lies 32 bytes before its `next`.
pub(crate) const WORD_BEFORE_NODE: usize = 32;

/// Bit 0 of an address in `held`: the lock is not to be freed by the end of the thread.
const KEPT: u64 = 1;

/// The place of a lock in its owner's list, as glibc and the kernel lay it out.
///
/// Write-only for this crate: see the file's own text.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct ListNode {
    /// libc's back link in its own nodes; unused here.
    prev: AtomicU64,
    next: AtomicU64,
}

impl ListNode {
    pub(crate) const NEXT_OFFSET: usize = std::mem::offset_of!(Self, next);

    fn address(&self) -> u64 {
        self.next.as_ptr() as u64
    }
}

/// `struct robust_list_head`, as the kernel has it.
#[repr(C)]
struct Head {
    first: AtomicU64,
    word_offset: i64,
    pending: AtomicU64,
}

/// A private node that owns nothing: its word is 0, and the kernel passes over it.
#[repr(C)]
struct Sentinel {
    word: AtomicU64,
    unused: [AtomicU64; 2],
    prev: AtomicU64,
    next: AtomicU64,
}

impl Sentinel {
    const fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            unused: [const { AtomicU64::new(0) }; 2],
            prev: AtomicU64::new(0),
            next: AtomicU64::new(0),
        }
    }

    fn address(&self) -> u64 {
        self.next.as_ptr() as u64
    }
}

/// Who this thread is and which locks it holds; right again after any kind of fork.
pub(crate) struct ThreadList {
    /// The process generation in which the rest was found out.
    generation: Cell<u64>,
    tid: Cell<u32>,
    pid: Cell<u32>,
    namespace: Cell<Option<PidNamespace>>,
    /// libc's, of this thread. Valid while `generation` is current.
    head: Cell<*const Head>,
    /// Addresses of the nodes held, some with [`KEPT`], oldest first; `depth` of them are in use.
    held: [Cell<u64>; HELD_LIMIT],
    depth: Cell<usize>,
    /// Whether the end of this thread is watched for what it keeps.
    watched: Cell<bool>,
    front: Sentinel,
    back: Sentinel,
}

thread_local! {
    // Nothing in it needs a destructor: the kernel reads the sentinels after all destructors ran.
    static LIST: ThreadList = const { ThreadList::new() };
}

impl ThreadList {
    const fn new() -> Self {
        Self {
            generation: Cell::new(fork_page::FIRST - 1),
            tid: Cell::new(0),
            pid: Cell::new(0),
            namespace: Cell::new(None),
            head: Cell::new(std::ptr::null()),
            held: [const { Cell::new(0) }; HELD_LIMIT],
            depth: Cell::new(0),
            watched: Cell::new(false),
            front: Sentinel::new(),
            back: Sentinel::new(),
        }
    }

    /// Runs `body` with the list of this thread.
    ///
    /// # Errors
    ///
    /// [`SyncError::Unsupported`] if this thread has no robust list of the expected form.
    #[inline]
    pub(crate) fn with<R>(body: impl FnOnce(&Self) -> R) -> Result<R, SyncError> {
        LIST.with(|list| {
            if list.generation.get() != fork_page::generation() {
                list.renew()?;
            }
            Ok(body(list))
        })
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.get()
    }

    pub(crate) fn tid(&self) -> u32 {
        self.tid.get()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.get()
    }

    pub(crate) fn namespace(&self) -> Option<PidNamespace> {
        self.namespace.get()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.room() == 0
    }

    /// How many more locks this thread can hold.
    pub(crate) fn room(&self) -> usize {
        HELD_LIMIT - self.depth.get()
    }

    /// Whether this thread holds any lock that lies in `words`.
    #[inline]
    pub(crate) fn holds_any_in<W>(&self, words: &W) -> bool {
        let start = std::ptr::from_ref(words) as u64;
        let end = start + size_of::<W>() as u64;
        let held = &self.held[..self.depth.get()];
        held.iter().any(|node| (start..end).contains(&node.get()))
    }

    /// Tells the kernel that this thread is about to take or release the lock of `node`.
    ///
    /// If the thread dies before [`end`](Self::end), the kernel treats the lock as if it were linked
    /// when the word says so, and wakes a sleeper when nobody owns it.
    #[inline]
    pub(crate) fn begin(&self, node: &ListNode) {
        self.announce(node.address());
    }

    #[inline]
    fn announce(&self, address: u64) {
        self.head().pending.store(address, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
    }

    /// Takes [`begin`](Self::begin) back.
    #[inline]
    pub(crate) fn end(&self) {
        compiler_fence(Ordering::SeqCst);
        self.head().pending.store(0, Ordering::Relaxed);
    }

    /// Enters the lock of `node`, which this thread just took; the list must not be full.
    #[inline]
    pub(crate) fn link(&self, node: &ListNode) {
        self.link_at(node.address(), &node.next);
    }

    #[inline]
    fn link_at(&self, address: u64, next: &AtomicU64) {
        let depth = self.depth.get();
        next.store(self.front.next.load(Ordering::Relaxed), Ordering::Relaxed);
        // A walk of the kernel sees the node only when it points on.
        compiler_fence(Ordering::SeqCst);
        self.front.next.store(address, Ordering::Relaxed);
        self.held[depth].set(address);
        self.depth.set(depth + 1);
    }

    /// Removes the lock of `node`; `false` if this thread does not hold it.
    #[inline]
    pub(crate) fn unlink(&self, node: &ListNode) -> bool {
        let Some(newest) = self.depth.get().checked_sub(1) else {
            return false;
        };
        if self.held[newest].get() != node.address() {
            return self.unlink_older(node, newest);
        }
        self.front.next.store(self.below(newest), Ordering::Relaxed);
        self.depth.set(newest);
        compiler_fence(Ordering::SeqCst);
        true
    }

    /// Whether this thread holds the lock of `node`.
    pub(crate) fn holds(&self, node: &ListNode) -> bool {
        let depth = self.depth.get();
        let address = node.address();
        self.held[..depth]
            .iter()
            .rev()
            .any(|held| held.get() & !KEPT == address)
    }

    /// Makes sure that what this thread keeps is held past its end.
    ///
    /// # Errors
    ///
    /// [`SyncError::Unsupported`] if the end of the thread cannot be watched.
    pub(crate) fn watch_end(&self) -> Result<(), SyncError> {
        if !self.watched.get() {
            keeper::watch_this_thread()?;
            self.watched.set(true);
        }
        Ok(())
    }

    /// Says that the lock of `node`, which this thread holds, is not to be freed by the end of the thread.
    /// For a thread that called [`watch_end`](Self::watch_end).
    pub(crate) fn keep(&self, node: &ListNode) {
        let mut held = self.held[..self.depth.get()].iter().rev();
        if let Some(entry) = held.find(|held| held.get() == node.address()) {
            entry.set(node.address() | KEPT);
        }
    }

    pub(crate) fn keeps_any(&self) -> bool {
        let held = &self.held[..self.depth.get()];
        held.iter().any(|held| held.get() & KEPT != 0)
    }

    /// Takes every lock that is to be kept out of the list, while `take_over` makes it another thread's.
    pub(crate) fn give_up_kept(&self, mut take_over: impl FnMut(u64)) {
        while let Some(index) = (0..self.depth.get()).find(|&i| self.held[i].get() & KEPT != 0) {
            let address = self.address(index);
            self.announce(address);
            self.unlink_at(index, self.depth.get() - 1);
            take_over(address);
            self.end();
        }
    }

    /// Makes the lock of the node at `address`, which the thread `from` has announced and waits with, this
    /// thread's.
    pub(crate) fn take_over(&self, address: u64, from: u32) {
        self.announce(address);
        let lock = (address - WORD_BEFORE_NODE as u64) as *const AtomicU64;
        // SAFETY: the address is that of a node in a robust word, which starts as far before it and is
        // aligned; a forgotten claim keeps its segment mapped.
        let lock = unsafe { &*lock };
        let own = |seen| (word::owner(seen) == from).then(|| word::passed_on(seen, self.tid()));
        let taken = lock.fetch_update(Ordering::AcqRel, Ordering::Relaxed, own);
        if taken.is_ok() {
            let next = address as *const AtomicU64;
            // SAFETY: the address is that of a node's `next`, mapped as the word is.
            self.link_at(address, unsafe { &*next });
        }
        self.end();
    }

    #[cold]
    fn unlink_older(&self, node: &ListNode, newest: usize) -> bool {
        let Some(index) = (0..=newest)
            .rev()
            .find(|&i| self.address(i) == node.address())
        else {
            return false;
        };
        self.unlink_at(index, newest);
        true
    }

    fn unlink_at(&self, index: usize, newest: usize) {
        let below = self.below(index);
        if index == newest {
            self.front.next.store(below, Ordering::Relaxed);
        } else {
            let newer = self.address(index + 1) as *const AtomicU64;
            // SAFETY: `held` has the addresses of `next` fields of locks that this thread holds. Their
            // memory stays mapped while they are held: guards and claims keep their segment, and a
            // handle dropped under a forgotten guard keeps it for ever.
            let newer = unsafe { &*newer };
            newer.store(below, Ordering::Relaxed);
        }
        for i in index..newest {
            self.held[i].set(self.held[i + 1].get());
        }
        self.depth.set(newest);
        compiler_fence(Ordering::SeqCst);
    }

    /// The address of the node at `index` of `held`.
    fn address(&self, index: usize) -> u64 {
        self.held[index].get() & !KEPT
    }

    /// What follows the node at `index` of `held` in the list.
    fn below(&self, index: usize) -> u64 {
        match index.checked_sub(1) {
            Some(older) => self.address(older),
            None => self.back.address(),
        }
    }

    fn head(&self) -> &Head {
        // SAFETY: `head` is libc's list head of this very thread, found by `renew`, which `with`
        // has run for this process and thread; it lives as long as the thread.
        unsafe { &*self.head.get() }
    }

    /// Finds out who this thread is, in a new thread or in a process that was just forked.
    #[cold]
    fn renew(&self) -> Result<(), SyncError> {
        let generation = fork_page::renew()?;
        let head = registered_head()?;
        let namespace = PidNamespace::current().map_err(SyncError::Segment)?;
        // SAFETY: the call takes nothing and cannot fail.
        let tid = unsafe { libc::syscall(libc::SYS_gettid) };
        self.tid
            .set(u32::try_from(tid).expect("a thread id is positive"));
        self.pid.set(std::process::id());
        self.namespace.set(Some(namespace));
        self.head.set(head);
        self.depth.set(0);
        self.splice();
        self.generation.set(generation);
        Ok(())
    }

    /// Puts the two empty sentinels at the front of libc's list.
    fn splice(&self) {
        let head = self.head();
        let first = head.first.load(Ordering::Relaxed);
        self.front
            .prev
            .store(std::ptr::from_ref(head) as u64, Ordering::Relaxed);
        self.front
            .next
            .store(self.back.address(), Ordering::Relaxed);
        self.back
            .prev
            .store(self.front.address(), Ordering::Relaxed);
        self.back.next.store(first, Ordering::Relaxed);
        // Bit 0 of a link says "priority inheritance" and is no part of the address.
        let first_prev = ((first & !1) - 8) as *const AtomicU64;
        // SAFETY: the first entry is the head itself or a robust mutex of libc that this thread
        // holds. Both have a back link in the 8 bytes before the address: libc writes it so itself
        // whenever it locks.
        let first_prev = unsafe { &*first_prev };
        first_prev.store(self.back.address(), Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        head.first.store(self.front.address(), Ordering::Relaxed);
    }
}

/// The list head that libc registered for this thread, checked to be of the form agreed on.
fn registered_head() -> Result<*const Head, SyncError> {
    const OWN_THREAD: libc::c_long = 0;
    let mut head: *const Head = std::ptr::null();
    let mut len = 0_usize;
    // SAFETY: both results are writable, and live for the call.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_get_robust_list,
            OWN_THREAD,
            &raw mut head,
            &raw mut len,
        )
    };
    if answer != 0 || head.is_null() || len != size_of::<Head>() {
        return Err(SyncError::unsupported(UnsupportedCall::RobustList));
    }
    // SAFETY: the kernel returned what this thread registered: a live head of the length checked.
    let word_offset = unsafe { (*head).word_offset };
    if word_offset != -(WORD_BEFORE_NODE as i64) {
        return Err(SyncError::unsupported(UnsupportedCall::RobustListOffset(
            word_offset,
        )));
    }
    Ok(head)
}
