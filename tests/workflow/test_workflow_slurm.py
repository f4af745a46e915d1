"""On a real Slurm of one node: the tiny run, with a training that its time limit ends."""

import subprocess
import sys
import time

import psutil
import pytest

import slurm_cluster
from conftest import ROOT
from workflow_process import ITERATIONS, environment

PROFILE = ROOT / "profiles/slurm"


@pytest.fixture
def cluster(tmp_path_factory):
    """A node with a GPU for each iteration, and more of all than the machine has."""
    reason = slurm_cluster.missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    with slurm_cluster.cluster(folder, cpus=64, mb=100_000, gpus=len(ITERATIONS)):
        yield


def command(project):
    return [
        sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
        "--directory", str(project.folder), "--nocolor", "--workflow-profile", str(PROFILE),
        "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2",
        "all",
    ]  # fmt: skip


def wait_for_training(process, project, iteration, seconds=600):
    """Return the Slurm job of a training and its process, once that is at work."""
    log = project.folder / f"results/{iteration}/logs/train.log"
    deadline = time.monotonic() + seconds
    while not (log.exists() and "device: " in log.read_text()):
        assert process.poll() is None, "the run is over without a training"
        assert time.monotonic() < deadline, "no training began"
        time.sleep(0.05)
    comment = f"rule_train_wildcards_{iteration}"
    (job,) = [job for job in slurm_cluster.jobs() if job["Comment"] == comment]
    for each in psutil.process_iter():
        if is_script(each, "train.py", job["JobID"]):
            return job["JobID"], each
    raise AssertionError(f"job {job['JOBID']} has no process")


def is_script(process, name, job):
    try:
        if not any(word.endswith(name) for word in process.cmdline()):
            return False
        return process.environ().get("SLURM_JOB_ID") == job
    except psutil.Error:  # it is over
        return False


@pytest.mark.slow
def test_a_training_that_meets_its_time_limit_goes_on(project, finished, cluster):
    output = project.folder / "snakemake.log"
    with output.open("w") as log:
        run = subprocess.Popen(
            command(project), env=environment(), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            job, training = wait_for_training(run, project, "iter1")
            training.suspend()  # it is so slow that it would not end in time
            slurm_cluster.end_time(job, seconds=1)
            assert run.wait(timeout=1200) == 0, output.read_text()[-5000:]
        finally:
            run.terminate()
            run.wait(timeout=60)
    jobs = slurm_cluster.jobs()
    ended = {job["JobID"] for job in jobs if job["State"] == "TIMEOUT"}
    assert ended == {job}
    assert {job["State"] for job in jobs} == {"TIMEOUT", "COMPLETED"}
    log = (project.folder / "results/iter1/logs/train.log").read_text()
    assert "saved at step 1 of 2" in log
    assert "going on from step 1" in log
    for name in ("model.mag", "history.csv", "midi/sample-1.mid"):
        for iteration in ITERATIONS:
            path = f"results/{iteration}/{name}"
            assert (project.folder / path).read_bytes() == (finished.folder / path).read_bytes()
