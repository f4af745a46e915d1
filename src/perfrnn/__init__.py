"""Performance RNN, from raw scores and performances to fine-tuned models and samples."""

__version__ = "0.1.0"
