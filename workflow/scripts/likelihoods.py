"""Join the tables of how well each model predicts held-out music."""

import pandas as pd
from snakemake.iocontainers import Snakemake

from perfrnn.files import atomic
from perfrnn.jobs import job

snakemake: Snakemake

with job(snakemake.log[0]):
    table = pd.concat([pd.read_csv(each) for each in snakemake.input.tables])
    with atomic(snakemake.output.table) as temporary:
        table.to_csv(temporary, index=False)
