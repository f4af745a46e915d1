"""What the browser draws, beside what Python draws; skipped without a browser (see conftest)."""

import base64
import json

import numpy as np
import pytest

from generation_networks import favour, small_weights
from perfrnn.commands.generate import TOP_P
from perfrnn.generation.drawing import Filters, masses
from perfrnn.network.bundle import Bundle
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.pretrained import bundled_path, write_arrays
from perfrnn.network.transformer_file import write_transformer
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL, expected_shapes
from perfrnn.play.page import PlayModel
from perfrnn.play.transformer import Transformer
from play_pages import SCHEMES, SETTINGS, generated, write_page
from transformer_networks import (
    COMPOSERS,
    DENSITIES,
    KEYS,
    transformer_logits,
    transformer_settings,
    transformer_weights,
)

SAME_EVENTS = 200

# What a worker makes of messages: the first `count` events.
DRAW = """
async ([number, seed, settings, primer, count]) => {
  const code = document.getElementById("worker").textContent;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const { models } = JSON.parse(document.getElementById("models").textContent);
  const { guidance } = models[number];
  const weights = await new Promise((keep) => {
    globalThis.perfrnnNetwork = (...given) => keep(given);
    const script = document.createElement("script");
    script.src = models[number].script;
    document.head.append(script);
  });
  const [, description, text] = weights;
  worker.postMessage({ type: "network", number, description, text, guidance });
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


def worker_settings(page, number, key, density, composer="", **changes):
    """The settings of a model as the page tells its worker."""
    data = json.loads(page.locator("#models").text_content())["models"][number]
    choices = {"composer": composer, "key": key, "density": str(density)}
    control = [x for each in data["requests"] for x in each["inputs"][choices[each["control"]]]]
    bias = (data["biases"] or {}).get(key)
    return data["drawing"] | {"topP": TOP_P, "control": control, "bias": bias} | changes


BASE = ("performance_with_dynamics", CONDITIONED_MODEL, TRANSFORMER_MODEL)


@pytest.fixture(scope="module")
def base_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    return write_page(folder, [PlayModel(n, n, bundled_path(n), SETTINGS) for n in BASE])


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "D minor"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_same_seed_gives_the_same_events_as_the_command(open_page, base_page, number, key):
    page = open_page(base_page, schemes=SCHEMES)
    asked = SETTINGS | {"seed": 11, "temperature": 0.95, "num_steps": 1500}
    if key:
        asked |= {"keys": [key]} | ({"key_strength": 1.25} if number == 0 else {})
    elif number == 1:
        asked["pitch_class_histogram"] = [1] * 12  # "no key" on the page; the command draws one
    if number:
        asked["notes_per_second"] = 8
    settings = worker_settings(page, number, key, 8, temperature=0.95)
    expected = expected_events(bundled_path(BASE[number]), asked)
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
    write_arrays(tmp_path / "silent.npz", bundle, half=True)
    bias = favour(60)  # one note, again and again
    bundle = Bundle("performance_with_dynamics", "runaway", small_weights(bias=bias))
    write_arrays(tmp_path / "runaway.npz", bundle, half=True)
    names = ("silent", "runaway")
    models = [PlayModel(name, name, tmp_path / f"{name}.npz", SETTINGS) for name in names]
    page = open_page(write_page(tmp_path / "page", models), schemes=SCHEMES)
    for number, (name, num_steps) in enumerate(zip(names, (30000, 500), strict=True)):
        expected = expected_events(tmp_path / f"{name}.npz", SETTINGS | {"num_steps": num_steps})
        settings = worker_settings(page, number, "", 15)
        count = min(len(expected) - 1, 1000)
        found = page.evaluate(DRAW, [number, 0, settings, [], count])
        assert found == expected[:count].tolist()


ASKED = {"keys": ["D minor"]}
MUCH = {"composer": "Chopin", "keys": ["D minor"], "notes_per_second": 5, "key_strength": 1.5}


@pytest.mark.parametrize(
    ("asked", "guidance"), [({}, 1), (ASKED, 1), (ASKED, 2), (MUCH, 1), (MUCH, 2.5)]
)
def test_a_transformer_plays_as_by_the_command(open_page, tmp_path, asked, guidance):
    """Its context of 32 events is full many times over."""
    path = tmp_path / "small.safetensors"
    write_transformer(path, transformer_weights(width=16), transformer_settings())
    settings = SETTINGS | {"seed": 4, "num_steps": 8000, "guidance": guidance} | asked
    page = open_page(write_page(tmp_path, [PlayModel("a", "a", path, settings)]), schemes=SCHEMES)
    expected = expected_events(path, settings)
    assert len(expected) > SAME_EVENTS
    key, density = asked.get("keys", [""])[0], asked.get("notes_per_second", 0)
    composer = "Frédéric Chopin" if "composer" in asked else ""
    as_told = worker_settings(page, 0, key, density, composer)
    assert events_of(page, 0, 4, as_told) == expected[:SAME_EVENTS].tolist()


def uneven_transformer():
    """A width of 18 and heads of 6, which cannot be cut in fours."""
    rng = np.random.default_rng(2)
    return {
        name: rng.normal(0, 1 / np.sqrt(shape[0]) if "." in name else 0.5, shape).astype("f4")
        for name, shape in expected_shapes(2, 18, 3, COMPOSERS, DENSITIES).items()
    }


def logits_of(code, weights, controls, events, guidance):
    """What the browser's network with a context of 7 returns, event by event."""
    description, values = Transformer(weights, transformer_settings(3, 7)).pack()
    text = base64.b64encode(values.tobytes()).decode()
    found = code(
        """(() => {
          const [description, text, guidance, events, controls] = value;
          const network = makeNetwork(description, text, guidance);
          network.step(60, controls[0]);
          network.reset();
          return events.map((event, n) => Array.from(network.step(event, controls[n])));
        })()""",
        [description, text, guidance, events.tolist(), [c.tolist() for c in controls]],
    )
    return np.array(found)


def control(composer, key, densities):
    return np.concatenate([np.eye(COMPOSERS)[composer], np.eye(KEYS)[key], densities])


NOTHING = (0, 0, np.eye(DENSITIES)[0])


def test_a_transformer_of_any_width_is_the_function_that_it_should_be(code):
    rng = np.random.default_rng(5)
    weights = uneven_transformer()
    events = rng.integers(388, size=30)
    events[1::2] = 60 + rng.integers(3, size=15)  # some of them are struck again, and released
    events[[10, 20]] = 128 + 60, 128 + 61
    asked = [
        (rng.integers(COMPOSERS), rng.integers(KEYS), rng.dirichlet(np.ones(DENSITIES)))
        for _ in events
    ]
    found = logits_of(code, weights, [control(*each) for each in asked], events, 1)
    expected = transformer_logits(weights, events, asked, 3, 7)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_guidance_begins_and_ends_with_what_is_asked(code):
    weights = uneven_transformer()
    events = np.random.default_rng(6).integers(388, size=12)
    asked = (2, 7, np.eye(DENSITIES)[3])
    heard = [NOTHING] * 4 + [asked] * 4 + [NOTHING] * 2 + [asked] * 2
    found = logits_of(code, weights, [control(*each) for each in heard], events, 2.5)
    free = transformer_logits(weights, events, [NOTHING] * 12, 3, 7)
    once = transformer_logits(weights, events, heard, 3, 7)
    again = transformer_logits(weights, events, [NOTHING] * 10 + [asked] * 2, 3, 7)
    expected = free.copy()
    expected[4:8] += 2.5 * (once - free)[4:8]
    expected[10:] += 2.5 * (again - free)[10:]
    np.testing.assert_allclose(found, expected, atol=3e-5)
