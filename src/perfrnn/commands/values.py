"""Values on the command line: numbers in a range, and values that change over time."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

MOST_SECONDS = 24 * 3600
"""Longest music that is made or asked about."""


MOST_WEIGHT = 1_000_000
"""Largest weight of a pitch class; only the proportions of the twelve count."""


def number(
    kind: type[int] | type[float],
    *,
    above: float | None = None,
    least: float | None = None,
    most: float,
) -> Callable[[str], Any]:
    """Return an argument type: a number above or at least something, and at most something.

    Every number has both bounds: one that is none (`nan`), has no end (`inf`) or asks for more
    than a machine has would be found out only once work has begun.
    """
    if (above is None) == (least is None):
        raise TypeError("a number has one lower bound: above or least")
    lower = f"above {above}" if least is None else f"at least {least}"

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {_NAMES[kind]}") from None
        # Written so that it also fails for nan.
        is_enough = value > above if above is not None else least is not None and value >= least
        if not (is_enough and value <= most):
            raise argparse.ArgumentTypeError(f"must be {lower} and at most {most}, not {text}")
        return value

    return read


_NAMES = {int: "whole number", float: "number"}


def over_time(value: Callable[[str], Any]) -> Callable[[str], list[list[Any]]]:
    """Return an argument type: `VALUE`, or `VALUE, SECONDS: VALUE, ...` for changes over time."""
    seconds = number(float, least=0, most=MOST_SECONDS)

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
    read = number(float, least=0, most=MOST_WEIGHT)
    values = [read(part) for part in text.split()]
    if len(values) != 12:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be 12 numbers, for C, C# up to B, not {len(values)}"
        )
    return values
