"""From a dataset and start weights to a model, its history and its card."""

RECIPE_VERSION = 4
"""Raise it when a change alters what the same settings train to: every training begins anew."""

ABLATION_VERSION = 1
"""Raise it when a change alters the table made of the ablation's finished trainings."""

CARDS_VERSION = 2
"""Raise it when a change alters the base models packed, or the cards written, of trainings."""
