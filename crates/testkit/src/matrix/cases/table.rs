//! The rows of the elementwise table: everything comes from the row and its meaning.

use crate::matrix::{Case, Family, Input, Slope, data, mask};
use crate::tensor::{Tensor, re, truth};
use lazulite::{Array, Dtype, Op, Result, Scalar, ops};
use lazulite_base::dtype::Category;
use lazulite_base::elementwise_table;
use lazulite_base::meaning::meaning;
use lazulite_base::table::{Accepts, Gives};

macro_rules! calls {
    ($(($variant:ident, $name:ident, $arity:tt, $accepts:ident, $gives:ident, $smooth:ident, $gpu:literal, $domain:expr, $ulp:literal, $doc:literal))*) => {
        /// The public function of a row.
        fn call(op: Op, x: &[Array]) -> Result<Array> {
            match op { $(Op::$variant => calls!(@call $arity, $name, x)),* }
        }
    };
    (@call 1, $name:ident, $x:ident) => { ops::$name(&$x[0]) };
    (@call 2, $name:ident, $x:ident) => { ops::$name(&$x[0], &$x[1]) };
    (@call 3, $name:ident, $x:ident) => { ops::try_select(&$x[0], &$x[1], &$x[2]) };
}

elementwise_table!(calls);

/// The row's meaning, on tensors that broadcast.
fn reference(op: Op, x: &[Tensor]) -> Tensor {
    let d = op.operand_dtype(x[x.len() - 1].dtype).expect("a dtype that the row takes");
    let out = op.result_dtype(d);
    let dims = x.iter().fold(vec![], |dims, t| super::views::broadcast_dims(&dims, &t.dims));
    let m = meaning(op);
    Tensor::from_fn(&dims, out, |at| {
        let operand = |t: &Tensor| if d == Dtype::Bool { truth(t.spread(at) != re(0.0)) } else { t.spread(at) };
        let v = [0, 1, 2].map(|i| x.get(i).map_or(re(0.0), operand));
        match d.category() {
            Category::Float => re((m.real)(v.map(|v| v.re))),
            Category::Complex => (m.complex)(v),
            _ => {
                let wide = (m.integer)(v.map(|v| v.re as i128), d);
                let value =
                    if out == Dtype::Bool { (wide != 0) as i128 } else { Scalar::from_bits(Dtype::I64, wide as u64).cast(out).as_i128() };
                re(value as f64)
            }
        }
    })
}

fn case(op: Op) -> Case {
    let info = op.info();
    let (low, high) = info.domain;
    let of = |dims: &[usize]| -> Vec<Input> {
        match info.arity {
            3 => vec![mask(dims), data(dims, low, high), data(dims, low, high)],
            n => vec![data(dims, low, high); n],
        }
    };
    type Which = fn(Dtype) -> bool;
    let (takes, refuses): (Which, Which) = match info.accepts {
        Accepts::Any | Accepts::Inexact | Accepts::Logical => (|_| true, |_| false),
        Accepts::Real | Accepts::Float => (|d| d != Dtype::C64, |d| d == Dtype::C64),
        Accepts::Bits => (|d| !d.is_inexact(), Dtype::is_inexact),
        Accepts::Integer => (|d| !d.is_inexact(), Dtype::is_inexact),
        Accepts::Number => (|d| d != Dtype::Bool, |d| d == Dtype::Bool),
    };
    let accepts = info.accepts;
    let gives = move |d: Dtype| {
        let d = match accepts {
            Accepts::Inexact | Accepts::Float => d.to_inexact(),
            Accepts::Integer if d == Dtype::Bool => Dtype::U8,
            _ => d,
        };
        match info.gives {
            Gives::Same => d,
            Gives::Bool => Dtype::Bool,
            Gives::RealPart => d.real(),
        }
    };
    let mut case = Case::new(info.name, Family::Elementwise, of(&[3, 4]), move |x| call(op, x), move |x| reference(op, x))
        .other(of(&[5, 2]))
        .more(of(&[]))
        .more(of(&[0]))
        .more(of(&[2, 0, 3]))
        .more(of(&[1000]))
        .takes(takes)
        .refuses(refuses)
        .gives(gives)
        .within(info.ulp, 0.0);
    if info.gives == Gives::Bool {
        case = case.slope(Slope::None("integer or boolean output"));
    }
    if info.arity == 1 {
        return case;
    }
    let d = case.plain_dtype();
    let operand = |i: usize, dims: &[usize]| Input { dims: dims.to_vec(), ..of(&[])[i].clone() };
    let shapes: [&[usize]; 3] = [&[2, 1, 4], &[3, 1], &[4]];
    let spread: Vec<Input> = (0..info.arity).map(|i| operand(i, shapes[i])).collect();
    let zero_d: Vec<Input> = (0..info.arity).map(|i| operand(i, if i == 0 { &[3, 4] } else { &[] })).collect();
    case.more(spread).more(zero_d).bad(&["[2, 3]", "[4]"], move || {
        let mut x = vec![Array::ones([2, 3], d); info.arity];
        x[info.arity - 1] = Array::ones([4], d);
        call(op, &x)
    })
}

/// A row with operands that broadcast, so that batches and gradients meet them too.
fn broadcasting(op: Op) -> Case {
    let base = case(op);
    let with = |dims: [&[usize]; 3]| base.inputs.iter().zip(dims).map(|(i, d)| Input { dims: d.to_vec(), ..i.clone() }).collect::<Vec<_>>();
    let (inputs, other) = (with([&[2, 1], &[3], &[]]), with([&[4, 1], &[5], &[]]));
    Case { form: "broadcast".into(), inputs, other, more: vec![], bad: vec![], ..base }
}

/// A declaration for each row, and for rows of several operands one where they broadcast.
pub fn cases() -> Vec<Case> {
    Op::ALL.iter().flat_map(|&op| std::iter::once(case(op)).chain((op.info().arity > 1).then(|| broadcasting(op)))).collect()
}
