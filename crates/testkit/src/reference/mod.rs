//! Programs as data, and their values and derivatives without the library.
