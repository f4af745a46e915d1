"""The listening page in a real browser; skipped where there is none (see conftest)."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from perfrnn.report.listening_page import write_listening_page

ITEMS = (
    ("human", "source-1", 'Fantasia, "Il Mare"', "Ada Åberg"),
    ("machine", "iter1/sample-2", "iter1", ""),
    ("human", "source-7", "fugue", "Bo Berg"),
    ("machine", "iter2/sample-1", "iter2", ""),
)
GUESSES = ("human", "machine", "machine", "machine")  # three of four are right

REFUSE_STORAGE = """
Object.defineProperty(window, "localStorage", { get() { throw new DOMException("refused"); } });
"""
OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + ": " + e.textContent.slice(0, 40))
"""


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """The page on four items, each a second of a tone."""
    folder = tmp_path_factory.mktemp("listening")
    tone = 0.05 * np.sin(2 * np.pi * 220 * np.arange(44100) / 44100)
    sounds = [folder / f"audio/item-{number:02d}.mp3" for number in range(1, 5)]
    sounds[0].parent.mkdir()
    for file in sounds:
        soundfile.write(file, tone, 44100)
    items = [
        SimpleNamespace(
            truth=truth,
            source=source,
            origin=origin,
            composer=composer,
            notes=SimpleNamespace(total_time=1.0),
        )
        for truth, source, origin, composer in ITEMS
    ]
    write_listening_page(folder / "index.html", items, sounds, corpus="embedded", licence="Free.")
    return folder / "index.html"


@pytest.fixture
def page(open_page, listening):
    """The open page, with a memory of its own; its answers are downloaded from a blob."""
    return open_page(listening, schemes=("file:", "data:", "blob:"))


def answer(page, guesses=GUESSES):
    for number, guess in enumerate(guesses, 1):
        page.check(f"input[name=guess-{number}][value={guess}]")
        page.check(f"input[name=sure-{number}][value='2']")
        page.check(f"input[name=rating-{number}][value='{number}']")


def shown(page):
    return page.locator(".truth:visible").all_text_contents()


def download(page, folder):
    with page.expect_download() as event:
        page.click("#download")
    assert event.value.suggested_filename == "listening.csv"
    event.value.save_as(folder / "listening.csv")
    with (folder / "listening.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_every_player_loads_its_sound(page):
    page.wait_for_function("[...document.querySelectorAll('audio')].every(a => a.readyState > 0)")
    lengths = page.evaluate("[...document.querySelectorAll('audio')].map(a => a.duration)")
    assert lengths == [pytest.approx(1, abs=0.1)] * 4


def test_the_truth_and_the_score_come_at_the_end(page):
    answer(page)
    assert page.text_content("#progress") == "All excerpts are answered."
    assert shown(page) == []
    assert not page.is_visible("#result")
    page.click("#done")
    assert shown(page) == [
        'Right: a human, Ada Åberg (Fantasia, "Il Mare").',
        "Right: a machine, iter1/sample-2.",
        "Wrong: a human, Bo Berg (fugue).",
        "Right: a machine, iter2/sample-1.",
    ]
    # Of 16 ways that four tosses can fall, 4 + 1 are right three times or more.
    assert page.text_content("#score") == (
        "You were right about 3 of 4 excerpts. Tossing a coin gets 2 right on average, and 3 or "
        "more in 31.3 % of cases."
    )
    rows = page.locator("#groups tr").all()
    cells = [row.locator("th, td").all_text_contents() for row in rows]
    assert cells == [
        ["humans", "2", "1", "2.0"],
        ["iter1", "1", "0", "2.0"],
        ["iter2", "1", "0", "4.0"],
    ]
    assert page.evaluate("document.activeElement.id") == "h-result"
    assert page.is_disabled("input[name=guess-1][value=machine]")


def test_one_may_stop_early(page):
    answer(page, GUESSES[:1])
    assert page.text_content("#progress").startswith("1 of 4 excerpts fully answered.")
    page.click("#done")
    assert "right about 1 of 1 excerpt." in page.text_content("#score")
    assert shown(page)[1] == "Not judged: a machine, iter1/sample-2."


def test_the_table_can_be_downloaded(page, tmp_path):
    answer(page, GUESSES[:3])
    page.evaluate("document.querySelectorAll('audio').forEach(a => (a.muted = true))")
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_function("document.querySelector('audio').ended")
    page.click("#done")
    header, *rows = download(page, tmp_path)
    assert header == [
        "item", "guess", "sure", "rating", "truth", "source", "piece_or_iteration",
        "seconds_listened",
    ]  # fmt: skip
    assert [row[:7] for row in rows] == [
        ["1", "human", "2", "1", "human", "source-1", 'Fantasia, "Il Mare"'],
        ["2", "machine", "2", "2", "machine", "iter1/sample-2", "iter1"],
        ["3", "machine", "2", "3", "human", "source-7", "fugue"],
        ["4", "", "", "", "machine", "iter2/sample-1", "iter2"],
    ]
    assert [float(row[7]) for row in rows] == [pytest.approx(1, abs=0.2), 0, 0, 0]


def test_answers_survive_a_reload_until_they_are_forgotten(page):
    answer(page)
    page.reload()
    for number, guess in enumerate(GUESSES, 1):
        assert page.is_checked(f"input[name=guess-{number}][value={guess}]")
    assert shown(page) == []
    page.click("#done")
    page.reload()
    assert len(shown(page)) == 4
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#again")
    page.reload()
    assert page.locator("input:checked").count() == 0
    assert not page.is_visible("#result")


def test_a_browser_without_storage_still_asks_and_tells(page, listening, tmp_path):
    assert not page.is_visible("#unsaved")
    page.add_init_script(REFUSE_STORAGE)
    page.goto(listening.as_uri())
    assert page.is_visible("#unsaved")
    answer(page)
    page.click("#done")
    assert len(shown(page)) == 4
    assert len(download(page, tmp_path)) == 5


def test_the_keyboard_answers(page):
    page.focus("input[name=guess-1]")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("input[name=guess-1][value=machine]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "sure-1"


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_nothing_sticks_out_of_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    answer(page)
    page.click("#done")
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
