"""Models: what each network hears of what is asked for."""

import numpy as np
import pytest

from perfrnn.errors import SettingError
from perfrnn.events.requests import density_weights
from perfrnn.generation.conditions import Conditions, abilities_of
from perfrnn.generation.guidance import Guided
from perfrnn.generation.models import TransformerModel, find_composer, open_model
from perfrnn.network.layouts import LAYOUTS
from transformer_networks import (
    EDGES,
    NAMES,
    transformer_settings,
    transformer_weights,
    write_random_transformer,
)

WEIGHTS = transformer_weights(width=16)


@pytest.fixture(scope="module")
def model():
    return TransformerModel(WEIGHTS, transformer_settings())


def test_a_transformer_hears_a_row_of_each_table(model):
    asked = Conditions(
        composer="Chopin",
        keys=[(0, "D minor"), (5.5, "F")],
        density=[(0, 4.0), (2.0, 8.0)],
    )
    signals = model.signals(asked)
    assert signals.steps.tolist() == [0, 200, 550]
    # D minor is the third of the minor keys, which come after "none" and the 12 major ones.
    rows = [(15, 4.0), (15, 8.0), (6, 8.0)]
    for vector, (key, density) in zip(signals.vectors, rows, strict=True):
        expected = WEIGHTS["composer"][1] + WEIGHTS["key"][key]
        expected = expected + density_weights(density, EDGES) @ WEIGHTS["density"]
        np.testing.assert_allclose(vector, expected, rtol=1e-5)


def test_a_transformer_that_is_asked_for_nothing_hears_the_rows_of_nothing(model):
    signals = model.signals(Conditions())
    expected = WEIGHTS["composer"][0] + WEIGHTS["key"][0] + WEIGHTS["density"][0]
    np.testing.assert_allclose(signals.vectors, expected[None], rtol=1e-6)


def test_guidance_of_one_is_none(model):
    assert not isinstance(model.stepper(1.0), Guided)
    guided = model.stepper(2.0)
    assert isinstance(guided, Guided)
    assert guided.control_size == 16


def test_a_transformer_is_read_from_its_file(tmp_path):
    read = open_model(write_random_transformer(tmp_path / "model.safetensors"))
    assert (read.name, read.classes) == ("performance_transformer", 388)
    assert read.abilities == abilities_of("performance_transformer")
    assert read.signals(Conditions(composer="bach johann sebastian")).vectors.shape == (1, 16)


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("Chopin", 1),
        ("frederic chopin", 1),
        ("Chopin, Frédéric", 1),
        ("Sebastian Bach", 2),
        ("Johann Christian Bach", 3),
    ],
)
def test_a_composer_is_found_by_a_part_of_the_name(asked, row):
    assert find_composer(asked, NAMES) == row


def test_a_full_name_wins_over_a_longer_one():
    assert find_composer("Johann Strauss", ("unknown", "Johann Strauss", "Johann Strauss II")) == 1


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("Bach", "may be Johann Sebastian Bach and Johann Christian Bach; give the full name"),
        (
            "Brahms",
            "knows no 'Brahms'; it knows Frédéric Chopin, Johann Christian Bach, Johann Sebastian "
            "Bach",
        ),
        ("unknown", "knows no 'unknown'"),
        (" - ", "knows no ' - '"),
    ],
)
def test_a_composer_who_is_not_known_or_not_one_is_told(asked, text):
    with pytest.raises(SettingError) as error:
        find_composer(asked, NAMES)
    assert error.value.setting == "composer"
    assert text in error.value.problem


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_conditioned_rnn_is_asked_for_a_density_if_no_other(name):
    abilities, layout = abilities_of(name), LAYOUTS[name]
    assert abilities.notes_per_second == (15.0 if layout.density else None)
    assert ("notes_per_second" in abilities.settings) == layout.density
    assert ("keys" in abilities.settings) == layout.histogram
    assert ("conditions" in abilities.settings) == layout.optional
    assert not {"composer", "guidance"} & abilities.settings
