"""Events a second in generation, beside Magenta's real generator.

    python benchmarks/generation.py --magenta-python PATH [--bundle results/iter1/model.mag]

Both sides have the same weights (random ones without a bundle) and make performances of the same
length; they stay alive and take turns, so that whatever else the machine does falls on both.
Magenta makes performances one after another, whatever their number; ours are one batched pass.
A ratio is the median over rounds of our events a second by Magenta's in the same round.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from perfrnn.bundle import OUTPUT_WEIGHTS, Bundle, expected_shapes, read_bundle, write_bundle
from perfrnn.generation.layouts import find_layout
from perfrnn.generation.sampler import generate
from perfrnn.generation.signals import make_signals
from perfrnn.generation.streams import SampleRequest

MODEL = "performance_with_dynamics"


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

    def rate(self, streams: int, num_steps: int) -> float:
        """Return events a second."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(streams, num_steps, file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        return answer["events"] / answer["seconds"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


class Perfrnn:
    """Our generator."""

    def __init__(self, bundle: Path) -> None:
        read = read_bundle(bundle)
        layout = find_layout(read, bundle)
        self._weights = read.weights
        self._signals = make_signals(layout) if layout.control_size else None
        self._seed = 0

    def rate(self, streams: int, num_steps: int) -> float:
        """Return events a second."""
        seeds = range(self._seed, self._seed + streams)
        self._seed += streams
        requests = [SampleRequest(num_steps, seed, signals=self._signals) for seed in seeds]
        start = time.perf_counter()
        samples = generate(self._weights, requests)
        seconds = time.perf_counter() - start
        # The first event is given, not drawn.
        return sum(len(sample.events) - 1 for sample in samples) / seconds


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
    parser.add_argument("--num-steps", type=int, default=1500, help="length, in 10 ms")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--magenta-streams",
        type=int,
        default=2,
        help="performances that Magenta makes in a round, at most",
    )
    parser.add_argument("--output", type=Path, default=Path("results/benchmarks/generation.json"))
    return parser.parse_args()


def main() -> None:
    """Run the rounds, print the table, write the figures."""
    options = parse()
    rounds: dict[int, list[tuple[float, float]]] = {n: [] for n in options.streams}
    with tempfile.TemporaryDirectory() as folder:
        bundle = options.bundle or random_bundle(Path(folder) / "model.mag")
        ours = Perfrnn(bundle)
        peer = Magenta(options.magenta_python, bundle) if options.magenta_python else None
        for round_ in range(-1, options.rounds):  # the first warms up
            for streams in options.streams:
                theirs = float("nan")
                if peer:
                    count = min(streams, options.magenta_streams)
                    theirs = peer.rate(count, options.num_steps)
                pair = (ours.rate(streams, options.num_steps), theirs)
                if round_ >= 0:
                    rounds[streams].append(pair)
        if peer:
            peer.close()
    print("streams  perfrnn events/s  magenta events/s  times faster")
    summary = {}
    for streams, pairs in rounds.items():
        mine, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        summary[streams] = {"perfrnn": mine, "magenta": theirs, "times_faster": ratio}
        print(f"{streams:7d}  {mine:16.0f}  {theirs:16.0f}  {ratio:12.1f}")
    record = {"num_steps": options.num_steps, "rounds": rounds, "summary": summary}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
