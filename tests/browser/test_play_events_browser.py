"""What the browser draws, beside what Python draws; skipped without a browser (see conftest)."""

import json

import numpy as np
import pytest

from generation_networks import favour, small_weights
from perfrnn.commands.generate import TOP_P
from perfrnn.generation.drawing import Filters, masses
from perfrnn.network.bundle import Bundle
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.pretrained import bundled_path, write_compact
from perfrnn.play.page import PlayModel
from play_pages import SCHEMES, SETTINGS, generated, write_page

SAME_EVENTS = 200

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


@pytest.fixture
def page(open_page, lively):
    return open_page(lively, schemes=SCHEMES)


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
    return generated(path, settings).events


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
    page = open_page(base_page, schemes=SCHEMES)
    asked = SETTINGS | {"seed": 11, "temperature": 0.95, "num_steps": 4000}
    if key:
        asked |= {"keys": [key]} | ({"key_strength": 1.25} if number == 0 else {})
    elif number:
        asked["pitch_class_histogram"] = [1] * 12  # "no key" on the page; the command draws one
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
    page = open_page(write_page(tmp_path / "page", models), schemes=SCHEMES)
    for number, (name, num_steps) in enumerate(zip(names, (30000, 500), strict=True)):
        expected = expected_events(tmp_path / f"{name}.npz", SETTINGS | {"num_steps": num_steps})
        settings = worker_settings(page, number, "", 15)
        count = min(len(expected) - 1, 1000)
        found = page.evaluate(DRAW, [number, 0, settings, [], count])
        assert found == expected[:count].tolist()
