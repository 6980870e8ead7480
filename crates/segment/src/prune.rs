//! [`prune`], [`list`] and [`remove`]: this user's named segments, looked at and cleared away.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::control::{ControlPage, FileId};
use crate::error::SegmentError;
use crate::foreign;
use crate::id::SegmentId;
use crate::name::SegmentName;
use crate::segment::Lifetime;
use crate::site::{self, Site};
use crate::stamp;
use crate::tenancy::{self, Departure};

/// What [`prune`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The segments that were dead and are gone now.
    pub removed: Vec<SegmentName>,
    /// How many segments of this user there are left: in use, or persistent.
    pub kept: usize,
    /// How many other files there are: other users', other programs', damaged, or copies that
    /// nobody has opened. They are left as they are.
    pub foreign: usize,
}

/// One named segment of this user, as [`list`] found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: SegmentName,
    /// Its id.
    pub id: SegmentId,
    /// Bytes of payload.
    pub len: usize,
    /// The [`kind`](crate::Layout::kind) that its creator gave.
    pub kind: u64,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// Whether any process uses it.
    pub in_use: bool,
}

/// How long [`remove`] holds out against others that look at the segment at the same time.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long creations of one process rely on the last of them to have removed what is dead.
const FRESH: Duration = Duration::from_millis(100);

/// What a file in the directory turned out to be.
enum Found {
    Foreign,
    Kept(OwnedFd, ControlPage, Lifetime),
    /// It was dead, and its name was taken away.
    Buried,
    /// Somebody else was faster.
    Gone,
}

/// Removes the names of this user's dead segments: those whose last user was killed.
///
/// A segment that anybody uses is never touched, and neither is a file that is not a segment of
/// this user. Creating a segment does the same on the way, now and then, and always when there is no
/// room for it, so that calling this is needed only to have the memory back sooner.
///
/// # Errors
///
/// [`SegmentError::NoDirectory`] if there is no `/dev/shm`.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, prune};
///
/// let name = SegmentName::new(format!("doc-prune-{}", std::process::id()))?;
/// let segment = Segment::create(&name, Layout::payload(8), Lifetime::LastUser, |_| {
///     Ok::<(), SegmentError>(())
/// })?;
/// assert!(!prune()?.removed.contains(&name));
/// # Ok::<(), SegmentError>(())
/// ```
#[doc(alias = "shm_unlink")]
pub fn prune() -> Result<Pruned, SegmentError> {
    let mut pruned = Pruned::default();
    for name in site::names()? {
        match look(&Site::named(&name)) {
            Found::Foreign => pruned.foreign += 1,
            Found::Kept(..) => pruned.kept += 1,
            Found::Buried => pruned.removed.push(name),
            Found::Gone => {}
        }
    }
    Ok(pruned)
}

/// This user's named segments, in the order of their names.
///
/// Dead ones that are met on the way are removed, as by [`prune`].
///
/// # Errors
///
/// [`SegmentError::NoDirectory`] if there is no `/dev/shm`.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, list};
///
/// let name = SegmentName::new(format!("doc-list-{}", std::process::id()))?;
/// let segment = Segment::create(&name, Layout::payload(8), Lifetime::LastUser, |_| {
///     Ok::<(), SegmentError>(())
/// })?;
/// let listed = list()?.into_iter().find(|listed| listed.name == name).unwrap();
/// assert_eq!((listed.id, listed.len, listed.in_use), (segment.id(), 8, true));
/// # Ok::<(), SegmentError>(())
/// ```
pub fn list() -> Result<Vec<Listed>, SegmentError> {
    let mut listed = Vec::new();
    for name in site::names()? {
        if let Found::Kept(file, page, lifetime) = look(&Site::named(&name)) {
            let in_use = match lifetime {
                // Without a user it would not have been kept.
                Lifetime::LastUser => true,
                Lifetime::Persistent => !tenancy::lock_exclusive(file.as_fd())?,
            };
            let (id, kind, len) = (page.id, page.kind, page.extents.payload_len as usize);
            listed.push(Listed {
                name,
                id,
                len,
                kind,
                lifetime,
                in_use,
            });
        }
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// Removes the unused segment called `name`, whatever its lifetime.
///
/// # Errors
///
/// - [`SegmentError::InUse`] if any process uses it, this one included, or is about to remove it.
/// - [`SegmentError::NotFound`] if there is none.
/// - [`SegmentError::Refused`] or [`SegmentError::Corrupt`] if the file is no segment of this user.
///
/// # Examples
///
/// ```
/// use multiproc_segment::{Layout, Lifetime, Segment, SegmentError, SegmentName, remove};
///
/// let name = SegmentName::new(format!("doc-remove-{}", std::process::id()))?;
/// let segment = Segment::create(&name, Layout::payload(8), Lifetime::Persistent, |segment| {
///     segment.payload().write(0, b"lasting!")
/// })?;
/// assert!(matches!(remove(&name), Err(SegmentError::InUse { .. })));
/// drop(segment);
/// assert_eq!(Segment::open(&name)?.len(), 8);
/// remove(&name)?;
/// # Ok::<(), SegmentError>(())
/// ```
#[doc(alias = "shm_unlink")]
pub fn remove(name: &SegmentName) -> Result<(), SegmentError> {
    let site = Site::named(name);
    let (file, found) = foreign::open_file(&site)?;
    stamp::read(file.as_fd(), &found, site.location())?;
    let start = Instant::now();
    loop {
        match tenancy::unlink_unused(file.as_fd(), FileId::of(&found), &site)? {
            Departure::Unlinked => return Ok(()),
            Departure::Gone => return Err(site.not_found()),
            // A listing holds the lock for an instant, which is not a use.
            Departure::InUse if start.elapsed() < PATIENCE => thread::sleep(PATIENCE / 20),
            Departure::InUse => return Err(SegmentError::InUse { name: name.clone() }),
        }
    }
}

/// [`prune`] on the way to something else, where a failure is none. Whether anything was removed.
pub(crate) fn sweep() -> bool {
    let names = site::names().unwrap_or_default();
    let removed = names
        .iter()
        .filter(|name| matches!(look(&Site::named(name)), Found::Buried));
    removed.count() > 0
}

/// [`sweep`], unless this process has done so a moment ago: its time grows with what is there.
pub(crate) fn sweep_now_and_then() {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    // Whoever does not get the lock, which a fork may have left locked for good, looks.
    let mut last = LAST.try_lock().ok();
    if let Some(Some(last)) = last.as_deref()
        && last.elapsed() < FRESH
    {
        return;
    }
    sweep();
    if let Some(last) = &mut last {
        **last = Some(Instant::now());
    }
}

/// Whether `site` can be taken now. A dead segment there is removed first.
pub(crate) fn is_free(site: &Site) -> Result<bool, SegmentError> {
    Ok(matches!(look(site), Found::Buried) || !tenancy::is_taken(site)?)
}

fn look(site: &Site) -> Found {
    match inspect(site) {
        Ok(found) => found,
        Err(SegmentError::NotFound { .. }) => Found::Gone,
        // What cannot be opened or read is as foreign as what is no segment.
        Err(_) => Found::Foreign,
    }
}

fn inspect(site: &Site) -> Result<Found, SegmentError> {
    let (file, found) = foreign::open_file(site)?;
    let page = stamp::read(file.as_fd(), &found, site.location())?;
    let Some(lifetime) = page.lifetime else {
        return Ok(Found::Foreign);
    };
    if stamp::is_displaced(&page, &found) {
        return Ok(Found::Foreign);
    }
    if lifetime == Lifetime::LastUser {
        match tenancy::unlink_unused(file.as_fd(), FileId::of(&found), site)? {
            Departure::InUse => {}
            Departure::Gone => return Ok(Found::Gone),
            Departure::Unlinked => return Ok(Found::Buried),
        }
    }
    Ok(Found::Kept(file, page, lifetime))
}
