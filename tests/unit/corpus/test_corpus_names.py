"""What a corpus may be called, and the terms that come with it."""

import pytest

from perfrnn.corpus.licences import LICENCES, licence_of
from perfrnn.corpus.names import sources_of
from perfrnn.errors import ConfigError


def test_a_corpus_is_a_list_of_sources() -> None:
    assert sources_of("embedded") == ["embedded"]
    assert sources_of("asap+maestro") == ["asap", "maestro"]
    assert sources_of("dissertation") == ["asap", "musescore"]


@pytest.mark.parametrize(
    ("corpus", "word"),
    [
        ("asap+mastro", "'mastro'"),
        ("asap+asap", "twice"),
        ("asap+", "''"),
        ("asap+dissertation", "no source"),
    ],
)
def test_what_is_none_is_an_error_that_names_the_key(corpus: str, word: str) -> None:
    with pytest.raises(ConfigError, match=rf"`corpus`: .*{word}"):
        sources_of(corpus)


def test_a_corpus_comes_with_the_terms_of_all_its_sources() -> None:
    assert licence_of("asap+maestro") == f"{LICENCES['asap']} {LICENCES['maestro']}"
    assert "CC BY-NC-SA 4.0" in LICENCES["maestro"]
