"""A network that looks back at what it played: a decoder-only transformer over events.

What differs from the usual decoder (Vaswani et al., "Attention Is All You Need", 2017) is what
small decoders have come to share:

- RMS norms without gains (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019) before
  each part of a block, and of queries and keys, which bounds the scores of attention;
- rotary positions (Su et al., "RoFormer", 2021): only distances count, so the context may slide;
- one head of keys and values for all heads of queries (Shazeer, "Fast Transformer Decoding: One
  Write-Head is All You Need", 2019), so that there is little to look back at in generation;
- squared ReLU (So et al., "Primer", 2021); no biases.

Two inputs are this project's. Beside each event the network hears which pitches sound after it,
which it would otherwise have to count through every NOTE_ON and NOTE_OFF; and at every position it
hears what is asked for (`perfrnn.events.requests`): composer, key and density, or nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from perfrnn.events import vocabulary as ev
from perfrnn.network.attention import attend, norm, rotate, rotation, squared_relu
from perfrnn.network.bundle import Weights
from perfrnn.network.event_model import EventModel
from perfrnn.network.optimizers import CLIP_NORM, WEIGHT_DECAY, make_optimizer
from perfrnn.network.transformer_layout import expected_shapes

EMBEDDING_SCALE = 0.02
"""Deviation of the initial weights of what comes in."""

PARTS = ("query", "key", "value", "output", "up", "down")
"""Weights of a block."""


class PerformanceTransformer(EventModel):
    """A decoder-only transformer over the 388 events, told what is held and what is asked for.

    Parameters
    ----------
    blocks, width, heads : size of the network.
    context : positions that each looks back at most, itself included.
    composers, densities : rows of the tables of requests, that of none included.
    auxiliary, l1, precision : see `EventModel`.
    optimizer, weight_decay, clip_norm : see `perfrnn.network.optimizers`.
    carried_rows : sequences in a batch that go on where the batch before ended, when logits are
        predicted: they look back at its positions too. 0 if batches have nothing to do with each
        other, as in training.
    seed : of the initial weights.
    """

    def __init__(
        self,
        *,
        blocks: int,
        width: int,
        heads: int,
        context: int,
        composers: int,
        densities: int,
        auxiliary: Mapping[str, float] | None = None,
        l1: float = 0.0,
        optimizer: str = "adamw",
        weight_decay: float = WEIGHT_DECAY,
        clip_norm: float = CLIP_NORM,
        precision: str = "auto",
        carried_rows: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(
            name="performance_transformer", auxiliary=auxiliary, l1=l1, precision=precision
        )
        self.blocks, self.heads, self.context = blocks, heads, context
        self.width, self.size = width, width // heads
        self.table = {
            name: self.add_weight(shape, _initializer(name, shape, seed + number), name=name)
            for number, (name, shape) in enumerate(
                expected_shapes(blocks, width, heads, composers, densities).items()
            )
        }
        self.carried = [
            self.add_weight(
                (carried_rows, context - 1, self.size + extra),
                "zeros",
                trainable=False,
                name=f"carried.{block}.{part}",
            )
            for block in range(blocks if carried_rows else 0)
            for part, extra in (("key", 0), ("value", 1))
        ]
        self.compile(
            optimizer=make_optimizer(optimizer, weight_decay, clip_norm),
            # XLA makes nothing of TensorFlow's graph on a CPU but a slower one.
            jit_compile=keras.backend.backend() != "tensorflow",
        )
        self.built = True
        self.optimizer.build(self.trainable_variables)

    @classmethod
    def from_weights(cls, weights: Weights, **settings: Any) -> PerformanceTransformer:
        """Return a network of the size that the weights have, with these weights."""
        model = cls(
            blocks=sum(name.endswith(".query") for name in weights),
            width=weights["output"].shape[0],
            composers=len(weights["composer"]),
            densities=len(weights["density"]),
            **settings,
        )
        model.set_named_weights(weights)
        return model

    def variables_by_name(self) -> dict[str, keras.Variable]:
        """Return the variables that hold the weights, by name."""
        return dict(self.table)

    def call(self, inputs: Mapping[str, Any], training: bool = False) -> Any:
        """Return logits, float32 [B, T, 388], for a batch of `perfrnn.dataset.excerpts`.

        With `carried_rows`, and but for training, sequences go on where the call before ended,
        except those that `inputs["fresh"]`, [B], marks with 1.

        Parameters
        ----------
        inputs : `events`, `composer` and `key`, integers [B, T]; `held`, 0 or 1, [B, T, 128];
            `density`, [B, T, densities].
        """
        length = inputs["events"].shape[1]
        past = self.context - 1 if self.carried and not training else 0
        weights = {name: self._cast(variable) for name, variable in self.table.items()}
        turn = tuple(self._cast(part) for part in rotation(past + length, self.size))
        x = norm(ops.cast(self._embed(inputs, weights), "float32"))
        for block in range(self.blocks):
            own = {part: weights[f"blocks.{block}.{part}"] for part in PARTS}
            query, key, value = self._project(self._cast(norm(x)), own, length)
            if past:
                key, value = self._carry(block, key, value, inputs["fresh"])
            query = rotate(query, *(part[past:, None] for part in turn)) / math.sqrt(self.size)
            sums = attend(query, rotate(key, *turn), value, self.context)
            attended = ops.reshape(sums[..., :-1] / sums[..., -1:], (-1, self.width))
            attended = ops.matmul(attended, own["output"])
            x = x + ops.cast(attended, "float32")
            inner = squared_relu(ops.matmul(self._cast(norm(x)), own["up"]))
            x = x + ops.cast(ops.matmul(inner, own["down"]), "float32")
        logits = ops.matmul(self._cast(norm(x)), weights["output"])
        return ops.cast(ops.reshape(logits, (-1, length, ev.NUM_CLASSES)), "float32")

    def _stateful_variables(self) -> list[keras.Variable]:
        """Return what changes in training; what is carried is only for predictions."""
        return [*self.trainable_variables, *self.optimizer.variables]

    def _embed(self, inputs: Mapping[str, Any], weights: Mapping[str, Any]) -> Any:
        """Return the sum of what belongs to each position: [B * T, width], by one product."""
        rows = [
            ops.one_hot(inputs[name], weights[name].shape[0], dtype=self.precision)
            for name in ("events", "composer", "key")
        ]
        rows += [self._cast(inputs[name]) for name in ("held", "density")]
        names = ("events", "composer", "key", "held", "density")
        table = ops.concatenate([weights[name] for name in names], axis=0)
        return ops.matmul(ops.reshape(ops.concatenate(rows, -1), (-1, table.shape[0])), table)

    def _project(self, x: Any, own: Mapping[str, Any], length: int) -> tuple[Any, Any, Any]:
        """Return queries, [B, T, H, size], keys and values, [B, T, size]; values end in a one."""
        query = ops.reshape(ops.matmul(x, own["query"]), (-1, length, self.heads, self.size))
        key, value = (
            ops.reshape(ops.matmul(x, own[part]), (-1, length, self.size))
            for part in ("key", "value")
        )
        value = ops.concatenate([value, ops.ones_like(value[..., :1])], axis=-1)
        return norm(query), norm(key), value

    def _carry(self, block: int, key: Any, value: Any, fresh: Any) -> tuple[Any, Any]:
        """Put what was carried before keys and values, and carry on the last of them.

        What a fresh sequence must not see becomes zero, the one of its values too, so that it adds
        neither to what is attended to nor to the sum of weights.
        """
        carried = self.carried[2 * block : 2 * block + 2]
        kept = self._cast(1 - fresh)[:, None, None]
        found = []
        for variable, new in zip(carried, (key, value), strict=True):
            joined = ops.concatenate([self._cast(variable) * kept, new], axis=1)
            variable.assign(joined[:, new.shape[1] :])
            found.append(joined)
        return found[0], found[1]

    def _cast(self, value: Any) -> Any:
        return ops.cast(value, self.precision)


def _initializer(name: str, shape: tuple[int, int], seed: int) -> keras.initializers.Initializer:
    """Return how a weight begins: what each block adds, and the logits, are zero at first."""
    if name.endswith(("output", "down")):
        return keras.initializers.Zeros()
    scale = 1 / math.sqrt(shape[0]) if name.startswith("blocks") else EMBEDDING_SCALE
    return keras.initializers.RandomNormal(stddev=scale, seed=seed)
