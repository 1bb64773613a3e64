"""Functions over trees: nested dicts, lists and tuples with anything at the leaves.

A leaf is whatever is not a dict, a list or a tuple. Paths join the keys and indices on the way to a leaf with dots:
the leaf `tree["a"][0]["w"]` has the path `a.0.w`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

_SEQUENCES = (list, tuple)
_CONTAINERS = (list, tuple, dict)


def _rebuild(like: list[Any] | tuple[Any, ...], items: list[Any]) -> Any:
    """A sequence of `like`'s type holding `items`; a named tuple takes its fields one by one."""
    kind = type(like)
    if hasattr(like, "_fields"):
        return kind(*items)
    return kind(items)


def tree_map(fn: Callable[..., Any], tree: Any, *rest: Any, is_leaf: Callable[..., Any] | None = None) -> Any:
    """Call `fn` on every leaf and return a tree of the results, in the shape of `tree`.

    Args:
        fn: called as `fn(leaf, *others)`.
        tree: the tree whose structure is followed.
        rest: further trees; each must hold at least the places that `tree` holds. What lies at a leaf's place in
            them is passed on, whether it is a leaf there or not.
        is_leaf: called on each node; where it answers true the node is handed to `fn` as it is.

    Returns:
        The new tree. Lists, tuples and named tuples keep their type, dicts of any kind become plain dicts.

    Example:
        >>> tree_map(lambda a, b: a + b, {"x": 1, "y": [2, 3]}, {"x": 10, "y": [20, 30]})
        {'x': 11, 'y': [22, 33]}
    """
    if is_leaf is not None and is_leaf(tree):
        return fn(tree, *rest)
    if isinstance(tree, _SEQUENCES):
        items = [tree_map(fn, child, *(other[i] for other in rest), is_leaf=is_leaf) for i, child in enumerate(tree)]
        return _rebuild(tree, items)
    if isinstance(tree, dict):
        return {
            key: tree_map(fn, child, *(other[key] for other in rest), is_leaf=is_leaf) for key, child in tree.items()
        }
    return fn(tree, *rest)


def tree_map_with_path(
    fn: Callable[..., Any],
    tree: Any,
    *rest: Any,
    is_leaf: Callable[..., Any] | None = None,
    path: Any | None = None,
) -> Any:
    """`tree_map` for a function that also wants to know where the leaf is.

    Args:
        fn: called as `fn(path, leaf, *others)`, the path being a string such as `"layers.0.weight"`, or `None` for a
            tree that is one leaf.
        tree, rest, is_leaf: as for `tree_map`.
        path: put before every path.

    Example:
        >>> tree_map_with_path(lambda path, leaf: path, {"a": [1, 2]})
        {'a': ['a.0', 'a.1']}
    """
    if is_leaf is not None and is_leaf(tree):
        return fn(path, tree, *rest)

    def below(key: Any) -> str:
        return f"{path}.{key}" if path else str(key)

    if isinstance(tree, _SEQUENCES):
        items = [
            tree_map_with_path(fn, child, *(other[i] for other in rest), is_leaf=is_leaf, path=below(i))
            for i, child in enumerate(tree)
        ]
        return _rebuild(tree, items)
    if isinstance(tree, dict):
        return {
            key: tree_map_with_path(fn, child, *(other[key] for other in rest), is_leaf=is_leaf, path=below(key))
            for key, child in tree.items()
        }
    return fn(path, tree, *rest)


@overload
def tree_flatten(
    tree: Any,
    prefix: str = ...,
    is_leaf: Callable[..., Any] | None = ...,
    destination: list[tuple[str, Any]] | None = ...,
) -> list[tuple[str, Any]]: ...


@overload
def tree_flatten(
    tree: Any,
    prefix: str = ...,
    is_leaf: Callable[..., Any] | None = ...,
    *,
    destination: dict[str, Any],
) -> dict[str, Any]: ...


def tree_flatten(
    tree: Any,
    prefix: str = "",
    is_leaf: Callable[..., Any] | None = None,
    destination: list[tuple[str, Any]] | dict[str, Any] | None = None,
) -> list[tuple[str, Any]] | dict[str, Any]:
    """List the leaves of a tree with their paths.

    Empty containers have no leaves and so leave no trace. Keys should be strings without dots, or `tree_unflatten`
    cannot undo this.

    Args:
        tree: the tree.
        prefix: put before every path; its first character, meant to be a dot, is dropped.
        is_leaf: called on each node; where it answers true the node counts as a leaf.
        destination: a list to append to or a dict to fill; a new list if `None`.

    Returns:
        The destination: pairs `(path, leaf)`, or a dict from path to leaf.

    Raises:
        `ValueError` for another `destination`.

    Example:
        >>> tree_flatten({"a": [1, {"b": 2}]})
        [('a.0', 1), ('a.1.b', 2)]
        >>> tree_flatten({"a": {"b": 1}}, destination={})
        {'a.b': 1}
    """
    if destination is None:
        destination = []
    if not isinstance(destination, (list, dict)):
        raise ValueError(f"tree_flatten: destination must be a list, a dict or None, not {type(destination).__name__}")
    _flatten_into(tree, prefix, is_leaf, destination)
    return destination


def _flatten_into(
    tree: Any, prefix: str, is_leaf: Callable[..., Any] | None, destination: list[tuple[str, Any]] | dict[str, Any]
) -> None:
    if isinstance(tree, _CONTAINERS) and not (is_leaf is not None and is_leaf(tree)):
        children = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, child in children:
            _flatten_into(child, f"{prefix}.{key}", is_leaf, destination)
    elif isinstance(destination, list):
        destination.append((prefix[1:], tree))
    else:
        destination[prefix[1:]] = tree


def tree_unflatten(tree: list[tuple[str, Any]] | dict[str, Any]) -> Any:
    """Build the tree that `tree_flatten` listed.

    Keys on one level that are all whole numbers make a list, any others a dict. Places of a list that nothing fills
    hold an empty dict; nothing at all is an empty list.

    Args:
        tree: pairs `(path, leaf)`, or a dict from path to leaf.

    Raises:
        `ValueError` for a path that is given twice.

    Example:
        >>> tree_unflatten([("a.0", 1), ("a.1.b", 2)])
        {'a': [1, {'b': 2}]}
    """
    pairs = list(tree.items() if isinstance(tree, dict) else tree)
    if len(pairs) == 1 and pairs[0][0] == "":
        return pairs[0][1]

    children: dict[str, list[tuple[str, Any]]] = {}
    for path, leaf in pairs:
        key, _, below = path.partition(".")
        children.setdefault(key, []).append((below, leaf))
    for key, group in children.items():
        if len(group) > 1 and all(below == "" for below, _ in group):
            raise ValueError(f"tree_unflatten: {key!r} is given {len(group)} times")

    try:
        places = {int(key): group for key, group in children.items()}
    except ValueError:
        places = {}
    if len(places) != len(children):
        return {key: tree_unflatten(group) for key, group in children.items()}
    items: list[Any] = []
    for place, group in sorted(places.items()):
        items.extend({} for _ in range(place - len(items)))
        items.append(tree_unflatten(group))
    return items


def tree_reduce(
    fn: Callable[..., Any], tree: Any, initializer: Any = None, is_leaf: Callable[..., Any] | None = None
) -> Any:
    """Fold the leaves of a tree, from the first to the last.

    Args:
        fn: called as `fn(so_far, leaf)`.
        tree: the tree.
        initializer: the value to start with; the first leaf if `None`.
        is_leaf: called on each node; where it answers true the node counts as a leaf.

    Returns:
        The last result; `initializer` if there is no leaf.

    Example:
        >>> tree_reduce(lambda total, x: total + x, {"a": [1, 2], "b": 3}, 0)
        6
    """
    total = initializer
    for _, leaf in tree_flatten(tree, is_leaf=is_leaf):
        total = leaf if total is None else fn(total, leaf)
    return total


def tree_merge(tree_a: Any, tree_b: Any, merge_fn: Callable[..., Any] | None = None) -> Any:
    """One tree with the leaves of both.

    `None` and empty containers give way to what the other tree holds. Where both hold something and the two are not
    containers of one kind, `merge_fn(a, b)` decides; without it this is a `ValueError`.

    Args:
        tree_a, tree_b: the trees. Sequences are merged place by place, the longer one's tail kept; the result has
            the type of `tree_a`'s.
        merge_fn: called on the two things at one place.

    Example:
        >>> tree_merge({"a": {"x": 1}}, {"a": {"y": 2}, "b": 3})
        {'a': {'x': 1, 'y': 2}, 'b': 3}
    """
    if _is_empty(tree_a) != _is_empty(tree_b):
        return tree_b if _is_empty(tree_a) else tree_a
    if isinstance(tree_a, dict) and isinstance(tree_b, dict):
        merged = {}
        for key in (*tree_a, *(k for k in tree_b if k not in tree_a)):
            if key not in tree_b:
                merged[key] = tree_a[key]
            elif key not in tree_a:
                merged[key] = tree_b[key]
            else:
                merged[key] = tree_merge(tree_a[key], tree_b[key], merge_fn)
        return merged
    if isinstance(tree_a, _SEQUENCES) and isinstance(tree_b, _SEQUENCES):
        shared = min(len(tree_a), len(tree_b))
        items = [tree_merge(a, b, merge_fn) for a, b in zip(tree_a, tree_b, strict=False)]
        return _rebuild(tree_a, [*items, *tree_a[shared:], *tree_b[shared:]])
    if merge_fn is None:
        raise ValueError(
            f"tree_merge: both trees hold something at one place ({tree_a!r} and {tree_b!r}): give a merge_fn"
        )
    return merge_fn(tree_a, tree_b)


def _is_empty(tree: Any) -> bool:
    return tree is None or (isinstance(tree, _CONTAINERS) and len(tree) == 0)
