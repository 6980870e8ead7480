//! [`ArrayError`]: why an array could not be made, found, reached, held, frozen or saved.

use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use multiproc_segment::{SegmentError, SegmentId, SegmentName};
use multiproc_sync::{Holder, SyncError};

use crate::layout::LayoutError;
use crate::npy::NpyError;
use crate::torn::write_torn;

/// Why an array could not be made, found, reached, held, frozen or saved.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArrayError {
    /// The segment below could not be made, opened or used.
    Segment(SegmentError),
    /// The access table could not be used.
    Sync(SyncError),
    /// A file could not be read or written.
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no whole .npy file.
    NpyFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: NpyError,
    },
    /// A segment's payload is no whole .npy file, or the array to be made cannot be one.
    Npy(NpyError),
    /// The segment holds something else than an array.
    NotAnArray {
        /// Which segment.
        segment: SegmentId,
    },
    /// The array's elements are of another type than was asked for.
    DtypeMismatch {
        /// The dtype asked for, as [`Element::DESCR`](crate::Element::DESCR) has it.
        asked: &'static str,
        /// The dtype found.
        found: String,
    },
    /// The array's elements are in big-endian order.
    OtherByteOrder {
        /// The dtype found.
        found: String,
    },
    /// No Rust type of this crate is the array's dtype.
    UnsupportedDtype {
        /// The dtype found.
        found: String,
    },
    /// The array's shape, or what was asked of it, does not fit.
    Layout(LayoutError),
    /// The handle's segment is another than the one it came with.
    OtherSegment {
        /// The segment that the handle names.
        expected: SegmentId,
        /// The segment that it came with.
        found: SegmentId,
    },
    /// The bytes are no array handle.
    NotAHandle {
        /// How many bytes there are.
        len: usize,
    },
    /// A writer died, or panicked, in these rows. Only errors of type
    /// [`AccessError`](crate::AccessError) carry what it takes to repair them.
    Torn {
        /// The torn rows, of the whole array in the segment, ascending.
        rows: Vec<Range<usize>>,
    },
    /// Another thread holds the rows, and the call was not to wait.
    WouldBlock {
        /// Who.
        holder: Holder,
    },
    /// Another thread held the rows all the time.
    TimedOut {
        /// Who, when the time was over.
        holder: Holder,
    },
    /// This very thread holds the rows.
    WouldDeadlock {
        /// How.
        held: Holder,
    },
    /// As many parts of the array are held as its access table has room for.
    TableFull {
        /// Who holds them.
        holders: Vec<Holder>,
    },
    /// A thread was stopped in the middle of the access table.
    Stuck {
        /// Its thread id.
        holder: u32,
    },
    /// The array is frozen, and was to be attached as one that may be written.
    Frozen {
        /// Its segment.
        segment: SegmentId,
    },
    /// The array is not frozen, and was to be attached as one that nobody writes.
    NotFrozen {
        /// Its segment.
        segment: SegmentId,
    },
    /// Elements were asked for that are not there.
    OutOfBounds {
        /// Which.
        range: Range<usize>,
        /// How many there are.
        len: usize,
    },
    /// More or fewer values were given than there are elements to replace.
    OtherLength {
        /// How many elements.
        expected: usize,
        /// How many values.
        found: usize,
    },
    /// The segment holds something else than a list.
    NotAList {
        /// Which segment.
        segment: SegmentId,
    },
    /// An item of a list was to be replaced by one that needs more bytes.
    ItemTooLong {
        /// Which item.
        index: usize,
        /// The bytes that the new one needs.
        needed: usize,
        /// The bytes that it has room for.
        room: usize,
    },
    /// An array with a name was to be frozen.
    NamedArray {
        /// Its name.
        name: SegmentName,
    },
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArrayError::Segment(error) => error.fmt(f),
            ArrayError::Sync(error) => error.fmt(f),
            ArrayError::File { path, source } => write!(f, "{}: {source}", path.display()),
            ArrayError::NpyFile { path, source } => write!(f, "{}: {source}", path.display()),
            ArrayError::Npy(error) => error.fmt(f),
            ArrayError::NotAnArray { segment } => write!(
                f,
                "segment {segment} holds no array: create one with SharedArray::create, \
                 or open what it is"
            ),
            ArrayError::DtypeMismatch { asked, found } => write!(
                f,
                "asked for elements of dtype {asked}, but the array's are {found}: \
                 ask for that type, or convert the array in NumPy"
            ),
            ArrayError::OtherByteOrder { found } => write!(
                f,
                "the array's dtype {found} is big-endian: \
                 save it with a.astype(a.dtype.newbyteorder('<')) in NumPy"
            ),
            ArrayError::UnsupportedDtype { found } => write!(
                f,
                "the array's dtype {found} is none that can be shared: use bool, integers of \
                 8 to 64 bits, float16, float32, float64, complex64, complex128, S or U with a \
                 length, or a structure of them with a type of your own that is an Element"
            ),
            ArrayError::Layout(error) => error.fmt(f),
            ArrayError::OtherSegment { expected, found } => write!(
                f,
                "the handle names segment {expected}, but came with segment {found}"
            ),
            ArrayError::NotAHandle { len } => {
                write!(f, "the {len} bytes are no array handle of this version")
            }
            ArrayError::Torn { rows } => write_torn(rows, f),
            ArrayError::WouldBlock { holder } => write!(f, "the rows are held by {holder}"),
            ArrayError::TimedOut { holder } => {
                write!(f, "the rows were held all the time, at last by {holder}")
            }
            ArrayError::WouldDeadlock { held } => write!(
                f,
                "the rows are held by {held}, which is this thread: drop that guard first"
            ),
            ArrayError::TableFull { holders } => write!(
                f,
                "the array's access table is full, with {} claims: hold fewer parts at once",
                holders.len()
            ),
            ArrayError::Stuck { holder } => write!(
                f,
                "thread {holder} is stopped in the middle of the array's access table: \
                 continue it, or kill its process"
            ),
            ArrayError::Frozen { segment } => write!(
                f,
                "the array in segment {segment} is frozen: attach it as Frozen"
            ),
            ArrayError::NotFrozen { segment } => write!(
                f,
                "the array in segment {segment} is not frozen: attach it as SharedArray, \
                 or freeze it first"
            ),
            ArrayError::OutOfBounds { range, len } => write!(
                f,
                "elements {range:?} were asked for, and there are {len}: ask for less"
            ),
            ArrayError::OtherLength { expected, found } => write!(
                f,
                "{found} values were given for {expected} elements: give as many as there are"
            ),
            ArrayError::NotAList { segment } => write!(
                f,
                "segment {segment} holds no list: create one with ShareableList::create, \
                 or open what it is"
            ),
            ArrayError::ItemTooLong {
                index,
                needed,
                room,
            } => write!(
                f,
                "the item needs {needed} bytes, and item {index} has room for {room}: \
                 make the list with a longer one"
            ),
            ArrayError::NamedArray { name } => write!(
                f,
                "the array {name} has a name, under which others may write to it at any time: \
                 take to_frozen_copy()"
            ),
        }
    }
}

impl Error for ArrayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ArrayError::Segment(error) => error.source(),
            ArrayError::Sync(error) => error.source(),
            ArrayError::File { source, .. } => Some(source),
            ArrayError::NpyFile { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<SegmentError> for ArrayError {
    fn from(error: SegmentError) -> ArrayError {
        ArrayError::Segment(error)
    }
}

impl From<SyncError> for ArrayError {
    fn from(error: SyncError) -> ArrayError {
        ArrayError::Sync(error)
    }
}

impl From<NpyError> for ArrayError {
    fn from(error: NpyError) -> ArrayError {
        ArrayError::Npy(error)
    }
}

impl From<LayoutError> for ArrayError {
    fn from(error: LayoutError) -> ArrayError {
        ArrayError::Layout(error)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Ix1;

    use super::*;
    use crate::{Frozen, SharedArray, StillWritable};

    #[test]
    fn arrays_and_their_errors_go_to_any_thread() {
        fn sendable<T: Send + Sync + 'static>() {}
        sendable::<SharedArray<f64, Ix1>>();
        sendable::<Frozen<f64>>();
        sendable::<ArrayError>();
        sendable::<StillWritable<f64, Ix1>>();
    }
}
