//! Shapes, strides, broadcasting and axes.

use crate::error::{Error, Result};
use smallvec::SmallVec;

/// The sizes of an array's axes; four fit without an allocation.
pub type Dims = SmallVec<[usize; 4]>;

/// Steps in elements along each axis; may be zero (broadcast) or negative (flipped).
pub type Strides = SmallVec<[isize; 4]>;

/// Number of elements in a shape that is [`addressable`]; 1 for a scalar.
pub fn size(dims: &[usize]) -> usize {
    // One axis without elements makes it zero, whatever the product of the others.
    dims.iter().fold(1, |n, &d| n.wrapping_mul(d))
}

/// Whether an array of this shape, of elements of so many bytes, has a place in the address space; one without elements always does.
///
/// ```
/// use lazulite_base::shape::addressable;
/// assert!(addressable(&[1 << 20, 1 << 20], 4) && addressable(&[1 << 40, 0, 1 << 40], 4));
/// assert!(!addressable(&[1 << 40, 1 << 40], 4));
/// ```
pub fn addressable(dims: &[usize], element: usize) -> bool {
    let bytes = dims.iter().try_fold(element, |n, &d| n.checked_mul(d));
    bytes.is_some_and(|n| n <= isize::MAX as usize) || dims.contains(&0)
}

/// Row-major strides of a shape.
///
/// ```
/// assert_eq!(lazulite_base::shape::contiguous(&[2, 3, 4])[..], [12, 4, 1]);
/// ```
pub fn contiguous(dims: &[usize]) -> Strides {
    let mut strides: Strides = smallvec::smallvec![0; dims.len()];
    let mut step = 1isize;
    for (s, &d) in strides.iter_mut().zip(dims).rev() {
        *s = step;
        step = step.wrapping_mul(d.max(1) as isize);
    }
    strides
}

/// Whether a view of this shape reads its memory in row-major order without gaps.
pub fn is_contiguous(dims: &[usize], strides: &[isize]) -> bool {
    let mut step = 1isize;
    for (&d, &s) in dims.iter().zip(strides).rev() {
        if d == 0 {
            return true;
        }
        if d != 1 && s != step {
            return false;
        }
        step = step.wrapping_mul(d as isize);
    }
    true
}

/// The shape that both broadcast to, by NumPy's rule.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Dims> {
    let n = a.len().max(b.len());
    let at = |x: &[usize], i: usize| if i + x.len() < n { 1 } else { x[i + x.len() - n] };
    let mut out = Dims::with_capacity(n);
    for i in 0..n {
        out.push(match (at(a, i), at(b, i)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => return None,
        });
    }
    Some(out)
}

/// The axis, counted from the end if negative.
///
/// # Errors
/// An index error naming `op` if the axis lies outside `-ndim..ndim`.
#[track_caller]
pub fn axis(op: &str, axis: i64, ndim: usize) -> Result<usize> {
    let a = if axis < 0 { axis + ndim as i64 } else { axis };
    if a < 0 || a >= ndim as i64 {
        return Err(Error::index(op, format!("axis {axis} is out of bounds for an array with {ndim} dimensions")));
    }
    Ok(a as usize)
}

/// Drops axes of size one and merges neighbours that every operand walks in one stride; returns the merged dims and, for each operand,
/// its strides over them. An empty result stands for a single element.
pub fn coalesce(dims: &[usize], operands: &[&[isize]]) -> (Dims, Vec<Strides>) {
    let mut out = Dims::new();
    let mut strides: Vec<Strides> = vec![Strides::new(); operands.len()];
    for (axis, &d) in dims.iter().enumerate() {
        if d == 1 {
            continue;
        }
        let merges = !out.is_empty() && operands.iter().zip(&strides).all(|(o, s)| s[s.len() - 1] == o[axis] * d as isize);
        if merges {
            *out.last_mut().expect("not empty") *= d;
            for (o, s) in operands.iter().zip(&mut strides) {
                *s.last_mut().expect("not empty") = o[axis];
            }
        } else {
            out.push(d);
            for (o, s) in operands.iter().zip(&mut strides) {
                s.push(o[axis]);
            }
        }
    }
    (out, strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coalescing_merges_what_walks_together() {
        let (d, s) = coalesce(&[2, 1, 3, 4], &[&[12, 12, 4, 1], &[0, 0, 4, 1]]);
        assert_eq!(d[..], [2, 12]);
        assert_eq!((&s[0][..], &s[1][..]), (&[12isize, 1][..], &[0isize, 1][..]));
    }

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast(&[3, 1], &[4]).unwrap()[..], [3, 4]);
        assert_eq!(broadcast(&[], &[2]).unwrap()[..], [2]);
        assert!(broadcast(&[3], &[4]).is_none());
        assert_eq!(broadcast(&[0, 1], &[1, 5]).unwrap()[..], [0, 5]);
    }
}
