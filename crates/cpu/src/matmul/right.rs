//! The right operand of a product: numbers in memory, or what becomes numbers when a block of it is packed.

use super::Layout;
use super::pack::{Kind, Side};
use super::tile::Tiles;
use std::ops::Range;

/// How a right operand lies, and how a block of it is packed.
pub trait Right<K: Kind>: Send + Sync + 'static {
    /// Where it is.
    type At: Copy;

    /// How far apart its numbers lie, if it is numbers in memory.
    fn layout(&self) -> Option<Layout>;

    /// Its first number, if it is numbers in memory.
    fn first(&self, at: Self::At) -> *const K;

    /// Writes the numbers of some columns for some real steps of k, a step after the other, `width` apart.
    ///
    /// # Safety
    /// The operand lies at `at`, and there is room; steps start at a multiple of [`super::BLOCK`].
    unsafe fn pack(&self, tiles: &Tiles<K::E>, at: Self::At, columns: Range<usize>, steps: Range<usize>, to: *mut K::E, width: usize);
}

/// Numbers in memory.
pub struct Strided(pub Layout);

impl<K: Kind> Right<K> for Strided {
    type At = *const K;

    #[inline(always)]
    fn layout(&self) -> Option<Layout> {
        Some(self.0)
    }

    #[inline(always)]
    fn first(&self, at: *const K) -> *const K {
        at
    }

    #[inline]
    unsafe fn pack(&self, tiles: &Tiles<K::E>, at: *const K, columns: Range<usize>, steps: Range<usize>, to: *mut K::E, width: usize) {
        let Layout { line, step } = self.0;
        let from = at.wrapping_offset((steps.start / K::PLANES) as isize * step + columns.start as isize * line);
        // SAFETY: the caller's promise.
        unsafe { K::pack(tiles, Side::B, from, line, columns.len(), step, steps.len(), to, width, true) };
    }
}
