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


if PLAYED:

    rule play:
        input:
            start=lambda wildcards: start_bundle(first_played()),
            bundles=expand(f"{RESULTS}/{{iteration}}/model.mag", iteration=PLAYED),
            metrics=expand(f"{RESULTS}/{{iteration}}/metrics.json", iteration=PLAYED),
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
            iterations=PLAYED,
            settings=[settings.sample_parameters(config, name) for name in PLAYED],
            start_settings=settings.sample_parameters(config, first_played().iteration),
        message:
            "Writing {output.page}"
        script:
            "../workflow/scripts/play.py"
