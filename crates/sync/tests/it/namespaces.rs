//! Two pid namespaces on one segment: thread ids mean different threads there, so locks are refused.
#![expect(unsafe_code, reason = "unshare, and a fork into the new namespace")]

use multiproc_sync::{AccessTable, LockError, Mode, RobustMutex, SyncError};
use multiproc_testkit::{PATIENCE, child, skip, watchdog};

use crate::ground::{Ground, TABLE};

const LEAVING: &str = "namespaces::leaving_role";

#[test]
fn locks_of_another_pid_namespace_are_refused() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, _mutex) = Ground::with_mutex::<RobustMutex>();
    let mut leaving = ground.spawn(LEAVING, &[]);
    match leaving.read_line().as_deref() {
        Some("0") => {}
        Some("forbidden") => skip("a new pid namespace is not permitted here"),
        other => panic!("the process in the new namespace found {other:?}"),
    }
}

#[test]
fn leaving_role() {
    let Some(args) = child::args(LEAVING) else {
        return;
    };
    let ground = Ground::of(&args);
    let (mutex, table) = (ground.mutex::<RobustMutex>(), ground.table());
    drop(mutex.lock().unwrap());
    // SAFETY: it only changes where the next child is born.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } != 0 {
        child::say("forbidden");
        return;
    }
    // SAFETY: the child runs a copy of this thread alone, and ends by `_exit`.
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        let locked = mutex.lock().map(|_| ());
        let claimed = table.claim(Mode::Read, 0..1).map(|_| ());
        let attached = AccessTable::attach(&ground.segment, TABLE).map(|_| ());
        let foreign = |error: &SyncError| matches!(error, SyncError::ForeignPidNamespace { .. });
        let finding = match (locked, claimed, attached) {
            (Err(LockError::Refused(one)), Err(other), Err(third)) if foreign(&one) => {
                let multiproc_sync::ClaimError::Refused(other) = other else {
                    unreachable!("a refusal: {other}");
                };
                i32::from(!foreign(&other)) + 2 * i32::from(!foreign(&third))
            }
            _ => 4,
        };
        // SAFETY: it ends the child without running what belongs to the parent.
        unsafe { libc::_exit(finding) };
    }
    let mut status = 0;
    // SAFETY: it waits for the child just made and writes to a live number.
    unsafe { libc::waitpid(forked, &raw mut status, 0) };
    child::say(status);
}
