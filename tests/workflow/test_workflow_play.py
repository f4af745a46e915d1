"""The page on which models play: every model of the run is on it, and nothing is made twice."""

import json
import re


def test_every_model_of_the_run_plays(edited):
    page = edited.folder / "results/play/index.html"
    edited.snakemake("results/play/index.html")
    data = re.search(r'id="models">(.*?)</script>', page.read_text(encoding="utf-8"))[1]
    models = json.loads(data)["models"]
    assert [model["title"] for model in models] == ["iter1", "iter2", "iter3"]
    assert models[2]["defaults"]["key"] == "C major"  # as its samples
    for model in models:
        assert (page.parent / model["script"]).stat().st_size > 10_000
    assert edited.planned("results/play/index.html") == set()
    assert "play/index.html" not in (edited.folder / "results/index.html").read_text()
    assert edited.planned("all") == {"Writing results/index.html"}  # which links it now
    edited.configure(samples={"temperature": 0.9})
    assert "Writing results/play/index.html" in edited.planned("results/play/index.html")
