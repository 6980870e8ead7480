//! A process that forks while it holds locks: the child owns nothing and frees nothing.
#![expect(unsafe_code, reason = "fork, and a raw clone behind libc's back")]

use multiproc_sync::{ClaimError, LockError, Mode, RawMutex, SyncError};
use multiproc_testkit::torture::Row;
use multiproc_testkit::{PATIENCE, child, watchdog};

use crate::ground::{Ground, own_tid};

const FORKING: &str = "fork::forking_role";
#[cfg(feature = "raw-sync")]
const RAW_SYNC_FORKING: &str = "fork::raw_sync_forking_role";

#[test]
fn a_forked_child_neither_owns_nor_frees() {
    let ways = holder_forks::<multiproc_sync::RobustMutex>(FORKING);
    Row::new(25)
        .figure("ways to fork", ways)
        .figure("double owners", 0)
        .print();
}

#[cfg(feature = "raw-sync")]
#[test]
fn a_forked_child_neither_owns_nor_frees_a_pthread_mutex() {
    holder_forks::<multiproc_sync::RawSyncMutex>(RAW_SYNC_FORKING);
}

fn holder_forks<R: RawMutex>(role: &str) -> usize {
    let _watchdog = watchdog(PATIENCE);
    let ways = ["fork", "_Fork", "clone"];
    for way in ways {
        let (ground, mutex) = Ground::with_mutex::<R>();
        let table = ground.table();
        let mut forking = ground.spawn(role, &[way]);
        let holder: u32 = forking.read_line().unwrap().parse().unwrap();
        // What the grandchild found; it has dropped its copies of guard and claim.
        forking.expect_line("0");
        match mutex.try_lock() {
            Err(LockError::WouldBlock { holder: found }) => assert_eq!(found.tid, holder, "{way}"),
            other => panic!("{way}: {other:?}"),
        }
        match table.try_claim(Mode::Read, 0..1) {
            Err(ClaimError::WouldBlock { holder: found }) => assert_eq!(found.tid, holder, "{way}"),
            other => panic!("{way}: {other:?}"),
        }
        forking.say("release");
        forking.expect_line("released");
        assert!(mutex.try_lock().is_ok(), "{way}");
        assert!(table.try_claim(Mode::Write, 0..10).is_ok(), "{way}");
    }
    ways.len()
}

#[test]
fn forking_role() {
    fork_with_locks::<multiproc_sync::RobustMutex>(FORKING);
}

#[cfg(feature = "raw-sync")]
#[test]
fn raw_sync_forking_role() {
    fork_with_locks::<multiproc_sync::RawSyncMutex>(RAW_SYNC_FORKING);
}

fn fork_with_locks<R: RawMutex>(role: &str) {
    let Some(args) = child::args(role) else {
        return;
    };
    let ground = Ground::of(&args);
    let (mutex, table) = (ground.mutex::<R>(), ground.table());
    let guard = mutex.lock().unwrap();
    let claim = table.claim(Mode::Write, 0..10).unwrap();
    let party = ground.new_barrier(1).join().unwrap();
    let parent = own_tid();
    child::say(parent);
    let forked = fork(&args[1]);
    if forked == 0 {
        // The child runs a copy of this thread alone.
        let met = party.wait().is_ok();
        drop((guard, claim, party));
        let finding = match findings(parent, &mutex, &table, &args[1]) {
            0 if met => 6,
            finding => finding,
        };
        // SAFETY: it ends the child without running what belongs to the parent.
        unsafe { libc::_exit(finding) };
    }
    let mut status = 0;
    // SAFETY: it waits for the child just made and writes to a live number.
    unsafe { libc::waitpid(forked, &raw mut status, 0) };
    child::say(status);
    child::read_line();
    party.wait().unwrap();
    drop((guard, claim));
    child::say("released");
}

/// What is wrong in the child: 0 if nothing is.
fn findings<R: RawMutex>(
    parent: u32,
    mutex: &multiproc_sync::Mutex<[u64; 2], R>,
    table: &multiproc_sync::AccessTable,
    way: &str,
) -> i32 {
    if way == "clone" {
        // libc knows nothing of this process, so it has no robust list: locks are refused.
        let locked = mutex.try_lock().map(|_| ());
        let claimed = table.try_claim(Mode::Read, 0..1).map(|_| ());
        return match (locked, claimed) {
            (
                Err(LockError::Refused(SyncError::Unsupported { .. })),
                Err(ClaimError::Refused(SyncError::Unsupported { .. })),
            ) => 0,
            _ => 1,
        };
    }
    if table.held_by_this_thread(0..1, Mode::Read) {
        return 2;
    }
    match mutex.try_lock() {
        Err(LockError::WouldBlock { holder }) if holder.tid == parent => {}
        _ => return 3,
    }
    match table.try_claim(Mode::Read, 0..1) {
        Err(ClaimError::WouldBlock { holder }) if holder.tid == parent => {}
        _ => return 4,
    }
    // It can claim what is free, and give it back.
    match table.try_claim(Mode::Write, 20..30) {
        Ok(_) => 0,
        _ => 5,
    }
}

/// A child by one of three ways; only the first two are libc's.
fn fork(way: &str) -> libc::pid_t {
    unsafe extern "C" {
        fn _Fork() -> libc::pid_t;
    }
    match way {
        // SAFETY: the child runs only code that neither allocates nor takes locks of libc.
        "fork" => unsafe { libc::fork() },
        // SAFETY: as for `fork`.
        "_Fork" => unsafe { _Fork() },
        // SAFETY: as for `fork`; with these flags the child has a copy of the memory.
        _ => unsafe {
            let nothing = std::ptr::null_mut::<libc::c_void>();
            libc::syscall(
                libc::SYS_clone,
                libc::SIGCHLD,
                nothing,
                nothing,
                nothing,
                nothing,
            ) as libc::pid_t
        },
    }
}
