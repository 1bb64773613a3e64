//! The result, with each query's largest score and sum of weights.

use super::number::{self, Number};
use super::{A, FEW, KEYS, Pieces, Shape, Shared, Steps, at, rows_first};
use crate::matmul::pack::{Kind, Widen};
use crate::threads;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::Attention;
use lazulite_base::{Error, ErrorKind, Result};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tasks below which few queries' keys are shared out.
const TASKS: usize = 16;
/// Blocks of keys of a share, at least.
const SHARE: usize = 4;

pub struct Forward<K: Kind> {
    shape: Shape<K::E>,
    out: Steps,
    /// Of the rows' numbers.
    rows: Steps,
    /// Parts that each query's keys are cut into, and the keys of one.
    parts: usize,
    part: usize,
}

/// What of the inputs and outputs a task needs.
#[derive(Clone, Copy)]
struct Places {
    q: usize,
    k: usize,
    v: usize,
    mask: usize,
    sinks: usize,
    out: usize,
    most: usize,
    total: usize,
}

impl<K: Kind<E: Number>> Forward<K>
where
    u8: Widen<K::E>,
{
    pub fn new(a: &Attention) -> Forward<K> {
        let mut s = Shape::<K::E>::new(a);
        let mut out = rows_first(s.queries, s.heads, s.values);
        let mut rows = [(s.heads * s.queries) as isize, s.queries as isize, 1, 0];
        if s.queries == 1 {
            // A group's heads are queries of one head; the only query sees every key.
            let each = s.each;
            let turn = |s: &mut Steps| *s = [s[0], s[1] * each as isize, s[1], s[3]];
            turn(&mut s.q);
            turn(&mut out);
            turn(&mut rows);
            s.mask.iter_mut().for_each(|m| turn(&mut m.steps));
            s.sinks.iter_mut().for_each(turn);
            (s.heads, s.queries, s.each, s.causal) = (s.heads / each, each, 1, None);
        }
        let (tasks, blocks) = (s.batch * s.heads * s.blocks(), s.keys.div_ceil(KEYS));
        let parts = if s.queries < FEW { (TASKS / tasks.max(1)).min(blocks / SHARE).max(1) } else { 1 };
        let part = blocks.div_ceil(parts) * KEYS;
        Forward { parts: s.keys.div_ceil(part).max(1), shape: s, out, rows, part }
    }

    /// Numbers of a part's result for one query: what is summed, the largest score, the sum of weights.
    fn record(&self) -> usize {
        self.shape.values + 2
    }

    /// One block of queries and one part of its keys.
    unsafe fn task(&self, p: Places, [b, h]: [usize; 2], rows: Range<usize>, part: usize, partial: Shared<K::E>) -> Result<()> {
        let s = &self.shape;
        let (n, d, dv) = (rows.len(), s.features, s.values);
        let lines = s.tiles.lines.filter(|_| n < FEW);
        let width = if lines.is_some() { n } else { s.width(n) };
        let sizes = [d * width, KEYS * width, KEYS * width, KEYS * d, KEYS * dv, n * dv, width, width, width];
        let mut room = Pieces::<K::E>::new(&sizes)?;
        let [turned, scores, spare, keys, values, sums, most, total, factor] = sizes.map(|n| room.take(n));
        let from = |base: usize, steps: Steps, h: usize, row: usize| (base as *const K).wrapping_offset(at(steps, b, h, row));
        let group = h / s.each;
        let range = part * self.part..s.limit(&rows).min((part + 1) * self.part);
        // SAFETY: the caller's promise for the operands, the sizes above for the rest.
        unsafe {
            let q = from(p.q, s.q, h, rows.start);
            match lines {
                Some(_) => s.copy_rows::<K>(q, s.q, n, d, turned),
                None => s.turn::<K>(q, s.q, n, d, turned, width),
            }
            for i in 0..width {
                let sink = if i < n && part == 0 { s.sink::<K>(p.sinks as *const u8, b, h, rows.start + i) } else { None };
                let some = sink.filter(|&x| x != K::E::NOTHING);
                most.add(i).write(some.unwrap_or(K::E::NOTHING));
                total.add(i).write(if some.is_some() { K::E::ONE } else { K::E::default() });
            }
            sums.write_bytes(0, n * dv);
            for start in range.clone().step_by(KEYS) {
                let block = start..(start + KEYS).min(range.end);
                let len = block.len();
                let (k, v) = (from(p.k, s.k, group, start), from(p.v, s.v, group, start));
                let (v, step) = s.rows::<K>(v, s.v, len, dv, values);
                let mask = p.mask as *const u8;
                if let Some(lines) = lines {
                    let (k, pitch) = s.rows::<K>(k, s.k, len, d, keys);
                    let lanes = s.tiles.lanes;
                    for i in 0..n {
                        let scores = scores.add(i * KEYS);
                        for j in (0..len).step_by(lanes) {
                            let k = k.wrapping_add(j.wrapping_mul(pitch));
                            lines(d, turned.add(i * d), 1, k, pitch as isize, (len - j).min(lanes), scores.add(j), false);
                        }
                        let row = rows.start + i;
                        let scale = if s.mask::<K>(mask, [b, h], &(row..row + 1), &block, scores, 1, spare) { K::E::ONE } else { s.scale };
                        let f = K::E::weigh_row(scores, len, scale, &mut *most.add(i), &mut *total.add(i));
                        let sums = sums.add(i * dv);
                        number::multiply(sums, dv, f);
                        s.product(A::Columns(scores, 1), 1, len, v, step, dv, sums, dv, true);
                    }
                    continue;
                }
                s.panels::<K>(k, s.k, len, d, keys);
                s.product(A::Panels(keys), len, d, turned, width, width, scores, width, false);
                let scale = if s.mask::<K>(mask, [b, h], &rows, &block, scores, width, spare) { K::E::ONE } else { s.scale };
                K::E::weigh(scores, len, width, scale, most, total, factor);
                for i in 0..n {
                    if *factor.add(i) != K::E::ONE {
                        number::multiply(sums.add(i * dv), dv, *factor.add(i));
                    }
                }
                s.product(A::Columns(scores, width), n, len, v, step, dv, sums, dv, true);
            }
            for i in 0..n {
                let row = rows.start + i;
                if self.parts > 1 {
                    let record = partial.at((((b * s.heads + h) * s.queries + row) * self.parts + part) * self.record());
                    record.copy_from_nonoverlapping(sums.add(i * dv), dv);
                    record.add(dv).write(*most.add(i));
                    record.add(dv + 1).write(*total.add(i));
                } else {
                    self.finish(p, [b, h, row], sums.add(i * dv), *most.add(i), *total.add(i));
                }
            }
        }
        Ok(())
    }

    /// Writes a query's results.
    unsafe fn finish(&self, p: Places, [b, h, row]: [usize; 3], sums: *mut K::E, most: K::E, total: K::E) {
        let dv = self.shape.values;
        let place = at(self.rows, b, h, row);
        // SAFETY: the caller's promise.
        unsafe {
            number::multiply(sums, dv, K::E::ONE / total);
            K::finish(sums, dv, 1, dv, (p.out as *mut K).offset(at(self.out, b, h, row)), dv);
            (p.most as *mut K::E).offset(place).write(most);
            (p.total as *mut K::E).offset(place).write(total);
        }
    }

    /// Puts a query's parts together, in their order.
    unsafe fn combine(&self, p: Places, row: usize, partial: Shared<K::E>) {
        let s = &self.shape;
        let (dv, first) = (s.values, partial.at(row * self.parts * self.record()));
        // SAFETY: the caller's promise.
        unsafe {
            let of = |part: usize, i: usize| first.add(part * self.record() + i);
            let most = (0..self.parts).map(|i| *of(i, dv)).fold(K::E::NOTHING, |a, b| if b > a { b } else { a });
            let base = if most == K::E::NOTHING { K::E::default() } else { most };
            for i in 0..self.parts {
                let f = (*of(i, dv) - base).power();
                number::multiply(of(i, 0), dv, f);
                *of(i, dv + 1) = *of(i, dv + 1) * f;
                if i > 0 {
                    (0..dv + 2).filter(|&j| j != dv).for_each(|j| *of(0, j) = *of(0, j) + *of(i, j));
                }
            }
            let place = [row / s.queries / s.heads, row / s.queries % s.heads, row % s.queries];
            self.finish(p, place, of(0, 0), most, *of(0, dv + 1));
        }
    }
}

impl<K: Kind<E: Number>> Kernel for Forward<K>
where
    u8: Widen<K::E>,
{
    fn scratch(&self) -> usize {
        let s = &self.shape;
        if self.parts > 1 { s.batch * s.heads * s.queries * self.parts * self.record() * size_of::<K::E>() } else { 0 }
    }

    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let s = &self.shape;
        let more = |i: usize| args.inputs.get(i).copied().unwrap_or(0);
        let p = Places {
            q: args.inputs[0],
            k: args.inputs[1],
            v: args.inputs[2],
            mask: more(3),
            sinks: more(3 + s.mask.is_some() as usize),
            out: args.outputs[0],
            most: args.outputs[1],
            total: args.outputs[2],
        };
        let partial = Shared(args.scratch as *mut K::E);
        let (blocks, rows) = (s.blocks(), s.batch * s.heads * s.queries);
        let tasks = s.batch * s.heads * blocks * self.parts;
        let failed = AtomicBool::new(false);
        let run = |i: usize| {
            // Later blocks first: with causality they have more to do.
            let (part, i) = (i % self.parts, i / self.parts);
            let (block, head) = (blocks - 1 - i / (s.batch * s.heads), i % (s.batch * s.heads));
            // SAFETY: the caller's promise; tasks have rows, or parts of them, of their own.
            if unsafe { self.task(p, [head / s.heads, head % s.heads], s.block(block), part, partial) }.is_err() {
                failed.store(true, Relaxed);
            }
        };
        let cost = rows.saturating_mul(s.keys).saturating_mul(s.features + s.values + 16) / 50;
        if threads::worth(cost) {
            threads::parallel(tasks, &run)
        } else {
            (0..tasks).for_each(run)
        }
        if self.parts > 1 {
            // SAFETY: all parts have been written.
            (0..rows).for_each(|row| unsafe { self.combine(p, row, partial) });
        }
        if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "attention", "no working memory")) } else { Ok(()) }
    }
}
