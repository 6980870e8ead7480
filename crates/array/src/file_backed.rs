//! [`SharedArray`]s in files on a local disk: larger than memory, and there after a restart.

use std::path::Path;

use multiproc_segment::Segment;
use ndarray::{ArrayRef, Dimension, ShapeBuilder};

use crate::file::{at, check_len, open};
use crate::layout::Grid;
use crate::locate::check_dimensions;
use crate::shared::{Blank, Order, layout_of};
use crate::{ArrayError, Element, SharedArray, dtype};

/// # In files
///
/// Such an array is a .npy file on a disk of this machine, of which memory holds what it has room
/// for. It stays until its file is deleted.
impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// A new array of zeros in the file `path`, which appears at once and whole.
    ///
    /// Disk space is taken for all of it here and now.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Layout`] if the array exceeds any address space.
    /// - [`ArrayError::Segment`] if there is such a file, too little room, or the file system is
    ///   shared with other machines.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::Ix2;
    ///
    /// let path = std::env::temp_dir().join(format!("doc-in-file-{}.npy", std::process::id()));
    /// let array = SharedArray::<f32, Ix2>::create_file(&path, (1000, 3))?;
    /// array.write()?.row_mut(999).fill(1.5);
    /// array.segment().flush()?;
    /// drop(array);
    ///
    /// let same = SharedArray::<f32, Ix2>::open_file(&path)?; // in any process, today or tomorrow
    /// assert_eq!(same.read()?.sum(), 4.5);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "open_memmap")]
    pub fn create_file(
        path: impl AsRef<Path>,
        shape: impl ShapeBuilder<Dim = D>,
    ) -> Result<Self, ArrayError> {
        let (shape, order) = Order::asked(shape)?;
        Self::in_file(path.as_ref(), shape.slice(), order, |_| Ok(()))
    }

    /// A new array with the elements of `array`, in its order, in the file `path`; it appears there
    /// with all of them.
    ///
    /// # Errors
    ///
    /// Those of [`create_file`](Self::create_file).
    pub fn create_file_from_array(
        path: impl AsRef<Path>,
        array: &ArrayRef<T, D>,
    ) -> Result<Self, ArrayError> {
        Self::in_file(path.as_ref(), array.shape(), Order::of(array), |new| {
            new.write()?.assign(array);
            Ok(())
        })
    }

    fn in_file(
        path: &Path,
        shape: &[usize],
        order: Order,
        fill: impl FnOnce(&Self) -> Result<(), ArrayError>,
    ) -> Result<Self, ArrayError> {
        let blank = Blank::new::<T>(shape, order)?;
        let segment = Segment::create_file(path, blank.layout, |segment| {
            segment.payload().write(0, &blank.header)?;
            fill(&Self::from_segment(segment.clone())?)
        })?;
        Self::from_segment(segment)
    }

    /// Opens the array that was [created](Self::create_file) in, or [adopted](Self::adopt) from, the
    /// file `path`.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Segment`] if there is no such file, or it is not one of ours, such as one
    ///   that `numpy.save` wrote: read that as an [`NpyFile`](crate::npy::NpyFile),
    ///   [`load`](Self::load) it, or [`adopt`](Self::adopt) it.
    /// - Those of [`from_segment`](Self::from_segment).
    pub fn open_file(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        Self::from_segment(Segment::open_file(path)?)
    }

    /// Takes over a .npy file that NumPy wrote, in place: no element is copied.
    ///
    /// What arrays need to be shared is appended to the file, which NumPy ignores when it opens it,
    /// and the file is this user's alone from then on (mode 0600). It may be of any version of the
    /// format and in C's or Fortran's order. A file that was adopted before is opened.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be read.
    /// - [`ArrayError::NpyFile`] if it is no .npy file, or was cut short.
    /// - [`ArrayError::DtypeMismatch`], [`ArrayError::OtherByteOrder`] or
    ///   [`ArrayError::UnsupportedDtype`] if its elements are not of `T`.
    /// - [`ArrayError::Layout`] if it has another number of dimensions than `D`, or elements that
    ///   are not aligned in memory: [`load`](Self::load) copies them to where they are.
    /// - [`ArrayError::Segment`] if there is no room for what is appended, something else follows
    ///   the elements, or the file cannot be a segment.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::{Ix2, array};
    ///
    /// let path = std::env::temp_dir().join(format!("doc-adopt-{}.npy", std::process::id()));
    /// SharedArray::from_array(&array![[1.5, 2.5]])?.save(&path)?; // or numpy.save
    /// let adopted = SharedArray::<f64, Ix2>::adopt(&path)?;
    /// adopted.write()?[[0, 1]] = 7.0;
    /// assert_eq!(*SharedArray::<f64, Ix2>::open_file(&path)?.read()?, array![[1.5, 7.0]]);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn adopt(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        let path = path.as_ref();
        let (file, header) = open(path).map_err(|error| at(path, error))?;
        dtype::check::<T>(&header.descr)?;
        check_dimensions::<D>(&header.shape)?;
        let end = Grid::new::<T>(&header, usize::MAX)?.end();
        check_len(&file, &header, end - header.data_offset).map_err(|error| at(path, error))?;
        Self::from_segment(Segment::adopt_file(path, layout_of(end))?)
    }
}
