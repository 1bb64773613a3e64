//! Contractions and norms: what is composed of products and sums.

use crate::Array;
use crate::ops::{Axes, op, view};
use lazulite_base::error::{Error, Result};
use lazulite_base::{Dims, Dtype, shape};

/// A norm of vectors or matrices.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Norm {
    /// The root of the sum of squares.
    Euclidean,
    /// Of order `p`: of a vector `sum(|x|^p)^(1/p)`, with limits at zero and the infinities; of a matrix the largest (or, for a negative
    /// order, smallest) sum of a column for 1, of a row for infinity, or singular value for 2.
    Order(f64),
    /// Of a matrix: the sum of the singular values.
    Nuclear,
}

/// Sizes and order for a product over some axes: those axes, the others, and the product of each group's sizes.
fn grouped(x: &Array, axes: &[usize]) -> (Dims, Dims, usize) {
    let rest: Dims = (0..x.ndim()).filter(|a| !axes.contains(a)).collect();
    let sizes: Dims = rest.iter().map(|&a| x.shape()[a]).collect();
    let n = axes.iter().map(|&a| x.shape()[a]).product();
    (rest, sizes, n)
}

op! {
    /// The sum of products over axes of `x` and as many of `y`: axis `over.0[i]` of `x` with axis `over.1[i]` of `y`. The axes of `x`
    /// that are left come first.
    ///
    /// # Errors
    /// A value error for axes of different number or sizes, or dtypes that `matmul` refuses; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (x, y) = (Array::ones([2, 3], Dtype::F32), Array::ones([3, 4], Dtype::F32));
    /// assert_eq!(x.tensordot(&y, (&[1], &[0])).shape(), [2, 4]);
    /// ```
    pub fn tensordot(x, y: &Array, over: (&[i64], &[i64])) -> Array {
        let find = |a: &Array, list: &[i64]| list.iter().map(|&i| shape::axis("tensordot", i, a.ndim())).collect::<Result<Dims>>();
        let (a, b) = (find(x, over.0)?, find(y, over.1)?);
        if a.len() != b.len() || a.iter().zip(&b).any(|(&i, &j)| x.shape()[i] != y.shape()[j]) {
            let text = format!("axes {:?} of {:?} and {:?} of {:?} do not match", over.0, x.dims(), over.1, y.dims());
            return Err(Error::value("tensordot", text));
        }
        let ((left, rows, n), (right, columns, _)) = (grouped(x, &a), grouped(y, &b));
        let flat = |d: &Dims| d.iter().product::<usize>();
        let x = view::permute(x, left.iter().chain(&a).copied().collect())?;
        let y = view::permute(y, b.iter().chain(&right).copied().collect())?;
        let z = crate::ops::matmul(
            &view::reshape_to(&x, [flat(&rows), n].as_slice().into())?,
            &view::reshape_to(&y, [n, flat(&columns)].as_slice().into())?,
        )?;
        view::reshape_to(&z, rows.into_iter().chain(columns).collect())
    }

    /// The products of the vectors along `axis`, those of `x` conjugated; the other axes broadcast.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast, an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].vecdot(&array![3.0, 4.0], -1).item::<f32>().unwrap(), 11.0);
    /// ```
    pub fn vecdot(x, y: &Array, axis: i64) -> Array {
        crate::ops::sum(&crate::ops::multiply(&crate::ops::conjugate(x)?, y)?, axis)
    }

    /// The Kronecker product: `y` times each element of `x`, in blocks.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 10].kron(&array![1, 2]).to_vec::<i32>().unwrap(), [1, 2, 10, 20]);
    /// ```
    pub fn kron(x, y: &Array) -> Array {
        let n = x.ndim().max(y.ndim());
        let size = |a: &Array, i: usize| if i + a.ndim() < n { 1 } else { a.shape()[i + a.ndim() - n] };
        let outer: Dims = (0..n).flat_map(|i| [size(x, i), 1]).collect();
        let inner: Dims = (0..n).flat_map(|i| [1, size(y, i)]).collect();
        let dims: Dims = (0..n).map(|i| size(x, i) * size(y, i)).collect();
        view::reshape_to(&crate::ops::multiply(&view::reshape_to(x, outer)?, &view::reshape_to(y, inner)?)?, dims)
    }

    /// The cross product of the vectors along `axis`, which has three elements, or two: then the third is zero.
    ///
    /// # Errors
    /// A value error for another size or shapes that do not broadcast, an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let z = array![1, 0, 0].cross(&array![0, 1, 0], -1);
    /// assert_eq!(z.to_vec::<i32>().unwrap(), [0, 0, 1]);
    /// ```
    pub fn cross(x, y: &Array, axis: i64) -> Array {
        let parts = |a: &Array| -> Result<Vec<Array>> {
            let at = shape::axis("cross", axis, a.ndim())?;
            match a.shape()[at] {
                3 => crate::ops::unstack(a, axis),
                2 => {
                    let mut list = crate::ops::unstack(a, axis)?;
                    list.push(list[0].zeros_like());
                    Ok(list)
                }
                n => Err(Error::value("cross", format!("axis {at} of {:?} has {n} elements, not 2 or 3", a.dims()))),
            }
        };
        let (a, b) = (parts(x)?, parts(y)?);
        let minor = |i: usize, j: usize| -> Result<Array> {
            crate::ops::subtract(&crate::ops::multiply(&a[i], &b[j])?, &crate::ops::multiply(&a[j], &b[i])?)
        };
        crate::ops::stack(&[&minor(1, 2)?, &minor(2, 0)?, &minor(0, 1)?], axis)
    }

    /// The norm of the vectors along one axis, or of the matrices along two; over all axes (`..`) the Euclidean norm takes any number.
    ///
    /// # Errors
    /// A value error for an order that has no meaning for the number of axes; an index error for an axis out of range.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// use lazulite::ops::Norm;
    /// assert_eq!(array![3.0, 4.0].norm(Norm::Euclidean, ..).item::<f32>().unwrap(), 5.0);
    /// assert_eq!(array![3.0, -4.0].norm(Norm::Order(1.0), ..).item::<f32>().unwrap(), 7.0);
    /// ```
    pub fn norm(x, order: Norm, axes: impl Into<Axes>) -> Array {
        let axes = axes.into();
        let (list, keep) = axes.resolve("norm", x.ndim())?;
        let any = axes.is_all() && order == Norm::Euclidean;
        if !any && !matches!(list.len(), 1 | 2) {
            return Err(Error::value("norm", format!("takes one or two axes, not {}", list.len())));
        }
        let size = crate::ops::abs(&crate::ops::astype(x, x.dtype().to_inexact())?)?;
        match order {
            Norm::Euclidean => crate::ops::sqrt(&crate::ops::sum(&crate::ops::square(&size)?, axes)?),
            Norm::Order(p) if list.len() == 1 => vector_norm(&size, p, axes),
            Norm::Nuclear if list.len() == 1 => Err(Error::value("norm", "a vector has no nuclear norm")),
            Norm::Order(p) if p.abs() != 2.0 => matrix_norm(&size, p, [list[0], list[1]], keep),
            singular => singular_norm(x, singular, [list[0], list[1]], keep),
        }
    }
}

fn vector_norm(size: &Array, p: f64, axes: Axes) -> Result<Array> {
    if p == f64::INFINITY {
        crate::ops::max(size, axes)
    } else if p == f64::NEG_INFINITY {
        crate::ops::min(size, axes)
    } else if p == 0.0 {
        crate::ops::astype(&crate::ops::count_nonzero(size, axes)?, size.dtype())
    } else if p == 1.0 {
        crate::ops::sum(size, axes)
    } else if p == 2.0 {
        crate::ops::sqrt(&crate::ops::sum(&crate::ops::square(size)?, axes)?)
    } else {
        crate::ops::power(&crate::ops::sum(&crate::ops::power(size, p)?, axes)?, 1.0 / p)
    }
}

fn matrix_norm(size: &Array, p: f64, [row, column]: [usize; 2], keep: bool) -> Result<Array> {
    let summed = match p.abs() {
        1.0 => row,
        f64::INFINITY => column,
        _ => return Err(Error::value("norm", format!("matrices have no norm of order {p}"))),
    };
    let sums = crate::ops::sum(size, crate::ops::keep(summed as i64))?;
    let both = [row as i64, column as i64];
    let axes: Axes = if keep { crate::ops::keep(both) } else { both.into() };
    if p > 0.0 { crate::ops::max(&sums, axes) } else { crate::ops::min(&sums, axes) }
}

/// A norm that is made of the singular values.
fn singular_norm(x: &Array, order: Norm, [row, column]: [usize; 2], keep: bool) -> Result<Array> {
    let x = crate::ops::astype(x, x.dtype().to_inexact())?;
    let rest = (0..x.ndim()).filter(|&a| a != row && a != column);
    let s = crate::ops::linalg::svdvals(&view::permute(&x, rest.chain([row, column]).collect())?)?;
    let y = match order {
        Norm::Nuclear => crate::ops::sum(&s, -1)?,
        Norm::Order(p) if p > 0.0 => crate::ops::max(&s, -1)?,
        _ => crate::ops::min(&s, -1)?,
    };
    if keep { crate::ops::expand_dims(&crate::ops::expand_dims(&y, row as i64)?, column as i64) } else { Ok(y) }
}

/// The dtype of a float, for the fast operations.
pub(crate) fn float(op: &str, x: &Array) -> Result<Dtype> {
    if x.dtype().is_float() { Ok(x.dtype()) } else { Err(Error::value(op, format!("takes floats, not {}", x.dtype()))) }
}
