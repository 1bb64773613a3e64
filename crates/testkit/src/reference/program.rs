//! Programs as data: steps over small arrays, smooth by construction, decoded from arbitrary numbers so that every number is a program.

use lazulite::{Array, Dtype, Result, ops};

/// An elementwise function of one operand, kept away from its singular points.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Unary {
    Sin,
    Cos,
    Tanh,
    Sigmoid,
    Erf,
    Arctan,
    Arcsinh,
    Negative,
    Square,
    Exp,
    Expm1,
    Log,
    Log1p,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Abs,
    Sinh,
    Cosh,
    Arcsin,
    Arctanh,
}

impl Unary {
    /// All of them.
    pub const ALL: [Unary; 21] = [
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Erf,
        Unary::Arctan,
        Unary::Arcsinh,
        Unary::Negative,
        Unary::Square,
        Unary::Exp,
        Unary::Expm1,
        Unary::Log,
        Unary::Log1p,
        Unary::Sqrt,
        Unary::Rsqrt,
        Unary::Reciprocal,
        Unary::Abs,
        Unary::Sinh,
        Unary::Cosh,
        Unary::Arcsin,
        Unary::Arctanh,
    ];

    /// The largest result for operands up to `b`, about.
    fn bound(self, b: f64) -> f64 {
        match self {
            Unary::Negative => b,
            Unary::Square => b * b * 0.5,
            Unary::Exp | Unary::Expm1 => (b * 0.25).exp(),
            Unary::Sinh | Unary::Cosh => (b * 0.5).cosh(),
            Unary::Sqrt | Unary::Log | Unary::Log1p | Unary::Arcsinh => b + 1.0,
            Unary::Abs => (b + 6.0) * 0.25,
            _ => 1.6,
        }
    }
}

/// An elementwise function of two operands that broadcast.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Maximum,
    Minimum,
    Arctan2,
    Logaddexp,
    Power,
    Select,
}

impl Binary {
    /// All of them.
    pub const ALL: [Binary; 10] = [
        Binary::Add,
        Binary::Subtract,
        Binary::Multiply,
        Binary::Divide,
        Binary::Maximum,
        Binary::Minimum,
        Binary::Arctan2,
        Binary::Logaddexp,
        Binary::Power,
        Binary::Select,
    ];

    fn bound(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add | Binary::Subtract => a + b,
            Binary::Multiply => a * b,
            Binary::Divide => a,
            Binary::Maximum => b,
            Binary::Minimum => a,
            Binary::Arctan2 => 1.6,
            Binary::Logaddexp => a.max(b) + 0.7,
            Binary::Power => (a * a + 0.5).powf(b * 0.25).max(1.5),
            Binary::Select => a.max(b),
        }
    }
}

/// A reduction along one axis.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Fold {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
    Logsumexp,
    Var,
}

impl Fold {
    /// All of them.
    pub const ALL: [Fold; 7] = [Fold::Sum, Fold::Mean, Fold::Max, Fold::Min, Fold::Prod, Fold::Logsumexp, Fold::Var];

    fn bound(self, b: f64, n: usize) -> f64 {
        match self {
            Fold::Sum => b * n as f64,
            Fold::Mean | Fold::Max | Fold::Min => b,
            Fold::Prod => (1.0 + 0.25 * b).powi(n as i32),
            Fold::Logsumexp => b + (n as f64).ln(),
            Fold::Var => b * b,
        }
    }
}

/// A step: operands are numbers of values, the inputs first.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Step {
    Unary(Unary, usize),
    Binary(Binary, usize, usize),
    Affine { x: usize, factor: f64, term: f64 },
    Fold { fold: Fold, x: usize, axis: usize, keep: bool },
    Softmax { x: usize, axis: usize },
    Broadcast { x: usize, dims: Vec<usize> },
    Reshape { x: usize, dims: Vec<usize> },
    Transpose { x: usize, order: Vec<usize> },
    Flip { x: usize, axis: usize },
    Slice { x: usize, axis: usize, from: usize, to: usize },
    Concatenate { x: usize, y: usize, axis: usize },
    Stack { x: usize, y: usize, axis: usize },
    Pad { x: usize, axis: usize, before: usize, after: usize },
    Matmul { x: usize, y: usize },
    Take { x: usize, axis: usize, list: Vec<usize> },
}

/// A program: shapes of its inputs, and steps; the last value is its result.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// The inputs' shapes.
    pub inputs: Vec<Vec<usize>>,
    /// The steps.
    pub steps: Vec<Step>,
    /// The shape of every value, the inputs first.
    pub shapes: Vec<Vec<usize>>,
}

/// Numbers from which a step is made.
pub type Gene = (u8, u16, u16, u16);

/// What limits a program.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Sizes of the inputs' axes.
    pub sizes: &'static [usize],
    /// Elements of a value.
    pub elements: usize,
}

/// What the transforms and the interpreter run on.
pub const SMALL: Limits = Limits { sizes: &[2, 3, 1, 2, 3], elements: 24 };
/// What is worth more than one thread.
pub const WIDE: Limits = Limits { sizes: &[3, 1100, 2], elements: 9_000 };

/// Values beyond this go through `tanh`.
const LARGEST: f64 = 4.0;

/// The shape that two broadcast to, if they do.
fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let n = a.len().max(b.len());
    let at = |x: &[usize], i: usize| if i + x.len() < n { 1 } else { x[i + x.len() - n] };
    (0..n)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

struct Decoder {
    program: Program,
    bounds: Vec<f64>,
    /// The values that steps may take: none beyond [`LARGEST`].
    open: Vec<usize>,
    limits: Limits,
}

impl Decoder {
    /// One of the latest values more often than one of the first.
    fn pick(&self, g: u16) -> usize {
        let n = self.open.len();
        let back = if g & 1 == 0 { (g as usize >> 1) % n.min(2) } else { (g as usize >> 1) % n };
        self.open[n - 1 - back]
    }

    fn shape(&self, x: usize) -> &Vec<usize> {
        &self.program.shapes[x]
    }

    fn push(&mut self, step: Step, dims: Vec<usize>, bound: f64) {
        self.program.steps.push(step);
        self.program.shapes.push(dims);
        self.bounds.push(bound);
        let x = self.program.shapes.len() - 1;
        if bound <= LARGEST {
            self.open.push(x);
        } else {
            let dims = self.shape(x).clone();
            self.push(Step::Unary(Unary::Tanh, x), dims, 1.0);
        }
    }

    fn unary(&mut self, b: u16, x: usize) {
        let op = Unary::ALL[b as usize % Unary::ALL.len()];
        let (dims, bound) = (self.shape(x).clone(), op.bound(self.bounds[x]));
        self.push(Step::Unary(op, x), dims, bound);
    }

    /// A step of two operands, if their shapes allow one.
    fn pair(&self, kind: u8, x: usize, y: usize, c: u16) -> Option<(Step, Vec<usize>, f64)> {
        let (a, b) = (self.shape(x), self.shape(y));
        let bound = self.bounds[x].max(self.bounds[y]);
        let found = match kind {
            0 if a == b => {
                let axis = c as usize % (a.len() + 1);
                let mut dims = a.clone();
                dims.insert(axis, 2);
                (Step::Stack { x, y, axis }, dims, bound)
            }
            1 if !a.is_empty() && a.len() == b.len() => {
                let axis = c as usize % a.len();
                if (0..a.len()).any(|i| i != axis && a[i] != b[i]) {
                    return None;
                }
                let mut dims = a.clone();
                dims[axis] += b[axis];
                (Step::Concatenate { x, y, axis }, dims, bound)
            }
            2 if a.len() >= 2 && b.len() >= 2 && a[a.len() - 1] == b[b.len() - 2] => {
                let mut dims = broadcast(&a[..a.len() - 2], &b[..b.len() - 2])?;
                dims.extend([a[a.len() - 2], b[b.len() - 1]]);
                (Step::Matmul { x, y }, dims, self.bounds[x] * self.bounds[y] * a[a.len() - 1] as f64)
            }
            3 => {
                let op = Binary::ALL[c as usize % Binary::ALL.len()];
                (Step::Binary(op, x, y), broadcast(a, b)?, op.bound(self.bounds[x], self.bounds[y]))
            }
            _ => return None,
        };
        (found.1.iter().product::<usize>() <= self.limits.elements).then_some(found)
    }

    /// A step of one operand that moves elements, if its shape allows one.
    fn moved(&self, kind: u8, x: usize, b: u16, c: u16) -> Option<(Step, Vec<usize>, f64)> {
        let dims = self.shape(x);
        let n = dims.len();
        let bound = self.bounds[x];
        let axis = if n > 0 { b as usize % n } else { 0 };
        let found = match kind {
            0 if n < 3 => {
                let out = [&[1 + c as usize % 3], &dims[..]].concat();
                (Step::Broadcast { x, dims: out.clone() }, out, bound)
            }
            1 => {
                let size: usize = dims.iter().product();
                let by = [1, 2, 3][c as usize % 3];
                let out = if size.is_multiple_of(by) { vec![by, size / by] } else { vec![size] };
                (Step::Reshape { x, dims: out.clone() }, out, bound)
            }
            2 if n > 1 => {
                let mut order: Vec<usize> = (0..n).collect();
                order.rotate_left(1 + axis % (n - 1));
                if c & 1 == 1 {
                    order.swap(0, n - 1);
                }
                let out = order.iter().map(|&a| dims[a]).collect();
                (Step::Transpose { x, order }, out, bound)
            }
            3 if n > 0 => (Step::Flip { x, axis }, dims.clone(), bound),
            4 if n > 0 && dims[axis] > 1 => {
                let from = c as usize % dims[axis];
                let to = from + 1 + (c as usize >> 4) % (dims[axis] - from);
                let mut out = dims.clone();
                out[axis] = to - from;
                (Step::Slice { x, axis, from, to }, out, bound)
            }
            5 if n > 0 => {
                let (before, after) = (c as usize % 2, 1 + (c as usize >> 1) % 2);
                let mut out = dims.clone();
                out[axis] += before + after;
                (Step::Pad { x, axis, before, after }, out, bound.max(0.5))
            }
            8 if n > 0 => {
                // Some twice, some never.
                let list: Vec<usize> = (0..1 + c as usize % 3).map(|i| (c as usize >> (2 + 2 * i)) % dims[axis]).collect();
                let mut out = dims.clone();
                out[axis] = list.len();
                (Step::Take { x, axis, list }, out, bound)
            }
            6 if n > 0 => (Step::Softmax { x, axis }, dims.clone(), 1.0),
            7 if n > 0 => {
                let (fold, keep) = (Fold::ALL[c as usize % Fold::ALL.len()], c >> 8 & 1 == 1);
                let mut out = dims.clone();
                if keep {
                    out[axis] = 1;
                } else {
                    out.remove(axis);
                }
                (Step::Fold { fold, x, axis, keep }, out, fold.bound(bound, dims[axis]))
            }
            _ => return None,
        };
        (found.1.iter().product::<usize>() <= self.limits.elements).then_some(found)
    }

    fn gene(&mut self, (kind, a, b, c): Gene) {
        let x = self.pick(a);
        let found = match kind % 26 {
            0..6 => None,
            6 => {
                let (factor, term) = ((b % 9) as f64 * 0.25 - 1.0, (c % 5) as f64 * 0.25 - 0.5);
                let bound = self.bounds[x] * factor.abs() + term.abs();
                Some((Step::Affine { x, factor, term }, self.shape(x).clone(), bound))
            }
            k @ 7..14 => self.pair([3, 3, 3, 3, 0, 1, 2][k as usize - 7], x, self.pick(b), c),
            k => self.moved([0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 8, 8][k as usize - 14], x, b, c),
        };
        match found {
            Some((step, dims, bound)) => self.push(step, dims, bound),
            None => self.unary(b, x),
        }
    }
}

impl Program {
    /// The program of these numbers; `shapes` give the inputs' shapes, each up to two axes.
    pub fn decode(shapes: &[(u8, u8)], genes: &[Gene], limits: Limits) -> Program {
        let size = |g: u8| limits.sizes[g as usize % limits.sizes.len()];
        let shape = |&(a, b): &(u8, u8)| match a % 8 {
            0 => vec![],
            1 | 2 => vec![size(b)],
            _ => vec![size(a / 8), size(b)],
        };
        let inputs: Vec<Vec<usize>> = shapes.iter().map(shape).collect();
        let bounds = vec![1.5; inputs.len()];
        let program = Program { shapes: inputs.clone(), inputs, steps: vec![] };
        let open = (0..bounds.len()).collect();
        let mut d = Decoder { program, bounds, open, limits };
        genes.iter().for_each(|&g| d.gene(g));
        if d.program.steps.is_empty() {
            d.unary(0, 0);
        }
        d.program
    }

    /// The result's shape.
    pub fn output(&self) -> &[usize] {
        self.shapes.last().expect("there is a value")
    }

    /// The result, as the library computes it.
    ///
    /// # Errors
    /// The library's.
    pub fn run(&self, x: &[Array]) -> Result<Array> {
        let mut values = x.to_vec();
        for step in &self.steps {
            let v = step.run(&values)?;
            values.push(v);
        }
        Ok(values.pop().expect("there is a value"))
    }
}

/// Ten, twenty, ... along an axis: apart from each other whatever is added that is smaller.
fn ramp(x: &Array, axis: usize, n: usize) -> Result<Array> {
    let mut dims = vec![1i64; x.ndim()];
    dims[axis] = n as i64;
    ops::reshape(&ops::arange(0, 10 * n as i64, 10, x.dtype())?, dims)
}

/// The mask of [`Binary::Select`]: every other element along the last axis.
fn mask(dims: &[usize]) -> Result<Array> {
    let n = dims.last().copied().unwrap_or(1);
    let line = ops::equal(&ops::remainder(&Array::arange(0, n as i64, 1, Dtype::I32), 2)?, 0)?;
    ops::broadcast_to(&if dims.is_empty() { ops::reshape(&line, [])? } else { line }, dims)
}

impl Step {
    fn run(&self, v: &[Array]) -> Result<Array> {
        match *self {
            Step::Unary(op, x) => op.run(&v[x]),
            Step::Binary(op, x, y) => op.run(&v[x], &v[y]),
            Step::Affine { x, factor, term } => ops::add(&ops::multiply(&v[x], factor)?, term),
            Step::Fold { fold, x, axis, keep } => fold.run(&v[x], axis, keep),
            Step::Softmax { x, axis } => ops::softmax(&v[x], axis as i64),
            Step::Broadcast { x, ref dims } => ops::broadcast_to(&v[x], dims.clone()),
            Step::Reshape { x, ref dims } => ops::reshape(&v[x], dims.iter().map(|&d| d as i64).collect::<Vec<_>>()),
            Step::Transpose { x, ref order } => ops::transpose(&v[x], order.iter().map(|&a| a as i64).collect::<Vec<_>>()),
            Step::Flip { x, axis } => ops::flip(&v[x], axis as i64),
            Step::Slice { x, axis, from, to } => Ok(ops::split_at(&v[x], &[from, to], axis as i64)?[1].clone()),
            Step::Concatenate { x, y, axis } => ops::concatenate(&[&v[x], &v[y]], axis as i64),
            Step::Stack { x, y, axis } => ops::stack(&[&v[x], &v[y]], axis as i64),
            Step::Pad { x, axis, before, after } => {
                let mut widths = vec![(0, 0); v[x].ndim()];
                widths[axis] = (before, after);
                ops::pad(&v[x], &widths, 0.5)
            }
            Step::Matmul { x, y } => ops::matmul(&v[x], &v[y]),
            Step::Take { x, axis, ref list } => {
                let list: Vec<i32> = list.iter().map(|&i| i as i32).collect();
                ops::take(&v[x], &Array::from_slice(&list, list.len())?, axis as i64)
            }
        }
    }
}

impl Unary {
    fn run(self, x: &Array) -> Result<Array> {
        let squared = |term: f64| ops::add(&ops::square(x)?, term);
        let scaled = |by: f64| ops::multiply(x, by);
        match self {
            Unary::Sin => ops::sin(x),
            Unary::Cos => ops::cos(x),
            Unary::Tanh => ops::tanh(x),
            Unary::Sigmoid => ops::sigmoid(x),
            Unary::Erf => ops::erf(x),
            Unary::Arctan => ops::arctan(x),
            Unary::Arcsinh => ops::arcsinh(x),
            Unary::Negative => ops::negative(x),
            Unary::Square => ops::multiply(&ops::square(x)?, 0.5),
            Unary::Exp => ops::exp(&scaled(0.25)?),
            Unary::Expm1 => ops::expm1(&scaled(0.25)?),
            Unary::Log => ops::log(&squared(1.5)?),
            Unary::Log1p => ops::log1p(&ops::square(x)?),
            Unary::Sqrt => ops::sqrt(&squared(0.5)?),
            Unary::Rsqrt => ops::rsqrt(&squared(1.0)?),
            Unary::Reciprocal => ops::reciprocal(&squared(1.0)?),
            Unary::Abs => ops::multiply(&ops::abs(&ops::subtract(x, 6.0)?)?, 0.25),
            Unary::Sinh => ops::sinh(&scaled(0.5)?),
            Unary::Cosh => ops::cosh(&scaled(0.5)?),
            Unary::Arcsin => ops::arcsin(&scaled(0.2)?),
            Unary::Arctanh => ops::arctanh(&scaled(0.2)?),
        }
    }
}

impl Binary {
    fn run(self, x: &Array, y: &Array) -> Result<Array> {
        let above = |x: &Array| ops::add(&ops::square(x)?, 1.0);
        match self {
            Binary::Add => ops::add(x, y),
            Binary::Subtract => ops::subtract(x, y),
            Binary::Multiply => ops::multiply(x, y),
            Binary::Divide => ops::divide(x, &above(y)?),
            Binary::Maximum => ops::subtract(&ops::maximum(x, &ops::add(y, 10.0)?)?, 10.0),
            Binary::Minimum => ops::minimum(x, &ops::add(y, 10.0)?),
            Binary::Arctan2 => ops::arctan2(x, &above(y)?),
            Binary::Logaddexp => ops::logaddexp(x, y),
            Binary::Power => ops::power(&ops::add(&ops::square(x)?, 0.5)?, &ops::multiply(y, 0.25)?),
            Binary::Select => {
                let dims = broadcast(x.shape(), y.shape()).expect("decoded so");
                ops::try_select(&mask(&dims)?, x, y)
            }
        }
    }
}

impl Fold {
    fn run(self, x: &Array, axis: usize, keep: bool) -> Result<Array> {
        let n = x.shape()[axis];
        let axes = if keep { ops::keep(axis as i64) } else { (axis as i64).into() };
        match self {
            Fold::Sum => ops::sum(x, axes),
            Fold::Mean => ops::mean(x, axes),
            // A ramp of ten a place keeps the extremum away from ties.
            Fold::Max => ops::subtract(&ops::max(&ops::add(x, &ramp(x, axis, n)?)?, axes)?, (10 * (n - 1)) as f64),
            Fold::Min => ops::min(&ops::add(x, &ramp(x, axis, n)?)?, axes),
            Fold::Prod => ops::prod(&ops::add(&ops::multiply(x, 0.25)?, 1.0)?, axes),
            Fold::Logsumexp => ops::logsumexp(x, axes),
            Fold::Var => ops::var(x, axes, 0),
        }
    }
}
