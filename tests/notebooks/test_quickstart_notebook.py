"""The notebook runs from top to bottom, and is kept without what it printed."""

import json
import os
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
SMALL = 'MUSIC = "mine"\nSTEPS = 1\nSECONDS = 4\n'


def tags(cell):
    return cell.metadata.get("tags", [])


@pytest.fixture
def experiment(tmp_path, monkeypatch):
    """A folder with music of its own, in which the shell finds this environment's programs."""
    rng = np.random.default_rng(1)
    for number in range(3):
        start = np.sort(rng.uniform(0, 35, 200))
        pitch, velocity = rng.integers(40, 90, 200), rng.integers(20, 110, 200)
        piece = Notes(start, start + 0.5, pitch, velocity, 40.0)
        write_midi(tmp_path / "mine" / f"piece-{number}.mid", piece)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.mark.slow
def test_own_music_in_sound_score_and_piano_roll_out(experiment):
    notebook = nbformat.read(ROOT / "notebooks/quickstart.ipynb", as_version=4)
    notebook.cells = [cell for cell in notebook.cells if "install" not in tags(cell)]
    (settings,) = [cell for cell in notebook.cells if "parameters" in tags(cell)]
    settings.source = SMALL
    NotebookClient(
        notebook,
        timeout=None,  # a busy machine takes what it takes
        kernel_name="python3",
        resources={"metadata": {"path": experiment}},
    ).execute()
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    text = "".join(each.get("text", "") for each in outputs)
    assert f"3 files in {(experiment / 'mine').resolve()}" in text
    shown = "".join(json.dumps(each.get("data", {})) for each in outputs)
    assert shown.count("data:audio/mpeg;base64,") == 4  # before, two samples, and another
    assert "<svg" in shown
    assert "image/png" in shown
    metrics = json.loads((experiment / "experiment/results/mine/metrics.json").read_text())
    assert metrics["steps"] == 1
    assert (experiment / "another/another.musicxml").exists()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert [tags(cell) for cell in code].count(["install"]) == 1
    assert code[0].source.startswith("%pip install")
