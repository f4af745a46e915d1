rule play_piano:
    output:
        piano=f"{RESULTS}/play/piano.js",
    log:
        f"{RESULTS}/logs/play_piano.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        version=VERSIONS["play"],
        soundfont=soundfont,
        soundfont_stamp=soundfont_stamp,
    message:
        "Sampling a piano for the page that plays"
    script:
        "../workflow/scripts/play_piano.py"


rule play:
    input:
        start=lambda wildcards: start_bundle(first_iteration()),
        models=[model_file(name) for name in ITERATIONS],
        metrics=expand(f"{RESULTS}/{{iteration}}/metrics.json", iteration=ITERATIONS),
        summary=f"{DATASET}/dataset.json",
        piano=f"{RESULTS}/play/piano.js",
    output:
        page=f"{RESULTS}/play/index.html",
        models=directory(f"{RESULTS}/play/models"),
    log:
        f"{RESULTS}/logs/play.log",
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        version=VERSIONS["play"],
        iterations=ITERATIONS,
        settings=[settings.sample_parameters(config, name) for name in ITERATIONS],
        start_settings=settings.sample_parameters(config, first_iteration().iteration),
    message:
        "Writing {output.page}"
    script:
        "../workflow/scripts/play.py"
