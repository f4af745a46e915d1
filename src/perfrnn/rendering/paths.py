"""The cheapest path through a row of choices (Viterbi's dynamic programming)."""

import numpy as np


def cheapest_path(costs: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return the choice at each step that makes the sum of all costs least: int [T].

    Parameters
    ----------
    costs : of each choice at each step, float [T, K]; T at least 1.
    change : of going to choice i from choice j at the step before, float [K, K].
    """
    choices = np.arange(costs.shape[1])
    total, sources = costs[0], []
    for cost in costs[1:]:
        candidates = total + change
        source = candidates.argmin(axis=1)
        sources.append(source)
        total = candidates[choices, source] + cost
    path = [int(total.argmin())]
    for source in reversed(sources):
        path.append(int(source[path[-1]]))
    return np.array(path[::-1])
