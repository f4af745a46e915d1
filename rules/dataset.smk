rule encode:
    input:
        shard=f"{CONVERTED}/shard-{{shard}}.tfrecord.gz",
    output:
        encoded=update(f"{ENCODED}/shard-{{shard}}.npz"),
        made_of=update(f"{ENCODED}/shard-{{shard}}.sha256"),
    log:
        f"{ENCODED}/logs/encode-{{shard}}.log",
    benchmark:
        f"{ENCODED}/benchmarks/encode-{{shard}}.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        version=VERSIONS["encode"],
        settings=settings.encoding_parameters(config),
    message:
        "Encoding shard {wildcards.shard}"
    script:
        "../workflow/scripts/encode.py"


rule fingerprint:
    input:
        shard=f"{CONVERTED}/shard-{{shard}}.tfrecord.gz",
    output:
        fingerprints=update(f"{CONVERTED}/shard-{{shard}}.fingerprints.npz"),
        made_of=update(f"{CONVERTED}/shard-{{shard}}.fingerprints.sha256"),
    log:
        f"{CONVERTED}/logs/fingerprint-{{shard}}.log",
    benchmark:
        f"{CONVERTED}/benchmarks/fingerprint-{{shard}}.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        version=VERSIONS["duplicates"],
    message:
        "Taking fingerprints of shard {wildcards.shard}"
    script:
        "../workflow/scripts/fingerprint.py"


rule duplicates:
    input:
        manifest=f"{CONVERTED}/manifest.tsv",
        fingerprints=expand(f"{CONVERTED}/shard-{{shard}}.fingerprints.npz", shard=SHARDS),
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
        shards=expand(f"{ENCODED}/shard-{{shard}}.npz", shard=SHARDS),
        held_out=held_out_table,
        heard=str(pieces_path()) if settings.starts_from_bundled(config) else [],
        duplicates=f"{DATASET}/duplicates.tsv" if SEARCHED else [],
        quarantines=expand(f"{CONVERTED}/shard-{{shard}}.quarantine.tsv", shard=SHARDS),
        performed=expand(f"{CONVERTED}/shard-{{shard}}.performed.tsv", shard=SHARDS),
    output:
        train=f"{DATASET}/train.tfrecord.gz",
        eval=f"{DATASET}/eval.tfrecord.gz",
        test=f"{DATASET}/test.tfrecord.gz",
        arrays=[f"{DATASET}/{name}.npz" for name in ("train", "eval", "test")],
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
        mem_mb=1500,
        runtime=60,
    params:
        version=VERSIONS["dataset"],
        corpus=CORPUS,
        sources=SOURCES,
        settings=settings.dataset_parameters(config),
    message:
        "Splitting the dataset and writing its records"
    script:
        "../workflow/scripts/dataset.py"
