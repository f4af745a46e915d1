"""The workflow as a module of another one, and as part of the installed package."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

from perfrnn.cli import main
from workflow_process import environment, planned_jobs

ROOT = Path(__file__).parents[2]

TINY = {
    "embedded": {"works": 6},
    "network": {"layers": 1, "units": 16},
    "pretrained": {"source": "scratch"},
    "samples": {"count": 1, "num_steps": 400},
    "iterations": {"iter4": None},  # its network is far from tiny
}

IMPORTER = f'''
configfile: "{ROOT}/config/config.yaml"
configfile: "tiny.yaml"

config["budget"]["max_steps"] = 3
config["results"] = "results/mine"

rule count:
    input:
        "music/results/mine/iter1/history.csv",
    output:
        "lines.txt",
    shell:
        "wc -l < {{input}} > {{output}}"

module perfrnn:
    snakefile:
        "{ROOT}/workflow/Snakefile"
    prefix:
        "music"
    config:
        config

use rule * from perfrnn as perfrnn_*
'''


def snakemake(folder, *arguments, path=None):
    """Run Snakemake in `folder`, with the package that lies in `path`; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor", *arguments],
        cwd=folder,
        env=environment() | ({"PYTHONPATH": str(path)} if path else {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@pytest.mark.slow
def test_another_workflow_overrides_keys_adds_a_rule_and_keeps_all_under_its_prefix(tmp_path):
    (tmp_path / "Snakefile").write_text(IMPORTER)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    snakemake(tmp_path, "lines.txt")
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"Snakefile", "tiny.yaml", "lines.txt", "music", ".snakemake"}
    iteration = tmp_path / "music/results/mine/iter1"
    history = pd.read_csv(iteration / "history.csv")
    assert history["step"].max() == 3
    assert int((tmp_path / "lines.txt").read_text()) == len(history) + 1
    assert {"state", "tensorboard", "model.mag"} <= {path.name for path in iteration.iterdir()}
    assert list((tmp_path / "music/data/embedded/raw").iterdir())
    planned = planned_jobs(snakemake(tmp_path, "--dry-run", "perfrnn_all"))
    assert "Training iter1" not in planned
    assert {"Training iter2", "Writing music/results/mine/index.html"} <= planned


def test_tables_come_with_the_workflow_and_ones_own_go_before_them(tmp_path):
    tell = "\nprint(f'table: {rules.perfrnn_manifest.input.maestro}')\n"
    (tmp_path / "Snakefile").write_text(IMPORTER + tell)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY | {"corpus": "maestro"}))
    listed = snakemake(tmp_path, "--dry-run", "perfrnn_manifest")
    (table,) = re.findall("^table: (.+)$", listed, re.MULTILINE)
    assert table.endswith("/config/maestro.tsv")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/maestro.tsv").write_bytes((ROOT / "config/maestro.tsv").read_bytes())
    listed = snakemake(tmp_path, "--dry-run", "perfrnn_manifest")
    assert "table: config/maestro.tsv\n" in listed  # without the prefix


def test_a_new_experiment_is_not_written_over_something(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["new", str(tmp_path)]) == 1
    assert "there is something already; name a new folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["default", "slurm"])
def test_a_new_experiment_has_the_profiles_but_with_snakemakes_lock(tmp_path, name):
    # The lock that ends with its run is taken by the workflow's own Snakefile, not by importers.
    assert main(["new", str(tmp_path / "new")]) == 0
    shipped, own = (
        yaml.safe_load((folder / "profiles" / name / "profile.yaml").read_text())
        for folder in (ROOT, tmp_path / "new")
    )
    assert shipped.pop("nolock") is True
    assert own == shipped


def build_wheel(folder):
    """Return the wheel of this package, made in a folder."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "wheel"),
            *("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)),
        ],
        env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"},
        check=True,
    )
    (file,) = folder.glob("perfrnn-*.whl")
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_is_the_same_whenever_it_is_made(wheel, tmp_path):
    assert build_wheel(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_has_what_the_clone_has(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "src/perfrnn", "Snakefile", "rules", "workflow", "config", "profiles"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    expected = {
        name.removeprefix("src/") if name.startswith("src/") else f"perfrnn/_workflow/{name}"
        for name in tracked
    }
    assert expected - names == set()
    left_over = {name for name in names - expected if ".dist-info/" not in name}
    assert left_over == set()


@pytest.mark.slow
def test_a_new_experiment_of_the_installed_package_runs_in_an_empty_folder(wheel, tmp_path):
    package = tmp_path / "package"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(package)
    code = "import sys, perfrnn.cli; sys.exit(perfrnn.cli.main(sys.argv[1:]))"
    made = subprocess.run(
        [sys.executable, "-c", code, "new", "my experiment"],
        cwd=tmp_path,
        env=environment() | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "run `snakemake --cores 8 all`" in made.stdout
    folder = tmp_path / "my experiment"
    alone = {"iterations": dict.fromkeys(("iter1", "iter2", "iter4"))}
    small = TINY | {"budget": {"max_steps": 2}} | alone
    (folder / "tiny.yaml").write_text(yaml.safe_dump(small))
    snakemake(folder, "all", "--configfile", "config/config.yaml", "tiny.yaml", path=package)
    assert (folder / "results/index.html").is_file()
    assert (folder / "results/iter3/samples/sample-1.mp3").is_file()
    log = (folder / "results/iter3/logs/train.log").read_text()
    assert str(ROOT) not in log
