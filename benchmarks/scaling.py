"""How time and memory of each step grow with the corpus: at 1, 3 and 10 times some performances.

    python benchmarks/scaling.py --music data/asap/raw --work /tmp/scaling

Makes copies of the performances in other keys and tempos, which count as other files, runs the
workflow on them up to the dataset, lets a process read batches as a training does and another look
for copies as an evaluation does, and prints for each step: the largest resident set of a job, the
time that all its jobs take together, and what these grow to at 100 times. Wall time means
something only on a machine that does nothing else; processor time is what Snakemake sees when it
looks, which it does every half minute, so that of short jobs it sees little.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from midi_copies import write_copies

ROOT = Path(__file__).parents[1]

READ = """
import resource, sys, time
from pathlib import Path
import numpy as np
dataset, shards = Path(sys.argv[2]), sorted(Path(sys.argv[3]).glob("shard-???.tfrecord.gz"))
started = time.perf_counter()
if sys.argv[1] == "read batches":
    from perfrnn.dataset.batches import TrainingBatches
    from perfrnn.dataset.performance_batches import PerformanceBatches
    from perfrnn.dataset.segments import read_segments
    segments = read_segments(dataset / "train.tfrecord.gz")
    batches = TrainingBatches(segments, 48, False, 1)
    performances = PerformanceBatches(segments.joined(), 48, 512, False, 1)
    for step in range(300):
        batches[step]
        performances[step]
else:
    from perfrnn.evaluation.copying import longest_copies
    from perfrnn.evaluation.training_set import read_training_set
    training_set = read_training_set(dataset / "split.tsv", shards)
    # Copies in other keys would be found whole, as no sample is: shuffled runs of eight notes.
    rng = np.random.default_rng(1)
    runs = [pitches[: len(pitches) // 8 * 8].reshape(-1, 8) for pitches in training_set.held_out]
    longest_copies([rng.permutation(each).ravel() for each in runs], training_set.train)
used = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
READERS = ("read batches", "search copies")


def main() -> None:
    """Measure at every size, write the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--music", type=Path, required=True, help="folder of performances (MIDI)")
    parser.add_argument("--work", type=Path, required=True, help="folder for all that is made")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--every", type=int, default=1, help="take one of so many performances")
    parser.add_argument("--shards", type=int, default=10)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    files = sorted(p for p in options.music.rglob("*.mid") if p.name != "midi_score.mid")
    files = files[:: options.every]
    found = {}
    for times in options.times:
        folder = options.work / f"times-{times}"
        if not (folder / "music/pieces.tsv").exists():
            write_copies(options.music, files, folder / "music", times)
        found[times] = run(folder, options.shards, options.cores)
        print(json.dumps({"files": times * len(files)} | found[times]), flush=True)
    report(found, len(files))


def run(folder: Path, shards: int, cores: int) -> dict[str, dict[str, float]]:
    """Make a dataset of a folder of music; return seconds, CPU seconds and MiB of each step."""
    config = folder / "config/config.yaml"
    config.parent.mkdir(exist_ok=True)
    shipped = (ROOT / "config/config.yaml").read_text(encoding="utf-8")
    config.write_text(shipped, encoding="utf-8")
    settings = {  # two sources, so that music which is there twice is looked for
        "corpus": "folder+embedded",
        "folder": {"path": str((folder / "music").resolve())},
        "embedded": {"works": 6},
        "convert": {"shards": shards},
        "pretrained": {"source": "scratch"},
    }
    chosen = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "-d", str(folder)]
    subprocess.run(
        [*command, "--cores", str(cores), "--quiet", "all", "--config", *chosen, "--", "dataset"],
        check=True,
    )
    steps = measured(folder / "data/folder+embedded")
    (dataset,) = (folder / "data").glob("*/dataset-*")
    (converted,) = (folder / "data").glob("*/converted-*")
    for name in READERS:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", READ, name, dataset, converted],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        steps[name] = dict(
            zip(("wall", "cpu", "mib"), map(float, done.stdout.split()), strict=True)
        )
    return steps


def measured(data: Path) -> dict[str, dict[str, float]]:
    """Return what Snakemake's benchmarks tell of each step: sums of time, the largest memory."""
    steps: dict[str, dict[str, float]] = defaultdict(lambda: {"wall": 0.0, "cpu": 0.0, "mib": 0.0})
    for path in sorted(data.glob("*/benchmarks/*.tsv")):
        step = steps[path.stem.rstrip("0123456789").rstrip("-")]
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                step["wall"] += float(row["s"])
                step["cpu"] += float(row["cpu_time"])
                step["mib"] = max(step["mib"], float(row["max_rss"]))
    return dict(steps)


def report(found: dict[int, dict[str, dict[str, float]]], files: int) -> None:
    """Print a row for each step, with a straight line through the two largest sizes."""
    sizes = sorted(found)
    heads = [f"{times} x: MiB, CPU s, wall s" for times in sizes]
    print("| step |", " | ".join(heads), "| wall ms a file | 100 x: GiB, wall h |")
    print("|---" * (len(sizes) + 3) + "|")
    for step in found[sizes[0]]:
        rows = [found[times][step] for times in sizes]
        cells = [f"{row['mib']:.0f}, {row['cpu']:.0f}, {row['wall']:.0f}" for row in rows]
        each = [f"{1000 * r['wall'] / t / files:.0f}" for r, t in zip(rows, sizes, strict=True)]
        (low, first), (high, last) = zip(sizes[-2:], rows[-2:], strict=True)
        at_100 = {
            key: last[key] + (last[key] - first[key]) / (high - low) * (100 - high)
            for key in ("mib", "wall")
        }
        print(
            f"| {step} | {' | '.join(cells)} | {', '.join(each)} | "
            f"{at_100['mib'] / 1024:.1f}, {at_100['wall'] / 3600:.2f} |"
        )


if __name__ == "__main__":
    main()
