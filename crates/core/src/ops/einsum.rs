//! `einsum`: sums of products named by letters, contracted pair by pair in the order that `contraction` finds.

use crate::Array;
use crate::ops::contraction::{self, Label};
use crate::ops::{free, references, view};
use lazulite_base::Dims;
use lazulite_base::error::{Error, Result};
use std::borrow::Borrow;

/// An operand with its axes named.
struct Term {
    array: Array,
    labels: Vec<Label>,
}

fn refuse(text: String) -> Error {
    Error::value("einsum", text)
}

/// The labels of one term; `dots` axes stand for its `...`.
fn labels(text: &str, dots: usize) -> Result<Vec<Label>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            out.extend((0..dots as i32).map(|i| i - dots as i32));
            rest = after;
        } else if c.is_ascii_alphabetic() {
            out.push(c as Label);
            rest = &rest[1..];
        } else {
            return Err(refuse(format!("{c:?} in {text:?} is no letter")));
        }
    }
    Ok(out)
}

impl Term {
    /// The operand under its labels: repeated ones on the diagonal, those in `drop` summed away.
    fn new(array: &Array, labels: Vec<Label>) -> Result<Term> {
        let mut term = Term { array: array.clone(), labels };
        while let Some((i, j)) = term.repeated() {
            if term.array.shape()[i] != term.array.shape()[j] {
                return Err(refuse(format!("axes {i} and {j} of {:?} have one name", term.array.dims())));
            }
            term.array = crate::ops::diagonal_of(&term.array, 0, i as i64, j as i64)?;
            let label = term.labels[i];
            term.labels.remove(j);
            term.labels.remove(i);
            term.labels.push(label);
        }
        Ok(term)
    }

    fn repeated(&self) -> Option<(usize, usize)> {
        let l = &self.labels;
        (0..l.len()).find_map(|i| (i + 1..l.len()).find(|&j| l[j] == l[i]).map(|j| (i, j)))
    }

    /// Without the axes that `keep` does not name.
    fn summed(self, keep: &dyn Fn(Label) -> bool) -> Result<Term> {
        let gone: Vec<i64> = (0..self.labels.len()).filter(|&i| !keep(self.labels[i])).map(|i| i as i64).collect();
        if gone.is_empty() {
            return Ok(self);
        }
        Ok(Term { array: crate::ops::sum(&self.array, gone)?, labels: self.labels.into_iter().filter(|&l| keep(l)).collect() })
    }

    /// The axes in the order of `labels`; those that are missing have size one.
    fn arranged(&self, labels: &[Label]) -> Result<Array> {
        let order: Dims = labels.iter().filter_map(|l| self.labels.iter().position(|k| k == l)).collect();
        let dims = labels.iter().map(|&l| self.size(l).unwrap_or(1)).collect();
        view::reshape_to(&view::permute(&self.array, order)?, dims)
    }

    fn size(&self, label: Label) -> Option<usize> {
        self.labels.iter().position(|&l| l == label).map(|i| self.array.shape()[i])
    }

    /// The product with `other`, summed over what both name and `keep` does not.
    fn times(self, other: Term, keep: &dyn Fn(Label) -> bool) -> Result<Term> {
        let shared = |l: &&Label| other.labels.contains(l);
        let batch: Vec<Label> = self.labels.iter().filter(shared).filter(|&&l| keep(l)).copied().collect();
        let over: Vec<Label> = self.labels.iter().filter(shared).filter(|&&l| !keep(l)).copied().collect();
        let left: Vec<Label> = self.labels.iter().filter(|l| !other.labels.contains(l)).copied().collect();
        let right: Vec<Label> = other.labels.iter().filter(|l| !self.labels.contains(l)).copied().collect();
        let labels: Vec<Label> = batch.iter().chain(&left).chain(&right).copied().collect();
        if over.is_empty() {
            let array = crate::ops::multiply(&self.arranged(&labels)?, &other.arranged(&labels)?)?;
            return Ok(Term { array, labels });
        }
        // A size of one stretches to the other's.
        let common = |l: Label| self.size(l).unwrap_or(1).max(other.size(l).unwrap_or(1));
        let sizes = |list: &[Label]| -> Dims { list.iter().map(|&l| common(l)).collect() };
        let shape = |middle: [&[Label]; 2], term: &Term| -> Result<Array> {
            let all: Vec<Label> = batch.iter().chain(middle[0]).chain(middle[1]).copied().collect();
            let wide = crate::ops::broadcast_to(&term.arranged(&all)?, sizes(&all))?;
            let flat = |list: &[Label]| sizes(list).iter().product();
            view::reshape_to(&wide, sizes(&batch).into_iter().chain([flat(middle[0]), flat(middle[1])]).collect())
        };
        let product = crate::ops::matmul(&shape([&left, &over], &self)?, &shape([&over, &right], &other)?)?;
        Ok(Term { array: view::reshape_to(&product, sizes(&labels))?, labels })
    }
}

/// Subscripts that fit their operands.
struct Parsed<'a> {
    terms: Vec<(&'a Array, Vec<Label>)>,
    wanted: Vec<Label>,
    sizes: Vec<(Label, usize)>,
}

impl Parsed<'_> {
    /// The order of contractions.
    fn plan(&self, limited: bool) -> contraction::Plan {
        let operands: Vec<Vec<Label>> = self.terms.iter().map(|t| t.1.clone()).collect();
        let size = |l: Label| self.sizes.iter().find(|s| s.0 == l).map_or(1, |s| s.1);
        contraction::plan(&operands, &self.wanted, &size, limited)
    }
}

#[track_caller]
fn parse<'a>(subscripts: &str, operands: &[&'a Array]) -> Result<Parsed<'a>> {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (&text[..], None),
    };
    let parts: Vec<&str> = inputs.split(',').collect();
    if parts.len() != operands.len() || operands.is_empty() {
        return Err(refuse(format!("{} operands for the {} of {subscripts:?}", operands.len(), parts.len())));
    }
    let mut terms = Vec::new();
    let mut dots = 0;
    for (part, &x) in parts.iter().zip(operands) {
        let letters = part.chars().filter(char::is_ascii_alphabetic).count();
        let open = part.contains("...");
        if letters > x.ndim() || !open && letters != x.ndim() {
            return Err(refuse(format!("{part:?} does not name the axes of {:?}", x.shape())));
        }
        let own = if open { x.ndim() - letters } else { 0 };
        dots = dots.max(own);
        terms.push((x, labels(part, own)?));
    }
    let all: Vec<Label> = terms.iter().flat_map(|(_, l)| l.iter().copied()).collect();
    let wanted = match output {
        Some(output) => labels(output, dots)?,
        None => {
            let mut once: Vec<Label> = all.iter().filter(|&&l| l > 0 && all.iter().filter(|&&k| k == l).count() == 1).copied().collect();
            once.sort_unstable();
            (0..dots as i32).map(|i| i - dots as i32).chain(once).collect()
        }
    };
    if let Some(l) = wanted.iter().enumerate().find(|(i, l)| !all.contains(l) || wanted[..*i].contains(l)).map(|(_, l)| *l) {
        return Err(refuse(format!("{:?} of the result of {subscripts:?} occurs in no operand, or twice", l as u8 as char)));
    }
    let mut sizes: Vec<(Label, usize)> = Vec::new();
    for (x, list) in &terms {
        for (&l, &n) in list.iter().zip(x.shape()) {
            match sizes.iter_mut().find(|s| s.0 == l) {
                None => sizes.push((l, n)),
                Some(s) if s.1 == 1 => s.1 = n,
                Some(s) if n != 1 && s.1 != n => return Err(refuse(format!("an axis of {subscripts:?} has the sizes {} and {n}", s.1))),
                Some(_) => {}
            }
        }
    }
    Ok(Parsed { terms, wanted, sizes })
}

free! {
    /// Einstein summation: `"ij,jk->ik"` names the axes of each operand and of the result; what the result does not name is summed over.
    /// Without `->` it has the letters that occur once, in alphabetical order. `...` stands for axes that broadcast.
    ///
    /// # Errors
    /// A value error for subscripts that do not fit the operands, sizes that differ, or integers where a product of matrices is needed.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let x = array![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(ops::einsum("ij,kj->ik", &[&x, &x]).unwrap().to_vec::<f32>().unwrap(), [5.0, 11.0, 11.0, 25.0]);
    /// assert_eq!(ops::einsum("ii", &[&x]).unwrap().item::<f32>().unwrap(), 5.0);
    /// ```
    pub fn einsum(subscripts: &str, operands: &[impl Borrow<Array>]) -> Array {
        let parsed = parse(subscripts, &references(operands))?;
        let path = parsed.plan(false).path;
        let Parsed { terms, wanted, .. } = parsed;
        let mut terms = terms.into_iter().map(|(x, l)| Term::new(x, l)).collect::<Result<Vec<_>>>()?;
        for step in path {
            let mut chosen: Vec<Term> = step.iter().rev().map(|&i| terms.remove(i)).collect();
            let later = |l: Label| wanted.contains(&l) || terms.iter().any(|t| t.labels.contains(&l));
            let first = chosen.pop().expect("a step has operands");
            let made = match chosen.pop() {
                None => first.summed(&later)?,
                Some(second) => {
                    let (of_first, of_second) = (first.labels.clone(), second.labels.clone());
                    let first = first.summed(&|l| later(l) || of_second.contains(&l))?;
                    first.times(second.summed(&|l| later(l) || of_first.contains(&l))?, &later)?
                }
            };
            terms.push(made);
        }
        terms.remove(0).arranged(&wanted)
    }

    /// The order in which operands are contracted so that no intermediate is larger than the largest of them or the result, each step by
    /// the places of its operands, of which the result is put last; and a report of what it saves.
    ///
    /// # Errors
    /// A value error for subscripts that do not fit the operands.
    ///
    /// ```
    /// use lazulite::prelude::*;
    /// let (a, b, c) = (Array::ones([2, 9], Dtype::F32), Array::ones([9, 9], Dtype::F32), Array::ones([9, 1], Dtype::F32));
    /// let (path, report) = ops::einsum_path("ij,jk,kl->il", &[&a, &b, &c]).unwrap();
    /// assert_eq!(path, [[1, 2], [0, 1]]);
    /// assert!(report.contains("Optimized scaling:  3"));
    /// ```
    pub fn einsum_path(subscripts: &str, operands: &[impl Borrow<Array>]) -> (Vec<Vec<usize>>, String) {
        let plan = parse(subscripts, &references(operands))?.plan(true);
        let report = format!(
            "  Complete contraction:  {subscripts}\n         Naive scaling:  {}\n     Optimized scaling:  {}\n      \
             Naive FLOP count:  {}\n  Optimized FLOP count:  {}\n",
            plan.naive_scaling, plan.scaling, plan.naive_flops, plan.flops
        );
        Ok((plan.path.into_iter().map(|s| s.to_vec()).collect(), report))
    }
}
