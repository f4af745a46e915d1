"""Settings of an iteration that do not go with its network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perfrnn.network.pretrained import bundled_path
from perfrnn.network.transformer_layout import BUNDLED_TRANSFORMER, TRANSFORMER_MODEL

OF_LSTMS = ("dropout", "latches", "held_controls")
"""Settings that a transformer knows nothing of."""

OF_TRANSFORMERS = ("network", "optimizer", "weight_decay")
"""Settings that an LSTM knows nothing of."""


def network_problems(name: str, iteration: Mapping[str, Any], source: str) -> Iterator[str]:
    """Yield a line for every setting that contradicts the model of an iteration.

    Parameters
    ----------
    name : of the iteration.
    source : what its model starts from (`perfrnn.config.start_source`).
    """
    where = f"config: `iterations.{name}"
    is_transformer = iteration["model"] == TRANSFORMER_MODEL
    foreign = OF_LSTMS if is_transformer else OF_TRANSFORMERS
    for setting in foreign:
        if iteration[setting] not in (None, False, 0):
            kind = "an LSTM" if is_transformer else "a transformer"
            yield f"{where}.{setting}` is for {kind}, which {iteration['model']} is not; remove it"
    if not is_transformer:
        return
    size = BUNDLED_TRANSFORMER | (iteration["network"] or {})
    if size["width"] % (2 * size["heads"]):
        yield (
            f"{where}.network`: `width` {size['width']} is no even multiple of {size['heads']} "
            "`heads`; make it one"
        )
    if iteration["start"] is None:
        yield from _start_problems(f"{where}`", size, source)


def _start_problems(where: str, size: Mapping[str, int], source: str) -> Iterator[str]:
    """Yield why a transformer cannot start from `pretrained.source`."""
    mend = "set `pretrained.source: scratch`"
    if source == "bundled":
        if not bundled_path(TRANSFORMER_MODEL).exists():
            yield f"{where}: no transformer ships with the package; {mend}"
        elif any(size[part] != BUNDLED_TRANSFORMER[part] for part in ("blocks", "width", "heads")):
            yield f"{where}: `network` is not that of the bundled transformer; {mend}"
