"""A browser, and pages in it that are watched; without a browser the tests skip.

Needs the Python package `playwright` and a Chromium that is installed on the system (Debian:
`apt-get install chromium`); no browser is downloaded.
"""

import shutil

import pytest

from generation_networks import favour, small_weights
from perfrnn.network.bundle import Bundle, write_bundle
from perfrnn.network.layouts import CONDITIONED_MODEL, LAYOUTS
from perfrnn.network.transformer_file import write_transformer
from perfrnn.play.page import PlayModel
from play_pages import SETTINGS, write_page
from transformer_networks import favouring_weights, transformer_settings

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip("there is no Chromium on this system")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """A function that opens a file; at the end, nothing may have gone wrong or off the disk."""
    page = browser.new_page()
    troubles = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda failed: troubles.append(f"failed: {failed.url}"))

    def open_(path, schemes=("file:", "data:")):
        page.on("request", lambda r: r.url.startswith(schemes) or troubles.append(r.url))
        page.goto(path.as_uri())
        return page

    yield open_
    page.close()
    assert troubles == []


@pytest.fixture(scope="session")
def lively(tmp_path_factory):
    """A page with small models that strike notes and release them, several a second."""
    folder = tmp_path_factory.mktemp("play")
    models = []
    for name, pitches, layout in (
        ("plain", [60, 64], "performance_with_dynamics"),
        ("asked", [72, 76], CONDITIONED_MODEL),
    ):
        bias = favour(*pitches, *(128 + pitch for pitch in pitches), 265, 275)
        inputs = LAYOUTS[layout].control_size + 388
        bundle = Bundle(layout, "small", small_weights(inputs=inputs, bias=bias))
        write_bundle(folder / f"{name}.mag", bundle)  # weights that half precision would change
        models.append(PlayModel(name, f"The {name} one", folder / f"{name}.mag", SETTINGS))
    weights = favouring_weights(48, 52, 128 + 48, 128 + 52, 265, 275)
    path = folder / "attentive.safetensors"
    write_transformer(path, weights, transformer_settings(heads=3))
    models.append(PlayModel("attentive", "The attentive one", path, SETTINGS))
    return write_page(folder / "page", models)
