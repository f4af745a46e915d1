rule pretrained_magenta:
    output:
        bundle="data/pretrained/{model}.mag",
    log:
        "data/pretrained/logs/{model}.log",
    retries: 2
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        url=lambda wildcards: f"{config['pretrained']['url']}/{wildcards.model}.mag",
        # No output, which Snakemake would delete before the next download.
        record=lambda wildcards, output: str(Path(output.bundle).with_suffix(".sha256")),
    message:
        "Downloading Magenta's bundle {wildcards.model}"
    script:
        "../workflow/scripts/pretrained_magenta.py"


rule train:
    input:
        train=f"{DATASET}/train.tfrecord.gz",
        eval=f"{DATASET}/eval.tfrecord.gz",
        arrays=[f"{DATASET}/train.npz", f"{DATASET}/eval.npz"],
        start=start_bundle,
        manifest=manifest_of_transformer,
    output:
        model=f"{RESULTS}/{{iteration}}/model.npz",
        magenta=f"{RESULTS}/{{iteration}}/model.mag",
        history=f"{RESULTS}/{{iteration}}/history.csv",
        metrics=f"{RESULTS}/{{iteration}}/metrics.json",
    log:
        f"{RESULTS}/{{iteration}}/logs/train.log",
    benchmark:
        f"{RESULTS}/{{iteration}}/benchmarks/train.tsv"
    wildcard_constraints:
        iteration=either(LSTMS),
    priority: 1
    conda:
        "../workflow/envs/perfrnn.yaml"
    # One for each layer that works at the same time and one more: eight cores have room for two.
    threads: 4
    resources:
        # No param: with more devices or fewer the same is learned, and nothing is to be made anew.
        devices=training_devices,
        gpu=training_gpus,
        mem_mb=training_mb,
        runtime=1440,
    params:
        version=VERSIONS["train"],
        settings=training_parameters,
        start=start_digest,
        state=lambda wildcards, output: beside(output.model, "state"),
        tensorboard=lambda wildcards, output: beside(output.model, "tensorboard"),
    message:
        "Training {wildcards.iteration}"
    script:
        "../workflow/scripts/train.py"


use rule train as train_transformer with:
    output:
        model=f"{RESULTS}/{{iteration}}/model.safetensors",
        history=f"{RESULTS}/{{iteration}}/history.csv",
        metrics=f"{RESULTS}/{{iteration}}/metrics.json",
    wildcard_constraints:
        iteration=either(TRANSFORMERS),
    priority: 2
    # It takes all that it gets, and leaves four to the other jobs.
    threads: lambda wildcards: max(4, (workflow.cores or 64) - 4)


# Iterations that are named after their model become base models.
SHIPPED = [name for name in ITERATIONS if start_model(name) == name]
CHAINS = [settings.training_chain(config, name) for name in SHIPPED]


rule base_models:
    input:
        bundles=[model_file(name) for name in SHIPPED],
        metrics=expand(
            f"{RESULTS}/{{iteration}}/metrics.json",
            iteration=sorted({name for chain in CHAINS for name in chain}),
        ),
        train=f"{DATASET}/train.tfrecord.gz",
        test=f"{DATASET}/test.tfrecord.gz",
        arrays=[f"{DATASET}/train.npz", f"{DATASET}/test.npz"],
        split=f"{DATASET}/split.tsv",
        summary=f"{DATASET}/dataset.json",
        manifest=f"{CONVERTED}/manifest.tsv",
        duplicates=f"{DATASET}/duplicates.tsv" if SEARCHED else [],
    output:
        folder=directory(f"{RESULTS}/base_models"),
    log:
        f"{RESULTS}/logs/base_models.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    threads: 64
    resources:
        mem_mb=most_scoring_mb,
        runtime=60,
    params:
        version=VERSIONS["cards"],
        trainings=lambda wildcards, output: [
            [beside(output.folder, name) for name in chain] for chain in CHAINS
        ],
    message:
        "Packing base models and writing their cards"
    script:
        "../workflow/scripts/base_models.py"


rule ablation:
    input:
        bundles=[model_file(variant) for variant in VARIANTS],
        test=f"{DATASET}/test.tfrecord.gz",
        arrays=f"{DATASET}/test.npz",
    output:
        table=report(
            f"{RESULTS}/ablation.csv",
            caption="../workflow/report/ablation.rst",
            category="Training",
            labels={"iteration": "ablation", "figure": "auxiliary losses (table)"},
        ),
    log:
        f"{RESULTS}/logs/ablation.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    threads: 64
    resources:
        mem_mb=most_scoring_mb,
        runtime=60,
    params:
        version=VERSIONS["ablation"],
        settings=settings.training_parameters(config, VARIANTS[0]) if VARIANTS else {},
        variants=VARIANTS,
    message:
        "Comparing trainings with and without auxiliary losses"
    script:
        "../workflow/scripts/ablation.py"
