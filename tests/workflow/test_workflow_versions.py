"""A raised version re-runs its step and what depends on it, and nothing else."""

import subprocess
import sys

import pytest

from perfrnn.config import step_versions
from perfrnn.training.state import fingerprint
from workflow_process import ITERATIONS, environment, planned_jobs

RAISE = """
import sys
import {module}
{module}.{name} += 1
from snakemake.cli import main
main(sys.argv[1:])
"""


def each(*messages):
    return {message.format(name) for message in messages for name in ITERATIONS}


PAGE = {"Writing results/index.html"}
REPORT = PAGE | each("Collecting the samples of {}")
SCORES = {"Joining the scores of all models"} | each("Scoring {} on held-out music")
LIKELIHOOD = PAGE | SCORES | {"Reading the test set's performances whole"}
EVALUATE = PAGE | {
    "Comparing the samples with human performances",
    "Placing the samples among human performances",
}
RENDER = REPORT | each("Rendering sample 1 of {}")
GENERATE = RENDER | EVALUATE | each("Generating 1 samples of {}")
CURVES = {"Comparing the iterations"} | each("Drawing the curves of {}")
TRAIN = GENERATE | SCORES | CURVES | each("Training {}")
DATASET = TRAIN | LIKELIHOOD | {"Splitting the dataset and writing its records"}
ENCODE = DATASET | {f"Encoding shard {shard}" for shard in ("000", "001")}
CONVERT = ENCODE | {f"Converting shard {shard} to NoteSequences" for shard in ("000", "001")}
CORPUS = CONVERT | {"Taking 6 works from music21's corpus", "Listing the corpus"}

EXPECTED = {
    "corpus": ("perfrnn.corpus", "VERSION", CORPUS),
    "convert": ("perfrnn.sequences", "VERSION", CONVERT),
    "encode": ("perfrnn.dataset", "ENCODING_VERSION", ENCODE),
    "dataset": ("perfrnn.dataset", "VERSION", DATASET),
    "train": ("perfrnn.training", "RECIPE_VERSION", TRAIN),
    "generate": ("perfrnn.generation", "VERSION", GENERATE),
    "render": ("perfrnn.rendering", "VERSION", RENDER),
    "evaluate": ("perfrnn.evaluation", "VERSION", EVALUATE),
    "likelihood": ("perfrnn.evaluation", "LIKELIHOOD_VERSION", LIKELIHOOD),
    "report": (
        "perfrnn.report",
        "VERSION",
        REPORT | CURVES | {"Placing the samples among human performances"},
    ),
    # What `all` does not ask for, or not of this corpus.
    "duplicates": ("perfrnn.dataset", "DUPLICATES_VERSION", set()),
    "ablation": ("perfrnn.training", "ABLATION_VERSION", set()),
    "cards": ("perfrnn.training", "CARDS_VERSION", set()),
    "listening": ("perfrnn.evaluation", "LISTENING_VERSION", set()),
    "play": ("perfrnn.play", "VERSION", set()),
}


def test_every_step_is_tried_here():
    assert EXPECTED.keys() == step_versions().keys()


@pytest.mark.parametrize("step", EXPECTED)
def test_a_raised_version_re_runs_its_step_and_what_depends_on_it(finished, step):
    module, name, expected = EXPECTED[step]
    _, _, _, *arguments = finished.command("--dry-run", "all")  # python -m snakemake
    done = subprocess.run(
        [sys.executable, "-c", RAISE.format(module=module, name=name), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert planned_jobs(done.stdout + done.stderr) == expected


def test_saved_states_go_by_the_version_that_the_rule_goes_by(monkeypatch):
    settings = {"learning_rate": {"schedule": "constant"}, "max_steps": 1}
    before = fingerprint(settings, {}), step_versions()["train"]
    monkeypatch.setattr("perfrnn.training.RECIPE_VERSION", before[1] + 1)
    assert step_versions()["train"] == before[1] + 1
    assert fingerprint(settings, {}) != before[0]


def test_reading_the_workflow_loads_no_tensorflow():
    code = "import sys, perfrnn.config; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
