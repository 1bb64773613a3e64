//! The generic kernels on a device: the bits of tapes' own kernels, and about the time that is expected of them.

use crate::common::random::{Dice, tape};
use crate::common::{Draft, all, columns_beside, softmax};
use crate::{Operand, brief, compiled, cuda, dtypes, forms, numbers, on_gpu, operand};
use lazulite_base::backend::{Args, Backend, Kernel};
use lazulite_base::tape::{Map, Order, Tape};
use lazulite_base::work::{View, Work};
use lazulite_base::{Dtype, Op};
use lazulite_cuda::backend::{gpu, plan};
use lazulite_cuda::step::Generic;
use lazulite_cuda::tape::generic::operations::Class;
use lazulite_cuda::work::Target;
use std::sync::Arc;
use std::time::Instant;

/// Where the generic kernel's bits are not those of a tape's own kernel, but for the payloads of what is no number.
fn unequal(cuda: &Arc<dyn Backend>, work: &Work, dice: &mut Dice, shift: usize) -> Option<String> {
    let Work::Tape(tape) = work else { return None };
    let call = plan(work, Target::OLDEST)?.generic?;
    let operands =
        |dice: &mut Dice, m: &Map| operand(dice, &View { dtype: m.dtype, dims: tape.dims.clone(), strides: m.strides.clone() }, true);
    let inputs: Vec<Operand> = tape.inputs.iter().map(|m| operands(dice, m)).collect();
    let mut own: Vec<Operand> = tape.outputs.iter().map(|(_, m)| operands(dice, m)).collect();
    let mut other: Vec<Operand> = own.iter().map(|o| Operand { bytes: o.bytes.clone(), origin: o.origin }).collect();
    let params: Vec<u64> = tape.params.iter().map(|&d| dice.any(d).bits()).collect();
    let kernel = cuda.compile(0, work).expect("its own kernel").expect("its own kernel");
    let generic = Generic::new(gpu(0).expect("a device"), &call).expect("the generic kernel");
    on_gpu(cuda, &*kernel, &inputs, &mut own, &params, shift);
    on_gpu(cuda, &generic, &inputs, &mut other, &params, shift);
    for (k, ((a, b), d)) in own.iter().zip(&other).zip(dtypes(work)).enumerate() {
        let numbers = numbers(d, &a.bytes).into_iter().zip(numbers(d, &b.bytes));
        for (i, ((x, y), (p, q))) in a.bytes.chunks(d.size()).zip(b.bytes.chunks(d.size())).zip(numbers).enumerate() {
            if x != y && !(p.is_nan() && q.is_nan()) {
                return Some(format!("output {k} ({d}), element {i}: {y:?} ({q}), not {x:?} ({p}): {}", brief(work)));
            }
        }
    }
    None
}

/// Every row of the table, every cast, rows in both orders, and tapes at random: a generic kernel gives the bits of a tape's own.
#[test]
fn generic_kernels_give_equal_bits() {
    let Some(cuda) = cuda() else { return };
    let mut dice = Dice(7);
    let mut works: Vec<Work> = all().into_iter().chain(forms()).filter(|w| matches!(w, Work::Tape(_))).collect();
    for (n, orders) in (0..900).zip([None, Some(Order::Lanes), Some(Order::Blocks)].into_iter().cycle()) {
        let class = Class::ALL[n % 2];
        let dtypes: Vec<Dtype> = Dtype::ALL.into_iter().filter(|&d| class.takes(d)).collect();
        works.push(Work::Tape(tape(&mut dice, &dtypes, orders, [300, 3000, 40_000][n % 3])));
    }
    works.retain(|w| plan(w, Target::OLDEST).is_some_and(|p| p.generic.is_some()));
    assert!(works.len() > 1800, "{}", works.len());
    compiled(&works);
    let start = std::time::Instant::now();
    for shift in [0, 8] {
        let wrong: Vec<String> = works.iter().filter_map(|w| unequal(&cuda, w, &mut dice, shift)).collect();
        assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), works.len(), wrong[..wrong.len().min(40)].join("\n"));
    }
    println!("{} tapes on both kernels in {:.2} s", works.len(), start.elapsed().as_secs_f64());
}

/// Ten operations on `n` elements, one of them an exponential.
fn chain(n: usize) -> Tape {
    let mut t = Draft::new(&[n], 0, Order::Blocks);
    let (x, y) = (t.load(Dtype::F32, &[1]), t.load(Dtype::F32, &[1]));
    let e = t.apply(Op::Exp, &[x]);
    let r = (0..9).fold(e, |r, k| t.apply([Op::Multiply, Op::Add, Op::Maximum][k % 3], &[r, y]));
    t.store(r, &[1]);
    t.done()
}

/// Prints how long launches take, beside what decides whether a tape waits for its own kernel.
#[test]
fn generic_kernels_take_about_the_time_that_is_expected() {
    let Some(cuda) = cuda() else { return };
    let forms = [
        ("a chain of 1000", chain(1000)),
        ("a chain of 2^24", chain(1 << 24)),
        ("softmax of 4096 rows of 1024", softmax(Dtype::F32, 4096, 1024)),
        ("softmax of a row of 50000", softmax(Dtype::F32, 1, 50_000)),
        ("sums of 512 columns of 4000", columns_beside(512, 4000)),
    ];
    let works: Vec<Work> = forms.iter().map(|f| Work::Tape(f.1.clone())).collect();
    compiled(&works);
    for ((name, tape), work) in forms.iter().zip(&works) {
        let call = plan(work, Target::OLDEST).and_then(|p| p.generic).expect("no complex numbers");
        let own = cuda.compile(0, work).expect("a kernel").expect("a kernel");
        let generic = Generic::new(gpu(0).expect("a device"), &call).expect("the generic kernel");
        let bytes: Vec<usize> =
            tape.inputs.iter().chain(tape.outputs.iter().map(|o| &o.1)).map(|_| 4 * tape.dims.iter().product::<usize>()).collect();
        let blocks: Vec<usize> = bytes.iter().map(|&n| cuda.allocate(0, 0, n).unwrap().expect("memory")).collect();
        let (inputs, outputs) = blocks.split_at(tape.inputs.len());
        let scratch = cuda.allocate(0, 0, own.scratch().max(1)).unwrap().expect("memory");
        let seconds = |kernel: &dyn Kernel| {
            let time = |runs: u32| {
                let start = Instant::now();
                // SAFETY: every block holds its operand.
                (0..runs).for_each(|_| unsafe { kernel.launch(Args { inputs, outputs, params: &[0; 4], scratch, stream: 0 }) }.unwrap());
                cuda.synchronize(0, 0).unwrap();
                start.elapsed().as_secs_f64() / runs as f64
            };
            time(2);
            time(10)
        };
        let (slow, fast) = (seconds(&generic), seconds(&*own));
        println!("{name}: {:.1} us, expected {:.1}; its own kernel {:.1}", slow * 1e6, call.seconds * 1e6, fast * 1e6);
        assert!(slow < 20.0 * call.seconds.max(1e-5), "{name}: {slow} s");
        // SAFETY: nothing uses them any more.
        unsafe {
            blocks.iter().zip(&bytes).for_each(|(&at, &n)| cuda.free(0, &[0], at, n));
            cuda.free(0, &[0], scratch, own.scratch().max(1));
        }
    }
}
