rule scored_performances:
    input:
        split=f"{DATASET}/split.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        performances=f"{DATASET}/scored_performances.npz",
    log:
        f"{DATASET}/logs/scored_performances.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        version=VERSIONS["likelihood"],
    message:
        "Reading the test set's performances whole"
    script:
        "../workflow/scripts/scored_performances.py"


rule likelihood:
    input:
        models=lambda wildcards: [model_file(wildcards.iteration)],
        performances=f"{DATASET}/scored_performances.npz",
        split=f"{DATASET}/split.tsv",
    output:
        table=f"{RESULTS}/{{iteration}}/likelihood.csv",
    log:
        f"{RESULTS}/{{iteration}}/logs/likelihood.log",
    benchmark:
        f"{RESULTS}/{{iteration}}/benchmarks/likelihood.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    threads: 2
    resources:
        mem_mb=scoring_mb,
        runtime=240,
    params:
        version=VERSIONS["likelihood"],
        precision=config["precision"],
        names=lambda wildcards: [wildcards.iteration],
    message:
        "Scoring {params.names} on held-out music"
    script:
        "../workflow/scripts/likelihood.py"


use rule likelihood as likelihood_start with:
    input:
        models=[start_bundle(first_iteration(model)) for model in start_models()],
        performances=f"{DATASET}/scored_performances.npz",
        split=f"{DATASET}/split.tsv",
    output:
        table=f"{RESULTS}/start/likelihood.csv",
    log:
        f"{RESULTS}/start/logs/likelihood.log",
    benchmark:
        f"{RESULTS}/start/benchmarks/likelihood.tsv"
    resources:
        mem_mb=most_scoring_mb,
    params:
        version=VERSIONS["likelihood"],
        precision=config["precision"],
        names=[f"before training: {model}" for model in start_models()],
        start=[start_digest(first_iteration(model)) for model in start_models()],
    message:
        "Scoring what training starts from on held-out music"


rule likelihoods:
    input:
        tables=[
            *([f"{RESULTS}/start/likelihood.csv"] if start_models() else []),
            *expand(f"{RESULTS}/{{iteration}}/likelihood.csv", iteration=ITERATIONS),
        ],
    output:
        table=report(
            f"{RESULTS}/likelihood.csv",
            caption="../workflow/report/likelihood.rst",
            category="Evaluation",
            labels={"iteration": "all", "figure": "surprise at held-out music"},
        ),
    log:
        f"{RESULTS}/logs/likelihoods.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["likelihood"],
    message:
        "Joining the scores of all models"
    script:
        "../workflow/scripts/likelihoods.py"
