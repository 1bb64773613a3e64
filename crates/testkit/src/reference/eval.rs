//! The interpreter: programs on plain vectors of jets, step by step, by the steps' definitions.

use super::jet::{Jet, jet};
use super::program::{Binary, Fold, Program, Step, Unary};
use crate::tensor::indices;

/// Row-major elements of a shape.
#[derive(Clone, Debug)]
pub struct Values {
    /// The sizes of the axes.
    pub dims: Vec<usize>,
    /// The elements.
    pub list: Vec<Jet>,
}

impl Values {
    /// The element of each index.
    pub fn from_fn(dims: &[usize], f: impl FnMut(Vec<usize>) -> Jet) -> Values {
        Values { dims: dims.to_vec(), list: indices(dims).map(f).collect() }
    }

    /// The element at an index.
    pub fn at(&self, index: &[usize]) -> Jet {
        self.list[index.iter().zip(&self.dims).fold(0, |flat, (&i, &d)| flat * d + i)]
    }

    /// The element that broadcasting reads at an index of a larger shape.
    fn spread(&self, index: &[usize]) -> Jet {
        let lead = index.len() - self.dims.len();
        let own: Vec<usize> = index[lead..].iter().zip(&self.dims).map(|(&i, &d)| if d == 1 { 0 } else { i }).collect();
        self.at(&own)
    }

    /// Example `i` along an axis.
    pub fn example(&self, axis: usize, i: usize) -> Values {
        let mut dims = self.dims.clone();
        dims.remove(axis);
        Values::from_fn(&dims, |mut at| {
            at.insert(axis, i);
            self.at(&at)
        })
    }

    fn lane(&self, at: &[usize], axis: usize) -> Vec<Jet> {
        let mut at = at.to_vec();
        (0..self.dims[axis])
            .map(|i| {
                at[axis] = i;
                self.at(&at)
            })
            .collect()
    }
}

/// The program's result.
pub fn eval(program: &Program, x: &[Values]) -> Values {
    let mut values = x.to_vec();
    for (k, step) in program.steps.iter().enumerate() {
        let dims = &program.shapes[program.inputs.len() + k];
        values.push(run(step, dims, &values));
    }
    values.pop().expect("there is a value")
}

fn run(step: &Step, dims: &[usize], v: &[Values]) -> Values {
    match *step {
        Step::Unary(op, x) => Values { dims: dims.to_vec(), list: v[x].list.iter().map(|&x| unary(op, x)).collect() },
        Step::Binary(op, x, y) => {
            Values::from_fn(dims, |at| binary(op, v[x].spread(&at), v[y].spread(&at), at.last().copied().unwrap_or(0)))
        }
        Step::Affine { x, factor, term } => Values { dims: dims.to_vec(), list: v[x].list.iter().map(|&x| x * factor + term).collect() },
        Step::Fold { fold: f, x, axis, keep } => Values::from_fn(dims, |mut at| {
            if !keep {
                at.insert(axis, 0);
            }
            fold(f, &v[x].lane(&at, axis))
        }),
        Step::Softmax { x, axis } => Values::from_fn(dims, |at| {
            let total = v[x].lane(&at, axis).into_iter().map(Jet::exp).fold(jet(0.0), |a, b| a + b);
            v[x].at(&at).exp() / total
        }),
        Step::Broadcast { x, .. } => Values::from_fn(dims, |at| v[x].spread(&at)),
        Step::Reshape { x, .. } => Values { dims: dims.to_vec(), list: v[x].list.clone() },
        Step::Transpose { x, ref order } => Values::from_fn(dims, |at| {
            let mut from = vec![0; order.len()];
            order.iter().zip(at).for_each(|(&a, i)| from[a] = i);
            v[x].at(&from)
        }),
        Step::Flip { x, axis } => Values::from_fn(dims, |mut at| {
            at[axis] = dims[axis] - 1 - at[axis];
            v[x].at(&at)
        }),
        Step::Slice { x, axis, from, .. } => Values::from_fn(dims, |mut at| {
            at[axis] += from;
            v[x].at(&at)
        }),
        Step::Concatenate { x, y, axis } => Values::from_fn(dims, |mut at| {
            let n = v[x].dims[axis];
            if at[axis] < n {
                return v[x].at(&at);
            }
            at[axis] -= n;
            v[y].at(&at)
        }),
        Step::Stack { x, y, axis } => Values::from_fn(dims, |mut at| if at.remove(axis) == 0 { v[x].at(&at) } else { v[y].at(&at) }),
        Step::Pad { x, axis, before, .. } => Values::from_fn(dims, |mut at| {
            if at[axis] < before || at[axis] >= before + v[x].dims[axis] {
                return jet(0.5);
            }
            at[axis] -= before;
            v[x].at(&at)
        }),
        Step::Take { x, axis, ref list } => Values::from_fn(dims, |mut at| {
            at[axis] = list[at[axis]];
            v[x].at(&at)
        }),
        Step::Matmul { x, y } => Values::from_fn(dims, |at| {
            let (batch, last) = at.split_at(at.len() - 2);
            let k = v[x].dims[v[x].dims.len() - 1];
            let term = |l: usize| v[x].spread(&[batch, &[last[0], l]].concat()) * v[y].spread(&[batch, &[l, last[1]]].concat());
            (0..k).map(term).fold(jet(0.0), |a, b| a + b)
        }),
    }
}

fn unary(op: Unary, x: Jet) -> Jet {
    match op {
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => x.sigmoid(),
        Unary::Erf => x.erf(),
        Unary::Arctan => x.atan(),
        Unary::Arcsinh => (x + (x * x + 1.0).powf(0.5)).ln(),
        Unary::Negative => -x,
        Unary::Square => x * x * 0.5,
        Unary::Exp => (x * 0.25).exp(),
        Unary::Expm1 => (x * 0.25).exp() - 1.0,
        Unary::Log => (x * x + 1.5).ln(),
        Unary::Log1p => (x * x + 1.0).ln(),
        Unary::Sqrt => (x * x + 0.5).powf(0.5),
        Unary::Rsqrt => (x * x + 1.0).powf(-0.5),
        Unary::Reciprocal => (x * x + 1.0).powf(-1.0),
        Unary::Abs => (x - 6.0) * -0.25,
        Unary::Sinh => ((x * 0.5).exp() - (x * -0.5).exp()) * 0.5,
        Unary::Cosh => ((x * 0.5).exp() + (x * -0.5).exp()) * 0.5,
        Unary::Arcsin => (x * 0.2).asin(),
        Unary::Arctanh => ((x * 0.2 + 1.0) / (-(x * 0.2) + 1.0)).ln() * 0.5,
    }
}

/// `column`: the index along the last axis, for the mask.
fn binary(op: Binary, x: Jet, y: Jet, column: usize) -> Jet {
    match op {
        Binary::Add => x + y,
        Binary::Subtract => x - y,
        Binary::Multiply => x * y,
        Binary::Divide => x / (y * y + 1.0),
        Binary::Maximum => y,
        Binary::Minimum => x,
        Binary::Arctan2 => (x / (y * y + 1.0)).atan(),
        Binary::Logaddexp => (x.exp() + y.exp()).ln(),
        Binary::Power => (y * 0.25 * (x * x + 0.5).ln()).exp(),
        Binary::Select => {
            if column.is_multiple_of(2) {
                x
            } else {
                y
            }
        }
    }
}

fn fold(op: Fold, list: &[Jet]) -> Jet {
    let n = list.len() as f64;
    let sum = |list: &mut dyn Iterator<Item = Jet>| list.fold(jet(0.0), |a, b| a + b);
    match op {
        Fold::Sum => sum(&mut list.iter().copied()),
        Fold::Mean => sum(&mut list.iter().copied()) * (1.0 / n),
        Fold::Max => list[list.len() - 1],
        Fold::Min => list[0],
        Fold::Prod => list.iter().fold(jet(1.0), |a, &b| a * (b * 0.25 + 1.0)),
        Fold::Logsumexp => sum(&mut list.iter().map(|x| x.exp())).ln(),
        Fold::Var => {
            let mean = sum(&mut list.iter().copied()) * (1.0 / n);
            sum(&mut list.iter().map(|&x| (x - mean) * (x - mean))) * (1.0 / n)
        }
    }
}
