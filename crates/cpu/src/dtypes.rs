//! From a dtype, known when a program runs, to a type of Rust.

/// Evaluates an expression with a name standing for the type that belongs to a dtype: `with_type!(x.dtype, T: any => size_of::<T>())`.
/// Sets that lack dtypes say what holds for the others: `with_type!(x.dtype, T: float => Some(make::<T>()), else => None)`.
///
/// | set | dtypes | types |
/// |---|---|---|
/// | `any` | all | what lies in memory, a bool as a byte |
/// | `real` | all but complex ones | the same |
/// | `integer` | integers and bool | the same |
/// | `float` | floats | the same |
/// | `inexact` | floats and complex ones | the same |
/// | `bits` | all | the unsigned integer of the same size |
/// | `register` | all | what a tape computes in: `Truth` for bool, f32 for halves |
macro_rules! with_type {
    ($d:expr, $T:ident: any => $body:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [Bool U8: u8] [U16: u16] [U32: u32] [U64: u64] [I8: i8] [I16: i16] [I32: i32] [I64: i64]
            [F16: half::f16] [BF16: half::bf16] [F32: f32] [F64: f64] [C64: num_complex::Complex32];)
    };
    ($d:expr, $T:ident: real => $body:expr, else => $other:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [Bool U8: u8] [U16: u16] [U32: u32] [U64: u64] [I8: i8] [I16: i16] [I32: i32] [I64: i64]
            [F16: half::f16] [BF16: half::bf16] [F32: f32] [F64: f64]; $other)
    };
    ($d:expr, $T:ident: integer => $body:expr, else => $other:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [Bool U8: u8] [U16: u16] [U32: u32] [U64: u64] [I8: i8] [I16: i16] [I32: i32] [I64: i64];
            $other)
    };
    ($d:expr, $T:ident: float => $body:expr, else => $other:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [F16: half::f16] [BF16: half::bf16] [F32: f32] [F64: f64]; $other)
    };
    ($d:expr, $T:ident: inexact => $body:expr, else => $other:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [F16: half::f16] [BF16: half::bf16] [F32: f32] [F64: f64] [C64: num_complex::Complex32];
            $other)
    };
    ($d:expr, $T:ident: bits => $body:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [Bool U8 I8: u8] [U16 I16 F16 BF16: u16] [U32 I32 F32: u32] [U64 I64 F64 C64: u64];)
    };
    ($d:expr, $T:ident: register => $body:expr) => {
        $crate::dtypes::with_type!(@ $d, $T, $body, [Bool: $crate::tape::kernels::Truth] [U8: u8] [U16: u16] [U32: u32] [U64: u64]
            [I8: i8] [I16: i16] [I32: i32] [I64: i64] [F16 BF16 F32: f32] [F64: f64] [C64: num_complex::Complex32];)
    };
    (@ $d:expr, $T:ident, $body:expr, $([$($dtype:ident)+: $t:ty])+; $($other:expr)?) => {
        match $d {
            $($(lazulite_base::Dtype::$dtype)|+ => {
                type $T = $t;
                $body
            })+
            $(_ => $other,)?
        }
    };
}
pub(crate) use with_type;
