rule curves:
    input:
        history=f"{RESULTS}/{{iteration}}/history.csv",
        metrics=f"{RESULTS}/{{iteration}}/metrics.json",
    output:
        figure=report(
            f"{RESULTS}/figures/{{iteration}}-curves.svg",
            caption="../workflow/report/curves.rst",
            category="Training",
            labels={"iteration": "{iteration}", "figure": "curves"},
        ),
    log:
        f"{RESULTS}/{{iteration}}/logs/curves.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
    message:
        "Drawing the curves of {wildcards.iteration}"
    script:
        "../workflow/scripts/curves.py"


rule comparison:
    input:
        metrics=expand(f"{RESULTS}/{{iteration}}/metrics.json", iteration=ITERATIONS),
    output:
        figure=report(
            f"{RESULTS}/figures/comparison.svg",
            caption="../workflow/report/comparison.rst",
            category="Training",
            labels={"iteration": "all", "figure": "comparison"},
        ),
    log:
        f"{RESULTS}/logs/comparison.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
        iterations=ITERATIONS,
    message:
        "Comparing the iterations"
    script:
        "../workflow/scripts/comparison.py"


rule schedules:
    input:
        own=f"{RESULTS}/ablation/none/history.csv",
        fixed=f"{RESULTS}/ablation/fixed_rate/history.csv",
    output:
        figure=report(
            f"{RESULTS}/figures/schedules.svg",
            caption="../workflow/report/schedules.rst",
            category="Training",
            labels={"iteration": "ablation", "figure": "learning-rate schedules"},
        ),
    log:
        f"{RESULTS}/logs/schedules.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
    message:
        "Comparing learning-rate schedules"
    script:
        "../workflow/scripts/schedules.py"


rule page:
    input:
        samples=expand(f"{RESULTS}/{{iteration}}/samples", iteration=ITERATIONS),
        metrics=expand(f"{RESULTS}/{{iteration}}/metrics.json", iteration=ITERATIONS),
        curves=expand(f"{RESULTS}/figures/{{iteration}}-curves.svg", iteration=ITERATIONS),
        comparison=f"{RESULTS}/figures/comparison.svg",
        ablation=if_asked_for(f"{RESULTS}/ablation.csv"),
        schedules=if_asked_for(f"{RESULTS}/ablation.csv", f"{RESULTS}/figures/schedules.svg"),
        listening=if_asked_for(f"{RESULTS}/listening/index.html"),
        play=if_asked_for(f"{RESULTS}/play/index.html"),
        humanness=f"{RESULTS}/figures/humanness.svg",
        evaluation=f"{RESULTS}/evaluation.json",
        likelihoods=f"{RESULTS}/likelihood.csv",
        overlap=f"{RESULTS}/overlap.csv",
        summary=f"{DATASET}/dataset.json",
    output:
        page=f"{RESULTS}/index.html",
    log:
        f"{RESULTS}/logs/page.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["report"],
        corpus=CORPUS,
        iterations=ITERATIONS,
        magenta=config["pretrained"]["source"] == "magenta",
    message:
        "Writing {output.page}"
    script:
        "../workflow/scripts/page.py"
