"""Transformers as files: weights by name in `safetensors`, with what else is needed to use them.

The file's one metadata entry, `settings`, is JSON: the format's version, attention heads, context,
composers by number, edges of the density classes, a description.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from perfrnn.files import atomic
from perfrnn.network.bundle import GET_AGAIN, BundleError, Weights
from perfrnn.network.transformer_layout import TransformerSettings, expected_shapes

SUFFIX = ".safetensors"
FORMAT = 1
ENTRY = "settings"
"""One entry holds everything, since the order of several differs from process to process."""


def read_transformer(path: str | Path) -> tuple[Weights, TransformerSettings]:
    """Read a file that `write_transformer` wrote; weights are float32, whatever the file's.

    Raises
    ------
    BundleError
        If the file is missing, damaged or something else.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            stored = json.loads((file.metadata() or {})[ENTRY])
            weights = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118 - no mapping
        if stored.pop("format") != FORMAT:
            raise BundleError(f"{path}: of another version of perfrnn; install that version")
        for name in ("composers", "density_edges"):
            stored[name] = tuple(stored[name])
        settings = TransformerSettings(**stored)
    except OSError as error:
        raise BundleError(
            f"{path}: {error.strerror or error}; name a model that is there"
        ) from error
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{path}: no transformer of perfrnn, or damaged ({error}); {GET_AGAIN}"
        ) from error
    _check(weights, settings, path)
    return weights, settings


def write_transformer(
    path: str | Path,
    weights: Mapping[str, np.ndarray],
    settings: TransformerSettings,
    *,
    half: bool = False,
) -> None:
    """Write weights and settings; equal ones give equal bytes.

    Parameters
    ----------
    half : whether in half precision, of which each value keeps 11 bits, instead of float32.
    """
    dtype = np.float16 if half else np.float32
    stored = {"format": FORMAT, **asdict(settings)}
    content = save(
        {name: np.ascontiguousarray(value, dtype) for name, value in weights.items()},
        metadata={ENTRY: json.dumps(stored, ensure_ascii=False, sort_keys=True)},
    )
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def _check(weights: Weights, settings: TransformerSettings, path: str | Path) -> None:
    """Check that weights are those of a transformer with these settings.

    Raises
    ------
    BundleError
        If they are not.
    """
    blocks = sum(name.endswith(".query") for name in weights)
    width = weights["output"].shape[0] if "output" in weights else 0
    expected = expected_shapes(
        blocks,
        width,
        max(1, settings.heads),
        len(settings.composers),
        len(settings.density_edges) + 2,
    )
    found = {name: value.shape for name, value in weights.items()}
    wrong = sorted(name for name in expected | found if expected.get(name) != found.get(name))
    if wrong or not blocks or settings.heads < 1 or width % (2 * settings.heads):
        what = ", ".join(wrong[:3]) or f"{settings.heads} heads for a width of {width}"
        raise BundleError(f"{path}: weights and settings do not fit: {what}; {GET_AGAIN}")
