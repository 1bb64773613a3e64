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
        Ok(barrier(&list[..self.outputs], &list[self.outputs..]))
    }
    fn effect(&self) -> Effect {
        Effect::Ordered
    }
}

/// `arrays`, once `after` are there.
fn barrier(arrays: &[Array], after: &[Array]) -> Vec<Array> {
    let operands = arrays.iter().chain(after).map(|a| Operand::Edge(a.edge())).collect();
    let avals = arrays.iter().map(|a| a.aval().clone()).collect();
    node_many(Prim::new(Barrier { outputs: arrays.len() }), operands, avals, Location::caller())
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
    barrier(arrays, after)
}

/// The function, with its intermediate values computed again in the backward pass instead of kept: less memory for more work. Gradients
/// reach captured arrays as well.
///
/// ```
/// use lazulite::prelude::*;
/// let g = grad(checkpoint(|x: &Array| x.sin().square().sum(..)))(&array![0.0]);
/// assert_eq!(g.to_vec::<f32>().unwrap(), [0.0]);
/// ```
pub fn checkpoint<A, B, F>(f: F) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree,
    B: Output,
    F: Fn(&A) -> B,
{
    move |x| B::wrap(record(x, |x| f(x).into_tree()))
}

fn record<A: Tree, T: Tree>(x: &A, f: impl FnOnce(&A) -> Result<T>) -> Result<T> {
    let traced = Traced::new(x, f, flatten)?;
    let outputs = flatten(&traced.output);
    let mut inputs = traced.leaves.clone();
    let mut program = {
        let recorded = crate::graph::program::Recorded::extract(&traced.leaves, &outputs);
        recorded.program
    };
    let output = traced.end();
    inputs.extend(program.take_captures());
    let rule: Backward = Arc::new(move |x, _, ct| {
        let x = barrier(x, ct);
        let values = program.rebuild_values(&x);
        let needed: Vec<bool> = x.iter().map(|a| a.dtype().is_inexact()).collect();
        let cts = program.outputs.iter().copied().zip(ct.iter().cloned()).collect();
        let list = backward(&program, &|r| program::value(r, &x, &values), cts, &needed)?;
        Ok(x.iter().zip(list).map(|(x, ct)| ct.unwrap_or_else(|| x.zeros_like())).collect())
    });
    let list = Custom::wrap_own(Rule::Vjp(rule), &inputs, &outputs, Location::caller());
    Ok(unflatten(&output, &list))
}
