"""`lazulite.utils`: functions over trees."""

from collections import OrderedDict, namedtuple

import pytest
from lazulite.utils import tree_flatten, tree_map, tree_map_with_path, tree_merge, tree_reduce, tree_unflatten

Point = namedtuple("Point", "x y")


def test_flatten_joins_keys_and_indices():
    assert tree_flatten([1, [2, {"a": 3}], (4,)]) == [("0", 1), ("1.0", 2), ("1.1.a", 3), ("2.0", 4)]
    assert tree_flatten({1: 2, "b": Point(3, 4)}) == [("1", 2), ("b.0", 3), ("b.1", 4)]


def test_flatten_of_leaves_and_empty_containers():
    assert tree_flatten(5) == [("", 5)]
    assert tree_flatten(None) == [("", None)]
    assert tree_flatten({"a": {}, "b": [], "c": None, "d": "text"}) == [("c", None), ("d", "text")]


def test_flatten_drops_the_first_character_of_the_prefix():
    assert tree_flatten([[0]], prefix=".hello") == [("hello.0.0", 0)]
    assert tree_flatten([0], prefix="hello") == [("ello.0", 0)]


def test_flatten_stops_where_told():
    assert tree_flatten({"a": [1, 2]}, is_leaf=lambda x: isinstance(x, list)) == [("a", [1, 2])]


def test_flatten_into_a_destination():
    assert tree_flatten({"a": {"b": 1}}, destination={"q": 0}) == {"q": 0, "a.b": 1}
    assert tree_flatten({"a": 1}, destination=[("z", 0)]) == [("z", 0), ("a", 1)]
    with pytest.raises(ValueError, match="destination"):
        tree_flatten({"a": 1}, destination=(1,))


@pytest.mark.parametrize(
    "tree",
    [{"a": [1, {"b": 2}], "c": 3}, [1, 2, [3, 4]], 7, {"layers": [{"w": 1}] * 12}],
)
def test_unflatten_undoes_flatten(tree):
    assert tree_unflatten(tree_flatten(tree)) == tree
    assert tree_unflatten(tree_flatten(tree, destination={})) == tree


def test_unflatten_makes_lists_of_numbers_only():
    assert tree_unflatten([("0", 1), ("a", 2)]) == {"0": 1, "a": 2}
    assert tree_unflatten([("2", 7), ("0", 5)]) == [5, {}, 7]
    assert tree_unflatten([("1a", 7)]) == {"1a": 7}
    assert tree_unflatten([("01", 7), ("1", 5)]) == {"01": 7, "1": 5}
    assert tree_unflatten([]) == []


def test_unflatten_of_a_leaf_beside_children():
    assert tree_unflatten([("a", 7), ("a.b", 5)]) == {"a": {"": 7, "b": 5}}
    assert tree_unflatten([(".b", 7)]) == {"": {"b": 7}}


def test_unflatten_refuses_a_path_given_twice():
    with pytest.raises(ValueError, match="'a' is given 2 times"):
        tree_unflatten([("a", 7), ("a", 5)])


def test_map_keeps_the_structure():
    assert tree_map(lambda x: x + 1, [1, (2, 3), {"a": 4}]) == [2, (3, 4), {"a": 5}]
    assert tree_map(lambda x: x, {"a": {}, "b": [], "c": None}) == {"a": {}, "b": [], "c": None}
    assert tree_map(lambda x: -x, Point(1, 2)) == Point(-1, -2)
    assert type(tree_map(lambda x: x, OrderedDict(a=1))) is dict


def test_map_over_several_trees():
    pair = lambda *xs: xs  # noqa: E731
    assert tree_map(pair, {"a": 1}, {"a": 2, "b": 3}) == {"a": (1, 2)}
    assert tree_map(pair, [1, 2], [3, 4, 5], [6, 7]) == [(1, 3, 6), (2, 4, 7)]
    assert tree_map(pair, 5, {"a": 1}) == (5, {"a": 1})
    with pytest.raises(KeyError):
        tree_map(pair, {"a": 1}, {"b": 3})
    with pytest.raises(IndexError):
        tree_map(pair, [1, 2], [3])


def test_map_stops_where_told():
    assert tree_map(len, {"a": [1, 2]}, is_leaf=lambda x: isinstance(x, list)) == {"a": 2}


def test_map_with_path():
    paths = tree_map_with_path(lambda path, _: path, {"m": [{"w": 0}, (1, 2)]})
    assert paths == {"m": [{"w": "m.0.w"}, ("m.1.0", "m.1.1")]}
    assert tree_map_with_path(lambda path, *xs: (path, xs), {"m": [0]}, {"m": [5]}, path="p") == {
        "m": [("p.m.0", (0, 5))]
    }
    assert tree_map_with_path(lambda path, _: path, 5) is None


def test_reduce():
    tree = {"a": [1, 2, 3], "b": [4, 5]}
    assert tree_reduce(lambda total, x: total + x, tree) == 15
    assert tree_reduce(lambda total, x: total + x, tree, 100) == 115
    assert tree_reduce(lambda total, x: total + x, {}) is None
    assert tree_reduce(lambda total, x: total + x, {}, 7) == 7
    lists = [[1, 2], [3]]
    assert tree_reduce(lambda a, b: a + b, lists, [], is_leaf=lambda x: x in lists) == [1, 2, 3]


def test_merge_joins_disjoint_trees():
    assert tree_merge({"a": {"x": 1}, "c": 4}, {"a": {"y": 2}, "b": 3}) == {"a": {"x": 1, "y": 2}, "b": 3, "c": 4}
    assert tree_merge([{}, {"a": 1}], [{"b": 1}, {}, 5]) == [{"b": 1}, {"a": 1}, 5]
    assert tree_merge(Point(1, {}), Point({}, 2)) == Point(1, 2)
    assert tree_merge(None, 5) == 5
    assert tree_merge({"a": 5}, {"a": None}) == {"a": 5}


def test_merge_of_what_both_trees_hold():
    assert tree_merge([1, 2], [3, 4], lambda a, b: a + b) == [4, 6]
    with pytest.raises(ValueError, match="merge_fn"):
        tree_merge({"a": 1}, {"a": 2})
    with pytest.raises(ValueError, match="merge_fn"):
        tree_merge({"a": [1]}, {"a": {"b": 2}})
