"""What a pianist may see in a score: features of its chords and of its notes.

Each is named, so that the fitted coefficients say what they belong to.
"""

from __future__ import annotations

import numpy as np

from perfrnn.performing.curves import Grid
from perfrnn.performing.score import Score

SPANS = (1.0, 4.0, 16.0)
"""Quarters over which curves are smoothed: a figure, a measure, a phrase."""

WIDEST = 48.0
"""Quarters around a chord that count as its surroundings."""

ENDS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Quarters within which the end of the piece is felt, and its beginning."""

FARTHEST = 8.0
"""Quarters: greatest interval between onsets that is told from greater ones."""


def chord_features(score: Score) -> dict[str, np.ndarray]:
    """Return the features of the C chords, by name: float64 [C] each."""
    grid = Grid.over(score.place)
    of_places = _metrical(score) | _ends(score) | _local(score)
    return of_places | _curves(score, grid) | _phrase(score, grid)


def note_features(score: Score) -> dict[str, np.ndarray]:
    """Return what tells the notes of a chord from each other, by name: float64 [N] each."""
    chord = score.chord
    top, bottom = _extremes(score)
    size = score.size[chord]
    is_top = (score.pitch == top[chord]) & (size > 1)
    is_bass = (score.pitch == bottom[chord]) & (size > 1)
    following = _until_next(score)[chord]
    length = np.log2(np.clip(score.duration, 1 / 32, FARTHEST))
    seconds = score.clock.to_seconds(score.onset + score.duration) - score.clock.to_seconds(
        score.onset
    )
    pitch = (score.pitch - 60) / 12
    return {
        "top": is_top.astype(float),
        "bass": is_bass.astype(float),
        "top of three": (is_top & (size > 2)).astype(float),
        "bass of three": (is_bass & (size > 2)).astype(float),
        "height in chord": (score.pitch - score.average(score.pitch)[chord]) / 12,
        "pitch": pitch,
        "pitch squared": pitch**2,
        "length": length,
        "length in chord": length - score.average(length)[chord],
        "length over interval": np.log2(
            np.clip(score.duration / np.maximum(following, 1 / 32), 0.25, 16)
        ),
        "seconds": np.log2(np.clip(seconds, 0.02, 8)),
        "repeated": _repeated(score),
        "accent": np.clip(score.velocity - score.average(score.velocity)[chord], -30, 30) / 20,
    }


def _metrical(score: Score) -> dict[str, np.ndarray]:
    """Return where chords stand in the measure, and the measure among its neighbours."""
    on_beat = _is_multiple(score.bar, score.beat)
    half = score.bar_length / 2
    phase = 2 * np.pi * score.bar / score.bar_length
    bars = score.bar_number + score.bar / score.bar_length
    features = {
        "downbeat": (score.bar < 1e-3).astype(float),
        "beat": on_beat.astype(float),
        "half measure": _is_multiple(score.bar, half).astype(float),
        "half beat": _is_multiple(score.bar, score.beat / 2).astype(float),
        "quarter beat": _is_multiple(score.bar, score.beat / 4).astype(float),
    }
    for name, turns in (("measure", phase), ("two measures", np.pi * bars)):
        features |= {f"{name} cos": np.cos(turns), f"{name} sin": np.sin(turns)}
    for count in (4, 8):
        turn = 2 * np.pi * bars / count
        features |= {f"{count} measures cos": np.cos(turn), f"{count} measures sin": np.sin(turn)}
    within = 2 * np.pi * np.mod(score.bar, score.beat) / score.beat
    return features | {"beat cos": np.cos(within), "beat sin": np.sin(within)}


def _is_multiple(places: np.ndarray, unit: np.ndarray) -> np.ndarray:
    distance = np.abs(places / unit - np.round(places / unit))
    return distance * unit < 0.02


def _ends(score: Score) -> dict[str, np.ndarray]:
    """Return how near the beginning and the end of the piece are."""
    if not len(score.place):
        return {f"{end} within {span:g}": score.place for span in ENDS for end in ("begin", "end")}
    since, until = score.place - score.place[0], score.place[-1] - score.place
    features = {}
    for span in ENDS:
        features[f"begin within {span:g}"] = np.exp(-since / span)
        features[f"end within {span:g}"] = np.exp(-until / span)
    whole = max(score.place[-1] - score.place[0], 1e-6)
    return features | {"progress": since / whole, "arch": 4 * since * until / whole**2}


def _local(score: Score) -> dict[str, np.ndarray]:
    """Return what a chord and its neighbours are."""
    before, after = _since_last(score), _until_next(score)
    top, bottom = _extremes(score)
    rise = np.diff(top, prepend=top[:1])
    coming = np.diff(top, append=top[-1:])
    seconds = np.diff(score.clock.to_seconds(score.place), append=np.inf)
    ratio = np.log2(np.clip(after / before, 1 / 8, 8))
    return {
        "interval before": np.log2(np.clip(before, 1 / 16, FARTHEST)),
        "interval after": np.log2(np.clip(after, 1 / 16, FARTHEST)),
        "interval ratio": ratio,
        "longer than before": (ratio > 0.2).astype(float),
        "shorter than before": (ratio < -0.2).astype(float),
        "seconds after": np.log2(np.clip(seconds, 0.03, 4)),
        "size": np.log2(score.size),
        "span": np.clip(top - bottom, 0, 60) / 12,
        "wide": (top - bottom > 24).astype(float),
        "leap up": np.clip(rise, 0, 24) / 12,
        "leap down": np.clip(-rise, 0, 24) / 12,
        "coming leap up": np.clip(coming, 0, 24) / 12,
        "coming leap down": np.clip(-coming, 0, 24) / 12,
        "peak": ((rise > 0) & (coming < 0)).astype(float),
        "longest": np.log2(np.clip(_longest(score), 1 / 16, FARTHEST)),
        "rest": np.clip(after - _longest(score), 0, 4),
    }


def _curves(score: Score, grid: Grid) -> dict[str, np.ndarray]:
    """Return how curves over the score stand against their surroundings, and where they go."""
    top, bottom = _extremes(score)
    density = grid.smooth(grid.summed(score.size.astype(float)), 0.5)
    curves = {
        "melody": grid.held(top) / 12,
        "bass line": grid.held(bottom) / 12,
        "dynamics": grid.held(score.average(score.velocity)) / 20,
        "density": np.log2(0.25 + density),
        "thickness": np.log2(grid.held(score.size.astype(float))),
        "harmony": _harmonic_distance(score, grid),
    }
    features = {}
    for name, curve in curves.items():
        surroundings = grid.smooth(curve, WIDEST)
        mean = curve.mean() if len(curve) else 0.0
        smoothed = {span: grid.smooth(curve, span) for span in SPANS}
        features[f"{name}"] = grid.at(curve - smoothed[SPANS[0]])
        for near, far in zip(SPANS, (*SPANS[1:], None), strict=True):
            wider = surroundings if far is None else smoothed[far]
            features[f"{name} over {near:g}"] = grid.at(smoothed[near] - wider)
        features[f"{name} of the section"] = grid.at(surroundings) - mean
        for span in SPANS[:2]:
            later, earlier = (grid.at(smoothed[span], sign * 2 * span) for sign in (1, -1))
            features[f"{name} rises over {span:g}"] = later - earlier
            features[f"{name} peaks over {span:g}"] = 2 * grid.at(smoothed[span]) - later - earlier
    pace = np.log2(np.clip(density / 8, 1 / 32, 8))
    features["pace"] = grid.at(grid.smooth(pace, 4.0))
    return features | {"harmony changes": _harmonic_change(score, grid)}


def _phrase(score: Score, grid: Grid) -> dict[str, np.ndarray]:
    """Return how near likely ends of phrases are.

    Likely are ends at long notes, rests and leaps of the melody (the boundary model of
    Cambouropoulos, "The local boundary detection model", ICMC 2001).
    """
    after = np.clip(_until_next(score), 1 / 16, FARTHEST)
    top, _ = _extremes(score)
    profiles = (after, 1 + np.abs(np.diff(top, append=top[-1:])).astype(float))
    strength = np.zeros(len(after))
    for weight, profile in zip((0.7, 0.3), profiles, strict=True):
        contrast = np.abs(np.diff(profile)) / (profile[1:] + profile[:-1])
        contrast = np.concatenate([[0.0], contrast, [0.0]])
        own = profile * (contrast[:-1] + contrast[1:])
        strength += weight * own / max(own.max(initial=0.0), 1e-9)
    features = {"boundary": strength}
    impulses = grid.summed(strength)
    for span in SPANS:
        curve = grid.smooth(impulses, span) - grid.smooth(impulses, WIDEST)
        features[f"boundary within {span:g}"] = grid.at(curve)
        features[f"boundary ahead by {span:g}"] = grid.at(curve, span)
        features[f"boundary behind by {span:g}"] = grid.at(curve, -span)
    return features


def _harmonic_distance(score: Score, grid: Grid) -> np.ndarray:
    """Return how far the pitch classes around each cell are from those of the section, 0 to 1."""
    weights = np.sqrt(np.clip(score.duration, 0.05, 4))
    cell = grid.cell[score.chord]
    near, far = [], []
    for pitch_class in range(12):
        own = np.where(score.pitch % 12 == pitch_class, weights, 0.0)
        curve = np.bincount(cell, weights=own, minlength=grid.cells)
        near.append(grid.smooth(curve, 1.0))
        far.append(grid.smooth(curve, 24.0))
    return 1 - _cosine(np.array(near), np.array(far))


def _harmonic_change(score: Score, grid: Grid) -> np.ndarray:
    """Return how far the pitch classes from each chord on are from those before it, 0 to 1."""
    weights = np.sqrt(np.clip(score.duration, 0.05, 4))
    cell = grid.cell[score.chord]
    before, after = [], []
    for pitch_class in range(12):
        own = np.where(score.pitch % 12 == pitch_class, weights, 0.0)
        curve = grid.smooth(np.bincount(cell, weights=own, minlength=grid.cells), 0.5)
        before.append(grid.at(curve, -1.0))
        after.append(grid.at(curve, 0.5))
    return 1 - _cosine(np.array(before), np.array(after))


def _cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the cosine of the angles between columns."""
    lengths = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    return np.clip((one * other).sum(axis=0) / np.maximum(lengths, 1e-9), 0.0, 1.0)


def _extremes(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest and the lowest pitch of each chord; notes stand by chord and pitch."""
    edges = np.searchsorted(score.chord, np.arange(len(score.place) + 1))
    return score.pitch[edges[1:] - 1], score.pitch[edges[:-1]]


def _longest(score: Score) -> np.ndarray:
    """Return the longest duration in each chord: float64 [C], quarters."""
    longest = np.zeros(len(score.place))
    np.maximum.at(longest, score.chord, score.duration)
    return longest


def _until_next(score: Score) -> np.ndarray:
    """Return the quarters until the next chord; of the last one, how long it lasts."""
    if not len(score.place):
        return np.zeros(0)
    return np.append(np.diff(score.place), _longest(score)[-1])


def _since_last(score: Score) -> np.ndarray:
    """Return the quarters since the chord before; of the first one, a measure."""
    return np.concatenate([score.bar_length[:1], np.diff(score.place)])


def _repeated(score: Score) -> np.ndarray:
    """Return whether the pitch of a note was in the chord just before: float64 [N]."""
    keys = score.chord * 128 + score.pitch
    return np.isin(keys - 128, keys).astype(float)
