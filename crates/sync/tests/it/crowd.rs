//! One thread with many locks: ours, claims and pthread's, in one list that the kernel walks.

use std::collections::BTreeMap;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
use multiproc_sync::{
    AccessTable, ClaimError, Deadline, HELD_LIMIT, LockError, MUTEX_LEN, Mode, Place, RawMutex,
    RobustMutex, SyncError,
};
use multiproc_testkit::{Child, PATIENCE, child, unique_name, watchdog};

const KEEPING: &str = "crowd::keeping_role";
const N_LOCKS: usize = 24;
/// One of `N_LOCKS` places, all in the lock area, behind a table.
fn place(index: usize) -> Place {
    Place::Control(AccessTable::LEN + index * MUTEX_LEN)
}

/// A lock of some kind, at one of the places.
enum Lock {
    Robust(RobustMutex),
    #[cfg(feature = "raw-sync")]
    RawSync(multiproc_sync::RawSyncMutex),
}

impl Lock {
    fn of_kind<E>(
        index: usize,
        robust: impl FnOnce(Place) -> Result<RobustMutex, E>,
        #[cfg(feature = "raw-sync")] raw_sync: impl FnOnce(
            Place,
        )
            -> Result<multiproc_sync::RawSyncMutex, E>,
    ) -> Result<Self, E> {
        #[cfg(feature = "raw-sync")]
        if index % 3 == 1 {
            return raw_sync(place(index)).map(Self::RawSync);
        }
        robust(place(index)).map(Self::Robust)
    }

    fn init(segment: &Segment, index: usize) -> Self {
        Self::of_kind(
            index,
            |place| RobustMutex::init(segment, place),
            #[cfg(feature = "raw-sync")]
            |place| multiproc_sync::RawSyncMutex::init(segment, place),
        )
        .unwrap()
    }

    fn attach(segment: &Segment, index: usize) -> Self {
        Self::of_kind(
            index,
            |place| RobustMutex::attach(segment, place),
            #[cfg(feature = "raw-sync")]
            |place| multiproc_sync::RawSyncMutex::attach(segment, place),
        )
        .unwrap()
    }

    fn try_lock(&self) -> Result<(), LockError<()>> {
        match self {
            Self::Robust(mutex) => mutex.lock(Deadline::Now),
            #[cfg(feature = "raw-sync")]
            Self::RawSync(mutex) => mutex.lock(Deadline::Now),
        }
    }

    fn unlock(&self) {
        match self {
            Self::Robust(mutex) => mutex.unlock(),
            #[cfg(feature = "raw-sync")]
            Self::RawSync(mutex) => mutex.unlock(),
        }
    }
}

/// What the role does with its locks: a pure function of the seed, so that the test knows it too.
fn moves(seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) as usize % N_LOCKS
    })
    .take(60)
}

#[test]
fn locks_of_all_kinds_released_in_any_order_die_with_their_owner() {
    let _watchdog = watchdog(PATIENCE);
    for seed in 1..=12 {
        let name = SegmentName::new(unique_name("sync-crowd")).unwrap();
        let segment = Segment::create(
            &name,
            Layout {
                payload_len: 0,
                control_len: AccessTable::LEN + N_LOCKS * MUTEX_LEN,
                kind: 0,
            },
            Lifetime::LastUser,
            |_| Ok::<(), SegmentError>(()),
        )
        .unwrap();
        let locks: Vec<Lock> = (0..N_LOCKS).map(|i| Lock::init(&segment, i)).collect();
        let table = AccessTable::attach(&segment, Place::Control(0)).unwrap();
        let mut keeper = Child::spawn(KEEPING, &[name.as_str(), &seed.to_string()]);
        keeper.expect_line("holding");

        let mut held = [false; N_LOCKS];
        moves(seed).for_each(|index| held[index] = !held[index]);
        for (index, lock) in locks.iter().enumerate() {
            match (lock.try_lock(), held[index]) {
                (Err(LockError::WouldBlock { .. }), true) => {}
                (Ok(()), false) => lock.unlock(),
                (other, held) => panic!("lock {index}, held: {held}: {other:?}"),
            }
        }
        keeper.kill();
        for (index, lock) in locks.iter().enumerate() {
            match (lock.try_lock(), held[index]) {
                (Err(LockError::OwnerDied(())), true) | (Ok(()), false) => lock.unlock(),
                (other, held) => panic!("seed {seed}, lock {index}, held: {held}: {other:?}"),
            }
        }
        let mut torn: Vec<_> = table.torn().into_iter().map(|range| range.start).collect();
        torn.sort_unstable();
        let expected: Vec<u64> = (0..N_LOCKS)
            .filter(|&i| held[i])
            .map(|i| i as u64)
            .collect();
        assert_eq!(torn, expected, "seed {seed}");
    }
}

#[test]
fn keeping_role() {
    let Some(args) = child::args(KEEPING) else {
        return;
    };
    let segment = Segment::open(&SegmentName::new(args[0].as_str()).unwrap()).unwrap();
    let table = AccessTable::attach(&segment, Place::Control(0)).unwrap();
    let locks: Vec<Lock> = (0..N_LOCKS).map(|i| Lock::attach(&segment, i)).collect();
    let mut claims = BTreeMap::new();
    for index in moves(args[1].parse().unwrap()) {
        if claims.remove(&index).is_some() {
            locks[index].unlock();
        } else {
            locks[index].try_lock().unwrap();
            let row = index as u64;
            claims.insert(index, table.try_claim(Mode::Write, row..row + 1).unwrap());
        }
    }
    child::say("holding");
    child::read_line();
}

const HOARDING: &str = "crowd::hoarding_role";

#[test]
fn a_thread_dies_with_as_many_locks_as_it_can_hold() {
    let _watchdog = watchdog(PATIENCE);
    let name = SegmentName::new(unique_name("sync-hoard")).unwrap();
    let segment = Segment::create(
        &name,
        Layout {
            payload_len: (HELD_LIMIT + 1) * MUTEX_LEN,
            control_len: 4096,
            kind: 0,
        },
        Lifetime::LastUser,
        |_| Ok::<(), SegmentError>(()),
    )
    .unwrap();
    let at = |index| Place::Payload(index * MUTEX_LEN);
    let mutexes: Vec<RobustMutex> = (0..=HELD_LIMIT)
        .map(|index| RobustMutex::init(&segment, at(index)).unwrap())
        .collect();
    let mut hoarder = Child::spawn(HOARDING, &[name.as_str()]);
    hoarder.expect_line("holding");
    hoarder.kill();
    let (last, held) = mutexes.split_last().unwrap();
    for (index, mutex) in held.iter().enumerate() {
        let locked = mutex.lock(Deadline::Now);
        assert!(
            matches!(locked, Err(LockError::OwnerDied(()))),
            "mutex {index}: {locked:?}"
        );
        mutex.unlock();
    }
    last.lock(Deadline::Now).unwrap();
    last.unlock();
}

#[test]
fn hoarding_role() {
    let Some(args) = child::args(HOARDING) else {
        return;
    };
    let segment = Segment::open(&SegmentName::new(args[0].as_str()).unwrap()).unwrap();
    let at = |index| Place::Payload(index * MUTEX_LEN);
    let mutexes: Vec<RobustMutex> = (0..=HELD_LIMIT)
        .map(|index| RobustMutex::attach(&segment, at(index)).unwrap())
        .collect();
    let (last, held) = mutexes.split_last().unwrap();
    for mutex in held {
        mutex.lock(Deadline::Never).unwrap();
    }
    let refused = last.lock(Deadline::Never).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "this thread holds 1024 locks and claims, the most that the kernel can free when it dies: \
         release some first"
    );
    let table = AccessTable::attach(&segment, Place::Control(0)).unwrap();
    let refused = table.try_claim(Mode::Read, 0..1).unwrap_err();
    assert!(matches!(
        refused,
        ClaimError::Refused(SyncError::TooManyHeld { limit: HELD_LIMIT })
    ));
    child::say("holding");
    child::read_line();
}
