"""Time a transformer's training steps with batches that processes read, and that a thread reads.

    KERAS_BACKEND=jax python benchmarks/readers.py PACK

PACK is what `python -m perfrnn.commands.slices pack` wrote. The network is of the pack's size,
with random weights; the two ways take turns in one process, so that whatever else the machine does
falls on both. The first step compiles and is not counted.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from perfrnn.dataset.batches import BatchStream, read_ahead
from perfrnn.dataset.readers import reader_processes
from perfrnn.dataset.segments import read_segments
from perfrnn.events import requests
from perfrnn.network.event_model import EventModel, describe_device
from perfrnn.training.transformers import make_transformer, open_excerpts


def measure(
    model: EventModel, batches: BatchStream, readers: int, seconds: float
) -> tuple[float, float]:
    """Return events a second, and the share of the time in which the network waits."""
    with reader_processes(batches, 0, readers) as stream:
        ahead = read_ahead(stream, 0)
        next(ahead)
        events, waited, begin = 0, 0.0, time.perf_counter()
        while (elapsed := time.perf_counter() - begin) < seconds:
            asked = time.perf_counter()
            batch = next(ahead)
            waited += time.perf_counter() - asked
            model.train_step_on(batch, 1e-4)
            events += batch.events
    return events / elapsed, waited / elapsed


def main() -> None:
    """Print what both ways give."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", type=Path)
    parser.add_argument("--readers", type=int, default=8, help="processes")
    parser.add_argument("--rows", type=int, default=64, help="sequences of a batch")
    parser.add_argument("--seconds", type=float, default=5, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    settings = json.loads((options.pack / "settings.json").read_text(encoding="utf-8"))
    settings |= {"batch_size": options.rows}
    music = read_segments(options.pack / "train.npz")
    composers = (requests.UNKNOWN_COMPOSER,)
    batches, _ = open_excerpts(settings, music, music, None, composers)
    model = make_transformer(settings, composers)
    model.train_step_on(batches[0], 1e-4)
    print(describe_device(), model.precision)
    found: dict[int, list[tuple[float, float]]] = {0: [], options.readers: []}
    for _ in range(options.turns):
        for readers, turns in found.items():
            turns.append(measure(model, batches, readers, options.seconds))
    for readers, turns in found.items():
        rates, waits = zip(*turns, strict=True)
        name = f"{readers} processes" if readers else "a thread"
        print(f"{name}: {statistics.median(rates):,.0f} events/s, ", end="")
        print(f"{statistics.median(waits):.0%} of the time waiting")


if __name__ == "__main__":
    main()
