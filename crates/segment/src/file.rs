//! Segments in files on a local disk: for arrays larger than memory, and for what outlives the machine's run.

use std::path::Path;

use rustix::fs::fdatasync;

use crate::entry;
use crate::error::SegmentError;
use crate::layout::Layout;
use crate::segment::{Backing, Lifetime, Segment};
use crate::site::Site;

impl Segment {
    /// A new segment in the file `path`, filled by `init` before anybody can see it.
    ///
    /// Its bytes are the file's, of which the kernel keeps in memory what it has room for: it may be
    /// larger than memory. Disk space is taken for all of it before this returns. The file appears at
    /// once and whole, belongs to this user alone (mode 0600), and stays until it is deleted as any
    /// file is; whoever has it open by then keeps its bytes.
    ///
    /// The file system must be one of this machine: on a network file system or FUSE, processes of
    /// other machines could have the file as well, and neither locks nor writes would reach them.
    /// After a power cut the payload is what had reached the disk, see [`flush`](Self::flush).
    /// Space is taken for good where files are overwritten in place; a file system that copies on
    /// write (btrfs with snapshots) can still run out of it at a write, which kills the process.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::AlreadyExists`] if there is a file at `path`.
    /// - [`SegmentError::NoSpace`] if the file system or a limit to file sizes leaves too little room.
    /// - [`SegmentError::NotLocal`] if other machines can have the file.
    /// - [`SegmentError::NoDirectory`] if there is no directory for it, or it cannot be written;
    ///   [`SegmentError::InvalidPath`] if `path` names no file.
    /// - [`SegmentError::Unsupported`] if the file system cannot make files without a name.
    /// - What `init` returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment, SegmentError};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-file-{}", std::process::id()));
    /// let segment = Segment::create_file(&path, Layout::payload(5), |segment| {
    ///     segment.payload().write(0, b"hello")
    /// })?;
    /// drop(segment);
    ///
    /// let opened = Segment::open_file(&path)?; // today, or after a reboot
    /// let mut bytes = [0; 5];
    /// opened.payload().read(0, &mut bytes)?;
    /// assert_eq!(&bytes, b"hello");
    /// # std::fs::remove_file(&path).expect("a file of ours");
    /// # Ok::<(), SegmentError>(())
    /// ```
    #[doc(alias = "memmap")]
    #[doc(alias = "mmap")]
    pub fn create_file<E: From<SegmentError>>(
        path: impl AsRef<Path>,
        layout: Layout,
        init: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let site = Site::file(path.as_ref())?;
        entry::create(&site, layout, Lifetime::Persistent, init)
    }

    /// Opens the segment in the file `path`, as one more of its users.
    ///
    /// A copy of a segment's file, and a file that an earlier run of the machine left, becomes a
    /// segment of its own: it gets a new id and its lock area is zeroed, because whoever held those
    /// locks is not here. That is done by its first user, before there is another.
    ///
    /// What lies there is checked before it is mapped, and only then. A file cannot be sealed: if a
    /// process of the same user cuts it short while it is mapped, whoever then touches the missing
    /// bytes is killed by the kernel (SIGBUS); an anonymous segment rules this out.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NotFound`] if there is no such file.
    /// - [`SegmentError::NotLocal`] if other machines can have the file.
    /// - [`SegmentError::Refused`], [`SegmentError::Corrupt`], [`SegmentError::NoSpace`] and
    ///   [`SegmentError::Busy`] as by [`open`](Self::open).
    /// - [`SegmentError::NoDirectory`] and [`SegmentError::InvalidPath`] as by
    ///   [`create_file`](Self::create_file).
    #[doc(alias = "memmap")]
    pub fn open_file(path: impl AsRef<Path>) -> Result<Self, SegmentError> {
        entry::open(&Site::file(path.as_ref())?)
    }

    /// Opens the segment in the file `path`, or creates it as [`create_file`](Self::create_file)
    /// does.
    ///
    /// Of many processes that do this at once exactly one creates, and all get the same segment. An
    /// existing segment keeps its layout and bytes. `init` runs at most once, and may run in vain if
    /// another process is faster.
    ///
    /// # Errors
    ///
    /// As [`create_file`](Self::create_file), without `AlreadyExists`, and
    /// [`open_file`](Self::open_file), without `NotFound`.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment, SegmentError};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-either-file-{}", std::process::id()));
    /// let open = || -> Result<Segment, SegmentError> {
    ///     Segment::open_or_create_file(&path, Layout::payload(8), |_| Ok(()))
    /// };
    /// let (one, two) = (open()?, open()?);
    /// assert_eq!(one.id(), two.id());
    /// # std::fs::remove_file(&path).expect("a file of ours");
    /// # Ok::<(), SegmentError>(())
    /// ```
    pub fn open_or_create_file<E: From<SegmentError>>(
        path: impl AsRef<Path>,
        layout: Layout,
        init: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let site = Site::file(path.as_ref())?;
        match entry::open(&site) {
            Err(SegmentError::NotFound { .. }) => {}
            opened => return Ok(opened?),
        }
        entry::create_unless_there(&site, layout, Lifetime::Persistent, init)
    }

    /// Waits until all that was written to the segment by now, by any process, is on the disk that
    /// its file lies on. What is in memory only has nothing to wait for.
    ///
    /// # Errors
    ///
    /// [`SegmentError::System`] if the disk reports an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment, SegmentError};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-flush-{}", std::process::id()));
    /// let segment = Segment::create_file(&path, Layout::payload(8), |_| Ok::<(), SegmentError>(()))?;
    /// segment.payload().write(0, b"for good")?;
    /// segment.flush()?;
    /// # std::fs::remove_file(&path).expect("a file of ours");
    /// # Ok::<(), SegmentError>(())
    /// ```
    #[doc(alias = "msync")]
    #[doc(alias = "fsync")]
    pub fn flush(&self) -> Result<(), SegmentError> {
        match self.backing() {
            Backing::Anonymous(_) => Ok(()),
            Backing::Linked(tenancy) => {
                fdatasync(tenancy).map_err(SegmentError::system("fdatasync"))
            }
        }
    }
}
