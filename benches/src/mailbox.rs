//! [`Mailbox`]: the least that a question to another process and its answer can cost.
#![expect(
    unsafe_code,
    reason = "fork, futex and the shared page are what is measured"
)]

use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::shared_page::shared_page;

const IDLE: u32 = 0;
const ASKED: u32 = 1;

/// A forked process that sleeps on a futex and answers each call at once; killed on drop.
#[derive(Debug)]
pub struct Mailbox {
    word: &'static AtomicU32,
    partner: i32,
}

impl Default for Mailbox {
    fn default() -> Self {
        Mailbox::start()
    }
}

impl Mailbox {
    /// Starts the partner.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn start() -> Mailbox {
        let word = shared_word();
        // SAFETY: the child runs only `answer_for_ever`, which neither allocates nor takes locks.
        let partner = unsafe { libc::fork() };
        assert_ne!(partner, -1, "fork");
        if partner == 0 {
            answer_for_ever(word);
        }
        Mailbox { word, partner }
    }

    /// Wakes the partner and sleeps until it has answered.
    pub fn round_trip(&self) {
        self.word.store(ASKED, Ordering::Release);
        wake(self.word);
        while self.word.load(Ordering::Acquire) == ASKED {
            wait(self.word, ASKED);
        }
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // SAFETY: it takes numbers only; the partner is our unreaped child, so the id is still its own.
        unsafe { libc::kill(self.partner, libc::SIGKILL) };
        // SAFETY: a null status is allowed.
        unsafe { libc::waitpid(self.partner, null_mut(), 0) };
    }
}

fn answer_for_ever(word: &AtomicU32) -> ! {
    // SAFETY: it takes numbers only.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    loop {
        while word.load(Ordering::Acquire) == IDLE {
            wait(word, IDLE);
        }
        word.store(IDLE, Ordering::Release);
        wake(word);
    }
}

fn shared_word() -> &'static AtomicU32 {
    // SAFETY: the page is zeroed, aligned, never unmapped, and used through this atomic alone.
    unsafe { AtomicU32::from_ptr(shared_page().cast().as_ptr()) }
}

pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    let timeout = null::<libc::timespec>();
    // SAFETY: the word is valid for the call and a null timeout means none.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            expected,
            timeout,
        )
    };
}

pub(crate) fn wake(word: &AtomicU32) {
    // SAFETY: the word is valid for the call.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, 1) };
}
