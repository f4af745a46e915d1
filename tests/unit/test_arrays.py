"""Arrays in one file: any part of the large one is read as numpy reads it."""

import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfrnn.arrays import Spool, StoredArray, open_arrays, save_arrays


def spooled(folder, values):
    spool = Spool(folder, np.int16)
    for part in np.array_split(values, 3):
        spool.append(part)
    return spool


@settings(max_examples=40)
@given(st.integers(0, 40), st.integers(-50, 50), st.integers(-50, 50))
def test_a_slice_is_what_numpy_cuts(tmp_path_factory, length, start, stop):
    path = tmp_path_factory.mktemp("arrays") / "x.npz"
    values = np.arange(length, dtype=np.int16)
    save_arrays(path, {"names": np.array(["ä", "bc"]), "events": spooled(path.parent, values)})
    arrays = open_arrays(path, stored="events")
    assert isinstance(arrays["events"], StoredArray)
    assert len(arrays["events"]) == length
    assert arrays["events"][start:stop].tolist() == values[start:stop].tolist()
    assert np.asarray(arrays["events"]).tolist() == values.tolist()
    assert arrays["names"].tolist() == ["ä", "bc"]


def test_numpy_reads_it_too_and_equal_arrays_give_equal_bytes(tmp_path):
    values = np.arange(1000, dtype=np.int16)
    for name in ("a.npz", "b.npz"):
        save_arrays(tmp_path / name, {"events": spooled(tmp_path, values), "n": np.array(3)})
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["events"], values)
        assert arrays["n"] == 3
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "b.npz"}


def test_a_compressed_array_is_loaded(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", events=np.arange(9))
    events = open_arrays(tmp_path / "x.npz", stored="events")["events"]
    assert isinstance(events, np.ndarray)
    assert events.tolist() == list(range(9))


def test_a_spool_can_be_read_and_goes_on(tmp_path):
    spool = spooled(tmp_path, np.arange(6))
    assert spool.stored()[2:4].tolist() == [2, 3]
    spool.append(np.array([7]))
    save_arrays(tmp_path / "x.npz", {"events": spool})
    spool.append(np.array([8]))
    assert spool.stored()[:].tolist() == [0, 1, 2, 3, 4, 5, 7, 8]
    assert open_arrays(tmp_path / "x.npz", stored="events")["events"][:].tolist()[-1] == 7


def test_a_file_that_ends_too_soon_is_an_error(tmp_path):
    path = tmp_path / "x.npz"
    save_arrays(path, {"events": spooled(tmp_path, np.arange(1000))})
    events = open_arrays(path, stored="events")["events"]
    os.truncate(path, 300)
    with pytest.raises(ValueError, match="ends too soon"):
        events[900:1000]
    with pytest.raises(zipfile.BadZipFile):
        open_arrays(path, stored="events")


def test_another_process_opens_the_file_for_itself(tmp_path):
    save_arrays(tmp_path / "x.npz", {"n": np.arange(2), "events": spooled(tmp_path, np.arange(9))})
    sent = pickle.dumps(open_arrays(tmp_path / "x.npz", stored="events")["events"])
    assert len(sent) < 1000
    assert pickle.loads(sent)[3:6].tolist() == [3, 4, 5]
