//! Where CUDA's libraries are: the loader's path, CUDA's usual folders, and the folders of NVIDIA's Python wheels. Nothing is needed at
//! build time; what was looked for is kept for the message that says why there is no device.

use libloading::Library;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A library, or the names and folders where it was looked for.
pub type Found = Result<Library, String>;

/// Folders that may hold CUDA's libraries, besides those of the loader.
static FOLDERS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let mut out: Vec<PathBuf> = Vec::new();
    for name in ["LAZULITE_CUDA_LIBRARIES", "CUDA_HOME", "CUDA_PATH"] {
        for root in std::env::var_os(name).iter().flat_map(std::env::split_paths) {
            out.extend([root.clone(), root.join("lib64"), root.join("lib")]);
        }
    }
    out.extend(["/usr/local/cuda/lib64", "/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu"].map(PathBuf::from));
    for site in site_packages() {
        let Ok(entries) = std::fs::read_dir(site.join("nvidia")) else { continue };
        let mut libs: Vec<PathBuf> = entries.flatten().map(|e| e.path().join("lib")).filter(|p| p.is_dir()).collect();
        libs.sort();
        out.extend(libs);
    }
    out.retain(|p| p.is_dir());
    out
});

/// Python's folders of packages: of the active environment, of a `.venv` here or above, and of every `python` on the path.
fn site_packages() -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(std::env::var_os).map(PathBuf::from).collect();
    if let Ok(here) = std::env::current_dir() {
        roots.extend(here.ancestors().map(|p| p.join(".venv")));
    }
    if let Some(path) = std::env::var_os("PATH") {
        let pythons = std::env::split_paths(&path).map(|p| p.join("python3")).filter(|p| p.exists());
        for python in pythons {
            let real = std::fs::canonicalize(&python).unwrap_or_default();
            roots.extend([python, real].iter().filter_map(|p| p.parent()?.parent().map(Path::to_path_buf)));
        }
    }
    let mut out: Vec<PathBuf> = std::env::var_os("PYTHONPATH").iter().flat_map(std::env::split_paths).collect();
    for root in roots {
        let Ok(entries) = std::fs::read_dir(root.join("lib")) else { continue };
        for e in entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with("python")) {
            out.extend([e.path().join("site-packages"), e.path().join("dist-packages")]);
        }
    }
    let mut seen = Vec::new();
    out.retain(|p| {
        p.is_dir() && !seen.contains(p) && {
            seen.push(p.clone());
            true
        }
    });
    out
}

/// Opens the first of `names` that is found.
pub fn open(names: &[&str]) -> Found {
    for name in names {
        // SAFETY: NVIDIA's libraries run no code of ours when they are loaded.
        if let Ok(library) = unsafe { Library::new(name) } {
            return Ok(library);
        }
    }
    for folder in FOLDERS.iter() {
        for name in names {
            let path = folder.join(name);
            if path.exists() {
                // SAFETY: as above.
                return unsafe { Library::new(&path) }.map_err(|e| format!("{} does not load: {e}", path.display()));
            }
        }
    }
    let folders: Vec<String> = FOLDERS.iter().map(|p| p.display().to_string()).collect();
    Err(format!("none of [{}] on the loader's path or in [{}]", names.join(", "), folders.join(", ")))
}

/// Opens every file of `folder`-mates whose name starts so, for libraries that load others by bare name.
pub fn open_beside(prefix: &str) -> Option<Library> {
    for folder in FOLDERS.iter() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for e in entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(prefix)) {
            // SAFETY: as above.
            if let Ok(library) = unsafe { Library::new(e.path()) } {
                return Some(library);
            }
        }
    }
    None
}

/// A function of a library.
///
/// # Safety
/// `T` is the type of the function of that name.
pub unsafe fn symbol<T: Copy>(library: &Library, name: &str) -> Result<T, String> {
    // SAFETY: the caller's promise.
    unsafe { library.get::<T>(name.as_bytes()) }.map(|s| *s).map_err(|_| format!("the library has no {name}; its version is too old"))
}
