"""Saved states: atomic, exact, and clear about what is wrong."""

import errno
from pathlib import Path

import numpy as np
import pytest

from perfrnn.training import state as s
from perfrnn.training.schedules import build_schedule


def test_a_round_trip_is_exact(tmp_path):
    arrays = {"variable-000": np.random.default_rng(0).standard_normal((3, 4)).astype("f4")}
    record = {"step": 7, "history": [{"loss": 0.1 + 0.2}], "best": float("inf")}
    s.save_state(tmp_path / "a", arrays, record)
    loaded, read = s.load_state(tmp_path / "a")
    np.testing.assert_array_equal(loaded["variable-000"], arrays["variable-000"])
    assert read == record


def test_nothing_saved_is_none(tmp_path):
    assert s.load_state(tmp_path) is None


def test_a_full_disk_keeps_the_state_before(tmp_path, monkeypatch):
    s.save_state(tmp_path, {"x": np.zeros(3)}, {"step": 1})

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(s.StateError, match=r"No space left on device.*make room"):
        s.save_state(tmp_path, {"x": np.ones(3)}, {"step": 2})
    monkeypatch.undo()
    arrays, record = s.load_state(tmp_path)
    assert record == {"step": 1}
    assert arrays["x"].tolist() == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [s.STATE_FILE]


def saved_twice(folder):
    for step in (1, 2):
        s.save_state(folder, {"x": np.full(3, step)}, {"step": step})


def test_the_state_before_is_kept(tmp_path):
    saved_twice(tmp_path)
    assert s.load_state(tmp_path)[1] == {"step": 2}
    assert {path.name for path in tmp_path.iterdir()} == {s.STATE_FILE, s.BEFORE_FILE}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", None])
def test_the_state_before_takes_the_place_of_one_that_is_damaged_or_gone(
    tmp_path, caplog, content
):
    saved_twice(tmp_path)
    path = tmp_path / s.STATE_FILE
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    arrays, record = s.load_state(tmp_path)
    assert record == {"step": 1}
    assert arrays["x"].tolist() == [1, 1, 1]
    assert f"{path}: going on from the state saved before it" in caplog.text
    assert ("damaged" in caplog.text) == (content is not None)
    # The next save may not push the good one out with the damaged one.
    assert [file.name for file in tmp_path.iterdir()] == [s.STATE_FILE]
    s.save_state(tmp_path, {"x": np.zeros(3)}, {"step": 3})
    path.write_bytes(b"")
    assert s.load_state(tmp_path)[1] == {"step": 1}


def test_damage_to_one_byte_is_seen(tmp_path):
    saved_twice(tmp_path)
    path = tmp_path / s.STATE_FILE
    content = bytearray(path.read_bytes())
    content[content.index(np.full(3, 2).tobytes())] ^= 1
    path.write_bytes(content)
    assert s.load_state(tmp_path)[1] == {"step": 1}


def test_damage_to_all_is_named(tmp_path):
    saved_twice(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(s.StateError, match="delete the folder"):
        s.load_state(tmp_path)


CONSTANT = {"learning_rate": {"schedule": "constant", "value": 1e-3}, "max_steps": 10}


def test_the_fingerprint_sees_everything():
    base = s.fingerprint(CONSTANT, {"train": "a"})
    assert base == s.fingerprint(dict(CONSTANT), {"train": "a"})
    assert base != s.fingerprint(CONSTANT | {"dropout": 0.5}, {"train": "a"})
    assert base != s.fingerprint(CONSTANT, {"train": "b"})
    assert base != s.fingerprint(CONSTANT, {"train": "a", "start": "c"})


@pytest.mark.parametrize(
    ("rate", "depends"),
    [
        ({"schedule": "constant", "value": 1e-3}, False),
        ({"schedule": "piecewise", "boundaries": [5], "values": [1e-3, 1e-4]}, False),
        ({"schedule": "cyclical", "lower": 1e-4, "upper": 1e-3, "half_cycle": 7}, False),
        ({"schedule": "cosine", "peak": 1e-3, "warmup": 3}, True),
    ],
)
def test_max_steps_counts_where_steps_depend_on_it(rate, depends):
    short, long = ({"learning_rate": rate, "max_steps": steps} for steps in (20, 30))
    # What the schedules themselves say of the steps that both take.
    rates = [
        [build_schedule(rate, 5, n["max_steps"])(i) for i in range(20)] for n in (short, long)
    ]
    assert (rates[0] != rates[1]) == depends
    assert (s.fingerprint(short, {}) != s.fingerprint(long, {})) == depends
    assert s.state_folder(Path(), short, {}) != s.state_folder(Path(), long, {})


def with_states(tmp_path, states):
    """Save a state for each limit, at its step; return the folder of a limit."""

    def folder(limit):
        return s.state_folder(tmp_path, CONSTANT | {"max_steps": limit}, {})

    for limit, step in states.items():
        s.save_state(folder(limit), {}, {"step": step})
    return folder


@pytest.mark.parametrize(
    ("states", "limit", "chosen"),
    [
        ({}, 100, 100),
        ({50: 50}, 100, 50),  # ended: goes on
        ({200: 99}, 100, 200),  # stopped on its way to more
        ({200: 100}, 100, 100),  # has not been evaluated as a training of 100 steps is
        ({200: 150}, 100, 100),  # too far
        ({50: 50, 70: 70, 200: 10}, 100, 70),
        ({50: 50, 100: 60}, 100, 100),  # its own is farther
        ({50: 50, 100: 50}, 100, 100),  # as far
        ({50: 50, 100: 20}, 100, 50),
        ({50: 50, 100: 100}, 100, 100),
    ],
)
def test_the_state_that_is_farthest_of_those_that_serve(tmp_path, states, limit, chosen):
    folder = with_states(tmp_path, states)
    s.save_state(tmp_path / f"{'0' * 16}-90", {}, {"step": 90})  # of other settings
    assert s.find_state(folder(limit), limit) == folder(chosen)


def test_a_damaged_state_of_another_limit_is_passed_over(tmp_path, caplog):
    folder = with_states(tmp_path, {50: 50, 70: 70})
    (folder(70) / s.STATE_FILE).write_bytes(b"")
    assert s.find_state(folder(100), 100) == folder(50)
    assert "damaged" in caplog.text


def test_saving_costs_a_bounded_share(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(s.time, "monotonic", lambda: now[0])
    clock = s.SaveClock(every=10, share=0.02)
    now[0] = 109.9
    assert not clock.is_due()
    now[0] = 110.0
    assert clock.is_due()
    now[0] = 111.0
    clock.saved(started=110.0)  # took a second: 2% of fifty
    now[0] = 160.9
    assert not clock.is_due()
    now[0] = 161.0
    assert clock.is_due()
