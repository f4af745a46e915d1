rule duplicates:
    input:
        manifest=f"{CONVERTED}/manifest.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
        held_out=held_out_table,
    output:
        duplicates=f"{DATASET}/duplicates.tsv",
    log:
        f"{DATASET}/logs/duplicates.log",
    benchmark:
        f"{DATASET}/benchmarks/duplicates.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        version=VERSIONS["duplicates"],
        sources=SOURCES,
    message:
        "Looking for music that the corpus has twice"
    script:
        "../workflow/scripts/duplicates.py"


rule dataset:
    input:
        manifest=f"{CONVERTED}/manifest.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
        held_out=held_out_table,
        heard=str(pieces_path()) if is_bundled(config["pretrained"]["source"]) else [],
        duplicates=f"{DATASET}/duplicates.tsv" if SEARCHED else [],
        quarantines=expand(f"{CONVERTED}/shard-{{shard}}.quarantine.tsv", shard=SHARDS),
        performed=expand(f"{CONVERTED}/shard-{{shard}}.performed.tsv", shard=SHARDS),
    output:
        train=f"{DATASET}/train.tfrecord.gz",
        eval=f"{DATASET}/eval.tfrecord.gz",
        test=f"{DATASET}/test.tfrecord.gz",
        split=f"{DATASET}/split.tsv",
        summary=f"{DATASET}/dataset.json",
        quarantine=f"{DATASET}/quarantine.tsv",
        performed=f"{DATASET}/performed.tsv",
    log:
        f"{DATASET}/logs/dataset.log",
    benchmark:
        f"{DATASET}/benchmarks/dataset.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        version=VERSIONS["dataset"],
        corpus=CORPUS,
        sources=SOURCES,
        settings=settings.dataset_parameters(config),
    message:
        "Encoding and splitting the dataset"
    script:
        "../workflow/scripts/dataset.py"
