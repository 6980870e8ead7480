//! [`shared_page`]: memory that a forked process shares, for what is measured between processes.
#![expect(unsafe_code, reason = "mmap has no safe form")]

use std::ptr::{NonNull, null_mut};

/// A page of zeros that forks share and that is never given back.
///
/// # Panics
///
/// If the kernel refuses.
#[must_use]
pub fn shared_page() -> NonNull<u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    // SAFETY: with a null address the kernel chooses a free range, so nothing of ours is replaced.
    let page = unsafe { libc::mmap(null_mut(), 4096, protection, flags, -1, 0) };
    assert_ne!(page, libc::MAP_FAILED, "mmap");
    NonNull::new(page.cast()).expect("a mapping that is not at address 0")
}
