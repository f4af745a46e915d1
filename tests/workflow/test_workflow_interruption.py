"""Killed in the middle of training, the same command goes on from the saved state."""

import os
import re
import signal
import subprocess
import time

import pytest

from workflow_process import environment

STEPS = 500


def start_and_wait_for_state(project):
    """Start the training of iter1; return the process once its first state is saved."""
    process = subprocess.Popen(
        project.command("results/iter1/model.mag"),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 180
    while not list((project.folder / "results/iter1").glob("state/*/state.npz")):
        assert process.poll() is None, "training ended before its state was saved"
        assert time.monotonic() < deadline, "no state was saved"
        time.sleep(0.1)
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_training_goes_on(project, number):
    project.configure(budget={"max_steps": STEPS})
    process = start_and_wait_for_state(project)
    os.killpg(process.pid, number)
    process.wait(timeout=60)
    assert not (project.folder / "results/iter1/model.mag").exists()
    if number == signal.SIGKILL:
        project.snakemake("--unlock")
    project.snakemake("results/iter1/model.mag")
    log = (project.folder / "results/iter1/logs/train.log").read_text()
    resumed = re.search(r"going on from step (\d+)", log)
    assert resumed is not None
    assert 0 < int(resumed[1]) < STEPS
