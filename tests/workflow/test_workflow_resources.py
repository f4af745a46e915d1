"""What jobs ask a scheduler for."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT
from snakemake.cli import parse_args

from workflow_process import environment

PLAN = """
import json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import DAGSettings, ResourceSettings

snakefile, folder, *targets = sys.argv[1:]
with SnakemakeApi() as api:
    files = {"snakefile": Path(snakefile), "workdir": Path(folder)}
    workflow = api.workflow(ResourceSettings(cores=2), **files)
    workflow.dag(DAGSettings(targets=set(targets))).execute_workflow(executor="dryrun")
    asked = {job.rule.name: job.resources.get("mem_mb") for job in workflow._workflow.dag.jobs}
print("asked:", json.dumps(asked))
"""


def asked_for(project, target):
    """Return the MiB that each rule on the way to `target` asks for."""
    (snakefile,) = [part for part in project.command() if part.endswith("Snakefile")]
    done = subprocess.run(
        [sys.executable, "-c", PLAN, snakefile, str(project.folder), target],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("asked: ")]
    return json.loads(line.removeprefix("asked: "))


def test_on_slurm_trainings_do_not_wait_for_each_other():
    pytest.importorskip("snakemake_executor_plugin_slurm")
    _, here = parse_args(["--snakefile", str(ROOT / "Snakefile")])
    slurm = ["--workflow-profile", str(ROOT / "profiles/slurm")]
    _, there = parse_args(["--snakefile", str(ROOT / "Snakefile"), *slurm])
    assert here.resources.get("gpu") == 1
    assert not there.resources
    assert there.max_threads == 8
    assert there.retries == 3
    for setting in ("rerun_incomplete", "nolock", "show_failed_logs"):
        assert getattr(there, setting) is getattr(here, setting) is True


# What whole trainings took at most, in MiB (`perfrnn.training.memory`).
@pytest.mark.parametrize(("batch_size", "measured"), [(16, 1826), (128, 4748)])
def test_a_training_asks_for_what_its_batch_takes(project, batch_size, measured):
    project.configure(
        network={"layers": 3, "units": 512}, budget={"max_steps": 3, "batch_size": batch_size}
    )
    asked = asked_for(project, "results/iter3/model.mag")["train"]
    assert measured < asked < 2.5 * measured


def test_scoring_asks_for_what_the_network_takes(project):
    project.configure(network={"layers": 3, "units": 512})
    magentas = asked_for(project, "results/likelihood.csv")["likelihood"]
    project.configure(network={"layers": 3, "units": 2048})
    assert magentas > 2000
    assert asked_for(project, "results/likelihood.csv")["likelihood"] > 2 * magentas
