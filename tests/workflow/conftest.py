"""A project folder of its own for each test, and one tiny run that all may look at."""

import copy
import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from workflow_process import environment, planned_jobs

ROOT = Path(__file__).parents[2]

TINY = {
    "embedded": {"works": 6},
    "network": {"layers": 1, "units": 16},
    "pretrained": {"source": "scratch"},
    "budget": {"max_steps": 2, "batch_size": 4},
    "samples": {"count": 1, "num_steps": 400},
    "iterations": {"iter4": None},  # its network is far from tiny
}


@dataclass(frozen=True)
class Project:
    """A folder in which the workflow runs."""

    folder: Path

    def configure(self, **overrides):
        """Write config/config.yaml: the shipped one, made tiny, and changed by `overrides`."""
        config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        merge(config, copy.deepcopy(TINY))  # else overrides would change it for later tests
        merge(config, overrides)
        (self.folder / "config/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def command(self, *arguments):
        return [
            sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
            "--directory", str(self.folder), "--cores", "2", "--nocolor", *arguments,
        ]  # fmt: skip

    def snakemake(self, *arguments, check=True):
        """Run Snakemake here; return the finished process with its output as text."""
        done = subprocess.run(
            self.command(*arguments),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stdout[-5000:]
        return done

    def made(self, corpus, kind, name):
        """Return a file of the corpus, in the one folder of its kind that there is."""
        (path,) = (self.folder / "data" / corpus).glob(f"{kind}-*/{name}")
        return path

    def planned(self, *arguments):
        """Return the messages of the jobs that a dry run lists."""
        output = self.snakemake("--dry-run", *arguments).stdout
        return planned_jobs(output)


def merge(config, overrides):
    for key, value in overrides.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = value


def make_project(folder):
    shutil.copytree(ROOT / "config", folder / "config")
    project = Project(folder)
    project.configure()
    return project


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project whose whole tiny run is done; tests must leave it as it is.

    Of pytest-xdist's workers the first that needs it makes it, and each has a copy of its own.
    """
    folder = tmp_path_factory.mktemp("finished") / "project"
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished-once"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if shared.exists():
            shutil.copytree(shared, folder)
        else:
            make_project(folder).snakemake("all")
            shutil.copytree(folder, shared)
    return Project(folder)


@pytest.fixture
def edited(finished, tmp_path):
    """A copy of the finished project, to edit."""
    shutil.copytree(finished.folder, tmp_path / "copy")
    return Project(tmp_path / "copy")


@pytest.fixture
def prepared(finished, tmp_path):
    """A copy of the finished project that has the dataset, and no results."""
    shutil.copytree(finished.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("results"))
    return Project(tmp_path / "copy")
