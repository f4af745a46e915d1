"""Networks of files, as scripts that hand them to the page."""

import base64
import json
import re

import pytest

from generation_networks import small_weights
from perfrnn.network.layouts import Layout
from perfrnn.network.pretrained import base_models, bundled_path
from perfrnn.play.lstm import Lstm
from perfrnn.play.networks import open_network, write_network


def test_the_script_calls_the_page_with_what_is_packed(tmp_path):
    network = Lstm(small_weights(), Layout())
    write_network(tmp_path / "models/iter1.js", 7, network)
    script = (tmp_path / "models/iter1.js").read_text(encoding="ascii")
    match = re.fullmatch(r'perfrnnNetwork\((\d+), (\{.*\}), "([A-Za-z0-9+/=]+)"\);\n', script)
    description, values = network.pack()
    assert (int(match[1]), json.loads(match[2])) == (7, description)
    assert base64.b64decode(match[3]) == values.tobytes()


@pytest.mark.parametrize("model", base_models())
def test_base_models_are_half_precision_as_they_ship(model):
    description, values = open_network(bundled_path(model)).pack()
    kind = "transformer" if model == "performance_transformer" else "lstm"
    assert (description["kind"], description["bits"]) == (kind, 16)
    assert values.itemsize == 2
