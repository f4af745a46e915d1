import json

import pytest
from matplotlib.figure import Figure

from perfrnn.evaluation.reference import read_reference
from perfrnn.report import humanness
from perfrnn.report.results import ReportError


def drawn(evaluation, tmp_path, monkeypatch):
    """Return the figure of an `evaluation.json`."""
    figure = Figure()
    monkeypatch.setattr(humanness, "write_figure", lambda draw, out, size: draw(figure))
    humanness.draw_humanness(evaluation, read_reference(), tmp_path / "out.svg")
    return figure


@pytest.fixture
def panels(results, tmp_path, monkeypatch):
    """The two panels of the figure on the made-up experiment, where samples have intervals."""
    path = results / "evaluation.json"
    content = json.loads(path.read_text())
    for found in content["iterations"].values():
        found["share_inside"]["interval"] = [0.5, 0.7]
        found["percentile"]["interval"] = [1.0, 9.0]
    enough = tmp_path / "evaluation.json"
    enough.write_text(json.dumps(content))
    return drawn(enough, tmp_path, monkeypatch).axes


def lines_at(axes, place):
    return [
        line for line in axes.lines if len(line.get_ydata()) and set(line.get_ydata()) == {place}
    ]


def test_rows_are_humans_models_and_controls(panels):
    labels = [text.get_text() for text in panels[0].get_yticklabels()]
    controls = list(read_reference().summary["controls"])
    models = ["before training", "iter1", "iter2", "iter3"]
    assert labels == ["human performances", *models, *controls]


def test_samples_means_and_intervals_are_where_they_belong(panels):
    points, interval, mean = lines_at(panels[0], 2)
    assert points.get_xdata().tolist() == pytest.approx([50, 60, 70])
    assert interval.get_xdata().tolist() == pytest.approx([50, 70])
    assert mean.get_xdata().tolist() == pytest.approx([60])
    points, interval, mean = lines_at(panels[1], 2)
    assert points.get_xdata().tolist() == [1, 2, 12]
    assert mean.get_xdata().tolist() == [5]


def test_too_few_samples_have_no_line_and_the_legend_says_why(results, tmp_path, monkeypatch):
    figure = drawn(results / "evaluation.json", tmp_path, monkeypatch)
    points, mean = lines_at(figure.axes[0], 2)
    assert len(points.get_xdata()) == 3
    assert mean.get_xdata().tolist() == pytest.approx([60])
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "mean of the samples (no line: too few samples)" in texts


def test_humans_have_their_own_percentiles(panels):
    interval, median = lines_at(panels[1], 0)
    assert interval.get_xdata().tolist() == [5, 95]
    assert median.get_xdata().tolist() == [50]


def test_an_incomplete_evaluation_is_a_clear_error(results, tmp_path):
    (results / "evaluation.json").write_text(json.dumps({"iterations": {}}))
    with pytest.raises(ReportError, match="lacks `reference`"):
        humanness.draw_humanness(results / "evaluation.json", read_reference(), tmp_path / "o.svg")
