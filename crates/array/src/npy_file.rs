//! [`NpyFile`]: a .npy file of any origin and size, read a part at a time and never written.

use std::fs::File;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ndarray::{Array, Dimension, Ix1, ShapeBuilder};

use crate::file::{at, check_len, open};
use crate::layout::{Grid, LayoutError};
use crate::locate::check_dimensions;
use crate::npy::Header;
use crate::{ArrayError, Element, dtype};

/// A .npy file, opened to read from it.
///
/// Rows are read when they are asked for, into memory of one's own, so that the file may be larger
/// than memory, and whoever changes or cuts it meanwhile does no harm. To share the elements, make
/// an array of them: [`SharedArray::load`](crate::SharedArray::load) copies them,
/// [`SharedArray::adopt`](crate::SharedArray::adopt) takes the file as it is.
///
/// # Examples
///
/// ```
/// use multiproc_array::{SharedArray, npy::NpyFile};
/// use ndarray::{Ix2, array};
///
/// let path = std::env::temp_dir().join(format!("doc-npy-file-{}.npy", std::process::id()));
/// SharedArray::from_array(&array![[1, 2], [3, 4], [5, 6]])?.save(&path)?;
/// let file = NpyFile::<i32, Ix2>::open(&path)?;
/// assert_eq!(file.shape(), [3, 2]);
/// assert_eq!(file.read_part(1..3)?, array![[3, 4], [5, 6]]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[derive(Debug)]
pub struct NpyFile<T, D = Ix1> {
    file: File,
    path: PathBuf,
    header: Header,
    grid: Grid,
    types: PhantomData<fn() -> (T, D)>,
}

impl<T: Element, D: Dimension> NpyFile<T, D> {
    /// Opens the file at `path`, of any version of the format and in C's or Fortran's order.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::File`] if the file cannot be read.
    /// - [`ArrayError::NpyFile`] if it is no .npy file, or was cut short.
    /// - [`ArrayError::DtypeMismatch`], [`ArrayError::OtherByteOrder`] or
    ///   [`ArrayError::UnsupportedDtype`] if its elements are not of `T`.
    /// - [`ArrayError::Layout`] if it has another number of dimensions than `D`.
    #[doc(alias = "numpy.load")]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        let path = path.as_ref();
        let (file, header) = open(path).map_err(|error| at(path, error))?;
        dtype::check::<T>(&header.descr)?;
        check_dimensions::<D>(&header.shape)?;
        let grid = Grid::new::<T>(&header, usize::MAX)?;
        check_len(&file, &header, grid.end() - header.data_offset)
            .map_err(|error| at(path, error))?;
        Ok(NpyFile {
            file,
            path: path.to_owned(),
            header,
            grid,
            types: PhantomData,
        })
    }

    /// The lengths of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// What the file says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// All elements, in the file's order.
    ///
    /// # Errors
    ///
    /// [`ArrayError::File`] if they cannot be read, as after the file was cut.
    pub fn read(&self) -> Result<Array<T, D>, ArrayError> {
        self.read_rows(0..self.grid.n_rows(), self.header.shape.clone())
    }

    /// The elements in `range` of the outermost axis.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Layout`] if the rows are not all there.
    /// - [`ArrayError::File`] if they cannot be read, as after the file was cut.
    pub fn read_part(&self, range: Range<usize>) -> Result<Array<T, D>, ArrayError> {
        let n_rows = self.grid.n_rows();
        let mut shape = self.header.shape.clone();
        match shape.first_mut() {
            Some(len) if range.start <= range.end && range.end <= n_rows => *len = range.len(),
            _ => return Err(LayoutError::Rows { range, n_rows }.into()),
        }
        self.read_rows(range, shape)
    }

    fn read_rows(&self, rows: Range<usize>, shape: Vec<usize>) -> Result<Array<T, D>, ArrayError> {
        let mut elements = vec![T::zeroed(); shape.iter().product()];
        let mut bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut elements);
        for (offset, len) in self.grid.row_bytes(rows) {
            let (now, later) = bytes.split_at_mut(len.min(bytes.len()));
            self.file
                .read_exact_at(now, offset as u64)
                .map_err(|error| at(&self.path, error.into()))?;
            bytes = later;
        }
        let mut lens = D::zeros(shape.len());
        lens.slice_mut().copy_from_slice(&shape);
        let shape = lens.set_f(self.header.fortran_order);
        Ok(Array::from_shape_vec(shape, elements).expect("as many elements as the shape has"))
    }
}
