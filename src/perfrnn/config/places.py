"""What the workflow needs for itself: names, and a folder for results that can be one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDERS = (
    "ablation",
    "base_models",
    "benchmarks",
    "evaluation",
    "figures",
    "listening",
    "logs",
    "play",
    "start",
)
"""Folders that the workflow makes in the results, beside those of the iterations."""

RULES = (
    "ablation",
    "all",
    "base_models",
    "collect",
    "comparison",
    "convert",
    "curves",
    "dataset",
    "duplicates",
    "encode",
    "evaluation",
    "evaluation_midi",
    "fetch_asap",
    "fetch_embedded",
    "fetch_folder",
    "fetch_maestro",
    "fetch_musescore",
    "fingerprint",
    "generate",
    "generate_measured",
    "generate_start",
    "human_reference",
    "humanness",
    "likelihood",
    "likelihood_start",
    "likelihoods",
    "listening",
    "magenta_environment",
    "manifest",
    "page",
    "play",
    "play_piano",
    "pretrained_magenta",
    "render",
    "schedules",
    "scored_performances",
    "train",
    "train_transformer",
)
"""Rules of the workflow: `snakemake train` means the rule."""

OCCUPIED = (
    ".ci",
    ".git",
    ".github",
    ".snakemake",
    "benchmarks",
    "config",
    "data",
    "docs",
    "notebooks",
    "profiles",
    "rules",
    "src",
    "tests",
    "workflow",
)
"""Folders of the project that hold something else."""

_PLAIN = re.compile(r"[\w ./+,@=~-]+")


def name_problems(names: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the names of iterations."""
    for name in names:
        is_folder = name.casefold() in FOLDERS  # Figures is figures on many a disk
        if is_folder or name in RULES:
            what = "a folder that the workflow makes" if is_folder else "a rule of the workflow"
            yield f"config: `iterations.{name}` is named like {what}; choose another name"


def results_problems(results: str, music: str | None) -> Iterator[str]:
    """Yield why a folder cannot be that of the results.

    Parameters
    ----------
    music : the user's own folder of music, if that is the corpus.
    """
    here, folder = Path.cwd(), _absolute(results)
    mend = "name a folder of its own, such as results/experiment"
    strange = _PLAIN.sub("", results)
    if strange:
        yield (
            f"config: `results`: {results!r} has {strange[0]!r} in it, which Snakemake or a shell "
            "may misread; use letters, digits, spaces and ._/-"
        )
    elif results.startswith("~") or any(part != part.strip() for part in results.split("/")):
        yield f"config: `results`: {results!r} is no plain path; {mend}"
    elif here.is_relative_to(folder):
        yield f"config: `results`: {results} is where the project itself lies; {mend}"
    elif folder.is_relative_to(here) and folder.relative_to(here).parts[0] in OCCUPIED:
        part = folder.relative_to(here).parts[0]
        yield f"config: `results`: the folder {part} holds something else; {mend}"
    elif music and folder.is_relative_to(_absolute(music)):
        yield f"config: `results`: {results} lies in `folder.path`, among your music; {mend}"
    else:
        for each in (folder, *folder.parents):
            # Unlike Path's, these say no where a folder on the way may not be searched.
            if os.path.exists(each) and not os.path.isdir(each):  # noqa: PTH110, PTH112
                yield f"config: `results`: {each} is a file; {mend}"


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links stay links
