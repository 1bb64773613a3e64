//! Rows one by one: a group's elements side by side in registers, a block of 32 groups at a time.

use super::carry::Carry;
use super::elements::Elements;
use super::joins::{Aligned, GROUP, Joins};
use super::rows::Row;

/// Elements of a block.
pub const BLOCK: usize = GROUP * GROUP;

/// Room for a block, and what has been scanned of the row.
pub struct Along<'a, E: Elements> {
    joins: &'a Joins,
    /// Each group scanned by itself.
    groups: Aligned<[E::State; BLOCK]>,
    /// A group on its way from or to memory.
    stage: Aligned<[E::State; GROUP]>,
    totals: Aligned<[E::State; GROUP]>,
    /// What comes before each group, and after the last.
    before: Aligned<[E::State; GROUP + 1]>,
    /// What comes before each block.
    carry: Carry<E::State>,
}

/// The address of states.
fn bits<S>(s: &[S]) -> *const u8 {
    s.as_ptr().cast()
}

fn bits_mut<S>(s: &mut [S]) -> *mut u8 {
    s.as_mut_ptr().cast()
}

/// One state before another.
pub fn join<S: Copy>(joins: &Joins, a: &S, b: &S) -> S {
    let mut r = [*b; GROUP];
    // SAFETY: one state, and groups of them.
    unsafe { (joins.follow)(bits(&[*a]), bits(&[*b; GROUP]), bits_mut(&mut r)) };
    r[0]
}

/// Reads elements that lie `step` apart, and their factors.
#[inline(always)]
unsafe fn enter<E: Elements>(row: &Row<E::Item>, step: isize, to: &mut [E::State]) {
    for (i, to) in to.iter_mut().enumerate() {
        let i = i as isize;
        // SAFETY: the caller's promise: the row has these elements.
        *to = unsafe {
            let x = *row.x.offset(i * step);
            E::enter(x, if E::FACTORS { *row.factors.offset(i * row.step[1]) } else { x })
        };
    }
}

/// Writes results that lie `step` apart.
#[inline(always)]
unsafe fn leave<E: Elements>(row: &Row<E::Item>, step: isize, states: &[E::State]) {
    for (i, &s) in states.iter().enumerate() {
        // SAFETY: the caller's promise: the row has these elements, and nobody else writes their results.
        unsafe { *row.out.offset(i as isize * step) = E::leave(s) };
    }
}

impl<'a, E: Elements> Along<'a, E> {
    pub fn new(joins: &'a Joins) -> Self {
        let nothing = E::State::default();
        Along {
            joins,
            groups: Aligned([nothing; BLOCK]),
            stage: Aligned([nothing; GROUP]),
            totals: Aligned([nothing; GROUP]),
            before: Aligned([nothing; GROUP + 1]),
            carry: Carry::new(),
        }
    }

    /// Scans a group of `m` elements into group `g`.
    #[inline(always)]
    unsafe fn read(&mut self, row: &Row<E::Item>, m: usize, g: usize) {
        let to = bits_mut(&mut self.groups.0[g * GROUP..(g + 1) * GROUP]);
        // SAFETY: the caller's promise: the row has `m` elements.
        unsafe {
            if E::SAME && row.step[0] == 1 && m == GROUP {
                return (self.joins.ladder)(row.x.cast(), to);
            }
            let stage = &mut self.stage.0[..m];
            match row.step[0] {
                1 => enter::<E>(row, 1, stage),
                -1 => enter::<E>(row, -1, stage),
                step => enter::<E>(row, step, stage),
            }
            (self.joins.ladder)(bits(&self.stage.0), to);
        }
    }

    /// Writes the results of the first `m` elements of group `g`.
    #[inline(always)]
    unsafe fn write(&mut self, row: &Row<E::Item>, m: usize, g: usize, first: bool) {
        let from = &self.groups.0[g * GROUP..(g + 1) * GROUP];
        let before = bits(&self.before.0[g..]);
        let in_place = E::SAME && row.step[2] == 1 && m == GROUP;
        // SAFETY: the caller's promise: the row has `m` elements, and nobody else writes their results.
        unsafe {
            let states = if first {
                from
            } else if in_place {
                return (self.joins.follow)(before, bits(from), row.out.cast());
            } else {
                (self.joins.follow)(before, bits(from), bits_mut(&mut self.stage.0));
                &self.stage.0[..]
            };
            if row.step[2] == 1 {
                return E::leave_all(&states[..m], std::slice::from_raw_parts_mut(row.out, m));
            }
            match row.step[2] {
                -1 => leave::<E>(row, -1, &states[..m]),
                step => leave::<E>(row, step, &states[..m]),
            }
        }
    }

    /// Scans the `n` elements of a row, whole blocks of which come before if their combination is given: as many as make up a block of
    /// blocks. Unless `write`, only to know what comes after them, which is returned if they are whole blocks.
    ///
    /// # Safety
    /// The row has `n` elements, and nobody else writes their results.
    pub unsafe fn row(&mut self, row: Row<E::Item>, n: usize, before: Option<E::State>, write: bool) -> Option<E::State> {
        self.carry.restart(before);
        for start in (0..n).step_by(BLOCK) {
            let len = (n - start).min(BLOCK);
            let many = len.div_ceil(GROUP);
            let part = |g: usize| (start + g * GROUP, (len - g * GROUP).min(GROUP));
            for g in 0..many {
                let (at, m) = part(g);
                // SAFETY: the caller's promise.
                unsafe { self.read(&row.from(at), m, g) };
            }
            let before = self.carry.before().copied();
            if many > 1 {
                for g in 0..many {
                    self.totals.0[g] = self.groups.0[g * GROUP + GROUP - 1];
                }
                // SAFETY: groups of states.
                unsafe { (self.joins.ladder)(bits(&self.totals.0), bits_mut(&mut self.stage.0)) };
                if len == BLOCK && (start + len < n || !write) {
                    self.carry.push(self.stage.0[GROUP - 1], |a, b| join(self.joins, a, b));
                }
                match before {
                    // SAFETY: one state, and groups of them.
                    Some(b) => unsafe { (self.joins.follow)(bits(&[b]), bits(&self.stage.0), bits_mut(&mut self.before.0[1..])) },
                    None => self.before.0[1..].copy_from_slice(&self.stage.0),
                }
            }
            if let Some(b) = before {
                self.before.0[0] = b;
            }
            for g in (0..many).take_while(|_| write) {
                let (at, m) = part(g);
                // SAFETY: the caller's promise.
                unsafe { self.write(&row.from(at), m, g, g == 0 && before.is_none()) };
            }
        }
        self.carry.before().copied()
    }
}
