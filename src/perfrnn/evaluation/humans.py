"""From a corpus of performances and scores to the human reference."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
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
    jackknife,
)
from perfrnn.evaluation.controls import COLLAGE, CONTROLS, DEADPAN, make_collages, spoil
from perfrnn.evaluation.discriminator import assign_folds, human_against_human
from perfrnn.evaluation.excerpts import SECONDS, random_excerpt
from perfrnn.evaluation.inside import percentiles
from perfrnn.evaluation.metrics import METRICS, NAMES, measure
from perfrnn.evaluation.reference import HUMAN_COLUMNS, QUANTILES, Reference
from perfrnn.evaluation.selection import HUMAN, HeldOut, auc_of, build, choose, hold_out, is_human
from perfrnn.notes import Notes, from_note_sequence
from perfrnn.sequences.convert import read_by_id
from perfrnn.words import count

log = logging.getLogger(__name__)

WAYS = ("piece", "composer")
"""What is held out when the judge is tested; the judge that is shipped is built by pieces."""


def build_reference(
    sources: Sequence[Source],
    shards: Iterable[Path],
    *,
    seed: int,
    origin: str,
    performed: Collection[str] = (),
) -> Reference:
    """Measure one minute of each piece of a corpus, its controls and its scores.

    Parameters
    ----------
    sources : the manifest. Its performances are the humans, its scores the deadpan control.
    shards : the corpus's NoteSequences.
    seed : of the choice of excerpts and of the controls.
    origin : name and licence of the music, for the record.
    performed : ids of scores that were performed, of which there must be none.

    Raises
    ------
    CorpusError
        If the corpus lacks performances or scores of a minute by at least three composers, or its
        scores are not deadpan.
    """
    if performed:
        raise CorpusError(
            f"human_reference: {count(len(performed), 'score')} performed, where it needs them "
            "deadpan; set `convert.perform: false`"
        )
    rng = np.random.default_rng(seed)
    performances = _choose(sources, "performance", rng)
    scores = _choose(sources, "score", rng)
    excerpts = _excerpts({*performances, *scores}, shards, rng)
    humans = [id_ for id_ in performances if id_ in excerpts]
    deadpan = [id_ for id_ in scores if id_ in excerpts]
    by_id = {source.id: source for source in sources}
    if len({by_id[id_].composer for id_ in humans}) < 3 or not deadpan:
        raise CorpusError(
            "human_reference: needs scores and performances by three composers, of a minute each; "
            "set `corpus: asap` and `asap.include: [performances, scores_midi]`"
        )
    music = [excerpts[id_] for id_ in humans]
    log.info("measuring excerpts of %d performances and %d scores", len(humans), len(deadpan))
    common = _measured(
        chain(
            zip(repeat(HUMAN), humans, music),
            ((DEADPAN, id_, excerpts[id_]) for id_ in deadpan),
            ((name, humans[index], notes) for name, index, notes in spoil(music, rng)),
        ),
        by_id,
    )
    tables = {}
    for way in WAYS:
        fold = _folds(common, way)
        folds = np.array([fold[getattr(by_id[id_], way)] for id_ in humans])
        collages = zip(humans, make_collages(music, folds, rng), strict=True)
        made = _measured([(COLLAGE, id_, notes) for id_, notes in collages], by_id)
        table = pd.concat([common, made], ignore_index=True)
        tables[way] = table.assign(fold=table[way].map(fold))
    return summarise(tables, seed=seed, origin=origin)


def summarise(tables: Mapping[str, pd.DataFrame], *, seed: int, origin: str) -> Reference:
    """Return the reference of measured excerpts.

    Parameters
    ----------
    tables : for each of `WAYS` the excerpts in folds that share none of it: columns `kind`
        (`human` or the name of a control), `id`, `piece`, `composer`, `fold` and every measure.
        Piece and composer of a control are those of what it was made from, those of a collage
        stand for its fold. Both tables begin with the same rows; their collages differ.
    """
    table = tables["piece"]
    kinds, human = table["kind"].to_numpy(), is_human(table)
    humans = table[human].reset_index(drop=True)
    controls = {name: table[kinds == name] for name in CONTROLS}
    choice = choose(table)
    judge = build(table, choice)
    held_out = {way: hold_out(each) for way, each in tables.items()}
    unheard = held_out["piece"]
    humans["score"] = unheard.scores[human]
    humans["share_inside"] = unheard.share_inside[human]
    rng = np.random.default_rng(seed)
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
                "share_inside": _quantiles(unheard.share_inside[kinds == name]),
                "percentile": _quantiles(
                    percentiles(unheard.scores[kinds == name], unheard.scores[human])
                ),
            }
            for name, part in controls.items()
        },
        "human_share_inside": _quantiles(unheard.share_inside[human]),
        "discriminator": {
            "model": judge.to_json(),
            "penalty": choice.penalty,
            "human_against_human": human_against_human(
                humans, choice.metrics, len(humans) // 2, rng, penalty=choice.penalty
            ),
            "auc": {way: _auc_record(tables[way], found) for way, found in held_out.items()},
        },
        "metrics": _metrics(humans, controls, choice.metrics, held_out),
    }
    return Reference(summary, humans[[*HUMAN_COLUMNS, *NAMES]])


def _measured(
    rows: Iterable[tuple[str, str, Notes]], sources: Mapping[str, Source]
) -> pd.DataFrame:
    """Return the measures of excerpts, given as (kind, id, notes)."""
    return pd.DataFrame(
        [
            {
                "kind": kind,
                "id": id_,
                "piece": sources[id_].piece,
                "composer": sources[id_].composer,
            }
            | measure(notes)
            for kind, id_, notes in rows
        ]
    )


def _folds(table: pd.DataFrame, way: str) -> dict[str, int]:
    """Return the fold of every piece or composer."""
    groups = table[way].to_numpy()
    return dict(zip(groups, assign_folds(groups).tolist(), strict=True))


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
    found = {
        sequence.id: random_excerpt(from_note_sequence(sequence), rng)
        for sequence in read_by_id(shards)
        if sequence.id in wanted
    }
    return {id_: notes for id_, notes in found.items() if notes is not None}


def _auc_record(table: pd.DataFrame, held_out: HeldOut) -> dict[str, Any]:
    """Return the AUC of held-out scores, its interval, and the AUC against each control."""
    human, kinds, scores = is_human(table), table["kind"].to_numpy(), held_out.scores
    statistic = auc_of(scores, human)
    _, interval = jackknife(statistic, table["fold"].to_numpy())
    penalties = [choice.penalty for choice in held_out.choices]
    return {
        "all": statistic(np.ones(len(table), bool)),
        "interval": interval,
        "by_control": {name: auc(scores[human], scores[kinds == name]) for name in CONTROLS},
        "folds": len(held_out.choices),
        "penalties": [min(penalties), max(penalties)],
    }


def _metrics(
    humans: pd.DataFrame,
    controls: Mapping[str, pd.DataFrame],
    counting: Sequence[str],
    held_out: Mapping[str, HeldOut],
) -> dict[str, Any]:
    """Return what is known of each measure; `folds` is in how many folds it counted, by way."""
    tables = {HUMAN: humans, **controls}
    calibration = calibrate(humans, controls)
    by_metric = dict(tuple(calibration.set_index("control").groupby("metric")))
    return {
        metric.name: {
            "group": metric.group,
            "unit": metric.unit,
            "meaning": metric.meaning,
            "counts": metric.name in counting,
            "folds": {
                way: sum(metric.name in choice.metrics for choice in found.choices)
                for way, found in held_out.items()
            },
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
