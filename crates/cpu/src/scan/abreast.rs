//! Rows whose elements lie side by side: a row a lane.

use super::carry::Carry;
use super::elements::Elements;
use super::joins::{Aligned, GROUP, Joins, LANES, Tile};
use super::rows::Row;

/// Tiles of neighbouring rows whose groups are taken in turn: what is read together lies together.
const ABREAST: usize = 8;
/// Rows that are scanned at once.
pub const MOST: usize = LANES * ABREAST;

/// Room for a tile, and what has been scanned of each.
pub struct Abreast<'a, E: Elements> {
    joins: &'a Joins,
    tile: Aligned<Tile<E::State>>,
    carries: Vec<Carry<[E::State; LANES]>>,
}

fn bits<S>(s: &[S; LANES]) -> *const u8 {
    s.as_ptr().cast()
}

/// Whether places lie side by side.
fn beside<T>(places: &[*const T; LANES]) -> bool {
    (1..LANES).all(|l| places[l] == places[0].wrapping_add(l))
}

impl<'a, E: Elements> Abreast<'a, E> {
    pub fn new(joins: &'a Joins) -> Self {
        Abreast { joins, tile: Aligned([[E::State::default(); LANES]; GROUP]), carries: vec![] }
    }

    /// Scans the `n` elements of each row.
    ///
    /// # Safety
    /// The rows, at most [`MOST`] with the same steps, have `n` elements, and nobody else writes their results.
    pub unsafe fn rows(&mut self, rows: &[Row<E::Item>], n: usize) {
        let tiles = rows.len().div_ceil(LANES);
        self.carries.resize_with(tiles, Carry::new);
        self.carries.iter_mut().for_each(|c| c.restart(None));
        for start in (0..n).step_by(GROUP) {
            let m = (n - start).min(GROUP);
            for (t, rows) in rows.chunks(LANES).enumerate() {
                // SAFETY: the caller's promise; a tile that is not full repeats its first row.
                let lanes = std::array::from_fn(|l| unsafe { rows[if l < rows.len() { l } else { 0 }].from(start) });
                // SAFETY: the caller's promise; the tile is one.
                unsafe {
                    self.read(&lanes, rows.len(), m);
                    let tile = self.tile.0.as_mut_ptr().cast();
                    (self.joins.ladders)(tile, m);
                    let total = self.tile.0[m - 1];
                    if let Some(before) = self.carries[t].before() {
                        (self.joins.lead)(bits(before), tile, m);
                    }
                    if start + GROUP < n {
                        self.carries[t].push(total, |a, b| {
                            let mut r = *a;
                            (self.joins.join)(bits(a), bits(b), r.as_mut_ptr().cast());
                            r
                        });
                    }
                    self.write(&lanes, rows.len(), m);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn read(&mut self, lanes: &[Row<E::Item>; LANES], rows: usize, m: usize) {
        let step = lanes[0].step;
        let together = rows == LANES && beside(&lanes.map(|l| l.x)) && (!E::FACTORS || beside(&lanes.map(|l| l.factors)));
        for (i, v) in self.tile.0.iter_mut().enumerate().take(m) {
            let (x, f) = (i as isize * step[0], i as isize * step[1]);
            // SAFETY: the caller's promise: the rows have `m` elements.
            unsafe {
                if together {
                    let x = lanes[0].x.offset(x).cast::<[E::Item; LANES]>().read_unaligned();
                    let f = if E::FACTORS { lanes[0].factors.offset(f).cast::<[E::Item; LANES]>().read_unaligned() } else { x };
                    (0..LANES).for_each(|l| v[l] = E::enter(x[l], f[l]));
                } else {
                    for (v, row) in v.iter_mut().zip(lanes) {
                        let x = *row.x.offset(x);
                        *v = E::enter(x, if E::FACTORS { *row.factors.offset(f) } else { x });
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn write(&mut self, lanes: &[Row<E::Item>; LANES], rows: usize, m: usize) {
        let together = rows == LANES && beside(&lanes.map(|l| l.out.cast_const()));
        for (i, v) in self.tile.0.iter().enumerate().take(m) {
            let out = i as isize * lanes[0].step[2];
            // SAFETY: the caller's promise: the rows have `m` elements, and nobody else writes their results.
            unsafe {
                if together {
                    E::leave_all(v, std::slice::from_raw_parts_mut(lanes[0].out.offset(out), LANES));
                } else {
                    for (&v, row) in v.iter().zip(&lanes[..rows]) {
                        *row.out.offset(out) = E::leave(v);
                    }
                }
            }
        }
    }
}
