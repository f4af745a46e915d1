"""The page on which models play, in a real browser; skipped where there is none (see conftest)."""

import base64
import io
import json
import shutil

import numpy as np
import pretty_midi
import pytest
import soundfile

from generation_networks import favour, small_weights
from perfrnn.commands.generate import TOP_P
from perfrnn.generation.drawing import Filters, masses
from perfrnn.generation.sampler import generate
from perfrnn.generation.samples import without_overlaps
from perfrnn.generation.settings import make_filters, make_requests
from perfrnn.generation.stepper import StepWeights
from perfrnn.network.bundle import Bundle, write_bundle
from perfrnn.network.layouts import CONDITIONED_MODEL, LAYOUTS, find_layout
from perfrnn.network.pretrained import bundled_path, read_start, write_compact
from perfrnn.play.page import PlayModel, write_play_page

SETTINGS = {"count": 1, "num_steps": 6000, "seed": 0, "temperature": 1.0, "top_p": TOP_P}
SAME_EVENTS = 200

OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + ": " + e.textContent.slice(0, 40))
"""

# What a worker makes of messages: the first `count` events.
DRAW = """
async ([number, seed, settings, primer, count]) => {
  const code = document.getElementById("worker").textContent;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const { models } = JSON.parse(document.getElementById("models").textContent);
  const weights = await new Promise((keep) => {
    globalThis.perfrnnNetwork = (...given) => keep(given);
    const script = document.createElement("script");
    script.src = models[number].script;
    document.head.append(script);
  });
  worker.postMessage({ type: "network", number, description: weights[1], text: weights[2] });
  worker.postMessage({ type: "start", run: 1, number, seed, settings, primer });
  const events = [];
  let steps = 0;
  await new Promise((done) => {
    worker.onmessage = ({ data }) => {
      if (data.type !== "events") return;
      events.push(...data.events);
      if (events.length >= count) done();
      else worker.postMessage({ type: "until", steps: steps += 200 });
    };
    worker.postMessage({ type: "until", steps });
  });
  worker.terminate();
  return events.slice(0, count);
}
"""


def fake_piano(path):
    """A piano of one sample, a second of a tone."""
    tone = 0.3 * np.sin(2 * np.pi * 262 * np.arange(44100) / 44100)
    encoded = io.BytesIO()
    soundfile.write(encoded, tone, 44100, format="MP3")
    mp3 = base64.b64encode(encoded.getvalue()).decode("ascii")
    sample = {"pitch": 60, "velocity": 100, "mp3": mp3}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"globalThis.perfrnnPiano = {json.dumps([sample])};")


def write_page(folder, models):
    fake_piano(folder / "piano.js")
    page = folder / "index.html"
    write_play_page(page, models, piano=folder / "piano.js", licence="Free.")
    return page


@pytest.fixture(scope="module")
def lively(tmp_path_factory):
    """A page with two small models that strike notes and release them, several a second."""
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
    return write_page(folder / "page", models)


@pytest.fixture
def page(open_page, lively):
    return open_page(lively, schemes=("file:", "data:", "blob:"))


@pytest.fixture
def code(page):
    """A function that evaluates JavaScript where the worker's functions are known."""
    whole = page.locator("#worker").text_content()
    without_messages = whole[: whole.index("// What runs beside the page")]

    def evaluate(expression, value=None):
        return page.evaluate(
            f"(value) => new Function('value', {json.dumps(without_messages)} + "
            f"'; return ' + {json.dumps(expression)})(value)",
            value,
        )

    return evaluate


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_random_numbers_are_those_of_numpy(code, seed):
    drawn = code("Array.from({ length: 1000 }, numpyRandom(value))", seed)
    assert drawn == np.random.default_rng(seed).random(1000).tolist()


@pytest.mark.parametrize(
    ("options", "filters"),
    [
        ({}, Filters()),
        ({"temperature": 0.7, "topP": 0.9}, Filters(temperature=0.7, top_p=0.9)),
        ({"topK": 5, "topP": 0.8}, Filters(top_k=5, top_p=0.8)),
        ({"minP": 0.2}, Filters(min_p=0.2)),
    ],
)
def test_events_are_drawn_as_in_python(code, options, filters):
    logits = np.random.default_rng(3).normal(0, 2, 30).astype(np.float32)
    logits[[4, 9]] = logits.max()  # of equals the first stays
    expected = masses(logits[None], filters)[0]
    found = code(f"Array.from(masses(Float32Array.from(value), {json.dumps(options)}))",
                 logits.tolist())  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    mass = [0.0, 2.0, 0.0, 6.0]
    drawn = code(
        f"[0, 0.24, 0.25, 0.999, 1].map((uniform) => draw(Float64Array.from({mass}), uniform))"
    )
    assert drawn == [1, 1, 3, 3, 3]


def test_a_key_that_is_changed_while_music_sounds_pulls_harder_at_first(code):
    pulls = code(
        """(() => {
          const network = { classes: 388, reset() {}, step: () => new Float32Array(388) };
          const settings = { maxPauseSeconds: 10, control: [], bias: null };
          const stream = new Stream(network, 0, settings);
          const pulls = [];
          stream.guards.restrict = (logits) => pulls.push(logits[14]);
          const bias = Array(12).fill(0).with(2, 0.5);
          stream.change({ ...settings, bias });
          stream.drawOne();
          stream.change({ ...settings, bias: [...bias], temperature: 0.5 });
          stream.steps = 399;
          stream.drawOne();
          stream.steps = 400;
          stream.drawOne();
          stream.change({ ...settings, bias: [...bias] });
          stream.drawOne();
          return pulls;
        })()"""
    )
    assert pulls == [1.5, 1.5, 0.5, 0.5]  # three times as hard for four seconds


def events_of(page, number, seed, settings, primer=()):
    return page.evaluate(DRAW, [number, seed, settings, list(primer), SAME_EVENTS])


def expected_events(path, settings):
    bundle = read_start(path)
    layout = find_layout(bundle, path)
    (sample,) = generate(
        StepWeights(bundle.weights),
        make_requests(settings, layout),
        filters=make_filters(settings),
    )
    return sample.events


def worker_settings(page, number, key, density, **changes):
    """The settings of a model as the page tells its worker."""
    data = json.loads(page.locator("#models").text_content())["models"][number]
    control = [*data["prefix"]]
    control += data["densities"][str(density)] if data["densities"] else []
    control += data["histograms"][key] if data["histograms"] else []
    bias = (data["biases"] or {}).get(key)
    return data["drawing"] | {"topP": TOP_P, "control": control, "bias": bias} | changes


@pytest.fixture(scope="module")
def base_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    names = ("performance_with_dynamics", CONDITIONED_MODEL)
    return write_page(folder, [PlayModel(n, n, bundled_path(n), SETTINGS) for n in names])


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "D minor"])
@pytest.mark.parametrize("number", [0, 1])
def test_the_same_seed_gives_the_same_events_as_the_command(open_page, base_page, number, key):
    name = ("performance_with_dynamics", CONDITIONED_MODEL)[number]
    page = open_page(base_page, schemes=("file:", "data:", "blob:"))
    asked = SETTINGS | {"seed": 11, "temperature": 0.95, "num_steps": 4000}
    if key:
        asked |= {"keys": [key]} | ({"key_strength": 1.25} if number == 0 else {})
    if number:
        asked["notes_per_second"] = 8
    settings = worker_settings(page, number, key, 8, temperature=0.95)
    expected = expected_events(bundled_path(name), asked)
    assert len(expected) > SAME_EVENTS
    assert events_of(page, number, 11, settings) == expected[:SAME_EVENTS].tolist()


def test_a_primer_is_gone_on_from_as_by_the_command(page, lively):
    primer = [60, 64, 67]
    asked = SETTINGS | {"primer": {"pitches": primer}, "num_steps": 6000}
    expected = expected_events(lively.parent.parent / "plain.mag", asked).tolist()
    chord = [356 + 24, *primer, 256 + 49, *(128 + pitch for pitch in primer)]
    assert expected[: len(chord)] == chord
    settings = worker_settings(page, 0, "", 15)
    assert events_of(page, 0, 0, settings, chord) == expected[len(chord) :][:SAME_EVENTS]


def test_silence_and_runaways_end_as_by_the_command(open_page, tmp_path):
    bias = favour(355)  # the longest shift, again and again
    bundle = Bundle("performance_with_dynamics", "silent", small_weights(bias=bias))
    write_compact(tmp_path / "silent.npz", bundle)
    bias = favour(60)  # one note, again and again
    bundle = Bundle("performance_with_dynamics", "runaway", small_weights(bias=bias))
    write_compact(tmp_path / "runaway.npz", bundle)
    names = ("silent", "runaway")
    models = [PlayModel(name, name, tmp_path / f"{name}.npz", SETTINGS) for name in names]
    page = open_page(write_page(tmp_path / "page", models), schemes=("file:", "data:", "blob:"))
    for number, (name, num_steps) in enumerate(zip(names, (30000, 500), strict=True)):
        expected = expected_events(tmp_path / f"{name}.npz", SETTINGS | {"num_steps": num_steps})
        settings = worker_settings(page, number, "", 15)
        count = min(len(expected) - 1, 1000)
        found = page.evaluate(DRAW, [number, 0, settings, [], count])
        assert found == expected[:count].tolist()


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
    bundle = read_start(lively.parent.parent / "plain.mag")
    (sample,) = generate(
        StepWeights(bundle.weights),
        make_requests(SETTINGS, LAYOUTS[bundle.model]),
        filters=make_filters(SETTINGS),
    )
    expected = without_overlaps(sample.notes)
    whole = len(heard) - 4  # the last ones are cut off where listening ended
    assert whole > 10
    for note, start, end, pitch, velocity in zip(
        heard[:whole], expected.start, expected.end, expected.pitch, expected.velocity,
        strict=False,
    ):  # fmt: skip
        assert (note.pitch, note.velocity) == (pitch, velocity)
        assert (note.start, note.end) == pytest.approx((start, end), abs=0.0011)


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


def test_another_model_takes_over_within_two_seconds(page, tmp_path):
    play(page, 2)
    page.select_option("#model", "1")
    page.wait_for_timeout(4000)
    notes = saved(page, tmp_path)
    changed = next(note.start for note in notes if note.pitch in (72, 76))
    last = max(note.start for note in notes if note.pitch in (60, 64))
    assert changed < 5
    assert last <= changed
    assert page.locator("#state").text_content() == "Playing: The asked one."
    assert page.locator("#late").text_content() == "0"


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
