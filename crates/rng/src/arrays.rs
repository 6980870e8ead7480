//! Arrays to shuffle along an axis, and parameters that broadcast: NumPy's `axis` and `size`.

use alloc::vec::Vec;

use ndarray::{Array, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension, IxDyn, RemoveAxis, Zip};

use crate::integers::{self, Integer, Method, Pieces};
use crate::shuffle::{permutation, shuffle_by};
use crate::{BitGenerator, Generator, RandomState, RngError};

/// Shuffles the subarrays along `axis`.
fn shuffle_axis<T, D: RemoveAxis, B: BitGenerator + ?Sized>(
    bits: &mut B,
    array: &mut ArrayRef<T, D>,
    axis: Axis,
) {
    shuffle_by(bits, array.len_of(axis), |i, j| {
        if i != j {
            let (mut below, mut above) = array.view_mut().split_at(axis, i);
            Zip::from(below.index_axis_mut(axis, j))
                .and(above.index_axis_mut(axis, 0))
                .for_each(core::mem::swap);
        }
    });
}

/// A copy of `array` with the subarrays along `axis` in random order.
fn permutation_axis<T: Clone, D: RemoveAxis, B: BitGenerator + ?Sized>(
    bits: &mut B,
    array: &ArrayRef<T, D>,
    axis: Axis,
) -> Array<T, D> {
    array.select(axis, &permutation(bits, array.len_of(axis)))
}

/// An array of `shape`; each element is `draw` of the elements that the parameters have there.
fn broadcast<P: Copy, T, const N: usize>(
    shape: &[usize],
    parameters: [ArrayViewD<'_, P>; N],
    mut draw: impl FnMut([P; N]) -> Result<T, RngError>,
) -> Result<ArrayD<T>, RngError> {
    for (index, parameter) in parameters.iter().enumerate() {
        if parameter.broadcast(shape).is_none() {
            return Err(RngError::Broadcast {
                index,
                found: parameter.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
    }
    let mut values = parameters.each_ref().map(|parameter| {
        parameter
            .broadcast(shape)
            .into_iter()
            .flat_map(|view| view.into_iter().copied())
    });
    let n = shape.iter().product();
    let mut drawn = Vec::with_capacity(n);
    for _ in 0..n {
        let element = values.each_mut().map(|values| {
            values
                .next()
                .expect("a view of `shape` has as many elements as the array")
        });
        drawn.push(draw(element)?);
    }
    Ok(ArrayD::from_shape_vec(IxDyn(shape), drawn).expect("as many elements as `shape` has"))
}

/// An array of integers from `low` to `highest`; narrow types share words over the whole call.
fn broadcast_integers<T: Integer, B: BitGenerator + ?Sized>(
    bits: &mut B,
    method: Method,
    shape: &[usize],
    low: ArrayViewD<'_, T>,
    highest: ArrayViewD<'_, T>,
) -> Result<ArrayD<T>, RngError> {
    let bounds = broadcast(shape, [low, highest], |[low, highest]| {
        integers::bounds(low..=highest)
    })?;
    let mut pieces = Pieces::default();
    Ok(bounds.map(|bounds| integers::next(bits, &mut pieces, method, *bounds)))
}

impl<B: BitGenerator> Generator<B> {
    /// Shuffles the subarrays along `axis` in place: NumPy's `shuffle(array, axis)`.
    ///
    /// # Panics
    ///
    /// If `array` has no such axis.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{Axis, array};
    ///
    /// // x = numpy.array([[0, 1], [2, 3], [4, 5]]); numpy.random.default_rng(3).shuffle(x)
    /// let mut x = array![[0, 1], [2, 3], [4, 5]];
    /// multiproc_rng::default_rng(3).shuffle_axis(&mut x, Axis(0));
    /// assert_eq!(x, array![[4, 5], [2, 3], [0, 1]]);
    /// ```
    pub fn shuffle_axis<T, D: RemoveAxis>(&mut self, array: &mut ArrayRef<T, D>, axis: Axis) {
        shuffle_axis(&mut self.bits, array, axis);
    }

    /// Returns the subarrays along `axis` in random order: NumPy's `permutation(array, axis)`.
    ///
    /// # Panics
    ///
    /// If `array` has no such axis.
    pub fn permutation_axis<T, D>(&mut self, array: &ArrayRef<T, D>, axis: Axis) -> Array<T, D>
    where
        T: Clone,
        D: RemoveAxis,
    {
        permutation_axis(&mut self.bits, array, axis)
    }

    /// Shuffles all elements among each other: NumPy's `permuted(array, out=array)`.
    #[doc(alias = "permuted")]
    pub fn permute<T, D: Dimension>(&mut self, array: &mut ArrayRef<T, D>) {
        let mut elements: Vec<&mut T> = array.iter_mut().collect();
        shuffle_by(&mut self.bits, elements.len(), |i, j| {
            if i != j {
                let (below, above) = elements.split_at_mut(i);
                core::mem::swap(below[j], above[0]);
            }
        });
    }

    /// Shuffles each line along `axis` by itself: NumPy's `permuted(array, axis, out=array)`.
    ///
    /// # Panics
    ///
    /// If `array` has no such axis.
    #[doc(alias = "permuted")]
    pub fn permute_lines<T, D: Dimension>(&mut self, array: &mut ArrayRef<T, D>, axis: Axis) {
        for mut line in array.lanes_mut(axis) {
            shuffle_by(&mut self.bits, line.len(), |i, j| line.swap(i, j));
        }
    }

    /// Returns an array of `shape`, each element drawn with parameters of its own.
    ///
    /// The parameters are arrays that broadcast to `shape` by NumPy's rules; elements are drawn in
    /// C order, as NumPy draws them.
    ///
    /// # Errors
    ///
    /// [`RngError::Broadcast`] if a parameter does not broadcast to `shape`, or the first error of
    /// `draw`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ndarray::{arr0, array};
    ///
    /// // numpy.random.default_rng(1).integers([2, 900], 1000, size=(3, 2))
    /// let (low, high) = (array![2, 900].into_dyn(), arr0(1000).into_dyn());
    /// let drawn = multiproc_rng::default_rng(1).broadcast(
    ///     &[3, 2],
    ///     [low.view(), high.view()],
    ///     |rng, [low, high]| rng.integers(low, high),
    /// )?;
    /// assert_eq!(drawn, array![[474, 951], [755, 995], [36, 914]].into_dyn());
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    pub fn broadcast<P: Copy, T, const N: usize>(
        &mut self,
        shape: &[usize],
        parameters: [ArrayViewD<'_, P>; N],
        mut draw: impl FnMut(&mut Self, [P; N]) -> Result<T, RngError>,
    ) -> Result<ArrayD<T>, RngError> {
        broadcast(shape, parameters, |values| draw(self, values))
    }

    /// Returns an array of `shape` of integers from `low` to `highest`, both included and both
    /// broadcast to `shape`: NumPy's `integers(low, highest, size=shape, endpoint=True)`.
    ///
    /// # Errors
    ///
    /// [`RngError::Broadcast`] if a bound does not broadcast to `shape`, and
    /// [`RngError::EmptyRange`] if one of the ranges is empty. Nothing has been drawn then.
    pub fn broadcast_integers<T: Integer>(
        &mut self,
        shape: &[usize],
        low: ArrayViewD<'_, T>,
        highest: ArrayViewD<'_, T>,
    ) -> Result<ArrayD<T>, RngError> {
        broadcast_integers(&mut self.bits, Method::Lemire, shape, low, highest)
    }
}

impl<B: BitGenerator> RandomState<B> {
    /// Shuffles the subarrays along the first axis in place: NumPy's `shuffle(array)`.
    ///
    /// # Panics
    ///
    /// If `array` has no axis.
    pub fn shuffle_rows<T, D: RemoveAxis>(&mut self, array: &mut ArrayRef<T, D>) {
        shuffle_axis(&mut self.bits, array, Axis(0));
    }

    /// Returns the subarrays along the first axis in random order: NumPy's `permutation(array)`.
    ///
    /// # Panics
    ///
    /// If `array` has no axis.
    pub fn permutation_rows<T, D>(&mut self, array: &ArrayRef<T, D>) -> Array<T, D>
    where
        T: Clone,
        D: RemoveAxis,
    {
        permutation_axis(&mut self.bits, array, Axis(0))
    }

    /// Returns an array of `shape`, each element drawn with parameters of its own.
    ///
    /// # Errors
    ///
    /// Those of [`Generator::broadcast`].
    pub fn broadcast<P: Copy, T, const N: usize>(
        &mut self,
        shape: &[usize],
        parameters: [ArrayViewD<'_, P>; N],
        mut draw: impl FnMut(&mut Self, [P; N]) -> Result<T, RngError>,
    ) -> Result<ArrayD<T>, RngError> {
        broadcast(shape, parameters, |values| draw(self, values))
    }

    /// Returns an array of `shape` of integers from `low` to `highest`, both included and both
    /// broadcast to `shape`: NumPy's `randint(low, highest + 1, size=shape)`.
    ///
    /// # Errors
    ///
    /// [`RngError::Broadcast`] if a bound does not broadcast to `shape`, and
    /// [`RngError::EmptyRange`] if one of the ranges is empty. Nothing has been drawn then.
    pub fn broadcast_randint<T: Integer>(
        &mut self,
        shape: &[usize],
        low: ArrayViewD<'_, T>,
        highest: ArrayViewD<'_, T>,
    ) -> Result<ArrayD<T>, RngError> {
        broadcast_integers(&mut self.bits, Method::Masked, shape, low, highest)
    }
}
