//! Forwards: 16 rows of a state at a time, a column of them a register, through the whole sequence. A row needs nothing of the others.

use super::{Float, LANES, Lanes, Shape, add_times, sum};
use crate::isa::{fast, isa};
use crate::matmul::pack::Kind;
use crate::matmul::scratch::{Pieces, Shared};
use crate::matmul::tile::Tiled;
use crate::threads;
use lazulite_base::Result;
use lazulite_base::backend::{Args, Kernel};
use lazulite_base::work::GatedDelta;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Steps whose operands are read at once.
const CHUNK: usize = 32;

pub struct Forward<K> {
    shape: Shape,
    of: PhantomData<fn() -> K>,
}

/// The operands of a chunk of steps: q, k (`keys` a step), gamma (as many, or one), v, beta and the output (16 a step).
struct Chunk<E> {
    q: *mut E,
    k: *mut E,
    gamma: *mut E,
    /// Whether gamma is one factor for all keys.
    one: bool,
    v: *mut E,
    beta: *mut E,
    out: *mut E,
}

fast! {
    /// Takes 16 rows of a state, which lie turned at `s`, through `steps` steps.
    ///
    /// # Safety
    /// All of it lies there.
    unsafe fn advance[E: Float][E](s: *mut Lanes<E>, keys: usize, steps: usize, c: &Chunk<E>) {
        let zero = [E::default(); LANES];
        // SAFETY: the caller's promise, throughout.
        let s = unsafe { std::slice::from_raw_parts_mut(s, keys) };
        for t in 0..steps {
            // SAFETY: the caller's promise.
            let row = |p: *mut E, n: usize| unsafe { std::slice::from_raw_parts(p.add(t * n), n) };
            let (q, k, v) = (row(c.q, keys), row(c.k, keys), row(c.v, LANES));
            let (beta, mut factor) = (row(c.beta, 1)[0], E::ONE);
            if c.one {
                factor = row(c.gamma, 1)[0];
            } else {
                for (s, &g) in s.iter_mut().zip(row(c.gamma, keys)) {
                    s.iter_mut().for_each(|s| *s = *s * g);
                }
            }
            let mut parts = [zero; 4];
            let whole = keys - keys % 4;
            for j in (0..whole).step_by(4) {
                (0..4).for_each(|i| add_times(&mut parts[i], &s[j + i], k[j + i]));
            }
            (whole..keys).for_each(|j| add_times(&mut parts[0], &s[j], k[j]));
            let known = sum(&sum(&parts[0], &parts[1]), &sum(&parts[2], &parts[3]));
            let delta: Lanes<E> = std::array::from_fn(|i| beta * (v[i] - factor * known[i]));
            let mut out = [zero; 2];
            for (j, s) in s.iter_mut().enumerate() {
                let kept: Lanes<E> = std::array::from_fn(|i| s[i] * factor);
                *s = kept;
                add_times(s, &delta, k[j]);
                add_times(&mut out[j % 2], s, q[j]);
            }
            // SAFETY: the caller's promise.
            unsafe { *c.out.add(t * LANES).cast() = sum(&out[0], &out[1]) };
        }
    }
}

impl<K: Kind<E: Float>> Forward<K> {
    pub fn new(g: &GatedDelta) -> Forward<K> {
        Forward { shape: Shape::new(g), of: PhantomData }
    }

    /// Some rows of one head's state.
    unsafe fn rows(&self, args: &Args<'_>, head: [usize; 2], first: usize) -> Result<()> {
        let (s, tiles) = (&self.shape, K::E::tiles(isa()));
        let (keys, n) = (s.keys, LANES.min(s.values - first));
        let own = [head[0], head[1] / s.share];
        let gammas = s.gamma.features;
        let mut room =
            Pieces::<K::E>::new(&[keys * LANES, CHUNK * keys, CHUNK * keys, CHUNK * gammas, CHUNK * LANES, CHUNK, CHUNK * LANES])?;
        let turned = room.take(keys * LANES);
        let c = Chunk {
            q: room.take(CHUNK * keys),
            k: room.take(CHUNK * keys),
            gamma: room.take(CHUNK * gammas),
            one: s.gamma.steps[3] == 0,
            v: room.take(CHUNK * LANES),
            beta: room.take(CHUNK),
            out: room.take(CHUNK * LANES),
        };
        let last = Shared(args.outputs[1] as *mut K::E).at(((head[0] * s.heads + head[1]) * s.values + first) * keys);
        // SAFETY: the caller's promise; the pieces have room, and no other task has these rows of the outputs.
        unsafe {
            let state = (args.inputs[5] as *const K::E).offset(s.row(head, first));
            if n < LANES {
                turned.write_bytes(0, keys * LANES);
            }
            for r in 0..n {
                let row = state.offset(r as isize * s.state[2]);
                (0..keys).for_each(|j| *turned.add(j * LANES + r) = *row.offset(j as isize * s.state[3]));
            }
            for step in (0..s.steps).step_by(CHUNK) {
                let steps = (step, CHUNK.min(s.steps - step));
                s.q.read::<K>(tiles, args.inputs[0], own, steps, (0, keys), c.q, keys);
                s.k.read::<K>(tiles, args.inputs[1], own, steps, (0, keys), c.k, keys);
                s.v.read::<K>(tiles, args.inputs[2], head, steps, (first, n), c.v, LANES);
                s.gamma.read::<K>(tiles, args.inputs[3], head, steps, (0, gammas), c.gamma, gammas);
                s.beta.read::<K>(tiles, args.inputs[4], head, steps, (0, 1), c.beta, 1);
                advance(turned.cast(), keys, steps.1, &c);
                let at = ((head[0] * s.steps + step) * s.heads + head[1]) * s.values + first;
                K::finish(c.out, LANES, steps.1, n, (args.outputs[0] as *mut K).add(at), s.heads * s.values);
            }
            for r in 0..n {
                (0..keys).for_each(|j| *last.add(r * keys + j) = *turned.add(j * LANES + r));
            }
        }
        Ok(())
    }
}

impl<K: Kind<E: Float>> Kernel for Forward<K> {
    unsafe fn launch(&self, args: Args<'_>) -> Result<()> {
        let s = &self.shape;
        let blocks = s.values.div_ceil(LANES);
        let failed = AtomicBool::new(false);
        threads::pieces(s.batch * s.heads * blocks, (s.steps + 8) * (s.keys + 16) * 1000, |range| {
            for i in range {
                let (head, block) = (i / blocks, i % blocks);
                // SAFETY: the caller's promise; tasks have rows of their own.
                if unsafe { self.rows(&args, [head / s.heads, head % s.heads], block * LANES) }.is_err() {
                    failed.store(true, Relaxed);
                }
            }
        });
        if failed.into_inner() { Err(super::no_memory()) } else { Ok(()) }
    }
}
