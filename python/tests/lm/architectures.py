"""Every architecture of mlx-lm with one set of sizes: whether it computes what it computes over real MLX.

An architecture takes from the sizes what its configuration has a name for. Those of mlx-lm that are not here make no
model of them, or one too large for a test.
"""

from __future__ import annotations

from typing import Any

import families
import numpy as np

SIZES: dict[str, Any] = {
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-05,
    "vocab_size": 128,
    "head_dim": 16,
    "max_position_embeddings": 256,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "attention_bias": False,
    "layer_norm_eps": 1e-05,
    "layer_norm_epsilon": 1e-05,
    "norm_eps": 1e-05,
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "num_local_experts": 4,
    "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32,
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "moe_num_experts": 4,
    "first_k_dense_replace": 1,
    "moe_layer_freq": 1,
    "norm_topk_prob": True,
    "routed_scaling_factor": 1.0,
    "kv_lora_rank": 32,
    "q_lora_rank": 32,
    "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    "topk_method": "noaux_tc",
    "scoring_func": "sigmoid",
    "n_group": 1,
    "topk_group": 1,
    "decoder_sparse_step": 1,
    "mlp_only_layers": [],
    "sliding_window": 8,
    "sliding_window_pattern": 2,
    "query_pre_attn_scalar": 16,
    "rope_local_base_freq": 10000.0,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
    "hidden_act": "silu",
    "state_size": 16,
    "conv_kernel": 4,
    "use_bias": False,
    "use_conv_bias": True,
    "time_step_rank": 32,
    "n_embd": 64,
    "n_head": 4,
    "n_layer": 4,
    "n_positions": 256,
    "n_ctx": 256,
    "d_model": 64,
    "n_heads": 4,
    "n_layers": 4,
    "mlp_ratio": 2,
    "max_seq_len": 256,
    "partial_rotary_factor": 0.5,
    "logits_scaling": 1.0,
    "attention_multiplier": 0.25,
    "embedding_multiplier": 1.0,
    "residual_multiplier": 1.0,
    "mlp_bias": False,
    "conv_bias": True,
    "expand": 2,
    "n_groups": 1,
    "num_heads": 8,
    "ssm_state_size": 16,
    "time_step_limit": (0.0, 100.0),
    "mamba_num_heads": 8,
    "mamba_head_dim": 16,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "linear_conv_kernel_dim": 4,
    "full_attention_interval": 2,
    "rope_traditional": False,
    "layer_types": ["full_attention", "sliding_attention"] * 2,
    "rope_scaling": None,
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "use_qk_norm": True,
    "rotary_dim": 8,
    "logit_scale": 1.0,
    "moe_topk": 2,
    "num_shared_experts": 1,
    "use_cla": False,
    "num_dense_layers": 1,
    "num_expert_layers": 3,
    "conv_L_cache": 3,
    "block_dim": 64,
    "block_ff_dim": 128,
    "block_multiple_of": 32,
    "block_ffn_dim_multiplier": 1.0,
    "block_auto_adjust_ff_dim": False,
    "full_attn_idxs": [1, 3],
    "norm_epsilon": 1e-05,
    "use_parallel_residual": True,
    "rotary_pct": 0.25,
    "qkv_bias": False,
    "mamba_d_conv": 4,
    "mamba_d_state": 16,
    "mamba_expand": 2,
    "mamba_n_heads": 8,
    "mamba_d_head": 16,
    "mamba_n_groups": 1,
    "attn_layer_offset": 1,
    "attn_layer_period": 2,
    "expert_layer_offset": 1,
    "expert_layer_period": 2,
    "mamba_dt_rank": 32,
    "mamba_proj_bias": False,
    "mamba_conv_bias": True,
    "dt_rank": 32,
}

NAMES = """
Klear afmoe bailing_moe bailing_moe_v3 cohere cohere2 deepseek deepseek_v3 deepseek_v32 deepseek_v41 dots1 ernie4_5
ernie4_5_moe gear gemma gemma2 gemma3_text glm glm4 glm4_moe glm4_moe_lite gpt2 gpt_oss gptj granite granitemoe helium
hunyuan_v1_dense internlm2 internlm3 iquestloopcoder jamba laguna lfm2 llama mamba mamba2 mimo mixtral muse_glimmer
nanbeige nanochat nemotron olmo2 olmo3 olmoe phi phi3 phimoe plamo2 plamo3 qwen2 qwen2_moe qwen2_vl qwen3 qwen3_5
qwen3_5_moe qwen3_moe qwen3_next qwen3_vl seed_oss smollm3 solar_open starcoder2 talkie telechat3 youtu_llm
""".split()

TOKENS = 12


def digest(name: str) -> dict[str, Any]:
    """Products of the last logits with fixed random numbers, of a row of tokens in one piece and through the cache."""
    made = families.model(name, sizes=SIZES)
    fixed = np.random.default_rng(1).standard_normal((families.VOCABULARY, 4)) / np.sqrt(families.VOCABULARY)
    last = [f(made, TOKENS)[0, -1] for f in (families.logits, families.stepped_logits)]
    if not np.isfinite(last).all():
        raise ValueError("the logits are not finite")
    return {"size": float(np.abs(last).max()), "digests": [float(v) for v in (np.array(last) @ fixed).reshape(-1)]}
