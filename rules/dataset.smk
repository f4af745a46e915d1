rule dataset:
    input:
        manifest=f"{DATA}/manifest.tsv",
        shards=expand(f"{DATA}/notesequences/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
        held_out=config["dataset"]["held_out"] or [],
        quarantines=expand(f"{DATA}/notesequences/shard-{{shard}}.quarantine.tsv", shard=SHARDS),
    output:
        train=f"{DATA}/dataset/train.tfrecord.gz",
        eval=f"{DATA}/dataset/eval.tfrecord.gz",
        split=f"{DATA}/dataset/split.tsv",
        summary=f"{DATA}/dataset/dataset.json",
        quarantine=f"{DATA}/quarantine.tsv",
    log:
        f"{DATA}/logs/dataset.log",
    benchmark:
        f"{DATA}/benchmarks/dataset.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        version=VERSIONS["dataset"],
        corpus=CORPUS,
        settings=settings.dataset_parameters(config),
    message:
        "Encoding and splitting the dataset"
    script:
        "../workflow/scripts/dataset.py"
