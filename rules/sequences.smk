# `update` keeps what is there: of a manifest in which one file has changed, one shard is converted.
rule convert:
    input:
        manifest=f"{CONVERTED}/manifest.tsv",
    output:
        notesequences=update(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz"),
        quarantine=update(f"{CONVERTED}/shard-{{shard}}.quarantine.tsv"),
        performed=update(f"{CONVERTED}/shard-{{shard}}.performed.tsv"),
        made_of=update(f"{CONVERTED}/shard-{{shard}}.sha256"),
    log:
        f"{CONVERTED}/logs/convert-{{shard}}.log",
    benchmark:
        f"{CONVERTED}/benchmarks/convert-{{shard}}.tsv"
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
        perform=settings.perform_parameters(config),
    message:
        "Converting shard {wildcards.shard} to NoteSequences"
    script:
        "../workflow/scripts/convert.py"
