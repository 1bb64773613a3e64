//! Bad input of every kind gives its documented error, which names the op, the shapes or dtypes and the source line; the process goes on.

use ErrorKind::{Index, OutOfMemory, Runtime, Tracer, Type, Value};
use lazulite::linalg;
use lazulite::prelude::*;

/// One kind of bad input: the error's kind, the op it names, what the message must hold.
struct Case {
    what: &'static str,
    kind: ErrorKind,
    op: &'static str,
    holds: &'static [&'static str],
    run: fn() -> Result<()>,
}

fn f(shape: &[usize]) -> Array {
    Array::zeros(shape, Dtype::F32)
}

/// An array of any size over one element.
fn far(rows: usize, columns: usize) -> Result<Array> {
    ops::broadcast_to(&f(&[1, 1]), [rows, columns])
}

fn done<T>(r: Result<T>) -> Result<()> {
    r.map(|_| ())
}

macro_rules! cases {
    ($($what:literal, $kind:ident, $op:literal, [$($holds:literal),*], $run:expr;)*) => {
        const CASES: &[Case] = &[$(Case { what: $what, kind: $kind, op: $op, holds: &[$($holds),*], run: || done($run) }),*];
    };
}

cases! {
    "shapes that do not broadcast", Value, "add", ["float32[2]", "float32[3]"], ops::add(&f(&[2]), f(&[3]));
    "shapes of a selection", Value, "select", ["[2]", "[3]"], ops::try_select(&array![true, false], f(&[3]), 0.0);
    "inner sizes of a product", Value, "matmul", ["[2, 3]", "[2, 3]"], ops::matmul(&f(&[2, 3]), &f(&[2, 3]));
    "a product of integers", Value, "matmul", ["int32"], ops::matmul(&array![[1]], &array![[1]]);
    "a product of scalars", Value, "matmul", ["[]"], ops::matmul(&f(&[]), &f(&[2, 2]));
    "batches of a product", Value, "matmul", ["[2, 1, 1]", "[3, 1, 1]"], ops::matmul(&f(&[2, 1, 1]), &f(&[3, 1, 1]));
    "another number of elements", Value, "reshape", ["[2, 3]", "4"], ops::reshape(&f(&[2, 3]), [4]);
    "two unknown sizes", Value, "reshape", ["-1"], ops::reshape(&f(&[4]), [-1, -1]);
    "a size that does not divide", Value, "reshape", ["[4]", "3"], ops::reshape(&f(&[4]), [3, -1]);
    "a negative size", Value, "reshape", ["-2"], ops::reshape(&f(&[4]), [-2]);
    "a broadcast that shrinks", Value, "broadcast_to", ["[3]", "[2]"], ops::broadcast_to(&f(&[3]), [2]);
    "arrays that do not broadcast", Value, "broadcast_arrays", ["[3]", "[2]"], ops::broadcast_arrays(&[&f(&[3]), &f(&[2])]);
    "no permutation", Value, "transpose", ["[0, 0]"], ops::transpose(&f(&[2, 3]), [0, 0]);
    "an axis of a transpose", Index, "transpose", ["axis 5"], ops::transpose(&f(&[2, 3]), [0, 5]);
    "an axis to move", Index, "moveaxis", ["axis 2"], ops::moveaxis(&f(&[2, 3]), 2, 0);
    "axes to swap", Index, "swapaxes", ["axis -3"], ops::swapaxes(&f(&[2, 3]), 0, -3);
    "an axis to squeeze", Value, "squeeze", ["[2, 3]", "size 2"], ops::squeeze(&f(&[2, 3]), 0);
    "an axis to add", Index, "expand_dims", ["axis 4"], ops::expand_dims(&f(&[2, 3]), 4);
    "axes to flatten", Value, "flatten", ["axis 1"], ops::flatten(&f(&[2, 3]), 1, 0);
    "an axis to flip", Index, "flip", ["axis 2"], ops::flip(&f(&[2, 3]), 2);
    "a diagonal of a vector", Value, "diagonal", ["[3]"], ops::diagonal(&f(&[3]), 0);
    "an axis to sum", Index, "sum", ["axis 2", "2 dimensions"], ops::sum(&f(&[2, 3]), 2);
    "an axis named twice", Value, "mean", ["twice"], ops::mean(&f(&[2, 3]), [0, -2]);
    "the largest of nothing", Value, "max", ["[0]"], ops::max(&f(&[0]), ..);
    "the smallest of nothing", Value, "min", ["[2, 0]"], ops::min(&f(&[2, 0]), 1);
    "the argmax of nothing", Value, "argmax", ["[0]"], ops::argmax(&f(&[0]), 0);
    "the softmax of nothing", Value, "softmax", ["[2, 0]"], ops::softmax(&f(&[2, 0]), -1);
    "the logsumexp of nothing", Value, "logsumexp", ["[0]"], ops::logsumexp(&f(&[0]), ..);
    "shapes to concatenate", Value, "concatenate", ["[2, 3]", "[2, 4]"], ops::concatenate(&[&f(&[2, 3]), &f(&[2, 4])], 0);
    "nothing to concatenate", Value, "concatenate", ["at least one"], ops::concatenate(&[] as &[Array], 0);
    "shapes to stack", Value, "stack", ["[2]", "[3]"], ops::stack(&[&f(&[2]), &f(&[3])], 0);
    "parts that do not divide", Value, "split", ["size 5", "2 parts"], ops::split(&f(&[5]), 2, 0);
    "places beyond the axis", Value, "split", ["[7]", "size 5"], ops::split_at(&f(&[5]), &[7], 0);
    "pairs for a pad", Value, "pad", ["1 pairs", "[2, 3]"], ops::pad(&f(&[2, 3]), &[(1, 1)], 0.0);
    "NaN as an integer", Value, "full", ["NaN", "int32"], ops::full([2], f32::NAN, Dtype::I32);
    "infinity as an integer", Value, "full", ["inf", "uint8"], ops::full([2], f64::INFINITY, Dtype::U8);
    "a literal too large for the array", Value, "add", ["300", "uint8"], ops::add(&array![1u8], 300);
    "a negative literal for an unsigned array", Value, "maximum", ["-1", "uint32"], ops::maximum(&array![1u32], -1);
    "bits of floats", Type, "bitwise_and", ["float32"], ops::bitwise_and(&f(&[2]), f(&[2]));
    "shifts of floats", Type, "left_shift", ["float32"], ops::left_shift(&f(&[2]), 1.0);
    "the floor of complex numbers", Type, "floor", ["complex64"], ops::floor(&f(&[2]).astype(Dtype::C64));
    "the erf of complex numbers", Type, "erf", ["complex64"], ops::erf(&f(&[2]).astype(Dtype::C64));
    "the negative of bool", Type, "negative", ["bool"], ops::negative(&array![true]);
    "a step of zero", Value, "arange", ["steps of 0"], ops::arange(0, 4, 0, Dtype::I32);
    "an infinite end", Value, "arange", ["inf"], ops::arange(0.0, f64::INFINITY, 1.0, Dtype::F32);
    "too few elements", Value, "array", ["3 elements", "[2, 2]"], Array::from_slice(&[1.0f32, 2.0, 3.0], [2, 2]);
    "a read as another dtype", Type, "to_vec", ["float32", "int32"], f(&[2]).to_vec::<i32>();
    "one element of many", Value, "item", ["[2, 3]"], f(&[2, 3]).item::<f32>();
    "a value read in vmap", Tracer, "eval", ["`vmap`", "float32"], vmap(|x: &Array| x.item::<f32>().map(|_| x.clone()))(&f(&[3]));
    "a value read in compile", Tracer, "eval", ["`compile`"], compile(|x: &Array| x.to_vec::<f32>().map(|_| x.clone()))(&f(&[3]));
    "the gradient of a vector", Value, "grad", ["[3]"], grad(|x: &Array| -> Result<Array> { ops::exp(x) })(&f(&[3]));
    "the gradient of an integer", Type, "grad", ["int32"], grad(|x: &Array| -> Result<Array> { ops::sum(&ops::astype(x, Dtype::I32)?, ..) })(&f(&[3]));
    "a tangent of another shape", Value, "jvp", ["a tangent of float32[2]", "float32[3]"], jvp(|x: &Array| -> Result<Array> { ops::exp(x) })(&f(&[3]), &f(&[2]));
    "batches of two sizes", Value, "vmap", ["2", "3"], vmap(|(a, b): &(Array, Array)| -> Result<Array> { ops::add(a, b) })(&(f(&[2]), f(&[3])));
    "a batch of a scalar", Index, "vmap", ["axis 0", "0 dimensions"], vmap(|x: &Array| -> Result<Array> { ops::exp(x) })(&f(&[]));
    "axes of another tree", Value, "vmap", ["axes for 2 parts"], vmap_axes(|v: &Vec<Array>| -> Result<Array> { ops::exp(&v[0]) }, (0, 0), 0)(&vec![f(&[2])]);
    "nothing batched", Value, "vmap", ["at least one"], vmap_axes(|x: &Array| -> Result<Array> { ops::exp(x) }, None, 0)(&f(&[2]));
    "an impossible shape", OutOfMemory, "full", ["float32"], ops::full([usize::MAX / 2, 8], 0, Dtype::F32);
    "an impossible allocation", OutOfMemory, "allocate", ["bytes requested"], eval([&(Array::arange(0, 1u64 << 45, 1, Dtype::F32) + 1.0)]);
    "an impossible broadcast", OutOfMemory, "broadcast", ["float32", "address space"], ops::broadcast_to(&f(&[1, 1]), [1usize << 40, 1 << 40]);
    "an impossible outer sum", OutOfMemory, "broadcast", ["float32", "address space"], far(1 << 33, 1).and_then(|x| ops::add(&x, far(1, 1 << 33)?));
    "an impossible product", OutOfMemory, "matmul", ["float32", "address space"], far(1 << 33, 1).and_then(|x| ops::matmul(&x, &far(1, 1 << 33)?));
    "an impossible concatenation", OutOfMemory, "concatenate", ["float32", "address space"], far(1 << 60, 1).and_then(|x| ops::concatenate(&[&x; 17], 0));
    "an impossible padding", OutOfMemory, "pad", ["float32", "address space"], ops::pad(&f(&[2, 2]), &[(0, 1 << 40), (0, 1 << 40)], 0.0);
    "an impossible identity", OutOfMemory, "eye", ["float32", "address space"], ops::eye(1 << 33, 1 << 33, 0, Dtype::F32);
    "elements of an impossible shape", OutOfMemory, "array", ["float32", "address space"], Array::from_slice::<f32>(&[], [1usize << 63, 2]);
    "strides that wrap around", Value, "as_strided", ["leads outside"], ops::as_strided(&f(&[4]), &[2, 2], &[i64::MAX, i64::MAX], 0);
    "frames of an impossible size", OutOfMemory, "full", ["address space"], ops::fft::stft(&f(&[16]), &ops::fft::Frames::new(usize::MAX / 2), None);
    "an unknown device", Runtime, "device", ["tpu:0", "cpu: 1"], Device::named("tpu", 0);
    "an axis to take along", Index, "take", ["axis 3"], ops::take(&f(&[2, 3]), &array![0], 3);
    "an index of floats", Value, "take", ["float32"], ops::take(&f(&[2, 3]), &f(&[1]), 0);
    "an index beyond its axis", Index, "index", ["5", "size 2"], ops::index(&f(&[2, 3]), 5);
    "more indices than axes", Value, "index", ["[2, 3]"], ops::index(&f(&[2, 3]), (0, 0, 0));
    "a mask as an index", Value, "index", ["mask"], ops::index(&f(&[2]), array![true, false]);
    "a slice of step zero", Value, "index", ["step"], ops::index(&f(&[2]), slice(.., .., 0));
    "an update of another shape", Value, "set", ["[5]", "[3]"], ops::set(&f(&[2, 3]), 0, f(&[5]));
    "a key of another shape", Value, "random.split", ["[3]"], ops::random::split(&array![1u32, 2, 3]);
    "a bound of another shape", Value, "random.uniform", ["[2]", "[3]"], ops::random::uniform_in(0, f(&[2]), [3], Dtype::F32, &random::key(0));
    "indices that do not broadcast", Value, "index", ["int32[2]", "int32[3]"], ops::index(&f(&[2, 3]), (&array![0, 1], &array![0, 1, 2]));
    "an index along an axis", Value, "take_along_axis", ["[2]", "[2, 3]"], ops::take_along_axis(&f(&[2, 3]), &array![0, 1], 0);
    "a slice of an empty axis", Value, "gather", ["[0]"], ops::take(&f(&[0]), &array![0], 0);
    "probabilities of a sort on a bad axis", Index, "argsort", ["axis 2"], ops::argsort(&f(&[2, 3]), 2);
}

#[test]
fn bad_input_gives_its_documented_error() {
    assert!(CASES.len() >= 40);
    let mut wrong = Vec::new();
    for c in CASES {
        match (c.run)() {
            Ok(()) => wrong.push(format!("{}: no error", c.what)),
            Err(e) => {
                let text = e.to_string();
                let missing: Vec<_> = c.holds.iter().filter(|h| !e.message().contains(**h)).collect();
                if e.kind() != c.kind || e.op() != c.op || !missing.is_empty() {
                    wrong.push(format!("{}: {:?} {text} (lacks {missing:?})", c.what, e.kind()));
                }
                if !text.contains("errors.rs:") {
                    wrong.push(format!("{}: names no line here: {text}", c.what));
                }
            }
        }
        // The process goes on.
        assert_eq!((array![1.0] + 1.0).item::<f32>().unwrap(), 2.0);
    }
    println!("{} kinds of bad input", CASES.len());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn methods_and_operators_panic_with_the_same_error() {
    let caught = std::panic::catch_unwind(|| f(&[2]) + f(&[3])).unwrap_err();
    let text = caught.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("add: cannot broadcast float32[2] and float32[3] (at ") && text.contains("errors.rs"), "{text}");
    let caught = std::panic::catch_unwind(|| f(&[2]).reshape([3])).unwrap_err();
    assert!(caught.downcast_ref::<String>().unwrap().contains("errors.rs"));
}

#[test]
fn a_pullback_refuses_a_cotangent_of_another_shape() {
    let (_, pullback) = vjp(|x: &Array| x.exp())(&f(&[3]));
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pullback(&f(&[2])))).unwrap_err();
    assert!(caught.downcast_ref::<String>().unwrap().contains("float32[2]"));
}

#[test]
fn rules_of_ones_own_that_give_too_much_are_errors() {
    let text = |caught: std::thread::Result<Array>| caught.unwrap_err().downcast_ref::<String>().unwrap().clone();
    let two = |x: &Array| vec![x.clone(), x.clone()];
    let run = |f: &dyn Fn() -> Array| text(std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)));
    let batched = custom_vmap(two, |x: &Array, _| vec![x.clone()]);
    let e = run(&|| vmap(&batched)(&f(&[3])).remove(0));
    assert!(e.starts_with("custom_vmap: the rule gives 1 arrays for 2 outputs") && e.contains("errors.rs"), "{e}");
    let reverse = custom_vjp(|x: &Vec<Array>| x[0].sum(..), move |x: &Vec<Array>, _: &Array, _: &Array| two(&x[0]));
    let e = run(&|| grad(&reverse)(&vec![f(&[3])]).remove(0));
    assert!(e.starts_with("custom_vjp: 2 cotangents for 1 arrays") && e.contains("errors.rs"), "{e}");
    let forward = custom_jvp(|x: &Array| x.sum(..), |_: &Array, t: &Array| t.clone());
    let e = run(&|| jvp(&forward)(&f(&[3]), &f(&[3])).1);
    assert!(e.starts_with("custom_jvp: a tangent of float32[3] for an array of float32[]") && e.contains("errors.rs"), "{e}");
}

#[test]
fn calls_of_transformed_functions_have_the_line_that_made_them() {
    let line = line!() + 1;
    let f = compile(checkpoint(|x: &Array| x.sin()));
    let site = f(&array![1.0]).site();
    assert!(site.file().ends_with("errors.rs") && site.line() == line, "{site}");
}

#[test]
fn errors_in_derivatives_point_at_the_forward_line() {
    let text = trace(grad(|x: &Array| x.sin().sum(..)))(&f(&[3])).to_string();
    let line = text.lines().find(|l| l.contains("cos")).unwrap();
    assert!(line.contains("errors.rs"), "{line}");
}

#[test]
fn a_fault_while_running_is_every_outputs_error() {
    let bad = array![[1.0, f32::NAN], [0.0, 1.0]];
    let f = compile(|x: &Array| (linalg::svd(x).1, x.sum(..), x + 1.0));
    let (values, sum, more) = f(&bad);
    let e = eval([&more]).unwrap_err();
    for y in [&values, &sum, &more, &(&sum * 2.0)] {
        assert_eq!(y.to_vec::<f32>().unwrap_err().to_string(), e.to_string());
    }
    let (values, sum, _) = f(&array![[1.0, 0.0], [0.0, 2.0]]);
    assert_eq!((values.to_vec::<f32>().unwrap(), sum.item::<f32>().unwrap()), (vec![2.0, 1.0], 3.0));
}
