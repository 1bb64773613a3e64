//! Compiled programs on disk, for the next process: a file a program, and a small file a kernel that names its program. Files appear by
//! renaming, so that readers never see half of one.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of compiled programs; none if the user has no place for one.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

impl Cache {
    /// The user's: `LAZULITE_CACHE`, or `lazulite/cuda` in the system's place for caches; `LAZULITE_CACHE=off` for none.
    pub fn user() -> Cache {
        let set = std::env::var_os("LAZULITE_CACHE");
        if set.as_ref().is_some_and(|s| s == "off") {
            return Cache::default();
        }
        let xdg = || std::env::var_os("XDG_CACHE_HOME").map(|p| PathBuf::from(p).join("lazulite"));
        let home = || std::env::var_os("HOME").map(|p| PathBuf::from(p).join(".cache/lazulite"));
        let folder = set.map(PathBuf::from).or_else(xdg).or_else(home).map(|p| p.join("cuda"));
        Cache { folder }
    }

    /// In this folder.
    pub fn at(folder: PathBuf) -> Cache {
        Cache { folder: Some(folder) }
    }

    /// The program with the kernel of that name.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref()?;
        let program = std::fs::read_to_string(folder.join(format!("{name}.in"))).ok()?;
        std::fs::read(folder.join(program)).ok()
    }

    /// Keeps a program with these kernels. A cache that cannot be written is no error.
    pub fn put(&self, names: &[&str], image: &[u8]) {
        let Some(folder) = &self.folder else { return };
        if std::fs::create_dir_all(folder).is_err() {
            return;
        }
        // Of all its kernels: another program may share some.
        let program = format!("{:032x}.cubin", super::hash(names));
        let written = self.write(&program, image);
        for name in names.iter().filter(|_| written.is_some()) {
            self.write(&format!("{name}.in"), program.as_bytes());
        }
    }

    /// What was noted under that name.
    pub fn note(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.as_ref()?.join(name)).ok()
    }

    /// Notes something for the next process.
    pub fn put_note(&self, name: &str, text: &str) {
        if self.folder.as_ref().is_some_and(|f| std::fs::create_dir_all(f).is_ok()) {
            self.write(name, text.as_bytes());
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Option<()> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = self.folder.as_ref()?;
        let draft = folder.join(format!(".{}.{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let mut file = std::fs::File::create(&draft).ok()?;
        let done = file.write_all(bytes).and_then(|()| std::fs::rename(&draft, folder.join(name)));
        if done.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
        done.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_there() {
        let folder = std::env::temp_dir().join(format!("lazulite-cache-{}", std::process::id()));
        let cache = Cache::at(folder.clone());
        assert!(cache.get("a").is_none());
        cache.put(&["a", "b"], b"program");
        assert_eq!((cache.get("a").unwrap(), cache.get("b").unwrap()), (b"program".to_vec(), b"program".to_vec()));
        assert!(std::fs::read_dir(&folder).unwrap().flatten().all(|e| !e.file_name().to_string_lossy().starts_with('.')));
        cache.put_note("c", "text");
        assert_eq!((cache.note("c").unwrap(), cache.note("d")), ("text".to_string(), None));
        std::fs::remove_dir_all(folder).unwrap();
        Cache::default().put(&["a"], b"nowhere");
    }
}
