import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from html_checks import Page, assert_sound
from perfrnn.report.listening_page import write_listening_page

TRUTHS = ("human", "machine", "machine", "human")


@pytest.fixture
def write(tmp_path):
    """A function that writes the page on four items; returns its path."""

    def make(sound=b"sound", **facts):
        items = [
            SimpleNamespace(
                truth=truth,
                source=f"told-{number}",
                origin="opus-é" if truth == "human" else "iter1",
                composer="Someone" if truth == "human" else "",
                notes=SimpleNamespace(total_time=30.0),
            )
            for number, truth in enumerate(TRUTHS, 1)
        ]
        sounds = [tmp_path / f"listening/audio/item-{n:02d}.mp3" for n in range(1, 5)]
        sounds[0].parent.mkdir(parents=True, exist_ok=True)
        for file in sounds:
            file.write_bytes(sound)
        out = tmp_path / "listening/index.html"
        write_listening_page(
            out, items, sounds, corpus="embedded", licence="Terms of <A> & B.", **facts
        )
        return out

    return make


def form(path):
    return Page(path).all("form")[0]


def test_the_page_is_sound(write):
    page = Page(write())
    assert_sound(page)
    assert [url for url in page.links if not url.startswith("#")] == [
        f"audio/item-0{number}.mp3" for number in range(1, 5)
    ]
    assert "4 excerpts of piano music, 30 s each" in page.text
    assert "Terms of <A> & B." in page.text


def test_the_page_says_where_the_human_music_comes_from(write):
    shared = "(in this small corpus they also chose the weights that were kept)"
    text = Page(write()).text
    assert "The human music is from the test set of the embedded corpus" in text
    assert shared not in text
    assert shared in Page(write(eval_is_test=True)).text


def test_every_excerpt_has_the_same_questions(write):
    page = Page(write())
    inputs = page.all("input")
    assert len(inputs) == 4 * (2 + 3 + 5)
    assert {box["type"] for box in inputs} == {"radio"}
    assert {box["name"] for box in inputs} == {
        f"{question}-{number}"
        for question in ("guess", "sure", "rating")
        for number in range(1, 5)
    }
    assert len(page.all("label")) == len(inputs)
    assert len(page.all("fieldset")) == len(page.all("legend")) == 12


def test_nothing_but_the_key_tells_the_truth(write):
    path = write()
    html = path.read_text(encoding="utf-8")
    for word in ("told-", "opus-", "Someone", "iter1"):
        assert word not in html
    articles = re.findall(r"<article.*?</article>", html, re.DOTALL)
    anonymous = {re.sub(r"\d+", "N", re.sub(r'value="\d"> \d', "", part)) for part in articles}
    assert len(articles) == 4
    assert len(anonymous) == 1, "the excerpts differ in their numbers only"
    assert "It is no secret" in html

    key = json.loads(base64.b64decode(form(path)["data-key"]))
    assert tuple(item["truth"] for item in key) == TRUTHS
    assert [item["source"] for item in key] == [f"told-{number}" for number in range(1, 5)]
    assert key[0]["origin"] == "opus-é"


def test_answers_belong_to_the_sounds_they_were_given_to(write):
    first = form(write())["data-test"]
    assert form(write())["data-test"] == first
    assert form(write(b"another"))["data-test"] != first


def test_the_writer_needs_no_tensorflow():
    code = "import sys, perfrnn.report.listening_page; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent).returncode == 0
