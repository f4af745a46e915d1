"""Events a second in generation, beside Magenta's real generator.

    python benchmarks/generation.py --magenta-python PATH [--bundle results/iter1/model.mag]

Both sides have the same weights (random ones without a bundle) and make performances of the same
length; they stay alive and take turns, so that whatever else the machine does falls on both.
Magenta makes performances one after another, whatever their number; ours are one batched pass.
A ratio is the median over rounds of our events a second by Magenta's in the same round. On a busy
machine look at the CPU time too: it is of all threads, and wall time on idle cores is less.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from perfrnn.generation.sampler import generate
from perfrnn.generation.signals import make_signals
from perfrnn.generation.stepper import StepWeights
from perfrnn.generation.streams import SampleRequest
from perfrnn.network.bundle import (
    OUTPUT_WEIGHTS,
    Bundle,
    expected_shapes,
    read_bundle,
    write_bundle,
)
from perfrnn.network.layouts import find_layout

MODEL = "performance_with_dynamics"


class Timing(NamedTuple):
    """What one side did in one round."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU time an event."""
        return 1000 * self.cpu_seconds / self.events


class Magenta:
    """The real generator, in its own environment."""

    def __init__(self, python: str, bundle: Path) -> None:
        script = Path(__file__).with_name("magenta_generation.py")
        self._process = subprocess.Popen(
            [python, "-W", "ignore", str(script), str(bundle)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def time(self, streams: int, num_steps: int) -> Timing:
        """Generate so many performances."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(streams, num_steps, file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return Timing(answer["events"], answer["seconds"], answer["cpu_seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Perfrnn:
    """Our generator."""

    def __init__(self, bundle: Path) -> None:
        read = read_bundle(bundle)
        layout = find_layout(read, bundle)
        self._weights = StepWeights(read.weights)
        self._signals = make_signals(layout) if layout.control_size else None
        self._seed = 0

    def time(self, streams: int, num_steps: int) -> Timing:
        """Generate so many performances."""
        seeds = range(self._seed, self._seed + streams)
        self._seed += streams
        requests = [SampleRequest(num_steps, seed, signals=self._signals) for seed in seeds]
        start, cpu_start = time.perf_counter(), time.process_time()
        samples = generate(self._weights, requests)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
        # The first event is given, not drawn.
        drawn = sum(len(sample.events) - 1 for sample in samples)
        return Timing(drawn, seconds, cpu_seconds)


def random_bundle(path: Path) -> Path:
    """Write a bundle of Magenta's size whose distributions are about as sharp as trained ones."""
    rng = np.random.default_rng(0)
    shapes = expected_shapes(388, 388, layers=3, units=512)
    weights = {n: rng.normal(0, 0.05, s).astype(np.float32) for n, s in shapes.items()}
    weights[OUTPUT_WEIGHTS] *= 10
    write_bundle(path, Bundle(MODEL, "random weights, for a benchmark", weights))
    return path


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--magenta-python",
        default=os.environ.get("PERFRNN_MAGENTA_PYTHON"),
        help="interpreter of an environment with magenta 2.1.4; without it, ours alone is timed",
    )
    parser.add_argument("--bundle", type=Path, help="the model; random weights without one")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--num-steps", type=int, default=6000, help="length, in 10 ms")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--magenta-streams",
        type=int,
        default=1,
        help="performances that Magenta makes in a round, at most",
    )
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/generation.json"))
    return parser.parse_args()


def run(options: argparse.Namespace, bundle: Path) -> dict[int, list[dict[str, Timing]]]:
    """Return the rounds by number of streams."""
    peer = Magenta(options.magenta_python, bundle) if options.magenta_python else None
    sides = {"perfrnn": Perfrnn(bundle)} | ({"magenta": peer} if peer else {})
    most = {"perfrnn": max(options.streams), "magenta": options.magenta_streams}
    rounds: dict[int, list[dict[str, Timing]]] = {n: [] for n in options.streams}
    for round_ in range(-1, options.rounds):  # the first warms up
        for streams in options.streams:
            timings = {
                name: side.time(min(streams, most[name]), options.num_steps)
                for name, side in sides.items()
            }
            if round_ >= 0:
                rounds[streams].append(timings)
    if peer:
        peer.close()
    return rounds


def summarise(rounds: list[dict[str, Timing]]) -> dict[str, float]:
    """Return medians over the rounds of one number of streams."""
    summary = {}
    for name in rounds[0]:
        summary[f"{name} events/s"] = statistics.median(each[name].rate for each in rounds)
        summary[f"{name} CPU ms/event"] = statistics.median(each[name].cpu for each in rounds)
    if "magenta" in rounds[0]:
        ratios = [each["perfrnn"].rate / each["magenta"].rate for each in rounds]
        summary["times faster"] = statistics.median(ratios)
    return summary


def main() -> None:
    """Run the rounds, print the table, write the figures."""
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        rounds = run(options, options.bundle or random_bundle(Path(folder) / "model.mag"))
    table = {streams: summarise(each) for streams, each in rounds.items()}
    print(pd.DataFrame(table).T.rename_axis("streams").round(2).to_string())
    record = {"num_steps": options.num_steps, "rounds": rounds, "summary": table}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
