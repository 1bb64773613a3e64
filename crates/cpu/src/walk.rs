//! Walking the positions of an index space in row-major order, with every operand's offset.

use lazulite_base::shape::{Dims, Strides, coalesce};
use std::ops::Range;

/// An index space with `N` operands, axes merged where all of them allow it.
#[derive(Clone, Debug)]
pub struct Walk<const N: usize> {
    dims: Dims,
    strides: [Strides; N],
}

impl<const N: usize> Walk<N> {
    /// The space of `dims`, each operand with its steps along them.
    pub fn new(dims: &[usize], strides: [&[isize]; N]) -> Walk<N> {
        let (mut dims, strides) = coalesce(dims, &strides);
        let mut strides: [Strides; N] = strides.try_into().expect("one an operand");
        if dims.is_empty() {
            dims.push(1);
            strides.iter_mut().for_each(|s| s.push(0));
        }
        Walk { dims, strides }
    }

    /// Number of positions.
    #[allow(clippy::len_without_is_empty, reason = "no kernel asks")]
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Steps along the innermost axis.
    #[inline]
    pub fn step(&self) -> [isize; N] {
        std::array::from_fn(|n| self.strides[n][self.dims.len() - 1])
    }

    /// Whether operand `n` is the position itself.
    pub fn linear(&self, n: usize) -> bool {
        self.dims.len() == 1 && (self.strides[n][0] == 1 || self.dims[0] == 1)
    }

    /// Calls `run(position, offsets, length)` for stretches along the innermost axis that make up `range`.
    #[inline]
    pub fn runs(&self, range: Range<usize>, mut run: impl FnMut(usize, [isize; N], usize)) {
        if range.is_empty() {
            return;
        }
        let last = self.dims.len() - 1;
        let mut index: Dims = self.dims.clone();
        let mut rest = range.start;
        let mut base = [0isize; N];
        for axis in (0..=last).rev() {
            index[axis] = rest % self.dims[axis];
            rest /= self.dims[axis];
            if axis < last {
                (0..N).for_each(|n| base[n] += index[axis] as isize * self.strides[n][axis]);
            }
        }
        let mut at = range.start;
        loop {
            let len = (self.dims[last] - index[last]).min(range.end - at);
            run(at, std::array::from_fn(|n| base[n] + index[last] as isize * self.strides[n][last]), len);
            at += len;
            if at == range.end {
                return;
            }
            index[last] = 0;
            let mut axis = last;
            while axis > 0 {
                axis -= 1;
                index[axis] += 1;
                (0..N).for_each(|n| base[n] += self.strides[n][axis]);
                if index[axis] < self.dims[axis] {
                    break;
                }
                (0..N).for_each(|n| base[n] -= self.dims[axis] as isize * self.strides[n][axis]);
                index[axis] = 0;
            }
        }
    }
}

/// The entries of `all` but the one at `axis`.
pub fn without<T: Copy, A: FromIterator<T>>(all: &[T], axis: usize) -> A {
    all.iter().enumerate().filter(|&(i, _)| i != axis).map(|(_, &v)| v).collect()
}
