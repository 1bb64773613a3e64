//! Indexing: `x.index((0, .., slice(.., .., -1), &picks))`, and updates at an index. Numbers, ranges and new axes make views; index
//! arrays make gathers and scatters, placed by NumPy's rules.

use crate::Array;
use crate::ops::gather::{Place, gather, scatter};
use crate::ops::view::{self, Range};
use crate::ops::{IntoOperand, Rhs, create, join, op};
use lazulite_base::error::{Error, Result};
use lazulite_base::work::Combine;
use lazulite_base::{Dims, Dtype, Op, shape};
use smallvec::{SmallVec, smallvec};
use std::ops::{RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// As many whole axes as make an index complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ellipsis;

/// A new axis of size one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAxis;

/// One part of an index: what [`IndexPart`] makes of numbers, ranges, arrays, [`Ellipsis`], [`NewAxis`] and [`slice()`].
#[derive(Clone, Debug)]
pub struct Part(Kind);

#[derive(Clone, Debug)]
enum Kind {
    At(i64),
    Slice(Range),
    Ellipsis,
    NewAxis,
    Array(Array),
}

/// What can be a part of an index.
pub trait IndexPart {
    /// The part.
    fn part(self) -> Part;
}

/// What can be an index: a part, or a tuple of up to six.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::index::{IndexPart, IntoIndex, Part};
/// let parts: Vec<Part> = (1, .., NewAxis).parts();
/// assert_eq!(parts.len(), 3);
/// let x = array![[1, 2], [3, 4]];
/// assert_eq!(x.index(vec![(..).part(), 1.part()]).to_vec::<i32>().unwrap(), [2, 4]);
/// ```
pub trait IntoIndex {
    /// The parts.
    fn parts(self) -> Vec<Part>;
}

impl<T: IndexPart> IntoIndex for T {
    fn parts(self) -> Vec<Part> {
        vec![self.part()]
    }
}

impl IntoIndex for () {
    fn parts(self) -> Vec<Part> {
        vec![]
    }
}

impl IntoIndex for Vec<Part> {
    fn parts(self) -> Vec<Part> {
        self
    }
}

macro_rules! tuples {
    ($(($($t:ident $x:ident),+);)*) => {$(
        impl<$($t: IndexPart),+> IntoIndex for ($($t,)+) {
            fn parts(self) -> Vec<Part> {
                let ($($x,)+) = self;
                vec![$($x.part()),+]
            }
        }
    )*};
}

tuples! {
    (A a);
    (A a, B b);
    (A a, B b, C c);
    (A a, B b, C c, D d);
    (A a, B b, C c, D d, E e);
    (A a, B b, C c, D d, E e, F f);
}

impl IndexPart for Part {
    fn part(self) -> Part {
        self
    }
}

impl IndexPart for Ellipsis {
    fn part(self) -> Part {
        Part(Kind::Ellipsis)
    }
}

impl IndexPart for NewAxis {
    fn part(self) -> Part {
        Part(Kind::NewAxis)
    }
}

impl IndexPart for &Array {
    fn part(self) -> Part {
        Part(Kind::Array(self.clone()))
    }
}

impl IndexPart for Array {
    fn part(self) -> Part {
        Part(Kind::Array(self))
    }
}

impl IndexPart for RangeFull {
    fn part(self) -> Part {
        Part(Kind::Slice(Range::FULL))
    }
}

/// An end of a range: negative ends count from the axis's end.
///
/// ```
/// use lazulite::ops::index::End;
/// assert_eq!((3usize.end(), (-1i32).end()), (3, -1));
/// ```
pub trait End: Copy {
    /// The end as i64.
    fn end(self) -> i64;
}

macro_rules! ends {
    ($($t:ty),*) => {$(
        impl End for $t {
            fn end(self) -> i64 {
                self as i64
            }
        }

        impl IndexPart for $t {
            fn part(self) -> Part {
                Part(Kind::At(self as i64))
            }
        }

        impl SliceEnd for $t {
            fn slice_end(self) -> Option<i64> {
                Some(self as i64)
            }
        }
    )*};
}

ends!(i32, i64, usize);

/// The end after `last`, which is included; -1 is the last of all.
fn past(last: i64) -> Option<i64> {
    (last != -1).then_some(last + 1)
}

macro_rules! ranges {
    ($($range:ident, |$r:ident| $start:expr, $stop:expr;)*) => {$(
        impl<T: End> IndexPart for $range<T> {
            fn part(self) -> Part {
                let $r = self;
                Part(Kind::Slice(Range { start: $start, stop: $stop, step: 1 }))
            }
        }
    )*};
}

type HalfOpen<T> = std::ops::Range<T>;

ranges! {
    HalfOpen, |r| r.start.end(), Some(r.end.end());
    RangeFrom, |r| r.start.end(), None;
    RangeTo, |r| 0, Some(r.end.end());
    RangeInclusive, |r| r.start().end(), past(r.end().end());
    RangeToInclusive, |r| 0, past(r.end.end());
}

/// An end of a [`slice()`]: a number, or `..` for the axis's own.
///
/// ```
/// use lazulite::ops::SliceEnd;
/// assert_eq!(((-1).slice_end(), (..).slice_end()), (Some(-1), None));
/// ```
pub trait SliceEnd {
    /// The number, or `None`.
    fn slice_end(self) -> Option<i64>;
}

impl SliceEnd for RangeFull {
    fn slice_end(self) -> Option<i64> {
        None
    }
}

impl SliceEnd for Option<i64> {
    fn slice_end(self) -> Option<i64> {
        self
    }
}

/// Every `step`-th element from `start` to before `stop`; `..` stands for the axis's own end. A negative step goes backwards.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![0, 1, 2, 3, 4];
/// assert_eq!(x.index(slice(.., .., -2)).to_vec::<i32>().unwrap(), [4, 2, 0]);
/// assert_eq!(x.index(slice(1, -1, 2)).to_vec::<i32>().unwrap(), [1, 3]);
/// ```
pub fn slice(start: impl SliceEnd, stop: impl SliceEnd, step: i64) -> Part {
    let start = start.slice_end().unwrap_or(if step < 0 { -1 } else { 0 });
    Part(Kind::Slice(Range { start, stop: stop.slice_end(), step }))
}

/// An index, matched with the axes of an array.
struct Index {
    /// A range of every axis.
    ranges: SmallVec<[Range; 4]>,
    /// The axes of the view that the ranges make, once numbers' axes are gone and new ones are there: `None` is a new one.
    axes: SmallVec<[Option<usize>; 4]>,
    /// The index arrays, broadcast to one shape, and the axes of the view that they index.
    arrays: Vec<Array>,
    indexed: Dims,
    /// Where the index arrays' axes go among the others in the result.
    at: usize,
}

impl Index {
    #[track_caller]
    fn new(op: &str, x: &Array, parts: &[Part]) -> Result<Index> {
        let taken = parts.iter().filter(|p| !matches!(p.0, Kind::Ellipsis | Kind::NewAxis)).count();
        let dots = parts.iter().filter(|p| matches!(p.0, Kind::Ellipsis)).count();
        if taken > x.ndim() {
            return Err(Error::value(op, format!("{taken} indices are too many for the {} axes of {:?}", x.ndim(), x.dims())));
        }
        if dots > 1 {
            return Err(Error::value(op, "an index has one Ellipsis at most"));
        }
        let mut out = Index { ranges: smallvec![], axes: smallvec![], arrays: vec![], indexed: smallvec![], at: 0 };
        // Numbers count among the index arrays in what is next to what, if there are any.
        let any = parts.iter().any(|p| matches!(p.0, Kind::Array(_)));
        let (mut others, mut runs, mut inside) = (0, 0, false);
        for part in parts {
            // An ellipsis that stands for no axis separates nothing.
            if matches!(part.0, Kind::Ellipsis) && taken == x.ndim() {
                continue;
            }
            let axis = out.ranges.len();
            let advanced = any && matches!(part.0, Kind::At(_) | Kind::Array(_));
            if advanced && !inside {
                runs += 1;
                out.at = if runs == 1 { others } else { 0 };
            }
            inside = advanced;
            let before = out.axes.len();
            match &part.0 {
                Kind::At(i) => {
                    let n = x.dims()[axis] as i64;
                    if *i < -n || *i >= n {
                        return Err(Error::index(
                            op,
                            format!("index {i} is out of bounds for axis {axis} of size {n}: shape {:?}", x.dims()),
                        ));
                    }
                    out.ranges.push(Range { start: *i, stop: past(*i), step: 1 });
                }
                Kind::Slice(r) => {
                    if r.step == 0 {
                        return Err(Error::value(op, format!("the slice of axis {axis} has step 0")));
                    }
                    out.ranges.push(*r);
                    out.axes.push(Some(axis));
                }
                Kind::NewAxis => out.axes.push(None),
                Kind::Ellipsis => (0..x.ndim() - taken).for_each(|_| out.whole()),
                Kind::Array(a) => {
                    check(op, a)?;
                    out.arrays.push(a.clone());
                    out.indexed.push(out.axes.len());
                    out.whole();
                }
            }
            if !matches!(part.0, Kind::Array(_)) {
                others += out.axes.len() - before;
            }
        }
        while out.ranges.len() < x.ndim() {
            out.whole();
        }
        out.arrays = together(op, &out.arrays)?;
        Ok(out)
    }

    /// The next axis, whole.
    fn whole(&mut self) {
        self.axes.push(Some(self.ranges.len()));
        self.ranges.push(Range::FULL);
    }

    /// What the ranges select, with the axes in place.
    #[track_caller]
    fn view(&self, x: &Array) -> Result<Array> {
        view::pick_axes(&view::slice_ranges(x, self.ranges.clone())?, &self.axes)
    }

    /// Whether the view is the array itself.
    fn is_whole(&self, x: &Array) -> bool {
        self.ranges.iter().all(|r| *r == Range::FULL) && self.axes.len() == x.ndim()
    }

    /// For each axis of the result, which axis of what a gather gives it is.
    fn order(&self, ndim: usize) -> Dims {
        let rank = self.arrays[0].ndim();
        (rank..rank + self.at).chain(0..rank).chain(rank + self.at..ndim).collect()
    }

    fn place(&self) -> Place {
        Place::Axes(self.indexed.clone())
    }

    #[track_caller]
    fn get(&self, x: &Array) -> Result<Array> {
        let base = self.view(x)?;
        if self.arrays.is_empty() {
            return Ok(base);
        }
        let picked = gather(&base, &self.place(), &self.arrays, false)?;
        view::permute(&picked, self.order(picked.ndim()))
    }

    /// `x` with `update` in place of what the index's ranges select.
    #[track_caller]
    fn put(&self, x: &Array, update: &Array) -> Result<Array> {
        if self.is_whole(x) {
            return Ok(update.clone());
        }
        let dims: Dims = self.ranges.iter().zip(x.shape()).map(|(r, &n)| r.resolve(n).1).collect();
        join::slice_update(x, &view::reshape_to(update, dims)?, &self.ranges)
    }

    /// `x` with a value combined into what the index selects.
    #[track_caller]
    fn update(&self, op: &str, x: &Array, value: Rhs, mode: Combine) -> Result<Array> {
        let base = self.view(x)?;
        if self.arrays.is_empty() {
            let value = match value {
                Rhs::Literal(s) => Rhs::Literal(create::fits(op, s, x.dtype())?),
                Rhs::Array(a) => Rhs::Array(spread(op, &a, base.shape(), x.dtype())?),
            };
            let table = match mode {
                Combine::Set => None,
                Combine::Add => Some(Op::Add),
                Combine::Prod => Some(Op::Multiply),
                Combine::Max => Some(Op::Maximum),
                Combine::Min => Some(Op::Minimum),
            };
            let update = match (table, value) {
                (Some(row), value) => crate::ops::elementwise::binary(row, &base, value)?,
                (None, Rhs::Literal(s)) => create::constant(s, base.shape().into(), false),
                (None, Rhs::Array(a)) => a,
            };
            return self.put(x, &update);
        }
        let rank = self.arrays[0].ndim();
        let rest = (0..base.ndim()).filter(|a| !self.indexed.contains(a)).map(|a| base.shape()[a]);
        let picked: Dims = self.arrays[0].shape().iter().copied().chain(rest).collect();
        let order = self.order(picked.len());
        let result: Dims = order.iter().map(|&a| picked[a]).collect();
        let updates = match value {
            Rhs::Literal(s) => create::constant(create::fits(op, s, x.dtype())?, picked, false),
            Rhs::Array(a) => {
                let to_front = (self.at..self.at + rank).chain(0..self.at).chain(self.at + rank..order.len()).collect();
                view::permute(&spread(op, &a, &result, x.dtype())?, to_front)?
            }
        };
        self.put(x, &scatter(&base, &self.place(), &updates, &self.arrays, mode, false)?)
    }
}

/// `value` in `shape` and `dtype`; leading axes of size one are dropped if there are too many.
#[track_caller]
fn spread(op: &str, value: &Array, shape: &[usize], dtype: Dtype) -> Result<Array> {
    let extra = value.ndim().saturating_sub(shape.len());
    let fits = shape::broadcast(&value.dims()[extra..], shape).is_some_and(|s| s[..] == *shape);
    if !fits || value.dims()[..extra].iter().any(|&d| d != 1) {
        return Err(Error::value(op, format!("cannot broadcast an update of shape {:?} to {shape:?}", value.dims())));
    }
    let value = crate::ops::squeeze(value, (0..extra as i64).collect::<Vec<_>>())?;
    crate::ops::broadcast_to(&crate::ops::astype(&value, dtype)?, shape)
}

/// Whether an array can be an index.
#[track_caller]
fn check(op: &str, index: &Array) -> Result<()> {
    match index.dtype() {
        Dtype::Bool => {
            let text = "the shape of what a boolean mask selects would depend on values; use `select`, or indices";
            Err(Error::value(op, text))
        }
        d if !d.is_integer() => Err(Error::value(op, format!("an index array holds integers, not {d}"))),
        _ => Ok(()),
    }
}

/// Index arrays in the shape they have in common.
#[track_caller]
fn together(op: &str, arrays: &[Array]) -> Result<Vec<Array>> {
    let list: Vec<&Array> = arrays.iter().collect();
    crate::ops::broadcast_arrays(&list)
        .map_err(|_| Error::value(op, format!("cannot broadcast the indices {}", crate::ops::describe(&list))))
}

#[track_caller]
fn update(op: &str, x: &Array, ix: impl IntoIndex, value: impl IntoOperand, mode: Combine) -> Result<Array> {
    Index::new(op, x, &ix.parts())?.update(op, x, value.into_operand(), mode)
}

/// `x` and an index array for elements along `axis`, in shapes that are equal but for the axis.
#[track_caller]
fn aligned(op: &str, x: &Array, index: &Array, axis: usize) -> Result<(Array, Array)> {
    check(op, index)?;
    let without = |a: &Array| -> Dims {
        let mut dims: Dims = a.shape().into();
        dims[axis] = 1;
        dims
    };
    let joined = if index.ndim() == x.ndim() { shape::broadcast(&without(x), &without(index)) } else { None };
    let Some(mut dims) = joined else {
        return Err(Error::value(op, format!("an index of shape {:?} does not go with {:?} along axis {axis}", index.dims(), x.dims())));
    };
    dims[axis] = index.shape()[axis];
    let index = crate::ops::broadcast_to(index, &dims)?;
    dims[axis] = x.shape()[axis];
    Ok((crate::ops::broadcast_to(x, &dims)?, index))
}

/// The indices along each axis of a block that starts at `start`; none for an axis that starts at zero.
fn block_places(op: &str, x: &Array, start: &Array, axes: &[i64], sizes: &[usize]) -> Result<Vec<Option<Array>>> {
    check(op, start)?;
    if start.shape() != [axes.len()] || sizes.len() != x.ndim() || sizes.iter().zip(x.shape()).any(|(s, n)| s > n) {
        let text = format!("start of shape {:?} for axes {axes:?}, block of {sizes:?} from {:?}", start.dims(), x.dims());
        return Err(Error::value(op, text));
    }
    let mut places: Vec<Option<Array>> = vec![None; x.ndim()];
    for (i, &axis) in axes.iter().enumerate() {
        let at = shape::axis(op, axis, x.ndim())?;
        let first = crate::ops::astype(&view::pick(start, 0, i)?, Dtype::I64)?;
        places[at] = Some(crate::ops::add(&create::index_along(&[sizes[at]], 0, Dtype::I64), &first)?);
    }
    Ok(places)
}

op! {
    /// What an index selects: a number, a range, an integer array, `Ellipsis`, `NewAxis`, [`slice`](crate::ops::slice()), or a tuple of
    /// them. Negative numbers and ends count from the end. Index arrays broadcast among each other, and their axes go where NumPy puts
    /// them; an element outside the axis is clamped to it.
    ///
    /// # Errors
    /// An index error for a number out of range; a value error for too many parts, a step of zero, a boolean mask, or index arrays that
    /// hold no integers or do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2, 3], [4, 5, 6]];
    /// assert_eq!(x.index((0, 1..)).to_vec::<i32>().unwrap(), [2, 3]);
    /// assert_eq!(x.index((.., -1)).to_vec::<i32>().unwrap(), [3, 6]);
    /// assert_eq!(x.index((&array![1, 0], &array![2, 0])).to_vec::<i32>().unwrap(), [6, 1]);
    /// assert_eq!(x.index((NewAxis, Ellipsis, 0)).shape(), [1, 2]);
    /// assert_eq!(ops::index(&x, 2).unwrap_err().kind(), ErrorKind::Index);
    /// ```
    pub fn index(x, ix: impl IntoIndex) -> Array {
        Index::new("index", x, &ix.parts())?.get(x)
    }

    /// The array with what an index selects replaced by `value`, which is cast and broadcasts. Of several updates to one place the last
    /// wins; updates outside an axis are dropped.
    ///
    /// # Errors
    /// As for `index`; a value error for a value that does not broadcast, or a literal that does not fit the dtype.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![1, 2, 3];
    /// assert_eq!(x.set(1.., 0).to_vec::<i32>().unwrap(), [1, 0, 0]);
    /// assert_eq!(x.set(&array![0, 0], &array![7, 8]).to_vec::<i32>().unwrap(), [8, 2, 3]);
    /// ```
    pub fn set(x, ix: impl IntoIndex, value: impl IntoOperand) -> Array {
        update("set", x, ix, value, Combine::Set)
    }

    /// The array with `value` added to what an index selects; all updates to one place count.
    ///
    /// # Errors
    /// As for `set`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].add_at(&array![0, 0], 1).to_vec::<i32>().unwrap(), [3, 2, 3]);
    /// ```
    pub fn add_at(x, ix: impl IntoIndex, value: impl IntoOperand) -> Array {
        update("add_at", x, ix, value, Combine::Add)
    }

    /// The array with what an index selects multiplied by `value`; all updates to one place count.
    ///
    /// # Errors
    /// As for `set`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].multiply_at(&array![2, 2], 2).to_vec::<i32>().unwrap(), [1, 2, 12]);
    /// ```
    pub fn multiply_at(x, ix: impl IntoIndex, value: impl IntoOperand) -> Array {
        update("multiply_at", x, ix, value, Combine::Prod)
    }

    /// The array with the larger of `value` and what is there, where an index selects.
    ///
    /// # Errors
    /// As for `set`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].maximum_at(.., 2).to_vec::<i32>().unwrap(), [2, 2, 3]);
    /// ```
    pub fn maximum_at(x, ix: impl IntoIndex, value: impl IntoOperand) -> Array {
        update("maximum_at", x, ix, value, Combine::Max)
    }

    /// The array with the smaller of `value` and what is there, where an index selects.
    ///
    /// # Errors
    /// As for `set`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2, 3].minimum_at(.., 2).to_vec::<i32>().unwrap(), [1, 2, 2]);
    /// ```
    pub fn minimum_at(x, ix: impl IntoIndex, value: impl IntoOperand) -> Array {
        update("minimum_at", x, ix, value, Combine::Min)
    }

    /// The array with the elements where `mask` holds replaced. The mask covers the leading axes; the value covers the rest: with no more
    /// axes than those it broadcasts to each place, with one more its rows go to the places in order, and there must be enough of them.
    ///
    /// # Errors
    /// A value error for a mask that is not bool or does not match the leading axes, a value that fits neither form, or too few rows
    /// (inside `vmap` and `compile`, where the number of places is not known: fewer rows than the mask has elements).
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![1, 2, 3];
    /// let mask = array![true, false, true];
    /// assert_eq!(x.masked_set(&mask, 0).to_vec::<i32>().unwrap(), [0, 2, 0]);
    /// assert_eq!(x.masked_set(&mask, &array![7, 8]).to_vec::<i32>().unwrap(), [7, 2, 8]);
    /// assert!(ops::masked_set(&x, &mask, &array![7]).is_err());
    /// ```
    pub fn masked_set(x, mask: &Array, value: impl IntoOperand) -> Array {
        crate::ops::mask::masked_set(x, mask, value.into_operand())
    }

    /// The slices of `axis` that an integer array names; its axes replace the axis. An index outside is clamped.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error for an index array that holds no integers, or an empty axis.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]];
    /// assert_eq!(x.take(&array![1, 1, 0], 1).to_vec::<i32>().unwrap(), [2, 2, 1, 4, 4, 3]);
    /// ```
    pub fn take(x, index: &Array, axis: i64) -> Array {
        let at = shape::axis("take", axis, x.ndim())?;
        check("take", index)?;
        let y = gather(x, &Place::Axes(smallvec![at]), std::slice::from_ref(index), false)?;
        let rank = index.ndim();
        view::permute(&y, (rank..rank + at).chain(0..rank).chain(rank + at..y.ndim()).collect())
    }

    /// A block of the array that starts at indices known only when it is computed: `start` has an index for each of `axes`, `sizes` the
    /// block's size along every axis.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error for a start that does not fit the axes, or sizes beyond the array.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = Array::arange(0, 10, 1, Dtype::I32);
    /// assert_eq!(x.block(&array![2], &[0], &[3]).to_vec::<i32>().unwrap(), [2, 3, 4]);
    /// ```
    pub fn block(x, start: &Array, axes: &[i64], sizes: &[usize]) -> Array {
        let places = block_places("slice", x, start, axes, sizes)?;
        let mut y = x.clone();
        for (axis, (&size, place)) in sizes.iter().zip(places).enumerate() {
            y = match place {
                Some(index) => take(&y, &index, axis as i64)?,
                None => {
                    let mut ranges: SmallVec<[Range; 4]> = smallvec![Range::FULL; x.ndim()];
                    ranges[axis].stop = Some(size as i64);
                    view::slice_ranges(&y, ranges)?
                }
            };
        }
        Ok(y)
    }

    /// The array with a block replaced by `update`, which has as many axes: the counterpart of [`block`].
    ///
    /// # Errors
    /// As for `block`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![0, 0, 0, 0].set_block(&array![7, 8], &array![1], &[0]);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [0, 7, 8, 0]);
    /// ```
    pub fn set_block(x, update: &Array, start: &Array, axes: &[i64]) -> Array {
        if update.ndim() != x.ndim() {
            let text = format!("the update has {} axes, the array {}", update.ndim(), x.ndim());
            return Err(Error::value("slice_update", text));
        }
        let sizes = update.shape();
        let places = block_places("slice_update", x, start, axes, sizes)?;
        let n = x.ndim();
        let parts = places.into_iter().enumerate().map(|(axis, place)| -> Result<Part> {
            let line = place.unwrap_or_else(|| create::index_along(&sizes[axis..=axis], 0, Dtype::I64));
            let mut dims = Dims::from_elem(1, n);
            dims[axis] = sizes[axis];
            Ok(Part(Kind::Array(view::reshape_to(&line, dims)?)))
        });
        set(x, parts.collect::<Result<Vec<_>>>()?, update)
    }

    /// The elements along `axis` that an integer array names: `out[.., i, ..] = x[.., index[.., i, ..], ..]`. The other axes broadcast.
    ///
    /// # Errors
    /// An index error for an axis out of range; a value error for an index of another number of axes, or that holds no integers.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]];
    /// assert_eq!(x.take_along_axis(&array![[1], [0]], 1).to_vec::<i32>().unwrap(), [2, 3]);
    /// ```
    pub fn take_along_axis(x, index: &Array, axis: i64) -> Array {
        let at = shape::axis("take_along_axis", axis, x.ndim())?;
        let (x, index) = aligned("take_along_axis", x, index, at)?;
        gather(&x, &Place::Along(at), &[index], false)
    }

    /// The array with the elements along `axis` that an integer array names replaced by `values`, which broadcast to the index.
    ///
    /// # Errors
    /// As for `take_along_axis`; a value error for values that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1, 2], [3, 4]];
    /// assert_eq!(x.put_along_axis(&array![[1], [0]], 9, 1).to_vec::<i32>().unwrap(), [1, 9, 9, 4]);
    /// ```
    pub fn put_along_axis(x, index: &Array, values: impl IntoOperand, axis: i64) -> Array {
        let at = shape::axis("put_along_axis", axis, x.ndim())?;
        let (x, index) = aligned("put_along_axis", x, index, at)?;
        let updates = match values.into_operand() {
            Rhs::Literal(s) => create::constant(create::fits("put_along_axis", s, x.dtype())?, index.shape().into(), false),
            Rhs::Array(a) => spread("put_along_axis", &a, index.shape(), x.dtype())?,
        };
        scatter(&x, &Place::Along(at), &updates, &[index], Combine::Set, false)
    }
}
