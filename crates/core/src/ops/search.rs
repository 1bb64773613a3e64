//! Searching: where values belong in a sorted array, and which values there are.

use crate::Array;
use crate::export::stored::{stored, stored_enum};
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::gather::{Place, gather, scatter};
use crate::ops::scan::along;
use crate::ops::view::{self, Range};
use crate::ops::{create, op};
use crate::primitive::{KernelOf, Primitive, Role, Vmap, flat};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Combine, View, Work};
use lazulite_base::{Dtype, Scalar, dtype};
use smallvec::smallvec;

/// Before or after the elements that equal a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The first place where the value can go: how many elements are smaller.
    Left,
    /// The last: how many are not larger.
    Right,
}

/// Where values (the second input) belong in rows along the last axis of the first, whose other axes are the values' first ones.
struct SearchSorted {
    side: Side,
}

stored_enum!(Side { Left, Right });
stored!("searchsorted", SearchSorted { side });

impl Primitive for SearchSorted {
    fn name(&self) -> &'static str {
        "searchsorted"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.side as u64);
    }
    fn attributes(&self) -> String {
        format!("{:?}", self.side)
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let (sorted, values) = (&inputs[0], &inputs[1]);
        let batch = sorted.shape.len().saturating_sub(1);
        if sorted.shape.is_empty() || !values.shape.starts_with(&sorted.shape[..batch]) || sorted.dtype != values.dtype {
            let text = format!("cannot look for {:?} of {} in {:?} of {}", values.shape, values.dtype, sorted.shape, sorted.dtype);
            return Err(Error::value("searchsorted", text));
        }
        Ok(smallvec![Aval::new(values.shape.clone(), Dtype::U32)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    flat!();
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        // A lone row serves every example; the batch is one more axis of the values.
        let sorted = cx.inputs[0].array();
        let shared = !cx.batched[0] && sorted.ndim() == 1;
        let sorted = if shared { sorted } else { cx.batched_input(0) };
        Ok(vec![apply(SearchSorted { side: self.side }, &[&sorted, &cx.batched_input(1)])?])
    }
}

impl KernelOf for SearchSorted {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::SearchSorted { sorted: inputs[0].clone(), values: inputs[1].clone(), right: self.side == Side::Right }
    }
}

/// The distinct elements of an array, as [`unique`] finds them.
///
/// ```
/// use lazulite::prelude::*;
/// use lazulite::ops::Unique;
/// let found: Unique = array![3, 1, 3].unique(2, None);
/// assert_eq!(found.values.to_vec::<i32>().unwrap(), [1, 3]);
/// assert_eq!(found.counts.to_vec::<i32>().unwrap(), [1, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Unique {
    /// The elements in ascending order, then the fill value.
    pub values: Array,
    /// The index, `uint32`, of each one's first occurrence in row-major order; that of the smallest past the last.
    pub index: Array,
    /// For each element of the array, the index of its value among `values`, `uint32`, at most the last.
    pub inverse: Array,
    /// How often each occurs, `int32`; 0 past the last.
    pub counts: Array,
}

op! {
    /// For each of `values`, how many elements of the ascending one-dimensional array come before it, as `uint32`: the place that keeps the
    /// order. NaN is larger than any number. The dtypes are promoted to a common one.
    ///
    /// # Errors
    /// A value error if the array has not one axis.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Side;
    /// let x = array![1, 2, 2, 4];
    /// assert_eq!(x.searchsorted(&array![0, 2, 5], Side::Left).to_vec::<u32>().unwrap(), [0, 1, 4]);
    /// assert_eq!(x.searchsorted(&array![0, 2, 5], Side::Right).to_vec::<u32>().unwrap(), [0, 3, 4]);
    /// ```
    pub fn searchsorted(x, values: &Array, side: Side) -> Array {
        if x.ndim() != 1 {
            return Err(Error::value("searchsorted", format!("the sorted array must have one axis: its shape is {:?}", x.dims())));
        }
        let d = dtype::promote(x.dtype(), values.dtype());
        apply(SearchSorted { side }, &[&crate::ops::astype(x, d)?, &crate::ops::astype(values, d)?])
    }

    /// The distinct elements of the array in ascending order, where they are and how often: `size` of them, the smallest if there are more,
    /// filled up with `fill` (the smallest element if `None`) if there are fewer. Each NaN is distinct.
    ///
    /// # Errors
    /// A value error for a fill value of several elements, or none for an array without elements.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let found = array![3, 1, 3].unique(3, None);
    /// assert_eq!(found.values.to_vec::<i32>().unwrap(), [1, 3, 1]);
    /// assert_eq!(found.index.to_vec::<u32>().unwrap(), [1, 0, 1]);
    /// assert_eq!(found.inverse.to_vec::<u32>().unwrap(), [1, 0, 1]);
    /// assert_eq!(found.counts.to_vec::<i32>().unwrap(), [1, 2, 0]);
    /// ```
    pub fn unique(x, size: usize, fill: Option<&Array>) -> Unique {
        let n = x.size();
        let line = crate::ops::reshape(x, [-1])?;
        if let Some(f) = fill.filter(|f| f.size() != 1) {
            return Err(Error::value("unique", format!("the fill value must have one element: its shape is {:?}", f.dims())));
        }
        if n == 0 && size > 0 && fill.is_none() {
            return Err(Error::value("unique", format!("an array of shape {:?} has nothing to fill {size} places with", x.dims())));
        }
        let rows = Place::Axes(smallvec![0]);
        let fill = match fill {
            Some(f) => Some(crate::ops::astype(&view::reshape_to(f, smallvec![1])?, x.dtype())?),
            None => None,
        };
        let full = |y: &Array| crate::ops::broadcast_to(y, [size]);
        if n == 0 {
            let values = fill.map_or_else(|| Ok(line), |f| full(&f))?;
            let none = |d: Dtype| create::constant(Scalar::new(0.0, d), smallvec![size], false);
            let inverse = create::constant(Scalar::new(0.0, Dtype::U32), x.shape().into(), false);
            return Ok(Unique { values, index: none(Dtype::U32), inverse, counts: none(Dtype::I32) });
        }
        let order = crate::ops::argsort(&line, 0)?;
        let sorted = gather(&line, &rows, std::slice::from_ref(&order), true)?;
        let part = |start, stop| view::slice_ranges(&sorted, smallvec![Range { start, stop, step: 1 }]);
        // The elements that differ from the one before, and how many of them have come.
        let differs = crate::ops::not_equal(&part(1, None)?, &part(0, Some(-1))?)?;
        let first = create::constant(Scalar::new(1.0, Dtype::Bool), smallvec![1], false);
        let first = crate::ops::concatenate(&[&first, &differs], 0)?;
        let rank = crate::ops::subtract(&crate::ops::cumsum(&first, along(0))?, 1)?;
        // What is outside is dropped.
        let place = crate::ops::try_select(&first, &rank, size)?;
        let smallest = |y: &Array| view::slice_ranges(y, smallvec![Range { start: 0, stop: Some(1), step: 1 }]);
        let start = fill.map_or_else(|| smallest(&sorted), Ok)?;
        let values = scatter(&full(&start)?, &rows, &sorted, std::slice::from_ref(&place), Combine::Set, false)?;
        let index = scatter(&full(&smallest(&order)?)?, &rows, &order, &[place], Combine::Set, false)?;
        let none = create::constant(Scalar::new(0.0, Dtype::I32), smallvec![size], false);
        let ones = create::constant(Scalar::new(1.0, Dtype::I32), smallvec![n], false);
        let counts = scatter(&none, &rows, &ones, std::slice::from_ref(&rank), Combine::Add, false)?;
        let bounded = crate::ops::astype(&crate::ops::minimum(&rank, size.max(1) - 1)?, Dtype::U32)?;
        let inverse = scatter(&bounded.zeros_like(), &rows, &bounded, &[order], Combine::Set, true)?;
        Ok(Unique { values, index, inverse: view::reshape_to(&inverse, x.shape().into())?, counts })
    }
}
