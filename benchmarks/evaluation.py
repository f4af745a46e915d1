"""Time the measures of the evaluation on a minute of music.

    python benchmarks/evaluation.py [FOLDER_OF_MIDI_FILES] [--most N]

Without a folder, on a minute of made-up music of 600 notes (the median of ASAP's performances is
570). Prints milliseconds a minute for all measures together, and for the slowest.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from perfrnn.evaluation.excerpts import opening
from perfrnn.evaluation.metrics import METRICS, measure
from perfrnn.notes import Notes
from perfrnn.rendering.reading import read_notes

REPEATS = 5


def made_up(count: int = 600) -> Notes:
    """Return a minute of random notes."""
    rng = np.random.default_rng(0)
    start = np.sort(rng.uniform(0, 58, count))
    length = rng.gamma(2, 0.3, count)
    pitch, velocity = rng.integers(36, 96, count), rng.integers(20, 110, count)
    return Notes(start, start + length, pitch, velocity, 60.0)


def milliseconds(function, notes: Notes) -> float:
    """Return the fastest of several runs."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function(notes)
        times.append(time.perf_counter() - begin)
    return 1000 * min(times)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--most", type=int, default=50, help="take at most N files")
    arguments = parser.parse_args()
    if arguments.folder is None:
        minutes = [opening(made_up())]
    else:
        files = sorted(arguments.folder.rglob("*.mid"))[: arguments.most]
        minutes = [opening(read_notes(path)) for path in files]
    if not minutes:
        sys.exit(f"{arguments.folder}: no .mid file in it")
    together = [milliseconds(measure, notes) for notes in minutes]
    notes = statistics.median(len(minute) for minute in minutes)
    print(f"{len(minutes)} excerpts of {notes:g} notes (median), {len(METRICS)} measures")
    print(
        f"all together: median {statistics.median(together):.1f} ms, most {max(together):.1f} ms"
    )
    each = {
        metric.name: statistics.median(milliseconds(metric.function, m) for m in minutes)
        for metric in METRICS
    }
    for name in sorted(each, key=each.__getitem__, reverse=True)[:8]:
        print(f"  {name:26s} {each[name]:6.2f} ms")


if __name__ == "__main__":
    main()
