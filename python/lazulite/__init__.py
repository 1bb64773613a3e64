"""Lazy arrays and composable function transforms, with MLX's interface: `import lazulite.core as mx`."""
