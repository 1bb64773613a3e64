# The two things to do with lazulite: see it, and check it. `make bench` measures the claims of docs/performance.md.
.PHONY: demo test bench

demo:
	cargo run -q -p demo

test:
	cargo fmt --check
	cargo clippy -q --workspace --all-targets -- -D warnings
	cargo test --workspace
	cargo xtask op-matrix --check
	cargo xtask add-op
	scripts/valgrind.sh
	RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -q -p lazulite-core -p lazulite-cpu --lib loom

bench:
	cargo run -q -p benches --bin overhead -- --check
	cargo run -q -p benches --bin ceiling -- 1 --check
	cargo run -q -p benches --bin matmul -- --check
