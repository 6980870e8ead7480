//! Anonymous segments: a sealed memfd, which the kernel frees with its last user whatever happens.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::fs::{
    MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create,
    open,
};
use rustix::io::Errno;

use crate::control::{self, ControlPage, Corruption, FileId};
use crate::error::SegmentError;
use crate::handle::Location;
use crate::layout::Layout;
use crate::mapping::Mapping;
use crate::segment::{Access, Attached, Backing, Segment};
use crate::site::SHM;
use crate::stamp;

impl Segment {
    /// A new segment without a name, zeroed, readable and writable.
    ///
    /// Its memory is checked for and reserved before this returns, and its file can neither shrink
    /// nor grow. Other processes get it through a [`Transport`](crate::transport::Transport). The
    /// kernel takes the memory back when the last process has dropped it, or died.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NoSpace`] if some limit leaves too little room.
    /// - [`SegmentError::System`] if the process has too many descriptors open.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment};
    ///
    /// let segment = Segment::anonymous(Layout::payload(100))?;
    /// let mut bytes = [1; 100];
    /// segment.payload().read(0, &mut bytes)?;
    /// assert_eq!(bytes, [0; 100]);
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    #[doc(alias = "memfd_create")]
    #[doc(alias = "RawArray")]
    pub fn anonymous(layout: Layout) -> Result<Self, SegmentError> {
        let fd = create_memfd()?;
        let page = stamp::stamp(fd.as_fd(), layout, None, Path::new(SHM))?;
        let mapping = Mapping::new(fd.as_fd(), page.extents, Access::ReadWrite)?;
        fcntl_add_seals(&fd, FIXED_SIZE).map_err(SegmentError::system("fcntl(F_ADD_SEALS)"))?;
        Ok(Self::new(mapping, page, Backing::Anonymous(fd)))
    }

    /// Maps an anonymous segment whose descriptor came from another process.
    ///
    /// Nothing about the descriptor is believed: its seals, its size, and the control page are
    /// checked first, and whatever they say the process is not harmed. A frozen segment is mapped
    /// read-only.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NotSealed`] if the file could shrink or grow.
    /// - [`SegmentError::Corrupt`] if it is no whole anonymous segment.
    /// - [`SegmentError::NoSpace`] if the address space has no room for it.
    /// - [`SegmentError::System`] if the descriptor cannot be mapped for writing, though the
    ///   segment is not frozen.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    /// use multiproc_segment::{Layout, Segment, SegmentError};
    ///
    /// let segment = Segment::anonymous(Layout::payload(8))?;
    /// let descriptor = segment.descriptor().expect("an anonymous segment has one");
    /// let received = Segment::from_fd(descriptor.try_clone_to_owned()?)?;
    /// assert_eq!(received.id(), segment.id());
    ///
    /// let refused = Segment::from_fd(File::open("/dev/zero")?.into());
    /// assert!(matches!(refused, Err(SegmentError::NotSealed { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_fd(fd: OwnedFd) -> Result<Self, SegmentError> {
        let seals = seals(fd.as_fd())?;
        if let Some(missing) = missing_seals(seals) {
            return Err(SegmentError::NotSealed { missing });
        }
        let page = read_page(fd.as_fd())?;
        let (fd, access) = if seals.contains(SealFlags::WRITE) {
            (open_read_only(fd.as_fd())?, Access::ReadOnly)
        } else {
            (fd, Access::ReadWrite)
        };
        let mapping = Mapping::new(fd.as_fd(), page.extents, access)?;
        Ok(Self::new(mapping, page, Backing::Anonymous(fd)))
    }

    /// The descriptor of an anonymous segment, to be inherited by a child or sent by other means than
    /// a transport; [`from_fd`](Self::from_fd) takes it there. `None` for a segment with a name or
    /// path: two processes that shared its descriptor would count as one user.
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match self.backing() {
            Backing::Anonymous(fd) => Some(fd.as_fd()),
            Backing::Linked(_) => None,
        }
    }

    /// Makes the payload immutable, here and everywhere, for good.
    ///
    /// The writable mapping is dropped, the file is sealed against writing, and mapped again
    /// read-only. Processes that have not attached it yet get it read-only as well.
    ///
    /// # Errors
    ///
    /// [`SegmentError::NotFreezable`], beside the segment as it was, if it has a name, has other
    /// clones in this process (a transport keeps one of what it has received), or is mapped writably
    /// anywhere else. Other variants as in [`from_fd`](Self::from_fd).
    ///
    /// # Panics
    ///
    /// If the segment cannot be frozen, and other threads fill the address space in the instant
    /// in which it is not mapped.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment, SegmentError};
    ///
    /// let segment = Segment::anonymous(Layout::payload(8))?;
    /// segment.payload().write(0, b"constant")?;
    /// let frozen = segment.freeze().map_err(|(_, error)| error)?;
    /// assert!(frozen.is_frozen());
    /// assert_eq!(frozen.payload().write(0, b"changed!"), Err(SegmentError::ReadOnly));
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    #[doc(alias = "F_SEAL_WRITE")]
    pub fn freeze(self) -> Result<Self, (Self, SegmentError)> {
        if self.is_frozen() {
            return Ok(self);
        }
        let id = self.id();
        let refused =
            |segment, obstacle| Err((segment, SegmentError::NotFreezable { id, obstacle }));
        if matches!(self.backing(), Backing::Linked(_)) {
            return refused(self, Obstacle::Named);
        }
        // Mapped before anything is given up, so that nothing can fail once the file is sealed.
        let frozen = open_read_only(self.backing().as_fd()).and_then(|fd| {
            let mapping = Mapping::new(fd.as_fd(), self.page().extents, Access::ReadOnly)?;
            Ok((mapping, Backing::Anonymous(fd)))
        });
        let (frozen_mapping, frozen_file) = match frozen {
            Ok(frozen) => frozen,
            Err(error) => return Err((self, error)),
        };
        let Attached {
            mapping,
            page,
            file,
        } = match self.into_sole() {
            Ok(attached) => attached,
            Err((segment, clones)) => return refused(segment, Obstacle::Cloned { clones }),
        };
        drop(mapping);
        let Err(errno) = fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SEAL) else {
            return Ok(Self::new(frozen_mapping, page, frozen_file));
        };
        drop(frozen_mapping);
        let mapping = Mapping::new(file.as_fd(), page.extents, Access::ReadWrite)
            .expect("twice the address space was free a moment ago");
        let segment = Self::new(mapping, page, file);
        match errno {
            Errno::BUSY => refused(segment, Obstacle::StillWritable),
            errno => Err((segment, SegmentError::system("fcntl(F_ADD_SEALS)")(errno))),
        }
    }

    /// Whether nobody can write to the segment any more.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.access() == Access::ReadOnly
    }
}

/// The size of the file can be relied on: no access within it raises SIGBUS.
const FIXED_SIZE: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

fn create_memfd() -> Result<OwnedFd, SegmentError> {
    /// Whether the kernel knows NOEXEC_SEAL, as it does since 6.3: yes until it says otherwise.
    static IS_KNOWN: AtomicBool = AtomicBool::new(true);
    let name = "multiproc-segment";
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Where it is known, the system can be set to insist on it.
    if IS_KNOWN.load(Relaxed) {
        match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
            // The kernel's answer to a flag that it does not know, and a sandbox's.
            Err(Errno::INVAL | Errno::PERM) => IS_KNOWN.store(false, Relaxed),
            created => return created.map_err(SegmentError::system("memfd_create")),
        }
    }
    memfd_create(name, flags).map_err(SegmentError::system("memfd_create"))
}

fn seals(fd: BorrowedFd<'_>) -> Result<SealFlags, SegmentError> {
    match fcntl_get_seals(fd) {
        // What cannot be sealed at all answers EINVAL.
        Err(Errno::INVAL) => Ok(SealFlags::empty()),
        seals => seals.map_err(SegmentError::system("fcntl(F_GET_SEALS)")),
    }
}

fn missing_seals(seals: SealFlags) -> Option<&'static str> {
    match (
        seals.contains(SealFlags::SHRINK),
        seals.contains(SealFlags::GROW),
    ) {
        (true, true) => None,
        (false, true) => Some("F_SEAL_SHRINK"),
        (true, false) => Some("F_SEAL_GROW"),
        (false, false) => Some("F_SEAL_SHRINK and F_SEAL_GROW"),
    }
}

fn read_page(fd: BorrowedFd<'_>) -> Result<ControlPage, SegmentError> {
    let found = fstat(fd).map_err(SegmentError::system("fstat"))?;
    let page = stamp::read(fd, &found, &Location::Anonymous)?;
    let place = Location::Anonymous;
    let corrupt = |fault| Err(SegmentError::Corrupt { place, fault });
    if let Some(lifetime) = page.lifetime {
        return corrupt(Corruption::Lifetime {
            found: control::lifetime_code(Some(lifetime)),
        });
    }
    if page.file != FileId::of(&found) {
        return corrupt(Corruption::Copied);
    }
    stamp::check_whole(fd, &Location::Anonymous)?;
    Ok(page)
}

/// The same file under a descriptor that cannot write.
///
/// Before Linux 6.7 a write-sealed file could be mapped shared through no other.
fn open_read_only(fd: BorrowedFd<'_>) -> Result<OwnedFd, SegmentError> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(SegmentError::system("open of /proc/self/fd"))
}

/// What keeps a segment from being frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// It has a name or a path, and only memfds can be sealed.
    Named,
    /// This process has further clones of it, which may be writing.
    Cloned {
        /// How many clones there are, this one included.
        clones: usize,
    },
    /// Another mapping of it, here or in another process, may write.
    StillWritable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named => f.write_str("only anonymous segments can be sealed"),
            Self::Cloned { clones } => {
                write!(
                    f,
                    "this process holds {clones} clones of it; drop all but one"
                )
            }
            Self::StillWritable => f.write_str(
                "another mapping can still write to it; have every other process drop it first",
            ),
        }
    }
}
