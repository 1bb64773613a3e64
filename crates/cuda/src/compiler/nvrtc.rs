//! NVIDIA's run-time compiler, opened at run time. Gives machine code for one architecture, never the intermediate form that the driver
//! would compile again.

use super::Compile;
use crate::libraries::{open, open_beside, symbol};
use libloading::Library;
use std::ffi::{CStr, CString, c_char, c_int};
use std::sync::atomic::{AtomicBool, Ordering};

type Handle = *mut std::ffi::c_void;

struct Table {
    version: unsafe extern "C" fn(*mut c_int, *mut c_int) -> c_int,
    create: unsafe extern "C" fn(*mut Handle, *const c_char, *const c_char, c_int, *const *const c_char, *const *const c_char) -> c_int,
    compile: unsafe extern "C" fn(Handle, c_int, *const *const c_char) -> c_int,
    log_size: unsafe extern "C" fn(Handle, *mut usize) -> c_int,
    log: unsafe extern "C" fn(Handle, *mut c_char) -> c_int,
    image_size: unsafe extern "C" fn(Handle, *mut usize) -> c_int,
    image: unsafe extern "C" fn(Handle, *mut c_char) -> c_int,
    destroy: unsafe extern "C" fn(*mut Handle) -> c_int,
    _libraries: Vec<Library>,
}

/// The compiler for one architecture.
pub struct Nvrtc {
    table: Table,
    architecture: String,
    version: (i32, i32),
}

const NAMES: [&str; 5] = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so", "nvrtc64_130_0.dll", "nvrtc64_120_0.dll"];

impl Nvrtc {
    /// Opens the compiler for an architecture such as `sm_90a`.
    ///
    /// # Errors
    /// What was looked for.
    pub fn new(architecture: &str) -> Result<Nvrtc, String> {
        let library = open(&NAMES).map_err(|e| format!("no run-time compiler (NVRTC; `pip install nvidia-cuda-nvrtc` has it): {e}"))?;
        // The compiler opens its functions' library by bare name.
        let beside = open_beside("libnvrtc-builtins.so");
        // SAFETY: the types are those of NVRTC's documented interface.
        let mut table = unsafe {
            Table {
                version: symbol(&library, "nvrtcVersion")?,
                create: symbol(&library, "nvrtcCreateProgram")?,
                compile: symbol(&library, "nvrtcCompileProgram")?,
                log_size: symbol(&library, "nvrtcGetProgramLogSize")?,
                log: symbol(&library, "nvrtcGetProgramLog")?,
                image_size: symbol(&library, "nvrtcGetCUBINSize")?,
                image: symbol(&library, "nvrtcGetCUBIN")?,
                destroy: symbol(&library, "nvrtcDestroyProgram")?,
                _libraries: Vec::new(),
            }
        };
        table._libraries = std::iter::once(library).chain(beside).collect();
        let mut version = (0, 0);
        // SAFETY: both places are valid.
        unsafe { (table.version)(&mut version.0, &mut version.1) };
        Ok(Nvrtc { table, architecture: architecture.into(), version })
    }

    /// The compiler's version.
    pub fn version(&self) -> (i32, i32) {
        self.version
    }
}

/// Whether this process has compiled anything.
static COMPILED: AtomicBool = AtomicBool::new(false);

impl Compile for Nvrtc {
    fn identity(&self) -> String {
        format!("nvrtc {}.{} {}", self.version.0, self.version.1, self.architecture)
    }

    fn compile(&self, text: &str) -> Result<Vec<u8>, String> {
        let source = CString::new(text).map_err(|_| "a kernel's text holds a zero".to_string())?;
        let options = [format!("--gpu-architecture={}", self.architecture), "--fmad=false".into(), "--std=c++17".into()];
        let options: Vec<CString> = options.into_iter().map(|o| CString::new(o).expect("options have no zero")).collect();
        let pointers: Vec<*const c_char> = options.iter().map(|o| o.as_ptr()).collect();
        let mut program: Handle = std::ptr::null_mut();
        let none = std::ptr::null();
        // SAFETY: strings end with a zero and outlive the calls; buffers have the sizes that the compiler asked for.
        unsafe {
            let t = &self.table;
            if (t.create)(&mut program, source.as_ptr(), c"lazulite.cu".as_ptr(), 0, none, none) != 0 {
                return Err("a program could not be created".into());
            }
            let code = (t.compile)(program, pointers.len() as c_int, pointers.as_ptr());
            COMPILED.store(true, Ordering::Release);
            let result = if code == 0 {
                let mut size = 0;
                (t.image_size)(program, &mut size);
                let mut image = vec![0u8; size];
                match (t.image)(program, image.as_mut_ptr().cast()) {
                    0 if size > 0 => Ok(image),
                    code => Err(format!("no machine code (error {code})")),
                }
            } else {
                let mut size = 0;
                (t.log_size)(program, &mut size);
                let mut log = vec![0u8; size.max(1)];
                (t.log)(program, log.as_mut_ptr().cast());
                Err(CStr::from_bytes_until_nul(&log).map_or_else(|_| String::new(), |s| s.to_string_lossy().into_owned()))
            };
            (t.destroy)(&mut program);
            result
        }
    }

    fn warm(&self) {
        if !COMPILED.load(Ordering::Acquire) {
            // A compiler that cannot do this says so when there is a kernel to compile.
            let _ = self.compile("extern \"C\" __global__ void first() {}");
        }
    }
}
