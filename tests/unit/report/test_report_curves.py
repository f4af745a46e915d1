import json
import math
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from example_results import make_history, make_metrics
from perfrnn.report import curves
from perfrnn.report.results import ReportError


@pytest.fixture
def drawn(monkeypatch):
    """The figures as matplotlib objects, instead of files."""
    figures = []

    def keep(draw, out, *, size):
        figure = Figure(figsize=size)
        draw(figure)
        figures.append(figure)

    monkeypatch.setattr(curves, "write_figure", keep)
    return figures


def draw(folder, metrics, history):
    folder.mkdir(exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "history.csv").write_text(history)
    curves.draw_curves(folder / "history.csv", folder / "metrics.json", folder / "curves.svg")


def line(axes, label):
    (found,) = [item for item in axes.lines if item.get_label().startswith(label)]
    return found


def labels(axes):
    return [item.get_label() for item in axes.lines if not item.get_label().startswith("_")]


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_curves_are_written_in_the_format_of_the_suffix(suffix, results):
    folder = results / "iter2"
    out = results / f"figures/iter2{suffix}"
    curves.draw_curves(folder / "history.csv", folder / "metrics.json", out)
    if suffix == ".svg":
        assert ElementTree.parse(out).getroot().tag.endswith("svg")
    elif suffix == ".png":
        assert matplotlib.image.imread(out).shape[:2] == (1120, 1200)
    else:
        assert out.read_bytes().startswith(b"%PDF")


def test_equal_input_gives_equal_bytes(results):
    metrics = {name: results / name / "metrics.json" for name in ("iter1", "iter2")}
    for out in ("a.svg", "b.svg"):
        curves.draw_comparison(metrics, results / out)
    assert (results / "a.svg").read_bytes() == (results / "b.svg").read_bytes()


def test_curves_show_the_history(drawn, results):
    folder = results / "iter1"
    curves.draw_curves(folder / "history.csv", folder / "metrics.json", results / "unused.svg")
    loss, rate = drawn[0].axes
    table = np.genfromtxt(folder / "history.csv", delimiter=",", names=True)
    trained = ~np.isnan(table["loss"])
    scored = ~np.isnan(table["eval_loss"])
    assert np.array_equal(line(loss, "training").get_xdata(), table["step"][trained])
    assert np.array_equal(line(loss, "training").get_ydata(), table["loss"][trained])
    assert line(loss, "evaluation").get_xdata().tolist() == [0, 20, 40, 60]
    assert np.array_equal(line(loss, "evaluation").get_ydata(), table["eval_loss"][scored])
    kept = line(loss, "kept: 3.642 at step 60")
    assert (kept.get_xdata(), kept.get_ydata()) == ([60], [3.642])
    (band,) = rate.collections
    assert set(band.get_paths()[0].vertices[:, 1]) == {1e-3}


def test_chance_is_drawn_when_a_loss_comes_near_it(drawn, tmp_path):
    metrics = make_metrics("iter1")
    draw(tmp_path, metrics, make_history(metrics))
    assert line(drawn[0].axes[0], "blind guessing: 5.96").get_ydata() == [metrics["chance"]] * 2


def test_chance_is_left_out_when_every_loss_is_far_below(drawn, tmp_path):
    history = "step,learning_rate,loss,eval_loss\n0,0.1,,2.9\n10,0.1,2.5,2.6\n"
    draw(tmp_path, make_metrics("iter1", steps=10), history)
    axes = drawn[0].axes[0]
    assert not [label for label in labels(axes) if "guessing" in label]
    assert axes.get_ylim()[1] < 3


def test_a_loss_gone_astray_does_not_flatten_the_rest(drawn, tmp_path):
    history = "step,learning_rate,loss,eval_loss\n0,0.1,,5.9\n10,0.1,900,5.5\n20,0.1,5.4,5.3\n"
    draw(tmp_path, make_metrics("iter1", steps=20), history)
    assert drawn[0].axes[0].get_ylim()[1] < math.log(388) + 1.5


def test_stops_are_marked_in_both_panels_and_numbered(drawn, tmp_path):
    metrics = make_metrics("iter3", steps=2859, stops=(1060, 1958, 2859))
    draw(tmp_path, metrics, make_history(metrics, every=10))
    loss, rate = drawn[0].axes
    for axes in (loss, rate):
        dotted = [item for item in axes.lines if item.get_linestyle() == ":"]
        steps = [item.get_xdata()[0] for item in dotted if len(item.get_xdata())]
        assert steps == [1060, 1958, 2859]
    assert [text.get_text() for text in loss.texts] == ["1", "2", "3"]
    assert "early stop, by number" in labels(loss)


def test_a_long_history_is_drawn_as_means_in_a_band(drawn, tmp_path):
    steps = np.arange(1, 10_001)
    losses = 3 + 0.5 * (-1.0) ** steps  # 2.5, 3.5, 2.5, ...: the mean of an even bin is 3
    rows = "".join(
        f"{step},{1e-3 + 1e-4 * (step % 2)},{loss},\n"
        for step, loss in zip(steps, losses, strict=True)
    )
    draw(
        tmp_path,
        make_metrics("iter1", steps=10_000),
        "step,learning_rate,loss,eval_loss\n0,0.001,,3\n" + rows,
    )
    loss, rate = drawn[0].axes
    means = line(loss, "training").get_ydata()
    assert len(means) == curves.MAX_POINTS
    assert np.allclose(means, 3, atol=0.05)
    heights = loss.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (2.5, 3.5)
    rates = rate.collections[0].get_paths()[0].vertices[:, 1]
    assert np.isclose(rates.min(), 1e-3)
    assert np.isclose(rates.max(), 1.1e-3)


def test_the_comparison_has_a_row_for_each_iteration(drawn, results):
    names = ["iter1", "iter2", "iter3"]
    curves.draw_comparison(
        {name: results / name / "metrics.json" for name in names}, results / "unused.svg"
    )
    axes = drawn[0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    markers = {
        (item.get_xdata()[0], item.get_ydata()[0])
        for item in axes.lines
        if item.get_marker() == "*" and len(item.get_xdata())
    }
    assert markers == {(3.642, 0), (3.871, 1), (3.505, 2)}
    texts = [text.get_text() for text in axes.texts if text.get_text()]
    assert texts[:2] == ["5.96", "3.64"]


def test_unsure_among_50_stands_at_ln_50(drawn, results):
    curves.draw_comparison({"iter1": results / "iter1/metrics.json"}, results / "unused.svg")
    lower, upper = drawn[0].axes
    assert lower.get_xlim() == upper.get_xlim()
    ticks = dict(
        zip([text.get_text() for text in upper.get_xticklabels()], upper.get_xticks(), strict=True)
    )
    assert ticks["50"] == pytest.approx(3.912, abs=1e-3)
    assert ticks["388"] == pytest.approx(5.961, abs=1e-3)


def test_nothing_is_left_when_drawing_fails(results):
    (results / "iter1/history.csv").write_text("step\n1\n")
    with pytest.raises(ReportError):
        curves.draw_curves(
            results / "iter1/history.csv",
            results / "iter1/metrics.json",
            results / "figures/x.svg",
        )
    assert not list(results.glob("figures/*"))


def test_schedules_are_drawn_over_each_other(tmp_path, drawn):
    histories = {}
    for name, rate, losses in (("cycles", 0.002, (5, 3, 4)), ("fixed", 0.001, (5, 4.5, 4))):
        histories[name] = tmp_path / f"{name}.csv"
        rows = [f"{step},{rate},{loss},{loss}" for step, loss in enumerate(losses)]
        histories[name].write_text("\n".join(["step,learning_rate,loss,eval_loss", *rows]))
    curves.draw_schedules(histories, tmp_path / "out.svg")
    loss, rate = drawn[0].axes
    assert [line.get_ydata().tolist() for line in loss.lines] == [[5, 3, 4], [5, 4.5, 4]]
    assert [line.get_ydata()[0] for line in rate.lines] == [0.002, 0.001]
    labels = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert labels == ["cycles: best 3.000", "fixed: best 4.000"]
