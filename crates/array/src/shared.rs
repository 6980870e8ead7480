//! [`SharedArray`]: an array that many processes hold at once.

use std::fmt;
use std::marker::PhantomData;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentName};
use multiproc_sync::{AccessTable, Place};
use ndarray::{Array, ArrayRef, Dimension, Ix1, Shape, ShapeBuilder, SliceArg};

use crate::layout::{Grid, LayoutError, Placement, checked_len_bytes};
use crate::locate::{self, KIND};
use crate::npy::Header;
use crate::{ArrayError, ArrayHandle, Element};

/// Data begins at a page, so that it can be mapped by itself.
const DATA_ALIGNMENT: usize = 4096;
/// Payloads end on a whole word, so that a copy reads their last elements whole too.
pub(crate) const WORD: usize = 8;

/// An n-dimensional array in a segment of shared memory, whose payload is a live .npy file.
///
/// The elements are reached through guards ([`read`](Self::read), [`write`](Self::write)) and parts
/// ([`part`](Self::part), [`parts`](Self::parts)) alone, which exclude one another across all
/// processes: what they claim stands in a table in the segment.
///
/// An array that is cloned, or attached by another process, is the same array. Anonymous ones
/// ([`zeros`](Self::zeros), [`from_array`](Self::from_array), [`load`](Self::load)) travel as a
/// segment and a [`handle`](Self::handle), and vanish with their last user, however that ends.
/// Named ones ([`create`](Self::create), [`open`](Self::open)) can be opened by anyone of the same
/// user, and by NumPy:
///
/// ```python
/// a = numpy.load("/dev/shm/NAME", mmap_mode="r+")
/// ```
///
/// NumPy does not know the guards. While a Python program may write, take
/// [`read_copy`](Self::read_copy). A program that saves over the file, rather than into it, cuts it
/// off under its users, as with every mapped file.
///
/// # Examples
///
/// ```
/// use multiproc_array::SharedArray;
/// use ndarray::Ix2;
///
/// let array = SharedArray::<f64, Ix2>::zeros((1000, 1000))?;
/// array.write()?.row_mut(7).fill(2.5);
///
/// let same = SharedArray::<f64, Ix2>::attach(array.segment().clone(), &array.handle())?;
/// assert_eq!(same.read()?.sum(), 2500.0);
///
/// let error = SharedArray::<f32, Ix2>::from_segment(array.segment().clone()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "asked for elements of dtype <f4, but the array's are <f8: \
///      ask for that type, or convert the array in NumPy",
/// );
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
#[doc(alias = "Array")]
#[doc(alias = "memmap")]
#[doc(alias = "shared_memory")]
pub struct SharedArray<T, D = Ix1> {
    table: AccessTable,
    /// Where in the table's segment the elements are.
    pub(crate) placement: Placement,
    types: PhantomData<fn() -> (T, D)>,
}

impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// A new anonymous array of zeros.
    ///
    /// `shape` counts elements along each axis, outermost first. They are in C order, or in
    /// Fortran's if the shape says so: `(3, 4).f()`. The memory is reserved here and now.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Layout`] if the array exceeds any address space.
    /// - [`ArrayError::Segment`] if some limit leaves too little room.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::{Ix2, ShapeBuilder};
    ///
    /// let rows = SharedArray::<f64, Ix2>::zeros((3, 4))?;
    /// assert_eq!(rows.handle().strides, [4, 1]);
    /// let columns = SharedArray::<f64, Ix2>::zeros((3, 4).f())?;
    /// assert_eq!(columns.handle().strides, [1, 3]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "RawArray")]
    #[doc(alias = "empty")]
    pub fn zeros(shape: impl ShapeBuilder<Dim = D>) -> Result<Self, ArrayError> {
        let (shape, order) = Order::asked(shape)?;
        Self::anonymous(shape.slice(), order)
    }

    /// A new anonymous array, every element of which is `value`; see [`zeros`](Self::zeros).
    ///
    /// # Errors
    ///
    /// Those of [`zeros`](Self::zeros).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    ///
    /// let ones = SharedArray::full(1000, 1.0)?;
    /// assert_eq!(ones.read()?.sum(), 1000.0);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "ones")]
    pub fn full(shape: impl ShapeBuilder<Dim = D>, value: T) -> Result<Self, ArrayError> {
        let array = Self::zeros(shape)?;
        array.write()?.fill(value);
        Ok(array)
    }

    /// A new array of zeros that others may open under `name`; it lives as long as its last user.
    ///
    /// # Errors
    ///
    /// Those of [`zeros`](Self::zeros), and [`ArrayError::Segment`] if the name is taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use multiproc_segment::SegmentName;
    ///
    /// let name = SegmentName::new(format!("doc-array-{}", std::process::id()))?;
    /// let array = SharedArray::<i64>::create(&name, 10)?;
    /// array.write()?[3] = 7;
    /// assert_eq!(SharedArray::<i64>::open(&name)?.read()?[3], 7);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn create(
        name: &SegmentName,
        shape: impl ShapeBuilder<Dim = D>,
    ) -> Result<Self, ArrayError> {
        let (shape, order) = Order::asked(shape)?;
        Self::named(name, shape.slice(), order, |_| Ok(()))
    }

    /// A new array with the elements of `array`, in its order, that others may open under `name`;
    /// it appears there with all of them.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_from_array(
        name: &SegmentName,
        array: &ArrayRef<T, D>,
    ) -> Result<Self, ArrayError> {
        Self::named(name, array.shape(), Order::of(array), |new| {
            new.write()?.assign(array);
            Ok(())
        })
    }

    fn named(
        name: &SegmentName,
        shape: &[usize],
        order: Order,
        fill: impl FnOnce(&Self) -> Result<(), ArrayError>,
    ) -> Result<Self, ArrayError> {
        let blank = Blank::new::<T>(shape, order)?;
        let segment = Segment::create(name, blank.layout, Lifetime::LastUser, |segment| {
            segment.payload().write(0, &blank.header)?;
            fill(&Self::from_segment(segment.clone())?)
        })?;
        Self::from_segment(segment)
    }

    /// A new anonymous array with the elements of `array`, in its order: Fortran's if that is what
    /// its elements are in, else C's.
    ///
    /// # Errors
    ///
    /// Those of [`zeros`](Self::zeros).
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::array;
    ///
    /// let shared = SharedArray::from_array(&array![[1, 2], [3, 4]])?;
    /// assert_eq!(shared.read()?[[1, 0]], 3);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "frombuffer")]
    pub fn from_array(array: &ArrayRef<T, D>) -> Result<Self, ArrayError> {
        let shared = Self::anonymous(array.shape(), Order::of(array))?;
        shared.write()?.assign(array);
        Ok(shared)
    }

    pub(crate) fn anonymous(shape: &[usize], order: Order) -> Result<Self, ArrayError> {
        let blank = Blank::new::<T>(shape, order)?;
        let segment = Segment::anonymous(blank.layout)?;
        segment.payload().write(0, &blank.header)?;
        Self::from_segment(segment)
    }

    /// Opens the array that was [created](Self::create) under `name`.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Segment`] if there is none, or what has the name is no segment, such as a file
    ///   that `numpy.save` wrote: [`load`](Self::load) that.
    /// - Those of [`from_segment`](Self::from_segment).
    pub fn open(name: &SegmentName) -> Result<Self, ArrayError> {
        Self::from_segment(Segment::open(name)?)
    }

    /// The whole array that `segment` holds.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::NotAnArray`] or [`ArrayError::Npy`] if it holds none.
    /// - [`ArrayError::DtypeMismatch`], [`ArrayError::OtherByteOrder`] or
    ///   [`ArrayError::UnsupportedDtype`] if its elements are not of `T`.
    /// - [`ArrayError::Layout`] if it has another number of dimensions than `D`, or is not all
    ///   there.
    /// - [`ArrayError::Frozen`] if nobody can write it any more.
    /// - [`ArrayError::Sync`] if its access table cannot be used here.
    pub fn from_segment(segment: Segment) -> Result<Self, ArrayError> {
        let placement = locate::whole::<T, D>(&segment)?;
        Self::placed(segment, placement)
    }

    /// The array that `handle` names, in the segment that came with it.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::OtherSegment`] if the segment is not the handle's.
    /// - [`ArrayError::Layout`] if the handle names elements that are not there, or some twice.
    /// - Those of [`from_segment`](Self::from_segment).
    pub fn attach(segment: Segment, handle: &ArrayHandle) -> Result<Self, ArrayError> {
        let placement = locate::part::<T, D>(&segment, handle)?;
        Self::placed(segment, placement)
    }

    /// The array that `handle` names, in a segment with a name.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::Segment`] if the segment is anonymous, gone, or its name is another's by
    ///   now.
    /// - Those of [`attach`](Self::attach).
    pub fn open_handle(handle: &ArrayHandle) -> Result<Self, ArrayError> {
        Self::attach(Segment::open_handle(&handle.segment)?, handle)
    }

    pub(crate) fn placed(segment: Segment, placement: Placement) -> Result<Self, ArrayError> {
        if segment.is_frozen() {
            return Err(ArrayError::Frozen {
                segment: segment.id(),
            });
        }
        Ok(SharedArray {
            table: AccessTable::attach(&segment, Place::Control(0))?,
            placement,
            types: PhantomData,
        })
    }

    /// What another process needs besides the segment to [`attach`](Self::attach) this array.
    pub fn handle(&self) -> ArrayHandle {
        ArrayHandle::new::<T>(self.segment(), &self.placement)
    }

    /// The array's slice, as an array of the same elements.
    ///
    /// `slices` is what [`s!`](ndarray::s) makes. Slices of one array exclude one another like the
    /// array itself: by the rows of the outermost axis that they have elements in.
    ///
    /// # Errors
    ///
    /// [`ArrayError::Layout`] if an index is not on its axis.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::{Array2, s};
    ///
    /// let array = SharedArray::from_array(&Array2::from_shape_fn((4, 5), |(i, j)| 10 * i as i64 + j as i64))?;
    /// let backwards = array.sliced(s![1..3, ..;-2])?;
    /// assert_eq!(backwards.read()?.row(0).to_vec(), [14, 12, 10]);
    /// assert_eq!(backwards.handle().strides, [5, -2]);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn sliced<I: SliceArg<D>>(
        &self,
        slices: I,
    ) -> Result<SharedArray<T, I::OutDim>, ArrayError> {
        Ok(self.with(self.placement.sliced(slices.as_ref())?))
    }

    /// The array with its axes in reverse order, as an array of the same elements.
    #[doc(alias = "T")]
    pub fn transposed(&self) -> Self {
        self.with(self.placement.clone().transposed())
    }

    fn with<E: Dimension>(&self, placement: Placement) -> SharedArray<T, E> {
        SharedArray {
            table: self.table.clone(),
            placement,
            types: PhantomData,
        }
    }
}

impl<T, D> SharedArray<T, D> {
    /// The segment that the array is in.
    ///
    /// What is written to its bytes directly is written beside the guards.
    pub fn segment(&self) -> &Segment {
        self.table.segment()
    }

    /// The table in which the array's rows are claimed: who holds what, and what is torn.
    pub fn access_table(&self) -> &AccessTable {
        &self.table
    }

    /// The lengths of the axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        self.placement.shape()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn into_parts(self) -> (Segment, Placement) {
        (self.table.segment().clone(), self.placement)
    }
}

/// In which order elements follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The last axis is contiguous.
    C,
    /// The first axis is contiguous, and there are several.
    Fortran,
}

impl Order {
    /// The shape and the order that a shape of ndarray's asks for.
    pub(crate) fn asked<D: Dimension>(
        shape: impl ShapeBuilder<Dim = D>,
    ) -> Result<(D, Order), LayoutError> {
        let shape: Shape<D> = shape.into_shape_with_order();
        checked_len_bytes(shape.raw_dim().slice(), 1)?;
        // ndarray tells nobody but its arrays; this one has no bytes.
        let array = Array::<(), D>::uninit(shape);
        Ok((array.raw_dim(), Order::of(&array)))
    }

    /// As NumPy saves an array: in Fortran's order if its elements are in that and not in C's.
    pub(crate) fn of<T, D: Dimension>(array: &ArrayRef<T, D>) -> Order {
        if !array.is_standard_layout() && array.t().is_standard_layout() {
            Order::Fortran
        } else {
            Order::C
        }
    }
}

/// A segment's payload before it has any elements.
pub(crate) struct Blank {
    pub(crate) header: Vec<u8>,
    pub(crate) layout: Layout,
}

impl Blank {
    pub(crate) fn new<T: Element>(shape: &[usize], order: Order) -> Result<Blank, ArrayError> {
        let mut header = Header {
            descr: T::DESCR.to_owned(),
            fortran_order: order == Order::Fortran,
            shape: shape.to_vec(),
            data_offset: 0,
        };
        let bytes = header.to_bytes_aligned(DATA_ALIGNMENT)?;
        header.data_offset = bytes.len();
        let len = Grid::new::<T>(&header, usize::MAX)?.end();
        Ok(Blank {
            header: bytes,
            layout: layout_of(len),
        })
    }
}

/// The layout of a segment for a file of `len` bytes.
pub(crate) fn layout_of(len: usize) -> Layout {
    Layout {
        payload_len: len.next_multiple_of(WORD),
        control_len: AccessTable::LEN,
        kind: KIND,
    }
}

impl<T, D> Clone for SharedArray<T, D> {
    fn clone(&self) -> Self {
        SharedArray {
            table: self.table.clone(),
            placement: self.placement.clone(),
            types: PhantomData,
        }
    }
}

impl<T, D> fmt::Debug for SharedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedArray")
            .field("segment", &self.segment().handle())
            .field("shape", &self.shape())
            .field("strides", &self.placement.strides())
            .finish_non_exhaustive()
    }
}
