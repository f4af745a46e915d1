"""How performed scores compare: their measures, and their loudness and tempo beside humans'.

    python benchmarks/performed_scores.py measures MANIFEST SHARD [SHARD ...]
    python benchmarks/performed_scores.py humans ASAP_FOLDER

The first takes deadpan NoteSequences (a conversion with `convert.perform: false`), performs them,
and measures a minute of each. The second needs the unpacked data set, and compares on the scores
that `fit_performance.py` held out, with the rules of KTH beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from fit_performance import Piece, folders_of, read_pieces
from kth_rules import rule_loudness, rule_tempo
from performance_targets import chord_mean

from perfrnn.corpus.manifest import read_manifest
from perfrnn.evaluation.excerpts import random_excerpt
from perfrnn.evaluation.inside import bands, inside_share, percentiles
from perfrnn.evaluation.metrics import NAMES, measure
from perfrnn.evaluation.reference import read_reference
from perfrnn.notes import from_note_sequence
from perfrnn.performing.features import WIDEST
from perfrnn.performing.perform import perform
from perfrnn.performing.pianist import read_pianist
from perfrnn.performing.playing import play
from perfrnn.performing.styles import style_of
from perfrnn.sequences.convert import read_notesequences

EXCERPTS = 64
LEAST_PIANISTS = 3
LEAST_BEATS = 32


def compare_measures(manifest: Path, shards: list[Path]) -> None:
    """Print every measure of scores, of their performances and of humans."""
    composers = {source.id: source.composer for source in read_manifest(manifest)}
    scores = [s for s in read_notesequences(shards) if from_note_sequence(s).total_time > 70]
    rng = np.random.default_rng(0)
    rows: dict[str, list[dict[str, float]]] = {"deadpan": [], "performed": []}
    for number in range(EXCERPTS):
        score = scores[number % len(scores)]
        style = style_of(composers[score.id])
        seed = int(rng.integers(2**31))
        for kind, music in (
            ("deadpan", score),
            ("performed", perform(score, seed=seed, style=style)),
        ):
            minute = random_excerpt(from_note_sequence(music), np.random.default_rng(seed))
            if minute is not None:
                rows[kind].append(measure(minute))
    _print_measures({kind: pd.DataFrame(table) for kind, table in rows.items()})


def _print_measures(tables: dict[str, pd.DataFrame]) -> None:
    reference = read_reference()
    counting = [name for name in NAMES if reference.summary["metrics"][name]["counts"]]
    human_scores = reference.humans["score"].to_numpy(float)
    for kind, table in tables.items():
        share = inside_share(table, reference.humans, counting).mean()
        percentile = percentiles(reference.discriminator.scores(table), human_scores)
        print(
            f"{kind}: {len(table)} excerpts, {100 * share:.1f} % of measures in the human band, "
            f"judge's percentile: mean {percentile.mean():.1f}, median {np.median(percentile):.1f}"
        )
    print("| measure | deadpan | performed | human (5 to 95 %) |\n|---|---|---|---|")
    for name, band in bands(reference.humans, NAMES).iterrows():
        medians = " | ".join(f"{table[name].median():.3g}" for table in tables.values())
        human = f"{band['median']:.3g} ({band['low']:.3g} to {band['high']:.3g})"
        print(f"| `{name}`{'' if name in counting else ' (describes)'} | {medians} | {human} |")


def compare_with_humans(root: Path) -> None:
    """Print the correlations with the mean of the humans, beat by beat, on held-out scores."""
    pieces = [
        piece
        for piece in read_pieces(root, folders_of(root, "held out"))
        if len(piece.targets) >= LEAST_PIANISTS
    ]
    rows = [row for piece in pieces for row in _correlations(piece)]
    table = pd.DataFrame(rows, columns=["folder", "who", "what", "r"])
    print(f"{len(pieces)} scores, {sum(len(piece.targets) for piece in pieces)} performances")
    by_piece = table.groupby(["who", "what", "folder"])["r"].mean()
    print(by_piece.groupby(["who", "what"]).agg(["mean", "median", "size"]).round(3))


def _correlations(piece: Piece) -> Iterator[tuple[str, str, str, float]]:
    """Yield how like the humans' mean each player is in loudness and tempo."""
    score = piece.score
    humans = {
        "loudness": [_by_beat(piece, chord_mean(score, t.loudness)) for t in piece.targets],
        "tempo": [_by_beat(piece, t.tempo) for t in piece.targets],
    }
    expected = read_pianist().expect(score)
    players = {
        "fitted, no chance": (score.average(expected.notes[:, 0]), expected.chords[:, 0]),
        "KTH rules": (score.average(rule_loudness(score)), rule_tempo(score)),
        "score's dynamics": (score.average(score.velocity), None),
    }
    style = style_of(piece.folder.split("/")[0])
    for seed in range(3):
        players[f"performed {seed}"] = _performed(piece, seed, style)
    for who, found in players.items():
        for what, values in zip(humans, found, strict=True):
            if values is not None:
                mean = np.nanmean(humans[what], axis=0)
                name = who.split(" ")[0] if who.startswith("performed") else who
                yield piece.folder, name, what, _likeness(_by_beat(piece, values), mean)
    for what, each in humans.items():
        for index, one in enumerate(each):
            others = np.nanmean(each[:index] + each[index + 1 :], axis=0)
            yield piece.folder, "one human", what, _likeness(one, others)


def _performed(piece: Piece, seed: int, style: str) -> tuple[np.ndarray, np.ndarray]:
    """Return loudness and tempo of one performance at each chord."""
    score, grid = piece.score, piece.grid
    played = play(score, rng=np.random.default_rng(seed), expression=1.0, style=style)
    written = np.diff(score.clock.to_seconds(played.edges))
    curve = np.log(np.diff(played.times) / written)
    return score.average(played.velocity), grid.at(curve - grid.smooth(curve, WIDEST))


def _by_beat(piece: Piece, values: np.ndarray) -> np.ndarray:
    """Return the mean of `values` [C] over each quarter of the score, NaN where there is none."""
    quarter = np.floor(piece.score.place - piece.score.place[0] + 1e-6).astype(int)
    known = np.isfinite(values)
    size = quarter[-1] + 1
    count = np.bincount(quarter[known], minlength=size)
    total = np.bincount(quarter[known], weights=values[known], minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two curves where both are known; NaN of too little."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.sum() < LEAST_BEATS or np.ptp(one[known]) == 0 or np.ptp(other[known]) == 0:
        return float("nan")
    return float(np.corrcoef(one[known], other[known])[0, 1])


def main() -> None:
    """Run one of the two comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("measures", "humans"))
    parser.add_argument("paths", type=Path, nargs="+")
    options = parser.parse_args()
    if options.what == "humans":
        compare_with_humans(options.paths[0])
    else:
        compare_measures(options.paths[0], options.paths[1:])


if __name__ == "__main__":
    main()
