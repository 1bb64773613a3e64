//! Rows side by side: a row a lane.

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
    /// Elements, or results, and factors of rows that do not lie beside one another, on their way.
    items: [Aligned<Tile<E::Item>>; 2],
    /// Of open lanes: see [`Joins`].
    carries: Vec<Carry<[E::State; LANES]>>,
}

fn bits<S>(s: &[S; LANES]) -> *const u8 {
    s.as_ptr().cast()
}

/// Whether places lie side by side.
fn beside<T>(places: &[*const T; LANES]) -> bool {
    (1..LANES).all(|l| places[l] == places[0].wrapping_add(l))
}

/// States that are elements.
fn as_items<E: Elements>(tile: &mut Tile<E::State>) -> &mut Tile<E::Item> {
    assert!(E::SAME && size_of::<E::State>() == size_of::<E::Item>() && align_of::<E::State>() >= align_of::<E::Item>());
    // SAFETY: a state has its element's bits, and room for them.
    unsafe { &mut *(tile as *mut Tile<E::State>).cast() }
}

impl<'a, E: Elements> Abreast<'a, E> {
    pub fn new(joins: &'a Joins) -> Self {
        let nothing = E::State::default();
        let items = || Aligned([[E::leave(nothing); LANES]; GROUP]);
        Abreast { joins, tile: Aligned([[nothing; LANES]; GROUP]), items: [items(), items()], carries: vec![] }
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
                    match self.carries[t].before() {
                        Some(before) => (self.joins.lead)(bits(before), tile, m),
                        None => (self.joins.close)(tile, m),
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

    /// Reads `m` elements of each row.
    #[inline(always)]
    unsafe fn read(&mut self, lanes: &[Row<E::Item>; LANES], rows: usize, m: usize) {
        let step = lanes[0].step;
        if rows == LANES && beside(&lanes.map(|l| l.x)) && (!E::FACTORS || beside(&lanes.map(|l| l.factors))) {
            for (i, v) in self.tile.0.iter_mut().enumerate().take(m) {
                let (x, f) = (i as isize * step[0], i as isize * step[1]);
                // SAFETY: the caller's promise: the rows have `m` elements; the lanes' lie side by side.
                let x = unsafe { lanes[0].x.offset(x).cast::<[E::Item; LANES]>().read_unaligned() };
                // SAFETY: as above.
                let f = if E::FACTORS { unsafe { lanes[0].factors.offset(f).cast::<[E::Item; LANES]>().read_unaligned() } } else { x };
                (0..LANES).for_each(|l| v[l] = E::enter(x[l], f[l]));
            }
            return;
        }
        let [Aligned(items), Aligned(others)] = &mut self.items;
        // SAFETY: the caller's promise: the rows have `m` elements.
        unsafe {
            let to = if E::SAME { as_items::<E>(&mut self.tile.0) } else { &mut *items };
            gather(&lanes.map(|l| l.x), step[0], &mut to[..m]);
            if E::FACTORS {
                gather(&lanes.map(|l| l.factors), step[1], &mut others[..m]);
            }
        }
        if !E::SAME {
            let others = if E::FACTORS { others } else { &*items };
            for ((v, x), f) in self.tile.0.iter_mut().zip(&*items).zip(others).take(m) {
                (0..LANES).for_each(|l| v[l] = E::enter(x[l], f[l]));
            }
        }
    }

    /// Writes `m` results of each row.
    #[inline(always)]
    unsafe fn write(&mut self, lanes: &[Row<E::Item>; LANES], rows: usize, m: usize) {
        let step = lanes[0].step[2];
        if rows == LANES && beside(&lanes.map(|l| l.out.cast_const())) {
            for (i, v) in self.tile.0.iter().enumerate().take(m) {
                // SAFETY: the caller's promise: the rows have `m` elements, whose results, side by side, nobody else writes.
                let out = unsafe { std::slice::from_raw_parts_mut(lanes[0].out.offset(i as isize * step), LANES) };
                E::leave_all(v, out);
            }
            return;
        }
        let items = if E::SAME {
            as_items::<E>(&mut self.tile.0)
        } else {
            let items = &mut self.items[0].0;
            items.iter_mut().zip(&self.tile.0).take(m).for_each(|(x, v)| E::leave_all(v, x));
            items
        };
        // SAFETY: as above; so many lanes are rows.
        unsafe { scatter(&lanes.map(|l| l.out), step, rows, &items[..m]) };
    }
}

/// Reads the elements of each row, which lie so far apart: row by row or across, as they lie.
///
/// # Safety
/// Each row has so many elements.
#[inline(always)]
unsafe fn gather<T: Copy>(rows: &[*const T; LANES], step: isize, to: &mut [[T; LANES]]) {
    if step.abs() == 1 {
        for (l, row) in rows.iter().enumerate() {
            for (i, to) in to.iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                to[l] = unsafe { *row.offset(i as isize * step) };
            }
        }
    } else {
        for (i, to) in to.iter_mut().enumerate() {
            for (to, row) in to.iter_mut().zip(rows) {
                // SAFETY: the caller's promise.
                *to = unsafe { *row.offset(i as isize * step) };
            }
        }
    }
}

/// Writes the results of the first `n` rows, likewise.
///
/// # Safety
/// They have so many elements, which nobody else writes.
#[inline(always)]
unsafe fn scatter<T: Copy>(rows: &[*mut T; LANES], step: isize, n: usize, from: &[[T; LANES]]) {
    if step.abs() == 1 {
        for (l, row) in rows.iter().enumerate().take(n) {
            for (i, from) in from.iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { *row.offset(i as isize * step) = from[l] };
            }
        }
    } else {
        for (i, from) in from.iter().enumerate() {
            for (from, row) in from.iter().zip(&rows[..n]) {
                // SAFETY: the caller's promise.
                unsafe { *row.offset(i as isize * step) = *from };
            }
        }
    }
}
