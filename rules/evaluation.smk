REFERENCE = f"{DATA}/human_reference"


rule evaluation:
    input:
        midi=expand(f"{RESULTS}/{{iteration}}/midi", iteration=ITERATIONS),
        split=f"{DATA}/dataset/split.tsv",
        shards=expand(f"{DATA}/notesequences/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        table=report(
            f"{RESULTS}/evaluation.csv",
            caption="../workflow/report/evaluation.rst",
            category="Evaluation",
            labels={"iteration": "all", "figure": "every measure of every sample"},
        ),
        verdicts=f"{RESULTS}/evaluation.json",
    log:
        f"{RESULTS}/logs/evaluation.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluation.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        iterations=ITERATIONS,
        seed=config["seed"],
    message:
        "Comparing the samples with human performances"
    script:
        "../workflow/scripts/evaluation_samples.py"


# Not part of a run: makes anew, from a corpus with performances and scores, the two files that
# src/perfrnn/evaluation ships.
rule human_reference:
    input:
        manifest=f"{DATA}/manifest.tsv",
        shards=expand(f"{DATA}/notesequences/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        summary=f"{REFERENCE}/reference.json",
        humans=f"{REFERENCE}/humans.tsv",
    log:
        f"{DATA}/logs/human_reference.log",
    benchmark:
        f"{DATA}/benchmarks/human_reference.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        corpus=CORPUS,
        seed=config["seed"],
    message:
        "Measuring the human performances of the corpus"
    script:
        "../workflow/scripts/evaluation_reference.py"
