//! Two pid namespaces on one segment: thread ids mean different threads there, so locks are refused.
#![expect(unsafe_code, reason = "unshare, and a fork into the new namespace")]

use multiproc_segment::{Layout, Segment};
use multiproc_sync::{AccessTable, LockError, Mode, RobustMutex, SyncError};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{Child, PATIENCE, child, skip, watchdog};

use crate::ground::{Ground, TABLE};

const LEAVING: &str = "namespaces::leaving_role";

#[test]
fn locks_of_another_pid_namespace_are_refused() {
    let _watchdog = watchdog(PATIENCE);
    let (ground, _mutex) = Ground::with_mutex::<RobustMutex>();
    let mut leaving = ground.spawn(LEAVING, &[]);
    match leaving.read_line().as_deref() {
        Some("0") => Row::new(28)
            .figure("ways to use a lock", 3)
            .figure("not refused", 0)
            .print(),
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
    child::say(in_a_fork(|| {
        let locked = mutex.lock().map(|_| ());
        let claimed = table.claim(Mode::Read, 0..1).map(|_| ());
        let attached = AccessTable::attach(&ground.segment, TABLE).map(|_| ());
        let foreign = |error: &SyncError| matches!(error, SyncError::ForeignPidNamespace { .. });
        match (locked, claimed, attached) {
            (Err(LockError::Refused(one)), Err(other), Err(third)) if foreign(&one) => {
                let multiproc_sync::ClaimError::Refused(other) = other else {
                    unreachable!("a refusal: {other}");
                };
                i32::from(!foreign(&other)) + 2 * i32::from(!foreign(&third))
            }
            _ => 4,
        }
    }));
}

const REUSING: &str = "namespaces::reusing_role";

#[test]
fn a_reused_process_id_revives_and_kills_nothing() {
    let _watchdog = watchdog(PATIENCE);
    let rounds = Scale::asked().pick(40, 400, 5_000);
    let mut reusing = Child::spawn(REUSING, &[&rounds.to_string()]);
    match reusing.read_line().as_deref() {
        Some("0") => Row::new(27)
            .figure("ids reused", rounds)
            .figure("false alive", 0)
            .figure("false dead", 0)
            .print(),
        Some("forbidden") => skip("process ids cannot be chosen here"),
        other => panic!("the process in the new namespace found {other:?}"),
    }
}

#[test]
fn reusing_role() {
    let Some(args) = child::args(REUSING) else {
        return;
    };
    let rounds: u64 = args[0].parse().unwrap();
    // SAFETY: it only changes where the next child is born.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } != 0 {
        child::say("forbidden");
        return;
    }
    let finding = in_a_fork(|| match reuse_ids(rounds) {
        Ok(finding) => finding,
        Err(_) => FORBIDDEN,
    });
    if finding == FORBIDDEN {
        child::say("forbidden");
    } else {
        child::say(finding);
    }
}

const FORBIDDEN: i32 = 100;
const PANICKED: i32 = 99;
/// The id that every process of the round gets.
const REUSED: i32 = 300;

/// In the namespace's first process: lets one process after the other have the same id and the lock.
fn reuse_ids(rounds: u64) -> std::io::Result<i32> {
    let layout = Layout {
        payload_len: 0,
        control_len: 4096,
        kind: 0,
    };
    let segment = Segment::anonymous(layout).unwrap();
    let place = multiproc_sync::Place::Control(0);
    let mutex = multiproc_sync::Mutex::<[u64; 2]>::init(&segment, place, [0, 0]).unwrap();
    for _ in 0..rounds {
        choose_next_id(REUSED)?;
        let held = in_a_fork(|| {
            std::mem::forget(mutex.lock().unwrap());
            0
        });
        choose_next_id(REUSED)?;
        let finding = in_a_fork(|| match mutex.try_lock() {
            // Neither "held by thread 300", which is this very one, nor "held by another".
            Err(LockError::OwnerDied(guard)) => {
                guard.mark_consistent();
                drop(guard);
                i32::from(mutex.try_lock().is_err())
            }
            _ => 2,
        });
        // A living holder is not taken for the dead one of the same id.
        choose_next_id(REUSED)?;
        let guard = mutex.lock().unwrap();
        let alive = in_a_fork(|| match mutex.try_lock() {
            Err(LockError::WouldBlock { holder }) if holder.tid == 1 => 0,
            _ => 4,
        });
        drop(guard);
        if held + finding + alive != 0 {
            return Ok(held + finding + alive);
        }
    }
    Ok(0)
}

fn choose_next_id(id: i32) -> std::io::Result<()> {
    std::fs::write("/proc/sys/kernel/ns_last_pid", (id - 1).to_string())
}

/// What `body` answers in a forked child.
fn in_a_fork(body: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs a copy of this thread alone, and ends by `_exit`.
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        // A panic must not end this thread, and with it a process that has no other, in peace.
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        let answer = answer.unwrap_or(PANICKED);
        // SAFETY: it ends the child without running what belongs to the parent.
        unsafe { libc::_exit(answer) };
    }
    let mut status = 0;
    // SAFETY: it waits for the child just made and writes to a live number.
    unsafe { libc::waitpid(forked, &raw mut status, 0) };
    libc::WEXITSTATUS(status)
}
