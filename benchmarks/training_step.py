"""Time our training step beside Magenta's.

    python benchmarks/training_step.py --magenta-python PATH

Both train 3 LSTM layers of 512 units on 388 classes with dropout, Adam and the clipping of each
variable's gradient. Each side lives in its own process and environment; they take turns, so that
whatever else the machine does falls on all alike. The first step of each builds its graph and is
not counted. A ratio is the median over rounds of Magenta's seconds by ours in the same round.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CLASSES = 388


class Side:
    """One competitor: a process that takes a step when asked."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name, self.log, self.steps = name, log, []
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def step(self) -> dict[str, float]:
        """Ask for one step and wait for it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} ended:\n{self.log.read_text()[-2000:]}")
        return json.loads(answer)

    def close(self) -> None:
        """Let the process end."""
        self.process.communicate()


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time our training step beside Magenta's.")
    parser.add_argument(
        "--magenta-python",
        default=os.environ.get("PERFRNN_MAGENTA_PYTHON"),
        help="interpreter of an environment with magenta 2.1.4; without it, ours alone is timed",
    )
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--events", type=int, default=512, help="length of each sequence")
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precisions", nargs="+", default=["bfloat16", "float32"])
    parser.add_argument(
        "--output", type=Path, default=Path("results/benchmarks/training_step.json")
    )
    return parser.parse_args(arguments)


def start(options: argparse.Namespace, folder: Path) -> list[Side]:
    """Write the batch and start every side."""
    rng = np.random.default_rng(0)
    sequences = rng.integers(CLASSES, size=(options.batch, options.events + 1))
    batch = folder / "batch.npz"
    np.savez(batch, events=sequences[:, :-1], labels=sequences[:, 1:])
    task = [str(batch), str(options.dropout)]
    sides = []
    if options.magenta_python:
        script = str(HERE / "magenta_step.py")
        command = [options.magenta_python, script, *task]
        sides.append(Side("magenta 2.1.4", command, folder / "magenta.log"))
    for precision in options.precisions:
        script = str(HERE / "perfrnn_step.py")
        command = [sys.executable, script, *task, precision, str(options.threads)]
        sides.append(Side(f"perfrnn {precision}", command, folder / f"{precision}.log"))
    return sides


def summarise(sides: list[Side], options: argparse.Namespace) -> pd.DataFrame:
    """Return one row for each side."""
    rows = []
    for side in sides:
        steps = pd.DataFrame(side.steps)
        seconds = steps["seconds"].median()
        row = {
            "side": side.name,
            "seconds": seconds,
            "fastest": steps["seconds"].min(),
            "slowest": steps["seconds"].max(),
            "cpu_seconds": steps["cpu_seconds"].median(),
            "events_per_second": options.batch * options.events / seconds,
            "peak_gb": steps["peak_gb"].max(),
        }
        if options.magenta_python:
            pairs = zip(sides[0].steps, side.steps, strict=True)
            ratios = [theirs["seconds"] / ours["seconds"] for theirs, ours in pairs]
            row["times_faster"] = statistics.median(ratios)
        rows.append(row)
    return pd.DataFrame(rows).set_index("side")


def main(arguments: list[str]) -> None:
    """Run the rounds, print the table, write the figures."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        sides = start(options, Path(folder))
        for side in sides:
            side.step()
        for _ in range(options.rounds):
            for side in sides:
                side.steps.append(side.step())
        for side in sides:
            side.close()
    table = summarise(sides, options)
    print(
        f"batch {options.batch} x {options.events} events, {options.rounds} rounds, "
        f"{options.threads} threads"
    )
    print(table.round(2).to_string())
    record = {
        "machine": platform.processor() or platform.machine(),
        "batch": options.batch,
        "events": options.events,
        "dropout": options.dropout,
        "threads": options.threads,
        "steps": {side.name: side.steps for side in sides},
        "summary": table.to_dict("index"),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
