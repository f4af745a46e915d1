"""A transformer's weights by name and shape, and what they do not say."""

from __future__ import annotations

from dataclasses import dataclass

from perfrnn.events import vocabulary as ev
from perfrnn.events.requests import DENSITY_EDGES, KEYS, UNKNOWN_COMPOSER

TRANSFORMER_MODEL = "performance_transformer"
"""Name of the model in configurations and files."""

BUNDLED_TRANSFORMER = {"blocks": 6, "width": 320, "heads": 5, "context": 1024}
"""Size of the transformer that ships with the package, and of others unless said otherwise."""

EXPANSION = 4
"""Width of a block's inner layer, in widths of the network."""

PITCHES = 128


@dataclass(frozen=True)
class TransformerSettings:
    """What a transformer's weights do not say.

    Attributes
    ----------
    heads : attention heads of each block.
    context : positions that each looks back at most, itself included.
    composers : names by row of the weights `composer`; the first stands for none.
    density_edges : notes per second between the density classes, which are the rows of the weights
        `density` from 1 on.
    description : free text.
    """

    heads: int
    context: int
    composers: tuple[str, ...] = (UNKNOWN_COMPOSER,)
    density_edges: tuple[float, ...] = tuple(DENSITY_EDGES.tolist())
    description: str = ""


def expected_shapes(
    blocks: int, width: int, heads: int, composers: int, densities: int
) -> dict[str, tuple[int, int]]:
    """Return the shape of every weight by name, [inputs, outputs].

    Keys and values are one head's, which all heads share.

    Parameters
    ----------
    composers, densities : rows of the tables, that of none included.
    """
    shapes = {
        "events": (ev.NUM_CLASSES, width),
        "held": (PITCHES, width),
        "composer": (composers, width),
        "key": (KEYS, width),
        "density": (densities, width),
    }
    for block in range(blocks):
        shapes[f"blocks.{block}.query"] = (width, width)
        shapes[f"blocks.{block}.key"] = (width, width // heads)
        shapes[f"blocks.{block}.value"] = (width, width // heads)
        shapes[f"blocks.{block}.output"] = (width, width)
        shapes[f"blocks.{block}.up"] = (width, EXPANSION * width)
        shapes[f"blocks.{block}.down"] = (EXPANSION * width, width)
    return shapes | {"output": (width, ev.NUM_CLASSES)}
