"""What the page knows of its models: the numbers that Python itself would use."""

import json
import re

import numpy as np
import pytest

from generation_networks import small_weights
from perfrnn.generation.key_bias import key_bias
from perfrnn.network.bundle import Bundle
from perfrnn.network.layouts import LAYOUTS, Layout
from perfrnn.network.pretrained import write_compact
from perfrnn.play.page import PlayModel, describe_model, write_play_page

SETTINGS = {"count": 3, "num_steps": 6000, "seed": 5, "temperature": 0.9, "top_p": 0.93}


def model(tmp_path, **settings):
    return PlayModel("iter1", "iter1", tmp_path / "iter1.npz", SETTINGS | settings)


def test_a_model_without_conditions_gets_its_key_by_a_bias(tmp_path):
    described = describe_model(model(tmp_path), Layout())
    assert described["densities"] is None
    assert described["histograms"] is None
    assert len(described["biases"]) == 24
    biases = described["biases"]["D minor"]
    vector = key_bias([(0, "D minor")], 1.25).vectors[0]
    np.testing.assert_array_equal(np.float32(biases)[np.arange(128) % 12], vector[:128])
    assert biases[2] == max(biases)  # the tonic


def test_a_conditioned_model_gets_what_it_is_asked_for_as_inputs(tmp_path):
    described = describe_model(model(tmp_path), Layout(density=True, histogram=True))
    assert described["biases"] is None
    assert described["prefix"] == []
    assert described["densities"][15] == [0, 0, 0, 0, 1, 0, 0, 0]  # from 8 up to 16
    assert described["histograms"][""] == [np.float32(1 / 12)] * 12
    assert np.argmax(described["histograms"]["Eb major"]) == 3
    assert sum(described["histograms"]["Eb major"]) == pytest.approx(1)


def test_models_made_here_are_asked_between_two_classes(tmp_path):
    described = describe_model(model(tmp_path), Layout(density=True, heeds_requests=True))
    # What plays 4 notes a second is asked for as 4 * 4 / 4.3 of them, between 2..4 and 4..8.
    place = np.log2(4 * 4 / 4.3) + 0.5
    expected = [0, 0, 3 - place, place - 2, 0, 0, 0, 0]
    np.testing.assert_allclose(described["densities"][4], expected, atol=1e-6)


def test_optional_conditions_are_heeded(tmp_path):
    layout = LAYOUTS["optional_multiconditioned_performance_with_dynamics"]
    described = describe_model(model(tmp_path), layout)
    assert described["prefix"] == [0]
    assert described["densities"][1] == [0, 1, 0, 0, 0, 0, 0, 0]
    assert len(described["histograms"]["C major"]) == 12


def test_models_made_here_are_nudged_towards_a_key(tmp_path):
    layout = Layout(histogram=True, heeds_requests=True)
    nudged = describe_model(model(tmp_path), layout)["biases"]["C major"]
    assert nudged[0] - nudged[1] == pytest.approx(0.15 * np.log(6.35 / 2.23), rel=1e-5)


def test_a_strength_of_their_own_is_kept(tmp_path):
    strong = describe_model(model(tmp_path, key_strength=2.5), Layout(histogram=True))
    plain = describe_model(model(tmp_path), Layout())
    assert strong["biases"]["C major"] == pytest.approx(
        [2 * bias for bias in plain["biases"]["C major"]], rel=1e-6
    )


@pytest.mark.parametrize(
    ("settings", "key", "density"),
    [
        ({}, "", 15),
        ({"keys": ["d"], "notes_per_second": 7.6}, "D major", 8),
        ({"keys": ["Bb minor plan", "C major"]}, "Bb minor", 15),
        ({"keys": [[[0, "F# minor"], [30, "A major"]]]}, "F# minor", 15),
        ({"notes_per_second": [[0, 0.2], [30, 12]]}, "", 1),
    ],
)
def test_controls_begin_as_the_samples_do(tmp_path, settings, key, density):
    defaults = describe_model(model(tmp_path, **settings), Layout())["defaults"]
    assert defaults == {"key": key, "density": density, "temperature": 0.9, "top-p": 0.93}


def test_what_has_no_control_is_told_as_well(tmp_path):
    described = describe_model(model(tmp_path, top_k=40, max_note_seconds=3), Layout())
    assert described["drawing"] == {"topK": 40, "minP": None, "maxPauseSeconds": 10.0}
    assert described["maxNoteSeconds"] == 3


def test_the_page_names_its_scripts(tmp_path):
    first = model(tmp_path)
    write_compact(first.bundle, Bundle("performance_with_dynamics", "a test", small_weights()))
    second = PlayModel("iter&2", "iter&2 <b>", first.bundle, first.settings)
    out = tmp_path / "play/index.html"
    write_play_page(out, [first, second], piano=tmp_path / "play/piano.js", licence="Free.")
    text = out.read_text()
    data = re.search(r'<script type="application/json" id="models">(.*?)</script>', text)[1]
    scripts = [each["script"] for each in json.loads(data)["models"]]
    assert scripts == ["models/iter1.js", "models/iter%262.js"]
    assert (tmp_path / "play/models/iter&2.js").read_text().startswith("perfrnnNetwork(1, ")
    assert '<script src="piano.js">' in text
    assert "iter&amp;2 &lt;b&gt;</option>" in text
    assert 'value="5"' in text  # the samples' seed
