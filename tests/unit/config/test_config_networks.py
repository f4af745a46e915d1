"""Settings of an iteration that go with its network, and those that do not."""

from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from perfrnn import config as c
from perfrnn.config import networks
from perfrnn.errors import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = c.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text())

TRANSFORMER = {
    "model": "performance_transformer",
    "max_steps": 100,
    "learning_rate": {"schedule": "constant", "value": 1e-3},
}


@pytest.fixture(autouse=True)
def _project(monkeypatch):
    monkeypatch.chdir(ROOT)


def config(source="scratch", iter1=None, **settings):
    changed = deepcopy(DEFAULT)
    changed["pretrained"]["source"] = source
    changed["budget"] = None
    changed["iterations"]["iter1"] |= iter1 or {}
    changed["iterations"]["iter4"] = TRANSFORMER | settings
    return changed


def parameters(iteration="iter4", **settings):
    return c.training_parameters(c.validate(config(**settings), SCHEMA), iteration)


def test_a_transformer_has_a_size_and_an_optimizer_without_being_told():
    found = parameters()
    assert found["network"] == {"blocks": 6, "width": 320, "heads": 5, "context": 1024}
    assert found["optimizer"] == "adamw"
    assert not {"weight_decay", "clip_norm", "dropout"} & found.keys()


def test_what_is_said_of_a_transformer_is_heeded():
    found = parameters(
        network={"width": 64, "heads": 4}, optimizer="muon", weight_decay=0, clip_norm=2.0
    )
    assert found["network"] == {"blocks": 6, "width": 64, "heads": 4, "context": 1024}
    assert found["optimizer"] == "muon"
    assert found["weight_decay"] == 0
    assert found["clip_norm"] == 2.0


def test_an_lstm_depends_on_nothing_of_a_transformer():
    found = parameters("iter1")
    assert found["network"] == {"layers": 3, "units": 512}
    assert found["clip_norm"] == 3.0
    assert not {"optimizer", "weight_decay"} & found.keys()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"dropout": 0.1}, "iterations.iter4.dropout` is for an LSTM"),
        ({"latches": True, "truncate": 128}, "iterations.iter4.latches` is for an LSTM"),
        ({"iter1": {"optimizer": "muon"}}, "iterations.iter1.optimizer` is for a transformer"),
        ({"iter1": {"weight_decay": 0.1}}, "iterations.iter1.weight_decay` is for a transformer"),
        ({"iter1": {"network": {"blocks": 2}}}, "iterations.iter1.network` is for a transformer"),
        ({"network": {"heads": 3}}, "`width` 320 is no even multiple of 3 `heads`"),
        ({"network": {"width": 15}}, "`width` 15 is no even multiple of 5 `heads`"),
        ({"start": "iter1"}, "one is a transformer"),
        ({"optimizer": "sgd"}, "`iterations.iter4.optimizer` must be one of adamw, muon"),
    ],
)
def test_contradictions_are_told_with_their_mend(settings, told):
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")):
        c.validate(config(**settings), SCHEMA)


def test_a_bundled_transformer_must_ship_and_fit(monkeypatch, tmp_path):
    monkeypatch.setattr(networks, "bundled_path", lambda model: tmp_path / model)
    with pytest.raises(ConfigError, match="no transformer ships with the package"):
        c.validate(config("bundled"), SCHEMA)
    (tmp_path / "performance_transformer").touch()
    c.validate(config("bundled", network={"context": 2048}), SCHEMA)
    with pytest.raises(ConfigError, match="not that of the bundled transformer"):
        c.validate(config("bundled", network={"blocks": 5}), SCHEMA)


def test_the_ablation_is_of_an_lstm():
    assert len(c.ablation_variants(c.validate(config(), SCHEMA))) == 6
    named = config() | {"ablation": {"iteration": "iter4"}}
    with pytest.raises(ConfigError, match="iter4 is a transformer"):
        c.validate(named, SCHEMA)
    alone = config()
    alone["iterations"] = {"iter4": TRANSFORMER}
    assert c.ablation_variants(c.validate(alone, SCHEMA)) == {}
