//! Claims that were forgotten: they stay with the process, not with the thread.
#![expect(
    unsafe_code,
    reason = "a pthread key tells when the thread has ended; other memory is mapped where a lock was"
)]

use std::cell::RefCell;
use std::os::fd::AsRawFd;
use std::thread;

use multiproc_sync::{Claim, ClaimError, Mode};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{PATIENCE, child, step, watchdog};

use crate::ground::{Ground, NUMBERS, own_tid, stride};

const FORGETFUL: &str = "leaks::forgetful_role";
const STEPPED: &str = "leaks::stepped_role";
const ROWS: std::ops::Range<u64> = 10..20;

/// Lets threads forget claims and end; then waits to be killed.
#[test]
fn forgetful_role() {
    let Some(args) = child::args(FORGETFUL) else {
        return;
    };
    let ground = Ground::of(&args);
    forget_in_a_thread(&ground);
    child::say("ended");
    child::read_line();
}

/// Forgets a write claim, a lock above it and a read claim above that, in a thread that ends.
fn forget_in_a_thread(ground: &Ground) {
    let ground = ground.again();
    let thread = thread::spawn(move || {
        let table = ground.table();
        std::mem::forget(table.claim(Mode::Write, ROWS).unwrap());
        let mutex = ground.mutex::<multiproc_sync::RobustMutex>();
        std::mem::forget(mutex.lock().unwrap());
        Box::leak(Box::new(table.claim(Mode::Read, 30..40).unwrap()));
        // Taken in their midst and given back.
        drop(table.claim(Mode::Write, 50..60).unwrap());
    });
    thread.join().unwrap();
}

#[test]
fn a_forgotten_claim_is_held_until_its_process_ends() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, mutex) = Ground::with_mutex::<multiproc_sync::RobustMutex>();
    let table = ground.table();
    let mut forgetful = ground.spawn(FORGETFUL, &[]);
    forgetful.expect_line("ended");
    for (range, mode) in [(ROWS, Mode::Read), (30..40, Mode::Write)] {
        match table.try_claim(mode, range) {
            Err(ClaimError::WouldBlock { holder }) => assert_eq!(holder.pid, forgetful.pid()),
            other => panic!("{other:?}"),
        }
    }
    assert!(table.try_claim(Mode::Read, 30..40).is_ok());
    assert!(table.try_claim(Mode::Write, 50..60).is_ok());
    // Nobody else sees what a mutex guards: its thread's end is its owner's death.
    let guard = mutex.try_lock().unwrap_err().into_guard().unwrap();
    guard.mark_consistent();
    // Longer than the back-stop, after which the holder is looked for.
    let patience = std::time::Duration::from_millis(1200);
    assert!(table.claim_timeout(Mode::Read, ROWS, patience).is_err());
    forgetful.kill();
    let torn = match table.try_claim(Mode::Write, 0..100) {
        Err(ClaimError::Torn(torn)) => torn,
        other => panic!("{other:?}"),
    };
    assert_eq!(torn.torn(), [ROWS]);
    drop(torn.mark_consistent());
}

#[test]
fn a_claim_kept_in_a_thread_local_is_released_by_its_destructor() {
    thread_local! {
        static KEPT: RefCell<Option<Claim>> = const { RefCell::new(None) };
    }
    let (ground, table) = Ground::with_table();
    let other = ground.table();
    thread::spawn(move || {
        KEPT.with_borrow_mut(|kept| *kept = Some(other.claim(Mode::Write, ROWS).unwrap()));
    })
    .join()
    .unwrap();
    assert!(table.try_claim(Mode::Write, ROWS).is_ok());
    assert_eq!(table.torn(), []);
}

#[test]
fn a_process_killed_anywhere_while_its_thread_ends_frees_what_was_forgotten() {
    let points = step::kill_at_every_nth_instruction(
        stride(1),
        STEPPED,
        || {
            let (ground, _) = Ground::with_mutex::<multiproc_sync::RobustMutex>();
            (ground.args(&[]), ground)
        },
        |point, ground| {
            let _watchdog = watchdog(PATIENCE);
            match ground.table().claim(Mode::Write, 0..100) {
                Ok(_) => panic!("after {point} instructions: not torn"),
                Err(ClaimError::Torn(torn)) => assert_eq!(torn.torn(), [ROWS]),
                Err(other) => panic!("after {point} instructions: {other}"),
            }
        },
    );
    assert!(points > 0);
    println!("{points} kill points");
}

#[test]
fn stepped_role() {
    let Some(args) = child::args(STEPPED) else {
        return;
    };
    let ground = Ground::of(&args);
    thread::spawn(move || {
        std::mem::forget(ground.table().claim(Mode::Write, ROWS).unwrap());
        end_steps_with_this_thread();
        step::begin();
    })
    .join()
    .unwrap();
}

/// Ends the steps behind what the library does at the end of the thread: destructors of keys run in the order
/// in which the keys were made.
fn end_steps_with_this_thread() {
    extern "C" fn end(_value: *mut libc::c_void) {
        step::end();
    }
    let mut key = 0;
    // SAFETY: `key` is writable, and the destructor takes any value.
    unsafe { libc::pthread_key_create(&raw mut key, Some(end)) };
    // SAFETY: the key was made above; any value but null calls the destructor.
    unsafe { libc::pthread_setspecific(key, std::ptr::without_provenance(1)) };
}

const UNMAPPING: &str = "leaks::unmapping_role";

#[test]
fn the_kernel_writes_nowhere_once_a_locks_memory_is_another_s() {
    let _watchdog = watchdog(PATIENCE);
    let rounds = Scale::asked().pick(10, 40, 500);
    let (mut kept, mut reused, mut changed) = (0, 0, 0);
    for round in 0..rounds {
        let (ground, _mutex) = Ground::with_mutex::<multiproc_sync::RobustMutex>();
        let canary = Ground::new();
        let was = if round % 2 == 0 { "released" } else { "held" };
        let mut child = ground.spawn(UNMAPPING, &[&canary.args(&[])[0], was]);
        let tid: u64 = child.read_line().unwrap().parse().unwrap();
        match child.read_line().as_deref() {
            Some("kept") => kept += 1,
            Some("reused") => {
                reused += 1;
                child.kill();
                let filled = (tid << 32) | tid;
                changed += (0..NUMBERS).filter(|&i| canary.read(i) != filled).count();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(changed, 0);
    assert_eq!((reused, kept), (rounds.div_ceil(2), rounds / 2));
    Row::new(30)
        .figure("rounds", rounds)
        .figure("kept mapped", kept)
        .figure("mapped anew", reused)
        .figure("bytes changed", changed)
        .print();
}

/// Locks and releases, or forgets the guard; drops the segment, and maps the canary's where the lock
/// was, filled with what the lock's word would be.
#[test]
fn unmapping_role() {
    let Some(args) = child::args(UNMAPPING) else {
        return;
    };
    let ground = Ground::of(&args);
    let canary = Ground::of(&args[1..]);
    let tid = u64::from(own_tid());
    child::say(tid);
    let address = ground.segment.control().as_ptr();
    let guarded = ground.mutex::<multiproc_sync::RobustMutex>();
    let guard = guarded.lock().unwrap();
    if args[2] == "held" {
        std::mem::forget(guard);
    } else {
        drop(guard);
    }
    drop((guarded, ground));
    let canary_file = format!("/dev/shm/{}", args[1]);
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(canary_file)
        .unwrap();
    for index in 0..NUMBERS {
        canary.set(index, (tid << 32) | tid);
    }
    let shared = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let address = address.cast();
    // SAFETY: the kernel refuses to map over anything that is there.
    let mapped = unsafe { libc::mmap(address, 4096, access, shared, file.as_raw_fd(), 0) };
    child::say(if mapped == libc::MAP_FAILED {
        "kept"
    } else {
        "reused"
    });
    child::read_line();
}
