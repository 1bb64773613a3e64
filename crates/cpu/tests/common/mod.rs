//! Random operands of any layout, and launching kernels on them.
#![allow(dead_code)]

use lazulite_base::backend::{Args, Backend};
use lazulite_base::shape::{Dims, Strides, contiguous, size};
use lazulite_base::work::{View, Work};
use lazulite_base::{Dtype, Result, Scalar};
use lazulite_cpu::{Cpu, threads};
use std::sync::{Mutex, MutexGuard};

/// Held by tests that set the thread count.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|e| e.into_inner())
}

/// A small random generator (splitmix64).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn dims(&mut self, rank: usize, most: usize) -> Dims {
        (0..rank).map(|_| if self.below(12) == 0 { self.below(2) } else { 1 + self.below(most) }).collect()
    }
}

/// An array in memory.
#[derive(Clone)]
pub struct Operand {
    pub view: View,
    memory: Vec<u64>,
    /// Bytes from the start of the memory to the first element.
    origin: usize,
}

impl Operand {
    /// Row-major, of zeros.
    pub fn zeros(dtype: Dtype, dims: &[usize]) -> Operand {
        let view = View { dtype, dims: dims.into(), strides: contiguous(dims) };
        Operand { view, memory: vec![0; (size(dims) * dtype.size()).div_ceil(8) + 1], origin: 0 }
    }

    /// Of a random layout: axes permuted, flipped, spread apart and, with `broadcast`, repeated; of zeros.
    pub fn scattered(rng: &mut Rng, dtype: Dtype, dims: &[usize], broadcast: bool) -> Operand {
        let mut order: Vec<usize> = (0..dims.len()).collect();
        if rng.below(3) == 0 {
            (0..dims.len()).for_each(|i| order.swap(i, rng.below(dims.len())));
        }
        let mut strides: Strides = dims.iter().map(|_| 0).collect();
        let (mut step, mut origin) = (1 + (rng.below(4) == 0) as isize, 0);
        for &axis in order.iter().rev() {
            if broadcast && rng.below(5) == 0 {
                continue;
            }
            strides[axis] = step;
            if rng.below(5) == 0 {
                origin += step * (dims[axis].max(1) - 1) as isize;
                strides[axis] = -step;
            }
            step *= (dims[axis].max(1) + (rng.below(4) == 0) as usize) as isize;
        }
        let memory = vec![0; (step as usize * dtype.size()).div_ceil(8) + 1];
        Operand { view: View { dtype, dims: dims.into(), strides }, memory, origin: origin as usize * dtype.size() }
    }

    /// Row-major, of these values, cast.
    pub fn of(dtype: Dtype, dims: &[usize], values: impl IntoIterator<Item = f64>) -> Operand {
        let mut new = Operand::zeros(dtype, dims);
        values.into_iter().enumerate().for_each(|(i, v)| new.set(i, Scalar::new(v, dtype)));
        new
    }

    /// The same with every element drawn anew.
    pub fn fill(mut self, mut draw: impl FnMut() -> Scalar) -> Operand {
        (0..self.len()).for_each(|i| self.set(i, draw()));
        self
    }

    pub fn len(&self) -> usize {
        size(&self.view.dims)
    }

    /// Byte offset of the element at a row-major position.
    fn at(&self, mut position: usize) -> usize {
        let mut offset = 0;
        for (&d, &s) in self.view.dims.iter().zip(&self.view.strides).rev() {
            offset += (position % d) as isize * s;
            position /= d;
        }
        (self.origin as isize + offset * self.view.dtype.size() as isize) as usize
    }

    pub fn get(&self, position: usize) -> Scalar {
        let (at, n) = (self.at(position), self.view.dtype.size());
        let mut word = [0; 8];
        (0..n).for_each(|k| word[k] = self.memory[(at + k) / 8].to_le_bytes()[(at + k) % 8]);
        Scalar::from_bits(self.view.dtype, u64::from_le_bytes(word))
    }

    /// Every element, in row-major order.
    pub fn values(&self) -> Vec<Scalar> {
        let bytes: Vec<u8> = self.memory.iter().flat_map(|w| w.to_le_bytes()).collect();
        let n = self.view.dtype.size();
        let value = |i| {
            let mut word = [0; 8];
            word[..n].copy_from_slice(&bytes[self.at(i)..][..n]);
            Scalar::from_bits(self.view.dtype, u64::from_le_bytes(word))
        };
        (0..self.len()).map(value).collect()
    }

    pub fn set(&mut self, position: usize, value: Scalar) {
        let (at, n) = (self.at(position), self.view.dtype.size());
        for (k, byte) in value.bits().to_le_bytes()[..n].iter().enumerate() {
            let (word, shift) = ((at + k) / 8, (at + k) % 8 * 8);
            self.memory[word] = self.memory[word] & !(0xff << shift) | (*byte as u64) << shift;
        }
    }

    pub fn address(&self) -> usize {
        self.memory.as_ptr() as usize + self.origin
    }
}

/// Runs a step.
pub fn try_run(work: &Work, inputs: &[&Operand], outs: &mut [Operand]) -> Result<()> {
    let kernel = Cpu.compile(0, work).expect("it compiles").unwrap_or_else(|| panic!("no kernel for {work:?}"));
    let inputs: Vec<usize> = inputs.iter().map(|o| o.address()).collect();
    let outputs: Vec<usize> = outs.iter_mut().map(|o| o.memory.as_mut_ptr() as usize + o.origin).collect();
    let scratch = vec![0u128; kernel.scratch().div_ceil(16) + 1];
    // SAFETY: the operands' layouts are the work's.
    unsafe { kernel.launch(Args { inputs: &inputs, outputs: &outputs, scratch: scratch.as_ptr() as usize, ..Args::default() }) }
}

/// Runs a step from the same start values with one thread, with three that split whatever can be split, and as it comes; all must give
/// the same bits.
pub fn run_many(work: &Work, inputs: &[&Operand], starts: &[Operand]) -> Vec<Operand> {
    let outputs = [(1, 5000), (3, 0), (2, 5000)].map(|(count, grain)| {
        threads::set_count(count);
        threads::set_grain(grain);
        let mut outs = starts.to_vec();
        try_run(work, inputs, &mut outs).unwrap();
        outs
    });
    let same = |a: &[Operand]| a.iter().zip(&outputs[0]).all(|(a, b)| a.memory == b.memory);
    assert!(outputs[1..].iter().all(|o| same(o)), "threads change the bits of {work:?}");
    let [outs, ..] = outputs;
    outs
}

/// The same for a step with one output.
pub fn run(work: &Work, inputs: &[&Operand], start: &Operand) -> Operand {
    run_many(work, inputs, std::slice::from_ref(start)).swap_remove(0)
}

/// The coordinates of a row-major position.
pub fn coordinates(mut position: usize, dims: &[usize]) -> Vec<usize> {
    let mut at = vec![0; dims.len()];
    for (c, &d) in at.iter_mut().zip(dims).rev() {
        *c = position % d;
        position /= d;
    }
    at
}

/// The row-major position of coordinates.
pub fn position(at: &[usize], dims: &[usize]) -> usize {
    at.iter().zip(dims).fold(0, |p, (&c, &d)| p * d + c)
}
