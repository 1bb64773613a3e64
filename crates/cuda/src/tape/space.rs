//! The iteration space of a tape with neighbouring axes merged, and every operand's steps over it.

use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce};
use lazulite_base::tape::{Inst, Tape};

/// What walks the space: an input, an output, or an index along an axis, which is an operand whose offset is its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// Input `.0`.
    Input(usize),
    /// Output `.0`.
    Output(usize),
    /// The index along axis `.0` of the tape's space.
    Index(usize),
}

/// An operand and its steps, in elements, over outer and inner axes.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Whose steps these are.
    pub who: Who,
    /// Of the elements.
    pub dtype: Dtype,
    /// Over the outer axes.
    pub outer: Strides,
    /// Over the row's axes.
    pub inner: Strides,
}

/// A space with merged axes.
#[derive(Clone, Debug)]
pub struct Space {
    /// Sizes of the outer axes.
    pub outer: Dims,
    /// Sizes of the row's axes.
    pub inner: Dims,
    /// Inputs, outputs and indices.
    pub operands: Vec<Operand>,
}

impl Space {
    /// The space of a tape.
    pub fn new(tape: &Tape) -> Space {
        let mut whos: Vec<(Who, Dtype, Strides)> = Vec::new();
        whos.extend(tape.inputs.iter().enumerate().map(|(k, m)| (Who::Input(k), m.dtype, m.strides.clone())));
        whos.extend(tape.outputs.iter().enumerate().map(|(k, (_, m))| (Who::Output(k), m.dtype, m.strides.clone())));
        let mut axes: Vec<usize> =
            tape.code.iter().filter_map(|i| if let Inst::Index(a) = i.inst { Some(a as usize) } else { None }).collect();
        axes.sort_unstable();
        axes.dedup();
        for a in axes {
            let steps = (0..tape.dims.len()).map(|k| (k == a) as isize).collect();
            whos.push((Who::Index(a), Dtype::I64, steps));
        }
        let cut = tape.outer();
        let merge = |dims: &[usize], range: std::ops::Range<usize>| {
            let parts: Vec<&[isize]> = whos.iter().map(|w| &w.2[range.clone()]).collect();
            coalesce(dims, &parts)
        };
        let (outer, outer_steps) = merge(&tape.dims[..cut], 0..cut);
        let (inner, inner_steps) = merge(&tape.dims[cut..], cut..tape.dims.len());
        let operands = whos
            .iter()
            .zip(outer_steps.into_iter().zip(inner_steps))
            .map(|((who, dtype, _), (outer, inner))| Operand { who: *who, dtype: *dtype, outer, inner })
            .collect();
        Space { outer, inner, operands }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.outer.iter().product()
    }

    /// Elements of a row.
    pub fn row(&self) -> usize {
        self.inner.iter().product()
    }

    /// Whether every index and offset fits 31 bits.
    pub fn narrow(&self) -> bool {
        let reach = |o: &Operand| -> usize {
            let outer: usize = self.outer.iter().zip(&o.outer).map(|(&d, &s)| d * s.unsigned_abs()).sum();
            let inner: usize = self.inner.iter().zip(&o.inner).map(|(&d, &s)| d * s.unsigned_abs()).sum();
            outer + inner
        };
        let most = self.operands.iter().map(reach).max().unwrap_or(0).max(self.rows().saturating_mul(self.row()));
        most < 1 << 31
    }
}
