"""Claims on files: one living run for each, and none that outlives its processes."""

import json
import os
import signal
import subprocess
import sys

import pytest

from perfrnn import runs

HOLD = """
import sys
from perfrnn import runs
{body}
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder to work in; what the test itself claims ends with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(runs.VARIABLE, "")
    yield
    while runs._held:
        runs._held.pop().close()


def start(body, **variables):
    """Run `body` in another process; return it once it has done that, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(body=body)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | variables,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def end(process, number=signal.SIGKILL):
    process.send_signal(number)
    process.wait(timeout=20)
    process.stdin.close()
    process.stdout.close()


def edit_claim(**changes):
    """Change what the only claim says of its owner."""
    (path,) = runs.FOLDER.glob("*.claim")
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | changes), *rest]) + "\n")
    return path


@pytest.mark.parametrize(
    ("reads", "writes", "file"),
    [
        ([], ["model"], "model"),  # both write
        (["model"], [], "model"),  # one would read what the other writes
        ([], ["data"], "data"),  # one would write what the other reads
    ],
)
def test_a_living_run_is_in_the_way_and_named(reads, writes, file):
    process = start("runs.claim(['data'], ['model'])")
    with pytest.raises(runs.RunError, match=rf"^{file}: .* \(process {process.pid}; .*; wait for"):
        runs.claim(reads, writes)
    assert len(list(runs.FOLDER.glob("*.claim"))) == 1
    end(process)


def test_runs_on_other_files_go_side_by_side():
    process = start("runs.claim(['data'], ['results/a/model'])")
    runs.claim(["data"], ["results/b/model"])
    end(process)


def test_a_killed_run_is_in_nobodys_way():
    end(start("runs.claim([], ['model'])"))
    path = runs.claim([], ["model"])
    assert list(runs.FOLDER.glob("*.claim")) == [path.relative_to(path.parents[2])]


def test_a_run_that_ends_leaves_nothing():
    process = start("runs.claim([], ['model'])")
    process.communicate("", timeout=20)
    assert list(runs.FOLDER.glob("*.claim")) == []


def test_a_job_that_outlives_its_run_is_in_the_way():
    run = start("runs.claim([], ['model'])")
    (path,) = runs.FOLDER.glob("*.claim")
    job = start("runs.join()", **{runs.VARIABLE: str(path.absolute())})
    end(run)
    with pytest.raises(runs.RunError, match=rf"^model: .* \(process {job.pid}; "):
        runs.claim([], ["model"])
    end(job)
    runs.claim([], ["model"])


def test_jobs_on_other_machines_are_named_by_these():
    run = start("runs.claim([], ['model'])")
    (path,) = runs.FOLDER.glob("*.claim")
    afar = "runs._machine = lambda: {'host': 'node7', 'boot': 'its own'}"
    job = start(f"{afar}\nruns.join()", **{runs.VARIABLE: str(path.absolute())})
    with pytest.raises(runs.RunError, match=rf"\(process {run.pid}; jobs on node7; .*or end it$"):
        runs.claim([], ["model"])
    end(run)
    # Its number may by now be that of another process here.
    with pytest.raises(runs.RunError, match=r"since [\d: -]+ \(jobs on node7; .* delete .*claim$"):
        runs.claim([], ["model"])
    end(job)
    runs.claim([], ["model"])


def test_a_job_that_ends_after_its_run_is_in_the_way_until_then():
    run = start("runs.claim([], ['model'])")
    (path,) = runs.FOLDER.glob("*.claim")
    job = start("runs.join()", **{runs.VARIABLE: str(path.absolute())})
    run.communicate("", timeout=20)  # the run ends in peace
    with pytest.raises(runs.RunError, match=rf"\(process {job.pid}; "):
        runs.claim([], ["model"])
    job.communicate("", timeout=20)
    runs.claim([], ["model"])


def test_a_job_whose_run_is_over_does_not_begin(monkeypatch):
    runs.FOLDER.mkdir(parents=True)
    monkeypatch.setenv(runs.VARIABLE, str(runs.FOLDER.absolute() / "gone.claim"))
    with pytest.raises(runs.RunError, match="the run that started this job is over"):
        runs.join()
    assert list(runs.FOLDER.iterdir()) == []


@pytest.mark.parametrize("path", ["", "/nowhere/at/all/x.claim"])
def test_a_job_without_a_run_here_is_free(monkeypatch, path):
    monkeypatch.setenv(runs.VARIABLE, path)
    runs.join()


def test_the_claim_of_another_machine_is_never_taken_for_dead():
    end(start("runs.claim([], ['model'])"))
    path = edit_claim(host="elsewhere", boot="another")
    with pytest.raises(runs.RunError, match=rf"on elsewhere, .* if it is dead, delete {path}"):
        runs.claim([], ["model"])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"boot": "the one before"}, id="started again"),
        pytest.param({"host": "a-container-that-is-gone"}, id="another container"),
    ],
)
def test_the_same_machine_is_known_again(changes):
    if not runs._machine()["boot"]:
        pytest.skip("this system does not number its starts")
    end(start("runs.claim([], ['model'])"))
    edit_claim(**changes)
    runs.claim([], ["model"])


def test_without_locks_a_run_that_ends_leaves_nothing_either():
    without = "import fcntl; fcntl.flock = lambda *_: (_ for _ in ()).throw(OSError(95, 'no'))"
    process = start(f"{without}\nruns.claim([], ['model'])")
    assert len(list(runs.FOLDER.glob("*.claim"))) == 1
    process.communicate("", timeout=20)
    assert list(runs.FOLDER.glob("*.claim")) == []


def test_without_locks_every_claim_counts_as_alive(monkeypatch):
    end(start("runs.claim([], ['model'])"))

    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(runs.fcntl, "flock", refuse)
    with pytest.raises(runs.RunError, match=r"if it is dead, delete \.snakemake"):
        runs.claim([], ["model"])
