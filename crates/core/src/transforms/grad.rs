//! `grad` and `value_and_grad`: reverse mode of a scalar loss.

use crate::Array;
use crate::transforms::unflatten;
use crate::transforms::vjp::Traced;
use crate::tree::{Loss, Output, Tree};
use lazulite_base::error::{Error, Result};

/// The function that gives `f`'s value and its gradient, in one run of the forward.
///
/// `f` returns a scalar array, or a tuple of it and an auxiliary tree, or a `Result` of either. The gradient has the type of the
/// argument; leaves that are not floats hold zeros of their own dtype there, and static fields their values. For a complex leaf
/// `z = a + ib` of a real loss it is `dL/da + i dL/db`.
///
/// # Errors
/// A value error if the loss is not a scalar, a type error if it is not a float; functions that return plain trees panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let (w, x, y) = (Array::from(1.0f32), array![1.0, 2.0, 3.0], array![2.0, 4.0, 6.0]);
/// let (loss, g) = value_and_grad(|w: &Array| (w * &x - &y).square().mean(..))(&w);
/// assert!((loss.item::<f32>().unwrap() - 4.6667).abs() < 1e-4);
/// assert!((g.item::<f32>().unwrap() + 9.3333).abs() < 1e-4);
/// ```
pub fn value_and_grad<A, B, F>(f: F) -> impl Fn(&A) -> B::With<(B::Tree, A)>
where
    A: Tree,
    B: Output<Tree: Loss>,
    F: Fn(&A) -> B,
{
    move |x| B::wrap(differentiate(x, |x| f(x).into_tree()))
}

/// The function that gives the gradient of `f`, as [`value_and_grad`] does, without the value.
///
/// ```
/// use lazulite::prelude::*;
/// let x = Array::from(0.0f32);
/// let d = grad(|x: &Array| x.sin());
/// assert_eq!(d(&x).item::<f32>().unwrap(), 1.0);
/// assert_eq!(grad(grad(|x: &Array| x.sin()))(&x).item::<f32>().unwrap(), 0.0);
/// ```
pub fn grad<A, B, F>(f: F) -> impl Fn(&A) -> B::With<A>
where
    A: Tree,
    B: Output<Tree: Loss>,
    F: Fn(&A) -> B,
{
    move |x| B::wrap(gradient(x, |x| f(x).into_tree()))
}

/// The gradient of `f` at `x`.
pub(crate) fn gradient<A: Tree, T: Loss>(x: &A, f: impl FnOnce(&A) -> Result<T>) -> Result<A> {
    differentiate(x, f).map(|(_, g)| g)
}

fn differentiate<A: Tree, T: Loss>(x: &A, f: impl FnOnce(&A) -> Result<T>) -> Result<(T, A)> {
    let traced = Traced::new(x, f, |y| vec![y.loss().clone()])?;
    let loss = traced.output.loss();
    scalar_loss(loss)?;
    let one = loss.ones_like();
    let gradients = traced.pull(&[one])?;
    let gradient = unflatten(x, &gradients);
    Ok((traced.end(), gradient))
}

/// Whether a loss is one float.
fn scalar_loss(loss: &Array) -> Result<()> {
    if loss.aval().size() != 1 {
        let text = format!("the loss must be a scalar, not an array of shape {:?}", loss.dims());
        return Err(Error::value("grad", text).at(loss.site()));
    }
    if !loss.dtype().is_inexact() {
        return Err(Error::dtype("grad", format!("the loss must be a float, not {}", loss.dtype())).at(loss.site()));
    }
    Ok(())
}
