#!/usr/bin/env bash
# Install this clone into the environment just made; Snakemake runs it in the working directory.
set -euo pipefail
if [ ! -f requirements.lock ] || [ ! -f pyproject.toml ]; then
    echo "run snakemake from the clone of perfrnn, whose package the environment needs" >&2
    exit 1
fi
python -m pip install --constraint requirements.lock .
