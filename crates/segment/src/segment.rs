//! [`Segment`]: bytes that processes share, mapped here for as long as any clone lives.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use crate::bytes::Bytes;
use crate::control::ControlPage;
use crate::error::SegmentError;
use crate::handle::{Handle, Location};
use crate::id::SegmentId;
use crate::mapping::Mapping;
use crate::name::SegmentName;
use crate::origin::PidNamespace;
use crate::tenancy::Tenancy;

/// Bytes that processes share.
///
/// A segment has a payload, which is the user's; a lock area for the layer above, zeroed at birth;
/// and a control page that says what it is. [`anonymous`](Self::anonymous) segments are passed to
/// other processes by descriptor, [named](Self::create) ones are found by name in `/dev/shm`, and
/// those [in a file](Self::create_file) by its path.
///
/// A clone is another reference to the same mapping, which is undone when the last one is dropped.
/// The order in which segments, clones and handles are dropped never matters.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Segment};
///
/// let segment = Segment::anonymous(Layout::payload(1 << 20))?;
/// segment.payload().write(0, b"hello")?;
///
/// let clone = segment.clone();
/// drop(segment);
/// let mut read = [0; 5];
/// clone.payload().read(0, &mut read)?;
/// assert_eq!(&read, b"hello");
/// # Ok::<(), multiproc_segment::SegmentError>(())
/// ```
#[derive(Clone)]
pub struct Segment(Arc<Attached>);

/// One attachment of a segment to this process.
pub(crate) struct Attached {
    pub(crate) mapping: Mapping,
    pub(crate) page: ControlPage,
    pub(crate) file: Backing,
}

/// What keeps the segment's memory reachable besides the mapping.
pub(crate) enum Backing {
    /// A memfd: gone with the last descriptor and mapping anywhere.
    Anonymous(OwnedFd),
    /// A file that a name or path leads to: held by its [`Tenancy`].
    Linked(Tenancy),
}

/// Whether a mapping may be written through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads and writes.
    ReadWrite,
    /// Reads only; nobody can write, here or elsewhere, because the segment is frozen.
    ReadOnly,
}

/// How long a segment with a name lives. One in a file is always persistent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Until its last user drops it or dies.
    ///
    /// A user is a process that created or opened it. Whoever is killed counts as gone at once;
    /// if nobody was left to remove the name, the next creation, opening or prune does.
    #[default]
    LastUser,
    /// Until [`remove`](crate::remove) or the end of the machine's run; in a file, until that is
    /// deleted.
    Persistent,
}

impl Segment {
    pub(crate) fn new(mapping: Mapping, page: ControlPage, file: Backing) -> Self {
        Self(Arc::new(Attached {
            mapping,
            page,
            file,
        }))
    }

    /// How many bytes of payload there are.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.page().extents.payload_len as usize
    }

    /// Whether there is no payload.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the lock area has: what [`Layout::control_len`](crate::Layout::control_len)
    /// asked for, rounded up to a multiple of 4096.
    #[must_use]
    pub fn control_len(&self) -> usize {
        self.page().extents.control_len as usize
    }

    /// The id by which this segment differs from every other.
    #[must_use]
    pub fn id(&self) -> SegmentId {
        self.page().id
    }

    /// The name under which it was created or opened; `None` for an anonymous one, and for one in
    /// a file.
    #[must_use]
    pub fn name(&self) -> Option<&SegmentName> {
        match self.location() {
            Location::Named(name) => Some(name),
            Location::Anonymous | Location::File(_) => None,
        }
    }

    /// The file that its bytes are in, as an absolute path: of a named segment that in `/dev/shm`.
    /// `None` for an anonymous one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0.file {
            Backing::Anonymous(_) => None,
            Backing::Linked(tenancy) => Some(tenancy.site().path()),
        }
    }

    /// The [`Layout::kind`](crate::Layout::kind) that its creator gave. A layer that opens a
    /// segment compares this with its own before it believes the payload.
    #[must_use]
    pub fn kind(&self) -> u64 {
        self.page().kind
    }

    /// How long its name or file lives; `None` for an anonymous one, which lives as long as any
    /// process has it.
    #[must_use]
    pub fn lifetime(&self) -> Option<Lifetime> {
        self.page().lifetime
    }

    /// Whether this mapping may be written through.
    #[must_use]
    pub fn access(&self) -> Access {
        self.0.mapping.access()
    }

    /// A few dozen bytes by which another process finds this segment.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle {
            id: self.id(),
            place: self.location().clone(),
        }
    }

    /// The payload.
    #[must_use]
    #[inline]
    pub fn payload(&self) -> Bytes<'_> {
        self.part(0, self.len())
    }

    /// The lock area: bytes for the layer above, zero at birth, on pages of their own.
    #[must_use]
    pub fn control(&self) -> Bytes<'_> {
        self.part(self.page().extents.control_at as usize, self.control_len())
    }

    /// Whether thread ids stored in this segment mean the same threads here as at its creator.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::OtherPidNamespace`], which names both namespaces, if they do not: a lock
    ///   that records its owner would then mistake one process for another.
    /// - [`SegmentError::System`] if `/proc` is not mounted.
    pub fn check_pid_namespace(&self) -> Result<(), SegmentError> {
        let here = PidNamespace::current()?;
        let segment = self.page().pid_namespace;
        if segment == here {
            return Ok(());
        }
        Err(SegmentError::OtherPidNamespace { segment, here })
    }

    /// Lets core dumps of this process include the segment. By default they do not: a crashed
    /// process would write out, and wait for, everything that it had attached. What has a name or
    /// path is also subject to `/proc/self/coredump_filter`, bit 3, which most systems leave clear.
    ///
    /// # Errors
    ///
    /// [`SegmentError::System`] if the kernel refuses.
    #[doc(alias = "MADV_DODUMP")]
    pub fn include_in_core_dumps(&self) -> Result<(), SegmentError> {
        self.0.mapping.include_in_core_dumps()
    }

    #[inline]
    pub(crate) fn page(&self) -> &ControlPage {
        &self.0.page
    }

    /// Where others find it.
    pub(crate) fn location(&self) -> &Location {
        match &self.0.file {
            Backing::Anonymous(_) => &Location::Anonymous,
            Backing::Linked(tenancy) => tenancy.site().location(),
        }
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.0.mapping
    }

    pub(crate) fn backing(&self) -> &Backing {
        &self.0.file
    }

    /// The attachment itself, if this is its only clone; the number of clones otherwise.
    pub(crate) fn into_sole(self) -> Result<Attached, (Self, usize)> {
        Arc::try_unwrap(self.0).map_err(|shared| {
            let clones = Arc::strong_count(&shared);
            (Self(shared), clones)
        })
    }

    #[inline]
    fn part(&self, offset: usize, len: usize) -> Bytes<'_> {
        Bytes::whole(&self.0.mapping)
            .slice(offset, len)
            .expect("the extents lie within the file")
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("id", &self.id())
            .field("place", self.location())
            .field("len", &self.len())
            .field("control_len", &self.control_len())
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}

impl AsFd for Backing {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Anonymous(fd) => fd.as_fd(),
            Self::Linked(tenancy) => tenancy.as_fd(),
        }
    }
}
