//! Round trips through files, and files that are not what they should be.

mod common;

use common::{Scratch, same};
use lazulite::io::{self, Metadata};
use lazulite::prelude::*;

#[test]
fn every_dtype_shape_and_layout_returns() {
    let dir = Scratch::new("dtypes");
    let path = dir.file("all.safetensors");
    let mut arrays = Vec::new();
    for d in Dtype::ALL {
        let x = Array::arange(0, 6, 1, Dtype::F32).reshape([2, 3]).astype(d);
        arrays.push((format!("{d}.matrix"), x.clone()));
        arrays.push((format!("{d}.transposed"), x.t()));
        arrays.push((format!("{d}.empty"), Array::zeros([0, 4], d)));
        arrays.push((format!("{d}.scalar"), Array::full((), 1, d)));
    }
    let about = Metadata::from([("format".into(), "lazulite".into()), ("é".into(), "\"quoted\"\n".into())]);
    io::save_with(&path, arrays.iter().map(|(n, a)| (n.as_str(), a)), &about).unwrap();
    let (back, metadata) = io::load_with(&path).unwrap();
    assert_eq!(metadata, about);
    assert_eq!(back.len(), arrays.len());
    for (name, a) in &arrays {
        same(&back[name], a, name);
    }
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 1, "no temporary file stays behind");
}

#[test]
fn special_values_keep_their_bits() {
    let x = array![f32::NAN, f32::INFINITY, -0.0f32, f32::MIN_POSITIVE / 2.0];
    let bytes = io::to_bytes([("x", &x)], &Metadata::new()).unwrap();
    let y = io::from_bytes(&bytes).unwrap().0["x"].to_vec::<f32>().unwrap();
    let bits = |v: Vec<f32>| v.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(y), bits(x.to_vec().unwrap()));
}

#[test]
fn cut_files_are_errors_at_every_length() {
    let x = Array::arange(0, 12, 1, Dtype::F32).reshape([3, 4]);
    let bytes = io::to_bytes([("x", &x), ("y", &array![1, 2])], &Metadata::new()).unwrap();
    for n in 0..bytes.len() {
        let e = io::from_bytes(&bytes[..n]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io, "{n}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(io::from_bytes(&longer).is_err());
}

#[test]
fn flipped_bytes_never_panic() {
    let x = Array::arange(0, 12, 1, Dtype::F32).reshape([3, 4]);
    let bytes = io::to_bytes([("x", &x)], &Metadata::new()).unwrap();
    for i in 0..bytes.len() {
        for flip in [1u8, 16, 128, 255] {
            let mut b = bytes.clone();
            b[i] ^= flip;
            let _ = io::from_bytes(&b);
        }
    }
}

#[test]
fn lying_headers_are_errors() {
    let file = |header: &str, data: &[u8]| {
        let mut b = (header.len() as u64).to_le_bytes().to_vec();
        b.extend_from_slice(header.as_bytes());
        b.extend_from_slice(data);
        b
    };
    let bad = [
        file("", &[]),
        file("[]", &[]),
        file("{\"x\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}", &[0; 4]),
        file("{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,4]}}", &[0; 4]),
        file("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", &[0; 4]),
        file("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", &[0; 4]),
        file("{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", &[0; 4]),
        file("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", &[0; 8]),
        u64::MAX.to_le_bytes().to_vec(),
        [&(1u64 << 40).to_le_bytes()[..], b"{}"].concat(),
    ];
    for (i, b) in bad.iter().enumerate() {
        assert_eq!(io::from_bytes(b).unwrap_err().kind(), ErrorKind::Io, "file {i}");
    }
}

#[test]
fn errors_name_the_file() {
    let dir = Scratch::new("errors");
    let missing = dir.file("missing.safetensors");
    let e = io::load(&missing).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Io);
    assert!(e.to_string().contains("missing.safetensors"), "{e}");

    let corrupt = dir.file("corrupt.safetensors");
    std::fs::write(&corrupt, b"\x05\0\0\0\0\0\0\0{\"x\":").unwrap();
    assert!(io::load(&corrupt).unwrap_err().to_string().contains("corrupt.safetensors"));

    assert!(io::load(&dir.0).unwrap_err().to_string().contains("not a file"));
    let e = io::save(dir.file("no/such/dir.safetensors"), [("x", &array![1])]).unwrap_err();
    assert!(e.kind() == ErrorKind::Io && e.to_string().contains("dir.safetensors"), "{e}");
    let e = io::save(dir.file("twice.safetensors"), [("x", &array![1]), ("x", &array![2])]).unwrap_err();
    assert!(e.to_string().contains("two arrays are named `x`"), "{e}");
    assert!(!dir.file("twice.safetensors").exists());
}

#[test]
fn saving_replaces_the_file_whole() {
    let dir = Scratch::new("replace");
    let path = dir.file("x.safetensors");
    io::save(&path, [("x", &Array::zeros([1000], Dtype::F32))]).unwrap();
    io::save(&path, [("x", &array![7])]).unwrap();
    assert_eq!(io::load(&path).unwrap()["x"].to_vec::<i32>().unwrap(), [7]);
}
