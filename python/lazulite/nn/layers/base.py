"""`Module`, the base class of every layer and model."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import lazulite.core as mx
from lazulite.utils import tree_flatten, tree_unflatten


class Module(dict[str, Any]):
    """A layer or a model: a dict of its arrays and submodules, whose keys are also its attributes.

    Assign arrays, modules and lists, tuples or dicts of them as attributes in `__init__`, after `super().__init__()`,
    and write `__call__`. What is assigned that way is an entry of the dict and is found by `parameters()` and its
    like, unless its name starts with an underscore; anything else (numbers, strings, functions) is a plain attribute.
    Arrays and modules inside tuples are not looked for.

    A parameter is *frozen* if its module's `freeze` says so: `trainable_parameters()` leaves it out, and with it
    `lazulite.nn.value_and_grad` and the optimizers.

    Example:
        >>> class MLP(nn.Module):
        ...     def __init__(self, dims, hidden) -> None:
        ...         super().__init__()
        ...         self.up = nn.Linear(dims, hidden)
        ...         self.down = nn.Linear(hidden, dims)
        ...
        ...     def __call__(self, x):
        ...         return self.down(nn.relu(self.up(x)))
        >>> model = MLP(2, 8)
        >>> model.up.weight.shape
        (8, 2)
        >>> mx.eval(model.parameters())
    """

    __call__: Callable[..., Any]

    def __init__(self) -> None:
        self._no_grad: set[str] = set()
        self._training = True

    @property
    def training(self) -> bool:
        """Whether the module is in training mode; `train` and `eval` set it.

        Example:
            >>> nn.Linear(2, 1).eval().training
            False
        """
        return self._training

    @property
    def state(self) -> Module:
        """The module's own dict, not a copy: what a compiled function captures to see and change parameters.

        Example:
            >>> model = nn.Linear(2, 1)
            >>> model.state is model
            True
        """
        return self

    # Attributes

    def __getattr__(self, key: str) -> Any:
        # Called only when the ordinary lookup found nothing.
        if key in self:
            return self[key]
        # Ask again for the error: of a property that failed, it is the one from inside.
        return super().__getattribute__(key)

    def __setattr__(self, key: str, val: Any) -> None:
        if not isinstance(val, (mx.array, dict, list, tuple)):
            super().__setattr__(key, val)
            self.pop(key, None)
            return
        if key in self.__dict__:
            super().__delattr__(key)
        elif hasattr(type(self), key):
            raise AttributeError(
                f"'{type(self).__name__}' object cannot hold an entry '{key}': its class has an attribute of that name"
            )
        self[key] = val

    def __delattr__(self, name: str) -> None:
        if name in self:
            del self[name]
        elif name in self.__dict__ or hasattr(type(self), name):
            super().__delattr__(name)
        else:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    # Printing

    def _extra_repr(self) -> str:
        """What stands in parentheses behind the class's name; for subclasses to override."""
        return ""

    def __repr__(self) -> str:
        children = tree_flatten(self.children(), is_leaf=self.is_module)
        text = f"{type(self).__name__}({self._extra_repr()}"
        for key, child in children:
            text += "\n" + textwrap.indent(f"({key}): {child!r}", prefix="  ")
        return text + ("\n)" if children else ")")

    # Files

    def load_weights(self, file_or_weights: str | list[tuple[str, mx.array]], strict: bool = True) -> Module:
        """Set parameters from a file or from a list of names and arrays.

        Args:
            file_or_weights: the path of a `.npz` or `.safetensors` file, or pairs of a parameter's path and its
                array, or a dict of them.
            strict: demand exactly the parameters that the module has, each an array of the right shape, and raise a
                `ValueError` otherwise. If false, take what fits a name and ignore the rest.

        Returns:
            The module.

        Example:
            >>> model = nn.Linear(2, 1)
            >>> model.load_weights([("weight", mx.zeros((1, 2))), ("bias", mx.ones((1,)))])
            Linear(input_dims=2, output_dims=1, bias=True)
        """
        weights = mx.load(file_or_weights) if isinstance(file_or_weights, str) else file_or_weights
        weights = list(weights.items()) if isinstance(weights, dict) else list(weights)
        if strict:
            _check_weights(dict(weights), tree_flatten(self.parameters(), destination={}))
        if weights:
            self.update(tree_unflatten(weights), strict=False)
        return self

    def save_weights(self, file: str) -> None:
        """Write the parameters to a file, in the format its ending names: `.npz` or `.safetensors`.

        Raises `ValueError` for another ending.

        Example:
            >>> model.save_weights("model.safetensors")
        """
        weights = tree_flatten(self.parameters(), destination={})
        if file.endswith(".npz"):
            mx.savez(file, **weights)
        elif file.endswith(".safetensors"):
            mx.save_safetensors(file, weights)
        else:
            raise ValueError(f"save_weights: {file!r} ends neither in '.npz' nor in '.safetensors'")

    # Walking the tree

    @staticmethod
    def is_module(value: Any) -> bool:
        """Whether `value` is a module.

        Example:
            >>> nn.Module.is_module(nn.ReLU()), nn.Module.is_module(3)
            (True, False)
        """
        return isinstance(value, Module)

    @staticmethod
    def valid_child_filter(module: Module, key: str, value: Any) -> bool:
        """A filter for `filter_and_map` that keeps modules and the dicts and lists that may hold some.

        Example:
            >>> model = nn.Sequential(nn.ReLU())
            >>> list(model.filter_and_map(nn.Module.valid_child_filter))
            ['layers']
        """
        return isinstance(value, (dict, list))

    @staticmethod
    def valid_parameter_filter(module: Module, key: str, value: Any) -> bool:
        """A filter for `filter_and_map` that keeps what is or may hold a parameter: no name with an underscore.

        Example:
            >>> list(nn.Linear(2, 1).filter_and_map(nn.Module.valid_parameter_filter))
            ['weight', 'bias']
        """
        return isinstance(value, (dict, list, mx.array)) and not key.startswith("_")

    @staticmethod
    def trainable_parameter_filter(module: Module, key: str, value: Any) -> bool:
        """`valid_parameter_filter` without what `module` has frozen.

        Example:
            >>> model = nn.Linear(2, 1).freeze(keys="bias")
            >>> list(model.filter_and_map(nn.Module.trainable_parameter_filter))
            ['weight']
        """
        valid = isinstance(value, (dict, list, mx.array)) and not key.startswith("_")
        return valid and key not in module._no_grad

    def filter_and_map(
        self,
        filter_fn: Callable[[Module, str, Any], bool],
        map_fn: Callable[..., Any] | None = None,
        is_leaf_fn: Callable[[Module, str, Any], bool] | None = None,
    ) -> dict[str, Any]:
        """Take the entries that a filter keeps, from here down.

        Both functions get the module that holds the value, the value's path within that module (`"weight"`,
        `"layers.0"`) and the value.

        Args:
            filter_fn: whether to keep the value. Entries that it refuses are left out of the result; inside lists and
                dicts an empty dict stands for them.
            map_fn: applied to each leaf kept.
            is_leaf_fn: whether a value is a leaf. By default everything is but modules, dicts and lists.

        Returns:
            A tree of dicts and lists.

        Example:
            >>> nn.Linear(3, 2).filter_and_map(nn.Module.valid_parameter_filter, lambda x: x.shape)
            {'weight': (2, 3), 'bias': (2,)}
        """
        return {
            key: _taken(self, key, value, filter_fn, map_fn, is_leaf_fn)
            for key, value in self.items()
            if filter_fn(self, key, value)
        }

    def parameters(self) -> dict[str, Any]:
        """All arrays of this module and the modules below, as a tree of dicts and lists."""
        return self.filter_and_map(self.valid_parameter_filter)

    def trainable_parameters(self) -> dict[str, Any]:
        """`parameters()` without those that are frozen.

        Example:
            >>> list(nn.Linear(2, 1).freeze(keys="bias").trainable_parameters())
            ['weight']
        """
        return self.filter_and_map(self.trainable_parameter_filter)

    def children(self) -> dict[str, Any]:
        """The modules that this one holds itself, in the dicts and lists it holds them in.

        Example:
            >>> nn.Sequential(nn.ReLU()).children()
            {'layers': [ReLU()]}
        """
        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=lambda m, k, v: isinstance(v, Module))

    def leaf_modules(self) -> dict[str, Any]:
        """The modules below this one that hold none that has parameters, as a tree.

        Example:
            >>> nn.Sequential(nn.Sequential(nn.Linear(2, 1))).leaf_modules()
            {'layers': [{'layers': [Linear(input_dims=2, output_dims=1, bias=True)]}]}
        """

        def is_leaf(module: Module, key: str, value: Any) -> bool:
            return isinstance(value, Module) and not tree_flatten(value.children())

        return self.filter_and_map(self.valid_child_filter, is_leaf_fn=is_leaf)

    def modules(self) -> list[Module]:
        """This module and all below it: first this one, then its children from the last to the first, in depth.

        Example:
            >>> nn.Sequential(nn.ReLU(), nn.Tanh()).modules()[1:]
            [Tanh(), ReLU()]
        """
        return [module for _, module in self.named_modules()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """The list that `modules` gives, as pairs of path and module. This module's own path is `""`.

        Example:
            >>> nn.Sequential(nn.Linear(2, 2), nn.ReLU()).named_modules()[1]
            ('layers.1', ReLU())
        """
        found = []
        waiting = [("", self)]
        while waiting:
            path, module = waiting.pop()
            found.append((path, module))
            prefix = f".{path}" if path else ""
            waiting.extend(tree_flatten(module.children(), prefix=prefix, is_leaf=self.is_module))
        return found

    # Changing

    def update(self, parameters: dict[str, Any], strict: bool = True) -> Module:  # type: ignore[override]
        """Replace parameters.

        Args:
            parameters: a tree shaped like `parameters()`, or part of one.
            strict: raise a `ValueError` for a place that the module does not have or a value that is no array.

        Returns:
            The module.

        Example:
            >>> model = nn.Linear(2, 1)
            >>> model.update({"weight": mx.zeros((1, 2))})
            Linear(input_dims=2, output_dims=1, bias=True)
        """
        _update_parameters(self, parameters, strict)
        return self

    def apply(
        self,
        map_fn: Callable[[mx.array], mx.array],
        filter_fn: Callable[[Module, str, Any], bool] | None = None,
    ) -> Module:
        """Replace each parameter by `map_fn` of it.

        Args:
            map_fn: gives the new array.
            filter_fn: which arrays to map; see `filter_and_map`. All parameters by default.

        Returns:
            The module.

        Example:
            >>> model = nn.Linear(2, 1).apply(lambda x: x.astype(mx.float16))
            >>> model.weight.dtype == mx.float16
            True
        """
        self.update(self.filter_and_map(filter_fn or self.valid_parameter_filter, map_fn))
        return self

    def update_modules(self, modules: dict[str, Any], strict: bool = True) -> Module:
        """Replace modules below this one.

        Args:
            modules: a tree shaped like `children()` or `leaf_modules()`, or part of one.
            strict: raise a `ValueError` for a place where the module has no child or a value that is no module.

        Returns:
            The module.

        Example:
            >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            >>> model.update_modules({"layers": [{}, nn.Tanh()]}).layers[1]
            Tanh()
        """
        _update_modules(self, modules, strict)
        return self

    def apply_to_modules(self, apply_fn: Callable[[str, Module], Any]) -> Module:
        """Call `apply_fn(path, module)` for each of `named_modules()`.

        Returns:
            The module.

        Example:
            >>> paths = []
            >>> model = nn.Sequential(nn.ReLU()).apply_to_modules(lambda path, module: paths.append(path))
            >>> paths
            ['', 'layers.0']
        """
        for path, module in self.named_modules():
            apply_fn(path, module)
        return self

    def set_dtype(
        self,
        dtype: mx.Dtype,
        predicate: Callable[[mx.Dtype], bool] | None = lambda dtype: mx.issubdtype(dtype, mx.floating),
    ) -> None:
        """Cast the parameters.

        Args:
            dtype: the new dtype.
            predicate: which parameters to cast, by their dtype; all of them if `None`. Floating ones by default.

        Example:
            >>> model = nn.Linear(2, 1)
            >>> model.set_dtype(mx.float16)
            >>> model.weight.dtype == mx.float16
            True
        """
        self.apply(lambda x: x.astype(dtype) if predicate is None or predicate(x.dtype) else x)

    # Modes

    def freeze(self, *, recurse: bool = True, keys: str | list[str] | None = None, strict: bool = False) -> Module:
        """Leave parameters out of training.

        Args:
            recurse: freeze in the modules below as well.
            keys: freeze only entries of these names (in every module reached); all parameters if `None`.
            strict: raise a `KeyError` where a module has no entry of one of the names.

        Returns:
            The module.

        Example:
            >>> model = nn.Linear(2, 1).freeze(keys="bias")
            >>> list(model.trainable_parameters())
            ['weight']
        """

        def freeze_one(_: str, module: Module) -> None:
            names = module._own_keys(keys, strict)
            if names is None:
                own = module.filter_and_map(
                    lambda m, k, v: not isinstance(v, Module) and m.valid_parameter_filter(m, k, v)
                )
                names = [path for path, value in tree_flatten(own)]
            module._no_grad.update(names)

        return self._each(freeze_one, recurse)

    def unfreeze(self, *, recurse: bool = True, keys: str | list[str] | None = None, strict: bool = False) -> Module:
        """Undo `freeze`, for all parameters or those of the names given. The arguments are those of `freeze`.

        Returns:
            The module.

        Example:
            >>> model = nn.Linear(2, 1).freeze().unfreeze(keys="bias")
            >>> list(model.trainable_parameters())
            ['bias']
        """

        def unfreeze_one(_: str, module: Module) -> None:
            names = module._own_keys(keys, strict)
            if names is None:
                module._no_grad.clear()
            else:
                module._no_grad.difference_update(names)

        return self._each(unfreeze_one, recurse)

    def train(self, mode: bool = True) -> Module:
        """Put this module and all below it in training mode, or out of it. `Dropout` and `BatchNorm` ask for it.

        Returns:
            The module.

        Example:
            >>> nn.Dropout(0.5).train().training
            True
        """

        return self.apply_to_modules(lambda _, module: module._set_training_mode(mode))

    def _set_training_mode(self, mode: bool) -> None:
        """Puts this module alone in training mode, or out of it; for subclasses that do more then."""
        self._training = mode

    def eval(self) -> Module:
        """`train(False)`.

        Returns:
            The module.
        """
        return self.train(False)

    def _own_keys(self, keys: str | list[str] | None, strict: bool) -> list[str] | None:
        """`keys` as a list, each checked to be an entry if `strict`."""
        if keys is None:
            return None
        names = [keys] if isinstance(keys, str) else list(keys)
        if strict:
            for name in names:
                if name not in self:
                    raise KeyError(f"{type(self).__name__} has no entry {name!r}")
        return names

    def _each(self, fn: Callable[[str, Module], Any], recurse: bool) -> Module:
        if recurse:
            return self.apply_to_modules(fn)
        fn("", self)
        return self


def _check_weights(new: dict[str, Any], current: dict[str, Any]) -> None:
    """Raise a `ValueError` unless `new` has the names and shapes of `current`."""
    if extra := sorted(new.keys() - current.keys()):
        raise ValueError(f"load_weights: {len(extra)} parameters that the module does not have: {', '.join(extra)}")
    if missing := sorted(current.keys() - new.keys()):
        raise ValueError(f"load_weights: {len(missing)} parameters missing: {', '.join(missing)}")
    for name, value in current.items():
        if not isinstance(new[name], mx.array):
            raise ValueError(f"load_weights: {name} must be an array, not a {type(new[name]).__name__}")
        if new[name].shape != value.shape:
            raise ValueError(f"load_weights: {name} has shape {value.shape}, the new array has {new[name].shape}")


def _taken(
    module: Module,
    key: str,
    value: Any,
    filter_fn: Callable[..., Any],
    map_fn: Callable[..., Any] | None,
    is_leaf_fn: Callable[..., Any] | None,
) -> Any:
    """What `filter_and_map` makes of one value that its filter kept. Most of its time goes here."""
    is_leaf = is_leaf_fn(module, key, value) if is_leaf_fn else not isinstance(value, (dict, list))
    if is_leaf:
        return map_fn(value) if map_fn else value
    if isinstance(value, Module):
        return value.filter_and_map(filter_fn, map_fn, is_leaf_fn)

    def inside(path: str, item: Any) -> Any:
        if not filter_fn(module, path, item):
            return {}
        return _taken(module, path, item, filter_fn, map_fn, is_leaf_fn)

    if isinstance(value, dict):
        return {k: inside(f"{key}.{k}", v) for k, v in value.items()}
    if isinstance(value, list):
        return [inside(f"{key}.{i}", v) for i, v in enumerate(value)]
    raise RuntimeError(
        f"filter_and_map: {type(module).__name__} holds a {type(value).__name__} at {key!r}, "
        "which is neither a leaf nor something to descend into"
    )


def _places(into: Any, new: Any, strict: bool, what: str) -> Iterator[tuple[Any, Any, Any]]:
    """The places that the tree `new` names in `into`: `(key, present value, new value)`."""
    if isinstance(new, dict):
        for key, value in new.items():
            if key in into:
                yield key, into[key], value
            elif strict:
                raise ValueError(f'Module has no {what} named "{key}"')
    elif isinstance(new, list):
        if strict and isinstance(into, list) and len(new) > len(into):
            raise ValueError(f"{len(new)} values given for a list of {len(into)}")
        for i, value in enumerate(new[: len(into)] if isinstance(into, list) else new):
            yield i, into[i], value
    elif strict:
        raise ValueError(f"a {type(new).__name__} stands where a dict or a list with a {what} is expected")


def _update_parameters(into: Any, new: Any, strict: bool) -> None:
    for key, present, value in _places(into, new, strict, "parameter"):
        if not isinstance(present, mx.array):
            _update_parameters(present, value, strict)
        elif isinstance(value, mx.array) or not strict:
            into[key] = value
        else:
            raise ValueError(f"Module.update: a {type(value).__name__} given for the array at {key!r}")


def _update_modules(into: Any, new: Any, strict: bool) -> None:
    for key, present, value in _places(into, new, strict, "submodule"):
        if isinstance(present, Module) and isinstance(value, Module):
            into[key] = value
        elif isinstance(present, (dict, list)):
            _update_modules(present, value, strict)
        elif strict and value != {}:
            raise ValueError(f"Module.update_modules: a {type(value).__name__} given for {key!r}, which is no module")
