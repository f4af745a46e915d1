"""The page on which models play, in a real browser; skipped where there is none (see conftest)."""

import shutil
from importlib.resources import files

import pretty_midi
import pytest

from perfrnn.generation.samples import without_overlaps
from play_pages import SCHEMES, SETTINGS, generated

OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + ": " + e.textContent.slice(0, 40))
"""


@pytest.fixture
def page(open_page, lively):
    return open_page(lively, schemes=SCHEMES)


def play(page, seconds):
    page.click("#play")
    page.wait_for_function(f"Number(document.getElementById('seconds').textContent) >= {seconds}")


def saved(page, folder):
    with page.expect_download() as event:
        page.click("#save")
    assert event.value.suggested_filename == "perfrnn.mid"
    event.value.save_as(folder / "heard.mid")
    (instrument,) = pretty_midi.PrettyMIDI(str(folder / "heard.mid")).instruments
    return sorted(instrument.notes, key=lambda note: (note.start, note.pitch))


def test_what_is_heard_is_what_the_command_makes(page, lively, tmp_path):
    play(page, 5)
    page.click("#play")
    assert page.locator("#state").text_content() == "Stopped."
    heard = saved(page, tmp_path)
    assert page.locator("#late").text_content() == "0"
    expected = without_overlaps(generated(lively.parent.parent / "plain.mag", SETTINGS).notes)
    whole = len(heard) - 4  # the last ones are cut off where listening ended
    assert whole > 10
    for note, start, end, pitch, velocity in zip(
        heard[:whole], expected.start, expected.end, expected.pitch, expected.velocity,
        strict=False,
    ):  # fmt: skip
        assert (note.pitch, note.velocity) == (pitch, velocity)
        assert (note.start, note.end) == pytest.approx((start, end), abs=0.0011)


def test_a_worker_that_falls_behind_gets_a_pause_to_get_ahead_again(page):
    code = "".join(
        (files("perfrnn.play") / "templates" / name).read_text()
        for name in ("guards.js", "player.js")
    )
    found = page.evaluate(
        """(code) => new Function(code + `
          const struck = [];
          const piano = {
            context: { currentTime: 10 }, silence() {}, release() {},
            strike: (pitch, velocity, time) => struck.push(time),
          };
          const player = new Player(piano);
          const wanted = [player.wanted()];
          player.play([60, 255 + 50, 62]);  // two notes, half a second apart
          piano.context.currentTime = 12.1;
          player.play([255 + 50, 64, 255 + 50, 65]);  // the first of these is a second late
          wanted.push(player.wanted());
          return { struck, wanted, late: player.late };
        `)()""",
        code,
    )
    # Music begins at 10.1 s. What should have sounded at 11.1 s comes 0.4 s from now.
    assert found["struck"] == pytest.approx([10.1, 10.6, 12.5, 13.0])
    assert found["late"] == 1
    assert found["wanted"] == [70, 140]  # 0.7 s ahead at first, then 0.8 s


def test_it_stops_goes_on_and_begins_anew(page):
    play(page, 1)
    page.click("#play")
    page.wait_for_timeout(400)
    stopped = page.locator("#seconds").text_content()
    page.wait_for_timeout(1200)
    assert page.locator("#seconds").text_content() == stopped
    assert page.locator("#play").text_content() == "Go on"
    page.click("#play")
    page.wait_for_function(f"Number(document.getElementById('seconds').textContent) > {stopped}")
    seed = page.input_value("#seed")
    page.click("#new-seed")
    assert page.input_value("#seed") != seed
    page.wait_for_timeout(500)
    assert page.locator("#play").text_content() == "Stop"
    assert page.locator("#late").text_content() == "0"


PITCHES = {"plain": (60, 64), "asked": (72, 76), "attentive": (48, 52)}


@pytest.mark.parametrize(
    ("first", "second"),
    [("plain", "asked"), ("asked", "attentive"), ("attentive", "plain")],
)
def test_another_model_takes_over_within_two_seconds(page, tmp_path, first, second):
    names = list(PITCHES)
    page.select_option("#model", str(names.index(first)))
    play(page, 2)
    page.select_option("#model", str(names.index(second)))
    page.wait_for_timeout(4000)
    notes = saved(page, tmp_path)
    changed = next(note.start for note in notes if note.pitch in PITCHES[second])
    last = max(note.start for note in notes if note.pitch in PITCHES[first])
    assert changed < 5
    assert last <= changed
    assert page.locator("#state").text_content() == f"Playing: The {second} one."
    assert page.locator("#late").text_content() == "0"


def test_of_a_transformer_nothing_need_be_asked(page):
    assert page.locator("#composer").is_hidden()
    page.select_option("#model", "2")
    assert page.locator("#composer").is_visible()
    assert page.locator("#composer option").all_text_contents() == [
        "as the model likes", "Frédéric Chopin", "Johann Christian Bach", "Johann Sebastian Bach",
    ]  # fmt: skip
    assert page.locator("#density-value").text_content() == "as the model likes"
    page.focus("#density")
    page.keyboard.press("ArrowRight")
    assert page.locator("#density-value").text_content() == "1 note a second"
    page.keyboard.press("ArrowRight")
    assert page.locator("#density-value").text_content() == "2 notes a second"
    page.select_option("#model", "1")
    assert page.locator("#composer").is_hidden()
    page.focus("#density")
    page.keyboard.press("Home")
    assert page.locator("#density-value").text_content() == "1 note a second"


def test_density_can_be_asked_for_only_where_it_is_heard(page):
    assert page.locator("#density").is_disabled()
    assert page.locator("#density-help").is_visible()
    page.select_option("#model", "1")
    assert page.locator("#density").is_enabled()
    assert page.locator("#density-help").is_hidden()
    assert page.locator("#density-value").text_content() == "15 notes a second"


def test_everything_has_a_label_and_is_reached_by_keyboard(page):
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    controls = ["play", "new-seed", "model", "key", "seed", "temperature", "top-p"]
    assert [each for each in reached if each in controls][: len(controls)] == controls
    unlabelled = page.evaluate(
        "[...document.querySelectorAll('select, input')].filter((e) => !e.labels.length)"
        ".map((e) => e.id)"
    )
    assert unlabelled == []
    page.locator("#play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('state').textContent.startsWith('Playing')")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate(OVERFLOWING) == []


def test_a_model_that_is_missing_is_missed_in_words(browser, lively, tmp_path):
    shutil.copytree(lively.parent, tmp_path / "page")
    (tmp_path / "page/models/asked.js").unlink()
    page = browser.new_page()
    page.goto((tmp_path / "page/index.html").as_uri())
    page.select_option("#model", "1")
    page.wait_for_function("document.getElementById('state').textContent.includes('asked.js')")
    text = page.locator("#state").text_content()
    page.select_option("#model", "0")
    page.click("#play")
    page.wait_for_function("document.getElementById('state').textContent.startsWith('Playing')")
    page.close()
    assert text == "models/asked.js is not beside this page; make the page again"


FAKE_KEYBOARD = """
const keyboard = { name: "Test piano", onmidimessage: null };
navigator.requestMIDIAccess = async () => ({ inputs: new Map([["1", keyboard]]) });
globalThis.press = (...data) => keyboard.onmidimessage({ data: Uint8Array.from(data) });
"""


def test_a_keyboard_begins_the_music(browser, lively, tmp_path):
    page = browser.new_page()
    page.add_init_script(FAKE_KEYBOARD)
    page.goto(lively.as_uri())
    page.click("#connect")
    page.wait_for_function(
        "document.getElementById('keyboards').textContent.includes('Test piano')"
    )
    for pitch in (50, 53):
        page.evaluate(f"press(0x90, {pitch}, 80)")
        page.wait_for_timeout(300)
        page.evaluate(f"press(0x80, {pitch}, 0)")
    assert page.locator("#state").text_content().startswith("Listening to you")
    page.wait_for_function("document.getElementById('state').textContent.startsWith('Playing')")
    page.wait_for_timeout(2500)
    notes = saved(page, tmp_path)
    page.close()
    assert [note.pitch for note in notes[:2]] == [50, 53]
    assert notes[0].velocity == 80
    assert {note.pitch for note in notes[2:]} <= {60, 64}
    assert notes[2].start - notes[1].end > 1.4
