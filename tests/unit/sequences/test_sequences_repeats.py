"""The order in which measures are played."""

import pytest

from perfrnn.sequences.repeats import MAX_TIMES, unfold
from perfrnn.sequences.score import Measure


def score(text):
    """Measures from shorthand: "a |:b c:| d1 :|3" and so on, one word each.

    `|:` and `:|` are repeat signs, digits after the letter are endings, `:|x3` gives the times,
    and `@mark` sets a mark.
    """
    measures = []
    for word in text.split():
        word, *marks = word.split("@")
        measure = Measure(marks=set(marks))
        if word.startswith("|:"):
            measure.repeat_begins = True
            word = word[2:]
        if ":|" in word:
            word, _, times = word.partition(":|")
            measure.repeat_times = int(times[1:] or 2) if times else 2
        measure.endings = frozenset(map(int, word[1:]))
        measures.append((word[0], measure))
    return measures


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("a b c", "abc"),
        ("a b:| c", "ababc"),
        ("a |:b c:| d", "abcbcd"),
        ("a |:b:|x3 c", "abbbc"),
        ("|:a b:| |:c d:|", "ababcdcd"),
        ("a b:| c d:|", "ababcdcd"),
        ("|:a b1:| c2 d", "abacd"),
        ("|:a b1 c1:| d2 e2 f", "abcadef"),
        ("|:a b12:| c3 d", "ababacd"),
        ("|:a b1:| c", "abac"),  # an ending with no other
        ("|:a b1:| c2:| |:d:| e", "abacdde"),
        ("|:a b1:| c2 d e:|", "abacdede"),
        ("a b@fine c d@dacapo", "abcdab"),
        ("|:a b:|@fine |:c d:|@dacapo", "ababcdcdab"),
        ("|:a b1:| c2@fine d e@dacapo", "abacdeac"),
        ("a b@segno c d@dalsegno e", "abcdbcde"),
        ("a b@tocoda c d@dacapo e@coda f", "abcdabef"),
        ("a b c@dalsegno d", "abcd"),  # to a sign that is not there
        ("a b@tocoda c@dacapo", "abcabc"),  # likewise
    ],
)
def test_order(written, played):
    measures = score(written)
    order = unfold([measure for _, measure in measures])
    assert "".join(measures[index][0] for index in order) == played


def test_an_absurd_number_of_times_is_cut():
    assert len(unfold([measure for _, measure in score("a:|x1000000")])) == MAX_TIMES
