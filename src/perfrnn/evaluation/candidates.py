"""The best of several candidates for a sample, by what was asked for and by the judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perfrnn.generation.samples import Choice
from perfrnn.notes import Notes


def choose(candidates: Sequence[Notes], record: Mapping[str, Any]) -> Choice:
    """Choose the candidate in which the key asked for is found, and of several the most human.

    First counts in how many of the spans in which a key was asked for that key is found
    (`perfrnn.evaluation.adherence`), then the judge's score (`perfrnn.evaluation.verdicts`), both
    in the first minute; of equals the first is chosen. The judge that chooses is the judge that
    compares samples with humans: samples that it chose say less about a model.

    Parameters
    ----------
    candidates : one or more performances.
    record : `number` and `settings` of the sample.
    """
    # Only needed where there is something to choose.
    import pandas as pd

    from perfrnn.evaluation.adherence import adherence
    from perfrnn.evaluation.excerpts import opening
    from perfrnn.evaluation.metrics import measure
    from perfrnn.evaluation.reference import read_reference
    from perfrnn.evaluation.verdicts import judge_samples

    openings = [opening(notes) for notes in candidates]
    found = [adherence(notes, record).get("asked_key_found") for notes in openings]
    measures = pd.DataFrame([measure(notes) for notes in openings])
    scores = judge_samples(measures, read_reference())["score"].tolist()
    best = max(range(len(candidates)), key=lambda each: (found[each] or 0.0, scores[each]))
    return Choice(
        best, {"of": len(candidates), "key_found": found[best], "score": round(scores[best], 3)}
    )
