//! Random tapes, compiled, against a slow evaluator that follows the tape's definition word for word.

mod common;
mod math;

use common::{Random, check, random_tape};
use lazulite_base::Dtype;
use lazulite_base::tape::Order;

#[test]
fn random_elementwise_tapes_match_their_definition() {
    for seed in 0..600 {
        let mut r = Random::new(seed);
        let tape = random_tape(&mut r, false, Order::Lanes, 3000);
        check(&tape, seed, false);
    }
}

#[test]
fn random_row_tapes_match_their_definition() {
    for seed in 0..600 {
        let mut r = Random::new(1000 + seed);
        let order = if r.below(2) == 0 { Order::Lanes } else { Order::Blocks };
        let tape = random_tape(&mut r, true, order, 3000);
        check(&tape, 1000 + seed, false);
    }
}

#[test]
fn big_tapes_match_their_definition_on_several_threads() {
    for seed in 0..30 {
        let mut r = Random::new(5000 + seed);
        let order = if r.below(2) == 0 { Order::Lanes } else { Order::Blocks };
        let tape = random_tape(&mut r, seed % 3 != 0, order, 200_000);
        check(&tape, 5000 + seed, true);
    }
}

#[test]
fn every_operation_matches_in_every_dtype() {
    for &op in lazulite_base::Op::ALL {
        for d in Dtype::ALL {
            let Some(d) = op.operand_dtype(d) else { continue };
            for (len, strided) in [(1, false), (37, false), (37, true), (600, false)] {
                check(&common::single(op, d, len, strided), 7, false);
            }
        }
    }
}

#[test]
fn every_cast_matches() {
    for a in Dtype::ALL {
        for b in Dtype::ALL {
            check(&common::cast(a, b, 101), 11, false);
        }
    }
}

#[test]
fn every_reduction_matches() {
    use lazulite_base::tape::ReduceOp::*;
    for d in Dtype::ALL {
        if d.is_half() {
            continue;
        }
        for op in [Sum, Prod, Min, Max, All, Any] {
            if matches!(op, All | Any) && d != Dtype::Bool {
                continue;
            }
            for order in [Order::Lanes, Order::Blocks] {
                for (dims, inner) in
                    [(vec![3, 70], 1), (vec![40, 7], 1), (vec![2, 9000], 1), (vec![300, 17], 1), (vec![2, 0], 1), (vec![5, 6, 7], 2)]
                {
                    for last in [true, false] {
                        check(&common::reduction(op, d, order, &dims, inner, last), 13, false);
                    }
                }
            }
        }
    }
}

#[test]
fn turned_operands_match() {
    for d in [Dtype::F32, Dtype::F64, Dtype::F16, Dtype::U8, Dtype::C64, Dtype::Bool] {
        for (m, n) in [(70, 70), (16, 64), (33, 600), (5, 1100), (1, 70)] {
            check(&common::turned(d, m, n), 17, false);
        }
    }
    check(&common::turned(Dtype::F32, 400, 300), 18, true);
}

#[test]
fn norms_and_softmax_match() {
    for (rows, n) in [(3, 5), (2, 31), (3, 700), (2, 2048), (2, 2049), (1, 8192), (2, 9000), (1, 40_000), (40, 20)] {
        for order in [Order::Lanes, Order::Blocks] {
            check(&common::norm(rows, n, order), 19, rows * n > 30_000);
            check(&common::softmax(rows, n, order), 20, rows * n > 30_000);
        }
    }
    check(&common::softmax(1, 300_000, Order::Lanes), 21, true);
    check(&common::norm(1, 300_000, Order::Lanes), 22, true);
}
