import pytest

from example_results import make_sample
from perfrnn.report.results import (
    ReportError,
    read_dataset,
    read_history,
    read_iteration,
    read_metrics,
    read_samples,
)


def test_an_iteration_is_read_with_its_samples(results):
    iteration = read_iteration("iter3", results / "iter3")
    assert iteration.name == "iter3"
    assert iteration.metrics["kept"]["loss"] == 3.505
    assert [sample.about["key"] for sample in iteration.samples] == [
        "C major",
        "D major",
        "D minor",
    ]


def test_samples_are_ordered_by_number_and_other_files_ignored(tmp_path):
    for number in (10, 2, 1):
        make_sample(tmp_path, number, None)
    (tmp_path / "sample-x.json").write_text("{}")
    (tmp_path / "sample-1-notes.json").write_text("{}")
    assert [sample.number for sample in read_samples(tmp_path)] == [1, 2, 10]


def test_files_of_a_sample_are_those_there_are(tmp_path):
    make_sample(tmp_path, 1, None)
    (tmp_path / "sample-1.wav").unlink()
    (tmp_path / "sample-1.pdf").write_bytes(b"%PDF")
    (sample,) = read_samples(tmp_path)
    assert list(sample.files) == ["mp3", "mid", "musicxml", "pdf", "svg", "png"]
    assert all(file.is_file() for file in sample.files.values())


def test_a_folder_without_samples_has_none(tmp_path):
    assert read_samples(tmp_path / "absent") == ()


@pytest.mark.parametrize("read", [read_metrics, read_dataset, read_history])
def test_a_missing_file_is_named(read, tmp_path):
    with pytest.raises(ReportError, match=r"absent\.x: .*No such file.*; delete it and"):
        read(tmp_path / "absent.x")


@pytest.mark.parametrize("read", [read_metrics, read_dataset])
def test_what_is_no_json_is_named(read, tmp_path):
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ReportError, match=r"x\.json: .*run the workflow again"):
        read(tmp_path / "x.json")


@pytest.mark.parametrize("content", ["{}", "[]", "3"])
def test_a_lacking_key_is_named(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(ReportError, match=r"x\.json: lacks `iteration`"):
        read_metrics(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("step,learning_rate,loss\n1,0.1,2\n", "lacks the column eval_loss"),
        ("step,learning_rate,loss,eval_loss\n", "has no row"),
        ("", "No columns to parse"),
    ],
)
def test_a_bad_history_is_named(content, fault, tmp_path):
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(ReportError, match=rf"history\.csv: {fault}.*train again"):
        read_history(tmp_path / "history.csv")


def test_empty_cells_of_a_history_are_nan(results):
    table = read_history(results / "iter1/history.csv")
    assert table["step"].tolist()[:3] == [0, 2, 4]
    assert table["loss"].isna().tolist()[:3] == [True, False, False]
    assert table["eval_loss"].dropna().size == 4  # steps 0, 20, 40, 60
