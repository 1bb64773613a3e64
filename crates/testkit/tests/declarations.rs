//! Every public function of an operations' module is declared in the matrix.

use lazulite_testkit::matrix::cases;

#[test]
fn declarations() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/ops"))];
    let mut missing = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.file_stem().unwrap().to_string_lossy();
                let module = ["random", "fast", "fft", "linalg"].into_iter().find(|m| name == *m);
                let text = std::fs::read_to_string(&path).unwrap();
                missing.extend(cases::undeclared(module, &text).into_iter().map(|op| format!("{op} ({})", path.display())));
            }
        }
    }
    assert!(missing.is_empty(), "not declared in the matrix: {missing:?}");
}
