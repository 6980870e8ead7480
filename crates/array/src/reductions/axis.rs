//! [`NumpyReduceAxis`]: NumPy's reductions along one axis, on `ndarray` arrays of any layout.

use std::iter;

use bytemuck::Zeroable;
use ndarray::{Array, ArrayRef, ArrayView1, ArrayViewD, ArrayViewMutD, Axis, Ix2, RemoveAxis, Zip};

use super::blocks::Lanes;
use super::extremes::extreme;
use super::order::{Adding, Cast, Order, order};
use super::pairwise::{Accumulator, Cut, sum_runs};
use super::{Fraction, Numeric, Real};

/// Reductions along one axis, with the bits of NumPy's on an array of the same shape and strides.
///
/// The result has the other axes, in C order. What NumPy adds first depends on the strides: sums
/// along the axis of the smallest stride are added pairwise, and all others one by one, so that a
/// sum along an axis may differ in its last bits from [`sum`](super::sum) of the same numbers.
///
/// # Examples
///
/// ```
/// use multiproc_array::reductions::NumpyReduceAxis;
/// use ndarray::{Axis, array};
///
/// let scores = array![[1.0, 2.0, 6.0], [3.0, 5.0, 7.0]];
/// assert_eq!(scores.numpy_sum_axis(Axis(0)), array![4.0, 7.0, 13.0]);
/// assert_eq!(scores.numpy_mean_axis(Axis(1)), array![3.0, 5.0]);
/// assert_eq!(scores.numpy_max_axis(Axis(1)), Some(array![6.0, 7.0]));
/// assert_eq!(scores.numpy_cumsum_axis(Axis(1)).row(1), array![3.0, 8.0, 15.0]);
/// ```
///
/// # Panics
///
/// All of them, if the array has no such axis.
pub trait NumpyReduceAxis<T: Numeric, D: RemoveAxis> {
    /// NumPy's `a.sum(axis)`.
    fn numpy_sum_axis(&self, axis: Axis) -> Array<T::Sum, D::Smaller>;
    /// NumPy's `a.mean(axis)`: NaN if the axis is empty.
    fn numpy_mean_axis(&self, axis: Axis) -> Array<T::Mean, D::Smaller>;
    /// NumPy's `a.var(axis, ddof=ddof)`; see [`var`](super::var).
    fn numpy_var_axis(
        &self,
        axis: Axis,
        ddof: usize,
    ) -> Array<<T::Mean as Fraction>::Real, D::Smaller>;
    /// NumPy's `a.std(axis, ddof=ddof)`: the square root of the variance.
    fn numpy_std_axis(
        &self,
        axis: Axis,
        ddof: usize,
    ) -> Array<<T::Mean as Fraction>::Real, D::Smaller>;
    /// NumPy's `a.min(axis)`; `None`, where NumPy raises, if the axis is empty. See
    /// [`min`](super::min).
    fn numpy_min_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>>;
    /// NumPy's `a.max(axis)`; `None`, where NumPy raises, if the axis is empty. See
    /// [`min`](super::min).
    fn numpy_max_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>>;
    /// NumPy's `a.cumsum(axis)`: the sums so far.
    fn numpy_cumsum_axis(&self, axis: Axis) -> Array<T::Sum, D>;
}

impl<T: Numeric, D: RemoveAxis> NumpyReduceAxis<T, D> for ArrayRef<T, D> {
    fn numpy_sum_axis(&self, axis: Axis) -> Array<T::Sum, D::Smaller> {
        add_up(self, axis, Cast::None, T::to_sum)
    }

    fn numpy_mean_axis(&self, axis: Axis) -> Array<T::Mean, D::Smaller> {
        let count = self.len_of(axis) as f64;
        add_up(self, axis, T::CAST.0, T::to_mean).mapv_into(|sum| sum.over(count))
    }

    fn numpy_var_axis(
        &self,
        axis: Axis,
        ddof: usize,
    ) -> Array<<T::Mean as Fraction>::Real, D::Smaller> {
        let squares = squared_distances(self, axis);
        let count = self.len_of(axis).saturating_sub(ddof) as f64;
        add_up(&squares, axis, Cast::None, |square| square).mapv_into(|sum| sum.over(count))
    }

    fn numpy_std_axis(
        &self,
        axis: Axis,
        ddof: usize,
    ) -> Array<<T::Mean as Fraction>::Real, D::Smaller> {
        self.numpy_var_axis(axis, ddof).mapv_into(Real::root)
    }

    fn numpy_min_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>> {
        extremes(self, axis, T::lesser)
    }

    fn numpy_max_axis(&self, axis: Axis) -> Option<Array<T, D::Smaller>> {
        extremes(self, axis, T::greater)
    }

    fn numpy_cumsum_axis(&self, axis: Axis) -> Array<T::Sum, D> {
        let mut sums = Array::from_elem(self.raw_dim(), T::Sum::ZERO);
        Zip::from(&mut sums)
            .and(self)
            .for_each(|sum, value| *sum = value.to_sum());
        sums.accumulate_axis_inplace(axis, |&so_far, sum| *sum = so_far.plus(*sum));
        sums
    }
}

/// Adds up along `axis` what `addend` makes of the elements, as NumPy's `add.reduce` does.
fn add_up<T: Zeroable + Copy, A: Accumulator, D: RemoveAxis>(
    array: &ArrayRef<T, D>,
    axis: Axis,
    cast: Cast,
    addend: impl Fn(T) -> A + Copy,
) -> Array<A, D::Smaller> {
    let mut sums = Array::from_elem(array.raw_dim().remove_axis(axis), A::ZERO);
    if array.is_empty() {
        return sums;
    }
    let is_added_up = |index| index == axis.index();
    let Order { axes, adding } = order(array.shape(), array.strides(), cast, is_added_up);
    match adding {
        Adding::InRuns(cut) => Zip::from(&mut sums)
            .and(array.lanes(axis))
            .for_each(|sum, lane| *sum = sum_lane(lane, cut, addend)),
        Adding::OneByOne => {
            let sums = sums.view_mut().into_dyn().insert_axis(axis);
            grow(
                sums.permuted_axes(axes.clone()),
                array.view().into_dyn().permuted_axes(axes),
                addend,
            );
        }
    }
    sums
}

fn sum_lane<T: Zeroable + Copy, A: Accumulator>(
    lane: ArrayView1<'_, T>,
    cut: Cut,
    addend: impl Fn(T) -> A,
) -> A {
    match lane.to_slice() {
        Some(values) => sum_runs(lane.len(), cut, values, addend),
        None => sum_runs(lane.len(), cut, Lanes::of(iter::once(lane)), addend),
    }
}

/// Adds each element to its sum, in the order of the axes. The axis that is added up is one long in
/// `sums`.
fn grow<T: Copy, A: Accumulator>(
    mut sums: ArrayViewMutD<'_, A>,
    array: ArrayViewD<'_, T>,
    addend: impl Fn(T) -> A + Copy,
) {
    let outermost = Axis(0);
    if array.ndim() > 2 {
        for (i, part) in array.outer_iter().enumerate() {
            let i = i.min(sums.len_of(outermost) - 1);
            grow(sums.index_axis_mut(outermost, i), part, addend);
        }
        return;
    }
    // Of one dimension, they are rows of themselves.
    let missing = 2 - array.ndim();
    let (mut sums, mut array) = (sums, array);
    for _ in 0..missing {
        (sums, array) = (sums.insert_axis(outermost), array.insert_axis(outermost));
    }
    let sums = sums.into_dimensionality::<Ix2>();
    let array = array.into_dimensionality::<Ix2>();
    let (Ok(mut sums), Ok(array)) = (sums, array) else {
        unreachable!("two dimensions were seen to");
    };
    for (i, row) in array.rows().into_iter().enumerate() {
        let i = i.min(sums.nrows() - 1);
        Zip::from(sums.row_mut(i))
            .and(row)
            .for_each(|sum, &value| *sum = sum.plus(addend(value)));
    }
}

/// Each element's squared distance to the mean of its lane along `axis`, in an array whose order in
/// memory NumPy's intermediate one would have.
fn squared_distances<T: Numeric, D: RemoveAxis>(
    array: &ArrayRef<T, D>,
    axis: Axis,
) -> Array<<T::Mean as Fraction>::Real, D> {
    let means = array.numpy_mean_axis(axis).insert_axis(axis);
    let means = means
        .broadcast(array.raw_dim())
        .expect("one mean for each lane");
    if array.is_empty() {
        return Array::from_elem(array.raw_dim(), Accumulator::ZERO);
    }
    let axes = order(array.shape(), array.strides(), Cast::None, |_| true).axes;
    let permuted = array.view().into_dyn().permuted_axes(axes.clone());
    let mut squares = Array::from_elem(permuted.raw_dim(), Accumulator::ZERO);
    Zip::from(&mut squares)
        .and(permuted)
        .and(means.into_dyn().permuted_axes(axes.clone()))
        .for_each(|square, value, mean| *square = value.to_mean().squared_distance(*mean));
    let mut back = vec![0; axes.len()];
    for (now, &was) in axes.iter().enumerate() {
        back[was] = now;
    }
    let squares = squares.permuted_axes(back).into_dimensionality::<D>();
    squares.expect("as many axes as before")
}

fn extremes<T: Numeric, D: RemoveAxis>(
    array: &ArrayRef<T, D>,
    axis: Axis,
    pick: impl Fn(T, T) -> T + Copy,
) -> Option<Array<T, D::Smaller>> {
    if array.len_of(axis) == 0 {
        return None;
    }
    let mut found = Array::from_elem(array.raw_dim().remove_axis(axis), T::zeroed());
    Zip::from(&mut found)
        .and(array.lanes(axis))
        .for_each(|found, lane| {
            let picked = match lane.to_slice() {
                Some(values) => extreme(lane.len(), values, pick),
                None => extreme(lane.len(), Lanes::of(iter::once(lane)), pick),
            };
            *found = picked.expect("a lane of the axis, which is not empty");
        });
    Some(found)
}
