//! [`Advice`]: what a process tells the kernel about the pages of a segment, for speed alone.

use std::ops::Range;

use rustix::io::{Errno, pwrite};

use crate::error::SegmentError;
use crate::handle::Location;
use crate::room;
use crate::segment::{Access, Segment};

/// How a range of a segment's payload is going to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// In no way that could be told: what holds until something else is said.
    Normal,
    /// From front to back: of a file on a disk, much is read ahead and soon let go.
    Sequential,
    /// Here and there: of a file on a disk, nothing is read ahead.
    Random,
    /// Soon: of a file on a disk, it is read in the background.
    WillNeed,
    /// Much and often: pages of 2 MiB or so are worth looking for.
    HugePages,
}

impl Segment {
    /// Tells the kernel how this process is going to use a range of the payload. It changes how fast
    /// that is, and nothing else.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OutOfBounds`] if the range does not lie within the payload.
    /// - [`SegmentError::Unsupported`] for [`Advice::HugePages`], if the kernel has none.
    /// - [`SegmentError::System`] if the kernel refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Advice, Layout, Segment};
    ///
    /// let segment = Segment::anonymous(Layout::payload(1 << 20))?;
    /// segment.advise(Advice::Sequential, 0..segment.len())?;
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    #[doc(alias = "madvise")]
    pub fn advise(&self, advice: Advice, range: Range<usize>) -> Result<(), SegmentError> {
        self.check_range(&range)?;
        match self.mapping().advise(advice, range) {
            Err(Errno::INVAL) if advice == Advice::HugePages => Err(SegmentError::Unsupported {
                call: "madvise(MADV_HUGEPAGE)",
                since: "4.8, if it is built with transparent huge pages",
            }),
            advised => advised.map_err(SegmentError::system("madvise")),
        }
    }

    /// Gives this process the pages of a range of the payload, ready to be written, all at once.
    ///
    /// Without this, each of them costs a page fault at its first touch; writing a fresh range, or one
    /// that another process has made, takes about half the time with it. Nobody's bytes change. Pages
    /// that it was called for before cost nothing again. Before Linux 5.14 it does nothing, and
    /// neither does it for a segment in a file, whose pages are best read from the disk as they are
    /// touched.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OutOfBounds`] if the range does not lie within the payload.
    /// - [`SegmentError::ReadOnly`] if the segment is frozen.
    /// - [`SegmentError::System`] with `EFAULT` if somebody has cut the file short: touching the
    ///   bytes would kill this process.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment};
    ///
    /// let segment = Segment::anonymous(Layout::payload(1 << 20))?;
    /// segment.populate(0..segment.len())?;
    /// segment.payload().fill(0, segment.len(), 1)?;
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    #[doc(alias = "MADV_POPULATE_WRITE")]
    pub fn populate(&self, range: Range<usize>) -> Result<(), SegmentError> {
        self.check_range(&range)?;
        self.check_writable()?;
        if matches!(self.location(), Location::File(_)) {
            return Ok(());
        }
        self.mapping()
            .populate(range)
            .map_err(SegmentError::system("madvise(MADV_POPULATE_WRITE)"))
    }

    /// Copies all of `data` to `offset` of the payload, as [`Bytes::write`](crate::Bytes::write) does,
    /// by way of the file instead of the mapping.
    ///
    /// For memory that nobody has touched yet this is the fastest way: the kernel does not zero what
    /// is overwritten at once, and there are no page faults. For other memory it is not.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OutOfBounds`] if it does not fit there; nothing is written then.
    /// - [`SegmentError::ReadOnly`] if the segment is frozen.
    /// - [`SegmentError::System`] if the kernel refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment};
    ///
    /// let numbers = vec![1; 1 << 20];
    /// let segment = Segment::anonymous(Layout::payload(numbers.len()))?;
    /// segment.write_through(0, &numbers)?;
    /// let mut last = [0];
    /// segment.payload().read(numbers.len() - 1, &mut last)?;
    /// assert_eq!(last, [1]);
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    #[doc(alias = "pwrite")]
    pub fn write_through(&self, offset: usize, data: &[u8]) -> Result<(), SegmentError> {
        let bytes = self.payload().slice(offset, data.len())?;
        self.check_writable()?;
        // A write behind the limit to file sizes would be answered with SIGXFSZ.
        if room::check_file_size((offset + data.len()) as u64).is_err() {
            return bytes.write(0, data);
        }
        let mut written = 0;
        while written < data.len() {
            match pwrite(self.backing(), &data[written..], (offset + written) as u64) {
                Ok(n) => written += n,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(SegmentError::system("pwrite")(errno)),
            }
        }
        Ok(())
    }

    fn check_range(&self, range: &Range<usize>) -> Result<(), SegmentError> {
        if range.start > range.end || range.end > self.len() {
            return Err(SegmentError::OutOfBounds {
                offset: range.start,
                len: range.len(),
                available: self.len(),
            });
        }
        Ok(())
    }

    fn check_writable(&self) -> Result<(), SegmentError> {
        match self.access() {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(SegmentError::ReadOnly),
        }
    }
}
