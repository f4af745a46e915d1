"""Perfrnn: from scores and performances to fine-tuned models and finished samples."""

from snakemake.utils import min_version

min_version("9.1")


configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/corpus.smk"
include: "rules/sequences.smk"
include: "rules/dataset.smk"
include: "rules/training.smk"
include: "rules/samples.smk"
include: "rules/evaluation.smk"
include: "rules/listening.smk"
include: "rules/report.smk"
include: "rules/parity.smk"


rule all:
    default_target: True
    input:
        page=f"{RESULTS}/index.html",
        samples=expand(f"{RESULTS}/{{iteration}}/samples", iteration=ITERATIONS),
    localrule: True
