//! Backwards: a head's states are computed again, first one of each segment of about the root of the sequence's length, then, from the
//! last segment to the first, all of a segment. So there are never more than twice that root of them.

use super::{Float, LANES, Lanes, Operand, Shape};
use crate::isa::{fast, isa};
use crate::matmul::pack::Kind;
use crate::matmul::scratch::Pieces;
use crate::matmul::tile::Tiled;
use crate::threads;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::GatedDeltaGrad;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub struct Backward<K> {
    shape: Shape,
    /// The cotangent of the output, and the strides of the last state's.
    output: Operand,
    state: [isize; 4],
    of: PhantomData<fn() -> K>,
}

/// The operands of a segment's steps. Rows of keys are padded with zeros to whole lanes.
struct Segment<E> {
    q: *mut E,
    k: *mut E,
    gamma: *mut E,
    v: *mut E,
    beta: *mut E,
    /// Cotangents of the output.
    ct: *mut E,
    /// `v - S k`, a row of values a step.
    error: *mut E,
}

/// What a step adds up.
struct Sums<E> {
    q: *mut E,
    k: *mut E,
    gamma: *mut E,
    v: *mut E,
}

#[inline(always)]
unsafe fn lanes<'a, E>(p: *const E, at: usize) -> &'a Lanes<E> {
    // SAFETY: the caller's promise.
    unsafe { &*p.add(at).cast() }
}

#[inline(always)]
unsafe fn lanes_mut<'a, E>(p: *mut E, at: usize) -> &'a mut Lanes<E> {
    // SAFETY: the caller's promise.
    unsafe { &mut *p.add(at).cast() }
}

/// The sum of all lanes, by halves.
#[inline(always)]
fn total<E: Float>(mut x: Lanes<E>) -> E {
    let mut n = LANES / 2;
    while n > 0 {
        (0..n).for_each(|i| x[i] = x[i] + x[i + n]);
        n /= 2;
    }
    x[0]
}

fast! {
    /// Takes a state of `rows` rows, `pitch` apart, through step `t`.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn advance[E: Float][E](s: *mut E, rows: usize, pitch: usize, t: usize, c: &Segment<E>) {
        // SAFETY: the caller's promise, throughout.
        unsafe {
            let (k, gamma, beta) = (c.k.add(t * pitch), c.gamma.add(t * pitch), *c.beta.add(t));
            for r in 0..rows {
                let s = s.add(r * pitch);
                let mut known = [E::default(); LANES];
                for j in (0..pitch).step_by(LANES) {
                    let (s, k, g) = (lanes_mut(s, j), lanes(k, j), lanes(gamma, j));
                    for i in 0..LANES {
                        s[i] = s[i] * g[i];
                        known[i] = s[i].fused(k[i], known[i]);
                    }
                }
                let error = *c.v.add(t * rows + r) - total(known);
                *c.error.add(t * rows + r) = error;
                let delta = beta * error;
                for j in (0..pitch).step_by(LANES) {
                    let (s, k) = (lanes_mut(s, j), lanes(k, j));
                    (0..LANES).for_each(|i| s[i] = delta.fused(k[i], s[i]));
                }
            }
        }
    }
}

fast! {
    /// From the cotangent of the state after step `t`, at `ds`, to that of `s`, the state before; what the step adds to the others' goes
    /// to `sums`, and that of beta is returned.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn retreat[E: Float][E](s: *const E, ds: *mut E, rows: usize, pitch: usize, t: usize, c: &Segment<E>, sums: &Sums<E>) -> E {
        // SAFETY: the caller's promise, throughout; a zero is zero bits.
        unsafe {
            let (q, k, gamma, beta) = (c.q.add(t * pitch), c.k.add(t * pitch), c.gamma.add(t * pitch), *c.beta.add(t));
            [sums.q, sums.k, sums.gamma].iter().for_each(|p| p.write_bytes(0, pitch));
            let mut of_beta = E::default();
            for r in 0..rows {
                let (s, ds) = (s.add(r * pitch), ds.add(r * pitch));
                let (ct, error) = (*c.ct.add(t * rows + r), *c.error.add(t * rows + r));
                let delta = beta * error;
                let mut seen = [E::default(); LANES];
                for j in (0..pitch).step_by(LANES) {
                    let (ds, q, k) = (lanes_mut(ds, j), lanes(q, j), lanes(k, j));
                    for i in 0..LANES {
                        ds[i] = ct.fused(q[i], ds[i]);
                        seen[i] = ds[i].fused(k[i], seen[i]);
                    }
                }
                let of_delta = total(seen);
                of_beta = of_delta.fused(error, of_beta);
                let of_value = beta * of_delta;
                *sums.v.add(r) = of_value;
                for j in (0..pitch).step_by(LANES) {
                    let (s, ds, k, g) = (lanes(s, j), lanes_mut(ds, j), lanes(k, j), lanes(gamma, j));
                    let (of_q, of_k, of_g) = (lanes_mut(sums.q, j), lanes_mut(sums.k, j), lanes_mut(sums.gamma, j));
                    for i in 0..LANES {
                        let kept = s[i] * g[i];
                        of_q[i] = ct.fused(delta.fused(k[i], kept), of_q[i]);
                        of_k[i] = delta.fused(ds[i], (-of_value).fused(kept, of_k[i]));
                        let of_kept = (-of_value).fused(k[i], ds[i]);
                        of_g[i] = of_kept.fused(s[i], of_g[i]);
                        ds[i] = of_kept * g[i];
                    }
                }
            }
            of_beta
        }
    }
}

impl<K: Kind<E: Float>> Backward<K> {
    pub fn new(g: &GatedDeltaGrad) -> Backward<K> {
        let state = std::array::from_fn(|i| g.state.strides[i]);
        Backward { shape: Shape::new(&g.of), output: Operand::new(&g.output), state, of: PhantomData }
    }

    /// One head.
    unsafe fn head(&self, args: &Args<'_>, head: [usize; 2]) -> Result<()> {
        let (s, tiles) = (&self.shape, K::E::tiles(isa()));
        let (keys, values, pitch) = (s.keys, s.values, s.keys.next_multiple_of(LANES));
        let own = [head[0], head[1] / s.share];
        let size = values * pitch;
        let each = s.steps.isqrt().max(1);
        let segments = s.steps.div_ceil(each);
        let (by_keys, by_values) = (each * pitch, each * values);
        let sizes = [by_keys, by_keys, by_keys, by_values, each, by_values, by_values, pitch, pitch, pitch, values, segments * size];
        let mut room = Pieces::<K::E>::new(&[&sizes[..], &[each * size, size, size]].concat())?;
        let mut take = |n: usize| room.take(n);
        let [q, k, gamma] = std::array::from_fn(|_| take(by_keys));
        let c = Segment { q, k, gamma, v: take(by_values), beta: take(each), ct: take(by_values), error: take(by_values) };
        let [q, k, gamma] = std::array::from_fn(|_| take(pitch));
        let sums = Sums { q, k, gamma, v: take(values) };
        let (firsts, all, state, ds) = (take(segments * size), take(each * size), take(size), take(size));
        // The states of the output, and of the cotangents of the inputs, by step.
        let place = |step: usize, n: usize| ((head[0] * s.steps + step) * s.heads + head[1]) * n;
        let result = |i: usize, step: usize, n: usize| (args.outputs[i] as *mut K::E).wrapping_add(place(step, n));
        // SAFETY: the caller's promise; the pieces have room, and no other task has this head of the outputs.
        unsafe {
            let copy_state = |from: *const K::E, steps: [isize; 4], to: *mut K::E| {
                to.write_bytes(0, size);
                for (r, j) in (0..values).flat_map(|r| (0..keys).map(move |j| (r, j))) {
                    *to.add(r * pitch + j) = *from.offset(r as isize * steps[2] + j as isize * steps[3]);
                }
            };
            let read = |segment: usize| {
                let steps = (segment * each, each.min(s.steps - segment * each));
                s.q.read::<K>(tiles, args.inputs[0], own, steps, (0, keys), c.q, pitch);
                s.k.read::<K>(tiles, args.inputs[1], own, steps, (0, keys), c.k, pitch);
                s.v.read::<K>(tiles, args.inputs[2], head, steps, (0, values), c.v, values);
                // A factor for all keys is read as often.
                s.gamma.read::<K>(tiles, args.inputs[3], head, steps, (0, keys), c.gamma, pitch);
                s.beta.read::<K>(tiles, args.inputs[4], head, steps, (0, 1), c.beta, 1);
                self.output.read::<K>(tiles, args.inputs[6], head, steps, (0, values), c.ct, values);
                steps
            };
            copy_state((args.inputs[5] as *const K::E).offset(s.row(head, 0)), s.state, state);
            for segment in 0..segments {
                firsts.add(segment * size).copy_from_nonoverlapping(state, size);
                if segment + 1 < segments {
                    let (_, count) = read(segment);
                    (0..count).for_each(|t| advance(state, values, pitch, t, &c));
                }
            }
            let last = head[0] as isize * self.state[0] + head[1] as isize * self.state[1];
            copy_state((args.inputs[7] as *const K::E).offset(last), self.state, ds);
            for segment in (0..segments).rev() {
                let (first, count) = read(segment);
                state.copy_from_nonoverlapping(firsts.add(segment * size), size);
                for t in 0..count {
                    all.add(t * size).copy_from_nonoverlapping(state, size);
                    advance(state, values, pitch, t, &c);
                }
                for t in (0..count).rev() {
                    let of_beta = retreat(all.add(t * size), ds, values, pitch, t, &c, &sums);
                    let step = first + t;
                    result(0, step, keys).copy_from_nonoverlapping(sums.q, keys);
                    result(1, step, keys).copy_from_nonoverlapping(sums.k, keys);
                    result(2, step, values).copy_from_nonoverlapping(sums.v, values);
                    if s.gamma.steps[3] == 0 {
                        let parts = (0..pitch).step_by(LANES).map(|j| total(*lanes(sums.gamma, j)));
                        result(3, step, 1).write(parts.fold(K::E::default(), |a, b| a + b));
                    } else {
                        result(3, step, keys).copy_from_nonoverlapping(sums.gamma, keys);
                    }
                    result(4, step, 1).write(of_beta);
                }
            }
            let to = (args.outputs[5] as *mut K::E).add((head[0] * s.heads + head[1]) * values * keys);
            (0..values).for_each(|r| to.add(r * keys).copy_from_nonoverlapping(ds.add(r * pitch), keys));
        }
        Ok(())
    }
}

impl<K: Kind<E: Float>> Kernel for Backward<K> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let s = &self.shape;
        let failed = AtomicBool::new(false);
        threads::pieces(s.batch * s.heads, (s.steps + 1) * s.values * (s.keys + 16) * 400, |range| {
            for i in range {
                // SAFETY: the caller's promise; a task has a head of its own.
                if unsafe { self.head(&args, [i / s.heads, i % s.heads]) }.is_err() {
                    failed.store(true, Relaxed);
                }
            }
        });
        if failed.into_inner() { Err(super::no_memory()) } else { Ok(()) }
    }
}
