//! Integer arithmetic that has more than one meaning elsewhere.

use lazulite::prelude::*;

#[test]
fn integers_divide_rounding_down() -> Result<()> {
    let (a, b) = (array![7, -7, 7, -7, 6, 5], array![2, 2, -2, -2, -3, 0]);
    for dtype in [Dtype::I8, Dtype::I16, Dtype::I32, Dtype::I64] {
        let (a, b) = (a.astype(dtype), b.astype(dtype));
        let quotient = ops::floor_divide(&a, &b)?.astype(Dtype::I32).to_vec::<i32>()?;
        let rest = ops::remainder(&a, &b)?.astype(Dtype::I32).to_vec::<i32>()?;
        assert_eq!(quotient, [3, -4, -4, 3, -2, 0], "{dtype}");
        assert_eq!(rest, [1, 1, -1, -1, 0, 5], "{dtype}");
    }
    Ok(())
}
