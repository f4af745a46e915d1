"""What scripts get: a log, and one line for an error that the user can mend."""

import gc
import logging
import os
import sys

import pytest

from full_disk import tiny_disk
from perfrnn.errors import ConfigError
from perfrnn.files import atomic
from perfrnn.jobs import available_cpus, job, whole_story


@pytest.fixture(autouse=True)
def _restore_collector():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _restore_logging():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def test_an_expected_error_is_one_line_and_status_1(tmp_path):
    log = tmp_path / "logs" / "x.log"
    with pytest.raises(SystemExit) as stop, job(log):
        raise ConfigError("folder.path: there is no folder x")
    assert stop.value.code == "error: folder.path: there is no folder x"
    assert "Traceback" not in log.read_text()
    assert "there is no folder x" in log.read_text()


def test_what_a_job_leaves_is_not_collected_when_its_process_ends(tmp_path):
    with job(tmp_path / "x.log"):
        assert gc.get_threshold()[0] > 10_000
        assert not gc.get_freeze_count()
    assert gc.get_freeze_count()


def test_a_bug_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "x.log"):
        1 / 0  # noqa: B018
    assert "ZeroDivisionError" in (tmp_path / "x.log").read_text()


def test_a_full_disk_is_one_line_though_the_log_is_on_it(tmp_path, capfd):
    with tiny_disk(tmp_path / "disk", kilobytes=16) as disk:
        (disk / "filler").write_bytes(bytes(16 * 1024))
        with pytest.raises(SystemExit) as stop, job(disk / "x.log"), atomic(disk / "x") as file:
            file.write_bytes(bytes(100_000))
        assert stop.value.code == (
            f"error: {disk / 'x'}: No space left on device; make room on that disk, then run the "
            "same command again"
        )
        assert capfd.readouterr().err == ""


def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    with tiny_disk(tmp_path / "disk", kilobytes=4, files=0) as disk:
        with pytest.raises(SystemExit) as stop, job(disk / "logs" / "x.log"):
            pass
        assert stop.value.code.startswith(f"error: {disk / 'logs'}: No space left")


def test_an_error_of_the_system_that_no_user_can_mend_keeps_its_traceback(tmp_path):
    with pytest.raises(FileNotFoundError), job(tmp_path / "x.log"):
        (tmp_path / "gone").read_text()
    assert "Traceback" in (tmp_path / "x.log").read_text()


def test_the_log_begins_with_what_earlier_runs_logged(tmp_path):
    log, kept = tmp_path / "x.log", tmp_path / "state" / "train.log"
    for run in range(3):
        log.unlink(missing_ok=True)  # as Snakemake does
        with job(log), whole_story(kept):
            logging.info("this is run %d", run)
    told = [line.split()[-1] for line in log.read_text().splitlines()]
    assert told == ["0", "1", "2"]


def test_what_is_logged_is_in_the_file(tmp_path):
    with job(tmp_path / "x.log"):
        logging.getLogger("perfrnn.test").info("hello")
    assert "INFO perfrnn.test: hello" in (tmp_path / "x.log").read_text()


def test_what_libraries_say_goes_to_the_file_and_what_python_says_to_the_terminal(tmp_path, capfd):
    with job(tmp_path / "x.log"):
        os.write(2, b"chatter of a library\n")
        print("progress", file=sys.stderr)
    os.write(2, b"afterwards\n")
    assert "chatter" in (tmp_path / "x.log").read_text()
    assert capfd.readouterr().err == "progress\nafterwards\n"


def test_cpus_are_never_more_than_there_are(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    assert available_cpus(8) == 2
    assert available_cpus(1) == 1
