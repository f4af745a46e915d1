"""Training on several devices: virtual ones of a CPU, in one process and in two."""

import json
import os
import shutil
import socket
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.network.devices import DevicesError, join_processes, shared_out
from perfrnn.training import slices

COMMON = {
    "batch_size": 4,
    "evaluate_every": 2,
    "learning_rate": {"schedule": "constant", "value": 1e-2},
    "max_steps": 4,
    "precision": "float32",
    "seed": 3,
    "transpose": [-1, 0, 1],
}
NETWORKS = {
    # Segments, of which the last batch of an evaluation has but one.
    "lstm": {
        "model": "performance_with_dynamics",
        "network": {"layers": 1, "units": 8},
        "dropout": 0.5,
        "early_stopping": {"patience": 2, "restarts": 1},
    },
    # Whole performances, with states that are carried on.
    "carried": {
        "model": "multiconditioned_performance_with_dynamics",
        "network": {"layers": 2, "units": 8},
        "losses": {"rhythm": 0.5},
        "truncate": 16,
    },
    "transformer": {
        "model": "performance_transformer",
        "network": {"blocks": 1, "width": 16, "heads": 2, "context": 24},
        "optimizer": "adamw",
        "truncate": 16,
    },
}

# Every training: where it is packed, where its state lies, seconds, devices.
PROGRAM = """
import json, logging, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO)
from perfrnn.errors import PerfRNNError
from perfrnn.training.slices import run
for packed, folder, *how in json.loads(sys.argv[1]):
    try:
        print(run(Path(packed), Path(folder), *how))
    except PerfRNNError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    pytest.importorskip("jax")
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name, count in (("train", 9), ("eval", 5)):
        music = [
            np.tile(rng.integers(20, 360, 8), 5)[: rng.integers(20, 40)] for _ in range(count)
        ]
        write_segments(
            folder / f"{name}.tfrecord.gz",
            [
                Segment(events=events, piece=f"{i}", source=f"{i}", start=0.0, stretch=1.0)
                for i, events in enumerate(music)
            ],
        )
    for name, own in NETWORKS.items():
        slices.pack(folder, COMMON | own, None, folder / name)
    return folder


def start(trainings, devices, **variables):
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
    }
    given = [[str(part) for part in paths] + how for *paths, how in trainings]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(given)],
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out.splitlines(), err


@pytest.fixture(scope="module")
def alone(packed, tmp_path_factory):
    """Each training on one device of four; `begun` has taken one step."""
    folder = tmp_path_factory.mktemp("alone")
    trainings = [(packed / name, folder / name, [600, 1]) for name in NETWORKS]
    trainings.append((packed / "transformer", folder / "begun", [0, 1]))
    lines, log = answers(start(trainings, 4))
    assert lines == ["True", "True", "True", "False"]
    assert "device: jax on CPU;" in log
    return folder


def assert_same_history(folder, expected):
    # A draw that a last bit turns round changes all that follows it: these are not compared.
    ours, other = (
        pd.read_csv(path / "history.csv").drop(
            columns=["impossible_note_ons", "impossible_note_offs"]
        )
        for path in (folder, expected)
    )
    pd.testing.assert_frame_equal(ours, other, rtol=0, atol=1e-4)
    assert other["loss"].notna().any()


@pytest.mark.slow
def test_more_devices_train_the_same_and_one_goes_on(packed, alone, tmp_path):
    counts = {"lstm": 2, "carried": 4, "transformer": 0}
    trainings = [(packed / name, tmp_path / name, [600, counts[name]]) for name in counts]
    trainings += [(packed / "carried", tmp_path / "changed", how) for how in ([0, 4], [600, 1])]
    lines, log = answers(start(trainings, 4))
    assert lines == ["True", "True", "True", "False", "True"]
    assert [log.count(f"device: jax on {n}CPU;") for n in ("2 x ", "4 x ", "")] == [1, 3, 1]
    for name in NETWORKS:
        assert_same_history(tmp_path / name, alone / name)
    assert_same_history(tmp_path / "changed", alone / "carried")


@pytest.mark.slow
def test_two_processes_train_the_same_and_go_on_from_one(packed, alone, tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = str(free.getsockname()[1])
    step = {
        "SLURM_JOB_ID": "1",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_LOCALID": "0",
        "JAX_COORDINATOR_PORT": port,
    }
    shutil.copytree(alone / "begun", tmp_path / "transformer")
    trainings = [(packed / "lstm", tmp_path / "lstm", [600, 0])]
    trainings += [(packed / "carried", tmp_path / "carried", how) for how in ([0, 2], [600, 4])]
    trainings += [(packed / "transformer", tmp_path / "transformer", [600, 0])]
    processes = [start(trainings, 2, **step, SLURM_PROCID=number) for number in "01"]
    (lines, log), (lines_of_second, log_of_second) = map(answers, processes)
    assert [line for line in lines if "Gloo" not in line] == ["True", "False", "True", "True"]
    assert lines_of_second[-1] == "True"
    assert log.count("device: jax on 4 x CPU;") == 3
    assert "device:" not in log_of_second
    for name in NETWORKS:
        assert_same_history(tmp_path / name, alone / name)


def test_what_cannot_be_shared_out_says_how_to_mend_it(packed, tmp_path):
    given = (packed / "lstm", tmp_path)
    lines, _ = answers(start([(*given, [600, count]) for count in (3, 5)], 4))
    assert lines == [
        "iterations.lstm.devices: a batch of 4 does not divide among 3 devices; set `batch_size` "
        "to 3 or 6, or `devices` to a number that divides 4",
        "iterations.lstm.devices: 5, but there are 4; lower it, or set it to auto",
    ]


def test_tensorflow_trains_on_one_device():
    for count in (0, 1):
        with shared_out("iter", 4, count):
            pass
    mend = pytest.raises(DevicesError, match=r"iterations\.iter\.devices: 2.*KERAS_BACKEND=jax")
    with mend, shared_out("iter", 4, 2):
        pass


def test_tensorflow_trains_in_one_process(monkeypatch):
    monkeypatch.setenv("SLURM_NTASKS", "3")
    join_processes()  # a batch script, of which srun has yet to start tasks
    monkeypatch.setenv("SLURM_STEP_NODELIST", "node")
    with pytest.raises(DevicesError, match=r"3 tasks.*KERAS_BACKEND=jax"):
        join_processes()
