"""A run whose only model is a transformer: trained, scored, played, reported."""

import json
import re

from perfrnn.network.pretrained import read_start

TINY = {
    "model": "performance_transformer",
    "network": {"blocks": 1, "width": 16, "heads": 2, "context": 64},
    "optimizer": "muon",
    "max_steps": 2,
    "learning_rate": {"schedule": "constant", "value": 1.0e-3},
    "samples": {"keys": ["D minor"], "guidance": 1.5},
}


def test_a_run_of_transformers_alone(prepared):
    others = dict.fromkeys(("iter1", "iter2", "iter3"))
    prepared.configure(iterations=others | {"iter4": TINY})
    prepared.snakemake("all")
    results = prepared.folder / "results"
    settings = read_start(results / "iter4/model.safetensors").settings
    assert (settings.heads, settings.context) == (2, 64)
    record = json.loads((results / "iter4/midi/sample-1.json").read_text())
    assert record["key"] == "D minor"
    assert record["seconds"] == 4
    assert (results / "iter4/samples/sample-1.mid").stat().st_size
    assert "iter4" in (results / "index.html").read_text()
    assert "performance_transformer" in (results / "iter4/metrics.json").read_text()
    prepared.snakemake("results/play/index.html")
    page = (results / "play/index.html").read_text()
    (model,) = json.loads(re.search(r'id="models">(.*?)</script>', page)[1])["models"]
    assert (model["title"], model["guidance"]) == ("iter4", 1.5)
    assert model["defaults"]["key"] == "D minor"
    assert '"kind": "transformer"' in (results / "play/models/iter4.js").read_text()[:200]
