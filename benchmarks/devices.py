"""Time a training step shared out by Keras's `DataParallel` beside one without, on one device.

    KERAS_BACKEND=jax python benchmarks/devices.py

What sharing out costs where there is nothing to gain: without it is what one device gets from
`perfrnn`, whatever `devices` says. Both networks have random weights and train on random events;
the two sides take turns in one process, so that whatever else the machine does falls on both. The
first step of each compiles and is not counted.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import keras
import numpy as np

from perfrnn.dataset.batches import Batch
from perfrnn.events import requests
from perfrnn.events import vocabulary as ev
from perfrnn.network.event_model import EventModel
from perfrnn.network.model import PerformanceRNN
from perfrnn.network.transformer import PerformanceTransformer

Scope = Callable[[], AbstractContextManager]


def random_batch(rows: int, events: int) -> Batch:
    """Return a batch for either network."""
    rng = np.random.default_rng(0)
    music = rng.integers(ev.NUM_CLASSES, size=(rows, events + 1)).astype(np.int32)
    nothing = np.zeros((rows, events), np.int32)
    inputs = {
        "events": music[:, :-1],
        "held": np.zeros((rows, events, ev.NOTE_OFF), np.uint8),
        "composer": nothing,
        "key": nothing,
        "density": np.tile(requests.no_density(), (rows, events, 1)),
    }
    return Batch(inputs, music[:, 1:], np.ones((rows, events), np.float32))


def networks(options: argparse.Namespace) -> dict[str, Callable[[], EventModel]]:
    """Return how to make each network."""
    lstm = {"conditioned": False, "layers": options.layers, "units": options.width}
    transformer = {
        "blocks": options.layers,
        "width": options.width,
        "heads": 2,
        "context": options.events,
        "composers": 1,
        "densities": requests.DENSITIES,
    }
    return {
        "LSTM": partial(PerformanceRNN, **lstm, precision="float32"),
        "transformer": partial(PerformanceTransformer, **transformer, precision="float32"),
    }


def seconds(make: Callable[[], EventModel], batch: Batch, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each step, by side."""
    shared = keras.distribution.DataParallel(devices=keras.distribution.list_devices()[:1])
    scopes: dict[str, Scope] = {"without": nullcontext, "DataParallel": shared.scope}
    models, found = {}, {name: [] for name in scopes}
    for name, scope in scopes.items():
        with scope():
            models[name] = make()
            models[name].train_step_on(batch, 1e-3)
    for _ in range(rounds):
        for name, scope in scopes.items():
            with scope():
                start = time.perf_counter()
                models[name].train_step_on(batch, 1e-3)
                found[name].append(time.perf_counter() - start)
    return found


def main(arguments: list[str]) -> None:
    """Print events a second of both sides, and the ratio of their steps round by round."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--events", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(arguments)
    if keras.backend.backend() != "jax":
        sys.exit("set KERAS_BACKEND=jax: devices share batches on JAX alone")
    batch = random_batch(options.batch, options.events)
    for network, make in networks(options).items():
        found = seconds(make, batch, options.rounds)
        for side, steps in found.items():
            rate = batch.events / statistics.median(steps)
            print(f"{network}, {side}: {rate:,.0f} events/s, fastest step {min(steps):.4f} s")
        pairs = zip(found["DataParallel"], found["without"], strict=True)
        ratio = statistics.median(shared / alone for shared, alone in pairs)
        print(f"{network}: a step with DataParallel takes {ratio:.3f} times as long")


if __name__ == "__main__":
    main(sys.argv[1:])
