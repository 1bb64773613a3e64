//! Every call site that a Rust user would write. These programs settle the interface: they compile, and each is checked by its types.
#![allow(dead_code)]

mod calls;
mod models;
mod transforms;

/// The programs above are compiled; running one shows that linking them works, too.
#[test]
fn interface_compiles() {
    transforms::all();
    calls::all();
    models::all();
}
