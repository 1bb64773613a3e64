# The two things to do with lazulite: see it, and check it. `make python` builds and installs the wheel; `make bench` measures the claims of
# docs/performance.md, `make bench-peers` the same work in PyTorch, JAX and MLX, which it installs, `make bench-rust` in candle and burn.
.PHONY: demo test python test-python bench bench-peers bench-rust

demo: python
	cargo run -q -p demo
	.venv/bin/python examples/tour.py

python:
	scripts/python.sh

test: test-python
	cargo fmt --check
	cargo clippy -q --workspace --all-targets -- -D warnings
	.venv/bin/pip install -q --disable-pip-version-check 'nvidia-cuda-nvrtc==13.*'
	cargo test --workspace
	cargo xtask add-op
	scripts/valgrind.sh
	RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -q -p lazulite-core -p lazulite-threads --lib

test-python: python
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/python -m pytest -q

bench: python
	cargo run -q -p benches --bin overhead -- --check
	cargo run -q -p benches --bin ceiling -- 1 --check
	cargo run -q -p benches --bin matmul -- --check
	.venv/bin/python benches/python/overhead.py --check

PEERS = benches/peers/.venvs
bench-peers: python
	benches/peers/venvs.sh
	.venv/bin/python benches/peers/compare.py mx:lazulite@.venv/bin/python mx:mlx@$(PEERS)/mlx/bin/python \
		torch@$(PEERS)/torch/bin/python torchc@$(PEERS)/torch/bin/python jax@$(PEERS)/jax/bin/python numpy@$(PEERS)/mlx/bin/python

bench-rust:
	cd benches/rust && RUSTFLAGS="-C target-cpu=native" cargo run -q --release
