"""Small source files on disk, and the real ones where they are at hand."""

import os
from pathlib import Path

import pytest

from source_builders import build_midi, build_score


@pytest.fixture
def midi_file(tmp_path):
    """Writes a MIDI file and returns its path."""

    def write(*tracks, division=480):
        path = tmp_path / "file.mid"
        path.write_bytes(build_midi(*tracks, division=division))
        return path

    return write


@pytest.fixture
def score_file(tmp_path):
    """Writes a MusicXML file and returns its path."""

    def write(measures, part_list=None):
        path = tmp_path / "score.musicxml"
        path.write_text(build_score(measures, part_list), encoding="utf-8")
        return path

    return write


@pytest.fixture
def shared_data():
    """The folder with asap-dataset-master.zip and musescore/."""
    folder = os.environ.get("PERFRNN_SHARED_DATA", "")
    if not folder or not (Path(folder) / "asap-dataset-master.zip").exists():
        pytest.skip("PERFRNN_SHARED_DATA names no folder with asap-dataset-master.zip")
    return Path(folder)
