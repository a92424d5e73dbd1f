"""Templates in keys and values of Kubernetes' own: every text in a tree is one. Pure."""

from collections.abc import Callable
from typing import Any

from controller.config.text.places import Trail


def filled_tree(tree: object, fill: Callable[[Trail, str], str], trail: Trail = ()) -> Any:
    """The same tree with each of its texts filled; `fill` is told its place, too."""
    match tree:
        case dict():
            return {key: filled_tree(value, fill, (*trail, key)) for key, value in tree.items()}
        case list():
            return [filled_tree(one, fill, (*trail, at)) for at, one in enumerate(tree)]
        case str():
            return fill(trail, tree)
        case _:
            return tree
