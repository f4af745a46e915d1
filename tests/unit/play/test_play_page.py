"""What the page knows of its models: the numbers that Python itself would use."""

import json
import re

import numpy as np
import pytest

from generation_networks import small_weights
from perfrnn.errors import SettingError
from perfrnn.generation.key_bias import key_bias
from perfrnn.network.bundle import Bundle
from perfrnn.network.layouts import Layout
from perfrnn.network.pretrained import write_arrays
from perfrnn.play.lstm import Lstm
from perfrnn.play.page import PlayModel, describe_model, write_play_page
from perfrnn.play.transformer import Transformer
from transformer_networks import (
    transformer_settings,
    transformer_weights,
    write_random_transformer,
)

SETTINGS = {"count": 3, "num_steps": 6000, "seed": 5, "temperature": 0.9, "top_p": 0.93}


def model(tmp_path, **settings):
    return PlayModel("iter1", "iter1", tmp_path / "iter1.npz", SETTINGS | settings)


def rnn(layout):
    return Lstm({}, layout)


def transformer():
    return Transformer(transformer_weights(), transformer_settings())


def test_a_model_without_conditions_gets_its_key_by_a_bias(tmp_path):
    described = describe_model(model(tmp_path), rnn(Layout()))
    assert described["requests"] == []
    assert len(described["biases"]) == 24
    biases = described["biases"]["D minor"]
    vector = key_bias([(0, "D minor")], 1.25).vectors[0]
    np.testing.assert_array_equal(np.float32(biases)[np.arange(128) % 12], vector[:128])
    assert biases[2] == max(biases)  # the tonic


def test_models_made_here_are_nudged_towards_a_key(tmp_path):
    layout = Layout(histogram=True, heeds_requests=True)
    nudged = describe_model(model(tmp_path), rnn(layout))["biases"]["C major"]
    assert nudged[0] - nudged[1] == pytest.approx(0.15 * np.log(6.35 / 2.23), rel=1e-5)


def test_a_strength_of_their_own_is_kept(tmp_path):
    strong = describe_model(model(tmp_path, key_strength=2.5), rnn(Layout(histogram=True)))
    plain = describe_model(model(tmp_path), rnn(Layout()))
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
    defaults = describe_model(model(tmp_path, **settings), rnn(Layout()))["defaults"]
    assert defaults == {
        "composer": "", "key": key, "density": density, "temperature": 0.9, "top-p": 0.93,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "composer", "key", "density"),
    [
        ({}, "", "", 0),
        ({"composer": "chopin", "keys": ["Bb minor"]}, "Frédéric Chopin", "Bb minor", 0),
        ({"notes_per_second": 0.3}, "", "", 1),
        ({"notes_per_second": [[0, 7.6], [30, 12]]}, "", "", 8),
    ],
)
def test_of_a_transformer_nothing_is_asked_that_its_samples_are_not(
    tmp_path, settings, composer, key, density
):
    defaults = describe_model(model(tmp_path, **settings), transformer())["defaults"]
    found = [defaults[control] for control in ("composer", "key", "density")]
    assert found == [composer, key, density]


def test_a_composer_whom_the_model_does_not_know_is_named(tmp_path):
    with pytest.raises(SettingError, match="Johann"):
        describe_model(model(tmp_path, composer="Johann Bach"), transformer())


def test_what_is_asked_of_a_transformer_counts_as_in_its_samples(tmp_path):
    described = describe_model(model(tmp_path, guidance=2, key_strength=0.5), transformer())
    assert [each["control"] for each in described["requests"]] == ["composer", "key", "density"]
    assert described["requests"][2]["inputs"][0] == [1, 0, 0, 0, 0, 0]
    assert described["guidance"] == 2
    tonic, *_, leading = described["biases"]["C major"]
    assert tonic - leading == pytest.approx(0.5 * np.log(6.35 / 2.88), rel=1e-5)
    learned = describe_model(model(tmp_path, guidance=1, key_strength=0), transformer())
    assert (learned["guidance"], learned["biases"]) == (1, None)


def test_what_has_no_control_is_told_as_well(tmp_path):
    described = describe_model(model(tmp_path, top_k=40, max_note_seconds=3), rnn(Layout()))
    assert described["drawing"] == {"topK": 40, "minP": None, "maxPauseSeconds": 10.0}
    assert described["maxNoteSeconds"] == 3


def test_an_lstm_is_not_guided(tmp_path):
    assert describe_model(model(tmp_path), rnn(Layout()))["guidance"] == 1


def test_the_page_names_its_scripts(tmp_path):
    first = model(tmp_path)
    write_arrays(first.file, Bundle("performance_with_dynamics", "a test", small_weights()))
    transformer = write_random_transformer(tmp_path / "second.safetensors")
    second = PlayModel("iter&2", "iter&2 <b>", transformer, SETTINGS)
    out = tmp_path / "play/index.html"
    write_play_page(out, [first, second], piano=tmp_path / "play/piano.js", licence="Free.")
    text = out.read_text()
    data = re.search(r'<script type="application/json" id="models">(.*?)</script>', text)[1]
    models = json.loads(data)["models"]
    scripts = [each["script"] for each in models]
    composers, *_ = models[1]["requests"]  # in an order that JSON keeps
    assert composers["control"] == "composer"
    assert next(iter(composers["inputs"])) == ""
    assert scripts == ["models/iter1.js", "models/iter%262.js"]
    assert (
        (tmp_path / "play/models/iter&2.js")
        .read_text()
        .startswith('perfrnnNetwork(1, {"kind": "transformer", ')
    )
    assert '<script src="piano.js">' in text
    assert "iter&amp;2 &lt;b&gt;</option>" in text
    assert 'value="5"' in text  # the samples' seed
