"""The fitted pianist: small networks from features of a score to what a human does there.

`benchmarks/fit_performance.py` fits it; `pianist.md` is its card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from perfrnn.performing.features import chord_features, note_features
from perfrnn.performing.score import Score

GREATEST = 4.0
"""Standard deviations beyond which a feature counts as this far from its mean: no score, however
strange, is further from the fitted ones."""

LEEWAY = 0.014, 0.1
"""Seconds by which the timing of a chord deviates, and share of the time to its neighbours."""

CHORD_OUTPUTS = ("tempo", "timing")
NOTE_OUTPUTS = ("loudness", "spread", "length")
PEDAL_OUTPUTS = ("change", "lift", "press")

TRAITS = ("tempo", "timing", "loudness", "touch", "spread", "pedal", "level")
"""In what performances differ as a whole: log of how far tempo, timing, loudness, the loudness
of notes within a chord and the spread of chords go; log odds of the pedal; mean velocity."""


@dataclass(frozen=True)
class Network:
    """A layer of H tanh units beside a linear way, from F features to O outputs.

    Attributes
    ----------
    mean, scale : float64 [F], of the features.
    inner [F, H], inner_bias [H], outer [H, O], outer_bias [O], linear [F, O].
    """

    mean: np.ndarray
    scale: np.ndarray
    inner: np.ndarray
    inner_bias: np.ndarray
    outer: np.ndarray
    outer_bias: np.ndarray
    linear: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the outputs [R, O] for features [R, F]."""
        inputs = np.clip((features - self.mean) / self.scale, -GREATEST, GREATEST)
        hidden = np.tanh(inputs @ self.inner + self.inner_bias)
        return hidden @ self.outer + self.outer_bias + inputs @ self.linear


@dataclass(frozen=True)
class Expectation:
    """What pianists do with a score, on average.

    Attributes
    ----------
    chords : float64 [C, `CHORD_OUTPUTS`]: log of how much slower; how much later, in units of
        `leeway`.
    notes : float64 [N, `NOTE_OUTPUTS`]: velocity over the mean; seconds later than the chord;
        log2 of the time a key is held over the written one.
    pedal : float64 [C, `PEDAL_OUTPUTS`]: log odds that a pedal that is down is changed at a
        chord, that it is lifted, and that one that is up is pressed.
    """

    chords: np.ndarray
    notes: np.ndarray
    pedal: np.ndarray


@dataclass(frozen=True)
class Pianist:
    """Everything that was fitted.

    Attributes
    ----------
    networks : `chords`, `notes` and `pedal`.
    noise : of tempo, timing, loudness and length, the standard deviation of each span's part.
    spans : float64 [S], quarters.
    white : standard deviations of what is different from chord to chord (`timing`, `loudness`,
        `length`) and from note to note (`note loudness`, `note length`), and the mean distance
        of a note from its chord (`spread`).
    level : mean velocity of a score whose dynamics are mezzoforte throughout, and by how much it
        grows with the score's own.
    styles : means of the `TRAITS` over the performances of a style.
    deviations : float64 [T, T], by which independent chances become traits.
    moments : seconds from a chord to the pedal's lift and to its being pressed: mean, deviation.
    """

    networks: Mapping[str, Network]
    noise: Mapping[str, np.ndarray]
    spans: np.ndarray
    white: Mapping[str, float]
    level: np.ndarray
    styles: Mapping[str, np.ndarray]
    deviations: np.ndarray
    moments: np.ndarray

    def expect(self, score: Score) -> Expectation:
        """Return what pianists do with `score` on average."""
        chords, notes = stack_features(score)
        return Expectation(
            self.networks["chords"](chords),
            self.networks["notes"](np.concatenate([chords[score.chord], notes], axis=1)),
            self.networks["pedal"](chords),
        )


def leeway(time: np.ndarray) -> np.ndarray:
    """Return how far chords usually are from where the tempo has them: float64 [C], seconds.

    Parameters
    ----------
    time : float64 [C], seconds, ascending; the less time between them, the more exact they are.
    """
    if len(time) < 2:
        return np.full(len(time), LEEWAY[0])
    gaps = np.diff(time)
    near = np.minimum(np.append(gaps[:1], gaps), np.append(gaps, gaps[-1:]))
    return LEEWAY[0] + LEEWAY[1] * np.clip(near, 0.0, 2.0)


def stack_features(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of chords [C, F] and of notes [N, F']."""
    chords, notes = chord_features(score), note_features(score)
    return np.stack([*chords.values()], axis=1), np.stack([*notes.values()], axis=1)


@cache
def read_pianist() -> Pianist:
    """Return the pianist that ships with the package."""
    with as_file(files("perfrnn.performing") / "pianist.npz") as path, np.load(path) as stored:
        arrays = {name: stored[name].astype(np.float64) for name in stored.files}
    return from_arrays(arrays)


def from_arrays(arrays: Mapping[str, np.ndarray]) -> Pianist:
    """Return the pianist of arrays named `table/entry`."""

    def table(name: str) -> dict[str, np.ndarray]:
        prefix = f"{name}/"
        return {key[len(prefix) :]: a for key, a in arrays.items() if key.startswith(prefix)}

    return Pianist(
        {name: Network(**table(f"networks/{name}")) for name in ("chords", "notes", "pedal")},
        table("noise"),
        arrays["spans"],
        {name: float(value) for name, value in table("white").items()},
        arrays["level"],
        table("styles"),
        arrays["deviations"],
        arrays["moments"],
    )
