"""The layers, and `Module`, which they all are."""

from lazulite.nn.layers.activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    HardShrink,
    Hardswish,
    HardTanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU2,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Step,
    Tanh,
    celu,
    elu,
    gelu,
    gelu_approx,
    gelu_fast_approx,
    glu,
    hard_shrink,
    hard_tanh,
    hardswish,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    prelu,
    relu,
    relu2,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    step,
    tanh,
)
from lazulite.nn.layers.base import Module
from lazulite.nn.layers.containers import Sequential
from lazulite.nn.layers.dropout import Dropout, Dropout2d, Dropout3d
from lazulite.nn.layers.embedding import Embedding
from lazulite.nn.layers.linear import Bilinear, Identity, Linear
from lazulite.nn.layers.normalization import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from lazulite.nn.layers.pooling import AvgPool1d, AvgPool2d, AvgPool3d, MaxPool1d, MaxPool2d, MaxPool3d
from lazulite.nn.layers.positional_encoding import ALiBi, RoPE, SinusoidalPositionalEncoding
from lazulite.nn.layers.recurrent import GRU, LSTM, RNN
from lazulite.nn.layers.transformer import (
    MultiHeadAttention,
    Transformer,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)
from lazulite.nn.layers.upsample import Upsample
