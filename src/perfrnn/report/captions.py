"""What a run measured and made, in sentences for people new to the field."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from perfrnn.corpus.licences import licence_of
from perfrnn.evaluation.features import FEATURES
from perfrnn.evaluation.overlap import LEAST_HELD_OUT
from perfrnn.evaluation.verdicts import LEAST_FOR_JUDGE, TOO_FEW
from perfrnn.evaluation.verdicts import is_told as is_told
from perfrnn.events.vocabulary import NUM_CLASSES
from perfrnn.network.pretrained import BASE_MODEL
from perfrnn.training.description import MODELS
from perfrnn.words import count, listed, spell_seconds

SHORT_RUN = 5000
"""A run from random weights cut off below so many steps has not learned what music is.

The dissertation fine-tuned weights that Magenta had already trained for up to 191,000 steps more.
"""

MAGENTA_HEARD = (
    "Magenta trained its bundles on recordings of the Yamaha e-Competition, from which many "
    "performances of ASAP and of MAESTRO come. So the model that training started from may have "
    "heard some of this music, and no figure here is certain to be of music new to it."
)
"""Said where models that started from Magenta's bundles are evaluated."""

UNTRAINED = 0.5
"""Weights whose evaluation loss is no further than this below chance (nats) know nothing yet."""


class Reading(NamedTuple):
    """One measured number and what it means."""

    name: str
    value: str
    meaning: str


def describe_metrics(metrics: Mapping[str, Any]) -> list[Reading]:
    """Return what the kept model scores on the evaluation set, in words."""
    kept, before, chance = metrics["kept"], metrics["start_metrics"]["loss"], metrics["chance"]
    return [
        Reading(
            "Evaluation loss",
            f"{kept['loss']:.3f} nats per event",
            "Surprise at each next event of the evaluation set, which it was not trained on but "
            "which chose these weights; less is better. "
            f"Before training: {before:.3f}. Blind guessing: {chance:.3f}.",
        ),
        Reading(
            "Perplexity",
            f"{kept['perplexity']:.1f}",
            f"As unsure as if it chose among {kept['perplexity']:.1f} equally likely events, of "
            f"{NUM_CLASSES} there are.",
        ),
        Reading(
            "Accuracy",
            f"{kept['accuracy']:.1%}",
            "How often the event that it finds most probable is the one that comes.",
        ),
        Reading(
            "Event accuracy",
            f"{kept['event_accuracy']:.1%}",
            "The same, not counting waits of a whole second.",
        ),
        *_impossible_events(kept),
        Reading(
            "Kept",
            f"step {kept['step']:,} of {metrics['steps']:,}",
            "The weights with the lowest evaluation loss, which need not be the last.",
        ),
        Reading(
            "Time",
            spell_seconds(metrics["seconds"]),
            f"Training ended {_ending(metrics)}.",
        ),
    ]


def _impossible_events(kept: Mapping[str, Any]) -> list[Reading]:
    """Return what a model that played by itself in training made of notes that sound or do not."""
    if "impossible_note_offs" not in kept:
        return []
    return [
        Reading(
            "Impossible events",
            f"{kept['impossible_note_offs']:.1%} and {kept['impossible_note_ons']:.1%}",
            "Of the notes that it ends and strikes when it plays by itself: ended while they do "
            "not sound, struck while they do. Music has none; a model that has many does not know "
            "what it is holding.",
        )
    ]


def verdict(metrics: Mapping[str, Any]) -> str:
    """Return the verdict of a `metrics.json` as a sentence."""
    text = metrics["verdict"]
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def expect_noise(metrics: Mapping[str, Any]) -> bool:
    """Return whether the model was cut off long before it could have learned what music is.

    True if the weights it started with knew nothing (their loss is that of chance) and the run
    ended at its step limit, below `SHORT_RUN` steps.
    """
    untrained = metrics["start_metrics"]["loss"] > metrics["chance"] - UNTRAINED
    return untrained and metrics["ended"] == "max_steps" and metrics["steps"] < SHORT_RUN


def describe_curves(metrics: Mapping[str, Any]) -> str:
    """Return the alternative text of an iteration's curves."""
    kept, chance = metrics["kept"], metrics["chance"]
    parts = [
        f"Curves of {metrics['iteration']} over {count(metrics['steps'], 'training step')}: "
        f"evaluation loss from {metrics['start_metrics']['loss']:.2f} before training to "
        f"{kept['loss']:.2f} nats per event at step {kept['step']:,}, which was kept; chance is "
        f"{chance:.2f}."
    ]
    if metrics["stops"]:
        where = listed([f"{stop['step']:,}" for stop in metrics["stops"]])
        parts.append(f"Early stops at step {where}.")
    shape = metrics["parameters"]["learning_rate"]["schedule"]
    parts.append(f"Below, the {shape} learning rate.")
    return " ".join(parts)


def describe_comparison(all_metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return the alternative text of the comparison."""
    rows = "; ".join(
        f"{m['iteration']} from {m['start_metrics']['loss']:.2f} to {m['kept']['loss']:.2f}"
        for m in all_metrics
    )
    return f"Evaluation loss in nats per event before and after training: {rows}."


ABLATION_MEASURES = {
    "loss": "Loss (nats per event)",
    "rhythm": "Rhythm",
    "harmonic_progression": "Harmonic progression",
    "harmonic_tension": "Harmonic tension",
}
"""Columns of `ablation.csv` that the report shows; in all of them less is better."""


def name_variant(variant: str) -> str:
    """Return a variant of the ablation in words."""
    names = {"none": "none", "all": "all three", "fixed_rate": "none, fixed learning rate"}
    return names.get(variant, variant.replace("_", " "))


def beside_humans(found: Mapping[str, Any], scale: float) -> str:
    """Return a mean over samples beside the means of as many humans, in per cent.

    `scale` turns both into per cent.
    """
    low, high = (scale * value for value in found["human_interval"])
    return f"{scale * found['mean']:.0f}\u00a0% ({low:.0f} to {high:.0f})"


def describe_means(evaluation: Mapping[str, Any]) -> str:
    """Return what the table of means over samples shows, and what it cannot."""
    rows = evaluation["iterations"].values()
    sizes = sorted({found["samples"] for found in rows})
    text = (
        f"Means over {' or '.join(map(str, sizes))} samples; in brackets where 90\u00a0% of the "
        "means of as many human excerpts lie."
    )
    if all(found["share_inside"]["interval"] for found in rows):
        return text
    return (
        f"{text} {TOO_FEW.capitalize()} for an interval of the mean: {LEAST_FOR_JUDGE} it takes."
    )


def describe_likeness(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what the table of overlap with held-out music shows, and what it cannot."""
    sizes = " or ".join(f"{size:g}" for size in sorted({row["samples"] for row in rows}))
    held_out, seconds = rows[0]["held_out"], rows[0]["seconds"]
    if math.isnan(rows[0]["overlapping_area"]):
        return (
            f"Nothing to compare: {count(int(held_out), 'held-out piece')} of at least "
            f"{seconds:g} s, and {LEAST_HELD_OUT} are needed."
        )
    return (
        f"Means over {len(FEATURES)} features of {sizes} samples a model beside {held_out:g} "
        f"held-out passages of {seconds:g} s; in brackets what as many of these passages, in the "
        "samples' place, reach against the others. Every number: overlap.csv"
    )


def beside_passages(value: float, of_humans: float) -> str:
    """Return a mean over features beside that of held-out passages in the samples' place."""
    texts = ["unknown" if math.isnan(each) else f"{each:.2f}" for each in (value, of_humans)]
    return f"{texts[0]} ({texts[1]})"


def describe_humanness(evaluation: Mapping[str, Any]) -> str:
    """Return the alternative text of the figure of humans, models and controls."""
    rows = "; ".join(
        f"{name} {found['share_inside']['mean']:.0%} and {found['percentile']['mean']:.0f} %"
        for name, found in evaluation["iterations"].items()
    )
    return (
        "Mean share of measures within human range, and mean percentile among humans: "
        f"{rows}. Above them human performances, below them spoilt ones."
    )


def describe_evaluation(found: Mapping[str, Any]) -> list[str]:
    """Return what was found of one iteration's samples beside the verdict, in sentences."""
    copy = found["longest_copy"]
    sentences = [
        f"Longest run of notes that the training music has too: {copy['most']:,} at most, "
        f"{copy['median']:g} in the median sample"
        + (
            "; in the test set, which it was not trained on, the median is "
            f"{copy['held_out']['median']:g}."
            if "held_out" in copy
            else "."
        )
    ]
    if "candidates" in found:
        sentences.append(
            f"Each sample is the best of {found['candidates']} candidates by the key asked for "
            "and by the judge, which finds in them more than the model has."
        )
    asked = found["adherence"] or {}
    if "asked_key_in_scale" in asked:
        sentences.append(
            f"Asked for a key, {asked['asked_key_in_scale']:.0%} of its notes are of that key's "
            f"scale ({asked['asked_key_lift']:+.0%} against other keys); the estimated key is the "
            f"one asked for in {asked['asked_key_found']:.0%} of the samples, that or a near one "
            f"in {asked['asked_key_related']:.0%}."
        )
    if "asked_density_ratio" in asked:
        sentences.append(
            f"It plays {asked['asked_density_ratio']:.2f} times as many notes as asked for."
        )
    return sentences


def name_measure(name: str) -> str:
    """Return a measure of `evaluation.csv` in words."""
    return name.replace("_", " ")


def describe_notes(about: Mapping[str, Any]) -> str:
    """Return what is in a sample, from its `sample-N.json`: `640 notes in 1 min`."""
    text = f"{count(about['notes'], 'note')} in {spell_seconds(about['seconds'])}"
    composer = about.get("settings", {}).get("composer")
    asked = f" in {about['key']}" * bool(about["key"]) + f" like {composer}" * bool(composer)
    return f"{text}, asked to play{asked}" if asked else text


def describe_request(about: Mapping[str, Any]) -> str:
    """Return `describe_notes` and what it takes to make the sample again."""
    drawn = f"temperature {about['temperature']:g}{describe_filters(about)}"
    made = f"{describe_notes(about)}, {drawn}, seed {about['seed']}"
    chosen = describe_choice(about)
    return f"{made}, {chosen}" if chosen else made


def describe_choice(about: Mapping[str, Any]) -> str:
    """Return that a sample was chosen, if it was: `the best of 4 by key and judge`."""
    return f"the best of {about['chosen']['of']} by key and judge" if "chosen" in about else ""


def describe_filters(about: Mapping[str, Any]) -> str:
    """Return what else shaped what events were drawn from: `, top_p 0.95, guidance 1.5`."""
    settings = about.get("settings", {})
    given = {name: settings.get(name) for name in ("top_k", "top_p", "min_p", "guidance")}
    return "".join(f", {name} {value:g}" for name, value in given.items() if value is not None)


def describe_model(metrics: Mapping[str, Any]) -> str:
    """Return model and training in a clause."""
    model = MODELS.get(metrics["model"], metrics["model"])
    return f"{model.split(',')[0]}, after {count(metrics['kept']['step'], 'step')} of training"


def describe_making(metrics: Mapping[str, Any], corpus: str, composers: int) -> str:
    """Return how a model and its samples came about, in a few sentences."""
    return (
        f"The model started from {metrics['start']} and was trained for "
        f"{count(metrics['steps'], 'step')} on the {corpus} corpus, music by "
        f"{count(composers, 'composer')}; the weights of step {metrics['kept']['step']:,} were "
        f"kept, with a loss of {metrics['kept']['loss']:.3f} nats per event on the evaluation "
        f"set, which chose them (chance: {metrics['chance']:.3f}). Each sample was drawn event by "
        "event from the model, with the seed given; the same seed and model give the same music "
        "again. Scores are the performance rounded to note values."
    )


def describe_licence(dataset: Mapping[str, Any], all_metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return the terms of all the music that models learned from, base models included."""
    if any(metrics["start"].startswith(BASE_MODEL) for metrics in all_metrics):
        return f"{dataset['licence']} The base model learned from: {licence_of('asap+maestro')}"
    return dataset["licence"]


def describe_sets(dataset: Mapping[str, Any]) -> str:
    """Return what the music of a `dataset.json` is for, set by set."""
    splits = dataset["splits"]
    tested = f", {splits['test']['segments']:,} to test them"
    return (
        f"{count(splits['train']['segments'], 'segment')} of music were for training, "
        f"{splits['eval']['segments']:,} to choose the weights that are kept"
        f"{' and to test them' if dataset['eval_is_test'] else tested}."
    )


def describe_test(dataset: Mapping[str, Any]) -> str:
    """Return what music a finished model is measured on, and how far that can be trusted."""
    pieces = count(dataset["splits"]["test"]["pieces"], "piece")
    if dataset["eval_is_test"]:
        return (
            f"Measured on the evaluation set, {pieces} that no model was trained on: the corpus "
            "is too small for a test set of its own, and this one also chose the weights that "
            "are kept, so the figures are a little too good."
        )
    return (
        f"Measured on the test set: {pieces} that no model was trained on, and that chose nothing."
    )


def describe_elsewhere(dataset: Mapping[str, Any]) -> str:
    """Return which pieces of the table of pieces to hold out the corpus does not have, if any."""
    names = dataset["held_out_elsewhere"]
    if not names:
        return ""
    table = dataset["settings"]["held_out"]
    return (
        f"{count(len(names), 'piece')} that {table} names to hold out "
        f"{'is' if len(names) == 1 else 'are'} of another corpus: {listed(names)}."
    )


def describe_overlap(dataset: Mapping[str, Any]) -> str:
    """Return how well the split of a `dataset.json` keeps the two sets apart."""
    way, overlap = dataset["settings"]["split_by"], dataset["piece_overlap"]
    shared = {
        name: f"{counts['sharing_a_piece']:,} of {counts['held_out_files']:,}"
        for name, counts in overlap.items()
    }
    if way == "file":
        return (
            f"Single files are held out, as Magenta does: {shared['file']} held-out files share "
            "a piece with the training set."
        )
    return (
        f"Whole pieces are held out: {shared[way]} held-out files share a piece with the "
        f"training set; with a split by file, Magenta's way, it would be {shared['file']}."
        + _describe_duplicates(dataset["duplicates"])
    )


def _describe_duplicates(found: Mapping[str, int]) -> str:
    """Return what was found more than once, in a sentence after others; nothing for nothing."""
    text = ""
    if found["heard_before"]:
        text += (
            f" Of what the data set itself holds out, {count(found['heard_before'], 'file')} "
            f"{'was' if found['heard_before'] == 1 else 'were'} trained on, since the base model "
            "has learned from their pieces."
        )
    if not (found["same_performance"] or found["kept_apart"]):
        return text
    return (
        f"{text} Told by content, {found['same_performance']:,} files have a performance that "
        f"another has too, and {found['left_out']:,} of them were left out; "
        f"{found['kept_apart']:,} more were left out because they share a piece with held-out "
        "music."
    )


def _ending(metrics: Mapping[str, Any]) -> str:
    way = {
        "early_stopping": f"by early stopping at step {metrics['steps']:,}",
        "max_steps": f"at its limit of {count(metrics['steps'], 'step')}",
    }[metrics["ended"]]
    speed = metrics["events_per_second"]
    return f"{way}, at {speed:,.0f} events a second" if speed else way
