"""The command `perfrnn`: music from models, scores played, MIDI as sound and score, set-up."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from perfrnn.commands import generate, new, perform, render
from perfrnn.errors import PerfRNNError, storage_fault


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def make_parser() -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="perfrnn", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"perfrnn {version('perfrnn')}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (generate, perform, render, new):
        name = command.__name__.rsplit(".", 1)[-1]
        summary = str(command.__doc__).splitlines()[0]
        added = commands.add_parser(
            name,
            help=summary[0].lower() + summary[1:].rstrip("."),
            description=summary,
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(added)
        added.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status.

    0 if all went well, 1 after an error, told in one line, 2 if the command line is wrong.
    """
    options = make_parser().parse_args(arguments)
    try:
        with _quiet_libraries():
            options.run(options)
    except PerfRNNError as error:
        print(f"perfrnn: error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        fault = storage_fault(error) or f"{error.filename}: {error.strerror}"
        print(f"perfrnn: error: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep warnings, and what TensorFlow and the synthesizer write to the terminal, to ourselves.

    They write to the file descriptor, whatever Python or the environment says. Errors come as
    exceptions all the same.
    """
    terminal = os.dup(2)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


if __name__ == "__main__":
    sys.exit(main())
