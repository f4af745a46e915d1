rule fetch_embedded:
    output:
        inventory="data/embedded/fetched.tsv",
    log:
        "data/embedded/logs/fetch.log",
    benchmark:
        "data/embedded/benchmarks/fetch.tsv"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        raw="data/embedded/raw",
        works=config["embedded"]["works"],
    message:
        "Taking {params.works} works from music21's corpus"
    script:
        "../workflow/scripts/fetch_embedded.py"


rule manifest_embedded:
    input:
        inventory=rules.fetch_embedded.output.inventory,
    output:
        manifest="data/embedded/manifest.tsv",
    log:
        "data/embedded/logs/manifest.log",
    localrule: True
    params:
        raw="data/embedded/raw",
    message:
        "Listing the embedded corpus"
    script:
        "../workflow/scripts/manifest_embedded.py"
