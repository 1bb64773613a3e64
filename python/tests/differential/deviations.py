"""Where lazulite means to differ from MLX 0.32.4: a pattern of calls, and why. The suite fails if no call shows one
any more.
"""

DEVIATIONS: list[tuple[str, str]] = []
