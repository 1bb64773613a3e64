//! Transforms: how functions are passed, nested and kept.

use lazulite::prelude::*;

fn cube_sum(x: &Array) -> Array {
    (x * x * x).sum(..)
}

fn loss((w, x, y): &(Array, Array, Array)) -> Array {
    (w * x - y).square().mean(..)
}

fn fallible(x: &Array) -> Result<Array> {
    let y = ops::reshape(x, [-1])?;
    ops::sum(&y, ..)
}

struct Solver {
    gradient: Box<dyn Fn(&Array) -> Array + Send + Sync>,
}

pub fn all() {
    let x = array![1.0, 2.0, 3.0];
    let s = Array::from(0.5f32);

    // A closure, a named function, a nest of transforms.
    let _ = grad(|x: &Array| x.sin())(&s);
    let _ = grad(grad(|x: &Array| x.sin()))(&s);
    let _ = grad(cube_sum)(&x);
    let rows = array![[1.0, 2.0], [3.0, 4.0]];
    let _ = compile(vmap(grad(cube_sum)))(&rows);

    // Several arguments are a tuple; the gradient has the argument's type.
    let y = array![2.0, 4.0, 6.0];
    let (value, (gw, _gx, _gy)) = value_and_grad(loss)(&(s.clone(), x.clone(), y.clone()));
    let _: (Array, Array) = (value, gw);

    // To differentiate one argument, capture the rest.
    let g: Array = grad(|w: &Array| loss(&(w.clone(), x.clone(), y.clone())))(&s);
    let _ = g;

    // An auxiliary output is a second member.
    let ((_loss, predictions), _g) = value_and_grad(|w: &Array| {
        let p = w * &x;
        ((&p - &y).square().sum(..), p)
    })(&s);
    let _: Array = predictions;

    // Functions that return Result nest as well; so do `?` and `Ok`.
    let r: Result<Array> = grad(fallible)(&x);
    let _ = r.unwrap();
    let r: Result<(Array, Array)> = value_and_grad(|x: &Array| Ok(ops::sum(x, ..)? * 2.0))(&x);
    let _ = r.unwrap();
    let r: Result<Array> = compile(vmap(grad(fallible)))(&rows);
    let _ = r.unwrap();

    // A transformed function kept in a struct.
    let solver = Solver { gradient: Box::new(compile(grad(cube_sum))) };
    let _ = (solver.gradient)(&x);

    // vmap over axes: of one argument, of a tuple with a captured or unbatched member, of the output.
    let m = Array::zeros([2, 3], Dtype::F32);
    let _ = vmap_axes(|(a, b): &(Array, Array)| a + b, (0, 1), 0)(&(m.clone(), m.t()));
    let _ = vmap_axes(|(w, x): &(Array, Array)| w * x, (None, 0), 1)(&(x.clone(), m.clone()));

    // Forward and reverse mode with explicit tangents and cotangents.
    let (_y, _dy) = jvp(cube_sum)(&x, &x);
    let (_y, pullback) = vjp(cube_sum)(&x);
    let _dx: Array = pullback(&s);
    let _: Array = jacrev(|x: &Array| x.sin())(&x);
    let _: Array = jacfwd(|x: &Array| x.sin())(&x);
    let _: Array = hessian(cube_sum)(&x);
    let _: Array = hvp(cube_sum)(&x, &x);

    // Rules of one's own.
    let clipped = custom_vjp(|x: &Array| x.exp(), |_x: &Array, y: &Array, ct: &Array| (y * ct).clip(-1.0, 1.0));
    let _ = grad(move |x: &Array| clipped(x).sum(..))(&x);
    let f = custom_jvp(|x: &Array| x.sin(), |x: &Array, t: &Array| x.cos() * t);
    let _ = grad(move |x: &Array| f(x).sum(..))(&x);
    let _ = grad(checkpoint(cube_sum))(&x);
    let _ = grad(|x: &Array| (x * x.stop_gradient()).sum(..))(&x);

    // One trace for every batch size.
    let f = compile_with(|x: &Array| x.exp().sum(-1), Compile::default().shapeless(true));
    let _ = f(&rows);

    // The typed program.
    let program = trace(cube_sum)(&x);
    let _ = program.to_string();
}

#[test]
fn jacobians_at_integers_are_zero() {
    let double = |x: &Array| x.astype(Dtype::F32) * 2.0;
    let x = array![1, 2];
    assert_eq!(jacfwd(double)(&x).to_vec::<f32>().unwrap(), [0.0; 4]);
    assert_eq!(jacrev(double)(&x).to_vec::<i32>().unwrap(), [0; 4]);
}
