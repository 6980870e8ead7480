//! Stamping a new file with its control page, and reading the stamp of one that was found.

use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::fs::{Stat, fstat};
use rustix::io::{pread, pwrite};

use crate::control::{self, ControlPage, Corruption, FileId, HEADER_LEN};
use crate::error::SegmentError;
use crate::handle::Location;
use crate::id::SegmentId;
use crate::layout::{Extents, Layout, PAGE};
use crate::origin::{self, PidNamespace};
use crate::room::{self, Contents};
use crate::segment::Lifetime;

/// Gives the empty `file` the room that `layout` takes, and its control page.
///
/// `directory` is where the file's room comes from.
pub(crate) fn stamp(
    file: BorrowedFd<'_>,
    layout: Layout,
    lifetime: Option<Lifetime>,
    directory: &Path,
) -> Result<ControlPage, SegmentError> {
    let extents = Extents::new(layout.payload_len as u64, layout.control_len as u64)
        .ok_or_else(room::unaddressable)?;
    room::reserve(file, extents.file_len, Contents::None, directory)?;
    write(file, extents, layout.kind, lifetime)
}

/// Makes `file`, which holds the bytes of another segment, a segment of its own.
///
/// Its lock area is zeroed: the owners recorded there are gone. The page comes last, so that a
/// process killed in here leaves the file as displaced as it was.
pub(crate) fn restamp(
    file: BorrowedFd<'_>,
    page: &ControlPage,
    directory: &Path,
) -> Result<ControlPage, SegmentError> {
    let extents = page.extents;
    room::check_file_size(extents.file_len)?;
    if let Err(SegmentError::Corrupt {
        fault: Corruption::Sparse { allocated, .. },
        ..
    }) = check_whole(file, &Location::Anonymous)
    {
        let kept = Contents::Kept { allocated };
        room::reserve(file, extents.file_len, kept, directory)?;
    }
    let zeros = [0; PAGE as usize];
    for at in (extents.control_at..extents.control_page_at()).step_by(zeros.len()) {
        put(file, &zeros, at)?;
    }
    write(file, extents, page.kind, page.lifetime)
}

/// Whether the page was written for another file, or while the machine last ran.
pub(crate) fn is_displaced(page: &ControlPage, found: &Stat) -> bool {
    let unknown = [0; 16];
    let boots = [page.boot_id, origin::boot_id()];
    page.file != FileId::of(found) || (boots[0] != boots[1] && !boots.contains(&unknown))
}

fn write(
    file: BorrowedFd<'_>,
    extents: Extents,
    kind: u64,
    lifetime: Option<Lifetime>,
) -> Result<ControlPage, SegmentError> {
    let page = ControlPage {
        id: SegmentId::random()?,
        kind,
        extents,
        lifetime,
        pid_namespace: PidNamespace::current()?,
        file: FileId::of(&fstat(file).map_err(SegmentError::system("fstat"))?),
        boot_id: origin::boot_id(),
    };
    put(file, &page.encode(), extents.control_page_at())?;
    Ok(page)
}

fn put(file: BorrowedFd<'_>, bytes: &[u8], at: u64) -> Result<(), SegmentError> {
    let written = pwrite(file, bytes, at).map_err(SegmentError::system("pwrite"))?;
    // The memory is reserved, and a write of up to a page of it is not cut short.
    assert_eq!(written, bytes.len(), "pwrite wrote part of a page");
    Ok(())
}

/// Reads the control page of `file` once, and checks it against what the file is.
///
/// Whether the page was written for this very file is left to [`is_displaced`]: a copy is whole.
pub(crate) fn read(
    file: BorrowedFd<'_>,
    found: &Stat,
    location: &Location,
) -> Result<ControlPage, SegmentError> {
    let corrupt = |fault| SegmentError::Corrupt {
        place: location.clone(),
        fault: match fault {
            Corruption::Length { .. } | Corruption::Magic if is_npy(file) => Corruption::PlainNpy,
            fault => fault,
        },
    };
    let file_len = found.st_size.unsigned_abs();
    let at = control::header_at(file_len).map_err(corrupt)?;
    let mut header = [0; HEADER_LEN];
    let read = pread(file, &mut header, at).map_err(SegmentError::system("pread"))?;
    if read != HEADER_LEN {
        return Err(corrupt(Corruption::Length { file_len }));
    }
    ControlPage::decode(&header, file_len).map_err(corrupt)
}

/// Whether `file` begins as NumPy's files do, so that its user can be told what it is.
fn is_npy(file: BorrowedFd<'_>) -> bool {
    const MAGIC: [u8; 6] = *b"\x93NUMPY";
    let mut start = [0; MAGIC.len()];
    pread(file, &mut start, 0).is_ok() && start == MAGIC
}

/// Refuses a file with holes, which would be filled at the first touch, or not be.
pub(crate) fn check_whole(file: BorrowedFd<'_>, location: &Location) -> Result<(), SegmentError> {
    let found = fstat(file).map_err(SegmentError::system("fstat"))?;
    let file_len = found.st_size.unsigned_abs();
    let allocated = found.st_blocks.unsigned_abs().saturating_mul(512);
    if allocated < file_len {
        let fault = Corruption::Sparse {
            allocated,
            file_len,
        };
        return Err(SegmentError::Corrupt {
            place: location.clone(),
            fault,
        });
    }
    Ok(())
}

impl FileId {
    pub(crate) fn of(found: &Stat) -> Self {
        Self {
            device: found.st_dev,
            inode: found.st_ino,
        }
    }
}
