//! The index of the smallest or largest element along an axis: the kernel of `kernels/arg_reduce.cu`.

use super::{THREADS, coordinates, launch, offset};
use crate::launch::{Plan, Word, Words};
use crate::tape::text::{memory, register};
use lazulite_base::Dtype;
use lazulite_base::shape::{Dims, Strides, coalesce, size};
use lazulite_base::tape::ReduceOp;
use lazulite_base::work::View;

/// The best of each row along `axis`.
pub fn plan(x: &View, axis: usize, op: ReduceOp) -> Option<Plan> {
    let order = match op {
        ReduceOp::Max => ">",
        ReduceOp::Min => "<",
        _ => return None,
    };
    let keep = |a: &usize| *a != axis;
    let dims: Dims = (0..x.dims.len()).filter(keep).map(|a| x.dims[a]).collect();
    let strides: Strides = (0..x.dims.len()).filter(keep).map(|a| x.strides[a]).collect();
    let rows = size(&dims);
    if rows == 0 || x.dims[axis] == 0 {
        return Some(Plan::default());
    }
    if rows >= 1 << 31 {
        return None;
    }
    let (dims, steps) = coalesce(&dims, &[&strides]);
    let values = [x.dims[axis], x.strides[axis] as usize].map(|v| Word::Value(v as u64));
    let mut w = Words([&[Word::Input(0), Word::Output(0)][..], &values].concat());
    let row = coordinates(&mut w, "t", "row", &dims);
    let base = offset(&mut w, "t", &steps[0]);
    let nan = match x.dtype {
        Dtype::C64 => "x.re != x.re || x.im != x.im",
        d if d.is_float() => "get(x) != get(x)",
        _ => "false",
    };
    let blanks = [
        ("NAN_TEST", nan.to_string()),
        ("ORDER", order.into()),
        ("ROW", row),
        ("BASE", base),
        ("MEMORY", memory(x.dtype).into()),
        ("REGISTER", register(x.dtype).into()),
    ];
    let mut launch = launch(include_str!("../kernels/arg_reduce.cu"), &blanks, w, rows * THREADS as usize);
    launch.source.complex = x.dtype == Dtype::C64;
    Some(Plan::one(launch))
}
