"""Small pieces of music whose measures are known."""

import numpy as np

from perfrnn.notes import Notes

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def music(rows, total_time=None) -> Notes:
    """Return notes of (start, end, pitch[, velocity]) rows."""
    table = np.array([(*row, 64)[:4] for row in rows], float).reshape(-1, 4)
    return Notes(
        table[:, 0],
        table[:, 1],
        table[:, 2].astype(np.int64),
        table[:, 3].astype(np.int64),
        float(table[:, 1].max(initial=0.0)) if total_time is None else total_time,
    )


def scale(tonic=60, seconds=60, step=0.5, degrees=MAJOR) -> Notes:
    """Return a scale up and up again, a note each `step` seconds."""
    count = int(seconds / step)
    pitches = [tonic + degrees[i % len(degrees)] for i in range(count)]
    return music([(i * step, (i + 1) * step, pitch) for i, pitch in enumerate(pitches)])


def chord_loop(roots=(60, 65, 67, 60), seconds=60, each=2.0, steps=(0, 4, 7)) -> Notes:
    """Return triads on `roots`, each held for `each` seconds."""
    count = int(seconds / each)
    return music(
        [
            (i * each, (i + 1) * each, roots[i % len(roots)] + step)
            for i in range(count)
            for step in steps
        ]
    )


def metronome(period=0.5, seconds=60, pitch=60) -> Notes:
    """Return one pitch struck every `period` seconds."""
    count = int(seconds / period)
    return music([(i * period, i * period + 0.1, pitch) for i in range(count)], float(seconds))


def noise(count=600, seconds=60, seed=0) -> Notes:
    """Return notes at random times, pitches, lengths and velocities."""
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, seconds - 2, count))
    return Notes(
        start,
        start + rng.uniform(0.05, 1.5, count),
        rng.integers(36, 96, count),
        rng.integers(20, 110, count),
        float(seconds),
    )
