"""Measure a minute of live play in headless Chromium: speed, late notes, and a key that changes.

    python benchmarks/play.py [PAGE]

Needs `pip install -e '.[browser]'` and Chromium. Without a page (`results/play/index.html`) one of
the base models is made. Each model plays half a minute in C major and half a minute in
F sharp major, which have two notes in common. Prints the events a second that the network can
draw, the notes that came too late, what the console said, and the share of notes in either scale,
by when they were struck.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import pretty_midi
from playwright.sync_api import Page, sync_playwright

from perfrnn.network.pretrained import base_models, bundled_path
from perfrnn.play.page import PlayModel, write_play_page
from perfrnn.play.piano import write_piano

KEYS = ("C major", "F# major")
SCALES = ({0, 2, 4, 5, 7, 9, 11}, {6, 8, 10, 11, 1, 3, 5})
CHANGE, END = 30, 61
SPANS = ((5, 30), (30, 32), (32, 34), (34, 40), (40, 61))
SETTINGS = {"count": 1, "num_steps": 6000, "seed": 3, "temperature": 1.0, "top_p": 0.93}


def make_page(folder: Path) -> Path:
    """Write a page of the base models."""
    models = [PlayModel(name, name, bundled_path(name), SETTINGS) for name in base_models()]
    write_piano(folder / "piano.js")
    write_play_page(folder / "index.html", models, piano=folder / "piano.js", licence="")
    return folder / "index.html"


def play(page: Page, model: str, out: Path) -> None:
    """Let a model play a minute; save what was heard."""
    page.select_option("#model", model)
    page.fill("#seed", "3")
    page.select_option("#key", KEYS[0])
    page.click("#play")
    seconds = "Number(document.getElementById('seconds').textContent)"
    page.wait_for_function(f"{seconds} >= {CHANGE}", timeout=120_000)
    page.select_option("#key", KEYS[1])
    page.wait_for_function(f"{seconds} >= {END}", timeout=120_000)
    with page.expect_download() as event:
        page.click("#save")
    event.value.save_as(out)


def report(page: Page, midi: Path) -> None:
    """Print what was measured."""
    for name in ("speed", "late"):
        print(f"  {name}: {page.locator(f'#{name}').text_content()}")
    notes = pretty_midi.PrettyMIDI(str(midi)).instruments[0].notes
    for first, last in SPANS:
        struck = [note.pitch % 12 for note in notes if first <= note.start < last]
        shares = [sum(p in scale for p in struck) / max(1, len(struck)) for scale in SCALES]
        words = ", ".join(f"{s:.0%} in {k}" for s, k in zip(shares, KEYS, strict=True))
        print(f"  {first} to {last} s: {len(struck)} notes, {words}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, nargs="?")
    given = parser.parse_args().page
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        path = (given or make_page(folder)).absolute()
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        titles = page.locator("#model option").all_text_contents()
        for number, title in enumerate(titles):
            print(title)
            page.reload()
            play(page, str(number), folder / "heard.mid")
            report(page, folder / "heard.mid")
        browser.close()
    print("console:", said or "nothing")


if __name__ == "__main__":
    main()
