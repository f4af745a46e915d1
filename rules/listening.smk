rule listening:
    input:
        midi=expand(f"{RESULTS}/{{iteration}}/midi", iteration=ITERATIONS),
        split=f"{DATASET}/split.tsv",
        shards=expand(f"{CONVERTED}/shard-{{shard}}.tfrecord.gz", shard=SHARDS),
    output:
        page=f"{RESULTS}/listening/index.html",
        audio=directory(f"{RESULTS}/listening/audio"),
    log:
        f"{RESULTS}/logs/listening.log",
    benchmark:
        f"{RESULTS}/benchmarks/listening.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        version=VERSIONS["listening"],
        iterations=ITERATIONS,
        corpus=CORPUS,
        seed=config["seed"],
        soundfont=soundfont,
        soundfont_stamp=soundfont_stamp,
    message:
        "Preparing the blind listening page"
    script:
        "../workflow/scripts/listening.py"
