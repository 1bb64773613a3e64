//! Snapshots of generated text: a change of the generator shows here. `UPDATE_EXPECT=1 cargo test -p lazulite-cuda --test text` rewrites
//! them.

mod common;

use common::{columns_beside, layer_norm, reduction, single, softmax, transposed};
use expect_test::{ExpectFile, expect_file};
use lazulite_base::tape::{Order, ReduceOp, Tape};
use lazulite_base::{Dtype, Op};
use lazulite_cuda::tape::plan;

fn check(tape: &Tape, expect: ExpectFile) {
    let plan = plan(tape);
    let texts: Vec<String> = plan
        .launches
        .iter()
        .map(|l| format!("// grid {:?}, block {}, shared {}, scratch {}\n{}", l.grid, l.block, l.shared, plan.scratch, l.source.text))
        .collect();
    expect.assert_eq(&texts.join("\n"));
}

#[test]
fn an_addition_of_halves() {
    check(&single(Op::Add, Dtype::BF16, &[1 << 20]), expect_file!["text/add_bf16.cu"]);
}

#[test]
fn a_transposed_matrix() {
    check(&transposed(Dtype::F32, 1024, 2048), expect_file!["text/transposed.cu"]);
}

#[test]
fn softmax_in_registers() {
    check(&softmax(Dtype::F32, 100, 64), expect_file!["text/softmax_64.cu"]);
}

#[test]
fn softmax_in_shared_memory() {
    check(&softmax(Dtype::F32, 100, 8192), expect_file!["text/softmax_8192.cu"]);
}

#[test]
fn layer_norm_in_shared_memory() {
    check(&layer_norm(100, 4096), expect_file!["text/layer_norm_4096.cu"]);
}

#[test]
fn a_sum_along_the_first_axis() {
    check(&reduction(ReduceOp::Sum, Dtype::F32, 512, 8192, Order::Blocks), expect_file!["text/sum_blocks.cu"]);
}

#[test]
fn a_sum_of_one_block() {
    check(&reduction(ReduceOp::Sum, Dtype::F32, 1, 8000, Order::Lanes), expect_file!["text/sum_lanes.cu"]);
}

#[test]
fn sums_of_short_columns() {
    check(&columns_beside(33, 200), expect_file!["text/sum_columns.cu"]);
}

#[test]
fn a_sum_of_everything() {
    check(&reduction(ReduceOp::Sum, Dtype::F32, 1, 1 << 24, Order::Lanes), expect_file!["text/sum_all.cu"]);
}
