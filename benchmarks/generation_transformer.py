"""Events a second of a transformer in generation, at its beginning and with a full context.

    python benchmarks/generation_transformer.py [--model results/iter4/model.safetensors]

A step's work grows with what there is to look back at, until the context is full. So each number
of streams is timed twice: from the first event on, and once as many events have been heard as the
context holds. Events are drawn as `config/config.yaml` has it. On a busy machine look at the best
round and at the CPU time, which is of both threads: two idle cores take half of it, and more.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from perfrnn.generation.contract import Network, Stepper
from perfrnn.generation.drawing import MAX_UNIFORM, Filters, draw, masses
from perfrnn.generation.guidance import Guided
from perfrnn.generation.transformer_stepper import TransformerStepper
from perfrnn.network.transformer_file import read_transformer
from perfrnn.network.transformer_layout import expected_shapes

FILTERS = Filters(top_p=0.93)


def random_weights(blocks: int, width: int, heads: int) -> dict[str, np.ndarray]:
    """Return weights whose distributions are about as sharp as trained ones."""
    rng = np.random.default_rng(0)
    shapes = expected_shapes(blocks, width, heads, composers=20, densities=12)
    weights = {n: rng.normal(0, s[0] ** -0.5, s).astype(np.float32) for n, s in shapes.items()}
    weights["output"] *= 3
    return weights


def make_stepper(options: argparse.Namespace) -> TransformerStepper:
    """Return the model to time."""
    if options.model:
        weights, settings = read_transformer(options.model)
        return TransformerStepper(weights, heads=settings.heads, context=settings.context)
    weights = random_weights(options.blocks, options.width, options.heads)
    return TransformerStepper(weights, heads=options.heads, context=options.context)


def begun(stepper: Stepper, streams: int, heard: int) -> Network:
    """Return streams that have heard so many events, the same ones."""
    network = stepper.start(1)
    if heard:
        events = np.random.default_rng(1).integers(stepper.classes, size=(1, heard))
        signals = np.zeros((1, heard, stepper.control_size), np.float32)
        network.hear(events, signals, np.zeros(1, int))
    network.take(np.zeros(streams, int))
    return network


def play(network: Network, control_size: int, streams: int) -> Callable[[int], None]:
    """Return what draws so many events of each stream."""
    rng = np.random.default_rng(2)
    signals = np.zeros((streams, control_size), np.float32)
    latest = np.full(streams, 355)

    def advance(steps: int) -> None:
        nonlocal latest
        uniforms = np.minimum(rng.random((steps, streams)), MAX_UNIFORM)
        for numbers in uniforms:
            latest, _ = draw(masses(network.step(latest, signals), FILTERS), numbers)

    return advance


def measure(stepper: Stepper, streams: int, heard: int, options: argparse.Namespace) -> dict:
    """Return events a second and CPU milliseconds an event of so many streams, with all rounds."""
    rounds = []
    for round_ in range(-1, options.rounds):  # the first warms up
        # From the first event on anew each round; a full context stays full.
        if round_ < 1 or not heard:
            advance = play(begun(stepper, streams, heard), stepper.control_size, streams)
        start, cpu_start = time.perf_counter(), time.process_time()
        advance(options.steps)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        events = options.steps * streams
        if round_ >= 0:
            rounds.append(
                {"events/s": events / seconds, "CPU ms/event": 1000 * cpu_seconds / events}
            )
    return {
        "streams": streams,
        "heard": heard,
        "events/s": statistics.median(each["events/s"] for each in rounds),
        "best events/s": max(each["events/s"] for each in rounds),
        "CPU ms/event": statistics.median(each["CPU ms/event"] for each in rounds),
        "rounds": rounds,
    }


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a .safetensors file; random weights without")
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--heads", type=int, default=5)
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--guidance", type=float, default=1.0)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--steps", type=int, default=64, help="events of each stream in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--output", type=Path, default=Path("results/benchmarks/generation_transformer.json")
    )
    return parser.parse_args()


def main() -> None:
    """Run the rounds, print the table, write the figures."""
    options = parse()
    transformer = make_stepper(options)
    stepper: Stepper = transformer
    if options.guidance != 1:
        stepper = Guided(transformer, transformer.weights.free, options.guidance)
    with threadpool_limits(1, user_api="blas"):  # as the sampler has it
        rows = [
            measure(stepper, streams, heard, options)
            for streams in options.streams
            for heard in (0, transformer.weights.context)
        ]
    print(pd.DataFrame(rows).drop(columns="rounds").round(3).to_string(index=False))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
