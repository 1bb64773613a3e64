//! Jacobians and Hessians of functions from one array to one array, composed of the other transforms.

use crate::Array;
use crate::transforms::vjp::Traced;
use crate::transforms::vmap;
use crate::tree::{Loss, Output, Tree};
use lazulite_base::error::{Error, Result};

/// The unit vectors of the space of `x`'s elements: shape (size, shape of x).
fn basis(x: &Array) -> Result<Array> {
    let n = x.size();
    let dims: Vec<i64> = std::iter::once(n as i64).chain(x.shape().iter().map(|&d| d as i64)).collect();
    crate::ops::reshape(&Array::eye(n, n, 0, x.dtype()), dims)
}

fn dims_of(a: &Array, b: &Array) -> Vec<i64> {
    a.shape().iter().chain(b.shape()).map(|&d| d as i64).collect()
}

/// The Jacobian by reverse mode: shape (shape of f(x)) + (shape of x). Costs a backward pass for each element of the output.
///
/// # Errors
/// Where `f` has no derivative; functions that return plain arrays panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let j = jacrev(|x: &Array| x.square())(&array![1.0, 2.0]);
/// assert_eq!(j.to_vec::<f32>().unwrap(), [2.0, 0.0, 0.0, 4.0]);
/// ```
pub fn jacrev<B, F>(f: F) -> impl Fn(&Array) -> B::With<Array>
where
    B: Output<Tree = Array>,
    F: Fn(&Array) -> B,
{
    move |x| {
        let run = || -> Result<Array> {
            let traced = Traced::new(x, |x| f(x).into_tree(), |y| vec![y.clone()])?;
            let y = traced.output.clone();
            if !y.dtype().is_inexact() {
                return Err(Error::dtype("jacrev", format!("the output must be a float, not {}", y.dtype())).at(y.site()));
            }
            let units = basis(&y)?;
            let rows = vmap::batch(&|ct| traced.pull(ct), &[units], &[true], y.size())?;
            traced.end();
            crate::ops::reshape(&rows[0], dims_of(&y, x))
        };
        B::wrap(run())
    }
}

/// The Jacobian by forward mode: shape (shape of f(x)) + (shape of x). Costs a forward pass for each element of the input.
///
/// # Errors
/// Where `f` has no derivative; functions that return plain arrays panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let j = jacfwd(|x: &Array| x.square())(&array![1.0, 2.0]);
/// assert_eq!(j.to_vec::<f32>().unwrap(), [2.0, 0.0, 0.0, 4.0]);
/// ```
pub fn jacfwd<B, F>(f: F) -> impl Fn(&Array) -> B::With<Array>
where
    B: Output<Tree = Array>,
    F: Fn(&Array) -> B,
{
    move |x| {
        let run = || -> Result<Array> {
            let traced = Traced::new(x, |x| f(x).into_tree(), |y| vec![y.clone()])?;
            let y = traced.output.clone();
            let units = basis(x)?;
            let captured = traced.recorded.program.captures.len();
            let push = |t: &[Array]| -> Result<Vec<Array>> {
                // As in `jvp`: what is no float has no tangent.
                let given = t.iter().map(|t| t.dtype().is_inexact().then(|| t.clone()));
                let tangents: Vec<Option<Array>> = given.chain(std::iter::repeat_n(None, captured)).collect();
                let list = crate::transforms::jvp::forward(&traced.recorded.program, &|r| traced.recorded.value(r), &tangents)?;
                Ok(list.into_iter().map(|t| t.unwrap_or_else(|| y.zeros_like())).collect())
            };
            let columns = vmap::batch(&push, &[units], &[true], x.size())?;
            let j = crate::ops::moveaxis(&crate::ops::reshape(&columns[0], dims_of(x, &y))?.flatten_front(x.ndim())?, 0, -1)?;
            let y = traced.end();
            crate::ops::reshape(&j, dims_of(&y, x))
        };
        B::wrap(run())
    }
}

impl Array {
    /// The first `n` axes as one; a new one of size one for none.
    fn flatten_front(&self, n: usize) -> Result<Array> {
        match n {
            0 => crate::ops::expand_dims(self, 0),
            n => crate::ops::flatten(self, 0, n as i64 - 1),
        }
    }
}

/// The matrix of second derivatives of a scalar function: shape (shape of x) twice; forward over reverse.
///
/// # Errors
/// As for [`crate::grad`].
///
/// ```
/// use lazulite::prelude::*;
/// let h = hessian(|x: &Array| (x * x * x).sum(..))(&array![1.0, 2.0]);
/// assert_eq!(h.to_vec::<f32>().unwrap(), [6.0, 0.0, 0.0, 12.0]);
/// ```
pub fn hessian<B, F>(f: F) -> impl Fn(&Array) -> B::With<Array>
where
    B: Output<Tree: Loss>,
    F: Fn(&Array) -> B,
{
    let gradient = jacfwd(move |x: &Array| crate::transforms::grad::gradient(x, |x| f(x).into_tree()));
    move |x| B::wrap(gradient(x))
}

/// The Hessian of a scalar function at `x` applied to `v`, without the matrix: `hvp(f)(&x, &v)`; forward over reverse.
///
/// # Errors
/// As for [`crate::grad`] and [`crate::jvp`].
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1.0, 2.0];
/// let hv = hvp(|x: &Array| (x * x * x).sum(..))(&x, &array![1.0, 0.0]);
/// assert_eq!(hv.to_vec::<f32>().unwrap(), [6.0, 0.0]);
/// ```
pub fn hvp<A, B, F>(f: F) -> impl Fn(&A, &A) -> B::With<A>
where
    A: Tree,
    B: Output<Tree: Loss>,
    F: Fn(&A) -> B,
{
    let push = crate::transforms::jvp::jvp(move |x: &A| crate::transforms::grad::gradient(x, |x| f(x).into_tree()));
    move |x, v| B::wrap(push(x, v).map(|(_, hv)| hv))
}
