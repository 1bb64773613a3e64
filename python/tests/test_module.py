"""`lazulite.nn.Module`: attributes, walking, changing, freezing, files."""

import copy
import pickle

import lazulite.core as mx
import lazulite.nn as nn
import pytest
from lazulite.utils import tree_flatten


class Block(nn.Module):
    """A module with a submodule and a list of some."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.rest = [nn.ReLU(), nn.Sequential(nn.Linear(2, 1), nn.Tanh())]

    def __call__(self, x):
        """Apply all in order."""
        x = self.first(x)
        for layer in self.rest:
            x = layer(x)
        return x


class Model(nn.Module):
    """A module with everything that can be an attribute."""

    kind = "class attribute"

    def __init__(self):
        super().__init__()
        self.scale = mx.array([1.0, 2.0])
        self.block = Block()
        self.norm = nn.BatchNorm(2)
        self.table = {"k": nn.Linear(1, 1, bias=False), "deep": {"q": mx.array(3.0), "text": "x"}}
        self._hidden = mx.array(1.0)
        self.pair = (nn.ReLU(), mx.array(2.0))
        self.size = 7
        self.nothing = None


def names(tree):
    return [path for path, _ in tree_flatten(tree)]


def test_containers_and_arrays_are_entries_the_rest_attributes():
    model = Model()
    assert list(model) == ["scale", "block", "norm", "table", "_hidden", "pair"]
    assert model["scale"] is model.scale
    assert vars(model).keys() == {"_no_grad", "_training", "size", "nothing"}
    assert model.kind == "class attribute"
    assert model.state is model


def test_assignment_moves_between_entry_and_attribute():
    model = Model()
    model.scale = "text"
    assert model.scale == "text" and "scale" not in model
    model.scale = mx.array(1.0)
    assert "scale" in model and "scale" not in vars(model)
    model.block = None
    assert model.block is None and "block" not in model
    del model.size
    del model.scale
    assert "scale" not in model
    for name in ("size", "scale", "nonsense"):
        with pytest.raises(AttributeError, match=name):
            getattr(model, name)
        with pytest.raises(AttributeError, match=name):
            delattr(model, name)


def test_an_entry_cannot_hide_behind_a_class_attribute():
    model = Model()
    for name in ("kind", "keys", "training"):
        with pytest.raises(AttributeError):
            setattr(model, name, mx.array(1.0))
    with pytest.raises(AttributeError):
        model.training = False


def test_a_module_without_init_says_so():
    class Forgetful(nn.Module):
        def __init__(self):
            self.w = mx.array(1.0)

    assert list(Forgetful().parameters()) == ["w"]
    with pytest.raises(AttributeError, match="_training"):
        _ = Forgetful().training
    with pytest.raises(TypeError):
        nn.Module()(3)


def test_parameters_and_children():
    model = Model()
    assert names(model.parameters()) == [
        "scale",
        "block.first.weight",
        "block.first.bias",
        "block.rest.1.layers.0.weight",
        "block.rest.1.layers.0.bias",
        "norm.weight",
        "norm.bias",
        "norm.running_mean",
        "norm.running_var",
        "table.k.weight",
        "table.deep.q",
    ]
    assert model.parameters()["table"]["deep"] == {"q": model.table["deep"]["q"], "text": {}}
    assert model.parameters()["block"]["rest"][0] == {}
    assert list(model.children()) == ["block", "norm", "table"]
    assert model.children()["table"] == {"k": model.table["k"], "deep": {"q": {}, "text": {}}}


def test_modules_go_from_the_last_to_the_first_in_depth():
    assert [name for name, _ in Model().named_modules()] == [
        "",
        "table.k",
        "norm",
        "block",
        "block.rest.1",
        "block.rest.1.layers.1",
        "block.rest.1.layers.0",
        "block.rest.0",
        "block.first",
    ]
    model = Model()
    seen = []
    assert model.apply_to_modules(lambda path, module: seen.append((path, module))) is model
    assert [module for _, module in seen] == model.modules()
    assert seen == model.named_modules()


def test_leaf_modules():
    leaves = tree_flatten(Model().leaf_modules(), is_leaf=nn.Module.is_module)
    assert [name for name, _ in leaves] == [
        "block.first",
        "block.rest.0",
        "block.rest.1.layers.0",
        "block.rest.1.layers.1",
        "norm",
        "table.k",
    ]


def test_filter_and_map_gives_the_path_within_the_module():
    asked = []

    def keep(module, key, value):
        asked.append((type(module).__name__, key))
        return nn.Module.valid_parameter_filter(module, key, value)

    shapes = Model().filter_and_map(keep, lambda x: x.shape)
    assert shapes["block"]["first"] == {"weight": (2, 2), "bias": (2,)}
    assert ("Model", "_hidden") in asked and ("Model", "table.deep.q") in asked and ("Block", "rest.1") in asked
    with pytest.raises(RuntimeError, match="scale"):
        Model().filter_and_map(nn.Module.valid_parameter_filter, is_leaf_fn=lambda m, k, v: False)


def test_update():
    model = Model()
    kept = model.scale
    new = mx.zeros((2, 2))
    assert model.update({"block": {"first": {"weight": new}, "rest": []}}) is model
    assert model.block.first.weight is new and model.scale is kept
    for bad, error in [
        ({"nonsense": new}, "nonsense"),
        ({"scale": 3}, "int"),
        ({"block": new}, "array"),
        ({"block": {"rest": [{}, {}, {}]}}, "list of 2"),
        (3, "int"),
    ]:
        with pytest.raises(ValueError, match=error):
            model.update(bad)
    model.update({"nonsense": new, "block": new}, strict=False)
    assert "nonsense" not in model


def test_update_modules():
    model = Model()
    tanh = nn.Tanh()
    assert model.update_modules({"block": {"rest": [{}, tanh]}}) is model
    assert model.block.rest[1] is tanh and isinstance(model.block.rest[0], nn.ReLU)
    model.update_modules(model.leaf_modules())
    for bad, error in [
        ({"nonsense": tanh}, "nonsense"),
        ({"block": 3}, "int"),
        ({"scale": nn.Linear(1, 1)}, "Linear"),
        ({"block": {"rest": [{}, {}, tanh]}}, "list of 2"),
    ]:
        with pytest.raises(ValueError, match=error):
            model.update_modules(bad)
    model.update_modules({"nonsense": tanh}, strict=False)
    assert "nonsense" not in model


def test_apply_and_set_dtype():
    model = nn.Linear(2, 1).apply(lambda x: x + 1, lambda module, key, value: key == "bias")
    assert model.apply(lambda x: x.astype(mx.float16)).weight.dtype == mx.float16
    model = nn.Sequential(nn.Linear(2, 1))
    model.count = mx.array(3)
    model.set_dtype(mx.bfloat16)
    assert model.layers[0].weight.dtype == mx.bfloat16 and model.count.dtype == mx.int32
    model.set_dtype(mx.float32, lambda dtype: dtype == mx.int32)
    assert model.layers[0].weight.dtype == mx.bfloat16 and model.count.dtype == mx.float32
    model.set_dtype(mx.float16, None)
    assert model.count.dtype == mx.float16


def test_freeze_and_unfreeze():
    model = Model()
    everything = set(names(model.parameters()))
    running = {"norm.running_mean", "norm.running_var"}

    def trainable():
        return set(names(model.trainable_parameters()))

    assert trainable() == everything - running
    assert model.freeze() is model and trainable() == set()
    assert model.unfreeze(keys="bias") is model
    assert trainable() == {name for name in everything if name.endswith("bias")}
    # As in MLX, unfreezing from above reaches running averages; BatchNorm's own unfreeze keeps them frozen.
    model.unfreeze()
    assert trainable() == everything
    model.norm.unfreeze()
    assert trainable() == everything - running
    model.freeze(recurse=False)
    assert trainable() == everything - running - {"scale", "table.deep.q"}
    model.unfreeze().freeze(keys=["weight", "block"])
    assert trainable() == {"scale", "norm.bias", "norm.running_mean", "norm.running_var", "table.deep.q"}


def test_strict_freezing_wants_the_names():
    layer = nn.Linear(1, 1)
    assert list(layer.freeze(keys="bias", strict=True).trainable_parameters()) == ["weight"]
    for change in (layer.freeze, layer.unfreeze):
        with pytest.raises(KeyError, match="nonsense"):
            change(keys=["bias", "nonsense"], strict=True)
    layer.freeze(keys="nonsense")
    with pytest.raises(TypeError):
        layer.freeze(True)


def test_batch_norm_does_not_unfreeze_its_running_averages():
    norm = nn.BatchNorm(2)
    norm.unfreeze(keys="running_mean")
    assert list(norm.trainable_parameters()) == ["weight", "bias"]


def test_train_and_eval_reach_all_modules():
    model = Model()
    assert model.training
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train().block.rest[1].training


def test_repr():
    assert repr(nn.Linear(2, 3, bias=False)) == "Linear(input_dims=2, output_dims=3, bias=False)"
    assert repr(nn.Module()) == "Module()"
    assert (
        repr(nn.Sequential(nn.Linear(1, 1), abs, nn.Sequential(nn.ReLU())))
        == """Sequential(
  (layers.0): Linear(input_dims=1, output_dims=1, bias=True)
  (layers.2): Sequential(
    (layers.0): ReLU()
  )
)"""
    )


def test_load_weights_from_pairs():
    layer = nn.Linear(2, 1)
    weight, bias = mx.ones((1, 2)), mx.zeros((1,))
    assert layer.load_weights([("weight", weight), ("bias", bias)]) is layer
    assert layer.weight is weight and layer.bias is bias
    for bad, error in [
        ([("weight", weight)], "missing: bias"),
        ([("weight", weight), ("bias", bias), ("more", bias)], "not have: more"),
        ([("weight", weight), ("bias", mx.zeros((2,)))], r"bias has shape \(1,\)"),
        ([("weight", weight), ("bias", 3)], "int"),
    ]:
        with pytest.raises(ValueError, match=error):
            layer.load_weights(bad)
    new = mx.ones((5,))
    layer.load_weights([("weight", new), ("more", bias)], strict=False)
    assert layer.weight is new and "more" not in layer
    layer.load_weights([], strict=False)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_weights_through_a_file(tmp_path, ending):
    path = str(tmp_path / f"weights.{ending}")
    model, other = Model(), Model()
    model.save_weights(path)
    other.load_weights(path)
    for (_, a), (_, b) in zip(tree_flatten(model.parameters()), tree_flatten(other.parameters()), strict=True):
        assert mx.array_equal(a, b).item()


def test_weights_need_a_known_ending(tmp_path):
    with pytest.raises(ValueError, match="txt"):
        nn.Linear(1, 1).save_weights(str(tmp_path / "weights.txt"))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies(duplicate):
    layer = nn.Linear(2, 1).freeze(keys="bias").eval()
    other = duplicate(layer)
    assert type(other) is nn.Linear and not other.training
    assert list(other.trainable_parameters()) == ["weight"]
    assert mx.array_equal(other.weight, layer.weight).item()
