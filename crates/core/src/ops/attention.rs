//! Attention as one kernel, and its gradient as another. Their derivatives, and what the kernels do not take, are a composition of other
//! operations that says what both compute.

use crate::Array;
use crate::export::stored::{stored, stored_struct};
use crate::graph::array::apply_many;
use crate::graph::node::{Aval, Avals};
use crate::ops::{create, keep, view};
use crate::primitive::{Jvp, KernelOf, Primitive, Role, Val, Vjp, Vmap};
use crate::transforms::jvp::jvp;
use crate::transforms::vjp::vjp_at;
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use lazulite_base::work::{self, View, Work};
use lazulite_base::{Dims, Dtype, Scalar, shape};
use smallvec::{SmallVec, smallvec};

/// The most features of a head that the kernels take.
const FEATURES: usize = 256;

/// The smallest finite number of a float dtype: the score of a key that is left out.
fn lowest(d: Dtype) -> Scalar {
    let v = match d {
        Dtype::F16 => -65504.0,
        Dtype::BF16 => half::bf16::MIN.to_f64(),
        Dtype::F32 => f32::MIN as f64,
        _ => f64::MIN,
    };
    Scalar::new(v, d)
}

/// Attention of q (batch, heads, queries, features), k and v (batch, groups, keys, ..), then a mask of four axes and sinks of
/// (batch, heads), if there are any; axes of the mask and the batch of the sinks may have size one. All of one float dtype, but for a
/// mask of bool.
///
/// Outputs: (batch, queries, heads, features), as what follows mostly takes it; and two numbers for each query that the gradient needs,
/// which nothing else may read.
#[derive(Clone)]
pub(crate) struct Attention {
    pub scale: f64,
    pub causal: bool,
    pub mask: bool,
    pub sinks: bool,
}

/// The cotangents of q, k and v of the attention, in the layout of its output, and with sinks what each query adds to theirs. Inputs:
/// those of the attention, its outputs, and the first one's cotangent. The outputs are functions of the other inputs, so nothing is
/// differentiated with respect to them.
struct AttentionGrad(Attention);

stored_struct!(Attention { scale, causal, mask, sinks });
stored!("attention", Attention { scale, causal, mask, sinks });
stored!("attention_grad", AttentionGrad { 0 });

/// The scores' softmax and what led to it, heads apart: (batch, groups, heads of a group, queries, keys).
struct Weights {
    weights: Array,
    /// Those of the sinks, (.., queries, 1).
    sink: Option<Array>,
    /// Where keys are seen.
    seen: Vec<Array>,
    q: Array,
    k: Array,
    v: Array,
}

impl Attention {
    /// How many inputs there are.
    fn arity(&self) -> usize {
        3 + self.mask as usize + self.sinks as usize
    }

    fn scaled(&self, x: &Array) -> Result<Array> {
        crate::ops::multiply(x, Scalar::new(self.scale, x.dtype()))
    }

    fn weights(&self, x: &[Array]) -> Result<Weights> {
        let (q, d) = (&x[0], x[0].dtype());
        let (heads, groups) = (q.shape()[1], x[1].shape()[1]);
        let (queries, keys) = (q.shape()[2], x[1].shape()[2]);
        let apart = |a: &Array| crate::ops::unflatten(a, 1, &[groups as i64, (heads / groups) as i64]);
        let q = apart(q)?;
        let (k, v) = (crate::ops::expand_dims(&x[1], 2)?, crate::ops::expand_dims(&x[2], 2)?);
        let mut scores = crate::ops::matmul(&self.scaled(&q)?, &crate::ops::swapaxes(&k, -1, -2)?)?;
        let mut seen = Vec::new();
        if self.causal {
            let place = crate::ops::add(&create::index_along(&[queries, keys], 0, Dtype::I64), keys as i64 - queries as i64)?;
            seen.push(crate::ops::greater_equal(&place, create::index_along(&[queries, keys], 1, Dtype::I64))?);
        }
        if self.mask {
            let m = if x[3].shape()[1] == 1 { crate::ops::expand_dims(&x[3], 1)? } else { apart(&x[3])? };
            if m.dtype() == Dtype::Bool {
                seen.push(m);
            } else {
                scores = crate::ops::add(&scores, &m)?;
            }
        }
        for s in &seen {
            scores = crate::ops::try_select(s, &scores, lowest(d))?;
        }
        let (mut sink, dims) = (None, [q.shape()[0], groups, heads / groups, queries, 1]);
        if self.sinks {
            let s = crate::ops::unflatten(&x[self.arity() - 1], 1, &[groups as i64, (heads / groups) as i64, 1, 1])?;
            scores = crate::ops::concatenate(&[&crate::ops::broadcast_to(&s, dims)?, &scores], -1)?;
        }
        let mut weights = crate::ops::softmax(&scores, -1)?;
        if self.sinks {
            let mut parts = crate::ops::split_at(&weights, &[1], -1)?;
            weights = parts.remove(1);
            sink = Some(parts.remove(0));
        }
        Ok(Weights { weights, sink, seen, q, k, v })
    }

    /// The first output, of other operations.
    pub fn composed(&self, x: &[Array]) -> Result<Array> {
        let w = self.weights(x)?;
        let y = crate::ops::matmul(&w.weights, &w.v)?;
        crate::ops::swapaxes(&crate::ops::flatten(&y, 1, 2)?, 1, 2)
    }

    /// The cotangents of the scores, and of the sinks, for each query, of other operations.
    fn slopes(&self, w: &Weights, ct: &Array) -> Result<(Array, Option<Array>)> {
        let back = crate::ops::matmul(ct, &crate::ops::swapaxes(&w.v, -1, -2)?)?;
        let mean = crate::ops::sum(&crate::ops::multiply(&w.weights, &back)?, keep(-1))?;
        let mut slopes = crate::ops::multiply(&w.weights, &crate::ops::subtract(&back, &mean)?)?;
        for s in &w.seen {
            slopes = crate::ops::try_select(s, &slopes, Scalar::new(0.0, slopes.dtype()))?;
        }
        let sink = w.sink.as_ref().map(|s| crate::ops::negative(&crate::ops::multiply(s, &mean)?)).transpose()?;
        Ok((slopes, sink))
    }

    /// The cotangent of the first output, (batch, queries, heads, features), with groups and their heads apart.
    fn apart(&self, x: &[Array], ct: &Array) -> Result<Array> {
        let (heads, groups) = (x[0].shape()[1], x[1].shape()[1]);
        crate::ops::unflatten(&crate::ops::swapaxes(ct, 1, 2)?, 1, &[groups as i64, (heads / groups) as i64])
    }

    /// The outputs of the gradient, of other operations.
    fn composed_grad(&self, x: &[Array], ct: &Array) -> Result<Vec<Array>> {
        let w = self.weights(x)?;
        let ct = self.apart(x, ct)?;
        let (slopes, sink) = self.slopes(&w, &ct)?;
        let turned = |a: &Array| crate::ops::swapaxes(a, -1, -2);
        let of_q = self.scaled(&crate::ops::matmul(&slopes, &w.k)?)?;
        let of_q = crate::ops::flatten(&of_q, 1, 2)?;
        let of_k = crate::ops::sum(&self.scaled(&crate::ops::matmul(&turned(&slopes)?, &w.q)?)?, 2)?;
        let of_v = crate::ops::sum(&crate::ops::matmul(&turned(&w.weights)?, &ct)?, 2)?;
        let mut list = [of_q, of_k, of_v].iter().map(|a| crate::ops::swapaxes(a, 1, 2)).collect::<Result<Vec<_>>>()?;
        if let Some(s) = sink {
            let rows = crate::ops::flatten(&crate::ops::squeeze(&s, -1)?, 1, 2)?;
            list.push(crate::ops::astype(&rows, rows.dtype().accumulator())?);
        }
        Ok(list)
    }

    fn work(&self, inputs: &[View]) -> work::Attention {
        let (q, k) = (&inputs[0], &inputs[1]);
        let spread = |v: &View, dims: &[usize]| View {
            dtype: v.dtype,
            dims: dims.into(),
            strides: v.dims.iter().zip(&v.strides).map(|(&d, &s)| if d == 1 { 0 } else { s }).collect(),
        };
        let all = [q.dims[0], q.dims[1], q.dims[2], k.dims[2]];
        work::Attention {
            q: q.clone(),
            k: k.clone(),
            v: inputs[2].clone(),
            mask: self.mask.then(|| spread(&inputs[3], &all)),
            sinks: self.sinks.then(|| spread(&inputs[self.arity() - 1], &all[..2])),
            causal: self.causal,
            scale: Scalar::new(self.scale, Dtype::F64),
        }
    }

    fn text(&self) -> String {
        let parts = [(self.causal, " causal"), (self.mask, " mask"), (self.sinks, " sinks")];
        parts.into_iter().filter(|p| p.0).fold(format!("scale {}", self.scale), |t, p| t + p.1)
    }

    fn hash(&self, h: &mut KeyHasher) {
        h.word(self.scale.to_bits());
        h.word(self.causal as u64 | (self.mask as u64) << 1 | (self.sinks as u64) << 2);
    }

    /// The inputs of a batch of `size` as one of more batch: `inputs` come with its first axis where `batched`.
    fn folded(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let n = cx.size;
        let batch = cx.inputs[0].array().shape()[cx.batched[0] as usize];
        let one = |i: usize| {
            let own = i == 3 && self.mask || i == self.arity() - 1 && self.sinks;
            let x = cx.inputs[i].array();
            if own && !cx.batched[i] && x.shape()[0] == 1 {
                return Ok(x);
            }
            let mut x = cx.batched_input(i);
            let mut dims: Dims = x.shape().into();
            if own && dims[1] == 1 {
                dims[1] = batch;
                x = crate::ops::broadcast_to(&x, &dims)?;
            }
            dims.remove(0);
            dims[0] *= n;
            view::reshape_to(&x, dims)
        };
        (0..cx.inputs.len()).map(one).collect()
    }
}

/// The outputs of a folded batch.
pub(super) fn unfolded(list: Vec<Array>, n: usize) -> Result<Vec<Array>> {
    let apart = |a: &Array| {
        let mut dims: Dims = a.shape().into();
        dims[0] /= n.max(1);
        dims.insert(0, n);
        view::reshape_to(a, dims)
    };
    list.iter().map(apart).collect()
}

pub(super) fn arrays(vals: &[Val]) -> Vec<Array> {
    vals.iter().map(Val::array).collect()
}

pub(super) fn references(list: &[Array]) -> SmallVec<[&Array; 10]> {
    list.iter().collect()
}

impl Primitive for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }
    fn key(&self, h: &mut KeyHasher) {
        self.hash(h);
    }
    fn attributes(&self) -> String {
        self.text()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let (q, k, v) = (&inputs[0].shape[..], &inputs[1].shape[..], &inputs[2].shape[..]);
        let fits = |dims: &[usize], all: &[usize]| shape::broadcast(dims, all).is_some_and(|s| s[..] == *all);
        let mut sound = q.len() == 4 && k.len() == 4 && v.len() == 4 && k[..3] == v[..3] && q[0] == k[0] && q[3] == k[3];
        sound = sound && k[1] > 0 && q[1].is_multiple_of(k[1]);
        sound = sound && (!self.mask || inputs[3].ndim() == 4 && fits(&inputs[3].shape, &[q[0], q[1], q[2], k[2]]));
        let sinks = &inputs[self.arity() - 1];
        if !sound || self.sinks && !(sinks.ndim() == 2 && sinks.shape[1] == q[1] && fits(&sinks.shape, &q[..2])) {
            let all: Vec<_> = inputs[..self.arity()].iter().map(|a| &a.shape[..]).collect();
            return Err(Error::value("attention", format!("the shapes {all:?} do not match")));
        }
        let (d, rows) = (inputs[0].dtype, Aval::new([q[0], q[1], q[2]].as_slice(), inputs[0].dtype.accumulator()));
        Ok(smallvec![Aval::new([q[0], q[2], q[1], v[3]].as_slice(), d), rows.clone(), rows])
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let (x, ct) = (arrays(cx.inputs), cx.cotangent(0));
        let mut out = vec![None; self.arity()];
        let last = self.arity() - 1;
        if cx.needed[..3].iter().any(|&n| n) || self.sinks && cx.needed[last] {
            let mut inputs = x.clone();
            inputs.extend_from_slice(cx.outputs);
            inputs.push(ct.clone());
            let mut list = apply_many(AttentionGrad(self.clone()), &references(&inputs))?;
            if self.sinks {
                let rows = list.pop().expect("there are sinks");
                let of_sinks = crate::ops::astype(&crate::ops::sum(&rows, 2)?, x[last].dtype())?;
                out[last] = Some(view::sum_to(&of_sinks, &x[last])?);
            }
            for (slot, a) in out.iter_mut().zip(list) {
                *slot = Some(crate::ops::swapaxes(&a, 1, 2)?);
            }
        }
        if self.mask && cx.needed[3] && x[3].dtype() != Dtype::Bool {
            let (slopes, _) = self.slopes(&self.weights(&x)?, &self.apart(&x, &ct)?)?;
            out[3] = Some(view::sum_to(&crate::ops::flatten(&slopes, 1, 2)?, &x[3])?);
        }
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let tangents: Vec<Array> = (0..self.arity()).map(|i| cx.tangent(i)).collect();
        let (_, t) = jvp(|x: &Vec<Array>| self.composed(x))(&arrays(cx.inputs), &tangents)?;
        Ok(vec![Some(t), None, None])
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        unfolded(apply_many(self.clone(), &references(&self.folded(cx)?))?, cx.size)
    }
}

impl KernelOf for Attention {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        Work::Attention(Box::new(self.work(inputs)))
    }
}

impl AttentionGrad {
    /// The inputs that it is a function of: the attention's, and the cotangent.
    fn own<T: Clone>(&self, all: &[T]) -> Vec<T> {
        all[..self.0.arity()].iter().chain(all.last()).cloned().collect()
    }

    fn composed(&self, own: &[Array]) -> Result<Vec<Array>> {
        let (ct, x) = own.split_last().expect("there is a cotangent");
        self.0.composed_grad(x, ct)
    }
}

impl Primitive for AttentionGrad {
    fn name(&self) -> &'static str {
        "attention_grad"
    }
    fn key(&self, h: &mut KeyHasher) {
        self.0.hash(h);
    }
    fn attributes(&self) -> String {
        self.0.text()
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        let outs = self.0.infer(inputs)?;
        let swapped = |a: &Aval| Aval::new([a.shape[0], a.shape[2], a.shape[1], a.shape[3]].as_slice(), a.dtype);
        let mut list: Avals = inputs[..3].iter().map(swapped).collect();
        if self.0.sinks {
            list.push(outs[1].clone());
        }
        Ok(list)
    }
    fn role(&self) -> Role<'_> {
        Role::Kernel(self)
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let own = self.own(&arrays(cx.inputs));
        let cts = |list: &Vec<Array>| Ok((0..list.len()).map(|i| cx.cotangent(i)).collect());
        let (_, mut list) = vjp_at(&own, |x: &Vec<Array>| self.composed(x), cts)?;
        let mut out = vec![None; cx.inputs.len()];
        *out.last_mut().expect("there is a cotangent") = list.pop();
        out.iter_mut().zip(list).for_each(|(slot, a)| *slot = a.dtype().is_inexact().then_some(a));
        Ok(out)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let all: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.tangent(i)).collect();
        let (_, list) = jvp(|x: &Vec<Array>| self.composed(x))(&self.own(&arrays(cx.inputs)), &self.own(&all))?;
        Ok(list.into_iter().map(Some).collect())
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        unfolded(apply_many(AttentionGrad(self.0.clone()), &references(&self.0.folded(cx)?))?, cx.size)
    }
}

impl KernelOf for AttentionGrad {
    fn work(&self, inputs: &[View], _: &[Aval]) -> Work {
        let n = self.0.arity();
        let outs = [inputs[n].clone(), inputs[n + 1].clone(), inputs[n + 2].clone()];
        Work::AttentionGrad(Box::new(work::AttentionGrad { of: self.0.work(inputs), outs, cotangent: inputs[n + 3].clone() }))
    }
}

/// The attention of arrays of one dtype that match, (batch, heads, queries, features).
pub(crate) fn attend(how: Attention, x: &[Array]) -> Result<Array> {
    let (q, v) = (&x[0], &x[2]);
    if v.shape()[2] == 0 {
        // Of no values nothing is taken.
        return Ok(Array::zeros([q.shape()[0], q.shape()[1], q.shape()[2], v.shape()[3]], q.dtype()));
    }
    let some = x.iter().all(|a| a.size() > 0) && x[0].shape()[3].max(x[2].shape()[3]) <= FEATURES;
    let y =
        if some && how.scale >= 0.0 && how.scale.is_finite() { apply_many(how, &references(x))?.swap_remove(0) } else { how.composed(x)? };
    crate::ops::swapaxes(&y, 1, 2)
}
