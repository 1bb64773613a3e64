//! The gated delta rule as one kernel, and its gradient as another. Their derivatives, and what the kernels do not take, are a composition
//! of other operations that says what both compute.

use crate::Array;
use crate::export::stored::stored;
use crate::graph::array::apply_many;
use crate::graph::node::{Aval, Avals};
use crate::ops::attention::{arrays, references, unfolded};
use crate::ops::view;
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Vjp, Vmap};
use crate::transforms::jvp::jvp;
use crate::transforms::vjp::vjp_at;
use lazulite_base::Dims;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{self, View, Work};
use smallvec::smallvec;

/// The rule. Inputs: q and k (batch, steps, groups, features of the keys), v (batch, steps, heads, features of the values), gamma (batch,
/// steps, heads, features of the keys or 1), beta (batch, steps, heads) of one dtype; the state (batch, heads, features of the values,
/// features of the keys) of its accumulator's. Outputs: (batch, steps, heads, features of the values), and the last state.
pub(crate) struct GatedDelta;

/// The cotangents of the inputs, of the accumulator's dtype; of q and k for each head of the values. Inputs: those of the rule, and the
/// cotangents of its outputs.
struct GatedDeltaGrad;

stored!("gated_delta_update", GatedDelta {});
stored!("gated_delta_update_grad", GatedDeltaGrad {});

/// The rule's inputs.
const ARITY: usize = 6;

/// Groups, and the heads that share one.
fn groups(x: &[Array]) -> [i64; 2] {
    let (groups, heads) = (x[0].shape()[2], x[2].shape()[2]);
    [groups as i64, (heads / groups.max(1)) as i64]
}

/// The outputs, of other operations.
fn composed(x: &[Array]) -> Result<Vec<Array>> {
    use crate::ops::{add, astype, expand_dims, flatten, multiply, stack, subtract, sum, unflatten};
    let (d, wide) = (x[0].dtype(), x[5].dtype());
    let apart = groups(x);
    let all = x[..5].iter().map(|a| astype(a, wide)).collect::<Result<Vec<_>>>()?;
    let (mut state, mut outs) = (unflatten(&x[5], 1, &apart)?, Vec::new());
    for t in 0..x[0].shape()[1] {
        let at = |i: usize| view::pick(&all[i], 1, t);
        let heads = |i: usize| unflatten(&at(i)?, 1, &apart);
        // A vector of keys for all rows of all states of a group.
        let of_keys = |i: usize| expand_dims(&expand_dims(&at(i)?, 2)?, 2);
        let (q, k) = (of_keys(0)?, of_keys(1)?);
        let kept = multiply(&state, &expand_dims(&heads(3)?, -2)?)?;
        let error = subtract(&heads(2)?, &sum(&multiply(&kept, &k)?, -1)?)?;
        let delta = multiply(&error, &expand_dims(&heads(4)?, -1)?)?;
        state = add(&kept, &multiply(&expand_dims(&delta, -1)?, &k)?)?;
        outs.push(flatten(&sum(&multiply(&state, &q)?, -1)?, 1, 2)?);
    }
    let out = match outs.is_empty() {
        true => x[2].clone(),
        false => astype(&stack(&outs, 1)?, d)?,
    };
    Ok(vec![out, flatten(&state, 1, 2)?])
}

/// The outputs of the gradient, of other operations.
fn composed_grad(all: &[Array]) -> Result<Vec<Array>> {
    let (x, cts) = all.split_at(ARITY);
    let [_, share] = groups(x);
    let mut each = x.to_vec();
    for a in &mut each[..2] {
        *a = crate::ops::repeat(a, share as usize, 2)?;
    }
    let (_, list) = vjp_at(&each, |x: &Vec<Array>| composed(x), |_: &Vec<Array>| Ok(cts.to_vec()))?;
    list.iter().map(|a| crate::ops::astype(a, x[5].dtype())).collect()
}

fn work(inputs: &[View]) -> work::GatedDelta {
    let mut gamma = inputs[3].clone();
    if gamma.dims[3] == 1 {
        gamma.strides[3] = 0;
    }
    gamma.dims[3] = inputs[0].dims[3];
    let [q, k, v, _, beta, state] = std::array::from_fn(|i| inputs[i].clone());
    work::GatedDelta { q, k, v, gamma, beta, state }
}

/// The inputs of a batch as one of more batch.
fn folded(cx: &Vmap<'_>) -> Result<Vec<Array>> {
    let one = |i: usize| {
        let x = cx.batched_input(i);
        let mut dims: Dims = x.shape().into();
        dims.remove(0);
        dims[0] *= cx.size;
        view::reshape_to(&x, dims)
    };
    (0..cx.inputs.len()).map(one).collect()
}

impl Primitive for GatedDelta {
    fn name(&self) -> &'static str {
        "gated_delta_update"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let [q, k, v, gamma, beta, state] = std::array::from_fn(|i| &inputs[i].shape[..]);
        let sound = q.len() == 4 && k == q && v.len() == 4 && v[..2] == q[..2] && q[2] > 0 && v[2].is_multiple_of(q[2]);
        let sound = sound && gamma.len() == 4 && gamma[..3] == v[..3] && (gamma[3] == q[3] || gamma[3] == 1) && *beta == v[..3];
        if !sound || *state != [q[0], v[2], v[3], q[3]] {
            let all: Vec<_> = inputs[..ARITY].iter().map(|a| &a.shape[..]).collect();
            return Err(Error::value(self.name(), format!("the shapes {all:?} do not match")));
        }
        Ok(smallvec![Aval::new(v, inputs[0].dtype), inputs[5].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let x = arrays(cx.inputs);
        let mut inputs = x.clone();
        inputs.extend((0..2).map(|i| cx.cotangent(i)));
        let mut list = apply_many(GatedDeltaGrad, &references(&inputs))?;
        for a in &mut list[..2] {
            *a = crate::ops::sum(&crate::ops::unflatten(a, 2, &groups(&x))?, 3)?;
        }
        list.iter().zip(&x).map(|(a, x)| crate::ops::astype(a, x.dtype()).map(Some)).collect()
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let tangents: Vec<Array> = (0..ARITY).map(|i| cx.tangent(i)).collect();
        let (_, list) = jvp(|x: &Vec<Array>| composed(x))(&arrays(cx.inputs), &tangents)?;
        Ok(list.into_iter().map(Some).collect())
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        unfolded(apply_many(GatedDelta, &references(&folded(cx)?))?, cx.size)
    }
}

impl KernelOf for GatedDelta {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::GatedDelta(Box::new(work(inputs)))
    }
}

impl Primitive for GatedDeltaGrad {
    fn name(&self) -> &'static str {
        "gated_delta_update_grad"
    }
    fn key(&self, _: &mut KeyHasher) {}
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        GatedDelta.infer(inputs)?;
        let (d, v) = (inputs[5].dtype, &inputs[2].shape);
        let by_keys = |n: usize| Aval::new([v[0], v[1], v[2], n].as_slice(), d);
        let (keys, factors) = (inputs[0].shape[3], inputs[3].shape[3]);
        let beta = Aval::new(&v[..3], d);
        Ok(smallvec![by_keys(keys), by_keys(keys), by_keys(v[3]), by_keys(factors), beta, inputs[5].clone()])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let cts = |list: &Vec<Array>| Ok((0..list.len()).map(|i| cx.cotangent(i)).collect());
        let (_, list) = vjp_at(&arrays(cx.inputs), |x: &Vec<Array>| composed_grad(x), cts)?;
        Ok(list.into_iter().map(Some).collect())
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let tangents: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.tangent(i)).collect();
        let (_, list) = jvp(|x: &Vec<Array>| composed_grad(x))(&arrays(cx.inputs), &tangents)?;
        Ok(list.into_iter().map(Some).collect())
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        unfolded(apply_many(GatedDeltaGrad, &references(&folded(cx)?))?, cx.size)
    }
}

impl KernelOf for GatedDeltaGrad {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let [output, state] = [inputs[ARITY].clone(), inputs[ARITY + 1].clone()];
        Work::GatedDeltaGrad(Box::new(work::GatedDeltaGrad { of: work(inputs), output, state }))
    }
}

/// The rule for inputs that match.
pub(crate) fn update(x: &[Array]) -> Result<Vec<Array>> {
    GatedDelta.infer(&x.iter().map(|a| a.aval().clone()).collect::<Vec<_>>())?;
    // The kernels are of real numbers.
    if x[0].dtype().is_float() { apply_many(GatedDelta, &references(x)) } else { composed(x) }
}
