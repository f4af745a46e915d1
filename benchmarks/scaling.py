"""How time and memory of each step grow with the corpus: at 1, 3 and 10 times some performances.

    python benchmarks/scaling.py --music data/asap/raw --work /tmp/scaling

Makes copies of the performances in other keys and tempos, which count as other files, runs the
workflow on them up to the dataset, lets a process read batches as a training does and another look
for copies as an evaluation does, and prints for each step: the largest resident set of a job, the
time that all its jobs take together, and what these grow to at 100 times. Processor time is what
counts; wall time means something only on a machine that does nothing else. Both memory and
processor time are what each job itself tells as it ends: Snakemake looks every half minute, and
sees little of short jobs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from midi_copies import write_copies

ROOT = Path(__file__).parents[1]

# Python runs a module named `sitecustomize` as it starts. What a process was before it became
# Python counts in `ru_maxrss`, but not in VmHWM. Only `convert` has workers, one a core at most.
TELL = """
import atexit, json, os, resource, sys
def tell():
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open("/proc/self/status") as file:
        (peak,) = (int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    step = os.path.basename(sys.argv[0]).split(".")[-2]
    if step == "convert":
        peak += int(os.environ["SCALING_CORES"]) * children.ru_maxrss
    cpu = sum(each.ru_utime + each.ru_stime for each in (own, children))
    told = {"step": step, "cpu": cpu, "mib": peak / 1024}
    with open(os.environ["SCALING_TOLD"], "a") as file:
        print(json.dumps(told), file=file)
def tell_if_job():
    if ".snakemake/scripts/" in sys.argv[0] and os.getpid() == started:
        tell()
started = os.getpid()
atexit.register(tell_if_job)
"""
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
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    if len(options.times) < 2:
        parser.error("--times: what grows shows at two sizes at least")
    files = sorted(p for p in options.music.rglob("*.mid") if p.name != "midi_score.mid")
    files = files[:: options.every]
    found = {}
    for times in options.times:
        folder = options.work / f"times-{times}"
        if not (folder / "music/pieces.tsv").exists():
            write_copies(options.music, files, folder / "music", times)
        found[times] = run(folder, options.shards, options.cores)
        print(json.dumps({"files": times * len(files)} | found[times]), flush=True)
    report(found)


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
    told = telling(folder, cores)
    subprocess.run(
        [*command, "--cores", str(cores), "--quiet", "all", "--config", *chosen, "--", "dataset"],
        check=True, env=os.environ | told,
    )  # fmt: skip
    steps = measured(folder / "data/folder+embedded", Path(told["SCALING_TOLD"]))
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


def telling(folder: Path, cores: int) -> dict[str, str]:
    """Return the environment in which every job tells of itself as it ends, and where."""
    place = folder / "telling"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(TELL, encoding="utf-8")
    paths = filter(None, (str(place.resolve()), os.environ.get("PYTHONPATH")))
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "SCALING_TOLD": str((folder / "told.jsonl").resolve()),
        "SCALING_CORES": str(cores),
    }


def measured(data: Path, told: Path) -> dict[str, dict[str, float]]:
    """Return sums of time and the largest memory of each step's jobs."""
    steps: dict[str, dict[str, float]] = defaultdict(lambda: {"wall": 0.0, "cpu": 0.0, "mib": 0.0})
    for path in sorted(data.glob("*/benchmarks/*.tsv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                steps[path.stem.rstrip("0123456789").rstrip("-")]["wall"] += float(row["s"])
    with told.open(encoding="utf-8") as file:
        for job in map(json.loads, file):
            step = steps[job["step"]]
            step["cpu"] += job["cpu"]
            step["mib"] = max(step["mib"], job["mib"])
    return dict(steps)


def report(found: dict[int, dict[str, dict[str, float]]]) -> None:
    """Print a row for each step; at 100 times, a straight line through the two largest sizes."""
    sizes = sorted(found)
    heads = [f"{times} x: MiB, CPU s, wall s" for times in sizes]
    print("| step |", " | ".join(heads), "| CPU s for each further 1 x | 100 x: GiB, CPU h |")
    print("|---" * (len(sizes) + 3) + "|")
    most = 0.0
    for step in [*found[sizes[0]], "all steps"]:
        rows = [row_of(found[times], step) for times in sizes]
        cells = [f"{row['mib']:.0f}, {row['cpu']:.1f}, {row['wall']:.0f}" for row in rows]
        growth = [
            {key: (more[key] - less[key]) / (high - low) for key in more}
            for (low, less), (high, more) in pairwise(zip(sizes, rows, strict=True))
        ]
        last = {key: rows[-1][key] + growth[-1][key] * (100 - sizes[-1]) for key in rows[-1]}
        most = max(most, last["mib"])
        print(
            f"| {step} | {' | '.join(cells)} | "
            f"{', '.join(format(each['cpu'], '.2f') for each in growth)} | "
            f"{(last['mib'] if step in found[sizes[0]] else most) / 1024:.1f}, "
            f"{last['cpu'] / 3600:.2f} |"
        )


def row_of(steps: dict[str, dict[str, float]], step: str) -> dict[str, float]:
    """Return the figures of a step, or of all together: sums of time, the largest memory."""
    rows = [steps[step]] if step in steps else list(steps.values())
    return {
        "mib": max(row["mib"] for row in rows),
        "cpu": sum(row["cpu"] for row in rows),
        "wall": sum(row["wall"] for row in rows),
    }


if __name__ == "__main__":
    main()
