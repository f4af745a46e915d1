rule generate:
    input:
        bundle=trained_model,
        dataset=f"{DATASET}/train.tfrecord.gz",
        primer=primer_file,
    output:
        midi=directory(f"{RESULTS}/{{iteration}}/midi"),
    log:
        f"{RESULTS}/{{iteration}}/logs/generate.log",
    benchmark:
        f"{RESULTS}/{{iteration}}/benchmarks/generate.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        version=VERSIONS["generate"],
        settings=sample_parameters,
    message:
        "Generating {params.settings[count]} samples of {wildcards.iteration}"
    script:
        "../workflow/scripts/generate.py"


rule render:
    input:
        midi=f"{RESULTS}/{{iteration}}/midi",
    output:
        wav=f"{RESULTS}/{{iteration}}/audio/sample-{{number}}.wav",
        mp3=report(
            f"{RESULTS}/{{iteration}}/audio/sample-{{number}}.mp3",
            caption="../workflow/report/sample.rst",
            category="Samples",
            labels={"iteration": "{iteration}", "sample": "{number}", "figure": "sound"},
        ),
        musicxml=f"{RESULTS}/{{iteration}}/scores/sample-{{number}}.musicxml",
        svg=f"{RESULTS}/{{iteration}}/scores/sample-{{number}}.svg",
        pdf=report(
            f"{RESULTS}/{{iteration}}/scores/sample-{{number}}.pdf",
            caption="../workflow/report/sample.rst",
            category="Samples",
            labels={"iteration": "{iteration}", "sample": "{number}", "figure": "score"},
        ),
        pianoroll=report(
            f"{RESULTS}/{{iteration}}/pianorolls/sample-{{number}}.png",
            caption="../workflow/report/sample.rst",
            category="Samples",
            labels={"iteration": "{iteration}", "sample": "{number}", "figure": "piano roll"},
        ),
    log:
        f"{RESULTS}/{{iteration}}/logs/render-{{number}}.log",
    benchmark:
        f"{RESULTS}/{{iteration}}/benchmarks/render-{{number}}.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        version=VERSIONS["render"],
        soundfont=soundfont,
        soundfont_stamp=soundfont_stamp,
    message:
        "Rendering sample {wildcards.number} of {wildcards.iteration}"
    script:
        "../workflow/scripts/render.py"


rule collect:
    input:
        midi=f"{RESULTS}/{{iteration}}/midi",
        rendered=rendered_samples,
        metrics=f"{RESULTS}/{{iteration}}/metrics.json",
        summary=f"{DATASET}/dataset.json",
    output:
        samples=directory(f"{RESULTS}/{{iteration}}/samples"),
    log:
        f"{RESULTS}/{{iteration}}/logs/collect.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
        corpus=CORPUS,
    message:
        "Collecting the samples of {wildcards.iteration}"
    script:
        "../workflow/scripts/collect.py"
