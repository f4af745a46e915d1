"""Download one of Magenta's bundles and record its digest."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.corpus.download import download
from perfrnn.files import atomic, sha256
from perfrnn.jobs import job
from perfrnn.network.bundle import read_bundle

snakemake: Snakemake

with job(snakemake.log[0]):
    bundle = download(
        snakemake.params.url, snakemake.output.bundle, key="pretrained.url", limit=1 << 30
    )
    read_bundle(bundle)
    with atomic(snakemake.output.digest) as temporary:
        temporary.write_text(f"{sha256(bundle)}  {Path(bundle).name}\n", encoding="utf-8")
