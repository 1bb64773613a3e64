//! The cotangents of q, k and v. Scores are computed again, a block of keys with a block of queries at a time.
//!
//! A task has some keys of one group: it meets all queries that see them, sums the cotangents of its keys and values, and adds to a copy
//! of the queries' cotangents of its own. How many such copies there are depends on the shapes alone.

use super::number::{self, Number};
use super::{A, Panels, Pieces, Shape, Shared, Steps, at, rows_first, steps};
use crate::matmul::pack::{Kind, Widen, pack_real};
use crate::threads;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::{AttentionGrad, View};
use lazulite_base::{Error, ErrorKind, Result};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Keys of a block.
const KEYS: usize = 128;
/// Tasks below which a group's keys are shared out.
const TASKS: usize = 16;
/// Copies of the queries' cotangents, at most.
const COPIES: usize = 8;
/// Numbers of a query that its slopes need.
const NUMBERS: usize = 4;

pub struct Backward<K: Kind> {
    shape: Shape<K::E>,
    /// The scale, for natural exponents.
    plain: K::E,
    out: Steps,
    most: Steps,
    total: Steps,
    cotangent: Steps,
    parts: usize,
    /// Keys of a part.
    part: usize,
}

/// What of the inputs and outputs a task needs.
#[derive(Clone, Copy)]
struct Places {
    inputs: [usize; 3],
    mask: usize,
    sinks: usize,
    out: usize,
    most: usize,
    total: usize,
    cotangent: usize,
    of: [usize; 3],
    of_sinks: usize,
}

impl<K: Kind<E: Number + Widen<K::E>>> Backward<K>
where
    u8: Widen<K::E>,
{
    pub fn new(g: &AttentionGrad) -> Backward<K> {
        let AttentionGrad { of, outs, cotangent } = g;
        let s = Shape::<K::E>::new(of);
        let last = |v: &View| [v.strides[0], v.strides[1], v.strides[2], 0];
        // Batch, rows, heads to batch, heads, rows.
        let turned = |v: &View| {
            let s = steps(v);
            [s[0], s[2], s[1], s[3]]
        };
        let (tasks, blocks) = (s.batch * s.heads / s.each.max(1), s.keys.div_ceil(KEYS));
        let parts = TASKS.div_ceil(tasks.max(1)).min(blocks).clamp(1, COPIES);
        let part = blocks.div_ceil(parts) * KEYS;
        Backward {
            plain: K::E::of(of.scale.as_f64()),
            out: turned(&outs[0]),
            most: last(&outs[1]),
            total: last(&outs[2]),
            cotangent: turned(cotangent),
            parts: s.keys.div_ceil(part.max(1)).max(1),
            part,
            shape: s,
        }
    }

    fn rows(&self) -> usize {
        self.shape.batch * self.shape.heads * self.shape.queries
    }

    /// Four numbers for each query of a head: the largest score, what a weight is multiplied by, the mean of the weights' cotangents, the
    /// sink's weight.
    unsafe fn means(&self, p: Places, head: usize, to: Shared<K::E>) -> Result<()> {
        let s = &self.shape;
        let (b, h, dv) = (head / s.heads, head % s.heads, s.values);
        let mut room = Pieces::<K::E>::new(&[dv, dv])?;
        let (y, ct) = (room.take(dv), room.take(dv));
        for row in 0..s.queries {
            // SAFETY: the caller's promise.
            unsafe {
                s.copy_rows::<K>((p.out as *const K).offset(at(self.out, b, h, row)), self.out, 1, dv, y);
                s.copy_rows::<K>((p.cotangent as *const K).offset(at(self.cotangent, b, h, row)), self.cotangent, 1, dv, ct);
                let mean = number::dot(y, ct, dv);
                let most = *(p.most as *const K::E).offset(at(self.most, b, h, row));
                let share = K::E::ONE / *(p.total as *const K::E).offset(at(self.total, b, h, row));
                let mut sink = K::E::default();
                if let Some(x) = s.sink::<K>(p.sinks as *const u8, b, h, row) {
                    let base = if most == K::E::NOTHING { K::E::default() } else { most };
                    sink = (x - base).power() * share;
                    (p.of_sinks as *mut K::E).add(head * s.queries + row).write(-(sink * mean));
                }
                to.at(NUMBERS * (head * s.queries + row)).cast::<[K::E; NUMBERS]>().write([most, share, mean, sink]);
            }
        }
        Ok(())
    }

    /// One part of a group's keys.
    unsafe fn task(&self, p: Places, [b, g, part]: [usize; 3], numbers: Shared<K::E>, copies: Shared<K::E>) -> Result<()> {
        let s = &self.shape;
        let (d, dv, width) = (s.features, s.values, s.width(super::QUERIES));
        let sizes = [
            KEYS * d,
            KEYS * d,
            KEYS * dv,
            width * d,
            width * d,
            width * dv,
            width * dv,
            KEYS * width,
            KEYS * width,
            KEYS * width,
            KEYS * d,
            KEYS * dv,
            NUMBERS * width,
        ];
        let mut room = Pieces::<K::E>::new(&sizes)?;
        let [keys, key_rows, values, q_turned, q_rows, ct_turned, ct_rows, scores, slopes, panels, of_k, of_v, each] =
            sizes.map(|n| room.take(n));
        let from = |base: usize, steps: Steps, h: usize, row: usize| (base as *const K).wrapping_offset(at(steps, b, h, row));
        let groups = s.heads / s.each;
        let copy = copies.at(part * self.rows() * d);
        let turn = |x: *const K::E, rows: usize, n: usize, width: usize| {
            for panel in Panels::of(s.tiles, rows) {
                let (x, to) = (x.wrapping_add(panel.start * width), panels.wrapping_add(panel.start * n));
                // SAFETY: both lie there.
                unsafe { pack_real::<K::E, K::E>(s.tiles, true, x, width as isize, panel.len(), 1, n, to, panel.len(), true) };
            }
        };
        // SAFETY: the caller's promise for the operands, the sizes above for the rest, throughout.
        unsafe {
            for i in 0..s.each {
                copy.add((b * s.heads + g * s.each + i) * s.queries * d).write_bytes(0, s.queries * d);
            }
            for start in (part * self.part..((part + 1) * self.part).min(s.keys)).step_by(KEYS) {
                let block = start..(start + KEYS).min(s.keys);
                let len = block.len();
                let (k, v) = (from(p.inputs[1], s.k, g, start), from(p.inputs[2], s.v, g, start));
                s.panels::<K>(k, s.k, len, d, keys);
                s.panels::<K>(v, s.v, len, dv, values);
                let (k, k_step) = s.rows::<K>(k, s.k, len, d, key_rows);
                of_k.write_bytes(0, len * d);
                of_v.write_bytes(0, len * dv);
                for (i, j) in (0..s.each).flat_map(|i| (0..s.blocks()).map(move |j| (i, j))) {
                    let (h, rows) = (g * s.each + i, s.block(j));
                    if start >= s.limit(&rows) {
                        continue;
                    }
                    let (n, w) = (rows.len(), s.width(rows.len()));
                    let q = from(p.inputs[0], s.q, h, rows.start);
                    let ct = from(p.cotangent, self.cotangent, h, rows.start);
                    s.turn::<K>(q, s.q, n, d, q_turned, w);
                    s.turn::<K>(ct, self.cotangent, n, dv, ct_turned, w);
                    let (q, q_step) = s.rows::<K>(q, s.q, n, d, q_rows);
                    let (ct, ct_step) = s.rows::<K>(ct, self.cotangent, n, dv, ct_rows);
                    let first = (b * s.heads + h) * s.queries + rows.start;
                    let mut sees_all = true;
                    for c in 0..w {
                        for t in 0..NUMBERS {
                            let x = if c < n { *numbers.at(NUMBERS * (first + c) + t) } else { K::E::default() };
                            each.add(t * w + c).write(x);
                        }
                        sees_all = sees_all && *each.add(c) > K::E::LOWEST;
                    }
                    s.product(A::Panels(keys), len, d, q_turned, w, w, scores, w, false);
                    s.product(A::Panels(values), len, dv, ct_turned, w, w, slopes, w, false);
                    let mask = p.mask as *const u8;
                    let masked = s.mask::<K>(mask, [b, h], &rows, &block, scores, w, panels);
                    let scale = if masked { K::E::ONE } else { s.scale };
                    K::E::slopes(scores, slopes, len, w, scale, each, s.limit(&rows) <= KEYS);
                    if masked && !sees_all {
                        // Where a query sees no key, the scores do not depend on anything.
                        s.hidden(mask, [b, h], &rows, &block, |key, row| *slopes.add(key * w + row) = K::E::default());
                    }
                    turn(scores, len, n, w);
                    s.product(A::Panels(panels), len, n, ct, ct_step, dv, of_v, dv, true);
                    turn(slopes, len, n, w);
                    s.product(A::Panels(panels), len, n, q, q_step, d, of_k, d, true);
                    s.product(A::Columns(slopes, w), n, len, k, k_step, d, copy.add(first * d), d, true);
                }
                number::multiply(of_k, len * d, self.plain);
                let place = |n: usize| at(rows_first(s.keys, groups, n), b, g, start);
                K::finish(of_k, d, len, d, (p.of[1] as *mut K).offset(place(d)), groups * d);
                K::finish(of_v, dv, len, dv, (p.of[2] as *mut K).offset(place(dv)), groups * dv);
            }
        }
        Ok(())
    }

    /// Puts the copies of the queries' cotangents together, in their order.
    unsafe fn combine(&self, p: Places, rows: Range<usize>, copies: Shared<K::E>) {
        let (s, d) = (&self.shape, self.shape.features);
        let steps = rows_first(s.queries, s.heads, d);
        for row in rows {
            // SAFETY: the caller's promise.
            unsafe {
                let sum = copies.at(row * d);
                for part in 1..self.parts {
                    let other = copies.at((part * self.rows() + row) * d);
                    (0..d).for_each(|i| *sum.add(i) = *sum.add(i) + *other.add(i));
                }
                number::multiply(sum, d, self.plain);
                let place = at(steps, row / s.queries / s.heads, row / s.queries % s.heads, row % s.queries);
                K::finish(sum, d, 1, d, (p.of[0] as *mut K).offset(place), d);
            }
        }
    }
}

impl<K: Kind<E: Number + Widen<K::E>>> Kernel for Backward<K>
where
    u8: Widen<K::E>,
{
    fn scratch(&self) -> usize {
        self.rows() * (NUMBERS + self.parts * self.shape.features) * size_of::<K::E>()
    }

    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let s = &self.shape;
        let own = 3 + s.mask.is_some() as usize;
        let outs = own + s.sinks.is_some() as usize;
        let p = Places {
            inputs: [args.inputs[0], args.inputs[1], args.inputs[2]],
            mask: args.inputs[3],
            sinks: args.inputs[own],
            out: args.inputs[outs],
            most: args.inputs[outs + 1],
            total: args.inputs[outs + 2],
            cotangent: args.inputs[outs + 3],
            of: [args.outputs[0], args.outputs[1], args.outputs[2]],
            of_sinks: args.outputs.get(3).copied().unwrap_or(0),
        };
        let numbers = Shared(args.scratch as *mut K::E);
        let copies = Shared(numbers.at(NUMBERS * self.rows()));
        let (heads, groups) = (s.batch * s.heads, s.heads / s.each.max(1));
        let failed = AtomicBool::new(false);
        let note = |r: Result<()>| failed.fetch_or(r.is_err(), Relaxed);
        threads::pieces(heads, s.queries * s.values * 1000, |range| {
            for head in range {
                // SAFETY: the caller's promise; heads have numbers of their own.
                note(unsafe { self.means(p, head, numbers) });
            }
        });
        let run = |i: usize| {
            // Earlier keys first: with causality they have more to do.
            let (part, head) = (i / (s.batch * groups), i % (s.batch * groups));
            // SAFETY: the caller's promise; tasks have keys, and copies, of their own.
            note(unsafe { self.task(p, [head / groups, head % groups, part], numbers, copies) });
        };
        let tasks = s.batch * groups * self.parts;
        let cost = self.rows().saturating_mul(s.keys).saturating_mul(2 * s.features + 2 * s.values + 16) / 50;
        if threads::worth(cost) {
            threads::parallel(tasks, &run)
        } else {
            (0..tasks).for_each(run)
        }
        threads::pieces(self.rows(), s.features * self.parts * 200, |rows| {
            // SAFETY: all copies are complete; rows are different.
            unsafe { self.combine(p, rows, copies) };
        });
        if failed.into_inner() { Err(Error::new(ErrorKind::OutOfMemory, "attention_grad", "no working memory")) } else { Ok(()) }
    }
}
