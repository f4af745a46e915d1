"""Values on the command line: numbers in a range, and values that change over time."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any


def number(
    kind: type[int] | type[float],
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
) -> Callable[[str], Any]:
    """Return an argument type: a number above, at least or at most something."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {_NAMES[kind]}") from None
        # Written so that it also fails for nan.
        if not (value > above and least <= value <= most):
            bounds = [
                words
                for limit, words in (
                    (above, f"above {above:g}"),
                    (least, f"at least {least:g}"),
                    (most, f"at most {most:g}"),
                )
                if math.isfinite(limit)
            ]
            raise argparse.ArgumentTypeError(f"must be {' and '.join(bounds)}, not {text}")
        return value

    return read


_NAMES = {int: "whole number", float: "number"}


def over_time(value: Callable[[str], Any]) -> Callable[[str], list[list[Any]]]:
    """Return an argument type: `VALUE`, or `VALUE, SECONDS: VALUE, ...` for changes over time."""
    seconds = number(float, least=0)

    def read(text: str) -> list[list[Any]]:
        pairs = []
        for position, part in enumerate(text.split(",")):
            time, colon, rest = part.partition(":")
            if bool(colon) != (position > 0):
                raise argparse.ArgumentTypeError(
                    f"{text!r} must be one value, or go on like ', 30: VALUE' from 30 s on"
                )
            pairs.append([seconds(time), value(rest.strip())] if colon else [0, value(time)])
        return pairs

    return read


def weights(text: str) -> list[float]:
    """Read the twelve weights of a pitch-class histogram."""
    read = number(float, least=0)
    values = [read(part) for part in text.split()]
    if len(values) != 12:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be 12 numbers, for C, C# up to B, not {len(values)}"
        )
    return values
