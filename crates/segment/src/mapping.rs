//! [`Mapping`]: a segment's file in this process's memory; nothing else in the workspace maps one.

use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::Ordering::Relaxed;

use memmap2::{MmapOptions, MmapRaw};
use rustix::io::Errno;

use crate::advice::Advice;
use crate::error::{SegmentError, errno_of};
use crate::layout::Extents;
use crate::populated::{self, Populated};
use crate::room;
use crate::segment::Access;

/// The whole of a segment's file, mapped shared. Unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: MmapRaw,
    access: Access,
    populated: Populated,
}

impl Mapping {
    /// Maps all of `file`, which must be as long as its `extents` say.
    ///
    /// The mapping stays out of core dumps: a crashed process would otherwise write out, and wait
    /// for, every segment that it had attached.
    pub(crate) fn new(
        file: BorrowedFd<'_>,
        extents: Extents,
        access: Access,
    ) -> Result<Self, SegmentError> {
        let len = extents.file_len as usize;
        let mut options = MmapOptions::new();
        options.len(len);
        let map = match access {
            Access::ReadWrite => options.map_raw(file.as_raw_fd()),
            Access::ReadOnly => options.map_raw_read_only(file.as_raw_fd()),
        }
        .map_err(|error| room::mapping_failed(len, errno_of(&error)))?;
        map.advise(memmap2::Advice::DontDump)
            .map_err(advise_failed)?;
        Ok(Self {
            map,
            access,
            populated: Populated::default(),
        })
    }

    #[inline]
    pub(crate) fn start(&self) -> *mut u8 {
        self.map.as_mut_ptr()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    #[inline]
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn include_in_core_dumps(&self) -> Result<(), SegmentError> {
        self.map
            .advise(memmap2::Advice::DoDump)
            .map_err(advise_failed)
    }

    /// Tells the kernel how `range`, which lies within, is going to be used.
    pub(crate) fn advise(&self, advice: Advice, range: Range<usize>) -> rustix::io::Result<()> {
        let advice = match advice {
            Advice::Normal => memmap2::Advice::Normal,
            Advice::Sequential => memmap2::Advice::Sequential,
            Advice::Random => memmap2::Advice::Random,
            Advice::WillNeed => memmap2::Advice::WillNeed,
            Advice::HugePages => memmap2::Advice::HugePage,
        };
        self.tell(advice, range)
    }

    /// Maps the pages of `range`, which lies within, for writing, if the kernel can do that at once.
    pub(crate) fn populate(&self, range: Range<usize>) -> rustix::io::Result<()> {
        self.populated.each_missing(self.len(), range, |missing| {
            if !populated::IS_KNOWN.load(Relaxed) {
                return Ok(());
            }
            match self.tell(memmap2::Advice::PopulateWrite, missing) {
                // The kernel's answer to advice that it does not know, and a sandbox's.
                Err(Errno::INVAL | Errno::PERM) => {
                    populated::IS_KNOWN.store(false, Relaxed);
                    Ok(())
                }
                populated => populated,
            }
        })
    }

    fn tell(&self, advice: memmap2::Advice, range: Range<usize>) -> rustix::io::Result<()> {
        self.map
            .advise_range(advice, range.start, range.len())
            .map_err(|error| Errno::from_raw_os_error(errno_of(&error)))
    }
}

fn advise_failed(error: io::Error) -> SegmentError {
    SegmentError::System {
        call: "madvise",
        errno: errno_of(&error),
    }
}
