"""The blind listening page: excerpts to judge, with the truth kept back until the end."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfrnn.files import sha256
from perfrnn.report.templating import write_template

if TYPE_CHECKING:
    from perfrnn.evaluation.listening import Item


def write_listening_page(
    out: Path,
    items: Sequence[Item],
    sounds: Sequence[Path],
    *,
    corpus: str,
    licence: str,
    eval_is_test: bool = False,
) -> None:
    """Write the page on which a listener tells humans from machines; it opens from disk.

    Parameters
    ----------
    out : the page, such as `results/listening/index.html`; links are relative to its folder.
    items : at least one, in the order to be heard (`perfrnn.evaluation.listening.choose_items`).
    sounds : the file of each item.
    corpus, licence : name of the corpus, and the terms of its music.
    eval_is_test : whether the human music also chose which weights were kept.
    """
    key = [
        {
            "truth": item.truth,
            "source": item.source,
            "origin": item.origin,
            "composer": item.composer,
        }
        for item in items
    ]
    coded = base64.b64encode(json.dumps(key).encode("ascii")).decode("ascii")
    # Answers in the browser belong to these very sounds, not to those of an earlier run.
    heard = "".join(map(sha256, sounds)) + coded
    write_template(
        "listening.html.j2",
        out,
        sounds=sounds,
        key=coded,
        test=hashlib.sha256(heard.encode("ascii")).hexdigest()[:16],
        seconds=max(item.notes.total_time for item in items),
        corpus=corpus,
        licence=licence,
        eval_is_test=eval_is_test,
    )
