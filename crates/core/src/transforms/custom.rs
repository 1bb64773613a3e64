//! Rules of one's own: `custom_vjp`, `custom_jvp`, `custom_vmap`.
//!
//! The function runs as it is; its outputs then pass through a node that has the given rule, and leaves every other transform to what
//! the function itself is made of. The node's inputs are the function's outputs, then the function's inputs.

use crate::Array;
use crate::graph::array::node_many;
use crate::graph::node::{Aval, Avals, Operand};
use crate::primitive::{Jvp, Prim, Primitive, Role, Vjp, Vmap};
use crate::transforms::vjp::{Traced, check};
use crate::transforms::{flatten, unflatten, vmap};
use crate::tree::{Output, Tree};
use lazulite_base::error::{Error, Result};
use lazulite_base::key::KeyHasher;
use std::panic::Location;
use std::sync::Arc;

/// From inputs, outputs and cotangents to the inputs' cotangents.
pub type Backward = Arc<dyn Fn(&[Array], &[Array], &[Array]) -> Result<Vec<Array>> + Send + Sync>;
/// From inputs and tangents to the outputs' tangents.
pub type Forward = Arc<dyn Fn(&[Array], &[Array]) -> Result<Vec<Array>> + Send + Sync>;
/// From inputs, which of them are batched, and the batch's size, to batched outputs.
pub type Batch = Arc<dyn Fn(&[Array], &[bool], usize) -> Result<Vec<Array>> + Send + Sync>;

/// Rules for outputs that are already there, over flat lists of arrays: what an interface to another language builds on.
#[derive(Clone, Default)]
#[allow(missing_docs)]
pub struct Rules {
    pub vjp: Option<Backward>,
    pub jvp: Option<Forward>,
    pub vmap: Option<Batch>,
}

impl Rules {
    /// The outputs, computed from the inputs in whatever way, with these rules in place of their own.
    ///
    /// ```
    /// use lazulite::{Rules, prelude::*};
    /// use std::sync::Arc;
    /// let f = |x: &Array| {
    ///     let rules = Rules { vjp: Some(Arc::new(|_x, _y, ct| Ok(vec![&ct[0] * 10.0]))), ..Rules::default() };
    ///     rules.apply(&[x.clone()], &[x * 2.0]).remove(0)
    /// };
    /// assert_eq!(grad(f)(&Array::from(1.0f32)).item::<f32>().unwrap(), 10.0);
    /// ```
    #[track_caller]
    pub fn apply(self, inputs: &[Array], outputs: &[Array]) -> Vec<Array> {
        let site = Location::caller();
        // Outermost is what decides: a batch first, then the reverse rule, through which the forward rule's tangents pass.
        let rules = [self.jvp.map(Rule::Jvp), self.vjp.map(Rule::Vjp), self.vmap.map(Rule::Vmap)];
        rules.into_iter().flatten().fold(outputs.to_vec(), |outputs, rule| Custom::new(rule, outputs.len()).wrap(inputs, &outputs, site))
    }
}

#[derive(Clone)]
pub(crate) enum Rule {
    Vjp(Backward),
    Jvp(Forward),
    Vmap(Batch),
}

/// The node with the rule.
#[derive(Clone)]
pub(crate) struct Custom {
    /// Number of outputs.
    outputs: usize,
    rule: Rule,
    /// Its rule gives what the function's own derivative is.
    own: bool,
}

impl Custom {
    /// The rule for that many outputs.
    pub fn new(rule: Rule, outputs: usize) -> Custom {
        Custom { outputs, rule, own: false }
    }

    /// The same, said to give what the function's own derivative is, in another way.
    pub fn own(self) -> Custom {
        Custom { own: true, ..self }
    }

    /// Passes `outputs` through a node with the rule, over `inputs`.
    pub fn wrap(self, inputs: &[Array], outputs: &[Array], site: &'static Location<'static>) -> Vec<Array> {
        let operands = outputs.iter().chain(inputs).map(|a| Operand::Edge(a.edge())).collect();
        let avals = outputs.iter().map(|a| a.aval().clone()).collect();
        node_many(Prim::new(self), operands, avals, site)
    }
}

impl Primitive for Custom {
    fn name(&self) -> &'static str {
        match self.rule {
            Rule::Vjp(_) => "custom_vjp",
            Rule::Jvp(_) => "custom_jvp",
            Rule::Vmap(_) => "custom_vmap",
        }
    }
    fn key(&self, h: &mut KeyHasher) {
        // Evaluation sees an alias, whatever the rule.
        h.word(self.outputs as u64);
    }
    fn infer(&self, inputs: &[Aval]) -> Result<Avals> {
        Ok(inputs[..self.outputs].iter().cloned().collect())
    }
    fn is_transparent(&self) -> bool {
        self.own
    }
    fn role(&self) -> Role<'_> {
        Role::Alias
    }
    fn vjp(&self, cx: &Vjp<'_>) -> Result<Vec<Option<Array>>> {
        let n = self.outputs;
        let mut list: Vec<Option<Array>> = cx.cotangents.to_vec();
        list.resize(cx.inputs.len(), None);
        let all: Vec<Array> = cx.inputs.iter().map(|v| v.array()).collect();
        let cts: Vec<Array> = (0..n).map(|i| cx.cotangent(i)).collect();
        let results = match &self.rule {
            Rule::Vmap(_) => return Ok(list),
            Rule::Vjp(f) => f(&all[n..], &all[..n], &cts)?,
            // Forward rules are linear in the tangent: their transpose at any tangent is the reverse rule.
            Rule::Jvp(f) => {
                let zeros: Vec<Array> = all[n..].iter().map(Array::zeros_like).collect();
                let traced = Traced::new(&zeros, |t| f(&all[n..], t), flatten)?;
                let pulled = traced.pull(&cts)?;
                traced.end();
                pulled
            }
        };
        let avals: Vec<Aval> = all[n..].iter().map(|a| a.aval().clone()).collect();
        check("custom_vjp", "cotangent", &results, &avals)?;
        list[..n].fill(None);
        list[n..].iter_mut().zip(results).for_each(|(slot, ct)| *slot = Some(ct));
        Ok(list)
    }
    fn jvp(&self, cx: &Jvp<'_>) -> Result<Vec<Option<Array>>> {
        let n = self.outputs;
        match &self.rule {
            Rule::Jvp(f) => {
                let x: Vec<Array> = cx.inputs[n..].iter().map(|v| v.array()).collect();
                let t: Vec<Array> = (n..cx.inputs.len()).map(|i| cx.tangent(i)).collect();
                let list = f(&x, &t)?;
                check("custom_jvp", "tangent", &list, &cx.outputs.iter().map(|a| a.aval().clone()).collect::<Vec<_>>())?;
                Ok(list.into_iter().map(Some).collect())
            }
            Rule::Vjp(_) | Rule::Vmap(_) => Ok(cx.tangents[..n].to_vec()),
        }
    }
    fn vmap(&self, cx: &Vmap<'_>) -> Result<Vec<Array>> {
        let n = self.outputs;
        if let Rule::Vmap(f) = &self.rule {
            let x: Vec<Array> = cx.inputs[n..].iter().map(|v| v.array()).collect();
            let list = f(&x, &cx.batched[n..], cx.size)?;
            if list.len() != n {
                return Err(Error::value("custom_vmap", format!("the rule gives {} arrays for {n} outputs", list.len())));
            }
            if list.iter().any(|y| y.dims().first() != Some(&cx.size)) {
                return Err(Error::value("custom_vmap", format!("every output needs the batch of {} as its first axis", cx.size)));
            }
            return Ok(list);
        }
        // Every input is batched, so the rule of a batch is the batch of the rule.
        let all: Vec<Array> = (0..cx.inputs.len()).map(|i| cx.batched_input(i)).collect();
        let size = cx.size;
        let each = move |f: &dyn Fn(&[Array]) -> Result<Vec<Array>>, list: &[Array]| vmap::batch(f, list, &vec![true; list.len()], size);
        let rule = match self.rule.clone() {
            Rule::Vjp(f) => Rule::Vjp(Arc::new(move |x, y, ct| {
                let (a, b) = (x.len(), x.len() + y.len());
                let list: Vec<Array> = x.iter().chain(y).chain(ct).cloned().collect();
                each(&|l| f(&l[..a], &l[a..b], &l[b..]), &list)
            })),
            Rule::Jvp(f) => Rule::Jvp(Arc::new(move |x, t| {
                let n = x.len();
                let list: Vec<Array> = x.iter().chain(t).cloned().collect();
                each(&|l| f(&l[..n], &l[n..]), &list)
            })),
            Rule::Vmap(_) => unreachable!("handled above"),
        };
        Ok(Custom::new(rule, n).wrap(&all[n..], &all[..n], all[0].site()))
    }
}

/// The output `y` of a function at `x`, with a rule made at `site`.
fn passed<A: Tree, T: Tree>(rule: Rule, x: &A, y: &T, site: &'static Location<'static>) -> T {
    let outputs = flatten(y);
    unflatten(y, &Custom::new(rule, outputs.len()).wrap(&flatten(x), &outputs, site))
}

/// `f` with a reverse rule: `backward(&x, &y, &ct)` gives the cotangent of `x`, given the output `y` and its cotangent. Forward mode and
/// batching follow from `f` itself and from the rule; arrays that `f` captures are constants.
///
/// # Errors
/// A value error when it is differentiated, if the rule's cotangents are not one for each array of `x`, of its shape and dtype.
///
/// ```
/// use lazulite::prelude::*;
/// let f = custom_vjp(|x: &Array| x.exp(), |_x: &Array, y: &Array, ct: &Array| (y * ct).clip(-1.0, 1.0));
/// assert_eq!(grad(f)(&Array::from(5.0f32)).item::<f32>().unwrap(), 1.0);
/// ```
#[track_caller]
pub fn custom_vjp<A, B, F, R>(f: F, backward: R) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree + Clone + Send + Sync + 'static,
    B: Output,
    B::Tree: Clone + Send + Sync + 'static,
    F: Fn(&A) -> B,
    R: Fn(&A, &B::Tree, &B::Tree) -> A + Send + Sync + 'static,
{
    let (backward, site) = (Arc::new(backward), Location::caller());
    move |x| {
        B::wrap(f(x).into_tree().map(|y| {
            let (xs, ys, rule) = (x.clone(), y.clone(), backward.clone());
            let flat: Backward = Arc::new(move |x, y, ct| Ok(flatten(&rule(&unflatten(&xs, x), &unflatten(&ys, y), &unflatten(&ys, ct)))));
            passed(Rule::Vjp(flat), x, &y, site)
        }))
    }
}

/// `f` with a forward rule: `forward(&x, &t)` gives the tangent of the output for the tangent `t`, in which it must be linear. Reverse
/// mode is its transpose; batching follows from the rule.
///
/// # Errors
/// A value error when it is differentiated, if the rule's tangents are not one for each array of the output, of its shape and dtype.
///
/// ```
/// use lazulite::prelude::*;
/// let f = custom_jvp(|x: &Array| x.sin(), |x: &Array, t: &Array| x.cos() * t * 2.0);
/// assert_eq!(grad(f)(&Array::from(0.0f32)).item::<f32>().unwrap(), 2.0);
/// ```
#[track_caller]
pub fn custom_jvp<A, B, F, R>(f: F, forward: R) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree + Clone + Send + Sync + 'static,
    B: Output,
    B::Tree: Clone + Send + Sync + 'static,
    F: Fn(&A) -> B,
    R: Fn(&A, &A) -> B::Tree + Send + Sync + 'static,
{
    let (forward, site) = (Arc::new(forward), Location::caller());
    move |x| {
        B::wrap(f(x).into_tree().map(|y| {
            let (xs, rule) = (x.clone(), forward.clone());
            let flat: Forward = Arc::new(move |x, t| Ok(flatten(&rule(&unflatten(&xs, x), &unflatten(&xs, t)))));
            passed(Rule::Jvp(flat), x, &y, site)
        }))
    }
}

/// `f` with a batching rule: `batch(&x, size)` gives the outputs for a batch, each with the batch as its first axis; in `x` every array
/// has it, too (what was not batched is broadcast). Derivatives follow from `f` itself.
///
/// # Errors
/// A value error when it is batched, if the rule does not give an array with the batch for each of the outputs.
///
/// ```
/// use lazulite::prelude::*;
/// let f = custom_vmap(|x: &Array| x.sum(..), |x: &Array, _size: usize| x.sum(-1) + 100.0);
/// assert_eq!(vmap(f)(&array![[1.0, 2.0]]).to_vec::<f32>().unwrap(), [103.0]);
/// ```
#[track_caller]
pub fn custom_vmap<A, B, F, R>(f: F, batch: R) -> impl Fn(&A) -> B::With<B::Tree>
where
    A: Tree + Clone + Send + Sync + 'static,
    B: Output,
    F: Fn(&A) -> B,
    R: Fn(&A, usize) -> B::Tree + Send + Sync + 'static,
{
    let (batch, site) = (Arc::new(batch), Location::caller());
    move |x| {
        B::wrap(f(x).into_tree().map(|y| {
            let (xs, rule) = (x.clone(), batch.clone());
            let flat: Batch = Arc::new(move |x, batched, size| {
                let x: Vec<Array> =
                    x.iter().zip(batched).map(|(x, &b)| if b { x.clone() } else { crate::ops::view::prepend_axis(x, size) }).collect();
                Ok(flatten(&rule(&unflatten(&xs, &x), size)))
            });
            passed(Rule::Vmap(flat), x, &y, site)
        }))
    }
}
