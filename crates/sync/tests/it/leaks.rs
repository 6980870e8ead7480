//! Claims that were forgotten: they stay with the process, not with the thread.
#![expect(unsafe_code, reason = "a pthread key tells when the thread has ended")]

use std::cell::RefCell;
use std::thread;

use multiproc_sync::{Claim, ClaimError, Mode};
use multiproc_testkit::{PATIENCE, child, step, watchdog};

use crate::ground::{Ground, stride};

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
