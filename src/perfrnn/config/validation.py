"""The configuration checked against its schema, with defaults filled in and faults in one line."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from perfrnn.config.contradictions import contradictions
from perfrnn.config.scalars import read_scalar, read_scalars
from perfrnn.errors import ConfigError

Config = dict[str, Any]

_TYPES = {
    "integer": "a whole number",
    "number": "a finite number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _is_whole(checker: object, value: object) -> bool:
    """Whether a value is an integer; JSON Schema takes 3.0 for one, and Python does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(checker: object, value: object) -> bool:
    """Whether a value is a number; YAML has .nan and .inf, which pass bounds or stop nothing."""
    return _is_whole(checker, value) or (isinstance(value, float) and math.isfinite(value))


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_finite}
    ),
)

_BARE_EXPONENT = re.compile(r"^[+-]?\d+[eE][+-]?\d+$")


def load_schema(path: str | Path) -> dict[str, Any]:
    """Read a JSON schema written in YAML."""
    with Path(path).open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Config:
    """Return a copy of `config` with defaults filled in.

    Raises
    ------
    ConfigError
        If a key is unknown, a value is of the wrong type or out of range, values contradict each
        other or a named file does not exist. The message names the first offending key.
    """
    filled = deepcopy(dict(config))
    if isinstance(filled.get("iterations"), dict):  # null, or text of it, leaves one out
        filled["iterations"] = {
            name: value
            for name, value in filled["iterations"].items()
            if value is not None and not (isinstance(value, str) and read_scalar(value) is None)
        }
    _fill_defaults(filled, schema, schema)
    validator = _Validator(schema)
    read_scalars(filled, validator)
    error = jsonschema.exceptions.best_match(validator.iter_errors(filled))
    if error is not None:
        raise ConfigError(_explain(error))
    for problem in contradictions(filled):
        raise ConfigError(problem)
    return filled


def _fill_defaults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if not isinstance(value, dict):
        return
    for key, child in schema.get("properties", {}).items():
        if key not in value and "default" in child:
            value[key] = deepcopy(child["default"])
        if key in value:
            _fill_defaults(value[key], child, root)
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        for key in value.keys() - schema.get("properties", {}).keys():
            _fill_defaults(value[key], extra, root)


def _explain(error: jsonschema.ValidationError) -> str:
    """Return one line that names the key, the fault and the mend."""
    key = ".".join(str(part) for part in error.absolute_path)
    value: Any = error.instance
    schema: Any = error.schema
    argument: Any = error.validator_value
    if error.validator == "additionalProperties" and isinstance(value, dict):
        allowed = sorted(schema.get("properties", {}))
        unknown = sorted(set(value) - set(allowed), key=str)[0]
        near = difflib.get_close_matches(str(unknown), allowed, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(allowed)}"
        where = f"{key}." if key else ""
        return f"config: unknown key `{where}{unknown}`; {hint}"
    if error.validator == "required" and isinstance(value, dict):
        missing = next(name for name in argument if name not in value)
        where = f"{key}." if key else ""
        return f"config: `{where}{missing}` is missing; add it"
    mend = " ".join(schema.get("description", "").split()).rstrip(".")
    if "propertyNames" in error.absolute_schema_path:
        return f"config: `{key}`: {value!r} cannot be a name; expected: {mend}"
    if isinstance(value, str) and _BARE_EXPONENT.match(value):
        mend = f"a number with a point, such as 1.0e-4 (YAML reads {value} as text)"
    return f"config: `{key}` {_fault(error)}, not {value!r}" + (
        f"; expected: {mend}" if mend else ""
    )


def _fault(error: jsonschema.ValidationError) -> str:
    bound: Any = error.validator_value
    match error.validator:
        case "minimum":
            return f"must be at least {bound}"
        case "exclusiveMinimum":
            return f"must be above {bound}"
        case "maximum":
            return f"must be at most {bound}"
        case "exclusiveMaximum":
            return f"must be below {bound}"
        case "minItems" | "maxItems" if bound > 1:
            return f"must have {bound} entries"
        case "minItems" | "minProperties" | "minLength":
            return "must not be empty"
        case "enum":
            return f"must be one of {', '.join(map(str, bound))}"
        case "type":
            kinds = bound if isinstance(bound, list) else [bound]
            return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}"
        case "maxLength":
            return f"must have at most {bound} letters"
        case _:
            return "has the wrong form"
