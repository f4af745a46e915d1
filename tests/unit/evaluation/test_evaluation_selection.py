"""Choosing and building a judge inside the folds: nothing of a fold reaches what judges it."""

import numpy as np
import pandas as pd
import pytest

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation import discriminator, selection
from perfrnn.evaluation.controls import COLLAGE, CONTROLS
from perfrnn.evaluation.metrics import NAMES
from perfrnn.evaluation.selection import (
    HUMAN,
    PENALTIES,
    choose,
    choose_metrics,
    hold_out,
    is_human,
)

FOLDS, COMPOSERS = 2, 9


def excerpts(seed=0, pieces=45):
    """Return excerpts by nine composers in two folds, told apart by two measures."""
    rng = np.random.default_rng(seed)
    rows = []
    for kind in (HUMAN, *CONTROLS):
        for number in range(pieces):
            composer = number % COMPOSERS
            values = dict(zip(NAMES, rng.normal(0, 1, len(NAMES)), strict=True))
            if kind != HUMAN:
                values["key_clarity"] -= 2
                values["pulse_clarity"] -= 2
            rows.append(
                {"kind": kind, "fold": composer % FOLDS, "composer": f"composer {composer}"}
                | values
            )
    return pd.DataFrame(rows)


def test_the_measures_that_tell_them_apart_are_chosen():
    assert choose_metrics(excerpts()) == ["key_clarity", "pulse_clarity"]
    choice = choose(excerpts())
    assert choice.metrics == ("key_clarity", "pulse_clarity")
    assert choice.penalty in PENALTIES


def test_no_fold_has_a_part_in_what_judges_it():
    table = excerpts()
    before = hold_out(table)
    # Three quarters of fold 1, a third of all rows, become so different that `register` would
    # count: of the pairs, the 2/3 squared that are alike are ranked rightly half of the time, all
    # others always, in all 0.78.
    human, inside = is_human(table), (table["fold"] == 1).to_numpy()
    changed = inside & (np.arange(len(table)) % 4 > 0)
    spoilt = table.copy()
    spoilt.loc[changed & human, "register"] = 100.0
    spoilt.loc[changed & ~human, "register"] = -100.0
    spoilt.loc[changed, "key_clarity"] *= -5
    assert "register" in choose_metrics(spoilt)
    assert "register" not in choose_metrics(table)
    after = hold_out(spoilt)
    assert after.choices[1] == before.choices[1]
    kept = inside & ~changed
    np.testing.assert_array_equal(after.scores[kept], before.scores[kept])
    np.testing.assert_array_equal(after.share_inside[kept], before.share_inside[kept])
    # The judges of the other folds were built on it.
    assert after.choices[0] != before.choices[0]
    assert (after.scores[~inside] != before.scores[~inside]).all()


def test_humans_are_held_out_of_their_own_band():
    table = excerpts()
    human = is_human(table)
    odd = human & (table["fold"] == 1).to_numpy()
    table.loc[odd, ["key_clarity", "pulse_clarity"]] = 9.0
    # Four ninths of the humans at 9 would move the band's end there; theirs is that of the others.
    assert (hold_out(table).share_inside[odd] == 0).all()


def test_the_penalty_is_chosen_with_composers_held_out(monkeypatch):
    table, trained = excerpts(), []

    def fit(rows, *arguments, penalty):
        trained.append((penalty, frozenset(rows["composer"]), COLLAGE in set(rows["kind"])))
        return discriminator.fit(rows, *arguments, penalty=penalty)

    monkeypatch.setattr(selection, "fit", fit)
    choose(table)
    names = frozenset(table["composer"])
    expected = {(p, names - {name}, False) for p in PENALTIES for name in names}
    assert len(trained) == len(expected)
    assert set(trained) == expected


@pytest.mark.parametrize("penalties", [(0.05, 1e9), (1e9, 0.05)])
def test_the_penalty_is_that_of_the_best_judge(monkeypatch, penalties):
    # Under 1e9 all weights are as good as 0: it guesses.
    monkeypatch.setattr(selection, "PENALTIES", penalties)
    assert choose(excerpts()).penalty == 0.05


def test_collages_have_no_part_in_the_penalty():
    table = excerpts()
    spoilt = table.copy()
    spoilt.loc[spoilt["kind"] == COLLAGE, "key_clarity"] += 1.0
    assert choose_metrics(spoilt) == choose_metrics(table)
    assert choose(spoilt) == choose(table)


def test_music_that_nothing_tells_from_controls_is_refused():
    table = excerpts()
    table[list(NAMES)] = 1.0
    with pytest.raises(PerfRNNError, match="no measure tells humans"):
        choose_metrics(table)
