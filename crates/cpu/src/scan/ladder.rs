//! The order in which a scan combines, as [`ScanOp`](lazulite_base::work::ScanOp) defines it: groups of 32, and what comes before them.

use super::fold::{Join, LANES};
use crate::isa::fast;

/// Elements of a group, and parts of a block.
pub const GROUP: usize = 32;

/// Groups side by side: element by element, their lanes.
pub type Tile<S> = [[S; LANES]; GROUP];

/// Scans the first `m` elements of every lane.
#[inline(always)]
fn steps<J: Join>(v: &mut Tile<J::State>, m: usize) {
    let mut d = 1;
    while d < GROUP {
        for i in (d..m).rev() {
            v[i] = J::join_all(&v[i - d], &v[i]);
        }
        d *= 2;
    }
}

/// Joins what comes before each lane to its first `m` elements.
#[inline(always)]
fn lead<J: Join>(before: &[J::State; LANES], v: &mut Tile<J::State>, m: usize) {
    v.iter_mut().take(m).for_each(|v| *v = J::join_all(before, v));
}

fast! {
    /// [`steps`], with this machine's instructions.
    unsafe fn steps_fast[J: Join][J](v: &mut Tile<J::State>, m: usize) {
        steps::<J>(v, m);
    }
}

fast! {
    /// [`lead`], with this machine's instructions.
    unsafe fn lead_fast[J: Join][J](before: &[J::State; LANES], v: &mut Tile<J::State>, m: usize) {
        lead::<J>(before, v, m);
    }
}

/// Scans the first `m` elements of every lane.
#[inline(never)]
pub fn ladder<J: Join>(v: &mut Tile<J::State>, m: usize) {
    if J::FAST {
        // SAFETY: it only touches the tile.
        unsafe { steps_fast::<J>(v, m) }
    } else {
        steps::<J>(v, m);
    }
}

/// Joins what comes before each lane to its first `m` elements.
#[inline(never)]
pub fn follow<J: Join>(before: &[J::State; LANES], v: &mut Tile<J::State>, m: usize) {
    if J::FAST {
        // SAFETY: it only touches the tile.
        unsafe { lead_fast::<J>(before, v, m) }
    } else {
        lead::<J>(before, v, m);
    }
}

/// The blocks of a level: the ladder over the totals of the current block's parts, as far as they have come.
struct Level<S> {
    /// The values before each step.
    steps: Vec<[S; GROUP]>,
    parts: usize,
    /// What comes before the block.
    before: Option<S>,
}

/// What has been scanned so far.
pub struct Carry<S> {
    levels: Vec<Level<S>>,
    before: Option<S>,
}

impl<S: Copy> Carry<S> {
    /// Nothing, or whole blocks of `levels` levels whose combination is known.
    pub fn new(before: Option<(S, usize)>) -> Carry<S> {
        let level = |s| Level { steps: vec![[s; GROUP]; 5], parts: 0, before: Some(s) };
        Carry { levels: before.map_or(vec![], |(s, n)| (0..n).map(|_| level(s)).collect()), before: before.map(|b| b.0) }
    }

    /// What comes before the next group.
    #[inline(always)]
    pub fn before(&self) -> Option<&S> {
        self.before.as_ref()
    }

    /// Takes the next group's total.
    #[inline(always)]
    pub fn push(&mut self, total: S, join: impl Fn(&S, &S) -> S) {
        let mut total = total;
        for k in 0.. {
            if k == self.levels.len() {
                self.levels.push(Level { steps: vec![[total; GROUP]; 5], parts: 0, before: None });
            }
            let level = &mut self.levels[k];
            let j = level.parts;
            for (s, step) in level.steps.iter_mut().enumerate() {
                step[j] = total;
                if j >= 1 << s {
                    total = join(&step[j - (1 << s)], &total);
                }
            }
            level.parts += 1;
            if level.parts < GROUP {
                let before = level.before.map_or(total, |b| join(&b, &total));
                self.before = Some(before);
                // The levels below begin a new block after it.
                self.levels[..k].iter_mut().for_each(|l| l.before = Some(before));
                return;
            }
            level.parts = 0;
        }
    }
}
