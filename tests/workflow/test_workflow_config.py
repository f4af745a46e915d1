"""Wrong configs: one clear message each, the key and the mend in it, no traceback."""

import pytest

MODEL = {
    "model": "performance_with_dynamics",
    "max_steps": 1,
    "learning_rate": {"schedule": "constant", "value": 1.0e-3},
}

WRONG = {
    "type": ({"seed": "many"}, "seed", "whole number"),
    "unknown key": ({"datset": {"eval_ratio": 0.1}}, "datset", "dataset"),
    "unknown nested key": (
        {"iterations": {"iter2": {"droput": 0.5}}},
        "iterations.iter2.droput",
        "dropout",
    ),
    "unknown source": ({"corpus": "asap+mastro"}, "corpus", "maestro"),
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
    "no number": ({"samples": {"temperature": float("nan")}}, "samples.temperature", "finite"),
    "whole float": ({"convert": {"shards": 2.0}}, "convert.shards", "a whole number, not 2.0"),
    "huge seed": ({"seed": 10**30}, "seed", "at most 2147483647"),
    "results above": ({"results": ".."}, "results", "name a folder of its own"),
    "results in data": ({"results": "data/x"}, "results", "name a folder of its own"),
    "name of a folder": (
        {"iterations": {"figures": {**MODEL}}},
        "iterations.figures",
        "choose another name",
    ),
    "name that is a number": ({"iterations": {5: {**MODEL}}}, "iterations", "a letter first"),
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


def test_results_may_have_a_space_in_their_name(prepared):
    prepared.configure(results="ma musique/run 1")
    done = prepared.snakemake("--dry-run", "all")
    assert "ma musique/run 1/iter1/model.npz" in done.stdout
    prepared.snakemake(
        "ma musique/run 1/iter1/samples", "ma musique/run 1/figures/iter1-curves.svg"
    )
    made = prepared.folder / "ma musique/run 1"
    assert (made / "iter1/samples/index.html").is_file()
    assert (made / "figures/iter1-curves.svg").is_file()
    assert prepared.planned("ma musique/run 1/iter1/samples") == set()
