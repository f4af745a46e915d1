"""Settings: what is wrong with them, and the requests that they become."""

from dataclasses import replace

import numpy as np
import pytest

from generation_networks import small_weights
from perfrnn.errors import PerfRNNError
from perfrnn.events import vocabulary as ev
from perfrnn.events.keys import key_histogram
from perfrnn.generation import settings as s
from perfrnn.generation.conditions import abilities_of, rnn_abilities
from perfrnn.generation.models import RnnModel
from perfrnn.network.bundle import Bundle
from perfrnn.network.layouts import LAYOUTS

PLAIN = abilities_of("performance_with_dynamics")
MULTI = abilities_of("multiconditioned_performance_with_dynamics")
TRANSFORMER = abilities_of("performance_transformer")
MODELS = {
    356: "performance",
    388: "performance_with_dynamics",
    408: "multiconditioned_performance_with_dynamics",
}


def model(inputs):
    """Return a model with so many inputs."""
    name = MODELS[inputs]
    weights = small_weights(inputs, min(inputs, 388), layers=1)
    return RnnModel(Bundle(name, "", weights), LAYOUTS[name])


BASE = {"count": 2, "num_steps": 1000, "seed": 7, "temperature": 1.0}


@pytest.mark.parametrize(
    ("settings", "layout", "setting", "text"),
    [
        ({"keys": ["H minor"]}, MULTI, "keys", "'H minor' is no key"),
        ({"keys": ["C major"]}, PLAIN, "keys", "multiconditioned"),
        ({"composer": "Bach"}, MULTI, "composer", "take performance_transformer"),
        ({"guidance": 2.0}, PLAIN, "guidance", "take performance_transformer"),
        ({"pitch_class_histogram": [1] * 12}, TRANSFORMER, "pitch_class_histogram", "no input"),
        ({"keys": ["H minor plan"]}, MULTI, "keys", "'H minor' is no key"),
        ({"pitch_class_histogram": [1] * 12}, PLAIN, "pitch_class_histogram", "no input"),
        (
            {"keys": ["C major"], "pitch_class_histogram": [1] * 12},
            MULTI,
            "pitch_class_histogram",
            "leave one",
        ),
        ({"notes_per_second": [[1, 4]]}, None, "notes_per_second", "start at 0"),
        ({"notes_per_second": [[0, 4], [9, 5], [9, 6]]}, None, "notes_per_second", "ascend"),
        ({"keys": [[[0, "C"], [3, "Z"]]]}, None, "keys", "'Z' is no key"),
        ({"primer": {}}, None, "primer", "one of pitches, melody, midi"),
        ({"primer": {"pitches": [60], "melody": [60]}}, None, "primer", "one of"),
        ({"primer": {"midi": "gone.mid"}}, None, "primer.midi", "there is no file gone.mid"),
    ],
)
def test_problems(settings, layout, setting, text):
    found = list(s.problems(settings, layout))
    assert len(found) == 1
    assert found[0][0] == setting
    assert text in found[0][1]


def test_right_settings_have_no_problem():
    settings = BASE | {
        "keys": ["C major", [[0, "D minor"], [5.5, "F"]]],
        "notes_per_second": [[0, 3], [4, 8]],
        "primer": {"melody": [60, -2, -1], "continue": True},
    }
    assert list(s.problems(settings, MULTI)) == []


def test_seeds_count_up_and_keys_take_turns():
    settings = BASE | {"count": 3, "keys": ["C major", [[0, "D minor"], [30, "F"]]]}
    pairs = s.seeds_and_keys(settings)
    assert [seed for seed, _ in pairs] == [7, 8, 9]
    assert [s.key_text(key) for _, key in pairs] == ["C major", "D minor, F from 30 s", "C major"]


def test_a_plan_is_written_out_for_the_length_of_the_sample():
    settings = BASE | {"keys": ["C plan"]}
    _, key = s.seeds_and_keys(settings)[0]
    assert s.key_text(key).startswith("C major, G major from 3 s, A minor from 4.5 s")
    assert s.make_requests(settings, model(408))[0].signals.steps.tolist() == [
        0,
        300,
        450,
        600,
        750,
    ]


def test_a_strength_pulls_any_model_towards_its_keys():
    settings = BASE | {"keys": ["C", "D"], "key_strength": 1.0}
    assert list(s.problems(settings, PLAIN)) == []
    first, second = (request.bias.vectors[0] for request in s.make_requests(settings, model(388)))
    assert first[60] == second[62] > first[62]
    assert s.make_requests(BASE | {"keys": ["C"]}, model(408))[0].bias is None
    assert s.make_requests(BASE | {"key_strength": 1.0}, model(408))[0].bias is None


def test_keys_stay_in_the_settings_of_a_plain_model_only_with_a_strength():
    common = {"keys": ["C major"], "key_strength": 1.25}
    assert s.merge(common, {}, PLAIN) == common
    assert s.merge(common, {"key_strength": 0}, PLAIN) == {}
    assert s.merge({"keys": [], "key_strength": 1.25}, {}, MULTI) == {"keys": []}


def test_requests_carry_the_signals_over_time():
    settings = BASE | {"keys": [[[0, "D minor"], [3, "F"]]], "notes_per_second": [[0, 3], [4, 9]]}
    signals = s.make_requests(settings, model(408))[1].signals
    assert signals.steps.tolist() == [0, 300, 400]
    np.testing.assert_allclose(signals.vectors[0, 8:], key_histogram("D minor"), rtol=1e-6)
    np.testing.assert_allclose(signals.vectors[2, 8:], key_histogram("F major"), rtol=1e-6)
    assert signals.vectors[:, :8].argmax(axis=1).tolist() == [2, 2, 4]
    assert s.make_requests(BASE, model(388))[0].signals is None


def heeding(model):
    return rnn_abilities(replace(LAYOUTS[model], heeds_requests=True))


def test_a_model_that_heeds_requests_is_asked_for_a_key_drawn_by_the_seed():
    abilities = heeding("multiconditioned_performance_with_dynamics")
    settings = s.with_defaults(BASE, abilities)
    keys = [key for _, key in s.seeds_and_keys(settings)]
    later = s.with_defaults(BASE | {"seed": 8}, abilities)
    assert next(key for _, key in s.seeds_and_keys(later)) == keys[1]
    assert settings["notes_per_second"] == 12
    first = s.make_requests(settings, model(408))[0].signals
    np.testing.assert_allclose(first.vectors[0, 8:], key_histogram(keys[0]), rtol=1e-6)


def test_a_key_that_is_asked_of_it_is_helped_by_a_small_bias():
    abilities = heeding("multiconditioned_performance_with_dynamics")
    settings = s.with_defaults(BASE | {"keys": ["C major"]}, abilities)
    assert settings["key_strength"] == 0.15
    assert "key_strength" not in s.with_defaults(BASE, abilities)
    bias = s.make_requests(settings, model(408))[0].bias.vectors[0]
    # Ratings of C and C sharp in C major: 6.35 and 2.23.
    assert bias[60] - bias[61] == pytest.approx(0.15 * np.log(6.35 / 2.23), rel=1e-5)


def test_magentas_models_are_asked_for_what_magenta_asks():
    assert s.with_defaults(BASE | {"keys": ["C"]}, MULTI).get("key_strength") is None
    assert s.with_defaults(BASE, MULTI) == BASE | {"notes_per_second": 15}


@pytest.mark.parametrize(
    ("settings", "abilities"),
    [
        (BASE, TRANSFORMER),
        (BASE, heeding("performance_with_dynamics")),
        (
            BASE | {"pitch_class_histogram": [1] * 12, "notes_per_second": 15.0},
            heeding("multiconditioned_performance_with_dynamics"),
        ),
        (
            BASE | {"keys": ["C major"], "notes_per_second": 4.0, "key_strength": 0},
            heeding("multiconditioned_performance_with_dynamics"),
        ),
        (
            BASE | {"conditions": False},
            heeding("optional_multiconditioned_performance_with_dynamics"),
        ),
    ],
)
def test_what_is_asked_for_stays_as_it_is(settings, abilities):
    assert s.with_defaults(settings, abilities) == settings


def test_a_primer_counts_unless_it_is_continued():
    settings = BASE | {"primer": {"pitches": [60]}}
    request = s.make_requests(settings, model(388))[0]
    assert request.num_steps == 1000
    assert ev.shift_steps(request.primer).sum() == 50
    settings = BASE | {"num_steps": 10, "primer": {"pitches": [60], "continue": True}}
    assert s.make_requests(settings, model(388))[0].num_steps == 60


def test_a_primer_longer_than_the_piece_is_told():
    settings = BASE | {"num_steps": 40, "primer": {"pitches": [60]}}
    with pytest.raises(PerfRNNError, match=r"lasts 0\.5 s, but the samples only 0\.4 s"):
        s.make_requests(settings, model(388))


def test_a_model_without_dynamics_hears_none_in_a_primer():
    settings = BASE | {"primer": {"pitches": [60]}}
    request = s.make_requests(settings, model(356))[0]
    assert request.primer.tolist() == [60, 256 + 49, 188]


def test_merging_drops_what_is_inert():
    common = {
        "keys": [],
        "notes_per_second": 15.0,
        "top_k": None,
        "pitch_class_histogram": [1] * 12,
    }
    assert s.merge(common, {"count": 2}, PLAIN) == {"count": 2}
    merged = s.merge(common, {"keys": ["C major"]}, MULTI)
    assert merged == {"keys": ["C major"], "notes_per_second": 15.0}
    merged = s.merge({"keys": ["C major"]}, {"pitch_class_histogram": [2] * 12}, MULTI)
    assert merged == {"pitch_class_histogram": [2] * 12}
    assert s.merge({"candidates": 1}, {}, PLAIN) == {}
    assert s.merge({"candidates": 2}, {}, PLAIN) == {"candidates": 2}


def test_a_model_keeps_what_it_can_be_asked_for():
    asked = {"composer": "Chopin", "notes_per_second": 8.0, "guidance": 2.0}
    asked |= {"keys": ["C"], "conditions": True}
    kept = {"composer": "Chopin", "notes_per_second": 8.0, "guidance": 2.0, "keys": ["C"]}
    assert s.merge(asked, {}, TRANSFORMER) == kept
    assert s.merge(asked, {}, MULTI) == {"keys": ["C"], "notes_per_second": 8.0}
    assert s.merge(asked, {}, PLAIN) == {}


@pytest.mark.parametrize(
    ("settings", "guided"),
    [
        ({"guidance": 2.0}, False),
        ({"guidance": 2.0, "keys": []}, False),
        ({"guidance": 2.0, "keys": ["C"]}, True),
        ({"guidance": 0.0, "composer": "Bach"}, True),
        ({"guidance": 1.0, "keys": ["C"]}, True),
        ({"composer": "Bach"}, False),
    ],
)
def test_guidance_strengthens_what_is_asked_for(settings, guided):
    assert s.is_guided(settings) == guided
    assert ("guidance" in s.merge(settings, {}, TRANSFORMER)) == guided


@pytest.mark.parametrize(
    "asked", [{"keys": ["C major"]}, {"composer": "Chopin"}, {"notes_per_second": 6}]
)
def test_a_transformer_is_guided_to_what_is_asked_unless_it_is_said_otherwise(asked):
    settings = BASE | asked
    assert s.with_defaults(settings, TRANSFORMER) == settings | {"guidance": 1.75}
    assert s.with_defaults(settings | {"guidance": 1.0}, TRANSFORMER)["guidance"] == 1.0
    assert "guidance" not in s.with_defaults(settings, MULTI)


@pytest.mark.parametrize("nothing", [{}, {"keys": []}, {"composer": None}])
def test_nothing_is_guided_where_nothing_is_asked(nothing):
    assert "guidance" not in s.with_defaults(BASE | nothing, TRANSFORMER)


def test_candidates_count_on_and_are_asked_for_the_same():
    settings = BASE | {"count": 2, "candidates": 3, "keys": ["C", "D"], "key_strength": 1.0}
    requests = s.make_requests(settings, model(388))
    assert [request.seed for request in requests] == [7, 8, 9, 10, 11, 12]
    tops = [int(request.bias.vectors[0, 60:72].argmax()) for request in requests]
    assert tops == [0, 2, 0, 2, 0, 2]
