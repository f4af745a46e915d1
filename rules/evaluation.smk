REFERENCE = f"data/{CORPUS}/human_reference"


# The samples that are measured but not rendered: those of the model that training starts from,
# and with `evaluation.samples` a set of its own for every iteration.
rule generate_measured:
    input:
        bundle=trained_model,
        dataset=f"{DATASET}/train.tfrecord.gz",
        primer=primer_file,
    output:
        midi=directory(f"{RESULTS}/{{iteration}}/evaluation"),
    log:
        f"{RESULTS}/{{iteration}}/logs/generate_measured.log",
    benchmark:
        f"{RESULTS}/{{iteration}}/benchmarks/generate_measured.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        version=VERSIONS["generate"],
        settings=evaluation_parameters,
    message:
        "Generating {params.settings[count]} samples of {wildcards.iteration} to measure"
    script:
        "../workflow/scripts/generate.py"


rule generate_start:
    input:
        bundle=start_bundle,
        primer=primer_file,
    output:
        midi=directory(f"{RESULTS}/start/{{iteration}}"),
    log:
        f"{RESULTS}/start/logs/{{iteration}}.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        version=VERSIONS["generate"],
        settings=evaluation_parameters,
        start=start_digest,
    message:
        "Generating {params.settings[count]} samples of what {wildcards.iteration} starts from"
    script:
        "../workflow/scripts/generate.py"


rule humanness:
    input:
        evaluation=f"{RESULTS}/evaluation.json",
    output:
        figure=report(
            f"{RESULTS}/figures/humanness.svg",
            caption="../workflow/report/humanness.rst",
            category="Evaluation",
            labels={"iteration": "all", "figure": "humans, models and controls"},
        ),
    log:
        f"{RESULTS}/logs/humanness.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
    message:
        "Placing the samples among human performances"
    script:
        "../workflow/scripts/humanness.py"


rule evaluation:
    input:
        midi=list(measured_samples().values()),
        split=f"{DATASET}/split.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        table=report(
            f"{RESULTS}/evaluation.csv",
            caption="../workflow/report/evaluation.rst",
            category="Evaluation",
            labels={"iteration": "all", "figure": "every measure of every sample"},
        ),
        verdicts=f"{RESULTS}/evaluation.json",
        overlap=report(
            f"{RESULTS}/overlap.csv",
            caption="../workflow/report/overlap.rst",
            category="Evaluation",
            labels={"iteration": "all", "figure": "overlap with held-out music"},
        ),
    log:
        f"{RESULTS}/logs/evaluation.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluation.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        version=VERSIONS["evaluate"],
        iterations=list(measured_samples()),
        seed=config["seed"],
    message:
        "Comparing the samples with human performances"
    script:
        "../workflow/scripts/evaluation_samples.py"


# Not part of a run: the passages that `overlap.csv` compares as MIDI files, for other tools.
rule evaluation_midi:
    input:
        midi=list(measured_samples().values()),
        split=f"{DATASET}/split.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        midi=directory(f"{RESULTS}/evaluation/midi"),
    log:
        f"{RESULTS}/logs/evaluation_midi.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        version=VERSIONS["evaluate"],
        iterations=list(measured_samples()),
        seed=config["seed"],
    message:
        "Exporting samples and held-out music to {output.midi}"
    script:
        "../workflow/scripts/evaluation_midi.py"


# Not part of a run: makes anew, from a corpus with performances and scores, the two files that
# src/perfrnn/evaluation ships.
rule human_reference:
    input:
        manifest=f"{CONVERTED}/manifest.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
        duplicates=f"{DATASET}/duplicates.tsv" if SEARCHED else [],
        performed=expand(f"{CONVERTED}/shard-{{shard}}.performed.tsv", shard=SHARDS),
    output:
        summary=f"{REFERENCE}/reference.json",
        humans=f"{REFERENCE}/humans.tsv",
    log:
        f"data/{CORPUS}/logs/human_reference.log",
    benchmark:
        f"data/{CORPUS}/benchmarks/human_reference.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        version=VERSIONS["evaluate"],
        corpus=CORPUS,
        seed=config["seed"],
    message:
        "Measuring the human performances of the corpus"
    script:
        "../workflow/scripts/evaluation_reference.py"
