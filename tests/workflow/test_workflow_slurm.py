"""On a real Slurm of one node: trainings side by side, one of them ended by its time limit."""

import shutil
import subprocess
import sys
import time

import psutil
import pytest
from conftest import ROOT

import slurm_cluster
from workflow_process import environment

COMPARED = (
    "iter1/model.mag",
    "iter1/history.csv",
    "iter2/model.mag",
    "iter2/history.csv",
    "iter2/midi/sample-1.mid",
)
"""Results that have to be the same as without Slurm and interruption."""
LACKING = slurm_cluster.missing()


@pytest.fixture
def cluster(tmp_path_factory):
    """A node with two GPUs, and more of all than the machine has."""
    folder = tmp_path_factory.mktemp("slurm")
    with slurm_cluster.cluster(folder, cpus=64, mb=100_000, gpus=2):
        yield


def command(project):
    """As README.md has it, but that jobs are short here and have as many cores as `finished` had,
    on which the last bits depend, and that nobody keeps accounts. Two trainings and samples of
    one, which are made while the other training goes on, stand for all that jobs are.
    """
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
        "--directory", str(project.folder), "--nocolor",
        "--workflow-profile", str(ROOT / "profiles/slurm"), "--slurm-status-command", "squeue",
        "--slurm-init-seconds-before-status-checks", "1", "--max-threads", "2",
        "results/iter1/model.mag", "results/iter2/midi",
    ]  # fmt: skip


def jobs_of(iteration):
    """Return what Slurm knows of the trainings of an iteration, in order."""
    comment = f"rule_train_wildcards_{iteration}"
    return [job for job in slurm_cluster.jobs() if job["Comment"] == comment]


def wait_for_training(run, project, iteration, seconds=600):
    """Return the Slurm job of a training and its process, once that is at work."""
    log = project.folder / f"results/{iteration}/logs/train.log"
    deadline = time.monotonic() + seconds
    while not (log.exists() and "device: " in log.read_text()):
        assert run.poll() is None, "the run is over without a training"
        assert time.monotonic() < deadline, "no training began"
        time.sleep(0.05)
    (job,) = [job["JobID"] for job in jobs_of(iteration)]
    (process,) = [each for each in psutil.process_iter() if is_script(each, "train.py", job)]
    return job, process


def is_script(process, name, job):
    try:
        if not any(word.endswith(name) for word in process.cmdline()):
            return False
        return process.environ().get("SLURM_JOB_ID") == job
    except psutil.Error:  # it is over
        return False


@pytest.mark.slow
@pytest.mark.skipif(bool(LACKING), reason=LACKING)
def test_a_training_that_meets_its_time_limit_goes_on(edited, finished, cluster):
    shutil.rmtree(edited.folder / "results")  # not the dataset, which would take as long again
    output = edited.folder / "snakemake.log"
    with output.open("w") as log:
        run = subprocess.Popen(
            command(edited), env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            job, training = wait_for_training(run, edited, "iter1")
            training.suspend()  # as if it were too slow to end in time
            slurm_cluster.end_time(job, seconds=1)
            assert run.wait(timeout=1200) == 0, output.read_text()[-5000:]
        finally:
            run.kill()  # its jobs end with the cluster
            run.wait()

    first, second = jobs_of("iter1")
    assert (first["State"], second["State"]) == ("TIMEOUT", "COMPLETED")
    log = (edited.folder / "results/iter1/logs/train.log").read_text()
    assert "going on from step 1" in log

    (other,) = jobs_of("iter2")
    assert other["StartTime"] < first["EndTime"]  # side by side
    for training in (first, second, other):
        assert training["NumCPUs"] == "2"
        assert "gpu:1" in training["tres-per-job"]

    for name in COMPARED:
        path = f"results/{name}"
        assert (edited.folder / path).read_bytes() == (finished.folder / path).read_bytes(), name
