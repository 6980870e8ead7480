//! [`ForkMark`]: tells a process from the forked child that has a copy of all its memory.
#![expect(
    unsafe_code,
    reason = "madvise(MADV_WIPEONFORK) has no safe form; it takes bytes away from a child"
)]

use std::hint::black_box;
use std::io;

use memmap2::MmapMut;
use rustix::mm::{Advice, madvise};

/// A page that the kernel hands to a forked child as zeros, whichever call made the child.
pub(crate) struct ForkMark {
    page: MmapMut,
}

const SET: u8 = 1;

impl ForkMark {
    pub(crate) fn new() -> io::Result<Self> {
        let mut page = MmapMut::map_anon(1)?;
        // SAFETY: `madvise` requires that the advice takes no bytes away that are relied on: this
        // one makes zeros of them in a forked child, a value like any other for bytes of a private
        // mapping that nobody there borrows, as the child begins with nothing but a copied stack.
        unsafe {
            madvise(
                page.as_mut_ptr().cast(),
                page.len(),
                Advice::LinuxWipeOnFork,
            )
        }?;
        page[0] = SET;
        Ok(Self { page })
    }

    /// Whether this is the process that made the mark.
    pub(crate) fn is_ours(&self) -> bool {
        *black_box(&self.page[0]) == SET
    }
}
