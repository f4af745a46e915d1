"""Templates to files: one environment, relative links, everything escaped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from perfrnn import words
from perfrnn.files import atomic
from perfrnn.report import captions
from perfrnn.report.results import FORMATS
from perfrnn.training import description

REPORT = "perfrnn.report"


def write_template(name: str, out: Path, *, room: str = REPORT, **context: Any) -> None:
    """Render the template `name` of a room to `out`, as a whole or not at all.

    Templates of other rooms may build on those of the report.

    In the template, `path | link` is the URL of a file relative to `out`'s folder, and `words`,
    `description` and `captions` are the modules of these names.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(room), PackageLoader(REPORT)]),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["link"] = _linker(out.parent)
    environment.tests["expect_noise"] = captions.expect_noise
    environment.globals.update(
        words=words, description=description, captions=captions, formats=FORMATS
    )
    text = environment.get_template(name).render(context)
    with atomic(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _linker(folder: Path) -> Callable[[Path], str]:
    def link(path: Path) -> str:
        return quote(Path(os.path.relpath(path, folder)).as_posix())

    return link
