import json
import math
import shutil
from pathlib import Path

import pytest

from example_results import make_results
from perfrnn.report.page import write_page


@pytest.fixture(scope="session")
def example(tmp_path_factory) -> Path:
    return make_results(tmp_path_factory.mktemp("example"))


@pytest.fixture
def results(example: Path, tmp_path: Path) -> Path:
    """The `results` folder of a made-up experiment, page and figures not yet made."""
    shutil.copytree(example.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "results"


@pytest.fixture
def dataset(results: Path) -> Path:
    return results.parent / "data/embedded/dataset/dataset.json"


@pytest.fixture
def edit():
    """A function that changes keys of a JSON file: dotted names, new values."""

    def change(path: Path, **values) -> None:
        content = json.loads(path.read_text())
        for name, value in values.items():
            *parents, key = name.split("__")
            inner = content
            for parent in parents:
                inner = inner[parent]
            inner[key] = value
        path.write_text(json.dumps(content))

    return change


@pytest.fixture
def train_fully(edit):
    """A function that turns an iteration into a long run from trained weights."""

    def change(folder: Path) -> None:
        edit(
            folder / "metrics.json",
            start="data/pretrained/performance_with_dynamics.mag",
            steps=21500,
            start_metrics__loss=2.9,
            kept__loss=2.1,
            kept__perplexity=math.exp(2.1),
        )

    return change


@pytest.fixture
def make_page(results: Path, dataset: Path):
    """A function that writes the page on some iterations (all three); returns its path."""

    def make(
        *,
        ablation: Path | None = None,
        listening: Path | None = None,
        play: Path | None = None,
        magenta: bool = False,
        **iterations: Path,
    ) -> Path:
        iterations = iterations or {name: results / name for name in ("iter1", "iter2", "iter3")}
        figures = {name: results / f"figures/{name}-curves.svg" for name in iterations}
        comparison = results / "figures/comparison.svg"
        comparison.parent.mkdir(exist_ok=True)
        humanness = results / "figures/humanness.svg"
        for figure in (*figures.values(), comparison, humanness):
            figure.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
        write_page(
            results / "index.html",
            iterations=iterations,
            corpus="embedded",
            dataset=dataset,
            curves=figures,
            comparison=comparison,
            humanness=humanness,
            evaluation=results / "evaluation.json",
            likelihoods=results / "likelihood.csv",
            overlap=results / "overlap.csv",
            ablation=ablation,
            listening=listening,
            play=play,
            magenta=magenta,
        )
        return results / "index.html"

    return make
