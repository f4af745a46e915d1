"""What Snakemake makes the conda environment of, and when it makes it anew."""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "workflow/envs/perfrnn.post-deploy.sh"


@pytest.fixture(scope="module")
def project_table():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_environment_runs_the_clone_itself():
    (install,) = [line for line in DEPLOY.read_text().splitlines() if "pip install" in line]
    assert "--editable" in install.split()  # a copy would go stale with every update


def test_other_requirements_make_another_environment(project_table):
    # Snakemake makes it anew when the text of this script changes, and only then.
    wanted = (ROOT / "requirements.lock").read_text() + json.dumps(project_table["dependencies"])
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    assert f"# requirements: {digest}\n" in DEPLOY.read_text()


@pytest.mark.parametrize(
    ("programs", "installed"),
    [
        pytest.param({}, ".", id="no GPU"),
        pytest.param({"nvidia-smi": ""}, ".[gpu]", id="GPU here"),
        pytest.param({"sinfo": "echo '(null)'; echo gpu:a100:4"}, ".[gpu]", id="GPU on a node"),
        pytest.param({"sinfo": "echo '(null)'"}, ".", id="cluster without GPUs"),
    ],
)
def test_jobs_have_tensorflows_gpu_build_where_they_may_meet_a_gpu(tmp_path, programs, installed):
    for name, body in ({"python": 'echo "${@: -1}"'} | programs).items():
        program = tmp_path / name
        program.write_text(f"#!/bin/bash\n{body}\n")
        program.chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash"), str(DEPLOY)],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{installed}\n"


def test_the_environments_python_is_one_that_the_package_allows(project_table):
    environment = yaml.safe_load((ROOT / "workflow/envs/perfrnn.yaml").read_text())
    (python,) = [each for each in environment["dependencies"] if each.startswith("python ")]
    assert f"{python.partition('=')[2]}.0" in SpecifierSet(project_table["requires-python"])


def test_no_snakemake_is_allowed_that_misses_the_profile(project_table):
    # 9.18 looks for config.yaml only; 9.19 finds profile.yaml.
    needed = {r.name: r.specifier for r in map(Requirement, project_table["dependencies"])}
    assert "9.18.2" not in needed["snakemake"]
    assert "9.19.0" in needed["snakemake"]
    (least,) = re.findall(r'^min_version\("(.+)"\)$', (ROOT / "Snakefile").read_text(), re.M)
    assert least in needed["snakemake"]
    assert f">={least}" in str(needed["snakemake"])
    assert (ROOT / "profiles/default/profile.yaml").exists()
