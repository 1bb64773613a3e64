//! Elementwise operations: the functions and methods of the table's rows, and what is composed of them.

use crate::Array;
use crate::graph::array::node;
use crate::graph::node::{Aval, Operand, Operands};
use crate::ops::{IntoOperand, Rhs, op, view};
use crate::primitive::{Prim, Val};
use lazulite_base::dtype::{promote, promote_weak};
use lazulite_base::error::{Error, Result};
use lazulite_base::table::Accepts;
use lazulite_base::{Dims, Dtype, Op, Scalar, elementwise_table, shape};
use smallvec::{SmallVec, smallvec};

/// Shape and dtype of an elementwise node whose operands agree already.
pub(crate) fn infer(op: Op, inputs: &[Aval]) -> Result<Aval> {
    let last = &inputs[inputs.len() - 1];
    let shape = inputs.iter().max_by_key(|a| a.shape.len()).map_or_else(Dims::new, |a| a.shape.clone());
    // Scalars have no axes; every array has the result's shape.
    if inputs.iter().any(|a| !a.shape.is_empty() && a.shape != shape) {
        let shapes: Vec<_> = inputs.iter().map(|a| &a.shape[..]).collect();
        return Err(Error::value(op.name(), format!("shapes {shapes:?} differ")));
    }
    let dtype = inputs.iter().skip((op == Op::Select) as usize).find(|a| !a.weak).unwrap_or(last).dtype;
    Ok(Aval { shape, dtype: op.result_dtype(dtype), weak: inputs.iter().all(|a| a.weak) })
}

/// A node of operands that agree already in dtype and shape (scalars aside).
#[track_caller]
pub(crate) fn raw(op: Op, operands: Operands, shape: Dims, dtype: Dtype, weak: bool) -> Array {
    node(Prim::Elementwise(op), operands, Aval { shape, dtype: op.result_dtype(dtype), weak })
}

/// Applies a unary row.
#[track_caller]
pub(crate) fn unary(op: Op, x: &Array) -> Result<Array> {
    let a = x.aval();
    let Some(d) = op.operand_dtype(a.dtype) else { return Err(crate::ops::refuse_dtype(op.name(), a.dtype)) };
    let weak = a.weak && d == a.dtype;
    if d == a.dtype {
        return Ok(raw(op, smallvec![Operand::Edge(x.edge())], a.shape.clone(), d, weak));
    }
    let x = crate::ops::astype(x, d)?;
    Ok(raw(op, smallvec![Operand::Edge(x.edge())], x.aval().shape.clone(), d, false))
}

/// The dtype in which operands meet: arrays promote, literals and weak arrays give way.
fn common(operands: &[&Rhs]) -> Dtype {
    let mut strong: Option<Dtype> = None;
    let mut weak: Option<Dtype> = None;
    for o in operands {
        let (d, is_weak) = match o {
            Rhs::Array(a) => (a.dtype(), a.aval().weak),
            Rhs::Literal(s) => (default_of(*s), true),
        };
        let slot = if is_weak { &mut weak } else { &mut strong };
        *slot = Some(slot.map_or(d, |s| promote(s, d)));
    }
    match (strong, weak) {
        (Some(s), Some(w)) => promote_weak(s, w),
        (Some(d), None) | (None, Some(d)) => d,
        (None, None) => Dtype::F32,
    }
}

/// The dtype that a literal has by itself: `int32` (`int64` if it does not fit), `float32`, `bool`, `complex64`.
fn default_of(s: Scalar) -> Dtype {
    match s.dtype() {
        d if d.is_integer() => {
            if s.cast(Dtype::I32).as_i128() == s.as_i128() {
                Dtype::I32
            } else {
                Dtype::I64
            }
        }
        d if d.is_float() => Dtype::F32,
        d => d,
    }
}

/// Applies a row of two or three operands: promotes, broadcasts, and keeps literals inline. (`select`'s condition is passed first.)
#[track_caller]
pub(crate) fn apply(op: Op, condition: Option<&Array>, operands: &[Rhs]) -> Result<Array> {
    let met = common(&operands.iter().collect::<SmallVec<[&Rhs; 3]>>());
    let Some(d) = op.operand_dtype(met) else { return Err(crate::ops::refuse_dtype(op.name(), met)) };
    let arrays: SmallVec<[&Array; 3]> =
        condition.into_iter().chain(operands.iter().filter_map(|o| if let Rhs::Array(a) = o { Some(a) } else { None })).collect();
    let mut dims: Dims = Dims::new();
    let mut same = true;
    for (i, a) in arrays.iter().enumerate() {
        if i == 0 {
            dims = a.aval().shape.clone();
        } else if a.dims() != &dims[..] {
            same = false;
            match shape::broadcast(&dims, a.dims()) {
                Some(joined) => dims = joined,
                None => return Err(Error::value(op.name(), format!("cannot broadcast {}", crate::ops::describe(&arrays)))),
            }
        }
    }
    let meet = |a: &Array| -> Result<Operand> {
        if same {
            return Ok(Operand::Edge(a.edge()));
        }
        let others: SmallVec<[&Array; 3]> = arrays.iter().copied().collect();
        Ok(Operand::Edge(view::broadcast_with(a, &dims, &others)?.edge()))
    };
    let mut list = Operands::new();
    if let Some(c) = condition {
        list.push(meet(&crate::ops::astype(c, Dtype::Bool)?)?);
    }
    for o in operands {
        list.push(match o {
            Rhs::Array(a) if a.dtype() == d => meet(a)?,
            Rhs::Array(a) => meet(&crate::ops::astype(a, d)?)?,
            Rhs::Literal(s) if op.info().accepts == Accepts::Logical => Operand::Scalar(s.cast(Dtype::Bool)),
            Rhs::Literal(s) => Operand::Scalar(crate::ops::create::fits(op.name(), *s, d)?),
        });
    }
    let weak = d == met
        && operands.iter().all(|o| match o {
            Rhs::Array(a) => a.aval().weak,
            Rhs::Literal(_) => true,
        });
    Ok(raw(op, list, dims, d, weak))
}

/// `x op y`, for callers that hold references. The frequent cases, operands that agree already and literals that fit, go straight to
/// the node.
#[track_caller]
pub(crate) fn binary(op: Op, x: &Array, y: Rhs) -> Result<Array> {
    let a = x.aval();
    if op.operand_dtype(a.dtype) == Some(a.dtype) && !a.weak {
        match &y {
            Rhs::Array(b) if *b.aval() == *a && !(x.tag().shapeless || b.tag().shapeless) => {
                let operands = smallvec![Operand::Edge(x.edge()), Operand::Edge(b.edge())];
                return Ok(raw(op, operands, Dims::from_slice(&a.shape), a.dtype, false));
            }
            Rhs::Literal(s) if a.dtype.is_float() && s.dtype().is_float() => {
                let operands = smallvec![Operand::Edge(x.edge()), Operand::Scalar(s.cast(a.dtype))];
                return Ok(raw(op, operands, Dims::from_slice(&a.shape), a.dtype, false));
            }
            _ => {}
        }
    }
    apply(op, None, &[Rhs::Array(x.clone()), y])
}

/// Applies a row of two operands, each an array or a literal, in either order. Two literals give an array of their own default dtypes.
///
/// # Errors
/// A value error for shapes that do not broadcast or a literal that does not fit, a type error for a dtype it does not take.
///
/// ```
/// use lazulite::{Op, Scalar, prelude::*};
/// use lazulite::ops::{Rhs, binary_op};
/// let one = Rhs::Literal(Scalar::new(1.0, Dtype::F64));
/// let x = Rhs::Array(array![0.25]);
/// assert_eq!(binary_op(Op::Subtract, one, x).unwrap().item::<f32>().unwrap(), 0.75);
/// ```
#[track_caller]
pub fn binary_op(op: Op, x: Rhs, y: Rhs) -> Result<Array> {
    crate::ops::at_caller(match (x, y) {
        (Rhs::Array(x), y) => binary(op, &x, y),
        (Rhs::Literal(a), y @ Rhs::Literal(_)) => binary(op, &Array::scalar(a.cast(default_of(a))), y),
        (x, y) => apply(op, None, &[x, y]),
    })
}

/// Applies a row to values of rules: they agree in dtype and shape, or are scalars.
#[track_caller]
pub(crate) fn on_vals(op: Op, vals: &[&Val]) -> Val {
    let operands: Operands = vals.iter().map(|v| v.operand()).collect();
    let avals: SmallVec<[Aval; 3]> = vals.iter().map(|v| v.aval()).collect();
    if vals.iter().all(|v| matches!(v, Val::Scalar(_))) {
        let args: SmallVec<[Scalar; 3]> = vals.iter().map(|v| if let Val::Scalar(s) = v { *s } else { unreachable!("checked") }).collect();
        return Val::Scalar(lazulite_base::meaning::apply(op, &args));
    }
    match infer(op, &avals) {
        Ok(aval) => Val::Array(node(Prim::Elementwise(op), operands, aval)),
        Err(e) => e.raise(),
    }
}

/// The complex conjugate; a real array is its own.
pub(crate) fn conjugated(x: &Array) -> Result<Array> {
    if x.dtype() == Dtype::C64 { conjugate(x) } else { Ok(x.clone()) }
}

macro_rules! functions {
    ($(($variant:ident, $name:ident, $arity:tt, $accepts:ident, $gives:ident, $smooth:ident, $gpu:literal, $domain:expr, $ulp:literal, $doc:literal))*) => {
        $(functions!(@one $arity, $variant, $name, $doc);)*
    };
    (@one 1, $variant:ident, $name:ident, $doc:literal) => {
        op! {
            #[doc = $doc]
            ///
            /// # Errors
            /// A type error for a dtype it does not take.
            ///
            /// ```
            /// use lazulite::prelude::*;
            #[doc = concat!("let y = array![1, 0].", stringify!($name), "();")]
            /// assert_eq!(y.shape(), [2]);
            /// ```
            pub fn $name(x) -> Array {
                unary(Op::$variant, x)
            }
        }
    };
    (@one 2, $variant:ident, $name:ident, $doc:literal) => {
        op! {
            #[doc = $doc]
            ///
            /// Operands promote and broadcast; a literal takes the array's dtype.
            ///
            /// # Errors
            /// A value error for shapes that do not broadcast, a type error for a dtype it does not take.
            ///
            /// ```
            /// use lazulite::prelude::*;
            #[doc = concat!("let z = array![6, 3].", stringify!($name), "(2);")]
            /// assert_eq!(z.shape(), [2]);
            /// ```
            pub fn $name(x, y: impl IntoOperand) -> Array {
                binary(Op::$variant, x, y.into_operand())
            }
        }
    };
    (@one 3, $variant:ident, $name:ident, $doc:literal) => {};
}

elementwise_table!(functions);

/// `x` where the condition holds, else `y`; all three broadcast.
///
/// # Panics
/// For shapes that do not broadcast.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1.0, -2.0];
/// assert_eq!(select(&x.gt(0), &x, 0.0).to_vec::<f32>().unwrap(), [1.0, 0.0]);
/// ```
#[track_caller]
pub fn select(condition: &Array, x: impl IntoOperand, y: impl IntoOperand) -> Array {
    match try_select(condition, x, y) {
        Ok(a) => a,
        Err(e) => e.raise(),
    }
}

/// The fallible twin of [`select`].
///
/// # Errors
/// A value error for shapes that do not broadcast.
///
/// ```
/// use lazulite::prelude::*;
/// let x = array![1.0, -2.0];
/// assert!(ops::try_select(&array![true, false, true], &x, 0.0).is_err());
/// ```
#[track_caller]
pub fn try_select(condition: &Array, x: impl IntoOperand, y: impl IntoOperand) -> Result<Array> {
    apply(Op::Select, Some(condition), &[x.into_operand(), y.into_operand()])
}

#[track_caller]
pub(crate) fn select_scalar(condition: &Array, s: f64, y: &Array) -> Array {
    select(condition, Scalar::new(s, y.dtype()), y)
}

macro_rules! comparisons {
    ($($name:ident, $op:ident, $sign:literal;)*) => {
        impl Array {$(
            #[doc = concat!("Elementwise `x ", $sign, " y`, as bool.")]
            ///
            /// # Panics
            /// For shapes that do not broadcast.
            ///
            /// ```
            /// use lazulite::prelude::*;
            #[doc = concat!("assert_eq!(array![1, 2].", stringify!($name), "(1).dtype(), Dtype::Bool);")]
            /// ```
            #[track_caller]
            #[allow(clippy::should_implement_trait)]
            pub fn $name(&self, y: impl IntoOperand) -> Array {
                self.$op(y)
            }
        )*}
    };
}

comparisons! {
    eq, equal, "==";
    ne, not_equal, "!=";
    lt, less, "<";
    le, less_equal, "<=";
    gt, greater, ">";
    ge, greater_equal, ">=";
}

op! {
    /// `x` limited to `low..=high`.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![-2.0, 0.5, 2.0].clip(-1.0, 1.0).to_vec::<f32>().unwrap(), [-1.0, 0.5, 1.0]);
    /// ```
    pub fn clip(x, low: impl IntoOperand, high: impl IntoOperand) -> Array {
        minimum(&maximum(x, low)?, high)
    }

    /// Rounds to `decimals` places, halves to even; integers stay integers.
    ///
    /// # Errors
    /// A type error for bool.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.5, 1.5, 1.26].round(0).to_vec::<f32>().unwrap(), [0.0, 2.0, 1.0]);
    /// ```
    pub fn round(x, decimals: i32) -> Array {
        if decimals == 0 {
            return rint(x);
        }
        if !x.dtype().is_inexact() {
            let wide = crate::ops::astype(x, Dtype::F64)?;
            return if decimals > 0 { Ok(x.clone()) } else { crate::ops::astype(&round(&wide, decimals)?, x.dtype()) };
        }
        let scale = 10f64.powi(decimals.abs());
        if decimals > 0 { divide(&rint(&multiply(x, scale)?)?, scale) } else { multiply(&rint(&divide(x, scale)?)?, scale) }
    }

    /// Whether each element is NaN.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, f32::NAN].isnan().to_vec::<bool>().unwrap(), [false, true]);
    /// ```
    pub fn isnan(x) -> Array {
        not_equal(x, x)
    }

    /// Whether each element is infinite.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, f32::INFINITY].isinf().to_vec::<bool>().unwrap(), [false, true]);
    /// ```
    pub fn isinf(x) -> Array {
        if !x.dtype().is_inexact() {
            return crate::ops::astype(&x.zeros_like(), Dtype::Bool);
        }
        equal(&abs(x)?, f64::INFINITY)
    }

    /// Whether each element is neither infinite nor NaN.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![1.0, f32::NAN].isfinite().to_vec::<bool>().unwrap(), [true, false]);
    /// ```
    pub fn isfinite(x) -> Array {
        logical_not(&logical_or(&isinf(x)?, &isnan(x)?)?)
    }

    /// Angles in degrees from radians.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.0].degrees().to_vec::<f32>().unwrap(), [0.0]);
    /// ```
    pub fn degrees(x) -> Array {
        multiply(x, 180.0 / std::f64::consts::PI)
    }

    /// Angles in radians from degrees.
    ///
    /// # Errors
    /// None.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert_eq!(array![0.0].radians().to_vec::<f32>().unwrap(), [0.0]);
    /// ```
    pub fn radians(x) -> Array {
        multiply(x, std::f64::consts::PI / 180.0)
    }

    /// Whether `|x - y| <= atol + rtol * |y|`, with rtol 1e-5 and atol 1e-8; equal infinities are close, NaN is close to nothing.
    ///
    /// # Errors
    /// A value error for shapes that do not broadcast.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// assert!(array![1.0, 2.0].isclose(&array![1.0, 2.0]).all(..).item::<bool>().unwrap());
    /// ```
    pub fn isclose(x, y: &Array) -> Array {
        crate::ops::isclose_within(x, y, 1e-5, 1e-8, false)
    }
}
