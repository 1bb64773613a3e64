//! Reverse mode: cotangents walk a program backwards, a rule a primitive.

use crate::Array;
use crate::graph::array::at_site;
use crate::graph::node::Aval;
use crate::graph::program::{Program, Recorded, Ref};
use crate::graph::tag::Keeping;
use crate::primitive::{Prim, Val, Vjp};
use crate::transforms::cotangent::Cotangent;
use crate::transforms::{concrete_leaf, flatten, unflatten};
use crate::tree::{Output, Tree};
use lazulite_base::error::{Error, Result};
use smallvec::SmallVec;

/// The inputs' cotangents, given the outputs'; only those in `needed`. Emits ops, so it can itself be traced.
pub(crate) fn backward(
    program: &Program,
    value: &dyn Fn(Ref) -> Val,
    cotangents: Vec<(Ref, Array)>,
    needed: &[bool],
) -> Result<Vec<Option<Array>>> {
    let dependent = program.dependent(needed);
    let mut inputs: Vec<Cotangent> = program.inputs.iter().map(|_| Cotangent::default()).collect();
    let mut of: Vec<SmallVec<[Cotangent; 1]>> =
        program.instrs.iter().map(|i| i.avals.iter().map(|_| Cotangent::default()).collect()).collect();
    let depends = |r: Ref| match r {
        Ref::Input(i) => needed[i as usize],
        Ref::Value { index, .. } => dependent[index as usize],
        Ref::Scalar(_) => false,
    };
    for (r, ct) in cotangents {
        match r {
            Ref::Input(i) => inputs[i as usize].add(ct)?,
            Ref::Value { index, out } => of[index as usize][out as usize].add(ct)?,
            Ref::Scalar(_) => {}
        }
    }
    for (i, ins) in program.instrs.iter().enumerate().rev() {
        let gathered = std::mem::take(&mut of[i]);
        if !dependent[i] || gathered.iter().all(Cotangent::is_none) {
            continue;
        }
        let output = |out: usize| value(Ref::Value { index: i as u32, out: out as u32 }).array();
        let cts = gathered.into_iter().enumerate().map(|(out, ct)| ct.finish(|| output(out))).collect::<Result<SmallVec<[_; 1]>>>()?;
        if let (Some(ranges), Some(ct)) = (ins.prim.slice(), &cts[0]) {
            match ins.operands[0] {
                Ref::Input(k) => inputs[k as usize].add_slice(ins, ranges, ct.clone()),
                Ref::Value { index, out } => of[index as usize][out as usize].add_slice(ins, ranges, ct.clone()),
                Ref::Scalar(_) => {}
            }
            continue;
        }
        let vals: SmallVec<[Val; 3]> = ins.operands.iter().map(|&r| value(r)).collect();
        let outs: SmallVec<[Array; 1]> = (0..ins.avals.len()).map(output).collect();
        let wanted: SmallVec<[bool; 3]> = ins.operands.iter().map(|&r| depends(r)).collect();
        let cx = Vjp { inputs: &vals, outputs: &outs, cotangents: &cts, needed: &wanted };
        let list = at_site(ins.site, ins.stream, || match &ins.prim {
            Prim::Elementwise(op) => crate::ops::derivative::vjp(*op, &cx),
            Prim::Other(p) => p.vjp(&cx),
            Prim::Leaf | Prim::Output(_) => Ok(vec![]),
        })
        .map_err(|e| e.at(ins.site))?;
        for ((&r, ct), &want) in ins.operands.iter().zip(list).zip(&wanted) {
            let Some(ct) = ct.filter(|_| want) else { continue };
            match r {
                Ref::Input(k) => at_site(ins.site, ins.stream, || inputs[k as usize].add(ct))?,
                Ref::Value { index, out } => at_site(ins.site, ins.stream, || of[index as usize][out as usize].add(ct))?,
                Ref::Scalar(_) => {}
            }
        }
    }
    inputs.into_iter().enumerate().map(|(i, ct)| ct.finish(|| value(Ref::Input(i as u32)).array())).collect()
}

/// A function traced on concrete leaves, for differentiation.
pub(crate) struct Traced<T> {
    pub output: T,
    pub recorded: Recorded,
    pub leaves: Vec<Array>,
    keeping: Keeping,
}

impl<T: Tree> Traced<T> {
    /// Calls `f` on fresh leaves and records the graph to the outputs that `pick` names.
    pub fn new<A: Tree>(x: &A, f: impl FnOnce(&A) -> Result<T>, pick: impl FnOnce(&T) -> Vec<Array>) -> Result<Traced<T>> {
        let keeping = Keeping::start();
        let mut leaves = Vec::new();
        let on = x.map_arrays(&mut |a| {
            let leaf = concrete_leaf(a, keeping.0);
            leaves.push(leaf.clone());
            leaf
        });
        let output = f(&on)?;
        let recorded = Recorded::extract(&leaves, &pick(&output));
        Ok(Traced { output, recorded, leaves, keeping })
    }

    /// Which leaves can be differentiated.
    pub fn needed(&self) -> Vec<bool> {
        let of_leaves = self.leaves.iter().map(|l| l.dtype().is_inexact());
        of_leaves.chain(self.recorded.program.captures.iter().map(|_| false)).collect()
    }

    /// The leaves' cotangents, zeros where none arrives.
    pub fn pull(&self, cotangents: &[Array]) -> Result<Vec<Array>> {
        let program = &self.recorded.program;
        let cts = program.outputs.iter().copied().zip(cotangents.iter().cloned()).collect();
        let list = backward(program, &|r| self.recorded.value(r), cts, &self.needed())?;
        Ok(self.leaves.iter().zip(list).map(|(leaf, ct)| ct.unwrap_or_else(|| leaf.zeros_like())).collect())
    }

    /// Ends the trace: nodes evaluated under it let go of their inputs.
    pub fn end(self) -> T {
        self.recorded.release(self.keeping.0);
        self.output
    }
}

/// The function with its pullback: `vjp(f)(&x)` is `(f(&x), pullback)`, and `pullback(&cotangent)` is the cotangent of `x`: the
/// transposed Jacobian at `x` applied to it. Leaves that are not floats get zeros.
///
/// # Errors
/// The pullback panics (or, for a function that returns `Result`, the call errs) where a primitive has no derivative.
///
/// ```
/// use lazulite::prelude::*;
/// let (y, pullback) = vjp(|x: &Array| x.square())(&array![2.0, 3.0]);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [4.0, 9.0]);
/// assert_eq!(pullback(&array![1.0, 10.0]).to_vec::<f32>().unwrap(), [4.0, 60.0]);
/// ```
#[allow(clippy::type_complexity)]
pub fn vjp<A, B, F>(f: F) -> impl Fn(&A) -> B::With<(B::Tree, Pullback<A, B::Tree>)>
where
    A: Tree + Send + Sync + 'static,
    B: Output,
    B::Tree: Clone + Send + Sync + 'static,
    F: Fn(&A) -> B,
{
    move |x| B::wrap(pullback(x, |x| f(x).into_tree()))
}

/// The value of a function at `x` and the cotangent of `x`, for cotangents that are made when the output is known, one for each of its
/// arrays.
///
/// # Errors
/// The function's own; a value error for cotangents of other shapes or dtypes; that of a primitive without a derivative.
///
/// ```
/// use lazulite::{prelude::*, vjp_at};
/// let (y, g) = vjp_at(&array![2.0, 3.0], |x: &Array| Ok(x.square()), |y: &Array| Ok(vec![y.ones_like()])).unwrap();
/// assert_eq!(y.to_vec::<f32>().unwrap(), [4.0, 9.0]);
/// assert_eq!(g.to_vec::<f32>().unwrap(), [4.0, 6.0]);
/// ```
pub fn vjp_at<A: Tree, T: Tree>(
    x: &A,
    f: impl FnOnce(&A) -> Result<T>,
    cotangents: impl FnOnce(&T) -> Result<Vec<Array>>,
) -> Result<(T, A)> {
    let traced = Traced::new(x, f, flatten)?;
    let cts = cotangents(&traced.output)?;
    let avals: Vec<_> = flatten(&traced.output).iter().map(|a| a.aval().clone()).collect();
    check("vjp", "cotangent", &cts, &avals)?;
    let pulled = unflatten(x, &traced.pull(&cts)?);
    Ok((traced.end(), pulled))
}

/// What [`vjp`] returns beside the value: from a cotangent of the output to the cotangent of the input.
///
/// ```
/// use lazulite::prelude::*;
/// let (y, pull): (Array, lazulite::Pullback<Array, Array>) = vjp(|x: &Array| x * x)(&array![3.0]);
/// assert_eq!(pull(&y.ones_like()).item::<f32>().unwrap(), 6.0);
/// ```
pub type Pullback<A, T> = Box<dyn Fn(&T) -> A + Send + Sync>;

fn pullback<A, T>(x: &A, f: impl FnOnce(&A) -> Result<T>) -> Result<(T, Pullback<A, T>)>
where
    A: Tree + Send + Sync + 'static,
    T: Tree + Clone + Send + Sync + 'static,
{
    let traced = Traced::new(x, f, flatten)?;
    let template = unflatten(x, &flatten(x));
    let output = traced.output.clone();
    let avals: Vec<_> = flatten(&output).iter().map(|a| a.aval().clone()).collect();
    let needed = traced.needed();
    let Traced { recorded, leaves, keeping, .. } = traced;
    drop(keeping);
    let pull = move |ct: &T| -> A {
        let cts = flatten(ct);
        let result = check("vjp", "cotangent", &cts, &avals).and_then(|()| {
            let list = recorded.program.outputs.iter().copied().zip(cts.iter().cloned()).collect();
            backward(&recorded.program, &|r| recorded.value(r), list, &needed)
        });
        match result {
            Ok(list) => {
                let list: Vec<Array> = leaves.iter().zip(list).map(|(l, ct)| ct.unwrap_or_else(|| l.zeros_like())).collect();
                unflatten(&template, &list)
            }
            Err(e) => e.raise(),
        }
    };
    Ok((output, Box::new(pull)))
}

/// Whether `what`, cotangents or tangents given to `op`, have the shapes and dtypes of the arrays that they belong to.
pub(crate) fn check(op: &str, what: &str, list: &[Array], avals: &[Aval]) -> Result<()> {
    if list.len() != avals.len() {
        return Err(Error::value(op, format!("{} {what}s for {} arrays", list.len(), avals.len())));
    }
    for (ct, a) in list.iter().zip(avals) {
        if ct.dims() != &a.shape[..] || a.dtype.is_inexact() && ct.dtype() != a.dtype {
            let text = format!("a {what} of {}{:?} for an array of {}{:?}", ct.dtype(), ct.dims(), a.dtype, &a.shape[..]);
            return Err(Error::value(op, text));
        }
    }
    Ok(())
}
