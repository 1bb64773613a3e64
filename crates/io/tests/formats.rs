//! npy, npz and gguf: round trips, orders, byte orders, versions of headers, quantized tensors.

mod common;

use common::same;
use lazulite::io::{gguf, npy, npz};
use lazulite::prelude::*;

fn arrays(d: Dtype) -> Vec<Array> {
    let x = Array::arange(0, 24, 1, Dtype::F32).reshape([2, 3, 4]).astype(d);
    vec![
        x.clone(),
        x.t(),
        x.swapaxes(0, 1),
        Array::zeros([0, 4], d),
        Array::zeros([4, 0], d),
        Array::full((), 1, d),
        x.reshape([-1]),
        Array::ones([2, 3], d),
    ]
}

#[test]
fn every_dtype_and_layout_returns() {
    for d in Dtype::ALL {
        for a in arrays(d) {
            same(&npy::from_bytes(&npy::to_bytes(&a).unwrap()).unwrap(), &a, "npy");
            for packing in [npz::Packing::Stored, npz::Packing::Compressed] {
                same(&npz::from_bytes(&npz::to_bytes([("a/b", &a)], packing).unwrap()).unwrap()["a/b"], &a, "npz");
            }
            let written = gguf::to_bytes([("a", &a)], &gguf::Metadata::new());
            match d {
                Dtype::Bool | Dtype::U8 | Dtype::U16 | Dtype::U32 | Dtype::U64 | Dtype::C64 => assert!(written.is_err()),
                _ => same(&gguf::from_bytes(&written.unwrap()).unwrap().0["a"], &a, "gguf"),
            }
        }
    }
}

#[test]
fn npy_headers_of_every_kind() {
    let data: Vec<u8> = (0..6i32).flat_map(|i| i.to_be_bytes()).collect();
    let file = |version: u8, dict: &str, data: &[u8]| {
        let mut b = b"\x93NUMPY".to_vec();
        b.extend([version, 0]);
        match version {
            1 => b.extend((dict.len() as u16).to_le_bytes()),
            _ => b.extend((dict.len() as u32).to_le_bytes()),
        }
        b.extend_from_slice(dict.as_bytes());
        b.extend_from_slice(data);
        b
    };
    for version in 1..=3 {
        let c = file(version, "{'shape': (2L, 3), \"descr\" : \">i4\", 'fortran_order':False}  \n", &data);
        same(&npy::from_bytes(&c).unwrap(), &array![[0, 1, 2], [3, 4, 5]], "rows");
        let f = file(version, "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 3), }\n", &data);
        same(&npy::from_bytes(&f).unwrap(), &array![[0, 2, 4], [1, 3, 5]], "columns");
    }
    assert_eq!(npy::from_bytes(&file(4, "{}", &[])).unwrap_err().kind(), ErrorKind::Io);
    let z = file(1, "{'descr': '>c8', 'fortran_order': False, 'shape': (1,)}", &[0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]);
    let z = npy::from_bytes(&z).unwrap().item::<num_complex::Complex32>().unwrap();
    assert_eq!((z.re, z.im), (1.0, 2.0));
    for broken in ["", "{", "{}", "[]", "{'descr': '<i4', 'fortran_order': False}", "{'descr': '<i4' 'fortran_order': False, 'shape': ()}"]
    {
        assert_eq!(npy::from_bytes(&file(1, broken, &data)).unwrap_err().kind(), ErrorKind::Io, "{broken}");
    }
}

#[test]
fn equal_arrays_make_equal_archives() {
    let make = || npz::to_bytes([("x", &array![1, 2, 3])], npz::Packing::Compressed).unwrap();
    let first = make();
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(first, make());
    assert!(npz::to_bytes([("x", &array![1]), ("x", &array![2])], npz::Packing::Stored).is_err());
}

#[test]
fn gguf_settings_return() {
    let about = gguf::Metadata::from([
        ("text".to_string(), gguf::Value::Text("é".into())),
        ("texts".to_string(), gguf::Value::Texts(vec!["a".into(), String::new()])),
        ("list".to_string(), gguf::Value::Array(array![1u8, 2])),
        ("none".to_string(), gguf::Value::Array(Array::zeros([0], Dtype::F32))),
        ("flag".to_string(), gguf::Value::Array(Array::full((), true, Dtype::Bool))),
        ("number".to_string(), gguf::Value::Array(Array::full((), 2.5, Dtype::F64))),
    ]);
    let (arrays, back) = gguf::from_bytes(&gguf::to_bytes([("x", &array![1.0])], &about).unwrap()).unwrap();
    assert_eq!((arrays.len(), back.len()), (1, about.len()));
    for (name, value) in &about {
        match (value, &back[name]) {
            (gguf::Value::Text(a), gguf::Value::Text(b)) => assert_eq!(a, b),
            (gguf::Value::Texts(a), gguf::Value::Texts(b)) => assert_eq!(a, b),
            (gguf::Value::Array(a), gguf::Value::Array(b)) => same(a, b, name),
            (a, b) => panic!("{name}: {a:?} became {b:?}"),
        }
    }
    let refused = gguf::Metadata::from([("m".to_string(), gguf::Value::Array(array![[1.0]]))]);
    assert!(gguf::to_bytes([("x", &array![1.0])], &refused).unwrap_err().message().contains("`m`"));
}

/// A file with one tensor of a quantized type: three rows of the block.
fn quantized(name: &str, kind: u32, last: u64, block: &[u8]) -> Vec<u8> {
    let mut b = b"GGUF\x03\0\0\0".to_vec();
    b.extend(1u64.to_le_bytes());
    b.extend(0u64.to_le_bytes());
    b.extend((name.len() as u64).to_le_bytes());
    b.extend_from_slice(name.as_bytes());
    b.extend(2u32.to_le_bytes());
    b.extend(last.to_le_bytes());
    b.extend(3u64.to_le_bytes());
    b.extend(kind.to_le_bytes());
    b.extend(0u64.to_le_bytes());
    b.resize(b.len().next_multiple_of(32), 0);
    (0..3).for_each(|_| b.extend_from_slice(block));
    b
}

#[test]
fn quantized_tensors_keep_their_values() {
    let (half, two) = (half::f16::from_f32(0.5).to_le_bytes(), half::f16::from_f32(2.0).to_le_bytes());
    // Number j of the low halves is j, of the high halves 15 - j.
    let nibbles: Vec<u8> = (0..16u8).map(|j| j | (15 - j) << 4).collect();
    let expected: Vec<f32> = (0..16).chain((0..16).rev()).map(|v| v as f32).collect();
    let eights: Vec<u8> = (0..32u8).map(|j| j.wrapping_sub(16)).collect();
    let signed: Vec<f32> = (0..32).map(|j| (j - 16) as f32).collect();
    let cases: [(u32, Vec<u8>, Vec<f32>); 3] = [
        (2, [&half[..], &nibbles].concat(), expected.iter().map(|v| 0.5 * (v - 8.0)).collect()),
        (3, [&half[..], &two, &nibbles].concat(), expected.iter().map(|v| 0.5 * v + 2.0).collect()),
        (8, [&half[..], &eights].concat(), signed.iter().map(|v| 0.5 * v).collect()),
    ];
    for (kind, block, row) in cases {
        let (arrays, _) = gguf::from_bytes(&quantized("l.weight", kind, 32, &block)).unwrap();
        let words = arrays["l.weight"].to_vec::<u32>().unwrap();
        let bits = 32 * words.len() / 96;
        assert_eq!(arrays["l.weight"].shape(), [3, bits]);
        assert_eq!((arrays["l.scales"].shape(), arrays["l.biases"].shape()), (&[3, 1][..], &[3, 1][..]));
        let (scale, bias) = (arrays["l.scales"].astype(Dtype::F32), arrays["l.biases"].astype(Dtype::F32));
        let (scale, bias) = (scale.to_vec::<f32>().unwrap()[0], bias.to_vec::<f32>().unwrap()[0]);
        let value = |i: usize| scale * (words[i * bits / 32] >> (i * bits % 32) & ((1 << bits) - 1)) as f32 + bias;
        assert_eq!((0..32).map(value).collect::<Vec<_>>(), row, "type {kind}");
    }
    // A super-block of Q6_K whose numbers are all 1 - 32, whose scales are 2.
    let six = [&[0x11u8; 128][..], &[0; 64], &[2; 16], &half].concat();
    let (arrays, _) = gguf::from_bytes(&quantized("x", 14, 256, &six)).unwrap();
    assert_eq!((arrays["x"].shape(), arrays["x"].dtype()), (&[3, 256][..], Dtype::F16));
    assert!(arrays["x"].astype(Dtype::F32).to_vec::<f32>().unwrap().iter().all(|&v| v == -31.0));
    // A super-block of Q4_K: part p has the scale 60 - p, the offset 3 + 7 p, and numbers 1 (even parts) or 2 (odd ones).
    let (s, o): (Vec<u8>, Vec<u8>) = (0..8).map(|p| (60 - p, 3 + 7 * p)).unzip();
    let mut packed = [0u8; 12];
    for p in 0..4 {
        packed[p] = s[p] | s[p + 4] >> 4 << 6;
        packed[p + 4] = o[p] | o[p + 4] >> 4 << 6;
        packed[p + 8] = s[p + 4] & 15 | o[p + 4] << 4;
    }
    let four = [&half[..], &two, &packed, &[0x21; 128]].concat();
    let (arrays, _) = gguf::from_bytes(&quantized("x", 12, 256, &four)).unwrap();
    let values = arrays["x"].astype(Dtype::F32).to_vec::<f32>().unwrap();
    for (i, &v) in values.iter().enumerate() {
        let p = i % 256 / 32;
        assert_eq!(v, 0.5 * s[p] as f32 * (1 + p % 2) as f32 - 2.0 * o[p] as f32, "element {i}");
    }
    for (kind, last) in [(6, 32), (99, 32), (2, 31)] {
        assert_eq!(gguf::from_bytes(&quantized("x", kind, last, &[0; 64])).unwrap_err().kind(), ErrorKind::Io);
    }
}
