//! Named segments: created whole under a name in `/dev/shm`, opened by that name, and gone with
//! their last user.

use crate::entry;
use crate::error::SegmentError;
use crate::handle::{Handle, Location};
use crate::layout::Layout;
use crate::name::SegmentName;
use crate::prune;
use crate::segment::{Backing, Lifetime, Segment};
use crate::site::Site;

impl Segment {
    /// A new segment called `name`, filled by `init` before anybody can see it.
    ///
    /// The segment appears under its name at once and whole: if this process is killed anywhere
    /// in here, nothing is left. Its file belongs to this user alone (mode 0600, whatever the
    /// umask). A dead segment of that name, whose users were all killed, is removed first, and so
    /// is every other dead segment of this user, unless this process has looked for them within
    /// the last tenth of a second and there is room.
    ///
    /// `init` gets the zeroed segment. If it fails, its error is returned and nothing was created.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::AlreadyExists`] if a living segment or any other file has the name.
    /// - [`SegmentError::NoSpace`] if some limit leaves too little room.
    /// - [`SegmentError::NoDirectory`] if there is no `/dev/shm`.
    /// - [`SegmentError::Busy`] if others kept creating and removing the name for a second.
    /// - What `init` returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
    ///
    /// let name = SegmentName::new(format!("doc-create-{}", std::process::id()))?;
    /// let segment = Segment::create(&name, Layout::payload(5), Lifetime::LastUser, |segment| {
    ///     segment.payload().write(0, b"hello")
    /// })?;
    /// let opened = Segment::open(&name)?;
    /// drop(segment);
    /// let mut bytes = [0; 5];
    /// opened.payload().read(0, &mut bytes)?;
    /// assert_eq!(&bytes, b"hello");
    ///
    /// drop(opened);
    /// assert!(matches!(Segment::open(&name), Err(SegmentError::NotFound { .. })));
    /// # Ok::<(), SegmentError>(())
    /// ```
    #[doc(alias = "shm_open")]
    #[doc(alias = "SharedMemory")]
    pub fn create<E: From<SegmentError>>(
        name: &SegmentName,
        layout: Layout,
        lifetime: Lifetime,
        init: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        prune::sweep_now_and_then();
        entry::create(&Site::named(name), layout, lifetime, init)
    }

    /// Opens the living segment called `name`, as one more of its users.
    ///
    /// What has the name is checked before it is mapped; whatever it is, opening it changes
    /// nothing about it and does not harm this process. A dead segment, whose users were all
    /// killed, is removed instead. A copy of a segment's file becomes a segment of its own, with a
    /// new id and its lock area zeroed.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NotFound`] if there is none, or it was dead.
    /// - [`SegmentError::Refused`] if the name is another user's, a symbolic link, no regular file,
    ///   has more names than one, or a mode other than 0600.
    /// - [`SegmentError::Corrupt`] if the file is no whole segment of this version.
    /// - [`SegmentError::NoSpace`] if the address space has no room for it.
    /// - [`SegmentError::Busy`] if others kept creating and removing the name for a second.
    #[doc(alias = "shm_open")]
    pub fn open(name: &SegmentName) -> Result<Self, SegmentError> {
        entry::open(&Site::named(name))
    }

    /// Opens the living segment called `name`, or creates it as [`create`](Self::create) does.
    ///
    /// Of many processes that do this at once exactly one creates, and all get the same segment.
    /// An existing segment keeps its layout, lifetime and bytes: `layout` and `lifetime` say what
    /// to create. `init` runs at most once, and may run in vain if another process is faster.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), without `AlreadyExists`, and [`open`](Self::open), without
    /// `NotFound`.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
    ///
    /// let name = SegmentName::new(format!("doc-either-{}", std::process::id()))?;
    /// let open = || -> Result<Segment, SegmentError> {
    ///     Segment::open_or_create(&name, Layout::payload(8), Lifetime::LastUser, |_| Ok(()))
    /// };
    /// assert_eq!(open()?.len(), 8);
    /// let (one, two) = (open()?, open()?);
    /// assert_eq!(one.id(), two.id());
    /// # Ok::<(), SegmentError>(())
    /// ```
    pub fn open_or_create<E: From<SegmentError>>(
        name: &SegmentName,
        layout: Layout,
        lifetime: Lifetime,
        init: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        match Self::open(name) {
            Err(SegmentError::NotFound { .. }) => {}
            opened => return Ok(opened?),
        }
        prune::sweep_now_and_then();
        entry::create_unless_there(&Site::named(name), layout, lifetime, init)
    }

    /// Gives up this process's part in keeping the segment's name, and removes the name if it was the
    /// last to have one. Bytes and locks stay attached.
    ///
    /// Dropping the last clone does the same. This is for a process that is about to end without
    /// dropping anything. An anonymous or persistent segment is left as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
    ///
    /// let name = SegmentName::new(format!("doc-leave-{}", std::process::id()))?;
    /// let segment = Segment::create(&name, Layout::payload(5), Lifetime::LastUser, |segment| {
    ///     segment.payload().write(0, b"bytes")
    /// })?;
    /// segment.leave();
    /// assert!(matches!(Segment::open(&name), Err(SegmentError::NotFound { .. })));
    /// let mut bytes = [0; 5];
    /// segment.payload().read(0, &mut bytes)?;
    /// assert_eq!(&bytes, b"bytes");
    /// # Ok::<(), SegmentError>(())
    /// ```
    pub fn leave(&self) {
        if let Backing::Linked(tenancy) = self.backing() {
            tenancy.leave();
        }
    }

    /// Opens the segment that `handle` was taken from, and no other.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NeedsTransport`] if the handle is an anonymous segment's.
    /// - [`SegmentError::Stale`] if another segment has the name or path by now.
    /// - Those of [`open`](Self::open) and [`open_file`](Self::open_file).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName};
    ///
    /// let name = SegmentName::new(format!("doc-handle-{}", std::process::id()))?;
    /// let create = || -> Result<Segment, SegmentError> {
    ///     Segment::create(&name, Layout::payload(8), Lifetime::LastUser, |_| Ok(()))
    /// };
    /// let segment = create()?;
    /// let handle = segment.handle();
    /// assert_eq!(Segment::open_handle(&handle)?.id(), segment.id());
    ///
    /// drop(segment);
    /// let another = create()?;
    /// assert!(matches!(Segment::open_handle(&handle), Err(SegmentError::Stale { .. })));
    /// # Ok::<(), SegmentError>(())
    /// ```
    pub fn open_handle(handle: &Handle) -> Result<Self, SegmentError> {
        let segment = match &handle.place {
            Location::Anonymous => return Err(SegmentError::NeedsTransport { id: handle.id }),
            Location::Named(name) => Self::open(name)?,
            Location::File(path) => Self::open_file(path)?,
        };
        if segment.id() != handle.id {
            return Err(SegmentError::Stale {
                place: handle.place.clone(),
                expected: handle.id,
                found: segment.id(),
            });
        }
        Ok(segment)
    }
}
