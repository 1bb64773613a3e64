//! The order in which `einsum` contracts its operands: always the pair that frees most memory, of equal ones the cheaper.
//!
//! Pairs that share an axis come first. If there are none, outer products with the newest operand are considered. Under a limit, no
//! intermediate may be larger than the largest operand or the result; what is left when no pair fits is one contraction.

use smallvec::SmallVec;
use std::collections::BTreeSet;

/// The name of an axis: a letter, or a place counted from the right within `...`.
pub(crate) type Label = i32;

type Set = BTreeSet<Label>;

/// An order of contractions, with what it costs.
pub(crate) struct Plan {
    /// Which operands are contracted; the result comes after those that are left.
    pub path: Vec<SmallVec<[usize; 2]>>,
    /// The largest number of axes in one of its contractions.
    pub scaling: usize,
    /// Its multiplications and additions.
    pub flops: u128,
    /// The same for one contraction of all operands.
    pub naive_scaling: usize,
    /// Its multiplications and additions.
    pub naive_flops: u128,
}

/// A pair that may be next: how much memory it frees (negative, so that the smallest is best), its cost, and what it makes.
#[derive(Clone)]
struct Candidate {
    freed: i128,
    cost: u128,
    pair: (usize, usize),
    made: Set,
}

struct Sizes<'a>(&'a dyn Fn(Label) -> usize);

impl Sizes<'_> {
    fn of(&self, set: &Set) -> u128 {
        set.iter().map(|&l| (self.0)(l) as u128).fold(1, u128::saturating_mul)
    }

    /// Operations of one contraction over `all` axes of so many operands.
    fn flops(&self, all: &Set, sums: bool, operands: usize) -> u128 {
        self.of(all).saturating_mul((operands.max(2) - 1 + sums as usize) as u128)
    }
}

fn kept(all: &Set, sets: &[Set], without: &[usize], out: &Set) -> Set {
    let needed = |l: &Label| out.contains(l) || sets.iter().enumerate().any(|(i, s)| !without.contains(&i) && s.contains(l));
    all.iter().copied().filter(needed).collect()
}

fn candidate(pair: (usize, usize), sets: &[Set], out: &Set, sizes: &Sizes<'_>) -> Candidate {
    let (a, b) = (&sets[pair.0], &sets[pair.1]);
    let all: Set = a.union(b).copied().collect();
    let made = kept(&all, sets, &[pair.0, pair.1], out);
    let freed = sizes.of(&made) as i128 - sizes.of(a) as i128 - sizes.of(b) as i128;
    Candidate { freed, cost: sizes.flops(&all, made.len() < all.len(), 2), pair, made }
}

/// The order for operands of these axes.
pub(crate) fn plan(operands: &[Vec<Label>], out: &[Label], size: &dyn Fn(Label) -> usize, limited: bool) -> Plan {
    let sizes = Sizes(size);
    let out: Set = out.iter().copied().collect();
    let mut sets: Vec<Set> = operands.iter().map(|l| l.iter().copied().collect()).collect();
    let all: Set = sets.iter().flatten().copied().collect();
    let naive_flops = sizes.flops(&all, all.iter().any(|l| !out.contains(l)), sets.len());
    let elements = |list: &mut dyn Iterator<Item = Label>| list.map(|l| size(l) as u128).fold(1, u128::saturating_mul);
    let largest = operands.iter().map(|l| elements(&mut l.iter().copied())).max().unwrap_or(1);
    let limit = if limited { largest.max(elements(&mut out.iter().copied())) } else { u128::MAX };
    let mut plan = Plan { path: vec![], scaling: 0, flops: 0, naive_scaling: all.len(), naive_flops };
    let mut known: Vec<Candidate> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = (0..sets.len()).flat_map(|i| (i + 1..sets.len()).map(move |j| (i, j))).collect();
    let simple = sets.len() <= 2;
    loop {
        if !simple {
            for outer in [false, true] {
                if outer && !known.is_empty() {
                    break;
                }
                let fitting = pairs.iter().filter(|(i, j)| outer || !sets[*i].is_disjoint(&sets[*j]));
                known.extend(fitting.map(|&p| candidate(p, &sets, &out, &sizes)).filter(|c| sizes.of(&c.made) <= limit));
            }
        }
        let best = known.iter().min_by_key(|c| (c.freed, c.cost)).cloned();
        let step: SmallVec<[usize; 2]> = match &best {
            Some(c) if !simple => SmallVec::from_slice(&[c.pair.0, c.pair.1]),
            _ => (0..sets.len()).collect(),
        };
        let joined: Set = step.iter().flat_map(|&i| sets[i].iter().copied()).collect();
        let made = kept(&joined, &sets, &step, &out);
        plan.scaling = plan.scaling.max(joined.len());
        plan.flops = plan.flops.saturating_add(sizes.flops(&joined, made.len() < joined.len(), step.len()));
        let moved = |i: usize| i - step.iter().filter(|&&s| s < i).count();
        known.retain(|c| !step.contains(&c.pair.0) && !step.contains(&c.pair.1));
        known.iter_mut().for_each(|c| c.pair = (moved(c.pair.0), moved(c.pair.1)));
        let mut at = 0;
        sets.retain(|_| {
            at += 1;
            !step.contains(&(at - 1))
        });
        sets.push(made);
        pairs = (0..sets.len() - 1).map(|i| (i, sets.len() - 1)).collect();
        plan.path.push(step);
        if sets.len() == 1 {
            return plan;
        }
    }
}
