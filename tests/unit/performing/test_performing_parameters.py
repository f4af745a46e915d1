"""Which scores are performed, with which seeds and in which style."""

import pytest

from perfrnn.performing.parameters import performing_of
from perfrnn.performing.styles import style_of


def choose(path, folders=None, renditions=1, seed=7, name="a"):
    parameters = {"renditions": renditions, "seed": seed}
    if folders is not None:
        parameters["folders"] = folders
    return performing_of(parameters, path=path, name=name, composer="Bach")


def test_only_what_lies_in_the_folders_is_performed():
    assert choose("data/embedded/raw/a.mxl", ["data/embedded/raw"])
    assert choose("/music/sub/a.mxl", ["data/embedded/raw", "/music"])
    assert choose("data/asap/raw/a.mxl", ["data/embedded/raw"]) is None
    assert choose("data/embedded/raw-of-mine/a.mxl", ["data/embedded/raw"]) is None
    assert choose("anywhere/a.mxl")
    assert performing_of(None, path="a", name="a", composer="") is None


def test_every_rendition_of_every_score_has_a_seed_of_its_own():
    seeds = [
        seed
        for name in ("a", "b")
        for start in (7, 8)
        for seed in choose("x", renditions=3, seed=start, name=name).seeds
    ]
    assert len(set(seeds)) == 12
    # More renditions leave the first ones as they are.
    assert choose("x", renditions=3).seeds[:1] == choose("x").seeds


@pytest.mark.parametrize(
    ("composer", "style"),
    [
        ("Johann Sebastian Bach", "baroque"),
        ("Carl Philipp Emanuel Bach", "classical"),
        ("Händel, Georg Friedrich", "baroque"),
        ("George Frideric Handel", "baroque"),
        ("Béla Bartók", "modern"),
        ("Clara Schumann", "romantic"),
        ("", "romantic"),
    ],
)
def test_styles_by_composer(composer, style):
    assert style_of(composer) == style
