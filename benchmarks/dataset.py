"""MIDI to NoteSequences to training records, beside the real magenta on the same files.

    python benchmarks/dataset.py --archive asap-dataset-master.zip \
        --magenta data/magenta/env/bin/python

Both sides run in processes that stay alive, by turns, and medians are compared. Encoding uses
Magenta's 35 augmentations (5 stretches, 7 transpositions). Our records hold the stretches;
transpositions, inputs and labels are made when a batch is read, so that time is given as well.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import tensorflow as tf

from perfrnn.dataset.batches import make_batch
from perfrnn.dataset.cutting import segment_notes
from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.events import vocabulary as ev
from perfrnn.notes import from_note_sequence
from perfrnn.sequences.midi import read_midi

STRETCHES = (0.95, 0.975, 1.0, 1.025, 1.05)
TRANSPOSITIONS = range(-3, 4)
CONFIG = "performance_with_dynamics"


class Peer:
    """The real magenta, in its own environment."""

    def __init__(self, python: str) -> None:
        script = Path(__file__).with_name("magenta_dataset.py")
        self._process = subprocess.Popen(
            [python, "-W", "ignore", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request: object) -> dict:
        """Send a request; return seconds and result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def extract(archive: Path, folder: Path, count: int) -> list[str]:
    """Extract `count` performances, evenly spread over all by size."""
    with zipfile.ZipFile(archive) as opened:
        infos = sorted(
            (
                info
                for info in opened.infolist()
                if info.filename.endswith(".mid") and "midi_score" not in info.filename
            ),
            key=lambda info: (info.file_size, info.filename),
        )
        chosen = [infos[(2 * i + 1) * len(infos) // (2 * count)] for i in range(count)]
        paths = []
        for number, info in enumerate(chosen):
            path = folder / f"{number}.mid"
            path.write_bytes(opened.read(info))
            paths.append(str(path))
    return paths


def segments(sequences: list) -> list[Segment]:
    """Return the segments of all stretches of `sequences`."""
    return [
        Segment(events=events, piece="", source=sequence.id, start=start, stretch=stretch)
        for sequence in sequences
        for notes in [from_note_sequence(sequence)]
        for stretch in STRETCHES
        for start, events in segment_notes(
            notes.stretched(stretch),
            mode="magenta",
            segment_seconds=30.0,
            min_events=32,
            max_events=512,
        ).segments
    ]


def read_all(made: list[Segment]) -> None:
    """Make inputs and labels of every segment in every transposition, in batches of 48."""
    moved = [ev.transpose(segment.events, t) for t in TRANSPOSITIONS for segment in made]
    whole = [events for events in moved if events is not None]
    for first in range(0, len(whole), 48):
        make_batch(whole[first : first + 48], conditioned=False)


def timed(function, *arguments):
    """Return seconds and result."""
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def main() -> None:
    """Print the table and, with --json, write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", type=Path, required=True, help="ASAP's zip archive")
    parser.add_argument("--magenta", required=True, help="python of Magenta's environment")
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    times: dict[str, list[float]] = {}
    sizes = {}
    peer = Peer(options.magenta)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        paths = extract(options.archive, folder, options.files)
        sequences = [read_midi(path) for path in paths]
        records = folder / "sequences.tfrecord"
        with tf.io.TFRecordWriter(str(records)) as writer:
            for sequence in sequences:
                writer.write(sequence.SerializeToString())
        for repeat in range(options.repeats):
            out = folder / f"magenta-{repeat}"
            answer = peer.ask(convert=paths)
            times.setdefault("convert, magenta", []).append(answer["seconds"])
            seconds, _ = timed(lambda: [read_midi(path) for path in paths])
            times.setdefault("convert, perfrnn", []).append(seconds)
            answer = peer.ask(encode=str(records), config=CONFIG, out=str(out))
            times.setdefault("encode, magenta", []).append(answer["seconds"])
            sizes["magenta"] = answer["result"]
            ours = folder / "ours.tfrecord.gz"
            seconds, made = timed(segments, sequences)
            writing, _ = timed(write_segments, ours, made)
            times.setdefault("encode, perfrnn", []).append(seconds + writing)
            reading, _ = timed(read_all, made)
            times.setdefault("encode and read, perfrnn", []).append(seconds + writing + reading)
            sizes["perfrnn"] = ours.stat().st_size
    peer.close()

    median = {name: statistics.median(values) for name, values in times.items()}
    result = {
        "files": options.files,
        "seconds": median,
        "bytes": sizes,
        "ratios": {
            "convert": median["convert, magenta"] / median["convert, perfrnn"],
            "encode": median["encode, magenta"] / median["encode, perfrnn"],
            "encode and read": median["encode, magenta"] / median["encode and read, perfrnn"],
            "bytes": sizes["magenta"] / sizes["perfrnn"],
        },
    }
    for name, seconds in median.items():
        print(f"{name:28} {seconds:9.3f} s")
    for name, size in sizes.items():
        print(f"records, {name:19} {size:13,} bytes")
    for name, ratio in result["ratios"].items():
        print(f"ratio, {name:21} {ratio:9.0f}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
