"""From a dataset and start weights to a model, its history and its card."""
