//! Named segments: created whole under a name in `/dev/shm`, opened by that name, and gone with
//! their last user.

use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Duration;

use rustix::fs::fstat;

use crate::control::{ControlPage, Corruption, lifetime_code};
use crate::error::SegmentError;
use crate::handle::{Handle, Location};
use crate::layout::Layout;
use crate::mapping::Mapping;
use crate::name::SegmentName;
use crate::prune;
use crate::segment::{Access, Backing, Lifetime, Segment};
use crate::shm::{self, Departure, Lost, Tenancy};
use crate::stamp;

/// How often a name that changes hands is tried. Only a process that was stopped in the middle of
/// a removal can use them all up, which takes a second.
const ATTEMPTS: u32 = 1000;
/// Attempts that are made at once, before the others wait.
const AT_ONCE: u32 = 10;

impl Segment {
    /// A new segment called `name`, filled by `init` before anybody can see it.
    ///
    /// The segment appears under its name at once and whole: if this process is killed anywhere
    /// in here, nothing is left. Its file belongs to this user alone (mode 0600, whatever the
    /// umask). A dead segment of that name, whose users were all killed, is removed first, and so
    /// is every other dead segment of this user.
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
        prune::sweep();
        if shm::is_taken(name)? {
            return Err(SegmentError::AlreadyExists { name: name.clone() }.into());
        }
        let segment = prepare(name, layout, lifetime, init)?;
        repeat(name, || publish(&segment, name))?;
        Ok(segment)
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
        repeat(name, || try_open(name))
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
        prune::sweep();
        let segment = prepare(name, layout, lifetime, init)?;
        let either = repeat(name, || match publish(&segment, name) {
            Err(Lost::Failed(SegmentError::AlreadyExists { .. })) => match try_open(name) {
                Err(Lost::Failed(SegmentError::NotFound { .. })) => Err(Lost::Race),
                opened => opened,
            },
            published => published.map(|()| segment.clone()),
        });
        Ok(either?)
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
        if let Backing::Named(tenancy) = self.backing() {
            tenancy.leave();
        }
    }

    /// Opens the named segment that `handle` was taken from, and no other.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::NeedsTransport`] if the handle is an anonymous segment's.
    /// - [`SegmentError::Stale`] if the name is another segment's by now.
    /// - Those of [`open`](Self::open).
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
        let Location::Named(name) = &handle.place else {
            return Err(SegmentError::NeedsTransport { id: handle.id });
        };
        let segment = Self::open(name)?;
        if segment.id() != handle.id {
            let (expected, found) = (handle.id, segment.id());
            return Err(SegmentError::Stale {
                name: name.clone(),
                expected,
                found,
            });
        }
        Ok(segment)
    }
}

/// Tries until the outcome is not a lost race.
fn repeat<T>(
    name: &SegmentName,
    mut attempt: impl FnMut() -> Result<T, Lost>,
) -> Result<T, SegmentError> {
    for count in 0..ATTEMPTS {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(Lost::Failed(error)) => return Err(error),
            Err(Lost::Race) if count < AT_ONCE => thread::yield_now(),
            Err(Lost::Race) => thread::sleep(Duration::from_millis(1)),
        }
    }
    Err(SegmentError::Busy {
        name: name.clone(),
        attempts: ATTEMPTS,
    })
}

/// A complete segment that has no name yet.
fn prepare<E: From<SegmentError>>(
    name: &SegmentName,
    layout: Layout,
    lifetime: Lifetime,
    init: impl FnOnce(&Segment) -> Result<(), E>,
) -> Result<Segment, E> {
    let tenancy = Tenancy::unpublished(name, lifetime)?;
    let page = stamp::stamp(tenancy.as_fd(), layout, Some(lifetime))?;
    let segment = map(tenancy, page)?;
    init(&segment)?;
    Ok(segment)
}

fn publish(segment: &Segment, name: &SegmentName) -> Result<(), Lost> {
    match shm::publish(segment.backing().as_fd(), name) {
        Err(SegmentError::AlreadyExists { .. }) if prune::is_free(name)? => Err(Lost::Race),
        published => Ok(published?),
    }
}

fn try_open(name: &SegmentName) -> Result<Segment, Lost> {
    let (file, found) = shm::open_file(name)?;
    let page = stamp::read(file.as_fd(), &found, Some(name))?;
    let corrupt = |fault| SegmentError::Corrupt {
        name: Some(name.clone()),
        fault,
    };
    let Some(lifetime) = page.lifetime else {
        return Err(corrupt(Corruption::Lifetime {
            found: lifetime_code(None),
        })
        .into());
    };
    let page = if stamp::is_displaced(&page, &found) {
        adopt(file.as_fd(), name)?
    } else {
        if lifetime == Lifetime::LastUser {
            bury(file.as_fd(), name)?;
        }
        page
    };
    let tenancy = Tenancy::enter(file, name, lifetime)?;
    stamp::check_whole(tenancy.as_fd(), Some(name))?;
    Ok(map(tenancy, page)?)
}

/// Removes the name if `file` is dead: it may hold what its users had half done when they died.
fn bury(file: BorrowedFd<'_>, name: &SegmentName) -> Result<(), Lost> {
    match shm::unlink_unused(file, name)? {
        Departure::InUse => Ok(()),
        Departure::Gone => Err(Lost::Race),
        Departure::Unlinked => Err(SegmentError::NotFound { name: name.clone() }.into()),
    }
}

/// Makes a segment of its own of a file that was copied, or left by an earlier run of the machine.
fn adopt(file: BorrowedFd<'_>, name: &SegmentName) -> Result<ControlPage, Lost> {
    if !shm::lock_exclusive(file)? || !shm::is_named(file, name)? {
        return Err(Lost::Race);
    }
    let found = fstat(file).map_err(SegmentError::system("fstat"))?;
    let page = stamp::read(file, &found, Some(name))?;
    if !stamp::is_displaced(&page, &found) {
        return Err(Lost::Race);
    }
    Ok(stamp::restamp(file, &page)?)
}

fn map(tenancy: Tenancy, page: ControlPage) -> Result<Segment, SegmentError> {
    let mapping = Mapping::new(tenancy.as_fd(), page.extents, Access::ReadWrite)?;
    Ok(Segment::new(mapping, page, Backing::Named(tenancy)))
}
