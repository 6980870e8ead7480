//! [`Ground`]: the segment that a test and its children meet in.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_sync::{
    AccessTable, Barrier, Condvar, Event, Mutex, Once, Permits, Place, RawMutex, RwLock, Semaphore,
    SharedAtomic,
};
use multiproc_testkit::{Child, is_asleep, unique_name, wait_until};

/// Where the mutex of a test stands: its value is the test's to choose.
pub(crate) const MUTEX: Place = Place::Control(AccessTable::LEN);
/// Where the table of a test stands.
pub(crate) const TABLE: Place = Place::Control(0);
/// Where the conditions of a test stand, in the page of the mutex.
const CONDVAR: Place = Place::Control(AccessTable::LEN + 1024);
const CONDVAR_SEQUENCE: usize = AccessTable::LEN + 1024 + 16;
const EVENT: Place = Place::Control(AccessTable::LEN + 1152);
const ONCE: Place = Place::Control(AccessTable::LEN + 1216);
const ATOMIC: Place = Place::Control(AccessTable::LEN + 1280);
const BARRIER_SEATS: usize = AccessTable::LEN + 4096 + 128;
const BARRIER: Place = Place::Control(AccessTable::LEN + 4096);
/// Where the read-write lock of a test stands.
pub(crate) const RW_LOCK: Place = Place::Control(4 * AccessTable::LEN);
/// Where the semaphore or the permits of a test stand.
pub(crate) const SEMAPHORE: Place = Place::Control(6 * AccessTable::LEN);
/// After so long a sleeper was not woken: it looked for itself, as it does after a second.
pub(crate) const LOOKED_ITSELF: Duration = Duration::from_millis(800);
/// Numbers in the payload for test and children to tell each other how far they are.
pub(crate) const NUMBERS: usize = 512;

/// A named segment of zeros, which children open by the name they get as their first argument.
pub(crate) struct Ground {
    pub(crate) segment: Segment,
    name: SegmentName,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let name = SegmentName::new(unique_name("sync-it")).unwrap();
        let layout = Layout {
            payload_len: 8 * NUMBERS,
            control_len: 7 * AccessTable::LEN,
            kind: 0,
        };
        let zeros = |_: &Segment| Ok::<(), SegmentError>(());
        let segment = Segment::create(&name, layout, Lifetime::LastUser, zeros).unwrap();
        Self { segment, name }
    }

    /// A ground with a mutex around zeros.
    pub(crate) fn with_mutex<R: RawMutex>() -> (Self, Mutex<[u64; 2], R>) {
        let ground = Self::new();
        let mutex = Mutex::init(&ground.segment, MUTEX, [0, 0]).unwrap();
        (ground, mutex)
    }

    /// A ground with a read-write lock around zeros.
    pub(crate) fn with_rw_lock() -> (Self, RwLock<[u64; 2]>) {
        let ground = Self::new();
        let lock = RwLock::init(&ground.segment, RW_LOCK, [0, 0]).unwrap();
        (ground, lock)
    }

    /// A ground with a semaphore that has `value` permits free.
    pub(crate) fn with_semaphore(value: u32) -> (Self, Semaphore) {
        let ground = Self::new();
        let semaphore = Semaphore::init(&ground.segment, SEMAPHORE, value).unwrap();
        (ground, semaphore)
    }

    /// A ground with so many permits.
    pub(crate) fn with_permits(n_permits: u32) -> (Self, Permits) {
        let ground = Self::new();
        let permits = Permits::init(&ground.segment, SEMAPHORE, n_permits).unwrap();
        (ground, permits)
    }

    /// A ground with a table.
    pub(crate) fn with_table() -> (Self, AccessTable) {
        let ground = Self::new();
        let table = AccessTable::attach(&ground.segment, TABLE).unwrap();
        (ground, table)
    }

    /// The same ground for another thread.
    pub(crate) fn again(&self) -> Self {
        Self {
            segment: self.segment.clone(),
            name: self.name.clone(),
        }
    }

    /// In a child: the ground of the test that started it.
    pub(crate) fn of(args: &[String]) -> Self {
        let name = SegmentName::new(args[0].as_str()).unwrap();
        let segment = Segment::open(&name).unwrap();
        Self { segment, name }
    }

    /// In a child: the mutex of the test that started it.
    pub(crate) fn mutex<R: RawMutex>(&self) -> Mutex<[u64; 2], R> {
        Mutex::attach(&self.segment, MUTEX).unwrap()
    }

    pub(crate) fn condvar(&self) -> Condvar {
        Condvar::attach(&self.segment, CONDVAR).unwrap()
    }

    /// How often the condition variable was notified: its sequence.
    pub(crate) fn notifications(&self) -> u64 {
        let word = self.segment.control().atomic_u64(CONDVAR_SEQUENCE).unwrap();
        (word.load(Ordering::SeqCst) & 0xffff_ffff) >> 1
    }

    pub(crate) fn event(&self) -> Event {
        Event::attach(&self.segment, EVENT).unwrap()
    }

    pub(crate) fn once(&self) -> Once {
        Once::attach(&self.segment, ONCE).unwrap()
    }

    /// A ground with a number that is `value`.
    pub(crate) fn with_atomic(value: i32) -> (Self, SharedAtomic<i32>) {
        let ground = Self::new();
        let atomic = SharedAtomic::init(&ground.segment, ATOMIC, value).unwrap();
        (ground, atomic)
    }

    pub(crate) fn atomic(&self) -> SharedAtomic<i32> {
        SharedAtomic::attach(&self.segment, ATOMIC).unwrap()
    }

    /// A ground with a barrier.
    pub(crate) fn with_barrier(parties: u32) -> (Self, Barrier) {
        let ground = Self::new();
        let barrier = ground.new_barrier(parties);
        (ground, barrier)
    }

    pub(crate) fn new_barrier(&self, parties: u32) -> Barrier {
        Barrier::init(&self.segment, BARRIER, parties).unwrap()
    }

    /// How many take part in the barrier, the dead included: the seats that say who has them.
    pub(crate) fn n_parties(&self) -> usize {
        let who = |seat: usize| BARRIER_SEATS + 64 * seat + 40;
        let has_one = |&seat: &usize| {
            let word = self.segment.control().atomic_u64(who(seat)).unwrap();
            word.load(Ordering::SeqCst) != 0
        };
        (0..multiproc_sync::PARTIES).filter(has_one).count()
    }

    pub(crate) fn barrier(&self) -> Barrier {
        Barrier::attach(&self.segment, BARRIER).unwrap()
    }

    /// In a child: the read-write lock of the test that started it.
    pub(crate) fn rw_lock(&self) -> RwLock<[u64; 2]> {
        RwLock::attach(&self.segment, RW_LOCK).unwrap()
    }

    /// In a child: the semaphore of the test that started it.
    pub(crate) fn semaphore(&self) -> Semaphore {
        Semaphore::attach(&self.segment, SEMAPHORE).unwrap()
    }

    /// In a child: the permits of the test that started it.
    pub(crate) fn permits(&self) -> Permits {
        Permits::attach(&self.segment, SEMAPHORE).unwrap()
    }

    /// In a child: the table of the test that started it.
    pub(crate) fn table(&self) -> AccessTable {
        AccessTable::attach(&self.segment, TABLE).unwrap()
    }

    /// The arguments for a child: the name, then `more`.
    pub(crate) fn args(&self, more: &[&str]) -> Vec<String> {
        let name = std::iter::once(self.name.as_str());
        name.chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    /// Starts a child that plays `role` on this ground.
    #[track_caller]
    pub(crate) fn spawn(&self, role: &str, more: &[&str]) -> Child {
        let args = self.args(more);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Child::spawn(role, &args)
    }

    pub(crate) fn number(&self, index: usize) -> &AtomicU64 {
        self.segment.payload().atomic_u64(8 * index).unwrap()
    }

    pub(crate) fn read(&self, index: usize) -> u64 {
        self.number(index).load(Ordering::SeqCst)
    }

    pub(crate) fn set(&self, index: usize, number: u64) {
        self.number(index).store(number, Ordering::SeqCst);
    }
}

/// The id of this thread: a test's role does not run in its process's main one.
pub(crate) fn own_tid() -> u32 {
    let link = std::fs::read_link("/proc/thread-self").unwrap();
    let tid = link.file_name().and_then(|name| name.to_str());
    tid.and_then(|tid| tid.parse().ok()).unwrap()
}

/// Waits until the child, which says its thread's id next, sleeps in that thread; returns the id.
#[track_caller]
pub(crate) fn fall_asleep(child: &mut Child) -> u32 {
    let tid = child.read_line().unwrap().parse().unwrap();
    wait_until("the child sleeps", || is_asleep(tid));
    tid
}

/// How many instructions to go from one kill point to the next: every one in a release build if
/// `MULTIPROC_EVERY_INSTRUCTION` is set, which takes minutes; else `usual` there, and twenty times as
/// many in a debug build, whose code is longer and not what ships.
pub(crate) fn stride(usual: u64) -> u64 {
    if std::env::var_os("MULTIPROC_EVERY_INSTRUCTION").is_some() {
        1
    } else if cfg!(debug_assertions) {
        100 * usual + 1
    } else {
        usual
    }
}
