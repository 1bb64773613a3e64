//! Matrix products. Transposed operands stay views; batches that only one side has are folded into one product where that needs no copy.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply;
use crate::graph::node::{Aval, Avals};
use crate::ops::create::Number;
use crate::ops::elementwise::conjugated;
use crate::ops::{op, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::dtype::promote;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{View, Work};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::smallvec;

/// `(batch.., m, k)` times `(batch.., k, n)`: of one inexact dtype; the batches broadcast.
struct MatMul;

stored!("matmul", MatMul {});

impl Primitive for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let (a, b) = (&inputs[0].shape[..], &inputs[1].shape[..]);
        let fail = || Error::value("matmul", format!("cannot multiply {}{a:?} and {}{b:?}", inputs[0].dtype, inputs[1].dtype));
        let (Some(la), Some(lb)) = (a.len().checked_sub(2), b.len().checked_sub(2)) else { return Err(fail()) };
        if a[la + 1] != b[lb] {
            return Err(fail());
        }
        let mut dims = shape::broadcast(&a[..la], &b[..lb]).ok_or_else(fail)?;
        dims.extend([a[la], b[lb + 1]]);
        Ok(smallvec![Aval::new(dims, inputs[0].dtype)])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let (ct, a, b) = (cx.cotangent(0), cx.inputs[0].array(), cx.inputs[1].array());
        let da = if cx.needed[0] { Some(view::sum_to(&product(&ct, &adjoint(&b)?)?, &a)?) } else { None };
        let db = if cx.needed[1] { Some(view::sum_to(&product(&adjoint(&a)?, &ct)?, &b)?) } else { None };
        Ok(vec![da, db])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let (a, b) = (cx.inputs[0].array(), cx.inputs[1].array());
        let of_a = cx.tangents[0].as_ref().map(|t| product(t, &b)).transpose()?;
        let of_b = cx.tangents[1].as_ref().map(|t| product(&a, t)).transpose()?;
        Ok(vec![match (of_a, of_b) {
            (Some(x), Some(y)) => Some(crate::ops::add(&x, &y)?),
            (x, y) => x.or(y),
        }])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        // The batch comes before the longest of the operands' own axes; from there on they align from the right.
        let own = |i: usize| cx.inputs[i].array().ndim() - cx.batched[i] as usize;
        let rank = own(0).max(own(1));
        let aligned = |i: usize| {
            let x = cx.inputs[i].array();
            let missing = if cx.batched[i] { rank - own(i) } else { 0 };
            (0..missing).try_fold(x, |x, _| crate::ops::expand_dims(&x, 1))
        };
        Ok(vec![product(&aligned(0)?, &aligned(1)?)?])
    }
}

impl KernelOf for MatMul {
    fn work(&self, inputs: &[View], outs: &[Aval]) -> Work {
        let lead = outs[0].ndim() - 2;
        let [mut a, mut b] = [0, 1].map(|i| {
            let x = &inputs[i];
            let own = x.dims.len() - 2;
            let pad = lead - own;
            let mut y = View { dtype: x.dtype, dims: outs[0].shape[..lead].into(), strides: smallvec![0; lead] };
            for axis in 0..own {
                if x.dims[axis] != 1 {
                    y.strides[pad + axis] = x.strides[axis];
                }
            }
            y.dims.extend_from_slice(&x.dims[own..]);
            y.strides.extend_from_slice(&x.strides[own..]);
            y
        });
        if lead > 0 && b.strides[..lead].iter().all(|&s| s == 0) {
            // One right side for the whole batch: the left sides below one another, if they lie so.
            let (dims, strides) = shape::coalesce(&a.dims[..=lead], &[&a.strides[..=lead]]);
            if let ([rows], [step]) = (&dims[..], &strides[0][..]) {
                a = View { dtype: a.dtype, dims: smallvec![*rows, a.dims[lead + 1]], strides: smallvec![*step, a.strides[lead + 1]] };
                b = View { dtype: b.dtype, dims: b.dims[lead..].into(), strides: b.strides[lead..].into() };
            }
        }
        Work::MatMul { a, b }
    }
}

/// The last two axes swapped, conjugated: a view, but for complex numbers.
fn adjoint(x: &Array) -> Result<Array> {
    conjugated(&swap_last(x)?)
}

fn swap_last(x: &Array) -> Result<Array> {
    let n = x.ndim();
    view::permute(x, (0..n - 2).chain([n - 1, n - 2]).collect())
}

/// The product of arrays of one dtype and at least two axes, whose batch axes broadcast.
#[track_caller]
fn product(a: &Array, b: &Array) -> Result<Array> {
    let (na, nb) = (a.ndim(), b.ndim());
    let (m, n) = (a.dims()[na - 2], b.dims()[nb - 1]);
    let traced = a.tag().shapeless || b.tag().shapeless;
    if !traced && nb == 2 && na > 2 {
        let rows = a.dims()[..na - 1].iter().product();
        let flat = apply(MatMul, &[&view::reshape_to(a, smallvec![rows, a.dims()[na - 1]])?, b])?;
        return view::reshape_to(&flat, a.dims()[..na - 1].iter().copied().chain([n]).collect());
    }
    if !traced && na == 2 && nb > 2 && n == 1 {
        // Columns side by side: the rows of a product with the transpose.
        let rows = b.dims()[..nb - 2].iter().product();
        let flat = apply(MatMul, &[&view::reshape_to(b, smallvec![rows, b.dims()[nb - 2]])?, &swap_last(a)?])?;
        return view::reshape_to(&flat, b.dims()[..nb - 2].iter().copied().chain([m, 1]).collect());
    }
    apply(MatMul, &[a, b])
}

#[track_caller]
fn mismatch(a: &Array, b: &Array) -> Error {
    Error::value("matmul", format!("cannot multiply {}", crate::ops::describe(&[a, b])))
}

/// The dtype of a product.
#[track_caller]
fn product_dtype(op: &str, arrays: &[&Array]) -> Result<Dtype> {
    let d = arrays.iter().map(|a| a.dtype()).reduce(promote).expect("there are operands");
    if !d.is_inexact() {
        return Err(Error::value(op, format!("needs a floating-point or complex operand, not {}", crate::ops::describe(arrays))));
    }
    Ok(d)
}

op! {
    /// The matrix product. Vectors count as a row on the left and a column on the right; axes before the last two are a batch and
    /// broadcast. Dtypes promote; the result must be inexact.
    ///
    /// # Errors
    /// A value error for 0-d arrays, shapes that do not match, or integers on both sides.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.matmul(&array![1.0, 1.0]).to_vec::<f32>().unwrap(), [3.0, 7.0]);
    /// assert!(ops::matmul(&x, &array![1.0, 1.0, 1.0]).is_err());
    /// ```
    pub fn matmul(x, y: &Array) -> Array {
        let d = product_dtype("matmul", &[x, y])?;
        if x.ndim() == 0 || y.ndim() == 0 {
            return Err(Error::value("matmul", format!("needs at least one axis on each side, not {}", crate::ops::describe(&[x, y]))));
        }
        if x.dims()[x.ndim() - 1] != y.dims()[y.ndim().saturating_sub(2)] {
            return Err(mismatch(x, y));
        }
        let (row, column) = (x.ndim() == 1, y.ndim() == 1);
        let mut a = crate::ops::astype(x, d)?;
        let mut b = crate::ops::astype(y, d)?;
        if row {
            a = crate::ops::expand_dims(&a, 0)?;
        }
        if column {
            b = crate::ops::expand_dims(&b, 1)?;
        }
        let mut z = product(&a, &b)?;
        if column {
            z = crate::ops::squeeze(&z, -1)?;
        }
        if row {
            z = crate::ops::squeeze(&z, if column { -1 } else { -2 })?;
        }
        Ok(z)
    }

    /// `alpha * (a @ b) + beta * self`; `self` broadcasts to the product, and is not read where `beta` is 0.
    ///
    /// # Errors
    /// As for `matmul`; a value error if `self` does not broadcast to the product's shape.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (bias, x) = (array![1.0, 2.0], array![[1.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(bias.addmm(&x, &x, 2.0, 1.0).to_vec::<f32>().unwrap(), [3.0, 2.0, 1.0, 4.0]);
    /// ```
    pub fn addmm(x, a: &Array, b: &Array, alpha: impl Number, beta: impl Number) -> Array {
        let d = product_dtype("addmm", &[x, a, b])?;
        let (alpha, beta) = (alpha.number(), beta.number());
        let mut z = matmul(&crate::ops::astype(a, d)?, &crate::ops::astype(b, d)?)?;
        if shape::broadcast(x.dims(), z.dims()).is_none_or(|s| s[..] != *z.dims()) {
            return Err(Error::value("addmm", format!("cannot broadcast {:?} to the product's shape {:?}", x.dims(), z.dims())));
        }
        if alpha != 1.0 {
            z = crate::ops::multiply(&z, Scalar::new(alpha, d))?;
        }
        if beta == 0.0 {
            return Ok(z);
        }
        let mut c = crate::ops::astype(x, d)?;
        if beta != 1.0 {
            c = crate::ops::multiply(&c, Scalar::new(beta, d))?;
        }
        crate::ops::add(&z, &c)
    }

    /// The products of the last axes' vectors, each of one side with each of the other.
    ///
    /// # Errors
    /// As for `matmul`.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, 2.0].inner(&array![3.0, 4.0]).item::<f32>().unwrap(), 11.0);
    /// ```
    pub fn inner(x, y: &Array) -> Array {
        if x.ndim() == 0 || y.ndim() == 0 {
            return crate::ops::multiply(x, y);
        }
        let (k, l) = (x.dims()[x.ndim() - 1], y.dims()[y.ndim() - 1]);
        if k != l {
            return Err(Error::value("inner", format!("the last axes of {} differ", crate::ops::describe(&[x, y]))));
        }
        let lead: Dims = y.shape()[..y.ndim() - 1].into();
        let columns: usize = lead.iter().product();
        let flat = matmul(x, &view::reshape_to(y, smallvec![columns, l])?.t())?;
        view::reshape_to(&flat, x.shape()[..x.ndim() - 1].iter().copied().chain(lead).collect())
    }

    /// Each element of `self`, flattened, times each of `y`.
    ///
    /// # Errors
    /// A type error for dtypes that cannot be multiplied.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1, 2].outer(&array![3, 4]).to_vec::<i32>().unwrap(), [3, 4, 6, 8]);
    /// ```
    pub fn outer(x, y: &Array) -> Array {
        let flat = |a: &Array| crate::ops::reshape(a, [-1]);
        crate::ops::multiply(&crate::ops::expand_dims(&flat(x)?, 1)?, &flat(y)?)
    }
}
