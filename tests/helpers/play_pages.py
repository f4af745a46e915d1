"""Pages on which models play, with a piano that takes no time to make."""

import base64
import io
import json

import numpy as np
import soundfile

from perfrnn.commands.generate import TOP_P
from perfrnn.generation.models import open_model
from perfrnn.generation.sampler import generate
from perfrnn.generation.settings import is_guided, make_filters, make_requests, with_defaults
from perfrnn.play.page import write_play_page

SETTINGS = {"count": 1, "num_steps": 6000, "seed": 0, "temperature": 1.0, "top_p": TOP_P}

SCHEMES = ("file:", "data:", "blob:")
"""Of what the page asks for."""


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


def generated(path, settings):
    """Return the one sample that Python makes of a model and settings."""
    model = open_model(path)
    settings = with_defaults(settings, model.abilities)
    (sample,) = generate(
        model.stepper(settings["guidance"] if is_guided(settings) else 1.0),
        make_requests(settings, model),
        filters=make_filters(settings),
    )
    return sample
