"""Compare MIDI readers: what they read, and how fast.

    python benchmarks/midi_readers.py FOLDER [--every N] [--magenta PYTHON]

FOLDER holds .mid and .midi files, nested, such as ASAP's or MAESTRO's. Prints how many of them
`perfrnn.sequences.midi.read_midi` reads as note_seq does, each file that differs, and the
processor time a file of each reader. With the interpreter of an environment that has Magenta in
it, its `convert_dir_to_note_sequences` runs too, on half of the files and on all of them: the
difference of the two is what the files cost without its start. So does `convert_shard`. Starting
takes some seconds and varies by tenths, so these two figures want many hundreds of files.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

warnings.filterwarnings("ignore")

import note_seq  # noqa: E402

from perfrnn.corpus.manifest import Source  # noqa: E402
from perfrnn.sequences.convert import convert_shard  # noqa: E402
from perfrnn.sequences.midi import read_midi  # noqa: E402


def timed(read: Callable, path: Path, times: list[float]) -> object:
    """Return what `read` returns, or the error's text; append the seconds that it took."""
    begin = time.process_time()
    try:
        return read(path)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        times.append(time.process_time() - begin)


def differing_fields(first: object, second: object) -> str:
    """Return which fields of two NoteSequences differ."""
    if isinstance(first, str) or isinstance(second, str):
        return f"{first!s:.80} | {second!s:.80}"
    fields = {field.name for one in (first, second) for field, _ in one.ListFields()}
    return ", ".join(
        sorted(name for name in fields if getattr(first, name) != getattr(second, name))
    )


def compare(files: list[Path]) -> None:
    """Print agreement and rates of the readers."""
    times: dict[str, list[float]] = {"perfrnn": [], "note_seq": []}
    equal = 0
    for path in files:
        ours = timed(read_midi, path, times["perfrnn"])
        theirs = timed(note_seq.midi_file_to_note_sequence, str(path), times["note_seq"])
        if ours == theirs:
            equal += 1
        else:
            print(f"differs: {path}: {differing_fields(ours, theirs)}")
    print(f"{len(files)} files; perfrnn reads {equal} of them as note_seq does")
    for name, seconds in times.items():
        mean = sum(seconds) / len(files)
        ratio = sum(times["note_seq"]) / sum(seconds)
        print(f"{name:10s} {1000 * mean:7.2f} ms a file, {ratio:6.1f} times note_seq's rate")


def run_magenta(python: str, files: list[Path], folder: Path) -> float:
    """Return the processor seconds of Magenta's converter over copies of `files`."""
    source = folder / f"{len(files)}"
    source.mkdir()
    for number, path in enumerate(files):
        shutil.copy(path, source / f"{number}.mid")
    tool = Path(python).parent / "convert_dir_to_note_sequences"
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [tool, f"--input_dir={source}", f"--output_file={folder / 'out.tfrecord'}"],
        check=True,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def run_shard(files: list[Path], folder: Path, processes: int) -> tuple[float, float]:
    """Return the processor seconds and the seconds of `convert_shard` over `files`."""
    sources = [
        Source(
            id=str(number),
            role="performance",
            format="midi",
            composer="",
            title="",
            piece="",
            path=str(path),
        )
        for number, path in enumerate(files)
    ]

    def used() -> float:
        both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, both))

    begin, begin_used = time.monotonic(), used()
    shard = folder / "shard.tfrecord.gz"
    convert_shard(sources, shard, folder / "quarantine.tsv", processes=processes)
    print(f"convert_shard, {processes} processes: {shard.stat().st_size / 2**20:.1f} MiB")
    return used() - begin_used, time.monotonic() - begin


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth file")
    parser.add_argument("--magenta", metavar="PYTHON", help="interpreter with Magenta")
    arguments = parser.parse_args()
    found = (path for kind in ("*.mid", "*.midi") for path in arguments.folder.rglob(kind))
    files = sorted(found)[:: arguments.every]
    if not files:
        sys.exit(f"{arguments.folder}: no .mid or .midi file in it")
    compare(files)
    half = files[::2]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        more = len(files) - len(half)
        seconds = [run_shard(some, folder, 2) for some in (half, files)]
        ours = (seconds[1][0] - seconds[0][0]) / more
        print(f"convert_shard: {1000 * ours:.2f} ms a file, {seconds[1][1]:.1f} s for all")
        if arguments.magenta:
            seconds = [run_magenta(arguments.magenta, some, folder) for some in (half, files)]
            theirs = (seconds[1] - seconds[0]) / more
            print(f"Magenta:       {1000 * theirs:.2f} ms a file, {seconds[1]:.1f} s for all")
            print(f"ratio of the processor time a file: {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
