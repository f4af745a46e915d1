"""Numbers that arrive as text: what Snakemake makes of `--config 'samples={count: 5}'`.

Inside braces and brackets Snakemake leaves every scalar as text. Where the schema does not want
text, it is read again as YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def read_scalars(config: dict[str, Any], validator: Validator) -> None:
    """Replace, in place, text that does not fit the schema by what YAML reads in it."""
    for error in list(validator.iter_errors(config)):
        if error.validator in ("type", "pattern") and isinstance(error.instance, str):
            parent: Any = config
            *steps, last = error.absolute_path
            for step in steps:
                parent = parent[step]
            if parent[last] == error.instance:  # else the text is a key's name
                parent[last] = read_scalar(error.instance)


def read_scalar(text: str) -> Any:
    """Return the number, truth value or null that `text` is in YAML; else `text`."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text
