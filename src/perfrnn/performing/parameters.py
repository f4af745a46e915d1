"""What is performed, and how often."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from perfrnn.performing.styles import style_of


class PerformParameters(TypedDict):
    """Settings of a corpus whose scores are performed.

    Attributes
    ----------
    renditions : performances of each score.
    seed : from which every chance follows.
    folders : where the scores lie that are performed; without it, all are.
    """

    renditions: int
    seed: int
    folders: NotRequired[list[str]]


@dataclass(frozen=True)
class Performing:
    """How one score is performed: a seed for each rendition, and the style.

    `is_score` says whether it is known for a score, whatever it looks like.
    """

    seeds: tuple[int, ...]
    style: str
    is_score: bool = False


def performing_of(
    parameters: PerformParameters | None,
    *,
    path: str,
    name: str,
    composer: str,
    is_score: bool = False,
) -> Performing | None:
    """Return how the file at `path` is performed if it is a score; None if it is left alone.

    Parameters
    ----------
    name : of the source; the same name and seed make the same performances.
    is_score : whether its source has it for a score.
    """
    if parameters is None:
        return None
    folders = parameters.get("folders")
    if folders is not None and not any(Path(path).is_relative_to(one) for one in folders):
        return None
    seeds = (
        hashlib.sha256(f"{parameters['seed']}/{name}/{rendition}".encode()).digest()
        for rendition in range(parameters["renditions"])
    )
    numbers = tuple(int.from_bytes(one[:8]) for one in seeds)
    return Performing(numbers, style_of(composer), is_score)
