"""How a transformer's weights are moved: AdamW, or Muon with AdamW."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

WEIGHT_DECAY = 0.1
CLIP_NORM = 1.0
"""Norm to which all gradients together are clipped."""

BETA = 0.95
"""Decay of the mean of squared gradients, shorter than Adam's default: batches are large."""

EPSILON = 1e-8

IN_AND_OUT = r"/(events|held|composer|key|density|output)$"
"""Paths of the weights that are tables of inputs or give the logits."""


def make_optimizer(name: str, weight_decay: float, clip_norm: float) -> keras.optimizers.Optimizer:
    """Return an optimizer whose learning rate is set at every step.

    Parameters
    ----------
    name : `adamw` (Loshchilov and Hutter, 2019), or `muon` (Jordan et al., "Muon: An optimizer for
        hidden layers in neural networks", 2024), which moves the blocks' weights, while AdamW
        moves what goes in and out, without decay.
    weight_decay : share of a weight that a step takes off, as a multiple of the learning rate.
    clip_norm : norm to which all gradients together are clipped.
    """
    if name == "muon":
        return Muon(
            weight_decay=weight_decay,
            adam_weight_decay=0.0,
            adam_beta_2=BETA,
            epsilon=EPSILON,
            exclude_layers=[IN_AND_OUT],
            global_clipnorm=clip_norm,
        )
    return keras.optimizers.AdamW(
        weight_decay=weight_decay, beta_2=BETA, epsilon=EPSILON, global_clipnorm=clip_norm
    )


class Muon(keras.optimizers.Muon):
    """Muon whose iterations are in bfloat16, as in its authors' code: half the time on a CPU."""

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """Return about the nearest orthogonal matrix."""
        found = super().zeropower_via_newtonschulz5(ops.cast(x, "bfloat16"), steps)
        return ops.cast(found, x.dtype)
