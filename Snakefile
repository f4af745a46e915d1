"""Perfrnn: from scores and performances to fine-tuned models and finished samples."""

from snakemake.utils import min_version

min_version("9.19")


configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/starts.smk"
include: "rules/corpus.smk"
include: "rules/sequences.smk"
include: "rules/dataset.smk"
include: "rules/training.smk"
include: "rules/samples.smk"
include: "rules/likelihood.smk"
include: "rules/evaluation.smk"
include: "rules/listening.smk"
include: "rules/play.smk"
include: "rules/report.smk"
include: "rules/parity.smk"


if not workflow.is_main_process:
    # A job that a cluster had queued begins by deleting what it will make. If its run has died
    # meanwhile, another may have made that.
    try:
        runs.join()
    except runs.RunError as error:
        raise WorkflowError(str(error)) from None


onstart:
    # In place of Snakemake's own lock, which profiles/default turns off: it outlives a killed run.
    try:
        runs.claim(
            workflow.persistence.all_inputfiles(), workflow.persistence.all_outputfiles()
        )
    except runs.RunError as error:
        raise WorkflowError(str(error)) from None


rule all:
    default_target: True
    input:
        page=f"{RESULTS}/index.html",
        samples=expand(f"{RESULTS}/{{iteration}}/samples", iteration=ITERATIONS),
    localrule: True
