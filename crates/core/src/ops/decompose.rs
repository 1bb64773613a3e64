//! The primitive of the functions of matrices, and its rules. The public functions are in `linalg.rs`.
//!
//! Rules are compositions of operations, so that they have rules themselves. Formulas: M. Giles, "Collected matrix derivative results for
//! forward and reverse mode algorithmic differentiation" (2008), for inverses, equations, factors of Cholesky, eigenvalues and singular
//! values; M. Seeger et al., "Auto-differentiating linear algebra" (2017), for orthonormal factors; J. Townsend, "Differentiating the
//! singular value decomposition" (2016); G. Golub and V. Pereyra (1973) for the pseudo-inverse. Written for complex numbers where the
//! function takes them: `'` is the adjoint, and a cotangent `C` of `X` stands for the real number `Re tr(C' dX)`.
//!
//! A function that reads one triangle of a matrix has a derivative by that triangle's entries only.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply_many;
use crate::graph::node::{Aval, Avals};
use crate::ops::{create, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{Linalg, View, Work};
use lazulite_base::{Dims, Dtype};
use smallvec::{SmallVec, smallvec};

/// A function of matrices over batches of equal shapes.
#[derive(Clone, Copy)]
pub(crate) struct Decompose(pub Linalg);

/// The outputs of the function.
#[track_caller]
pub(crate) fn decompose(op: Linalg, inputs: &[&Array]) -> Result<Vec<Array>> {
    apply_many(Decompose(op), inputs)
}

/// The only output of the function.
#[track_caller]
pub(crate) fn single(op: Linalg, inputs: &[&Array]) -> Result<Array> {
    Ok(decompose(op, inputs)?.swap_remove(0))
}

/// The real dtype of a dtype.
pub(crate) fn real_of(d: Dtype) -> Dtype {
    if d == Dtype::C64 { Dtype::F32 } else { d }
}

/// The last two axes swapped: a view.
pub(crate) fn transposed(x: &Array) -> Result<Array> {
    let n = x.ndim();
    view::permute(x, (0..n - 2).chain([n - 1, n - 2]).collect())
}

/// The adjoint.
pub(crate) fn adjoint(x: &Array) -> Result<Array> {
    let y = transposed(x)?;
    if y.dtype() == Dtype::C64 { crate::ops::conjugate(&y) } else { Ok(y) }
}

/// `a b`.
fn mul(a: &Array, b: &Array) -> Result<Array> {
    crate::ops::matmul(a, b)
}

/// `a b c`.
fn mul3(a: &Array, b: &Array, c: &Array) -> Result<Array> {
    mul(&mul(a, b)?, c)
}

fn add(a: &Array, b: &Array) -> Result<Array> {
    crate::ops::add(a, b)
}

fn sub(a: &Array, b: &Array) -> Result<Array> {
    crate::ops::subtract(a, b)
}

fn minus(a: &Array) -> Result<Array> {
    crate::ops::negative(a)
}

fn triangle(x: &Array, upper: bool) -> Result<Array> {
    if upper { crate::ops::triu(x, 0) } else { crate::ops::tril(x, 0) }
}

/// Rows, or columns, `from..to` of the matrices.
fn rows(x: &Array, from: usize, to: usize) -> Result<Array> {
    part(x, x.ndim() - 2, from, to)
}

fn columns(x: &Array, from: usize, to: usize) -> Result<Array> {
    part(x, x.ndim() - 1, from, to)
}

fn part(x: &Array, axis: usize, from: usize, to: usize) -> Result<Array> {
    let mut ranges: SmallVec<[view::Range; 4]> = smallvec![view::Range::FULL; x.ndim()];
    ranges[axis] = view::Range { start: from as i64, stop: Some(to as i64), step: 1 };
    view::slice_ranges(x, ranges)
}

/// The matrices in the corner of `m` by `n` zeros, or cut to it.
fn fitted(x: &Array, m: usize, n: usize) -> Result<Array> {
    let r = x.ndim();
    let (p, q) = (x.shape()[r - 2].min(m), x.shape()[r - 1].min(n));
    let mut widths: SmallVec<[(usize, usize); 4]> = smallvec![(0, 0); r];
    widths[r - 2].1 = m - p;
    widths[r - 1].1 = n - q;
    let inner = columns(&rows(x, 0, p)?, 0, q)?;
    if p == m && q == n { Ok(inner) } else { crate::ops::pad(&inner, &widths, 0) }
}

/// The identity of the dtype of `x`.
fn identity(n: usize, x: &Array) -> Array {
    Array::eye(n, n, 0, x.dtype())
}

/// Vectors as the diagonals of matrices.
fn diagonal_matrix(v: &Array) -> Result<Array> {
    let n = v.shape()[v.ndim() - 1];
    crate::ops::multiply(&crate::ops::expand_dims(v, -1)?, Array::eye(n, n, 0, real_of(v.dtype())))
}

/// The lower triangle, its diagonal halved.
fn halved(x: &Array) -> Result<Array> {
    let diagonal = sub(&crate::ops::tril(x, 0)?, &crate::ops::tril(x, -1)?)?;
    sub(&crate::ops::tril(x, 0)?, &crate::ops::multiply(&diagonal, 0.5)?)
}

/// The Hermitian matrix of which one triangle is given.
fn completed(x: &Array, lower: bool) -> Result<Array> {
    let given = triangle(x, !lower)?;
    let strict = if lower { crate::ops::tril(x, -1)? } else { crate::ops::triu(x, 1)? };
    let y = add(&given, &adjoint(&strict)?)?;
    if x.dtype() != Dtype::C64 {
        return Ok(y);
    }
    let diagonal = sub(&given, &strict)?;
    sub(&y, &crate::ops::multiply(&sub(&diagonal, &crate::ops::conjugate(&diagonal)?)?, 0.5)?)
}

/// The transpose of [`completed`].
fn folded(x: &Array, lower: bool) -> Result<Array> {
    let both = crate::ops::multiply(&add(x, &adjoint(x)?)?, 0.5)?;
    let strict = if lower { crate::ops::tril(&both, -1)? } else { crate::ops::triu(&both, 1)? };
    add(&triangle(&both, !lower)?, &strict)
}

/// `x[i] - y[j]` inverted for each pair, zero where the numbers are equal.
fn gaps(y: &Array, x: &Array) -> Result<Array> {
    let d = sub(&crate::ops::expand_dims(y, -2)?, &crate::ops::expand_dims(x, -1)?)?;
    let equal = crate::ops::equal(&d, 0)?;
    let inverted = crate::ops::reciprocal(&crate::ops::try_select(&equal, 1, &d)?)?;
    crate::ops::try_select(&equal, 0, &inverted)
}

/// The sizes of the matrices.
fn sizes(x: &Array) -> (usize, usize) {
    let r = x.ndim();
    (x.shape()[r - 2], x.shape()[r - 1])
}

stored!("decompose", Decompose { 0 });

impl Primitive for Decompose {
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn key(&self, h: &mut KeyHasher) {
        let bit = |b: bool, at: u32| (b as u64) << at;
        h.word(match self.0 {
            Linalg::SolveTriangular { upper } => bit(upper, 0),
            Linalg::Svd { vectors } | Linalg::Eig { vectors } => bit(vectors, 0),
            Linalg::Eigh { lower, vectors } => bit(lower, 0) | bit(vectors, 1),
            _ => 0,
        });
    }
    fn attributes(&self) -> String {
        match self.0 {
            Linalg::SolveTriangular { upper } => format!("upper: {upper}"),
            Linalg::Svd { vectors } | Linalg::Eig { vectors } => format!("vectors: {vectors}"),
            Linalg::Eigh { lower, vectors } => format!("lower: {lower}, vectors: {vectors}"),
            _ => String::new(),
        }
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let a = &inputs[0];
        let refuse = || {
            let list: Vec<String> = inputs.iter().map(|a| format!("{}{:?}", a.dtype, &a.shape[..])).collect();
            Err(Error::value(self.name(), format!("is not defined for {}", list.join(" and "))))
        };
        let Some(lead) = a.ndim().checked_sub(2) else { return refuse() };
        let (m, n) = (a.shape[lead], a.shape[lead + 1]);
        let k = m.min(n);
        let d = a.dtype;
        let square = !matches!(self.0, Linalg::Lu | Linalg::Qr | Linalg::Svd { .. } | Linalg::PseudoInverse);
        if square && m != n {
            return refuse();
        }
        if let Some(b) = inputs.get(1)
            && (b.ndim() != lead + 2 || b.shape[..=lead] != a.shape[..=lead] || b.dtype != d)
        {
            return refuse();
        }
        let of = |d: Dtype, tail: &[usize]| {
            let mut dims: Dims = a.shape[..lead].into();
            dims.extend_from_slice(tail);
            Aval::new(dims, d)
        };
        let c = Dtype::C64;
        Ok(match self.0 {
            Linalg::Cholesky | Linalg::Inverse => smallvec![of(d, &[n, n])],
            Linalg::PseudoInverse => smallvec![of(d, &[n, m])],
            Linalg::Solve | Linalg::SolveTriangular { .. } => smallvec![inputs[1].clone()],
            Linalg::Lu => smallvec![of(d, &[m, n]), of(Dtype::U32, &[k]), of(Dtype::U32, &[m])],
            Linalg::Qr => smallvec![of(d, &[m, k]), of(d, &[k, n])],
            Linalg::Svd { vectors: true } => smallvec![of(d, &[m, m]), of(real_of(d), &[k]), of(d, &[n, n])],
            Linalg::Svd { vectors: false } => smallvec![of(real_of(d), &[k])],
            Linalg::Eigh { vectors: true, .. } => smallvec![of(real_of(d), &[n]), of(d, &[n, n])],
            Linalg::Eigh { vectors: false, .. } => smallvec![of(real_of(d), &[n])],
            Linalg::Eig { vectors: true } => smallvec![of(c, &[n]), of(c, &[n, n])],
            Linalg::Eig { vectors: false } => smallvec![of(c, &[n])],
        })
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let a = cx.inputs[0].array();
        let y = &cx.outputs[0];
        let da = match self.0 {
            Linalg::Cholesky => {
                // S = L^-T phi(L' C) L^-1.
                let (l, upper) = (y, adjoint(y)?);
                let p = halved(&mul(&upper, &cx.cotangent(0))?)?;
                let left = transposed(&single(Linalg::SolveTriangular { upper: true }, &[&upper, &p])?)?;
                let s = transposed(&single(Linalg::SolveTriangular { upper: true }, &[&transposed(l)?, &left])?)?;
                folded(&s, true)?
            }
            Linalg::Inverse => {
                let h = adjoint(y)?;
                minus(&mul3(&h, &cx.cotangent(0), &h)?)?
            }
            Linalg::PseudoInverse => pseudo_inverse_vjp(&a, y, &cx.cotangent(0))?,
            Linalg::Solve | Linalg::SolveTriangular { .. } => {
                let flipped = match self.0 {
                    Linalg::SolveTriangular { upper } => Linalg::SolveTriangular { upper: !upper },
                    op => op,
                };
                let db = single(flipped, &[&adjoint(&a)?, &cx.cotangent(0)])?;
                let whole = minus(&mul(&db, &adjoint(y)?)?)?;
                let da = match self.0 {
                    Linalg::SolveTriangular { upper } => triangle(&whole, upper)?,
                    _ => whole,
                };
                return Ok(vec![Some(da), Some(db)]);
            }
            Linalg::Lu => lu_vjp(y, &cx.outputs[2], &cx.cotangent(0))?,
            Linalg::Qr => qr_vjp(&a, &cx.outputs[0], &cx.outputs[1], &cx.cotangent(0), &cx.cotangent(1))?,
            Linalg::Svd { vectors: false } => {
                let list = decompose(Linalg::Svd { vectors: true }, &[&a])?;
                let (m, n) = sizes(&a);
                let s = fitted(&diagonal_matrix(&cx.cotangent(0))?, m, n)?;
                mul3(&list[0], &crate::ops::astype(&s, a.dtype())?, &list[2])?
            }
            Linalg::Svd { vectors: true } => svd_vjp(&a, cx)?,
            Linalg::Eigh { lower, vectors } => {
                let v = if vectors { cx.outputs[1].clone() } else { eigenvectors(Linalg::Eigh { lower, vectors: true }, &a)? };
                let mut c = crate::ops::astype(&diagonal_matrix(&cx.cotangent(0))?, a.dtype())?;
                if let Some(ct) = cx.cotangents.get(1).and_then(Option::as_ref) {
                    c = add(&c, &crate::ops::multiply(&mul(&adjoint(&v)?, ct)?, &gaps(y, y)?)?)?;
                }
                folded(&mul3(&v, &c, &adjoint(&v)?)?, lower)?
            }
            Linalg::Eig { vectors } => {
                let v = if vectors { cx.outputs[1].clone() } else { eigenvectors(Linalg::Eig { vectors: true }, &a)? };
                let h = adjoint(&v)?;
                let mut c = diagonal_matrix(&cx.cotangent(0))?;
                if let Some(ct) = cx.cotangents.get(1).and_then(Option::as_ref) {
                    // Only changes that keep the length of a vector count.
                    let own = mul(&h, ct)?;
                    let length = crate::ops::real(&crate::ops::diagonal(&own, 0)?)?;
                    let free = sub(&own, &crate::ops::multiply(&mul(&h, &v)?, &crate::ops::expand_dims(&length, -2)?)?)?;
                    c = add(&c, &crate::ops::multiply(&free, &crate::ops::conjugate(&gaps(y, y)?)?)?)?;
                }
                let da = single(Linalg::Solve, &[&h, &mul(&c, &h)?])?;
                if a.dtype() == Dtype::C64 { da } else { crate::ops::astype(&crate::ops::real(&da)?, a.dtype())? }
            }
        };
        Ok(vec![Some(da)])
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let (a, t) = (cx.inputs[0].array(), cx.tangent(0));
        let y = &cx.outputs[0];
        Ok(match self.0 {
            Linalg::Cholesky => {
                let solve = |b: &Array| single(Linalg::SolveTriangular { upper: false }, &[y, b]);
                let inner = solve(&transposed(&solve(&completed(&t, true)?)?)?)?;
                vec![Some(mul(y, &halved(&inner)?)?)]
            }
            Linalg::Inverse => vec![Some(minus(&mul3(y, &t, y)?)?)],
            Linalg::PseudoInverse => vec![Some(pseudo_inverse_jvp(&a, y, &t)?)],
            Linalg::Solve | Linalg::SolveTriangular { .. } => {
                let t = match self.0 {
                    Linalg::SolveTriangular { upper } => triangle(&t, upper)?,
                    _ => t,
                };
                vec![Some(single(self.0, &[&a, &sub(&cx.tangent(1), &mul(&t, y)?)?])?)]
            }
            Linalg::Lu => vec![Some(lu_jvp(y, &cx.outputs[2], &t)?), None, None],
            Linalg::Qr => qr_jvp(&a, &cx.outputs[0], &cx.outputs[1], &t)?.into_iter().map(Some).collect(),
            Linalg::Svd { vectors } => svd_jvp(&a, cx.outputs, vectors, &t)?.into_iter().map(Some).collect(),
            Linalg::Eigh { lower, vectors } => {
                let v = if vectors { cx.outputs[1].clone() } else { eigenvectors(Linalg::Eigh { lower, vectors: true }, &a)? };
                let c = mul3(&adjoint(&v)?, &completed(&t, lower)?, &v)?;
                let mut list = vec![Some(crate::ops::real(&crate::ops::diagonal(&c, 0)?)?)];
                if vectors {
                    list.push(Some(mul(&v, &crate::ops::multiply(&c, &gaps(y, y)?)?)?));
                }
                list
            }
            Linalg::Eig { vectors } => {
                let v = if vectors { cx.outputs[1].clone() } else { eigenvectors(Linalg::Eig { vectors: true }, &a)? };
                let c = single(Linalg::Solve, &[&v, &mul(&crate::ops::astype(&t, Dtype::C64)?, &v)?])?;
                let mut list = vec![Some(crate::ops::diagonal(&c, 0)?)];
                if vectors {
                    let turn = crate::ops::multiply(&c, &gaps(y, y)?)?;
                    let along = mul(&mul(&adjoint(&v)?, &v)?, &turn)?;
                    let length = crate::ops::expand_dims(&crate::ops::real(&crate::ops::diagonal(&along, 0)?)?, -2)?;
                    list.push(Some(sub(&mul(&v, &turn)?, &crate::ops::multiply(&v, &length)?)?));
                }
                list
            }
        })
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let list: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
        decompose(self.0, &list.iter().collect::<Vec<_>>())
    }
}

impl KernelOf for Decompose {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Linalg { op: self.0, inputs: inputs.to_vec() }
    }
}

/// The vectors of a decomposition into values and vectors.
fn eigenvectors(op: Linalg, a: &Array) -> Result<Array> {
    Ok(decompose(op, &[a])?.swap_remove(1))
}

/// `I - a p` and `I - p a`.
fn complements(a: &Array, p: &Array) -> Result<(Array, Array)> {
    let (m, n) = sizes(a);
    Ok((sub(&identity(m, a), &mul(a, p)?)?, sub(&identity(n, a), &mul(p, a)?)?))
}

fn pseudo_inverse_jvp(a: &Array, p: &Array, t: &Array) -> Result<Array> {
    let (left, right) = complements(a, p)?;
    let (h, th) = (adjoint(p)?, adjoint(t)?);
    let first = minus(&mul3(p, t, p)?)?;
    let second = mul(&mul3(p, &h, &th)?, &left)?;
    add(&add(&first, &second)?, &mul3(&right, &th, &mul(&h, p)?)?)
}

fn pseudo_inverse_vjp(a: &Array, p: &Array, ct: &Array) -> Result<Array> {
    let (left, right) = complements(a, p)?;
    let (h, ch) = (adjoint(p)?, adjoint(ct)?);
    let first = minus(&mul3(&h, ct, &h)?)?;
    let second = mul(&mul3(&left, &ch, p)?, &h)?;
    add(&add(&first, &second)?, &mul3(&mul(&h, p)?, &ch, &right)?)
}

/// The matrices with row `i` taken from row `order[i]`.
fn reordered(x: &Array, order: &Array) -> Result<Array> {
    let mut dims: Dims = order.shape().into();
    dims.push(x.shape()[x.ndim() - 1]);
    crate::ops::take_along_axis(x, &crate::ops::broadcast_to(&crate::ops::expand_dims(order, -1)?, dims)?, -2)
}

/// The unit lower triangle's square part of a packed decomposition, and its upper triangle's.
fn triangles(packed: &Array, k: usize) -> Result<(Array, Array)> {
    let square = fitted(packed, k, k)?;
    Ok((add(&crate::ops::tril(&square, -1)?, &identity(k, packed))?, crate::ops::triu(&square, 0)?))
}

/// `x` of `x u = b`.
fn solve_right(u: &Array, b: &Array) -> Result<Array> {
    transposed(&single(Linalg::SolveTriangular { upper: false }, &[&transposed(u)?, &transposed(b)?])?)
}

fn lu_jvp(packed: &Array, order: &Array, t: &Array) -> Result<Array> {
    let (m, n) = sizes(packed);
    let k = m.min(n);
    let (l, u) = triangles(packed, k)?;
    let t = reordered(t, &crate::ops::argsort(order, -1)?)?;
    let solve_left = |b: &Array| single(Linalg::SolveTriangular { upper: false }, &[&l, b]);
    let x = solve_right(&u, &solve_left(&fitted(&t, k, k)?)?)?;
    let (dl, du) = (mul(&l, &crate::ops::tril(&x, -1)?)?, mul(&crate::ops::triu(&x, 0)?, &u)?);
    let square = add(&dl, &du)?;
    if m > n {
        let below = solve_right(&u, &sub(&rows(&t, k, m)?, &mul(&rows(packed, k, m)?, &du)?)?)?;
        return crate::ops::concatenate(&[&square, &below], -2);
    }
    if n > m {
        let beside = solve_left(&sub(&columns(&t, k, n)?, &mul(&dl, &columns(packed, k, n)?)?)?)?;
        return crate::ops::concatenate(&[&square, &beside], -1);
    }
    Ok(square)
}

fn lu_vjp(packed: &Array, order: &Array, ct: &Array) -> Result<Array> {
    let (m, n) = sizes(packed);
    let k = m.min(n);
    let (l, u) = triangles(packed, k)?;
    let square = fitted(ct, k, k)?;
    let (mut cl, mut cu) = (crate::ops::tril(&square, -1)?, crate::ops::triu(&square, 0)?);
    // x of x u' = b and of l' x = b.
    let by_u = |b: &Array| transposed(&single(Linalg::SolveTriangular { upper: true }, &[&u, &transposed(b)?])?);
    let by_l = |b: &Array| single(Linalg::SolveTriangular { upper: true }, &[&transposed(&l)?, b]);
    let mut rest = None;
    if m > n {
        let below = by_u(&rows(ct, k, m)?)?;
        cu = sub(&cu, &mul(&transposed(&rows(packed, k, m)?)?, &below)?)?;
        rest = Some((below, -2));
    } else if n > m {
        let beside = by_l(&columns(ct, k, n)?)?;
        cl = sub(&cl, &mul(&beside, &transposed(&columns(packed, k, n)?)?)?)?;
        rest = Some((beside, -1));
    }
    let lower = crate::ops::tril(&mul(&transposed(&l)?, &cl)?, -1)?;
    let upper = crate::ops::triu(&mul(&cu, &transposed(&u)?)?, 0)?;
    let mut da = by_u(&by_l(&add(&lower, &upper)?)?)?;
    if let Some((other, axis)) = rest {
        da = crate::ops::concatenate(&[&da, &other], axis)?;
    }
    reordered(&da, order)
}

fn qr_jvp(a: &Array, q: &Array, r: &Array, t: &Array) -> Result<[Array; 2]> {
    let (m, n) = sizes(a);
    let (k, qt) = (m.min(n), transposed(q)?);
    let r1 = columns(r, 0, k)?;
    let t1 = columns(t, 0, k)?;
    let scaled = solve_right(&r1, &t1)?;
    let x = mul(&qt, &scaled)?;
    let strict = crate::ops::tril(&x, -1)?;
    let turn = sub(&strict, &transposed(&strict)?)?;
    let dq = add(&mul(q, &sub(&turn, &x)?)?, &scaled)?;
    let dr = mul(&sub(&x, &turn)?, &r1)?;
    if n <= m {
        return Ok([dq, dr]);
    }
    let beside = add(&mul(&transposed(&dq)?, &columns(a, k, n)?)?, &mul(&qt, &columns(t, k, n)?)?)?;
    Ok([dq, crate::ops::concatenate(&[&dr, &beside], -1)?])
}

fn qr_vjp(a: &Array, q: &Array, r: &Array, cq: &Array, cr: &Array) -> Result<Array> {
    let (m, n) = sizes(a);
    let k = m.min(n);
    let (r1, c1) = (columns(r, 0, k)?, crate::ops::triu(&columns(cr, 0, k)?, 0)?);
    let mut cq = cq.clone();
    let mut beside = None;
    if n > m {
        let c2 = columns(cr, k, n)?;
        cq = add(&cq, &mul(&columns(a, k, n)?, &transposed(&c2)?)?)?;
        beside = Some(mul(q, &c2)?);
    }
    let inner = sub(&mul(&r1, &transposed(&c1)?)?, &mul(&transposed(&cq)?, q)?)?;
    let strict = crate::ops::tril(&inner, -1)?;
    let copied = add(&crate::ops::tril(&inner, 0)?, &transposed(&strict)?)?;
    let b = add(&cq, &mul(q, &copied)?)?;
    // x of x r' = b.
    let da = transposed(&single(Linalg::SolveTriangular { upper: true }, &[&r1, &transposed(&b)?])?)?;
    match beside {
        Some(other) => crate::ops::concatenate(&[&da, &other], -1),
        None => Ok(da),
    }
}

/// Singular values followed by zeros, as many as a side of the matrices.
fn extended(s: &Array, n: usize) -> Result<Array> {
    let k = s.shape()[s.ndim() - 1];
    if k == n {
        return Ok(s.clone());
    }
    let mut widths: SmallVec<[(usize, usize); 4]> = smallvec![(0, 0); s.ndim()];
    widths[s.ndim() - 1].1 = n - k;
    crate::ops::pad(s, &widths, 0)
}

/// `1 / (t[j]^2 - s[i]^2)`, zero on the diagonal and where the singular values are equal: those beyond the last are all zero.
fn singular_gaps(s: &Array, m: usize, n: usize) -> Result<Array> {
    let square = |n: usize| -> Result<Array> { crate::ops::square(&extended(s, n)?) };
    let f = gaps(&square(n)?, &square(m)?)?;
    let at = |axis: usize| create::index_along(&[m, n], axis, Dtype::I32);
    crate::ops::try_select(&crate::ops::equal(&at(0), at(1))?, 0, &f)
}

/// Columns, or rows, times the singular values.
fn scaled_columns(x: &Array, s: &Array) -> Result<Array> {
    crate::ops::multiply(x, &crate::ops::expand_dims(s, -2)?)
}

fn scaled_rows(x: &Array, s: &Array) -> Result<Array> {
    crate::ops::multiply(x, &crate::ops::expand_dims(s, -1)?)
}

/// With `u' dA v = P`, `u` turns by what keeps it unitary: `du = u W`. The part of it beside the first columns turns as little as it can.
fn svd_jvp(a: &Array, outputs: &[Array], vectors: bool, t: &Array) -> Result<Vec<Array>> {
    let own;
    let list = if vectors {
        outputs
    } else {
        own = decompose(Linalg::Svd { vectors: true }, &[a])?;
        &own[..]
    };
    let [u, s, vt] = list else { unreachable!("three outputs") };
    let (m, n) = sizes(a);
    let p = mul3(&adjoint(u)?, t, &adjoint(vt)?)?;
    let ds = crate::ops::real(&crate::ops::diagonal(&p, 0)?)?;
    if !vectors {
        return Ok(vec![ds]);
    }
    let z = fitted(&scaled_columns(&p, &extended(s, n)?)?, m, m)?;
    let mut turn_u = crate::ops::multiply(&add(&z, &adjoint(&z)?)?, &singular_gaps(s, m, m)?)?;
    if a.dtype() == Dtype::C64 {
        let phase = crate::ops::divide(&sub(&crate::ops::diagonal(&p, 0)?, &ds)?, s)?;
        turn_u = add(&turn_u, &fitted(&diagonal_matrix(&phase)?, m, m)?)?;
    }
    let w = fitted(&scaled_rows(&p, &extended(s, m)?)?, n, n)?;
    let turn_v = crate::ops::multiply(&add(&w, &adjoint(&w)?)?, &singular_gaps(s, n, n)?)?;
    Ok(vec![mul(u, &turn_u)?, ds, minus(&mul(&turn_v, vt)?)?])
}

fn svd_vjp(a: &Array, cx: &Vjp<'_>) -> Result<Array> {
    let [u, s, vt] = cx.outputs else { unreachable!("three outputs") };
    let (m, n) = sizes(a);
    let mut p = crate::ops::astype(&fitted(&diagonal_matrix(&cx.cotangent(1))?, m, n)?, a.dtype())?;
    let gaps = singular_gaps(s, m, n)?;
    if let Some(cu) = &cx.cotangents[0] {
        let g = mul(&adjoint(u)?, cu)?;
        let d = sub(&g, &adjoint(&g)?)?;
        p = add(&p, &crate::ops::multiply(&scaled_columns(&fitted(&d, m, n)?, &extended(s, n)?)?, &gaps)?)?;
        if a.dtype() == Dtype::C64 {
            let diagonal = crate::ops::diagonal(&columns(&g, 0, m.min(n))?, 0)?;
            let phase = crate::ops::divide(&sub(&diagonal, &crate::ops::real(&diagonal)?)?, s)?;
            p = add(&p, &fitted(&diagonal_matrix(&phase)?, m, n)?)?;
        }
    }
    if let Some(cv) = &cx.cotangents[2] {
        let g = mul(vt, &adjoint(cv)?)?;
        let d = sub(&g, &adjoint(&g)?)?;
        p = add(&p, &crate::ops::multiply(&scaled_rows(&fitted(&d, m, n)?, &extended(s, m)?)?, &gaps)?)?;
    }
    mul3(u, &p, vt)
}
