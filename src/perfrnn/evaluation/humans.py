"""From a corpus of performances and scores to the human reference."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perfrnn.corpus.manifest import Role, Source
from perfrnn.errors import CorpusError
from perfrnn.evaluation.calibration import (
    LEAST_AUC,
    LEAST_CONTROLS,
    auc,
    calibrate,
    counting_metrics,
)
from perfrnn.evaluation.controls import CONTROLS, DEADPAN, make_controls
from perfrnn.evaluation.discriminator import fit, held_out_scores, human_against_human
from perfrnn.evaluation.excerpts import SECONDS, random_excerpt
from perfrnn.evaluation.inside import held_out_inside_share, inside_share, percentiles
from perfrnn.evaluation.metrics import METRICS, NAMES, measure
from perfrnn.evaluation.reference import HUMAN_COLUMNS, QUANTILES, Reference
from perfrnn.notes import Notes, from_note_sequence
from perfrnn.sequences.convert import read_notesequences

log = logging.getLogger(__name__)

HUMAN = "human"
BOOTSTRAPS = 1000


def build_reference(
    sources: Sequence[Source], shards: Iterable[Path], *, seed: int, origin: str
) -> Reference:
    """Measure one minute of each piece of a corpus, its controls and its scores.

    Parameters
    ----------
    sources : the manifest. Its performances are the humans, its scores the deadpan control.
    shards : the corpus's NoteSequences.
    seed : of the choice of excerpts and of the controls.
    origin : name and licence of the music, for the record.

    Raises
    ------
    CorpusError
        If the corpus lacks performances or scores of a minute by at least two composers.
    """
    rng = np.random.default_rng(seed)
    performances = _choose(sources, "performance", rng)
    scores = _choose(sources, "score", rng)
    excerpts = _excerpts({*performances, *scores}, shards, rng)
    humans = [id_ for id_ in performances if id_ in excerpts]
    deadpan = [id_ for id_ in scores if id_ in excerpts]
    by_id = {source.id: source for source in sources}
    if len({by_id[id_].composer for id_ in humans}) < 2 or not deadpan:
        raise CorpusError(
            "human_reference: needs performances by two composers and scores, a minute long each; "
            "set `corpus: asap` and `asap.include: [performances, scores_midi]`"
        )
    made = make_controls([excerpts[id_] for id_ in humans], rng)
    rows = [(HUMAN, id_, excerpts[id_]) for id_ in humans]
    rows += [(DEADPAN, id_, excerpts[id_]) for id_ in deadpan]
    rows += [(name, humans[index], notes) for name, index, notes in made]
    log.info("measuring %d excerpts, %d of them human", len(rows), len(humans))
    table = pd.DataFrame(
        [
            {"kind": kind, "id": id_, "piece": by_id[id_].piece, "composer": by_id[id_].composer}
            | measure(notes)
            for kind, id_, notes in rows
        ]
    )
    return summarise(table, seed=seed, origin=origin)


def summarise(table: pd.DataFrame, *, seed: int, origin: str) -> Reference:
    """Return the reference of measured excerpts.

    Parameters
    ----------
    table : columns `kind` (`human` or the name of a control), `id`, `piece`, `composer` and every
        measure. Piece and composer of a control are those of what it was made from.
    """
    is_human = (table["kind"] == HUMAN).to_numpy()
    humans = table[is_human].reset_index(drop=True)
    controls = {name: table[table["kind"] == name] for name in CONTROLS}
    calibration = calibrate(humans, controls)
    counting = counting_metrics(calibration)
    rng = np.random.default_rng(seed)
    composers, pieces = table["composer"].to_numpy(), table["piece"].to_numpy()
    scores = {
        "composer": held_out_scores(table, is_human, counting, composers),
        "piece": held_out_scores(table, is_human, counting, pieces),
    }
    unheard = scores["piece"]
    humans["score"] = unheard[is_human]
    humans["share_inside"] = held_out_inside_share(humans, counting, pieces[is_human])
    judged = {
        name: percentiles(unheard[table["kind"] == name], unheard[is_human]) for name in CONTROLS
    }
    summary: dict[str, Any] = {
        "origin": origin,
        "seed": seed,
        "seconds": SECONDS,
        "excerpts": len(humans),
        "pieces": int(humans["piece"].nunique()),
        "composers": int(humans["composer"].nunique()),
        "rule": {"least_auc": LEAST_AUC, "least_controls": LEAST_CONTROLS},
        "controls": {
            name: {
                "excerpts": len(part),
                "share_inside": _quantiles(inside_share(part, humans, counting)),
                "percentile": _quantiles(judged[name]),
            }
            for name, part in controls.items()
        },
        "human_share_inside": _quantiles(humans["share_inside"].to_numpy()),
        "discriminator": {
            "model": fit(table, is_human, counting).to_json(),
            "human_against_human": human_against_human(humans, counting, len(humans) // 2, rng),
            "auc": {
                way: _auc_record(values, table["kind"].to_numpy(), pieces, rng)
                for way, values in scores.items()
            },
        },
        "metrics": _metrics(humans, controls, calibration, counting),
    }
    return Reference(summary, humans[[*HUMAN_COLUMNS, *NAMES]])


def _choose(sources: Sequence[Source], role: Role, rng: np.random.Generator) -> list[str]:
    """Return the id of one source a piece, so that no piece weighs more than another."""
    by_piece: dict[str, list[str]] = {}
    for source in sorted(sources, key=lambda source: source.id):
        if source.role == role and not source.problem:
            by_piece.setdefault(source.piece, []).append(source.id)
    return [ids[rng.integers(len(ids))] for _, ids in sorted(by_piece.items())]


def _excerpts(
    wanted: set[str], shards: Iterable[Path], rng: np.random.Generator
) -> dict[str, Notes]:
    """Return a minute of each source that is long enough, by id."""
    sequences = {seq.id: seq for seq in read_notesequences(shards) if seq.id in wanted}
    found = {
        id_: random_excerpt(from_note_sequence(sequences[id_]), rng) for id_ in sorted(sequences)
    }
    return {id_: notes for id_, notes in found.items() if notes is not None}


def _auc_record(
    scores: np.ndarray, kinds: np.ndarray, pieces: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the AUC of held-out scores, its interval, and the AUC against each control."""
    is_human = kinds == HUMAN
    names, piece = np.unique(pieces, return_inverse=True)
    rows = [np.flatnonzero(piece == number) for number in range(len(names))]
    drawn = []
    for _ in range(BOOTSTRAPS):
        chosen = np.concatenate([rows[n] for n in rng.integers(len(names), size=len(names))])
        drawn.append(auc(scores[chosen][is_human[chosen]], scores[chosen][~is_human[chosen]]))
    return {
        "all": auc(scores[is_human], scores[~is_human]),
        "interval": np.nanquantile(drawn, [0.025, 0.975]).tolist(),
        "by_control": {name: auc(scores[is_human], scores[kinds == name]) for name in CONTROLS},
    }


def _metrics(
    humans: pd.DataFrame,
    controls: Mapping[str, pd.DataFrame],
    calibration: pd.DataFrame,
    counting: Sequence[str],
) -> dict[str, Any]:
    """Return what is known of each measure."""
    tables = {HUMAN: humans, **controls}
    by_metric = dict(tuple(calibration.set_index("control").groupby("metric")))
    return {
        metric.name: {
            "group": metric.group,
            "unit": metric.unit,
            "meaning": metric.meaning,
            "counts": metric.name in counting,
            "auc": by_metric[metric.name]["auc"].to_dict(),
            "power": by_metric[metric.name]["power"].to_dict(),
            "quantiles": {
                kind: _quantiles(part[metric.name].to_numpy(float))
                for kind, part in tables.items()
            },
        }
        for metric in METRICS
    }


def _quantiles(values: np.ndarray) -> list[float]:
    """Return the `QUANTILES` of the numbers among `values`."""
    known = values[np.isfinite(values)]
    return (
        np.quantile(known, QUANTILES).tolist() if len(known) else [float("nan")] * len(QUANTILES)
    )
