# The two things to do with lazulite: see it, and check it.
.PHONY: demo test

demo:
	cargo run -p demo

test:
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace
