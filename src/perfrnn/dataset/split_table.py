"""The table `split.tsv`: which set every source of a dataset is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfrnn.corpus.manifest import Source
from perfrnn.corpus.tables import read_table, write_table
from perfrnn.dataset.split import Split

COLUMNS = ("id", "piece", "composer", "segments", "split")


@dataclass(frozen=True)
class SplitTable:
    """The rows of a `split.tsv`, by the column names in `COLUMNS`."""

    rows: Sequence[Mapping[str, str]]

    @property
    def eval_is_test(self) -> bool:
        """Whether one set both chose the kept step and is what models are judged on."""
        return not self.side("test")

    @property
    def tested(self) -> str:
        """What the set that models are judged on is called: `test`, or `eval_and_test`."""
        return "eval_and_test" if self.eval_is_test else "test"

    @property
    def test(self) -> list[Mapping[str, str]]:
        """The rows of the music that models are judged on."""
        return self.side("eval" if self.eval_is_test else "test")

    def side(self, split: Split) -> list[Mapping[str, str]]:
        """Return the rows of one split."""
        return [row for row in self.rows if row["split"] == split]


def read_split(path: Path) -> SplitTable:
    """Read a table written by `write_split`.

    Raises
    ------
    CorpusError
        If the file cannot be read or lacks a column.
    """
    return SplitTable(read_table(path, COLUMNS))


def write_split(
    path: Path,
    split: Mapping[str, Split],
    by_id: Mapping[str, Source],
    segments: Mapping[str, int],
) -> None:
    """Write the split of every source id, with its segments, sorted by id."""
    write_table(
        path,
        COLUMNS,
        [
            (id_, by_id[id_].piece, by_id[id_].composer, segments[id_], split[id_])
            for id_ in sorted(split)
        ],
    )
