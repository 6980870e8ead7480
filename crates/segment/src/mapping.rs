//! [`Mapping`]: a segment's file in this process's memory; nothing else in the workspace maps any.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use memmap2::{Advice, MmapOptions, MmapRaw};

use crate::error::{SegmentError, errno_of};
use crate::layout::Extents;
use crate::room;
use crate::segment::Access;

/// The whole of a segment's file, mapped shared. Unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: MmapRaw,
    access: Access,
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
        map.advise(Advice::DontDump).map_err(advise_failed)?;
        Ok(Self { map, access })
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
        self.map.advise(Advice::DoDump).map_err(advise_failed)
    }
}

fn advise_failed(error: io::Error) -> SegmentError {
    SegmentError::System {
        call: "madvise",
        errno: errno_of(&error),
    }
}
