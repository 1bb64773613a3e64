//! Kernels on f32: simple operations in every form (vectors and scalars), at every level.

use super::number::*;
use super::{Body, Fun, Map1, Map2, at};
use crate::simd::Level;
use lazulite_base::Op;

/// The kernel of a binary function, in its form.
fn two<F: super::F2<f32, U>, U: Copy>(level: Level, form: u8) -> Option<Fun> {
    Some(match form {
        0 => at::<Map2<f32, U, F, 0>>(level),
        1 => at::<Map2<f32, U, F, 1>>(level),
        2 => at::<Map2<f32, U, F, 2>>(level),
        _ => return None,
    })
}

fn one<B: Body>(level: Level, form: u8) -> Option<Fun> {
    (form == 0).then(|| at::<B>(level))
}

/// The kernel of an operation in a form, if there is one.
pub fn pick(level: Level, op: Op, form: u8) -> Option<Fun> {
    macro_rules! table {
        ($($two:ident)*; $($test:ident)*; $($one:ident)*) => {
            match op {
                $(Op::$two => two::<$two, f32>(level, form),)*
                $(Op::$test => two::<$test, u8>(level, form),)*
                $(Op::$one => one::<Map1<f32, f32, $one>>(level, form),)*
                _ => None,
            }
        };
    }
    table!(Add Subtract Multiply Divide Maximum Minimum; Equal NotEqual Less LessEqual Greater GreaterEqual;
        Negative Abs Square Sqrt Floor Ceil Rint Reciprocal)
}
