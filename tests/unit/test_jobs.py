"""What scripts get: a log, and one line for an error that the user can mend."""

import logging
import os
import sys

import pytest

from perfrnn.errors import ConfigError
from perfrnn.jobs import available_cpus, job


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


def test_a_bug_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "x.log"):
        1 / 0  # noqa: B018
    assert "ZeroDivisionError" in (tmp_path / "x.log").read_text()


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
