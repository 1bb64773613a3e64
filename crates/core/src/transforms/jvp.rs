//! Forward mode: tangents walk a program with its values, a rule a primitive.

use crate::Array;
use crate::graph::array::at_site;
use crate::graph::program::{Program, Ref};
use crate::primitive::{Jvp, Prim, Val};
use crate::transforms::vjp::{Traced, check};
use crate::transforms::{built_at, flatten, unflatten};
use crate::tree::{Output, Tree};
use lazulite_base::error::Result;
use smallvec::SmallVec;

/// The outputs' tangents, given the inputs'.
pub(crate) fn forward(program: &Program, value: &dyn Fn(Ref) -> Val, tangents: &[Option<Array>]) -> Result<Vec<Option<Array>>> {
    let mut of: Vec<Vec<Option<Array>>> = Vec::with_capacity(program.instrs.len());
    let find = |r: Ref, of: &[Vec<Option<Array>>]| match r {
        Ref::Input(i) => tangents[i as usize].clone(),
        Ref::Value { index, out } => of[index as usize][out as usize].clone(),
        Ref::Scalar(_) => None,
    };
    for (i, ins) in program.instrs.iter().enumerate() {
        let ts: SmallVec<[Option<Array>; 3]> = ins.operands.iter().map(|&r| find(r, &of)).collect();
        if ts.iter().all(Option::is_none) {
            of.push(vec![None; ins.avals.len()]);
            continue;
        }
        let vals: SmallVec<[Val; 3]> = ins.operands.iter().map(|&r| value(r)).collect();
        let outs: SmallVec<[Array; 1]> =
            (0..ins.avals.len()).map(|out| value(Ref::Value { index: i as u32, out: out as u32 }).array()).collect();
        let cx = Jvp { inputs: &vals, outputs: &outs, tangents: &ts };
        let list = at_site(ins.site, ins.stream, || match &ins.prim {
            Prim::Elementwise(op) => crate::ops::derivative::jvp(*op, &cx),
            Prim::Other(p) => p.jvp(&cx),
            Prim::Leaf | Prim::Output(_) => Ok(vec![None]),
        })
        .map_err(|e| e.at(ins.site))?;
        of.push(list);
    }
    Ok(program.outputs.iter().map(|&r| find(r, &of)).collect())
}

/// Forward mode: `jvp(f)(&x, &t)` is `(f(&x), dy)`, where `dy` is the Jacobian of `f` at `x` applied to the tangent `t`, which has the
/// shapes and dtypes of `x`.
///
/// # Errors
/// A value error for a tangent of other shapes or dtypes; functions that return plain trees panic with it.
///
/// ```
/// use lazulite::prelude::*;
/// let (y, dy) = jvp(|x: &Array| x.square())(&array![3.0], &array![1.0]);
/// assert_eq!((y.item::<f32>().unwrap(), dy.item::<f32>().unwrap()), (9.0, 6.0));
/// ```
#[track_caller]
pub fn jvp<A, B, F>(f: F) -> impl Fn(&A, &A) -> B::With<(B::Tree, B::Tree)>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    let site = std::panic::Location::caller();
    move |x, t| B::wrap(built_at("jvp", site, |own| push(x, t, |x| own.pass(f(x).into_tree()))))
}

fn push<A: Tree, T: Tree>(x: &A, t: &A, f: impl FnOnce(&A) -> Result<T>) -> Result<(T, T)> {
    let avals: Vec<_> = flatten(x).iter().map(|a| a.aval().clone()).collect();
    let given = flatten(t);
    check("jvp", "tangent", &given, &avals)?;
    let traced = Traced::new(x, f, flatten)?;
    let captured = std::iter::repeat_n(None, traced.recorded.program.captures.len());
    let tangents: Vec<Option<Array>> = given.into_iter().map(|t| t.dtype().is_inexact().then_some(t)).chain(captured).collect();
    let list = forward(&traced.recorded.program, &|r| traced.recorded.value(r), &tangents)?;
    let outputs = flatten(&traced.output);
    let dy: Vec<Array> = outputs.iter().zip(list).map(|(y, t)| t.unwrap_or_else(|| y.zeros_like())).collect();
    let dy = unflatten(&traced.output, &dy);
    Ok((traced.end(), dy))
}
