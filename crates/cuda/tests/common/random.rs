//! Random numbers that repeat from run to run, and random tapes: any operation on any real dtype, inputs dense, turned, strided, reversed or
//! broadcast, scalars, indices, reductions in both orders, several outputs.

use super::Draft;
use lazulite_base::shape::{Strides, contiguous};
use lazulite_base::tape::{Order, ReduceOp, Reg, Tape, Varies};
use lazulite_base::{Dtype, Op, Scalar};

/// Numbers that repeat from run to run.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 >> 33
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A number of the dtype: small for integers, in (0.2, 1.8) for floats.
    pub fn value(&mut self, d: Dtype) -> Scalar {
        let v = self.next();
        match d {
            Dtype::Bool => Scalar::from_bits(d, v & 1),
            d if d.is_inexact() => {
                let (re, im) = (0.2 + (v % 1000) as f64 * 0.0016, 0.1 + (v / 1000 % 1000) as f64 * 0.001);
                if d == Dtype::C64 {
                    Scalar::from_bits(d, (re as f32).to_bits() as u64 | ((im as f32).to_bits() as u64) << 32)
                } else {
                    Scalar::new(re, d)
                }
            }
            d => Scalar::new((v % 7) as f64, d),
        }
    }

    /// Any value: of either sign, infinite, no number, often equal to another.
    pub fn any(&mut self, d: Dtype) -> Scalar {
        let v = self.next();
        let part = |v: u64| match v % 16 {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::NEG_INFINITY,
            3 => 0.0,
            4 => -0.0,
            5 => ((v >> 4) % 5) as f32 - 2.0,
            _ => ((v >> 4) as f32 - 60_000_000.0) * 1e-5,
        };
        match d {
            Dtype::C64 => Scalar::from_bits(d, part(v).to_bits() as u64 | (part(self.next()).to_bits() as u64) << 32),
            d if d.is_float() => Scalar::new(part(v) as f64, d),
            Dtype::Bool => Scalar::from_bits(d, v & 1),
            // All bits, in half of the cases few.
            d => {
                Scalar::from_bits(d, (if v & 1 == 0 { v % 9 } else { v << 33 ^ self.next() << 8 ^ v }) & (u64::MAX >> (64 - 8 * d.size())))
            }
        }
    }
}

/// Strides that visit every element once: the axes in a random order, sometimes with room between elements or from the end.
fn dense(dice: &mut Dice, dims: &[usize]) -> Strides {
    let mut order: Vec<usize> = (0..dims.len()).collect();
    if dice.below(2) == 0 {
        (1..order.len()).for_each(|i| order.swap(i, dice.below(i + 1)));
    }
    let turned: Vec<usize> = order.iter().map(|&a| dims[a]).collect();
    let room = dice.pick(&[1, 1, 1, 2, 3]);
    let mut strides: Strides = dims.iter().map(|_| 0).collect();
    order.iter().zip(contiguous(&turned)).for_each(|(&a, s)| strides[a] = s * room * dice.pick(&[1, 1, 1, -1]));
    strides
}

/// The value as one of dtype `d`.
fn cast(t: &mut Draft, r: Reg, d: Dtype) -> Reg {
    if t.0.code[r as usize].dtype == d { r } else { t.cast(r, d) }
}

/// A tape of these dtypes over a space of about `size` elements at most; with rows if there is an order.
pub fn tape(dice: &mut Dice, dtypes: &[Dtype], order: Option<Order>, size: usize) -> Tape {
    let mut dims = vec![1 + dice.below(40)];
    while dims.len() < 5 && dice.below(3) > 0 {
        dims.insert(dice.below(dims.len() + 1), dice.pick(&[1, 2, 3, 5, 8, 33, 70]));
    }
    while dims.iter().product::<usize>() > size {
        let longest = (0..dims.len()).max_by_key(|&a| dims[a]).expect("an axis");
        dims[longest] = dims[longest].div_ceil(2);
    }
    let inner = order.map_or(0, |_| 1 + dice.below(dims.len()));
    let mut t = Draft::new(&dims, inner, order.unwrap_or(Order::Blocks));
    let outer = dims.len() - inner;
    let mut values: Vec<Reg> = Vec::new();
    for _ in 0..1 + dice.below(4) {
        let mut strides = dense(dice, &dims);
        for s in strides.iter_mut().filter(|_| dice.below(6) == 0) {
            *s = 0;
        }
        if order.is_some() && dice.below(5) == 0 {
            strides[outer..].fill(0);
        }
        values.push(t.load(dice.pick(dtypes), &strides));
    }
    if order.is_some() {
        values.push(t.load(dice.pick(dtypes), &contiguous(&dims)));
    }
    if dice.below(2) == 0 {
        values.push(t.param(dice.pick(dtypes)));
    }
    if dice.below(3) == 0 {
        values.push(t.index(dice.below(dims.len()) as u32, dice.pick(dtypes)));
    }
    let mut reductions = order.map_or(0, |_| 1 + dice.below(3));
    for _ in 0..2 + dice.below(12) {
        let recent = |dice: &mut Dice, values: &[Reg]| values[values.len() - 1 - dice.below(values.len().min(6))];
        if reductions > 0 && dice.below(3) == 0 {
            let elements: Vec<Reg> = values.iter().copied().filter(|&v| t.0.code[v as usize].varies == Varies::Element).collect();
            let r = recent(dice, &elements);
            let d = t.0.code[r as usize].dtype;
            let (d, op) = match d {
                Dtype::Bool => (d, dice.pick(&[ReduceOp::All, ReduceOp::Any])),
                d => (
                    if d.is_half() { Dtype::F32 } else { d },
                    dice.pick(&[ReduceOp::Sum, ReduceOp::Sum, ReduceOp::Max, ReduceOp::Min, ReduceOp::Prod]),
                ),
            };
            let x = cast(&mut t, r, d);
            values.push(t.reduce(op, x));
            reductions -= 1;
            continue;
        }
        let (op, d) = (dice.pick(Op::ALL), dice.pick(dtypes));
        if op.operand_dtype(d) != Some(d) {
            let r = recent(dice, &values);
            values.push(cast(&mut t, r, d));
            continue;
        }
        let args: Vec<Reg> = (0..op.info().arity)
            .map(|k| {
                let r = recent(dice, &values);
                cast(&mut t, r, if op == Op::Select && k == 0 { Dtype::Bool } else { d })
            })
            .collect();
        values.push(t.apply(op, &args));
    }
    let mut outputs: Vec<Reg> = (0..dice.below(3)).map(|_| values[dice.below(values.len())]).collect();
    outputs.push(values[values.len() - 1]);
    let first = if order.is_some() { Varies::Outer } else { Varies::Not };
    outputs.retain(|&r| t.0.code[r as usize].varies >= first);
    outputs.sort_unstable();
    outputs.dedup();
    if outputs.is_empty() {
        outputs.push(values[0]);
    }
    for r in outputs {
        if order.is_some() && t.0.code[r as usize].varies == Varies::Outer {
            let mut strides = contiguous(&dims[..outer]);
            strides.extend(std::iter::repeat_n(0, inner));
            t.store(r, &strides);
        } else {
            let strides = dense(dice, &dims);
            t.store(r, &strides);
        }
    }
    t.done()
}
