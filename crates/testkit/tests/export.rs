//! Exported functions: every operation of the matrix comes back with the same bits, and what was damaged is an error.

use lazulite::export::{Exporter, Functions};
use lazulite::prelude::*;
use lazulite_testkit::matrix::cases;

fn bytes() -> Vec<u8> {
    let w = array![[1.0, 2.0], [3.0, 4.0]];
    let mut exporter = Exporter::new().metadata("about");
    exporter.add(|x: &Array| (x.matmul(&w) + 1.0).max(-1), &Array::ones([2, 2], Dtype::F32)).unwrap();
    exporter.add_named(|(x, y): &(Array, Array)| x - y, &(array![1], array![2]), &["y"]).unwrap();
    let mut exporter = exporter.shapeless(true);
    exporter.add(|x: &Array| x.reshape([-1]), &Array::ones([2, 3, 1], Dtype::F32)).unwrap();
    exporter.to_bytes().unwrap()
}

#[test]
fn every_change_of_a_byte_and_every_cut_is_an_error() {
    let good = bytes();
    assert!(Functions::from_bytes(&good).is_ok());
    for i in 0..good.len() {
        let mut b = good.clone();
        b[i] ^= 1 << (i % 8);
        assert_eq!(Functions::from_bytes(&b).unwrap_err().kind(), ErrorKind::Io, "byte {i}");
        assert_eq!(Functions::from_bytes(&good[..i]).unwrap_err().kind(), ErrorKind::Io, "cut to {i}");
    }
}

/// The format's checksum (FNV-1a), so that what lies behind it is reached.
fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let sum = body.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, &b| (h ^ b as u64).wrapping_mul(0x0000_0100_0000_01b3));
    body.extend(sum.to_le_bytes());
    body
}

#[test]
fn lies_under_a_right_checksum_are_errors_or_functions() {
    let good = bytes();
    let body = &good[..good.len() - 8];
    let (mut state, mut read) = (1u64, 0);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..20_000 {
        let mut b = body.to_vec();
        for _ in 0..1 + next() % 3 {
            let at = 12 + next() % (b.len() - 12);
            match next() % 4 {
                0 => b[at] ^= 1 << (next() % 8),
                1 => b[at] = next() as u8,
                2 => b[at] = 0xff,
                _ => b.truncate(at),
            }
            if b.len() <= 12 {
                break;
            }
        }
        read += Functions::from_bytes(&sealed(b)).is_ok() as usize;
    }
    assert!(read > 0, "changed constants and names still read");
}

/// Results as bits.
fn bits(list: &[Array]) -> Vec<(Dtype, Vec<usize>, Vec<u8>)> {
    eval(list).unwrap();
    let bytes = |a: &Array| {
        let flat = a.reshape([-1]);
        if a.dtype() == Dtype::Bool { flat.astype(Dtype::U8) } else { flat.view(Dtype::U8) }.to_vec::<u8>().unwrap()
    };
    list.iter().map(|a| (a.dtype(), a.shape().to_vec(), if a.size() == 0 { Vec::new() } else { bytes(a) })).collect()
}

#[test]
fn every_operation_of_the_matrix_returns_with_its_bits() {
    let mut failures = Vec::new();
    for case in cases::all() {
        let dtype = [Dtype::F32, Dtype::I32, Dtype::U32, Dtype::Bool, Dtype::C64].into_iter().find(|&d| (case.takes)(d)).unwrap();
        let inputs: Vec<Array> = case.inputs.iter().enumerate().map(|(i, x)| x.sample(dtype, 7 + i as u64).array()).collect();
        let found = (|| -> Result<bool> {
            let mut same = true;
            for shapeless in [false, true] {
                let wanted = compile_with(|x: &Vec<Array>| (case.call)(x), Compile::default().shapeless(shapeless))(&inputs)?;
                let mut exporter = Exporter::new().shapeless(shapeless);
                exporter.add(|x: &Vec<Array>| (case.call)(x), &inputs)?;
                same &= bits(&Functions::from_bytes(&exporter.to_bytes()?)?.call(&inputs, &[])?) == bits(&wanted);
            }
            Ok(same)
        })();
        match found {
            Ok(true) => {}
            Ok(false) => failures.push(format!("{} {}: other results", case.op, case.form)),
            Err(e) => failures.push(format!("{} {}: {e}", case.op, case.form)),
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
