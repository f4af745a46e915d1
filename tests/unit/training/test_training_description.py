import pytest

from example_results import make_metrics
from perfrnn.training.description import describe_network, describe_settings


def texts(metrics, *, only_different=False):
    return {
        setting.name: setting.text
        for setting in describe_settings(metrics)
        if setting.differs or not only_different
    }


def magenta_s_own():
    metrics = make_metrics("iter1")
    del metrics["parameters"]["dropout"]
    metrics["parameters"]["batch_size"] = 64
    metrics["parameters"]["learning_rate"] = {"schedule": "constant", "value": 1e-3}
    return metrics


def test_nothing_is_special_about_magenta_s_own_settings():
    assert texts(magenta_s_own(), only_different=True) == {}


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [
        ("batch_size", 48, "Batch"),
        ("dropout", 0.2, "Dropout"),
        ("clip_norm", 0.25, "Gradients"),
        ("l1", 1e-4, "L1"),
        ("learning_rate", {"schedule": "constant", "value": 2e-3}, "Learning rate"),
        ("losses", {"rhythm": 0.5}, "Extra losses"),
        ("early_stopping", {"patience": 470}, "Early stopping"),
        ("network", {"layers": 2, "units": 128}, "Network"),
        ("transpose", [-1, 0, 1], "Transposition"),
        ("latches", True, "Latches"),
        ("spans", {"seconds": 75, "of": "all"}, "Spans"),
        ("held_controls", 0.5, "Conditions"),
    ],
)
def test_each_departure_is_marked_alone(key, value, name):
    metrics = magenta_s_own()
    metrics["parameters"][key] = value
    assert list(texts(metrics, only_different=True)) == [name]


def test_a_transformer_in_words():
    metrics = magenta_s_own() | {"model": "performance_transformer", "parameters_count": 7612345}
    metrics["parameters"] |= {
        "model": "performance_transformer",
        "network": {"blocks": 6, "width": 320, "heads": 5, "context": 1024},
        "optimizer": "muon",
        "weight_decay": 0.0,
    }
    described = texts(metrics, only_different=True)
    assert described == {
        "Model": "transformer, which can be asked for a composer, a key and a note density",
        "Network": (
            "6 blocks of width 320 with 5 heads, which look back at 1,024 events, "
            "7,612,345 weights"
        ),
        "Gradients": (
            "all together clipped to norm 1; Muon, with AdamW for what goes in and out; "
            "weight decay 0"
        ),
    }


def test_the_conditioned_model_is_a_departure():
    metrics = magenta_s_own() | {"model": "multiconditioned_performance_with_dynamics"}
    assert "asked for a key" in texts(metrics, only_different=True)["Model"]


def test_the_dissertation_s_second_iteration_in_words():
    described = texts(make_metrics("iter2"))
    assert described["Learning rate"] == (
        "cycles between 0.00025 and 0.001, 2 epochs (44 steps) each way"
    )
    assert described["L1"] == "0.0001 times the sum of absolute weights"
    assert described["Extra losses"] == (
        "harmonic progression (weight 0.5) and rhythm (weight 0.5)"
    )
    assert described["Early stopping"] == (
        "after 10 epochs (220 steps) without a better evaluation; "
        "then goes on, once at most, waiting 20 epochs (440 steps)"
    )


@pytest.mark.parametrize(
    ("max_steps", "text"),
    [
        (60, "0.001 (2 later changes not reached in this run)"),
        (70_000, "0.001, 0.002 from step 65,000 (1 later change not reached in this run)"),
        (191_000, "0.001, 0.002 from step 65,000, 0.001 from step 71,000"),
    ],
)
def test_a_piecewise_rate_tells_which_changes_the_run_reaches(max_steps, text):
    assert texts(make_metrics("iter1", steps=max_steps))["Learning rate"] == text


def test_whole_performances_and_a_long_decay_in_words():
    metrics = make_metrics("iter1")
    metrics["parameters"] |= {
        "truncate": 128,
        "batch_size": 32,
        "learning_rate": {"schedule": "cosine", "peak": 3e-3, "warmup": 200},
    }
    described = texts(metrics)
    assert described["Batch"].startswith("128 events of each of 32 performances a step")
    assert described["Learning rate"].startswith("rises to 0.003 over 200 steps")


def test_only_of_a_transformer_it_is_said_what_is_new():
    assert describe_network(make_metrics("iter1")) == ""
    transformer = {
        "model": "performance_transformer",
        "parameters": {"network": {"blocks": 6, "width": 320, "heads": 5, "context": 2048}},
    }
    assert "looks back at the last 2,048 events" in describe_network(transformer)
