//! Rust's operators on arrays, references and literals: literals of any type on the right, `f32` and `i32` on the left.

use crate::Array;
use crate::ops::IntoOperand;
use lazulite_base::Element;
use lazulite_base::Op;
use std::ops::{Add, AddAssign, BitAnd, BitOr, BitXor, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem, Shl, Shr, Sub, SubAssign};

macro_rules! binary {
    ($($trait:ident, $method:ident, $op:ident;)*) => {$(
        impl<R: IntoOperand> $trait<R> for &Array {
            type Output = Array;
            #[track_caller]
            fn $method(self, rhs: R) -> Array {
                match crate::ops::elementwise::binary(Op::$op, self, rhs.into_operand()) {
                    Ok(a) => a,
                    Err(e) => e.raise(),
                }
            }
        }

        impl<R: IntoOperand> $trait<R> for Array {
            type Output = Array;
            #[track_caller]
            fn $method(self, rhs: R) -> Array {
                $trait::$method(&self, rhs)
            }
        }
    )*};
}

binary! {
    Add, add, Add;
    Sub, sub, Subtract;
    Mul, mul, Multiply;
    Div, div, Divide;
    Rem, rem, Remainder;
    BitAnd, bitand, BitwiseAnd;
    BitOr, bitor, BitwiseOr;
    BitXor, bitxor, BitwiseXor;
    Shl, shl, LeftShift;
    Shr, shr, RightShift;
}

macro_rules! literal_left {
    ($t:ty: $($trait:ident, $method:ident, $op:ident;)*) => {$(
        impl $trait<&Array> for $t {
            type Output = Array;
            #[track_caller]
            fn $method(self, rhs: &Array) -> Array {
                let list = [crate::ops::Rhs::Literal(self.scalar()), crate::ops::Rhs::Array(rhs.clone())];
                match crate::ops::elementwise::apply(Op::$op, None, &list) {
                    Ok(a) => a,
                    Err(e) => e.raise(),
                }
            }
        }

        impl $trait<Array> for $t {
            type Output = Array;
            #[track_caller]
            fn $method(self, rhs: Array) -> Array {
                $trait::$method(self, &rhs)
            }
        }
    )*};
}

literal_left! { f32: Add, add, Add; Sub, sub, Subtract; Mul, mul, Multiply; Div, div, Divide; Rem, rem, Remainder; }
literal_left! { i32: Add, add, Add; Sub, sub, Subtract; Mul, mul, Multiply; Div, div, Divide; Rem, rem, Remainder; }

macro_rules! assign {
    ($($trait:ident, $method:ident, $base:ident, $call:ident;)*) => {$(
        impl<R: IntoOperand> $trait<R> for Array {
            /// Rebinds the variable to the result; other handles keep the former value.
            #[track_caller]
            fn $method(&mut self, rhs: R) {
                *self = $base::$call(&*self, rhs);
            }
        }
    )*};
}

assign! {
    AddAssign, add_assign, Add, add;
    SubAssign, sub_assign, Sub, sub;
    MulAssign, mul_assign, Mul, mul;
    DivAssign, div_assign, Div, div;
}

impl Neg for &Array {
    type Output = Array;
    #[track_caller]
    fn neg(self) -> Array {
        self.negative()
    }
}

impl Neg for Array {
    type Output = Array;
    #[track_caller]
    fn neg(self) -> Array {
        self.negative()
    }
}

impl Not for &Array {
    type Output = Array;
    #[track_caller]
    fn not(self) -> Array {
        self.bitwise_invert()
    }
}

impl Not for Array {
    type Output = Array;
    #[track_caller]
    fn not(self) -> Array {
        self.bitwise_invert()
    }
}
