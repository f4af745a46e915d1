"""Write an experiment to start from: a Snakefile, its config and profiles.

It runs the workflow that is installed with perfrnn; rules of your own go into its Snakefile.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from perfrnn.errors import PerfRNNError
from perfrnn.files import staged
from perfrnn.workflow import workflow_folder

EPILOG = """\
example:
  perfrnn new my-experiment && cd my-experiment && snakemake --cores 8 all
"""

OWN = Path(__file__).with_name("experiment")
"""What an experiment has that the workflow's own folder has not, or otherwise."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("folder", type=Path, help="that of the experiment: new, or empty")


def run(options: argparse.Namespace) -> None:
    """Write the experiment, and say how to run it."""
    folder: Path = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PerfRNNError(f"{folder}: there is something already; name a new folder")
    workflow = workflow_folder()
    with staged(folder) as temporary:
        shutil.copytree(workflow / "config", temporary / "config")
        shutil.copytree(workflow / "profiles", temporary / "profiles")
        shutil.copytree(OWN, temporary, dirs_exist_ok=True)
        for profile in temporary.glob("profiles/*/profile.yaml"):
            _keep_lock(profile)
    print(f"{folder}: edit config/config.yaml there, and run `snakemake --cores 8 all`")


def _keep_lock(profile: Path) -> None:
    """Leave Snakemake's own lock on: what takes its place is not done by a workflow's importer."""
    paragraphs = profile.read_text(encoding="utf-8").split("\n\n")
    kept = [each for each in paragraphs if "nolock: true" not in each]
    profile.write_text("\n\n".join(kept).rstrip("\n") + "\n", encoding="utf-8")
