//! Programs under transforms: as the library composes them, and what any linear combination of the results should be.
//!
//! A combination `u` of the results of `grad_w f` is the derivative of the combination `w` of `f` along `u`; of `jvp_t f`, the derivative
//! of the combination `u` of `f` along `t`; of a batch, the sum of the examples' combinations. So every stack comes down to one number
//! of the program, on jets with an infinitesimal for each derivative.

use super::eval::{Values, eval};
use super::jet::{Jet, ORDER, jet};
use super::program::Program;
use crate::matrix::Function;
use crate::tensor::{Dice, Tensor};
use lazulite::{Array, AxisTree, Dtype, Result, ops};
use std::sync::Arc;

/// A transform; seeds stand for combinations and directions.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Transform {
    /// The gradient of a combination of the outputs.
    Grad(u64),
    /// The same by a pullback.
    Vjp(u64),
    /// The tangent along a direction.
    Jvp(u64),
    /// The batch: the axis of each input, and of the outputs.
    Vmap {
        axes: Vec<Option<usize>>,
        out: usize,
        size: usize,
    },
    Compile,
    Checkpoint,
}

/// A shape for each array.
pub type Shapes = Vec<Vec<usize>>;

/// A program under transforms, innermost first.
#[derive(Clone, PartialEq, Debug)]
pub struct Stack {
    /// The program.
    pub program: Program,
    /// The transforms.
    pub transforms: Vec<Transform>,
    /// The inputs' and the outputs' shapes, of the program and after each transform.
    pub shapes: Vec<(Shapes, Shapes)>,
}

/// Numbers from which a transform is made.
pub type Gene = (u8, u16, u16);

/// Combinations, directions and inputs: numbers in -1..1, to the seed.
pub fn weights(seed: u64, shapes: &[Vec<usize>]) -> Vec<Tensor> {
    let mut dice = Dice::new(seed);
    shapes.iter().map(|d| dice.tensor(d, Dtype::F64)).collect()
}

fn arrays(list: &[Tensor], d: Dtype) -> Vec<Array> {
    list.iter().map(|t| t.cast(d).array()).collect()
}

/// The sum of the products of arrays with weights, as an array.
fn combined(y: &[Array], w: &[Array]) -> Result<Array> {
    let terms: Vec<Array> = y.iter().zip(w).map(|(y, w)| ops::sum(&ops::multiply(y, w)?, ..)).collect::<Result<_>>()?;
    terms[1..].iter().try_fold(terms[0].clone(), |s, t| ops::add(&s, t))
}

impl Stack {
    /// The stack of these numbers.
    pub fn decode(program: Program, genes: &[Gene]) -> Stack {
        let first = (program.inputs.clone(), vec![program.output().to_vec()]);
        let mut stack = Stack { program, transforms: vec![], shapes: vec![first] };
        for &(kind, a, b) in genes {
            stack.push(kind, a, b);
        }
        stack
    }

    fn push(&mut self, kind: u8, a: u16, b: u16) {
        let (inputs, outputs) = self.shapes.last().expect("the program's").clone();
        let seed = 1 + a as u64;
        let derivative = self.order() < ORDER;
        let batches = self.transforms.iter().filter(|t| matches!(t, Transform::Vmap { .. })).count();
        let (transform, shapes) = match kind % 10 {
            0 | 1 if derivative => (Transform::Grad(seed), (inputs.clone(), inputs)),
            2 if derivative => (Transform::Vjp(seed), (inputs.clone(), inputs)),
            3 | 4 if derivative => (Transform::Jvp(seed), (inputs, outputs)),
            5..8 if batches < 2 => {
                let (out, size) = (b as usize % 3, 2 + (b as usize >> 4) % 2);
                let out = outputs.iter().map(|d| d.len()).fold(out, usize::min);
                let n = inputs.len();
                let some = 1 + a as usize % ((1 << n) - 1);
                let axis = |i: usize| (some >> i & 1 == 1).then(|| (a as usize >> (4 + 2 * i)) % (inputs[i].len() + 1));
                let axes: Vec<Option<usize>> = (0..n).map(axis).collect();
                let with = |dims: &[usize], axis: usize| [&dims[..axis], &[size], &dims[axis..]].concat();
                let batched = inputs.iter().zip(&axes).map(|(d, a)| a.map_or(d.clone(), |a| with(d, a))).collect();
                let stacked = outputs.iter().map(|d| with(d, out)).collect();
                (Transform::Vmap { axes, out, size }, (batched, stacked))
            }
            8 => (Transform::Checkpoint, (inputs, outputs)),
            _ => (Transform::Compile, (inputs, outputs)),
        };
        self.transforms.push(transform);
        self.shapes.push(shapes);
    }

    /// How many derivatives there are in it.
    pub fn order(&self) -> usize {
        self.transforms.iter().filter(|t| matches!(t, Transform::Grad(_) | Transform::Vjp(_) | Transform::Jvp(_))).count()
    }

    /// The inputs' shapes.
    pub fn inputs(&self) -> &[Vec<usize>] {
        &self.shapes.last().expect("the program's").0
    }

    /// The outputs' shapes.
    pub fn outputs(&self) -> &[Vec<usize>] {
        &self.shapes.last().expect("the program's").1
    }

    /// The stack as the library composes it, for inputs of a dtype.
    pub fn function(&self, d: Dtype) -> Function {
        let program = self.program.clone();
        let mut f: Function = Arc::new(move |x: &[Array]| Ok(vec![program.run(x)?]));
        for (t, (inputs, outputs)) in self.transforms.iter().zip(&self.shapes) {
            f = transformed(t, f, inputs, outputs, d);
        }
        f
    }

    /// The combination `u` of the results at `x`, by the interpreter.
    pub fn expected(&self, u: &[Tensor], x: &[Tensor]) -> f64 {
        let x: Vec<Values> =
            x.iter().map(|t| Values { dims: t.dims.clone(), list: t.values.iter().map(|v| jet(v.re)).collect() }).collect();
        self.combination(self.transforms.len(), u, &x, 0).value()
    }

    /// The derivative of the combination `u` along `t`; one infinitesimal must be left.
    pub fn slope(&self, u: &[Tensor], x: &[Tensor], t: &[Tensor]) -> f64 {
        let x: Vec<Values> =
            x.iter().map(|t| Values { dims: t.dims.clone(), list: t.values.iter().map(|v| jet(v.re)).collect() }).collect();
        self.combination(self.transforms.len(), u, &perturbed(&x, t, ORDER - 1), 0).derivative(ORDER - 1).value()
    }

    fn combination(&self, level: usize, u: &[Tensor], x: &[Values], next: usize) -> Jet {
        let Some(below) = level.checked_sub(1) else {
            let y = eval(&self.program, x);
            return y.list.iter().zip(&u[0].values).fold(jet(0.0), |s, (&y, u)| s + y * u.re);
        };
        let (inputs, outputs) = &self.shapes[below];
        match &self.transforms[below] {
            Transform::Grad(seed) | Transform::Vjp(seed) => {
                self.combination(below, &weights(*seed, outputs), &perturbed(x, u, next), next + 1).derivative(next)
            }
            Transform::Jvp(seed) => self.combination(below, u, &perturbed(x, &weights(*seed, inputs), next), next + 1).derivative(next),
            Transform::Vmap { axes, out, size } => (0..*size).fold(jet(0.0), |s, i| {
                let x: Vec<Values> = x.iter().zip(axes).map(|(x, a)| a.map_or_else(|| x.clone(), |a| x.example(a, i))).collect();
                let u: Vec<Tensor> = u.iter().map(|u| u.example(*out, i)).collect();
                s + self.combination(below, &u, &x, next)
            }),
            Transform::Compile | Transform::Checkpoint => self.combination(below, u, x, next),
        }
    }
}

/// `x` with the direction `t` times infinitesimal `k`.
fn perturbed(x: &[Values], t: &[Tensor], k: usize) -> Vec<Values> {
    let one = |(x, t): (&Values, &Tensor)| Values {
        dims: x.dims.clone(),
        list: x.list.iter().zip(&t.values).map(|(x, t)| x.perturbed(k, t.re)).collect(),
    };
    x.iter().zip(t).map(one).collect()
}

fn transformed(t: &Transform, f: Function, inputs: &[Vec<usize>], outputs: &[Vec<usize>], d: Dtype) -> Function {
    let f = move |x: &Vec<Array>| f(x);
    match *t {
        Transform::Grad(seed) => {
            let w = arrays(&weights(seed, outputs), d);
            let g = lazulite::grad(move |x: &Vec<Array>| combined(&f(x)?, &w));
            Arc::new(move |x| g(&x.to_vec()))
        }
        Transform::Vjp(seed) => {
            let w = arrays(&weights(seed, outputs), d);
            let pull = lazulite::vjp(f);
            Arc::new(move |x| Ok(pull(&x.to_vec())?.1(&w)))
        }
        Transform::Jvp(seed) => {
            let t = arrays(&weights(seed, inputs), d);
            let push = lazulite::jvp(f);
            Arc::new(move |x| Ok(push(&x.to_vec(), &t)?.1))
        }
        Transform::Vmap { ref axes, out, .. } => {
            let axes: Vec<Option<i64>> = axes.iter().map(|a| a.map(|a| a as i64)).collect();
            let g = lazulite::vmap_axes(f, AxisTree::from(axes), out as i64);
            Arc::new(move |x| g(&x.to_vec()))
        }
        Transform::Compile => {
            let g = lazulite::compile(f);
            Arc::new(move |x| g(&x.to_vec()))
        }
        Transform::Checkpoint => {
            let g = lazulite::checkpoint(f);
            Arc::new(move |x| g(&x.to_vec()))
        }
    }
}
