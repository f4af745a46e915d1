"""All of ASAP's MIDI files from the archive to TFRecords: time, memory, and how time grows.

    python benchmarks/corpus.py --archive asap-dataset-master.zip --tree config/asap.tsv

Runs the functions that the workflow's jobs run (fetch, convert, dataset), each in a process of its
own, for a quarter, a half and all of the files.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from perfrnn.corpus import asap
from perfrnn.corpus.manifest import Source
from perfrnn.dataset.build import DatasetFiles, build_dataset
from perfrnn.dataset.encoding import encode_shard
from perfrnn.sequences.convert import convert_shard

SETTINGS = {
    "eval_ratio": 0.1,
    "max_events": 512,
    "min_events": 32,
    "seed": 1,
    "segment_seconds": 30,
    "segments": "magenta",
    "split_by": "piece",
    "stretch": [1.0],
}
KINDS = ("performances", "scores_midi")


def fetch(raw: Path, options: argparse.Namespace) -> list[Source]:
    """Extract and verify; return the files as manifest rows."""
    url = options.archive.resolve().as_uri()
    fetched = asap.fetch(raw, url=url, tree=options.tree, include=KINDS, missing="skip")
    return asap.sources(raw, fetched)


def convert(sources: list[Source], folder: Path, processes: int) -> int:
    """Convert all `sources` as one shard."""
    return convert_shard(
        sources, folder / "shard.tfrecord.gz", folder / "shard.tsv", processes=processes
    )


def encode(sources: list[Source], folder: Path) -> int:
    """Encode, split and write the records; return how many."""
    names = ("train", "eval", "test", "split", "quarantine", "performed", "summary")
    files = DatasetFiles(**{name: folder / "dataset" / f"{name}.tfrecord.gz" for name in names})
    encode_shard(folder / "shard.tfrecord.gz", folder / "shard.npz", SETTINGS)
    summary = build_dataset(
        sources, [folder / "shard.npz"], [folder / "shard.tsv"], files, SETTINGS, ""
    )
    return sum(split["segments"] for split in summary["splits"].values())


def _run(answer: multiprocessing.Queue, function: Callable, arguments: tuple) -> None:
    started = time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - started
    used = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    answer.put((seconds, max(used) / 1024**2, result))


def in_a_process(function: Callable, *arguments: object) -> tuple[float, float, object]:
    """Return seconds, peak memory of the largest process in GiB, and the result."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_run, args=(answer, function, arguments))
    process.start()
    result = answer.get()
    process.join()
    return result


def main() -> None:
    """Print the table and, with --json, write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", type=Path, required=True, help="ASAP's zip archive")
    parser.add_argument("--tree", type=Path, default=Path("config/asap.tsv"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fetching, _, everything = in_a_process(fetch, folder / "raw", options)
        for share in (4, 2, 1):
            sources = everything[::share]
            converting, converting_gib, converted = in_a_process(
                convert, sources, folder, options.processes
            )
            encoding, encoding_gib, segments = in_a_process(encode, sources, folder)
            rows.append(
                {
                    "files": len(sources),
                    "converted": converted,
                    "segments": segments,
                    "fetch_s": fetching,
                    "convert_s": converting,
                    "encode_s": encoding,
                    "total_s": fetching + converting + encoding,
                    "peak_gib": max(converting_gib, encoding_gib),
                }
            )
            print({k: round(v, 2) for k, v in rows[-1].items()}, flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
