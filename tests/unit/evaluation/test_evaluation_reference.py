"""The human reference: the one that the package ships, and one made from a small corpus."""

import dataclasses
import json
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from evaluation_music import chord_loop, noise
from perfrnn.corpus.manifest import Source
from perfrnn.errors import CorpusError, PerfRNNError
from perfrnn.evaluation.calibration import auc
from perfrnn.evaluation.controls import CONTROLS, DEADPAN
from perfrnn.evaluation.humans import build_reference
from perfrnn.evaluation.inside import bands
from perfrnn.evaluation.metrics import NAMES
from perfrnn.evaluation.reference import HUMANS_FILE, SUMMARY_FILE, read_reference
from perfrnn.evaluation.tables import calibration_table, judge_table
from perfrnn.notes import to_note_sequence
from perfrnn.sequences.records import write_records


def source(number, role, composer):
    return Source(
        id=f"{role}-{number}",
        role=role,
        format="midi",
        composer=composer,
        title=f"Piece {number}",
        piece=f"piece-{number}",
        path=f"{number}.mid",
    )


def played(number):
    """Return a loop of chords, played with some freedom."""
    rng = np.random.default_rng(number)
    roots = rng.choice([60, 65, 67], 4)
    notes = chord_loop(roots=roots, seconds=90, each=0.5)
    late = np.abs(rng.normal(0, 0.008, len(notes)))
    swell = 60 + 20 * np.sin(notes.start / 3) + rng.integers(-4, 5, len(notes))
    return dataclasses.replace(
        notes, start=notes.start + late, end=notes.end + late, velocity=swell.astype(int)
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    shard = tmp_path_factory.mktemp("corpus") / "shard.tfrecord.gz"
    sources, sequences = [], []
    for number in range(12):
        for role in ("performance", "score"):
            row = source(number, role, "ABC"[number % 3])
            is_played = role == "performance"
            notes = played(number) if is_played else chord_loop(seconds=90, each=0.5)
            sequence = to_note_sequence(notes)
            sequence.id = row.id
            sources.append(row)
            sequences.append(sequence.SerializeToString())
    write_records(shard, sequences)
    return sources, [shard]


@pytest.fixture(scope="module")
def built(corpus):
    return build_reference(*corpus, seed=1, origin="a test")


def test_the_summary_counts_what_it_was_made_from(built):
    summary = built.summary
    assert (summary["excerpts"], summary["pieces"], summary["composers"]) == (12, 12, 3)
    assert set(summary["metrics"]) == set(NAMES)
    assert set(summary["controls"]) == set(CONTROLS)
    assert all(part["excerpts"] == 12 for part in summary["controls"].values())
    assert summary["metrics"]["velocity_continuity"]["power"][DEADPAN] != 0.5


def test_chord_loops_are_told_from_noise_and_wrong_notes(built):
    power = built.summary["metrics"]["in_scale_share"]["power"]
    assert power["random notes"] > 0.9
    assert power["20 % wrong notes"] > 0.9
    assert built.summary["discriminator"]["auc"]["piece"]["all"] > 0.9


def test_it_is_read_as_it_was_written(built, tmp_path):
    built.write(tmp_path / SUMMARY_FILE, tmp_path / HUMANS_FILE)
    read = read_reference(tmp_path)
    assert read.counting == built.counting
    pd.testing.assert_frame_equal(read.humans, built.humans, rtol=1e-3, check_dtype=False)
    np.testing.assert_allclose(
        read.discriminator.scores(read.humans),
        built.discriminator.scores(built.humans),
        rtol=0.1,  # measures are written with few digits, and a judge of 12 pieces is steep
    )


def test_the_same_seed_gives_the_same_reference(corpus, built):
    again = build_reference(*corpus, seed=1, origin="a test")
    assert json.dumps(again.summary) == json.dumps(built.summary)


def test_noise_is_not_human_to_it(built):
    from perfrnn.evaluation.verdicts import judge_samples

    measures = pd.DataFrame([dict.fromkeys(NAMES, np.nan)])
    judged = judge_samples(measures, built)
    assert judged.loc[0, "share_inside"] == 0
    assert judged.loc[0, "percentile"] < 50
    assert noise().total_time == 60


def test_a_corpus_without_performances_is_refused(corpus):
    sources, shards = corpus
    scores = [row for row in sources if row.role == "score"]
    with pytest.raises(CorpusError, match="performances by three composers"):
        build_reference(scores, shards, seed=1, origin="")


@pytest.mark.parametrize("performed", [{"score-3"}, {"performance-5"}, {"score-0", "score-1"}])
def test_a_corpus_with_performed_scores_is_refused(corpus, performed):
    message = f"{len(performed)} scores? performed.*`convert.perform: false`"
    with pytest.raises(CorpusError, match=message):
        build_reference(*corpus, seed=1, origin="", performed=performed)


def test_a_missing_or_old_reference_is_named(built, tmp_path):
    with pytest.raises(PerfRNNError, match="no human reference"):
        read_reference(tmp_path)
    built.write(tmp_path / SUMMARY_FILE, tmp_path / HUMANS_FILE)
    summary = json.loads((tmp_path / SUMMARY_FILE).read_text())
    del summary["metrics"]["voicing"]
    (tmp_path / SUMMARY_FILE).write_text(json.dumps(summary))
    with pytest.raises(PerfRNNError, match="`voicing`; run human_reference"):
        read_reference(tmp_path)


def test_the_package_s_reference_is_whole():
    reference = read_reference()
    summary, humans = reference.summary, reference.humans
    assert summary["excerpts"] == len(humans) == humans["piece"].nunique() > 200
    assert 20 <= len(reference.counting) < len(NAMES)
    assert summary["discriminator"]["auc"]["piece"]["all"] > 0.95
    assert summary["discriminator"]["auc"]["composer"]["all"] > 0.9
    band = bands(humans, NAMES)
    for name, row in band.iterrows():
        low, _, median, _, high = summary["metrics"][name]["quantiles"]["human"]
        assert row.tolist() == pytest.approx([low, median, high], rel=1e-3, abs=1e-3)
    # The judge that is shipped knows these humans, the scores are of judges that did not.
    known = reference.discriminator.scores(humans)
    assert auc(known, humans["score"].to_numpy()) > 0.45


def test_the_documentation_shows_the_package_s_reference():
    text = resources.files("perfrnn.evaluation").joinpath("README.md").read_text("utf-8")
    reference = read_reference()
    assert calibration_table(reference) in text
    assert judge_table(reference) in text
