"""The differential suite: generated calls run in lazulite and in real MLX, each in its own process, and compared."""
