//! `checkpoint`: the forward is computed again in the backward pass instead of being kept.

use crate::Array;
use crate::graph::array::node_many;
use crate::graph::node::{Aval, Avals, Operand};
use crate::graph::program;
use crate::primitive::{Effect, Jvp, Prim, Primitive, Role, Vjp, Vmap};
use crate::transforms::custom::{Backward, Custom, Rule};
use crate::transforms::vjp::{Traced, backward};
use crate::transforms::{flatten, unflatten};
use crate::tree::{Output, Tree};
use lazulite_base::error::Result;
use lazulite_base::key::KeyHasher;
use std::panic::Location;
use std::sync::Arc;

/// Its first inputs, after all of its inputs are there: what is built on them is neither merged with equal work before nor started
/// earlier.
struct Barrier {
    outputs: usize,
}

impl Primitive for Barrier {
    fn name(&self) -> &'static str {
        "barrier"
    }
    fn key(&self, h: &mut KeyHasher) {
        h.word(self.outputs as u64);
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(inputs[..self.outputs].iter().cloned().collect())
    }
    fn is_transparent(&self) -> bool {
        true
    }
    fn role(&self) -> Role<'_> {
        Role::Alias
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let mut list = cx.cotangents.to_vec();
        list.resize(cx.inputs.len(), None);
        Ok(list)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        Ok(cx.tangents[..self.outputs].to_vec())
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let list: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
        Ok(barrier(&list[..self.outputs], &list[self.outputs..], list[0].site()))
    }
    fn effect(&self) -> Effect {
        Effect::Ordered
    }
}

/// `arrays`, once `after` are there.
fn barrier(arrays: &[Array], after: &[Array], site: &'static Location<'static>) -> Vec<Array> {
    let operands = arrays.iter().chain(after).map(|a| Operand::Edge(a.edge())).collect();
    let avals = arrays.iter().map(|a| a.aval().clone()).collect();
    node_many(Prim::new(Barrier { outputs: arrays.len() }), operands, avals, site)
}

/// The arrays as they are, which come to be only after `after` did.
///
/// ```
/// use lazulite::{depends, prelude::*};
/// let (x, y) = (array![1.0].exp(), array![2.0].exp());
/// let x = depends(&[x], &[y.clone()]).remove(0);
/// eval([&x]).unwrap();
/// assert!(y.is_ready());
/// ```
#[track_caller]
pub fn depends(arrays: &[Array], after: &[Array]) -> Vec<Array> {
    barrier(arrays, after, Location::caller())
}

/// The function, with its intermediate values computed again in the backward pass instead of kept: less memory for more work. Gradients
/// reach captured arrays as well.
///
/// ```
/// use lazulite::prelude::*;
/// let g = grad(checkpoint(|x: &Array| x.sin().square().sum(..)))(&array![0.0]);
/// assert_eq!(g.to_vec::<f32>().unwrap(), [0.0]);
/// ```
#[track_caller]
pub fn checkpoint<A, B, F>(f: F) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    let site = Location::caller();
    move |x| B::wrap(record(x, site, |x| f(x).into_tree()))
}

fn record<A: Tree, T: Tree>(x: &A, site: &'static Location<'static>, f: impl FnOnce(&A) -> Result<T>) -> Result<T> {
    let traced = Traced::new(x, f, flatten)?;
    let outputs = flatten(&traced.output);
    let mut inputs = traced.leaves.clone();
    let mut program = program::Recorded::extract(&traced.leaves, &outputs).program;
    let output = traced.end();
    inputs.extend(program.take_captures());
    let rule: Backward = Arc::new(move |x, _, ct| {
        let x = barrier(x, ct, site);
        let values = program.rebuild_values(&x);
        let needed: Vec<bool> = x.iter().map(|a| a.dtype().is_inexact()).collect();
        let cts = program.outputs.iter().copied().zip(ct.iter().cloned()).collect();
        let list = backward(&program, &|r| program::value(r, &x, &values), cts, &needed)?;
        Ok(x.iter().zip(list).map(|(x, ct)| ct.unwrap_or_else(|| x.zeros_like())).collect())
    });
    let list = Custom::new(Rule::Vjp(rule), outputs.len()).own().wrap(&inputs, &outputs, site);
    Ok(unflatten(&output, &list))
}
