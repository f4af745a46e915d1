"""Small transformers with random weights, and their function written out in float64."""

import numpy as np

from perfrnn.network.transformer_file import TransformerSettings, write_transformer

NAMES = ("unknown", "Frédéric Chopin", "Johann Sebastian Bach", "Johann Christian Bach")
EDGES = (2.0, 4.0, 8.0, 16.0)
CLASSES, COMPOSERS, KEYS, DENSITIES = 388, len(NAMES), 25, len(EDGES) + 2
HEAD = 8
"""Size of a head, whatever the width."""


def transformer_weights(width=24, blocks=2, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    shapes = {
        "events": (CLASSES, width),
        "held": (128, width),
        "composer": (COMPOSERS, width),
        "key": (KEYS, width),
        "density": (DENSITIES, width),
    }
    for n in range(blocks):
        for part in ("query", "output"):
            shapes[f"blocks.{n}.{part}"] = (width, width)
        for part in ("key", "value"):
            shapes[f"blocks.{n}.{part}"] = (width, HEAD)
        shapes[f"blocks.{n}.up"] = (width, 4 * width)
        shapes[f"blocks.{n}.down"] = (4 * width, width)
    shapes["output"] = (width, CLASSES)
    weights = {
        name: rng.normal(0, 1 / np.sqrt(shape[0]) if "." in name else 0.5, shape)
        for name, shape in shapes.items()
    }
    weights["output"] *= scale
    return {name: value.astype(np.float32) for name, value in weights.items()}


def transformer_settings(heads=2, context=32):
    return TransformerSettings(heads, context, NAMES, EDGES, "random weights")


def write_random_transformer(path):
    """Write a transformer that plays notes now and then; return its file."""
    write_transformer(path, transformer_weights(width=16, scale=3.0), transformer_settings())
    return path


def favouring_weights(*events, strength=50.0):
    """Weights that all but force one of `events`: whatever is heard points one way."""
    weights = transformer_weights()
    weights["events"][:, 0] = 100.0
    weights["output"][0] = -strength
    weights["output"][0, list(events)] = strength
    return weights


def norm(x):
    return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)


def rotary(x, position):
    half = len(x) // 2
    angle = position * 10000.0 ** (-np.arange(half) / half)
    first, second = x[:half], x[half:]
    return np.concatenate(
        [
            first * np.cos(angle) - second * np.sin(angle),
            second * np.cos(angle) + first * np.sin(angle),
        ]
    )


def transformer_logits(weights, events, asked, heads, context):
    """Return the logits after each event of one stream, float64 [T, classes]; nothing is kept.

    `asked` has, for each event, ids of composer and key, and weights of the density rows.
    """
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    held, inputs = np.zeros(128), []
    for event, (composer, key, densities) in zip(events, asked, strict=True):
        if event < 256:
            held[event % 128] = event < 128
        inputs.append(
            weights["events"][event]
            + held @ weights["held"]
            + weights["composer"][composer]
            + weights["key"][key]
            + densities @ weights["density"]
        )
    x = norm(np.array(inputs))
    size = x.shape[1] // heads
    for n in range(sum(name.endswith(".query") for name in weights)):
        block = {
            part: weights[f"blocks.{n}.{part}"]
            for part in ("query", "key", "value", "output", "up", "down")
        }
        a, attended = norm(x), np.zeros_like(x)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            query, key, value = (a @ block[name] for name in ("query", "key", "value"))
            query = query[:, part]
            query = np.array([rotary(norm(q), t) for t, q in enumerate(query)])
            key = np.array([rotary(norm(k), t) for t, k in enumerate(key)])
            for t in range(len(x)):
                first = max(0, t - context + 1)
                scores = key[first : t + 1] @ query[t] / np.sqrt(size)
                shares = np.exp(scores) / np.exp(scores).sum()
                attended[t, part] = shares @ value[first : t + 1]
        x = x + attended @ block["output"]
        x = x + np.maximum(norm(x) @ block["up"], 0) ** 2 @ block["down"]
    return norm(x) @ weights["output"]
