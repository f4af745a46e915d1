"""The quarantine table."""

import pytest

from perfrnn.errors import CorpusError
from perfrnn.sequences.quarantine import (
    QUARANTINE_COLUMNS,
    Quarantine,
    read_quarantine,
    write_quarantine,
)


def test_rows_come_back_in_order_and_reasons_are_one_line(tmp_path):
    path = tmp_path / "quarantine.tsv"
    rows = [
        Quarantine("b", "folder/b.mid", "convert", 'a "quoted"\treason\nin two lines'),
        Quarantine("a", "a.xml", "fetch", "missing"),
    ]
    write_quarantine(path, rows)
    assert len(path.read_text().splitlines()) == 3
    back = read_quarantine(path)
    assert back[0] == Quarantine("b", "folder/b.mid", "convert", 'a "quoted" reason in two lines')
    assert back[1] == rows[1]


def test_no_rows_make_a_header_only(tmp_path):
    path = tmp_path / "quarantine.tsv"
    write_quarantine(path, [])
    assert path.read_text() == "id\tpath\tstage\treason\n"
    assert read_quarantine(path) == []
    assert QUARANTINE_COLUMNS == ("id", "path", "stage", "reason")


@pytest.mark.parametrize("text", ["", "id\tpath\n", "id\tpath\tstage\treason\na\tb\n"])
def test_another_table_is_refused(tmp_path, text):
    path = tmp_path / "quarantine.tsv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=r"columns|2 cells, not 4"):
        read_quarantine(path)


def test_a_binary_table_is_told_in_one_line(tmp_path):
    path = tmp_path / "quarantine.tsv"
    path.write_bytes(b"\x1f\x8b\x08\x00\xff")
    with pytest.raises(CorpusError, match=r"not a tab-separated .*; delete it, and the") as error:
        read_quarantine(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
