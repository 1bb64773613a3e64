//! Updates where a boolean mask holds.

use crate::Array;
use crate::ops::gather::{Place, gather};
use crate::ops::scan::along;
use crate::ops::{Rhs, create, elementwise, view};
use lazulite_base::Dtype;
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Op, shape};
use smallvec::smallvec;

const OP: &str = "masked_set";

/// See [`masked_set`](crate::ops::masked_set).
#[track_caller]
pub(crate) fn masked_set(x: &Array, mask: &Array, value: Rhs) -> Result<Array> {
    if mask.dtype() != Dtype::Bool {
        return Err(Error::value(OP, format!("a mask is bool, not {}", mask.dtype())));
    }
    if mask.ndim() > x.ndim() || mask.shape() != &x.shape()[..mask.ndim()] {
        let text = format!("the mask's shape {:?} is not the beginning of the array's shape {:?}", mask.dims(), x.dims());
        return Err(Error::value(OP, text));
    }
    let rest: Dims = x.shape()[mask.ndim()..].into();
    let value = match value {
        Rhs::Literal(s) => return choose(x, mask, Rhs::Literal(create::fits(OP, s, x.dtype())?)),
        Rhs::Array(a) => crate::ops::astype(&a, x.dtype())?,
    };
    let fits = |dims: &[usize]| shape::broadcast(dims, &rest).is_some_and(|d| d == rest);
    let refuse = || {
        let text = format!(
            "a value of shape {:?} goes with neither each place nor the places in order: the array has shape {:?}, the mask {:?}",
            value.dims(),
            x.dims(),
            mask.dims()
        );
        Err(Error::value(OP, text))
    };
    if value.ndim() <= rest.len() {
        return if fits(value.dims()) { choose(x, mask, Rhs::Array(value)) } else { refuse() };
    }
    if value.ndim() != rest.len() + 1 || !fits(&value.dims()[1..]) {
        return refuse();
    }
    in_order(x, mask, &value, &rest)
}

/// The value at every place.
#[track_caller]
fn choose(x: &Array, mask: &Array, value: Rhs) -> Result<Array> {
    let mut dims: Dims = mask.shape().into();
    dims.resize(x.ndim(), 1);
    let mask = view::reshape_to(mask, dims)?;
    let value = match value {
        Rhs::Array(a) => Rhs::Array(crate::ops::broadcast_to(&a, x.shape())?),
        literal => literal,
    };
    elementwise::apply(Op::Select, Some(&mask), &[value, Rhs::Array(x.clone())])
}

/// The value's rows at the places in order.
#[track_caller]
fn in_order(x: &Array, mask: &Array, value: &Array, rest: &Dims) -> Result<Array> {
    let (places, rows) = (mask.size(), value.shape()[0]);
    check_rows(mask, places, rows)?;
    if places == 0 || rows == 0 {
        return Ok(x.clone());
    }
    // How many places where the mask holds come before each one: the row that belongs there.
    let row = crate::ops::cumsum(&view::reshape_to(mask, smallvec![places])?, along(0).exclusive())?;
    let mut dims: Dims = smallvec![rows];
    dims.extend_from_slice(rest);
    let value = crate::ops::broadcast_to(value, dims)?;
    let new = gather(&value, &Place::Axes(smallvec![0]), &[row], false)?;
    choose(x, mask, Rhs::Array(view::reshape_to(&new, x.shape().into())?))
}

/// Whether there are enough rows; counts the places where there may not be.
#[track_caller]
fn check_rows(mask: &Array, places: usize, rows: usize) -> Result<()> {
    if rows >= places {
        return Ok(());
    }
    if mask.abstract_error(OP).is_some() {
        let text = format!("{rows} rows may be too few for a mask of {places} elements, whose values are not known inside a transform");
        return Err(Error::value(OP, text));
    }
    let held = crate::ops::sum(mask, ..)?.item::<i32>()? as usize;
    if rows < held {
        return Err(Error::value(OP, format!("{rows} rows are too few for the {held} places where the mask holds")));
    }
    Ok(())
}
