"""Fit the pianist of `perfrnn.performing` to ASAP's pairs of scores and performances.

    python benchmarks/fit_performance.py ASAP_FOLDER [OUT.npz]

ASAP_FOLDER is the unpacked data set. Held out are the pieces of `config/held_out.tsv`, those that
the bundled base models were not trained on, and the works of the embedded corpus.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import jax
import jax.numpy as jnp
import numpy as np
from asap_pairs import read_pairs
from performance_noise import fit_noise, fit_pedal_moments
from performance_targets import Targets, chord_mean, read_targets

from perfrnn.corpus.asap import piece_of
from perfrnn.corpus.tables import read_column
from perfrnn.network.pretrained import pieces_path
from perfrnn.performing.curves import Grid
from perfrnn.performing.pianist import (
    CHORD_OUTPUTS,
    GREATEST,
    NOTE_OUTPUTS,
    PEDAL_OUTPUTS,
    Network,
    stack_features,
)
from perfrnn.performing.score import Score

ROOT = Path(__file__).parents[1]

STYLES = {
    "baroque": ("Bach",),
    "classical": ("Haydn", "Mozart", "Beethoven"),
    "romantic": ("Schubert", "Schumann", "Chopin", "Liszt", "Brahms", "Glinka", "Balakirev"),
    "modern": ("Scriabin", "Rachmaninoff", "Debussy", "Ravel", "Prokofiev"),
}
"""Composers of ASAP, by the style of the performances of their music."""

EMPHASIS = {"tempo": 1.5, "loudness": 1.3}
"""By how much more is done than is expected. Means over pianists and what features cannot tell
make an expectation small; chance as large as the rest would drown it. With these and
`performance_noise.KEPT` performances vary as much as before, and are more like humans'.
"""

MOST_ROWS = 3000
"""Rows of one score that are learned from, so that long ones do not weigh most."""


@dataclass(frozen=True)
class Piece:
    """A score, its features, and what each of its pianists did, with the times of chords."""

    folder: str
    score: Score
    grid: Grid
    chords: np.ndarray
    notes: np.ndarray
    targets: list[Targets]
    struck: list[np.ndarray]
    pedals: list[np.ndarray]

    @property
    def style(self) -> str:
        """Return the style that the composer belongs to."""
        composer = self.folder.split("/")[0]
        return next(style for style, names in STYLES.items() if composer in names)

    def note_inputs(self) -> np.ndarray:
        """Return the features of each note and its chord."""
        return np.concatenate([self.chords[self.score.chord], self.notes], axis=1)

    def mean(self, name: str) -> np.ndarray:
        """Return the mean of one target over the pianists."""
        values = np.stack([getattr(target, name) for target in self.targets])
        count = np.isfinite(values).sum(axis=0)
        return np.where(count > 0, np.nansum(values, axis=0) / np.maximum(count, 1), np.nan)


def side_of(folder: str) -> str:
    """Return on which side of the split a folder of ASAP is: `train` or `held out`."""
    piece = piece_of(PurePosixPath(folder))
    with pieces_path().open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        heard = {row["piece"] for row in rows if row["split"] == "train"}
    table = ROOT / "src/perfrnn/corpus/embedded.tsv"
    out = {*read_column(ROOT / "config/held_out.tsv", "piece"), *read_column(table, "piece")}
    return "train" if piece in heard - out else "held out"


def folders_of(root: Path, side: str) -> list[str]:
    """Return the folders of ASAP on one side of the split."""
    with (root / "metadata.csv").open(encoding="utf-8") as file:
        folders = {row["folder"] for row in csv.DictReader(file)}
    return sorted(folder for folder in folders if side_of(folder) == side)


def read_pieces(root: Path, folders: Sequence[str]) -> list[Piece]:
    """Read the pairs of some folders, by score."""
    pieces: dict[str, Piece] = {}
    for pair in read_pairs(root, set(folders)):
        if pair.folder not in pieces:
            features = stack_features(pair.score)
            grid = Grid.over(pair.score.place)
            pieces[pair.folder] = Piece(pair.folder, pair.score, grid, *features, [], [], [])
        piece = pieces[pair.folder]
        piece.targets.append(read_targets(pair, piece.grid))
        time = chord_mean(pair.score, pair.start)
        piece.struck.append(np.maximum.accumulate(time[np.isfinite(time)]))
        piece.pedals.append(pair.pedal)
    return list(pieces.values())


def learn(
    pieces: Sequence[Piece],
    rows: Callable[[Piece], tuple[np.ndarray, np.ndarray, np.ndarray]],
    *,
    units: int,
    decay: float,
    drop: float,
    steps: int,
    logistic: bool = False,
    seed: int = 0,
) -> Network:
    """Fit a network by Adam.

    Parameters
    ----------
    rows : features [R, F], targets [R, O] and weights [R, O] of a piece.
    units, decay, drop, steps : of the network and its training; `drop` is of features.
    logistic : whether targets are shares and outputs log odds, or both are numbers.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for piece in pieces:
        arrays = rows(piece)
        chosen = rng.permutation(len(arrays[0]))[:MOST_ROWS]
        parts.append([array[chosen].astype(np.float32) for array in arrays])
    x, y, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    x = np.clip((x - mean) / scale, -GREATEST, GREATEST)
    unit = np.ones(y.shape[1])
    if not logistic:
        unit = np.sqrt((weight * y**2).sum(axis=0) / weight.sum(axis=0))
    weight = weight / weight.mean(axis=0)
    found = _descend((x, y / unit, weight), units, decay, drop, steps, logistic, rng)
    scaled = {name: found[name] * unit for name in ("outer", "outer_bias", "linear")}
    return Network(mean, scale, found["inner"], found["inner_bias"], **scaled)


def _descend(
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
    units: int,
    decay: float,
    drop: float,
    steps: int,
    logistic: bool,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Return the fitted arrays of a network."""
    inputs, outputs = data[0].shape[1], data[1].shape[1]
    weights = {
        "inner": jnp.array(rng.normal(0, inputs**-0.5, (inputs, units)), jnp.float32),
        "inner_bias": jnp.zeros(units),
        "outer": jnp.array(rng.normal(0, 0.01, (units, outputs)), jnp.float32),
        "outer_bias": jnp.zeros(outputs),
        "linear": jnp.zeros((inputs, outputs)),
    }

    def loss(weights, x, y, weight, key):
        x = x * jax.random.bernoulli(key, 1 - drop, x.shape) / (1 - drop)
        hidden = jnp.tanh(x @ weights["inner"] + weights["inner_bias"])
        output = hidden @ weights["outer"] + weights["outer_bias"] + x @ weights["linear"]
        error = jnp.logaddexp(0, output) - y * output if logistic else (output - y) ** 2
        size = sum((weights[name] ** 2).sum() for name in ("inner", "outer", "linear"))
        return (error * weight).mean() + decay * size

    @jax.jit
    def step(weights, first, second, number, rows, key):
        slope = jax.grad(loss)(weights, *rows, key)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slope)
        rate = 3e-3 * 0.5 * (1 + jnp.cos(jnp.pi * number / steps))

        def moved(w, m, v):
            m, v = m / (1 - 0.9 ** (number + 1)), v / (1 - 0.999 ** (number + 1))
            return w - rate * m / (jnp.sqrt(v) + 1e-8)

        return jax.tree.map(moved, weights, first, second), first, second

    first = second = jax.tree.map(jnp.zeros_like, weights)
    for number in range(steps):
        chosen = rng.integers(0, len(data[0]), 2048)
        rows = [jnp.array(array[chosen], jnp.float32) for array in data]
        key = jax.random.PRNGKey(number)
        weights, first, second = step(weights, first, second, number, rows, key)
    return {name: np.asarray(array, np.float64) for name, array in weights.items()}


def chord_rows(piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the network of chords learns from; a long chord weighs more."""
    y = np.stack([piece.mean("tempo"), piece.mean("timing")], axis=1)
    lasting = np.clip(np.diff(piece.score.place, append=piece.score.place[-1] + 1), 0.05, 2)
    weight = np.isfinite(y) * (lasting * np.sqrt(len(piece.targets)))[:, None]
    return piece.chords, np.nan_to_num(y), weight


def note_rows(piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the network of notes learns from."""
    y = np.stack([piece.mean(name) for name in ("loudness", "spread", "length")], axis=1)
    weight = np.isfinite(y) * np.sqrt(len(piece.targets))
    return piece.note_inputs(), np.nan_to_num(y), weight


def pedal_rows(piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the network of the pedal learns from: how often it was changed and so on."""
    before_down, change, lift, before_up, press = sum(one.pedal for one in piece.targets).T
    down, up = np.maximum(before_down, 1), np.maximum(before_up, 1)
    y = np.stack([change / down, lift / down, press / up], axis=1)
    weight = np.stack([before_down, before_down, before_up], axis=1)
    return piece.chords, y, weight / np.sqrt(len(piece.targets))


def fit_networks(pieces: Sequence[Piece]) -> dict[str, Network]:
    """Fit the three networks."""
    return {
        "chords": learn(pieces, chord_rows, units=16, decay=1e-3, drop=0.3, steps=3000),
        "notes": learn(pieces, note_rows, units=16, decay=2e-4, drop=0.2, steps=3000),
        "pedal": learn(
            pieces, pedal_rows, units=6, decay=2e-4, drop=0.2, steps=2000, logistic=True
        ),
    }


def emphasised(name: str, network: Network) -> Network:
    """Return a network with outputs multiplied by their `EMPHASIS`."""
    outputs = {"chords": CHORD_OUTPUTS, "notes": NOTE_OUTPUTS, "pedal": PEDAL_OUTPUTS}[name]
    factor = np.array([EMPHASIS.get(output, 1.0) for output in outputs])
    scaled = {part: getattr(network, part) * factor for part in ("outer", "outer_bias", "linear")}
    return replace(network, **scaled)


def pack(networks: Mapping[str, Network]) -> dict[str, np.ndarray]:
    """Return the arrays of networks, by name."""
    return {
        f"networks/{name}/{part}": value.astype(np.float16 if value.ndim > 1 else np.float32)
        for name, network in networks.items()
        for part, value in vars(network).items()
    }


def main() -> None:
    """Fit, say what was found, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("asap", type=Path)
    parser.add_argument(
        "out", type=Path, nargs="?", default=ROOT / "src/perfrnn/performing/pianist.npz"
    )
    options = parser.parse_args()
    pieces = read_pieces(options.asap, folders_of(options.asap, "train"))
    print(f"{len(pieces)} scores, {sum(len(piece.targets) for piece in pieces)} performances")
    networks = fit_networks(pieces)
    arrays = fit_noise(pieces, networks, STYLES) | fit_pedal_moments(pieces)
    arrays |= pack({name: emphasised(name, network) for name, network in networks.items()})
    np.savez_compressed(options.out, **arrays)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
