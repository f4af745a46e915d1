"""A small, made-up experiment: the files that training, sampling and rendering leave behind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import matplotlib.image
import numpy as np
import soundfile

CHANCE = math.log(388)

RATES = {
    "iter1": {"schedule": "piecewise", "boundaries": [65000, 71000], "values": [1e-3, 2e-3, 1e-3]},
    "iter2": {"schedule": "cyclical", "lower": 2.5e-4, "upper": 1e-3, "half_cycle": "2 epochs"},
    "iter3": {"schedule": "cyclical", "lower": 1e-6, "upper": 1e-2, "half_cycle": "2 epochs"},
}
KEYS = {"iter3": ["C major", "D major", "D minor"]}

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="2100" height="2970" viewBox="0 0 2100 2970">'
    + "".join(
        f'<path d="M100 {y}H2000" stroke="black" stroke-width="2"/>'
        for top in range(200, 2900, 300)
        for y in range(top, top + 90, 18)
    )
    + "</svg>"
)


def make_metrics(name: str, *, steps: int = 60, stops: tuple[int, ...] = ()) -> dict:
    conditioned = name == "iter3"
    model = "performance_with_dynamics"
    parameters = {
        "batch_size": 16,
        "dropout": 0.2 if conditioned else 0.5,
        "evaluate_every": "1 epochs",
        "learning_rate": RATES[name],
        "max_steps": steps,
        "model": f"multiconditioned_{model}" if conditioned else model,
        "network": {"layers": 3, "units": 512},
        "precision": "auto",
        "seed": 20230915,
        "transpose": [0],
    }
    if name == "iter2":
        parameters |= {
            "l1": 1e-4,
            "losses": {"harmonic_progression": 0.5, "rhythm": 0.5},
            "early_stopping": {
                "patience": "10 epochs",
                "restarts": 1,
                "restart_patience": "20 epochs",
            },
        }
    kept = {"iter1": 3.642, "iter2": 3.871, "iter3": 3.505}[name]
    return {
        "iteration": name,
        "model": parameters["model"],
        "start": "scratch (random weights)",
        "parameters": parameters,
        "steps": steps,
        "steps_per_epoch": 22,
        "stops": [
            {"step": step, "loss": kept + 0.2, "best_step": step - 20, "best_loss": kept}
            for step in stops
        ],
        "kept": {
            "step": steps,
            "loss": kept,
            "accuracy": 0.1234,
            "event_accuracy": 0.1187,
            "impossible_note_ons": 0.021,
            "impossible_note_offs": 0.034,
            "perplexity": math.exp(kept),
        },
        "start_metrics": {"loss": 5.957, "accuracy": 0.0026, "event_accuracy": 0.0026},
        "chance": CHANCE,
        "ended": "early_stopping" if stops else "max_steps",
        "seconds": 245.4,
        "events_per_second": 1893.2,
        "device": "CPU (2 cores)",
        "precision": "bfloat16",
        "parameters_count": 6_245_764,
        "verdict": f"step {steps} of {steps} is kept: {kept} nats per event on the evaluation set",
    }


def make_history(metrics: dict, every: int = 2) -> str:
    steps, kept = metrics["steps"], metrics["kept"]["loss"]
    noise = np.random.default_rng(0).normal(0, 0.06, steps // every + 1)
    rows = ["step,run,learning_rate,loss,total_loss,eval_loss,eval_accuracy,eval_event_accuracy"]
    stops = [stop["step"] for stop in metrics["stops"]]
    rate = metrics["parameters"]["learning_rate"]
    for row, step in enumerate(range(0, steps + 1, every)):
        run = sum(stop < step for stop in stops)
        level = kept - 0.1 + (CHANCE - kept) * math.exp(-4 * step / steps)
        value = rate["values"][0] if "values" in rate else None
        if value is None:
            position = step % 88 / 44
            value = rate["lower"] + (rate["upper"] - rate["lower"]) * (1 - abs(position - 1))
        training = f"{level + noise[row]:.4f},{level + 0.3:.4f}" if step else ","
        scored = step % 20 == 0 or step == steps
        evaluation = f"{level + 0.08:.4f},0.12,0.11" if scored else ",,"
        rows.append(f"{step},{run},{value:g},{training},{evaluation}")
    return "\n".join(rows) + "\n"


def make_dataset() -> dict:
    return {
        "settings": {
            "eval_ratio": 0.1,
            "max_events": 512,
            "min_events": 32,
            "seed": 20230915,
            "segment_seconds": 30,
            "segments": "magenta",
            "split_by": "piece",
            "stretch": [1.0],
        },
        "licence": "Encodings used by permission of <Someone> & others; the music is free.",
        "sources": 160,
        "converted": 157,
        "quarantined": 3,
        "performed": 157,
        "composers": {
            "Johann Sebastian Bach": 80,
            "Frédéric Chopin": 1,
            "O'Neill & <Sons>": 76,
        },
        "splits": {
            "train": {
                "sources": 124,
                "pieces": 122,
                "segments": 311,
                "events": 104_126,
                "bytes": 301_222,
            },
            "eval": {
                "sources": 16,
                "pieces": 16,
                "segments": 39,
                "events": 13_020,
                "bytes": 33_871,
            },
            "test": {
                "sources": 17,
                "pieces": 15,
                "segments": 41,
                "events": 14_107,
                "bytes": 35_310,
            },
        },
        "eval_is_test": False,
        "held_out_elsewhere": [],
        "duplicates": {
            "same_performance": 0,
            "left_out": 0,
            "kept_apart": 0,
            "heard_before": 0,
        },
        "piece_overlap": {
            "piece": {"held_out_files": 33, "sharing_a_piece": 0},
            "file": {"held_out_files": 34, "sharing_a_piece": 2},
        },
    }


def make_evaluation(names: tuple[str, ...]) -> dict:
    """Return the content of an `evaluation.json` on three samples of each model."""
    iterations = {}
    for place, name in enumerate(("before training", *names)):
        shares, percentiles = [0.5, 0.6, 0.7], [1.0 * place, 2.0, 12.0]
        asked = {
            "asked_key_in_scale": 0.8,
            "asked_key_lift": 0.2,
            "asked_key_found": 1 / 3,
            "asked_key_related": 2 / 3,
            "asked_density_ratio": 0.75,
        }
        iterations[name] = {
            "samples": 3,
            "intervals": "too few samples: 3, and 16 are needed",
            "share_inside": {"mean": 0.6, "interval": None, "human_interval": [0.79, 0.99]},
            "percentile": {"mean": 5.0, "interval": None, "human_interval": [22.0, 77.0]},
            "verdict": f"Verdict on {name} & company. 3 samples show gross differences only.",
            "farthest": [
                {
                    "metric": "pulse_clarity",
                    "median": None if place else 0.125,
                    "outside": 1.0,
                    "human_low": 0.258,
                    "human_median": 0.451,
                    "human_high": 0.759,
                }
            ],
            "longest_copy": {
                "median": 7.0,
                "most": 9,
                "held_out": {"set": "test", "pieces": 14, "median": 8.0, "high": 11.0},
            },
            "adherence": asked if name == "iter3" else None,
            "per_sample": [
                {"number": number, "share_inside": share, "percentile": percentile}
                for number, share, percentile in zip((1, 2, 3), shares, percentiles, strict=True)
            ],
        }
    comparison = {"auc": 0.6, "interval": None, "told_apart": False}
    return {
        "reference": {"measures": 26, "excerpts": 217, "pieces": 217, "composers": 16},
        "iterations": iterations,
        "comparisons": [comparison | {"better": names[0], "worse": "before training"}],
    }


def make_likelihoods(names: tuple[str, ...]) -> str:
    rows = ["model,set,events,loss,accuracy"]
    rows += [
        f"{name},test,13000,{3.25 - place / 10},0.2"
        for place, name in enumerate(("before training: performance_with_dynamics", *names))
    ]
    return "\n".join(rows) + "\n"


def make_overlap(names: tuple[str, ...]) -> str:
    """Return an `overlap.csv` of two features."""
    rows = [
        "iteration,feature,samples,held_out,seconds,distance_within_samples,"
        "distance_within_held_out,distance_between,overlapping_area,kl_divergence,"
        "human_overlapping_area,human_kl_divergence"
    ]
    for place, name in enumerate(("before training", *names)):
        rows.append(f"{name},pitch_range,3,14,30,9,10,11,0.{place}5,{place}.5,0.9,0.04")
        rows.append(f"{name},note_count,3,14,30,90,100,110,0.{place}1,{place}.7,0.8,0.08")
    return "\n".join(rows) + "\n"


def make_sample(folder: Path, number: int, key: str | None, seconds: float = 1.0) -> None:
    """Write all files of one sample but the PDF; the sound is a quiet tone."""
    random = np.random.default_rng(number)
    about = {
        "seed": 20230914 + number,
        "key": key,
        "num_steps": 6000,
        "temperature": 1.0,
        "notes": 640 + number,
        "events": 2318,
        "seconds": 60.0,
        "model_sha256": "0" * 64,
        "notes_per_second": 15.0 if key else None,
    }
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"sample-{number}"
    stem.with_suffix(".json").write_text(json.dumps(about))
    stem.with_suffix(".mid").write_bytes(b"MThd")
    stem.with_suffix(".musicxml").write_text("<score-partwise/>")
    stem.with_suffix(".svg").write_text(SVG)
    roll = np.ones((120, 600))
    roll[random.integers(0, 120, 400), random.integers(0, 600, 400)] = 0
    matplotlib.image.imsave(stem.with_suffix(".png"), np.kron(roll, np.ones((3, 3))), cmap="gray")
    tone = 0.05 * np.sin(2 * np.pi * 220 * np.arange(int(44100 * seconds)) / 44100)
    for ending in (".wav", ".mp3"):
        soundfile.write(stem.with_suffix(ending), tone, 44100)


def make_results(folder: Path, names: tuple[str, ...] = ("iter1", "iter2", "iter3")) -> Path:
    """Write `data/embedded/dataset/dataset.json` and `results/<iteration>/...` below `folder`."""
    dataset = folder / "data/embedded/dataset/dataset.json"
    dataset.parent.mkdir(parents=True, exist_ok=True)
    dataset.write_text(json.dumps(make_dataset()))
    for name in names:
        home = folder / "results" / name
        metrics = make_metrics(name)
        for number in (1, 2, 3):
            key = KEYS[name][number - 1] if name in KEYS else None
            make_sample(home / "samples", number, key)
        (home / "metrics.json").write_text(json.dumps(metrics))
        (home / "history.csv").write_text(make_history(metrics))
    evaluation = folder / "results/evaluation.json"
    evaluation.write_text(json.dumps(make_evaluation(names)))
    (folder / "results/likelihood.csv").write_text(make_likelihoods(names))
    (folder / "results/overlap.csv").write_text(make_overlap(names))
    return folder / "results"
