//! [`Frozen`]: an array that nobody can write any more.

use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::path::Path;

use multiproc_segment::Segment;
use ndarray::{ArrayRef, Dimension, Ix1, SliceArg};

use crate::layout::Placement;
use crate::view::Kept;
use crate::{ArrayError, ArrayHandle, Element, SharedArray, file, locate};

/// An array that nobody can write any more, in any process: not even NumPy, not even this one.
///
/// So it needs no guard. It derefs to an [`ArrayRef`], is cheap to clone, and goes to other threads
/// and, as a segment and a [`handle`](Self::handle), to other processes: the natural argument of a
/// task.
///
/// # Examples
///
/// ```
/// use multiproc_array::{Frozen, SharedArray};
/// use ndarray::Ix1;
///
/// let array = SharedArray::<f64, Ix1>::zeros(100_000)?;
/// array.write()?.iter_mut().for_each(|x| *x = 0.1);
/// let frozen: Frozen<f64> = array.freeze()?;
///
/// let same = frozen.clone();
/// let mean = std::thread::spawn(move || same.mean()).join().unwrap();
/// assert_eq!(mean, 0.1);
/// assert_eq!(frozen.as_slice().unwrap()[99_999], 0.1);
/// # Ok::<(), multiproc_array::ArrayError>(())
/// ```
pub struct Frozen<T: 'static, D = Ix1> {
    kept: Kept<T, D>,
    placement: Placement,
}

impl<T: Element, D: Dimension> Frozen<T, D> {
    /// A frozen copy of `array`, in the order in which
    /// [`SharedArray::from_array`] has it.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::zeros`].
    pub fn from_array(array: &ArrayRef<T, D>) -> Result<Self, ArrayError> {
        Ok(SharedArray::from_array(array)?.freeze()?)
    }

    /// The elements of a .npy file, frozen.
    ///
    /// # Errors
    ///
    /// Those of [`SharedArray::load`].
    #[doc(alias = "numpy.load")]
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ArrayError> {
        Ok(SharedArray::load(path)?.freeze()?)
    }

    /// The whole array that a frozen segment holds.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::NotFrozen`] if others may still write the segment.
    /// - Those of [`SharedArray::from_segment`].
    pub fn from_segment(segment: Segment) -> Result<Self, ArrayError> {
        let placement = locate::whole::<T, D>(&segment)?;
        Self::placed(segment, placement)
    }

    /// The array that `handle` names, in the segment that came with it.
    ///
    /// # Errors
    ///
    /// - [`ArrayError::NotFrozen`] if others may still write the segment.
    /// - Those of [`SharedArray::attach`].
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::Frozen;
    /// use ndarray::{Ix1, array};
    ///
    /// let frozen = Frozen::from_array(&array![1.0, 2.0])?;
    /// let (segment, message) = (frozen.segment().clone(), frozen.handle().to_bytes());
    /// // … in the process that received them:
    /// let handle = multiproc_array::ArrayHandle::from_bytes(&message)?;
    /// let attached = Frozen::<f64, Ix1>::attach(segment, &handle)?;
    /// assert_eq!(*attached, *frozen);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    pub fn attach(segment: Segment, handle: &ArrayHandle) -> Result<Self, ArrayError> {
        let placement = locate::part::<T, D>(&segment, handle)?;
        Self::placed(segment, placement)
    }

    fn placed(segment: Segment, placement: Placement) -> Result<Self, ArrayError> {
        let id = segment.id();
        let kept = Kept::new(segment, &placement).ok_or(ArrayError::NotFrozen { segment: id })?;
        Ok(Frozen { kept, placement })
    }

    /// What another process needs besides the segment to [`attach`](Self::attach) this array.
    pub fn handle(&self) -> ArrayHandle {
        ArrayHandle::new::<T>(self.segment(), &self.placement)
    }

    /// The segment that the array is in.
    pub fn segment(&self) -> &Segment {
        self.kept.segment()
    }

    /// The array's slice, as a frozen array of the same elements, which can be sent like the whole;
    /// see [`SharedArray::sliced`].
    ///
    /// # Errors
    ///
    /// [`ArrayError::Layout`] if an index is not on its axis.
    pub fn sliced<I: SliceArg<D>>(&self, slices: I) -> Result<Frozen<T, I::OutDim>, ArrayError> {
        let placement = self.placement.sliced(slices.as_ref())?;
        Frozen::placed(self.segment().clone(), placement)
    }

    /// The array with its axes in reverse order, as a frozen array of the same elements.
    #[doc(alias = "T")]
    pub fn transposed(&self) -> Self {
        frozen(self.segment().clone(), self.placement.clone().transposed())
    }

    /// Writes the array into a file at `path`; see [`SharedArray::save`].
    ///
    /// # Errors
    ///
    /// [`ArrayError::File`] if the file cannot be written.
    #[doc(alias = "numpy.save")]
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ArrayError> {
        file::save(self, path.as_ref())
    }
}

impl<T: Element, D: Dimension> SharedArray<T, D> {
    /// Ends all writing to the array, in every process and for ever.
    ///
    /// The array must be anonymous, and this the only one left of its clones and guards, here and
    /// in other processes.
    ///
    /// # Errors
    ///
    /// [`StillWritable`], which gives the array back, with
    /// - [`ArrayError::NamedArray`] if it has a name: take
    ///   [`to_frozen_copy`](Self::to_frozen_copy);
    /// - [`ArrayError::Torn`] if a writer died in some of its rows;
    /// - [`ArrayError::WouldBlock`] if somebody is writing to it;
    /// - [`ArrayError::Segment`] if it is attached elsewhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_array::SharedArray;
    /// use ndarray::Ix1;
    ///
    /// let array = SharedArray::<f64, Ix1>::zeros(3)?;
    /// let clone = array.clone();
    /// let refused = array.freeze().unwrap_err();
    /// drop(clone);
    /// let frozen = refused.into_array().freeze()?;
    /// assert_eq!(frozen.len(), 3);
    /// # Ok::<(), multiproc_array::ArrayError>(())
    /// ```
    #[doc(alias = "setflags")]
    pub fn freeze(self) -> Result<Frozen<T, D>, StillWritable<T, D>> {
        if let Some(name) = self.segment().name() {
            let name = name.clone();
            return Err(self.refused(ArrayError::NamedArray { name }));
        }
        let untorn = self.try_read().map(drop).map_err(ArrayError::from);
        if let Err(error) = untorn {
            return Err(self.refused(error));
        }
        let (segment, placement) = self.into_parts();
        match segment.freeze() {
            Ok(segment) => Ok(frozen(segment, placement)),
            Err((segment, error)) => Err(writable(segment, placement).refused(error.into())),
        }
    }

    fn refused(self, error: ArrayError) -> StillWritable<T, D> {
        let array = Box::new(self);
        StillWritable { array, error }
    }

    /// A frozen copy of the array, which may have a name and go on being written.
    ///
    /// # Errors
    ///
    /// Those of [`read_copy`](Self::read_copy) and [`zeros`](Self::zeros).
    pub fn to_frozen_copy(&self) -> Result<Frozen<T, D>, ArrayError> {
        Frozen::from_array(&self.read_copy()?)
    }
}

/// The array in a segment that is known to be frozen.
fn frozen<T: Element, D: Dimension>(segment: Segment, placement: Placement) -> Frozen<T, D> {
    Frozen::placed(segment, placement).expect("a frozen segment")
}

/// The array in a segment that has been spared from freezing.
fn writable<T: Element, D: Dimension>(segment: Segment, placement: Placement) -> SharedArray<T, D> {
    SharedArray::placed(segment, placement).expect("a segment with a table that was used just now")
}

/// Why an array could not be frozen, and the array.
pub struct StillWritable<T, D> {
    array: Box<SharedArray<T, D>>,
    error: ArrayError,
}

impl<T, D> StillWritable<T, D> {
    /// The array, as it was.
    pub fn into_array(self) -> SharedArray<T, D> {
        *self.array
    }

    /// Why it was not frozen.
    pub fn error(&self) -> &ArrayError {
        &self.error
    }
}

impl<T, D> fmt::Display for StillWritable<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T, D> fmt::Debug for StillWritable<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StillWritable")
            .field("array", &self.array)
            .field("error", &self.error)
            .finish()
    }
}

impl<T, D> Error for StillWritable<T, D> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl<T, D> From<StillWritable<T, D>> for ArrayError {
    fn from(refusal: StillWritable<T, D>) -> ArrayError {
        refusal.error
    }
}

impl<T: 'static, D> Deref for Frozen<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        &self.kept
    }
}

/// The bytes from the lowest element to the end of the highest: of a contiguous array, its
/// elements'.
impl<T: 'static, D> AsRef<[u8]> for Frozen<T, D> {
    fn as_ref(&self) -> &[u8] {
        self.kept.bytes()
    }
}

impl<T: 'static, D: Clone> Clone for Frozen<T, D> {
    fn clone(&self) -> Frozen<T, D> {
        Frozen {
            kept: self.kept.clone(),
            placement: self.placement.clone(),
        }
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for Frozen<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
