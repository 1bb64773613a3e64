//! The order in which a scan combines, as [`ScanOp`](lazulite_base::work::ScanOp) defines it: groups of 32, and what comes before them.

use super::fold::{Fold, LANES};

/// Elements of a group, and parts of a block.
pub const GROUP: usize = 32;

/// Groups side by side: element by element, their lanes.
pub type Tile<S> = [[S; LANES]; GROUP];

/// Scans the first `m` elements of every lane.
#[inline(always)]
pub fn ladder<F: Fold>(v: &mut Tile<F::State>, m: usize) {
    for d in [1, 2, 4, 8, 16] {
        for i in (d..m).rev() {
            v[i] = F::join_all(&v[i - d], &v[i]);
        }
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
