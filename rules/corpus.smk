# A fetch rule writes an inventory and nothing else: the raw folder is no output that Snakemake
# would delete, so partial downloads and files put there by hand survive.


rule fetch_embedded:
    output:
        inventory=inventory("embedded"),
    log:
        "data/embedded/logs/fetch.log",
    benchmark:
        "data/embedded/benchmarks/fetch.tsv"
    conda:
        "../workflow/envs/perfrnn.yaml"
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        version=VERSIONS["corpus"],
        raw=raw_folder,
        works=config["embedded"]["works"],
    message:
        "Taking {params.works} works from music21's corpus"
    script:
        "../workflow/scripts/fetch_embedded.py"


rule fetch_asap:
    input:
        tree=config_table("asap.tsv"),
    output:
        inventory=inventory("asap"),
    log:
        "data/asap/logs/fetch.log",
    benchmark:
        "data/asap/benchmarks/fetch.tsv"
    retries: 2
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["corpus"],
        raw=raw_folder,
        url=lambda wildcards: config["asap"]["url"],
        include=sorted(config["asap"]["include"]),
        missing=config["asap"]["missing"],
    message:
        "Fetching ASAP from {params.url}"
    script:
        "../workflow/scripts/fetch_asap.py"


rule fetch_maestro:
    input:
        table=config_table("maestro.tsv"),
    output:
        inventory=inventory("maestro"),
    log:
        "data/maestro/logs/fetch.log",
    benchmark:
        "data/maestro/benchmarks/fetch.tsv"
    retries: 2
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["corpus"],
        raw=raw_folder,
        url=lambda wildcards: config["maestro"]["url"],
        missing=config["maestro"]["missing"],
    message:
        "Fetching MAESTRO from {params.url}"
    script:
        "../workflow/scripts/fetch_maestro.py"


rule fetch_musescore:
    input:
        table=config_table("musescore.tsv"),
    output:
        inventory=inventory("musescore"),
    log:
        "data/musescore/logs/fetch.log",
    benchmark:
        "data/musescore/benchmarks/fetch.tsv"
    retries: 2
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["corpus"],
        raw=raw_folder,
        missing=config["musescore"]["missing"],
    message:
        "Fetching the scores of {input.table}"
    script:
        "../workflow/scripts/fetch_musescore.py"


rule fetch_folder:
    output:
        inventory=inventory("folder"),
    log:
        "data/folder/logs/fetch.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["corpus"],
        folder=folder_path,
        files=folder_stamp,
    message:
        "Taking stock of {params.folder}"
    script:
        "../workflow/scripts/fetch_folder.py"


rule manifest:
    input:
        inventories=[FOLDERS.inventories[source] for source in SOURCES],
        maestro=config_table("maestro.tsv") if "maestro" in SOURCES else [],
        musescore=config_table("musescore.tsv") if "musescore" in SOURCES else [],
    output:
        manifest=f"{CONVERTED}/manifest.tsv",
    log:
        f"{CONVERTED}/logs/manifest.log",
    localrule: True
    conda:
        "../workflow/envs/perfrnn.yaml"
    params:
        version=VERSIONS["corpus"],
        sources=SOURCES,
        folder=folder_path,
        pieces=pieces_stamp,
    message:
        "Listing the corpus"
    script:
        "../workflow/scripts/manifest.py"
