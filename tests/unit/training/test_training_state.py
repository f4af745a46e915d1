"""Saved states: atomic, exact, and clear about what is wrong."""

import errno

import numpy as np
import pytest

from perfrnn.training import state as s


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


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file"])
def test_a_damaged_state_is_named(tmp_path, content):
    (tmp_path / s.STATE_FILE).write_bytes(content)
    with pytest.raises(s.StateError, match="delete the folder"):
        s.load_state(tmp_path)


def test_a_state_without_a_record_is_damaged(tmp_path):
    np.savez(tmp_path / s.STATE_FILE, x=np.zeros(3))
    with pytest.raises(s.StateError, match="delete the folder"):
        s.load_state(tmp_path)


def test_the_fingerprint_sees_everything():
    base = s.fingerprint({"lr": 1e-3}, {"train": "a"})
    assert base == s.fingerprint({"lr": 1e-3}, {"train": "a"})
    assert base != s.fingerprint({"lr": 2e-3}, {"train": "a"})
    assert base != s.fingerprint({"lr": 1e-3}, {"train": "b"})
    assert base != s.fingerprint({"lr": 1e-3}, {"train": "a", "start": "c"})


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
