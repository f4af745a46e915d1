#!/usr/bin/env bash
# Install this clone into the environment just made; Snakemake runs it in the working directory.
# An update of the clone is in force at once. Other requirements need another environment, which
# Snakemake makes when this text changes; tests/workflow/test_workflow_environment.py says when.
# requirements: e86c51ac7cceede5
set -euo pipefail
if [ ! -f requirements.lock ] || [ ! -f pyproject.toml ]; then
    echo "run snakemake from the clone of perfrnn, whose package the environment needs" >&2
    exit 1
fi
# TensorFlow's GPU build is large: it is for machines, or clusters, that have GPUs.
extras=""
if command -v nvidia-smi >/dev/null || [[ $(sinfo --noheader --format=%G 2>/dev/null) == *gpu* ]]; then
    extras="[gpu]"
fi
python -m pip install --constraint requirements.lock --editable ".$extras"
