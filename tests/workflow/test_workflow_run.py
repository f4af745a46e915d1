"""A whole tiny run: everything is there, whole, and made once."""

import json
import shutil
import zipfile
from pathlib import Path, PurePosixPath

import music21
import pandas as pd
import pretty_midi
import pytest
import soundfile

from perfrnn.sequences.convert import read_notesequences
from workflow_process import ITERATIONS

FONT = Path(pretty_midi.__file__).with_name("TimGM6mb.sf2")


@pytest.mark.parametrize("iteration", ITERATIONS)
def test_samples_are_there_and_parse(finished, iteration):
    samples = finished.folder / "results" / iteration / "samples"
    midi = pretty_midi.PrettyMIDI(str(samples / "sample-1.mid"))
    assert midi.get_end_time() == pytest.approx(4.0, abs=0.01)
    for suffix in ("wav", "mp3"):
        audio, rate = soundfile.read(samples / f"sample-1.{suffix}")
        assert rate == 44100
        assert 3.0 <= len(audio) / rate <= 5.0
        assert abs(audio).max() <= 1.0
    score = music21.converter.parse(samples / "sample-1.musicxml")
    assert len(score.parts) == 2
    assert "<svg" in (samples / "sample-1.svg").read_text()[:2000]
    assert (samples / "sample-1.pdf").read_bytes()[:5] == b"%PDF-"
    assert (samples / "sample-1.png").read_bytes()[:4] == b"\x89PNG"
    assert "sample-1.mp3" in (samples / "index.html").read_text()


def test_keys_reach_the_conditioned_iteration(finished):
    record = json.loads((finished.folder / "results/iter3/samples/sample-1.json").read_text())
    assert record["key"] == "C major"
    record = json.loads((finished.folder / "results/iter1/samples/sample-1.json").read_text())
    assert record["key"] is None


def test_history_and_metrics_agree(finished):
    for iteration in ITERATIONS:
        folder = finished.folder / "results" / iteration
        history = pd.read_csv(folder / "history.csv")
        metrics = json.loads((folder / "metrics.json").read_text())
        scored = history.dropna(subset="eval_loss")
        assert metrics["kept"]["loss"] == scored["eval_loss"].min()
        assert history["step"].max() == metrics["steps"] == 2
        assert "scratch" in metrics["start"]


def test_counts_add_up(finished):
    manifest = pd.read_csv(finished.made("embedded", "converted", "manifest.tsv"), sep="\t")
    summary = json.loads(finished.made("embedded", "dataset", "dataset.json").read_text())
    assert len(manifest) == summary["sources"] == 6
    folder = finished.made("embedded", "converted", "manifest.tsv").parent
    converted = [s.id for s in read_notesequences(sorted(folder.glob("shard-*.tfrecord.gz")))]
    quarantine = pd.read_csv(finished.made("embedded", "dataset", "quarantine.tsv"), sep="\t")
    # Every source is in a shard, once, or in quarantine; what is counted is what is there.
    assert sorted([*converted, *set(quarantine["id"])]) == sorted(manifest["id"])
    assert summary["converted"] == len(converted)
    assert summary["quarantined"] == quarantine["id"].nunique()
    assert set(manifest["format"]) == {"midi", "musicxml"}
    split = pd.read_csv(finished.made("embedded", "dataset", "split.tsv"), sep="\t")
    sides = split.groupby("piece")["split"].nunique()
    assert (sides == 1).all()
    assert set(split["split"]) == {"train", "eval"}


def test_the_page_names_every_iteration(finished):
    page = (finished.folder / "results/index.html").read_text()
    assert all(iteration in page for iteration in ITERATIONS)


def test_every_sample_is_measured_and_every_model_scored(finished):
    results = finished.folder / "results"
    table = pd.read_csv(results / "evaluation.csv")
    assert set(table["iteration"]) == set(ITERATIONS)
    assert table.groupby("iteration")["metric"].nunique().min() > 30
    overlap = pd.read_csv(results / "overlap.csv")
    assert set(overlap["iteration"]) == set(ITERATIONS)
    assert overlap["feature"].nunique() == 9
    likelihood = pd.read_csv(results / "likelihood.csv").set_index("model")
    assert likelihood.index.tolist() == list(ITERATIONS)
    assert set(likelihood["set"]) == {"eval_and_test"}  # six works are too few for three sets
    # Two steps from random weights: all but chance, which is ln 388.
    assert likelihood["loss"].between(5.9, 6.0).all()


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.snakemake("all").stdout


def test_snakemake_s_own_report_has_figures_tables_and_samples(finished, tmp_path):
    finished.snakemake("--report", str(tmp_path / "report.zip"), "all")
    with zipfile.ZipFile(tmp_path / "report.zip") as archive:
        names = {PurePosixPath(name).name for name in archive.namelist()}
        page = archive.read("report/report.html").decode()
    assert {
        "comparison.svg",
        "humanness.svg",
        "evaluation.csv",
        "overlap.csv",
        "sample-1.mp3",
    } <= names
    for text in ('"Training"', '"Evaluation"', '"Samples"', "Sample 1 of iter2"):
        assert text in page


def test_no_temporary_file_is_left(finished):
    stray = [p for p in (finished.folder / "results").rglob(".*") if p.is_file()]
    assert [p.name for p in stray if not p.name.startswith(".snakemake")] == []


def after_training(iteration):
    return {
        f"Generating 1 samples of {iteration}",
        f"Rendering sample 1 of {iteration}",
        f"Collecting the samples of {iteration}",
        f"Drawing the curves of {iteration}",
        "Comparing the iterations",
        f"Scoring {iteration} on held-out music",
        "Joining the scores of all models",
        "Comparing the samples with human performances",
        "Placing the samples among human performances",
        "Writing results/index.html",
    }


def after_generation(iteration):
    return after_training(iteration) - {
        f"Drawing the curves of {iteration}",
        "Comparing the iterations",
        f"Scoring {iteration} on held-out music",
        "Joining the scores of all models",
    }


TRAININGS = {f"Training {iteration}" for iteration in ITERATIONS}
EVERYTHING_AFTER_DATA = TRAININGS.union(*map(after_training, ITERATIONS))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param(
            {"iterations": {"iter3": {"learning_rate": {"upper": 2.0e-2}}}},
            {"Training iter3"} | after_training("iter3"),
            id="learning rate of iter3",
        ),
        pytest.param(
            {"samples": {"temperature": 1.1}},
            set().union(*map(after_generation, ITERATIONS)),
            id="temperature of all samples",
        ),
        pytest.param(
            {"iterations": {"iter3": {"samples": {"keys": ["E minor"]}}}},
            after_generation("iter3"),
            id="keys of iter3",
        ),
        pytest.param(
            {"dataset": {"eval_ratio": 0.3}},
            {
                "Splitting the dataset and writing its records",
                "Reading the test set's performances whole",
            }
            | EVERYTHING_AFTER_DATA,
            id="evaluation ratio",
        ),
        pytest.param(
            {"dataset": {"transpose": [-1, 0, 1]}}, EVERYTHING_AFTER_DATA, id="transposition"
        ),
        pytest.param(
            {"iterations": {"iter1": {"max_steps": 190000}}}, set(), id="a value above the budget"
        ),
        pytest.param(
            {"evaluation": {"samples": 2}},
            {f"Generating 2 samples of {iteration} to measure" for iteration in ITERATIONS}
            | {
                "Comparing the samples with human performances",
                "Placing the samples among human performances",
                "Writing results/index.html",
            },
            id="samples to measure",
        ),
        pytest.param({"folder": {"path": None}}, set(), id="a setting of another corpus"),
        pytest.param(
            {"render": {"soundfont": "mine.sf2"}},
            {f"Rendering sample 1 of {iteration}" for iteration in ITERATIONS}
            | {f"Collecting the samples of {iteration}" for iteration in ITERATIONS}
            | {"Writing results/index.html"},
            id="another soundfont",
        ),
    ],
)
def test_an_edit_re_runs_what_depends_on_it(edited, overrides, expected):
    (edited.folder / "mine.sf2").write_bytes(b"sound")
    (edited.folder / "config/config.yaml").unlink()
    edited.configure(**overrides)
    assert edited.planned("all") == expected


def test_two_experiments_on_one_corpus_leave_each_other_alone(edited):
    """Another split, made and left again: the first experiment's files are still there."""
    own = edited.made("embedded", "dataset", "train.tfrecord.gz")
    before = own.read_bytes()
    edited.snakemake("dataset", "--config", "dataset={eval_ratio: 0.3}")
    folders = {path.parent.name for path in own.parents[1].glob("dataset-*/dataset.json")}
    assert len(folders) == 2
    assert own.read_bytes() == before
    assert len(list(own.parents[1].glob("converted-*"))) == 1  # what they share is made once
    assert edited.planned("all") == set()


def test_an_edit_of_the_soundfont_itself_is_noticed(edited):
    font = edited.folder / "mine.sf2"
    shutil.copyfile(FONT, font)
    (edited.folder / "config/config.yaml").unlink()
    edited.configure(render={"soundfont": "mine.sf2"})
    wanted = "results/iter1/audio/sample-1.wav"
    edited.snakemake(wanted)
    assert edited.planned(wanted) == set()
    with font.open("ab") as file:
        file.write(b"\0")
    assert edited.planned(wanted) == {"Rendering sample 1 of iter1"}


def test_one_iteration_alone(project):
    planned = project.planned("results/iter2/samples")
    assert "Training iter2" in planned
    assert not planned & {"Training iter1", "Training iter3"}


def test_a_new_iteration_is_a_new_block_and_nothing_else(edited):
    (edited.folder / "config/config.yaml").unlink()
    block = {
        "model": "performance_with_dynamics",
        "max_steps": 2,
        "learning_rate": {"schedule": "constant", "value": 1.0e-3},
    }
    edited.configure(iterations={"iter5": block})
    assert edited.planned("all") == {"Training iter5"} | after_training("iter5")


def test_an_iteration_starts_from_another_or_from_a_bundle(finished, edited):
    (edited.folder / "config/config.yaml").unlink()
    edited.configure(iterations={"iter1": {"start": "iter2"}})
    edited.snakemake("results/iter1/metrics.json")
    before = json.loads((finished.folder / "results/iter2/metrics.json").read_text())
    after = json.loads((edited.folder / "results/iter1/metrics.json").read_text())
    assert after["start"] == "results/iter2/model.npz"
    assert after["start_metrics"]["loss"] == pytest.approx(before["kept"]["loss"], rel=1e-5)
