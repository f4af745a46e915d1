"""The version of each step, by which Snakemake notices that the library makes something else now.

Snakemake compares a rule's script and params, but not the modules that the script calls. So each
room keeps the versions of its steps beside their code, and every rule has its own among its
params: raising one re-runs that step and what depends on it, and nothing else.
"""

from perfrnn import (
    corpus,
    dataset,
    evaluation,
    generation,
    play,
    rendering,
    report,
    sequences,
    training,
)


def step_versions() -> dict[str, int]:
    """Return the version of each step, by its name."""
    return {
        "corpus": corpus.VERSION,
        "convert": sequences.VERSION,
        "duplicates": dataset.DUPLICATES_VERSION,
        "dataset": dataset.VERSION,
        "train": training.RECIPE_VERSION,
        "ablation": training.ABLATION_VERSION,
        "cards": training.CARDS_VERSION,
        "generate": generation.VERSION,
        "render": rendering.VERSION,
        "evaluate": evaluation.VERSION,
        "likelihood": evaluation.LIKELIHOOD_VERSION,
        "listening": evaluation.LISTENING_VERSION,
        "play": play.VERSION,
        "report": report.VERSION,
    }
