"""The base models that ship with the package, each with its card, and files like theirs.

Theirs are in half precision; what is trained here is kept whole.
"""

from __future__ import annotations

import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np

from perfrnn.arrays import save_arrays
from perfrnn.files import atomic
from perfrnn.network import transformer_file
from perfrnn.network.bundle import (
    GET_AGAIN,
    Bundle,
    BundleError,
    check_variables,
    read_bundle,
    write_bundle,
)
from perfrnn.network.transformer_file import read_transformer, write_transformer
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL

SUFFIX = ".npz"
SUFFIXES = (SUFFIX, transformer_file.SUFFIX)

PIECES = "pieces.tsv"

BASE_MODEL = "the bundled base model"
"""How `metrics.json` calls start weights that ship with the package."""


def suffix_of(model: str) -> str:
    """Return the suffix of the files of a model config: `.npz`, or a transformer's."""
    return transformer_file.SUFFIX if model == TRANSFORMER_MODEL else SUFFIX


def bundled_path(model: str) -> Path:
    """Return the file of the base model of a model config, whether or not there is one."""
    return Path(str(files("perfrnn.network.pretrained").joinpath(model + suffix_of(model))))


def pieces_path() -> Path:
    """Return the table of the pieces that all base models learned from, and were judged by."""
    return Path(str(files("perfrnn.network.pretrained").joinpath(PIECES)))


def is_bundled(source: str) -> bool:
    """Return whether `pretrained.source` is the base models, by name or by path."""
    if source == "bundled":
        return True
    path = Path(source)
    return path.suffix in SUFFIXES and path.resolve() == bundled_path(path.stem).resolve()


def base_models() -> list[str]:
    """Return the names of the base models."""
    folder = files("perfrnn.network.pretrained")
    return sorted(
        Path(item.name).stem for item in folder.iterdir() if item.name.endswith(SUFFIXES)
    )


def read_start(path: str | Path) -> Bundle:
    """Read a model: a transformer (.safetensors), an LSTM's arrays (.npz) or a Magenta bundle.

    Raises
    ------
    BundleError
        If the file is none of these.
    """
    if Path(path).suffix == transformer_file.SUFFIX:
        weights, settings = read_transformer(path)
        return Bundle(TRANSFORMER_MODEL, settings.description, weights, settings)
    return read_arrays(path) if Path(path).suffix == SUFFIX else read_bundle(path)


def write_model(path: str | Path, bundle: Bundle) -> None:
    """Write a transformer, an LSTM's arrays if `path` ends in .npz, else a Magenta bundle."""
    if bundle.settings is not None:
        write_transformer(path, bundle.weights, bundle.settings)
    elif Path(path).suffix == SUFFIX:
        write_arrays(path, bundle)
    else:
        write_bundle(path, bundle)


def write_half(path: str | Path, bundle: Bundle) -> None:
    """Write a model as those that ship are: weights in half precision."""
    if bundle.settings is not None:
        write_transformer(path, bundle.weights, bundle.settings, half=True)
    else:
        write_arrays(path, bundle, half=True)


def write_arrays(path: str | Path, bundle: Bundle, *, half: bool = False) -> None:
    """Write weights as float32, or in half precision, of which each value keeps 11 bits."""
    dtype = np.float16 if half else np.float32
    arrays = {name: value.astype(dtype) for name, value in bundle.weights.items()}
    arrays |= {"model": np.array(bundle.model), "description": np.array(bundle.description)}
    if half:
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
    else:  # compression would save a twelfth, for two seconds
        save_arrays(path, arrays)


def read_arrays(path: str | Path) -> Bundle:
    """Read what `write_arrays` wrote; weights are float32 again.

    Raises
    ------
    BundleError
        If the file is missing, damaged or something else.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream) as file:
            arrays = {name: file[name] for name in file.files}
        model, description = str(arrays.pop("model")), str(arrays.pop("description"))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        mend = "install the package again" if is_bundled(str(path)) else GET_AGAIN
        raise BundleError(f"{path}: no model of perfrnn, or damaged ({error}); {mend}") from error
    weights = {name: value.astype(np.float32) for name, value in arrays.items()}
    check_variables(weights, model, path)
    return Bundle(model, description, weights)
