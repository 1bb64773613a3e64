"""Small language models of mlx-lm's families, with random weights, and what they compute.

mlx-lm runs as PyPI has it, over whatever `mlx` is: real MLX when `record.py` writes down what it computes, lazulite
under `as_mlx` when `test_lm.py` compares.
"""

from __future__ import annotations

import importlib
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_flatten, tree_unflatten

VOCABULARY = 128
HIDDEN = 64

_DENSE = {
    "hidden_size": HIDDEN,
    "num_hidden_layers": 2,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "rms_norm_eps": 1e-5,
    "vocab_size": VOCABULARY,
}

# The configuration of each family: what its `config.json` would say.
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {**_DENSE, "num_key_value_heads": 2, "rope_theta": 10000.0, "tie_word_embeddings": False},
    "qwen3": {
        **_DENSE,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "max_position_embeddings": 256,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
    },
    "gemma3_text": {
        **_DENSE,
        "num_hidden_layers": 3,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "query_pre_attn_scalar": 32,
        "sliding_window": 8,
        "sliding_window_pattern": 3,
    },
    "mixtral": {**_DENSE, "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2},
    "mamba": {
        "vocab_size": VOCABULARY,
        "hidden_size": HIDDEN,
        "intermediate_size": 128,
        "state_size": 16,
        "num_hidden_layers": 2,
        "conv_kernel": 4,
        "use_bias": False,
        "use_conv_bias": True,
        "time_step_rank": 32,
    },
}


def model(family: str, quantized: bool = False, sizes: dict[str, Any] | None = None) -> nn.Module:
    """The model of a family, with weights that depend on their names and shapes alone."""
    module = importlib.import_module(f"mlx_lm.models.{family}")
    made = module.Model(module.ModelArgs.from_dict({"model_type": family, **(sizes or FAMILIES[family])}))
    weights = []
    for i, (name, old) in enumerate(sorted(tree_flatten(made.parameters()))):
        if not mx.issubdtype(old.dtype, mx.floating):
            continue
        random = np.random.default_rng([i, *old.shape])
        values = (
            random.standard_normal(old.shape) / np.sqrt(old.shape[-1])
            if old.ndim > 1
            else random.uniform(0.5, 1.5, old.shape)
        )
        weights.append((name, mx.array(values.astype(np.float32))))
    made.update(tree_unflatten(weights))
    if quantized:
        nn.quantize(made, group_size=32, bits=4)
    made.eval()
    return made


def tokens(count: int, seed: int = 0) -> np.ndarray:
    """Random tokens, a row of `count`."""
    return np.random.default_rng(seed).integers(0, VOCABULARY, (1, count)).astype(np.int32)


def logits(made: nn.Module, count: int = 24) -> np.ndarray:
    """The logits of a row of tokens, `(1, count, VOCABULARY)`."""
    return np.array(made(mx.array(tokens(count))).astype(mx.float32))


def stepped_logits(made: nn.Module, count: int = 24) -> np.ndarray:
    """The same through the cache of keys and values: a first piece, then token by token."""
    from mlx_lm.models.cache import make_prompt_cache

    cache = make_prompt_cache(made)
    row = tokens(count)
    first = count * 2 // 3
    pieces = [made(mx.array(row[:, :first]), cache=cache)]
    pieces += [made(mx.array(row[:, i : i + 1]), cache=cache) for i in range(first, count)]
    return np.array(mx.concatenate(pieces, axis=1).astype(mx.float32))


def generated(made: nn.Module, count: int = 12) -> list[int]:
    """The tokens that greedy decoding streams after a prompt."""
    from mlx_lm.generate import generate_step

    steps = generate_step(mx.array(tokens(8)[0]), made, max_tokens=count)
    return [int(token) for token, _ in steps]


def lora_losses(folder: str, iterations: int = 20) -> list[float]:
    """The losses that mlx-lm's trainer reports, step by step, when it fits low-rank adapters to a few repeated rows."""
    from mlx.optimizers import Adam
    from mlx_lm.tuner.callbacks import TrainingCallback
    from mlx_lm.tuner.trainer import TrainingArgs, train
    from mlx_lm.tuner.utils import linear_to_lora_layers

    class Losses(TrainingCallback):
        def __init__(self) -> None:
            self.seen: list[float] = []

        def on_train_loss_report(self, info: dict[str, Any]) -> None:
            self.seen.append(float(info["train_loss"]))

    mx.random.seed(0)
    np.random.seed(0)
    made = model("llama")
    made.freeze()
    linear_to_lora_layers(made, 2, {"rank": 4, "scale": 10.0, "dropout": 0.0})
    rows = [(tokens(16, seed=i)[0].tolist(), 0) for i in range(4)]
    args = TrainingArgs(
        batch_size=4,
        iters=iterations,
        steps_per_report=1,
        steps_per_eval=10**6,
        steps_per_save=10**6,
        val_batches=0,
        max_seq_length=16,
        adapter_file=f"{folder}/adapters.safetensors",
    )
    losses = Losses()
    made.train()
    train(made, Adam(learning_rate=2e-3), rows, None, args=args, training_callback=losses)
    return losses.seen
