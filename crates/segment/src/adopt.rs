//! [`Segment::adopt_file`]: making a segment of a file that another program wrote.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{fchmod, fstat};
use rustix::io::pread;

use crate::control::{ControlPage, Corruption, FileId};
use crate::entry;
use crate::error::SegmentError;
use crate::foreign::{self, MODE};
use crate::id::SegmentId;
use crate::layout::{Extents, Layout, PAGE};
use crate::origin::{self, PidNamespace};
use crate::room;
use crate::segment::{Lifetime, Segment};
use crate::site::Site;
use crate::stamp;
use crate::tenancy;

impl Segment {
    /// Makes a segment of the file `path`, in place: its bytes become the payload, and a lock area
    /// and a control page are appended.
    ///
    /// From then on it belongs to this user alone (mode 0600). Programs that read it as the file
    /// that it was must not mind what follows. Those that have it open go on having it; one that
    /// cuts it short kills the segment's users at their next touch (SIGBUS). A file that is a segment
    /// already is opened. A process killed in here leaves the payload as it was, and zeros behind
    /// it at most, or a whole segment: this can be called again.
    ///
    /// # Errors
    ///
    /// - [`SegmentError::Corrupt`] with [`Corruption::Length`] if anything but zeros follows the
    ///   first `layout.payload_len` bytes, or more of them than a segment has behind its payload. If
    ///   the file is shorter, zeros make up for it.
    /// - [`SegmentError::Busy`] if another process does the same.
    /// - [`SegmentError::NoSpace`] if there is no room for what is appended.
    /// - Those of [`open_file`](Self::open_file).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_segment::{Layout, Segment};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-adopt-{}", std::process::id()));
    /// std::fs::write(&path, b"hello").expect("a new file");
    /// let segment = Segment::adopt_file(&path, Layout::payload(5))?;
    /// let mut bytes = [0; 5];
    /// segment.payload().read(0, &mut bytes)?;
    /// assert_eq!(&bytes, b"hello");
    /// # std::fs::remove_file(&path).expect("a file of ours");
    /// # Ok::<(), multiproc_segment::SegmentError>(())
    /// ```
    pub fn adopt_file(path: impl AsRef<Path>, layout: Layout) -> Result<Self, SegmentError> {
        let site = Site::file(path.as_ref())?;
        complete(&site, layout)?;
        entry::open(&site)
    }
}

/// Appends to the file what a segment has behind its payload, unless it is there.
fn complete(site: &Site, layout: Layout) -> Result<(), SegmentError> {
    let (file, found) = foreign::open_any_mode(site)?;
    let file = file.as_fd();
    if stamp::read(file, &found, site.location()).is_ok() {
        return Ok(());
    }
    if !tenancy::lock_exclusive(file)? {
        let place = site.location().clone();
        return Err(SegmentError::Busy { place, attempts: 1 });
    }
    // Another process may have been faster, and may be done.
    let found = fstat(file).map_err(SegmentError::system("fstat"))?;
    if stamp::read(file, &found, site.location()).is_ok() {
        return Ok(());
    }
    let extents = Extents::new(layout.payload_len as u64, layout.control_len as u64)
        .ok_or_else(room::unaddressable)?;
    let file_len = found.st_size.unsigned_abs();
    // Whoever was killed while room was made left some of it.
    let was_begun = || is_zero(file, extents.payload_len, file_len);
    if file_len > extents.payload_len && !(file_len <= extents.file_len && was_begun()?) {
        return Err(site.corrupt(Corruption::Length { file_len }));
    }
    let allocated = found.st_blocks.unsigned_abs().saturating_mul(512);
    let kept = room::Contents::Kept { allocated };
    room::reserve(file, extents.file_len, kept, site.directory())?;
    // Only now, so that others can read on where there is no room.
    fchmod(file, MODE).map_err(SegmentError::system("fchmod"))?;
    let page = ControlPage {
        id: SegmentId::random()?,
        kind: layout.kind,
        extents,
        lifetime: Some(Lifetime::Persistent),
        pid_namespace: PidNamespace::current()?,
        file: FileId::of(&found),
        boot_id: origin::boot_id(),
    };
    stamp::restamp(file, &page, site.directory())?;
    Ok(())
}

/// Whether the bytes from `from` to `to` are zeros.
fn is_zero(file: BorrowedFd<'_>, from: u64, to: u64) -> Result<bool, SegmentError> {
    let mut bytes = [0; PAGE as usize];
    for at in (from..to).step_by(bytes.len()) {
        let len = bytes.len().min((to - at) as usize);
        let read = pread(file, &mut bytes[..len], at).map_err(SegmentError::system("pread"))?;
        if bytes[..read].iter().any(|&byte| byte != 0) {
            return Ok(false);
        }
    }
    Ok(true)
}
