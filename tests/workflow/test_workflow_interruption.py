"""Killed in the middle of training, the same command goes on from the saved state."""

import os
import re
import signal
import subprocess
import time
from contextlib import suppress

import pytest

from perfrnn import runs
from workflow_process import environment

STEPS = 500
ENDLESS = 10**6


def start_and_wait_for_state(project):
    """Start the training of iter1; return the process once its first state is saved."""
    process = subprocess.Popen(
        project.command("results/iter1/model.mag"),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while not list((project.folder / "results/iter1").glob("state/*/state.npz")):
        assert process.poll() is None, "training ended before its state was saved"
        assert time.monotonic() < deadline, "no state was saved"
        time.sleep(0.1)
    return process


def end_group(process, number=signal.SIGKILL):
    os.killpg(process.pid, number)
    process.wait(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_training_goes_on(prepared, number):
    prepared.configure(budget={"max_steps": STEPS})
    end_group(start_and_wait_for_state(prepared), number)
    assert not (prepared.folder / "results/iter1/model.mag").exists()
    prepared.snakemake("results/iter1/model.mag")
    log = (prepared.folder / "results/iter1/logs/train.log").read_text()
    resumed = re.search(r"going on from step (\d+)", log)
    assert resumed is not None
    assert 0 < int(resumed[1]) < STEPS


def test_a_second_living_run_is_refused_in_one_line(prepared):
    prepared.configure(budget={"max_steps": ENDLESS})
    first = start_and_wait_for_state(prepared)
    try:
        assert "Training iter1" in prepared.planned("all")  # a dry run is never in the way
        second = prepared.snakemake("results/iter1/history.csv", check=False)
        assert second.returncode != 0
        (line,) = [text for text in second.stdout.splitlines() if "another run is at work" in text]
        assert re.match(r"\S+: another run is at work on it since ", line.strip())
        assert re.search(rf"\(process(es)? {first.pid}\b", line)  # whom to end
        assert "Traceback" not in second.stdout
    finally:
        end_group(first)


def test_a_job_that_was_queued_until_its_run_was_over_deletes_nothing(project):
    model = project.folder / "results/iter1/model.mag"
    model.parent.mkdir(parents=True)
    model.write_text("made by another run since")
    claims = project.folder / runs.FOLDER
    claims.mkdir(parents=True)
    done = subprocess.run(  # as executors start jobs on other machines
        project.command("results/iter1/model.mag", "--force", "--mode", "remote"),
        env=environment() | {runs.VARIABLE: str(claims / "gone.claim")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "the run that started this job is over" in done.stdout + done.stderr
    assert model.read_text() == "made by another run since"


def test_a_training_that_outlives_its_snakemake_is_still_in_the_way(prepared):
    prepared.configure(budget={"max_steps": ENDLESS})
    first = start_and_wait_for_state(prepared)
    try:
        first.kill()
        first.wait(timeout=60)
        second = prepared.snakemake("results/iter1/model.mag", check=False)
        assert second.returncode != 0
        (line,) = [text for text in second.stdout.splitlines() if "another run is at work" in text]
        (process,) = map(int, re.findall(r"process (\d+)", line))
        os.kill(process, signal.SIGKILL)
        prepared.configure(budget={"max_steps": 2})
        prepared.snakemake("results/iter1/model.mag")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
