//! [`SharedArray::load`] and [`SharedArray::save`]: plain .npy files, in and out.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use ndarray::{ArrayRef, Dimension, Ix1};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat};
use rustix::io::Errno;

use crate::layout::checked_len_bytes;
use crate::locate::check_dimensions;
use crate::npy::{Header, NpyError, PREFIX_LEN};
use crate::shared::Order;
use crate::{ArrayError, Element, SharedArray, dtype};

impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// A new anonymous array with the elements of a .npy file, read straight to their place.
    ///
    /// It has the file's order, C's or Fortran's.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be read.
    /// - [`ArrayError::NpyFile`] if it is no .npy file, or was cut short.
    /// - [`ArrayError::DtypeMismatch`], [`ArrayError::OtherByteOrder`] or
    ///   [`ArrayError::UnsupportedDtype`] if its elements are not of `T`.
    /// - [`ArrayError::Layout`] if it has another number of dimensions than `D`.
    /// - Those of [`zeros`](Self::zeros).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::{Ix2, array};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-load-{}.npy", std::process::id()));
    /// SharedArray::from_array(&array![[1.5, 2.5]])?.save(&path)?;
    /// let loaded = SharedArray::<f64, Ix2>::load(&path)?;
    /// assert_eq!(*loaded.read()?, array![[1.5, 2.5]]);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "numpy.load")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        let path = path.as_ref();
        let (mut file, header) = open(path).map_err(|error| at(path, error))?;
        dtype::check::<T>(&header.descr)?;
        check_dimensions::<D>(&header.shape)?;
        let len_bytes = checked_len_bytes(&header.shape, size_of::<T>())?;
        check_len(&file, &header, len_bytes).map_err(|error| at(path, error))?;
        let order = if header.fortran_order {
            Order::Fortran
        } else {
            Order::C
        };
        let array = Self::anonymous(&header.shape, order)?;
        read_elements(&mut *array.write()?, &mut file).map_err(|error| at(path, error.into()))?;
        Ok(array)
    }

    /// Writes the array into a file at `path`, as `numpy.save` would, byte for byte.
    ///
    /// A file that is there is replaced when the new one is whole, so that those who have it mapped
    /// keep what they have.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be written.
    /// - Those of [`read`](Self::read); torn rows are [`ArrayError::Torn`].
    #[doc(alias = "numpy.save")]
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ArrayError> {
        save(&*self.read()?, path.as_ref())
    }
}

impl<T: Element> SharedArray<T> {
    /// A new anonymous array with the elements that a file without a header consists of, from byte
    /// `offset` on, in this machine's byte order: NumPy's `numpy.fromfile(path, dtype, offset=offset)`.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be read.
    /// - [`ArrayError::NpyFile`] if its bytes are no whole number of elements.
    /// - Those of [`zeros`](Self::zeros).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    ///
    /// let path = std::env::temp_dir().join(format!("doc-fromfile-{}", std::process::id()));
    /// std::fs::write(&path, [1, 0, 2, 0, 3, 0]).unwrap();
    /// assert_eq!(SharedArray::<u16>::from_raw_file(&path, 2)?.read()?.to_vec(), [2, 3]);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "fromfile")]
    pub fn from_raw_file(path: impl AsRef<Path>, offset: u64) -> Result<Self, ArrayError> {
        const { assert!(size_of::<T>() > 0, "an element takes at least one byte") };
        let path = path.as_ref();
        let opened = File::open(path).and_then(|mut file| {
            let end = file.seek(SeekFrom::End(0))?;
            file.seek(SeekFrom::Start(offset))?;
            Ok((file, end.saturating_sub(offset)))
        });
        let (mut file, len_bytes) = opened.map_err(|error| at(path, error.into()))?;
        let size = size_of::<T>() as u64;
        if len_bytes % size != 0 {
            let torn = NpyError::Truncated {
                needed: offset + len_bytes.next_multiple_of(size),
                found: offset + len_bytes,
            };
            return Err(at(path, torn.into()));
        }
        // Where it does not fit, there is no memory of that size either.
        let len = usize::try_from(len_bytes / size).unwrap_or(usize::MAX);
        let array = SharedArray::<T, Ix1>::zeros(len)?;
        read_elements(&mut *array.write()?, &mut file).map_err(|error| at(path, error.into()))?;
        Ok(array)
    }
}

impl Header {
    /// Reads the header of the .npy file at `path`, so that its dtype and shape are known before it
    /// is loaded.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be read.
    /// - [`ArrayError::NpyFile`] if it is no .npy file, or its header was cut short.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::{SharedArray, npy::Header};
    /// use ndarray::array;
    ///
    /// let path = std::env::temp_dir().join(format!("doc-header-{}.npy", std::process::id()));
    /// SharedArray::from_array(&array![1_u8, 2, 3])?.save(&path)?;
    /// let header = Header::read(&path)?;
    /// assert_eq!((&*header.descr, &*header.shape), ("|u1", &[3][..]));
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "read_array_header_1_0")]
    pub fn read(path: impl AsRef<Path>) -> Result<Header, ArrayError> {
        let path = path.as_ref();
        let (_, header) = open(path).map_err(|error| at(path, error))?;
        Ok(header)
    }
}

/// Writes `array` into a file at `path`, as `numpy.save` would.
pub(crate) fn save<T: Element, D: Dimension>(
    array: &ArrayRef<T, D>,
    path: &Path,
) -> Result<(), ArrayError> {
    let header = Header {
        descr: T::DESCR.to_owned(),
        fortran_order: Order::of(array) == Order::Fortran,
        shape: array.shape().to_vec(),
        data_offset: 0,
    };
    let header = header.to_bytes()?;
    replace(path, |file| {
        file.write_all(&header)?;
        write_elements(array, file)
    })
    .map_err(|error| at(path, error.into()))
}

/// Fills `array`, which is contiguous, in the order in which its elements follow one another.
fn read_elements<T: Element, D: Dimension>(
    array: &mut ArrayRef<T, D>,
    file: &mut File,
) -> io::Result<()> {
    let elements = array
        .as_slice_memory_order_mut()
        .expect("a whole array in C's or Fortran's order is contiguous");
    file.read_exact(bytemuck::cast_slice_mut(elements))
}

fn write_elements<T: Element, D: Dimension>(
    array: &ArrayRef<T, D>,
    file: &mut File,
) -> io::Result<()> {
    if array.is_standard_layout() || Order::of(array) == Order::Fortran {
        let elements = array
            .as_slice_memory_order()
            .expect("an array in C's or Fortran's order is contiguous");
        return file.write_all(bytemuck::cast_slice(elements));
    }
    let mut file = BufWriter::new(file);
    for element in array {
        file.write_all(bytemuck::bytes_of(element))?;
    }
    file.flush()
}

/// Writes a file aside and gives it its name once it is whole. What has the name and is no regular
/// file, such as a terminal, is written to.
fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let existing = fs::metadata(path).ok();
    if existing
        .as_ref()
        .is_some_and(|existing| !existing.is_file())
    {
        return write(&mut File::options().write(true).open(path)?);
    }
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.{count}.partial", process::id()));
    let aside = path.with_file_name(name);
    let written = create_aside(&aside).and_then(|mut new| {
        if let Some(existing) = existing {
            new.file.set_permissions(existing.permissions())?;
        }
        write(&mut new.file)?;
        if new.is_nameless {
            let nameless = format!("/proc/self/fd/{}", new.file.as_raw_fd());
            linkat(CWD, nameless, CWD, &aside, AtFlags::SYMLINK_FOLLOW)?;
        }
        fs::rename(&aside, path)
    });
    if written.is_err() {
        // It may not even have been created.
        let _ = fs::remove_file(&aside);
    }
    written
}

/// A file that is being written.
struct NewFile {
    file: File,
    /// Whether nothing of it is left if this process is killed now.
    is_nameless: bool,
}

/// A new file without a name, or one that has `aside` where the file system knows no others.
fn create_aside(aside: &Path) -> io::Result<NewFile> {
    let directory = match aside.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    match rustix::fs::open(directory, flags, Mode::from_raw_mode(0o666)) {
        Ok(file) => Ok(NewFile {
            file: file.into(),
            is_nameless: true,
        }),
        Err(Errno::OPNOTSUPP | Errno::ISDIR) => Ok(NewFile {
            file: File::create_new(aside)?,
            is_nameless: false,
        }),
        Err(errno) => Err(errno.into()),
    }
}

pub(crate) enum ReadError {
    Io(io::Error),
    Npy(NpyError),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl From<NpyError> for ReadError {
    fn from(error: NpyError) -> ReadError {
        ReadError::Npy(error)
    }
}

pub(crate) fn at(path: &Path, error: ReadError) -> ArrayError {
    let path = path.to_owned();
    match error {
        ReadError::Io(source) => ArrayError::File { path, source },
        ReadError::Npy(source) => ArrayError::NpyFile { path, source },
    }
}

/// The file at `path`, standing where its elements begin, and its header.
pub(crate) fn open(path: &Path) -> Result<(File, Header), ReadError> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    (&mut file)
        .take(PREFIX_LEN as u64)
        .read_to_end(&mut bytes)?;
    let rest = Header::len_of(&bytes)?.saturating_sub(bytes.len());
    (&mut file).take(rest as u64).read_to_end(&mut bytes)?;
    let header = Header::parse(&bytes)?;
    Ok((file, header))
}

/// Whether a regular file is as long as its header says, before room is made for what it says.
pub(crate) fn check_len(file: &File, header: &Header, len_bytes: usize) -> Result<(), ReadError> {
    let metadata = file.metadata()?;
    let needed = (header.data_offset as u64).saturating_add(len_bytes as u64);
    if metadata.is_file() && metadata.len() < needed {
        return Err(NpyError::Truncated {
            needed,
            found: metadata.len(),
        }
        .into());
    }
    Ok(())
}
