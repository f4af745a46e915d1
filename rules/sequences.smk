rule convert:
    input:
        manifest=f"{DATA}/manifest.tsv",
    output:
        notesequences=f"{DATA}/notesequences/shard-{{shard}}.tfrecord.gz",
        quarantine=f"{DATA}/notesequences/shard-{{shard}}.quarantine.tsv",
    log:
        f"{DATA}/logs/convert-{{shard}}.log",
    benchmark:
        f"{DATA}/benchmarks/convert-{{shard}}.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        version=VERSIONS["convert"],
        shards=len(SHARDS),
        unfold_repeats=config["convert"]["unfold_repeats"],
    message:
        "Converting shard {wildcards.shard} to NoteSequences"
    script:
        "../workflow/scripts/convert.py"
