"""Files that are made again only if what they are made of has changed.

Snakemake runs a job again when a file that it reads was written again, even with the same content
in the part that matters to the job: one file of a corpus changes, and the manifest that lists all
of them is new to every shard. Such a job looks for itself; its outputs are marked `update`, so
that they are still there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from perfrnn.files import atomic

log = logging.getLogger(__name__)


def remake(
    outputs: Sequence[str | Path], record: str | Path, made_of: object, make: Callable[[], object]
) -> bool:
    """Make files, unless all are there and were made of the same.

    Parameters
    ----------
    outputs : the files that `make` writes.
    record : where a digest of what they were made of is kept.
    made_of : everything that they depend on, as JSON can write it.

    Returns
    -------
    Whether they were made.
    """
    record = Path(record)
    text = json.dumps(made_of, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest() + "\n"
    is_known = record.is_file() and record.read_text(encoding="ascii", errors="replace") == digest
    if is_known and all(Path(path).is_file() for path in outputs):
        log.info("%s: made of the same as before; delete it to have it made anew", outputs[0])
        return False
    record.unlink(missing_ok=True)
    make()
    with atomic(record) as temporary:
        temporary.write_text(digest, encoding="ascii")
    return True
