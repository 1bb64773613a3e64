//! What comes before each part of a row, in the order that [`ScanOp`](lazulite_base::work::ScanOp) defines.

use super::joins::GROUP;

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
    /// Nothing.
    pub fn new() -> Carry<S> {
        Carry { levels: vec![], before: None }
    }

    /// Starts again: with nothing, or with a whole block of parts whose combination is known.
    pub fn restart(&mut self, before: Option<S>) {
        if let Some(s) = before
            && self.levels.is_empty()
        {
            self.levels.push(Level { steps: vec![[s; GROUP]; 5], parts: 0, before });
        }
        for (k, level) in self.levels.iter_mut().enumerate() {
            (level.parts, level.before) = (0, before.filter(|_| k == 0));
        }
        self.before = before;
    }

    /// What comes before the next part.
    #[inline(always)]
    pub fn before(&self) -> Option<&S> {
        self.before.as_ref()
    }

    /// Takes the next part's total.
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
