"""Where the workflow itself lies: its rules, its scripts and the config to start from."""

from __future__ import annotations

from pathlib import Path

from perfrnn.errors import PerfRNNError


def workflow_folder() -> Path:
    """Return the folder of `Snakefile`, `rules/`, `workflow/`, `config/` and `profiles/`.

    That is the clone where the package is installed from one with `--editable`, else a folder of
    the package.

    Raises
    ------
    PerfRNNError
        If neither is there.
    """
    package = Path(__file__).parent
    for folder in (package / "_workflow", package.parents[1]):
        if (folder / "Snakefile").is_file() and (folder / "rules").is_dir():
            return folder
    raise PerfRNNError(f"{package}: the workflow is missing there; install perfrnn again")
