//! Claims that outlive their thread: who holds them then.
//!
//! A claim that was forgotten (`mem::forget`, `Box::leak`) may have views in other threads, so the end of its
//! thread must not free it, as the kernel would. When a thread ends with such claims, it hands them
//! to a *keeper*, a thread that holds them in its own list and sleeps until the process ends; then the kernel
//! frees them as those of the dead.
//!
//! Each word is handed over while both threads have announced it: whichever of their ids it has when the
//! process is killed, the kernel finds it. Locks and permits, whose guards give out copies only, are left
//! to the kernel: their thread's end is their owner's death.
//!
//! It is a destructor of pthread's kind that does this, as those run after Rust's own thread-locals are gone: a
//! claim kept in one of these is released in time.
#![expect(unsafe_code, reason = "pthread keys and threads have no safe form")]

use std::ffi::c_void;
use std::hint::spin_loop;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{SyncError, UnsupportedCall};
use crate::robust_list::ThreadList;

/// Makes this thread hand over what it keeps when it ends.
///
/// # Errors
///
/// [`SyncError::Unsupported`] if pthread has no key left.
pub(crate) fn watch_this_thread() -> Result<(), SyncError> {
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    let new_key = || {
        let mut key = 0;
        // SAFETY: `key` is writable, and the destructor takes any value.
        let answer = unsafe { libc::pthread_key_create(&raw mut key, Some(thread_ends)) };
        (answer == 0).then_some(key)
    };
    let refused = |call| SyncError::unsupported(UnsupportedCall::Pthread(call));
    let key = KEY
        .get_or_init(new_key)
        .ok_or_else(|| refused("pthread_key_create"))?;
    // Any value but null calls the destructor.
    let value = ptr::without_provenance::<c_void>(1);
    // SAFETY: the key was created above and is never deleted.
    match unsafe { libc::pthread_setspecific(key, value) } {
        0 => Ok(()),
        _ => Err(refused("pthread_setspecific")),
    }
}

/// What the thread that ends tells the keeper, and hears from it.
#[derive(Debug)]
struct Handover {
    from: u32,
    /// The address of a node to take over, or one of the two below.
    message: AtomicU64,
}

/// The keeper waits for the next node.
const READY: u64 = 0;
/// There is no further node.
const OVER: u64 = 1;
/// The keeper has yet to start.
const STARTING: u64 = 2;

impl Handover {
    fn await_message(&self, wanted: impl Fn(u64) -> bool) -> u64 {
        loop {
            let message = self.message.load(Ordering::Acquire);
            if wanted(message) {
                return message;
            }
            spin_loop();
            std::thread::yield_now();
        }
    }
}

extern "C" fn thread_ends(_value: *mut c_void) {
    // In a forked child the list is empty: what its copy had is the parent's.
    let _ = ThreadList::with(|me| {
        if me.keeps_any() {
            hand_over(me);
        }
    });
}

fn hand_over(me: &ThreadList) {
    let handover = Arc::new(Handover {
        from: me.tid(),
        message: AtomicU64::new(STARTING),
    });
    start_keeper(&handover);
    handover.await_message(|message| message == READY);
    me.give_up_kept(|node| {
        handover.message.store(node, Ordering::Release);
        handover.await_message(|message| message == READY);
    });
    handover.message.store(OVER, Ordering::Release);
}

/// Starts a thread that runs [`keep`], which no signal reaches.
///
/// Without one, views of what was claimed could see it change: then the process must not go on.
fn start_keeper(handover: &Arc<Handover>) {
    const STACK_LEN: usize = 256 * 1024;
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut everything = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    let mut thread = 0;
    let argument = Arc::into_raw(Arc::clone(handover))
        .cast_mut()
        .cast::<c_void>();
    // SAFETY: it initialises the attributes it is given.
    let mut answer = unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) };
    // SAFETY: the attributes are initialised.
    answer |= unsafe { libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_LEN) };
    // SAFETY: it initialises the set it is given.
    unsafe { libc::sigfillset(everything.as_mut_ptr()) };
    let block = libc::SIG_BLOCK;
    // SAFETY: the first set is initialised, and the second is written.
    unsafe { libc::pthread_sigmask(block, everything.as_ptr(), before.as_mut_ptr()) };
    // SAFETY: the attributes are initialised, `keep` takes such an argument, and it stays valid: its
    // count was not given back.
    answer |= unsafe { libc::pthread_create(&raw mut thread, attributes.as_ptr(), keep, argument) };
    // SAFETY: the set was written by the call before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    if answer != 0 {
        std::process::abort();
    }
}

extern "C" fn keep(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `start_keeper` made the argument from such an `Arc` and left this thread its count.
    let handover = unsafe { Arc::from_raw(argument.cast_const().cast::<Handover>()) };
    let kept = ThreadList::with(|me| {
        handover.message.store(READY, Ordering::Release);
        loop {
            match handover.await_message(|message| message != READY) {
                OVER => break,
                node => me.take_over(node, handover.from),
            }
            handover.message.store(READY, Ordering::Release);
        }
    });
    if kept.is_err() {
        std::process::abort();
    }
    drop(handover);
    loop {
        // SAFETY: it takes nothing, and no signal is let through that would end it.
        unsafe { libc::pause() };
    }
}
