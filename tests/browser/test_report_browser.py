"""The report in a real browser; skipped where there is none (see conftest)."""

import pytest

from example_results import make_results
from perfrnn.evaluation.reference import read_reference
from perfrnn.report.curves import draw_comparison, draw_curves
from perfrnn.report.humanness import draw_humanness
from perfrnn.report.page import write_page
from perfrnn.report.samples_page import write_samples_page

NAMES = ("iter1", "iter2", "iter3")
PAGES = ("index.html", "iter3/samples/index.html")

OPEN_EVERYTHING = "document.querySelectorAll('details').forEach(d => d.open = true)"
OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll"))
  .map((e) => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40))
"""
PLAY_TWO = """
async () => {
  const players = [...document.querySelectorAll("audio")];
  players.forEach((player) => (player.muted = true));
  await players[0].play();
  await players[1].play();
  await new Promise((done) => setTimeout(done, 100));
  return players.slice(0, 2).map((player) => player.paused);
}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A made-up experiment with its figures, page and samples pages."""
    results = make_results(tmp_path_factory.mktemp("experiment"))
    dataset = results.parent / "data/embedded/dataset/dataset.json"
    metrics = {name: results / name / "metrics.json" for name in NAMES}
    curves = {name: results / f"figures/{name}-curves.svg" for name in NAMES}
    for name in NAMES:
        draw_curves(results / name / "history.csv", metrics[name], curves[name])
        write_samples_page(
            results / name / "samples",
            iteration=name,
            metrics=metrics[name],
            corpus="embedded",
            dataset=dataset,
        )
    draw_comparison(metrics, results / "figures/comparison.svg")
    draw_humanness(
        results / "evaluation.json", read_reference(), results / "figures/humanness.svg"
    )
    write_page(
        results / "index.html",
        iterations={name: results / name for name in NAMES},
        corpus="embedded",
        dataset=dataset,
        curves=curves,
        comparison=results / "figures/comparison.svg",
        humanness=results / "figures/humanness.svg",
        evaluation=results / "evaluation.json",
        likelihoods=results / "likelihood.csv",
        overlap=results / "overlap.csv",
    )
    return results


@pytest.fixture(params=PAGES)
def page(request, open_page, results):
    return open_page(results / request.param)


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_nothing_sticks_out_of_the_page(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(OPEN_EVERYTHING)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_picture_is_there(page):
    page.evaluate(OPEN_EVERYTHING)
    for picture in page.query_selector_all("img"):
        picture.scroll_into_view_if_needed()
    page.wait_for_function("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_every_player_loads_its_sound(page):
    page.wait_for_function("[...document.querySelectorAll('audio')].every(a => a.readyState > 0)")
    lengths = page.evaluate("[...document.querySelectorAll('audio')].map(a => a.duration)")
    assert lengths == [pytest.approx(1, abs=0.1)] * len(lengths)
    assert len(lengths) in (3, 9)


def test_a_player_that_starts_stops_the_other(page):
    assert page.evaluate(PLAY_TWO) == [True, False]


def test_the_keyboard_reaches_the_content_first(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    box = page.evaluate("document.activeElement.getBoundingClientRect().left")
    assert box >= 0, "the focused link is visible"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_colour_scheme(page, scheme):
    page.emulate_media(color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 20, 25)"}[scheme]
