"""Wrong configs: one clear message each, the key and the mend in it, no traceback."""

import pytest

WRONG = {
    "type": ({"seed": "many"}, "seed", "whole number"),
    "unknown key": ({"datset": {"eval_ratio": 0.1}}, "datset", "dataset"),
    "unknown nested key": (
        {"iterations": {"iter2": {"droput": 0.5}}},
        "iterations.iter2.droput",
        "dropout",
    ),
    "unknown model": (
        {"iterations": {"iter1": {"model": "melody_rnn"}}},
        "iterations.iter1.model",
        "performance_with_dynamics",
    ),
    "missing bundle": ({"pretrained": {"source": "gone.mag"}}, "pretrained.source", "gone.mag"),
    "missing soundfont": ({"render": {"soundfont": "gone.sf2"}}, "render.soundfont", "gone.sf2"),
    "missing folder": (
        {"corpus": "folder", "folder": {"path": "nowhere"}},
        "folder.path",
        "nowhere",
    ),
    "ratio": ({"dataset": {"eval_ratio": 1.5}}, "dataset.eval_ratio", "0.1"),
    "no samples": ({"samples": {"count": 0}}, "samples.count", "at least 1"),
    "bare exponent": ({"iterations": {"iter2": {"l1": "1e-4"}}}, "iterations.iter2.l1", "1.0e-4"),
    "duration": (
        {"iterations": {"iter2": {"early_stopping": {"patience": "ten"}}}},
        "iterations.iter2.early_stopping.patience",
        "epochs",
    ),
    "key": (
        {"iterations": {"iter3": {"samples": {"keys": ["H dur"]}}}},
        "iterations.iter3.samples.keys",
        "D minor",
    ),
    "brace": (
        {"samples": {"primer": {"midi": "Song {live}.mid"}}},
        "samples.primer.midi",
        "rename the file",
    ),
    "no iterations": ({"iterations": None}, "iterations", "models to train"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_config_is_told_clearly(project, name):
    overrides, key, mend = WRONG[name]
    project.configure(**overrides)
    done = project.snakemake("--dry-run", "all", check=False)
    assert done.returncode != 0
    message = next(line for line in done.stdout.splitlines() if "config:" in line)
    assert f"`{key}`" in message
    assert mend in message
    assert "Traceback" not in done.stdout
