//! The read-write lock between threads and processes: who gets in beside whom, and what a death leaves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{LockError, Place, READERS, RwLock, SyncError};
use multiproc_testkit::{PATIENCE, Signal, child, is_asleep, wait_until, watchdog};

use crate::ground::{Ground, RW_LOCK, fall_asleep, own_tid};

const READING: &str = "rw_lock::reading_role";
const WRITING: &str = "rw_lock::writing_role";

/// Reads and waits to be told; says who it is first.
#[test]
fn reading_role() {
    let Some(args) = child::args(READING) else {
        return;
    };
    let ground = Ground::of(&args);
    let lock = ground.rw_lock();
    child::say(own_tid());
    let guard = lock.read().unwrap();
    child::say(format!("reads {:?}", guard.load()));
    child::read_line();
    drop(guard);
    child::say("left");
    child::read_line();
}

/// Writes a half value and waits to be told; says who it is first.
#[test]
fn writing_role() {
    let Some(args) = child::args(WRITING) else {
        return;
    };
    let ground = Ground::of(&args);
    let lock = ground.rw_lock();
    child::say(own_tid());
    let guard = match lock.write() {
        Ok(guard) => guard,
        Err(LockError::OwnerDied(guard)) => {
            child::say("owner died");
            guard.mark_consistent();
            guard
        }
        Err(other) => panic!("{other}"),
    };
    guard.store([1, 0]);
    child::say("writes");
    child::read_line();
    guard.store([1, 1]);
    drop(guard);
    child::say("left");
    child::read_line();
}

#[test]
fn readers_are_in_together_and_a_writer_alone() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let mut readers = [ground.spawn(READING, &[]), ground.spawn(READING, &[])];
    let mut tids: Vec<u32> = Vec::new();
    for reader in &mut readers {
        tids.push(reader.read_line().unwrap().parse().unwrap());
        reader.expect_line("reads [0, 0]");
    }
    tids.sort_unstable();
    let mut found: Vec<u32> = lock.readers().iter().map(|reader| reader.tid).collect();
    found.sort_unstable();
    assert_eq!(found, tids);
    assert_eq!(lock.read().unwrap().load(), [0, 0]);
    match lock.try_write() {
        Err(LockError::WouldBlock { holder }) => assert!(tids.contains(&holder.tid)),
        other => panic!("{other:?}"),
    }
    let mut writer = ground.spawn(WRITING, &[]);
    let writer_tid = fall_asleep(&mut writer);
    // It waits for those that read, and nobody comes in before it.
    match lock.try_read() {
        Err(LockError::WouldBlock { holder }) => assert_eq!(holder.tid, writer_tid),
        other => panic!("{other:?}"),
    }
    for reader in &mut readers {
        reader.say("leave");
        reader.expect_line("left");
    }
    writer.expect_line("writes");
    assert_eq!(lock.holder().unwrap().pid(), Some(writer.pid()));
    match lock.read_timeout(Duration::from_millis(20)) {
        Err(LockError::TimedOut { holder, .. }) => assert_eq!(holder.tid, writer_tid),
        other => panic!("{other:?}"),
    }
    writer.say("leave");
    writer.expect_line("left");
    assert_eq!(lock.read().unwrap().load(), [1, 1]);
    assert_eq!((lock.holder(), lock.deaths()), (None, 0));
}

#[test]
fn a_stream_of_readers_does_not_starve_a_writer() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, lock) = Ground::with_rw_lock();
    let written = AtomicBool::new(false);
    thread::scope(|scope| {
        // At every moment at least one of them reads.
        let (sends, receives) = std::sync::mpsc::channel();
        for _ in 0..3 {
            let (lock, written, sends) = (&lock, &written, sends.clone());
            scope.spawn(move || {
                while !written.load(Ordering::Relaxed) {
                    let guard = lock.read().unwrap();
                    // Nobody listens to any but the first.
                    let _ = sends.send(());
                    thread::sleep(Duration::from_micros(200));
                    drop(guard);
                }
            });
        }
        for _ in 0..3 {
            receives.recv().unwrap();
        }
        lock.write().unwrap().store([2, 2]);
        written.store(true, Ordering::Relaxed);
    });
    assert_eq!(lock.read().unwrap().load(), [2, 2]);
}

#[test]
fn a_thread_that_has_it_and_wants_it_again_is_told_so() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let other = ground.rw_lock();
    for handle in [&lock, &other] {
        let reading = lock.read().unwrap();
        assert!(matches!(handle.read(), Err(LockError::WouldDeadlock)));
        assert!(matches!(handle.write(), Err(LockError::WouldDeadlock)));
        drop(reading);
        let writing = lock.write().unwrap();
        assert!(matches!(handle.try_read(), Err(LockError::WouldDeadlock)));
        assert!(matches!(handle.try_write(), Err(LockError::WouldDeadlock)));
        drop(writing);
    }
    assert!(other.try_write().is_ok());
}

#[test]
fn through_another_mapping_a_thread_does_not_wait_for_itself_either() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let mapped_again = Ground::of(&ground.args(&[])).rw_lock();
    let reading = lock.read().unwrap();
    assert!(matches!(
        mapped_again.write(),
        Err(LockError::WouldDeadlock)
    ));
    drop(reading);
    let writing = lock.write().unwrap();
    assert!(matches!(mapped_again.read(), Err(LockError::WouldDeadlock)));
    drop(writing);
    assert!(mapped_again.try_read().is_ok());
}

#[test]
fn a_dead_reader_leaves_nothing_and_a_sleeping_writer_goes_on() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let mut reader = ground.spawn(READING, &[]);
    reader.read_line();
    reader.expect_line("reads [0, 0]");
    let mut writer = ground.spawn(WRITING, &[]);
    fall_asleep(&mut writer);
    reader.kill();
    writer.expect_line("writes");
    writer.say("leave");
    writer.expect_line("left");
    assert_eq!(lock.deaths(), 0);
    assert_eq!(lock.read().unwrap().load(), [1, 1]);
}

#[test]
fn a_dead_writer_is_told_to_readers_until_a_writer_repairs() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    let mut writer = ground.spawn(WRITING, &[]);
    writer.read_line();
    writer.expect_line("writes");
    // One that sleeps behind it is told, too.
    let mut next = ground.spawn(WRITING, &[]);
    fall_asleep(&mut next);
    writer.kill();
    next.expect_line("owner died");
    next.expect_line("writes");
    next.kill();
    for _ in 0..2 {
        match lock.read() {
            Err(LockError::OwnerDied(guard)) => assert_eq!(guard.load(), [1, 0]),
            other => panic!("{other:?}"),
        }
    }
    match lock.write() {
        Err(LockError::OwnerDied(guard)) => {
            guard.store([3, 3]);
            guard.mark_consistent();
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(lock.read().unwrap().load(), [3, 3]);
    assert_eq!(lock.deaths(), 2);
}

#[test]
fn a_value_that_nobody_repaired_is_given_up_for_readers_and_writers() {
    let (ground, lock) = Ground::with_rw_lock();
    let handle = ground.rw_lock();
    let panicking = thread::spawn(move || {
        let guard = handle.write().unwrap();
        guard.store([1, 0]);
        std::panic::resume_unwind(Box::new("half-way"));
    });
    assert!(panicking.join().is_err());
    // A reader's leave changes nothing; a writer's does.
    drop(lock.read().unwrap_err().into_guard().unwrap());
    drop(lock.write().unwrap_err().into_guard().unwrap());
    assert!(matches!(lock.read(), Err(LockError::Poisoned)));
    assert!(matches!(lock.write(), Err(LockError::Poisoned)));
    assert_eq!((lock.holder(), lock.deaths()), (None, 1));
    let fresh = RwLock::init(&ground.segment, RW_LOCK, [7_u64, 7]).unwrap();
    assert_eq!(fresh.read().unwrap().load(), [7, 7]);
}

#[test]
fn stopped_readers_and_writers_are_not_dead() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, lock) = Ground::with_rw_lock();
    for (role, said) in [(READING, "reads [0, 0]"), (WRITING, "writes")] {
        let mut holder = ground.spawn(role, &[]);
        holder.read_line();
        holder.expect_line(said);
        holder.signal(Signal::STOP);
        // Longer than the back-stop, after which the holder is looked for.
        match lock.write_timeout(Duration::from_millis(1200)) {
            Err(LockError::TimedOut { holder: found, .. }) => {
                assert_eq!(found.pid(), Some(holder.pid()));
            }
            other => panic!("{other:?}"),
        }
        holder.signal(Signal::CONT);
        holder.say("leave");
        holder.expect_line("left");
        assert!(lock.try_write().is_ok());
    }
}

#[test]
fn more_readers_than_there_is_room_for_take_turns() {
    let _watchdog = watchdog(PATIENCE);
    let (_ground, lock) = Ground::with_rw_lock();
    let open = AtomicBool::new(false);
    let (sends, receives) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let read = |sends: std::sync::mpsc::Sender<u32>| {
            let (lock, open) = (&lock, &open);
            move || {
                let guard = lock.read().unwrap();
                sends.send(own_tid()).unwrap();
                wait_until("the door opens", || open.load(Ordering::Relaxed));
                drop(guard);
            }
        };
        for _ in 0..READERS {
            scope.spawn(read(sends.clone()));
        }
        for _ in 0..READERS {
            receives.recv().unwrap();
        }
        assert!(matches!(lock.try_read(), Err(LockError::WouldBlock { .. })));
        let (says, hears) = std::sync::mpsc::channel();
        let (lock, last) = (&lock, sends.clone());
        scope.spawn(move || {
            says.send(own_tid()).unwrap();
            drop(lock.read().unwrap());
            last.send(own_tid()).unwrap();
        });
        let late = hears.recv().unwrap();
        wait_until("the last one sleeps", || is_asleep(late));
        open.store(true, Ordering::Relaxed);
        assert_eq!(receives.recv().unwrap(), late);
    });
    assert!(lock.try_write().is_ok());
}

#[test]
fn what_is_attached_is_what_was_made() {
    let (ground, _lock) = Ground::with_rw_lock();
    let wrong = RwLock::<f64>::attach(&ground.segment, RW_LOCK).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "expected a read-write lock around `f64` (8 bytes, align 8) and found a read-write lock around \
         `[u64; 2]` (16 bytes, align 8): attach what was made there"
    );
    let nothing = RwLock::<u64>::attach(&ground.segment, Place::Control(0)).unwrap_err();
    assert!(matches!(nothing, SyncError::Mismatch { .. }));
    let small = Segment::anonymous(Layout::payload(4096)).unwrap();
    let outside = RwLock::<u64>::init(&small, Place::Payload(0), 0).unwrap_err();
    assert!(matches!(outside, SyncError::Segment(_)));
    let astray = RwLock::<u64>::init(&ground.segment, Place::Control(64), 0).unwrap_err();
    assert!(matches!(astray, SyncError::Misaligned { .. }));
}

#[test]
fn a_forgotten_guard_keeps_its_segment_mapped() {
    let layout = Layout {
        payload_len: 0,
        control_len: 8192,
        kind: 0,
    };
    thread::spawn(move || {
        for forget_a_writer in [false, true] {
            let segment = Segment::anonymous(layout).unwrap();
            let lock = RwLock::<u64>::init(&segment, Place::Control(0), 0).unwrap();
            if forget_a_writer {
                std::mem::forget(lock.write().unwrap());
            } else {
                std::mem::forget(lock.read().unwrap());
            }
        }
        // The list still names both; releasing something older would touch them.
        let segment = Segment::anonymous(layout).unwrap();
        let lock = RwLock::<u64>::init(&segment, Place::Control(0), 0).unwrap();
        drop(lock.write().unwrap());
    })
    .join()
    .unwrap();
}
