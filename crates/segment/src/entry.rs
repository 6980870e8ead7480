//! Segments that a directory entry leads to: created whole, opened, and adopted when displaced.

use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Duration;

use rustix::fs::{fstat, fstatfs};

use crate::control::{ControlPage, Corruption, FileId, lifetime_code};
use crate::error::SegmentError;
use crate::file_system;
use crate::foreign;
use crate::handle::Location;
use crate::layout::Layout;
use crate::mapping::Mapping;
use crate::prune;
use crate::segment::{Access, Backing, Lifetime, Segment};
use crate::site::Site;
use crate::stamp;
use crate::tenancy::{self, Departure, Lost, Tenancy};

/// How often an entry that changes hands is tried. Only a process that was stopped in the middle
/// of a removal can use them all up, which takes a second.
const ATTEMPTS: u32 = 1000;
/// Attempts that are made at once, before the others wait.
const AT_ONCE: u32 = 10;

/// A new segment at `site`, unless anything is there.
pub(crate) fn create<E: From<SegmentError>>(
    site: &Site,
    layout: Layout,
    lifetime: Lifetime,
    init: impl FnOnce(&Segment) -> Result<(), E>,
) -> Result<Segment, E> {
    if tenancy::is_taken(site)? && !prune::is_free(site)? {
        return Err(site.already_exists().into());
    }
    let segment = prepare(site, layout, lifetime, init)?;
    repeat(site, || publish(&segment, site))?;
    Ok(segment)
}

/// The living segment at `site`.
pub(crate) fn open(site: &Site) -> Result<Segment, SegmentError> {
    repeat(site, || try_open(site))
}

/// A new segment at `site`, or the one that another process was faster to put there.
pub(crate) fn create_unless_there<E: From<SegmentError>>(
    site: &Site,
    layout: Layout,
    lifetime: Lifetime,
    init: impl FnOnce(&Segment) -> Result<(), E>,
) -> Result<Segment, E> {
    let segment = prepare(site, layout, lifetime, init)?;
    let either = repeat(site, || match publish(&segment, site) {
        Err(Lost::Failed(SegmentError::AlreadyExists { .. })) => match try_open(site) {
            Err(Lost::Failed(SegmentError::NotFound { .. })) => Err(Lost::Race),
            opened => opened,
        },
        published => published.map(|()| segment.clone()),
    });
    Ok(either?)
}

/// Tries until the outcome is not a lost race.
fn repeat<T>(site: &Site, mut attempt: impl FnMut() -> Result<T, Lost>) -> Result<T, SegmentError> {
    for count in 0..ATTEMPTS {
        match attempt() {
            Ok(done) => return Ok(done),
            Err(Lost::Failed(error)) => return Err(error),
            Err(Lost::Race) if count < AT_ONCE => thread::yield_now(),
            Err(Lost::Race) => thread::sleep(Duration::from_millis(1)),
        }
    }
    Err(SegmentError::Busy {
        place: site.location().clone(),
        attempts: ATTEMPTS,
    })
}

/// A complete segment that nothing leads to yet.
fn prepare<E: From<SegmentError>>(
    site: &Site,
    layout: Layout,
    lifetime: Lifetime,
    init: impl FnOnce(&Segment) -> Result<(), E>,
) -> Result<Segment, E> {
    let tenancy = Tenancy::unpublished(site, lifetime)?;
    let stamp = || stamp::stamp(tenancy.as_fd(), layout, Some(lifetime), site.directory());
    let page = match stamp() {
        // The dead are in the way of the living.
        Err(SegmentError::NoSpace { .. }) if prune::sweep() => stamp(),
        stamped => stamped,
    }?;
    let segment = map(tenancy, page)?;
    init(&segment)?;
    Ok(segment)
}

fn publish(segment: &Segment, site: &Site) -> Result<(), Lost> {
    match tenancy::publish(segment.backing().as_fd(), site) {
        Err(SegmentError::AlreadyExists { .. }) if prune::is_free(site)? => Err(Lost::Race),
        published => Ok(published?),
    }
}

fn try_open(site: &Site) -> Result<Segment, Lost> {
    let (file, found) = foreign::open_file(site)?;
    if let Location::File(path) = site.location() {
        // A file can be mounted by itself, from elsewhere than its directory.
        let found = fstatfs(&file).map_err(SegmentError::system("fstatfs"))?;
        file_system::check_local(&found, path)?;
    }
    let id = FileId::of(&found);
    let mut page = stamp::read(file.as_fd(), &found, site.location())?;
    let Some(mut lifetime) = page.lifetime else {
        let found = lifetime_code(None);
        return Err(site.corrupt(Corruption::Lifetime { found }).into());
    };
    if stamp::is_displaced(&page, &found) {
        // Whoever copies a segment to a path of his own wants to keep it.
        if matches!(site.location(), Location::File(_)) {
            lifetime = Lifetime::Persistent;
        }
        page = adopt(file.as_fd(), id, site, lifetime)?;
    } else if lifetime == Lifetime::LastUser {
        bury(file.as_fd(), id, site)?;
    }
    let tenancy = Tenancy::enter(file, id, site, lifetime)?;
    stamp::check_whole(tenancy.as_fd(), site.location())?;
    Ok(map(tenancy, page)?)
}

/// Removes the entry if `file` is dead: it may hold what its users had half done when they died.
fn bury(file: BorrowedFd<'_>, id: FileId, site: &Site) -> Result<(), Lost> {
    match tenancy::unlink_unused(file, id, site)? {
        Departure::InUse => Ok(()),
        Departure::Gone => Err(Lost::Race),
        Departure::Unlinked => Err(site.not_found().into()),
    }
}

/// Makes a segment of its own of a file that was copied, or left by an earlier run of the machine.
///
/// Only while nobody else has it: the exclusive lock is held from before the last look until
/// [`Tenancy::enter`] turns it into a shared one.
fn adopt(
    file: BorrowedFd<'_>,
    id: FileId,
    site: &Site,
    lifetime: Lifetime,
) -> Result<ControlPage, Lost> {
    if !tenancy::lock_exclusive(file)? || !tenancy::is_named(id, site)? {
        return Err(Lost::Race);
    }
    let found = fstat(file).map_err(SegmentError::system("fstat"))?;
    let page = stamp::read(file, &found, site.location())?;
    if !stamp::is_displaced(&page, &found) {
        return Err(Lost::Race);
    }
    let page = ControlPage {
        lifetime: Some(lifetime),
        ..page
    };
    Ok(stamp::restamp(file, &page, site.directory())?)
}

fn map(tenancy: Tenancy, page: ControlPage) -> Result<Segment, SegmentError> {
    let mapping = Mapping::new(tenancy.as_fd(), page.extents, Access::ReadWrite)?;
    Ok(Segment::new(mapping, page, Backing::Linked(tenancy)))
}
