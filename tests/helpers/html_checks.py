"""Checks that every page of the report must pass, on the standard library's HTML parser."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

VOID = {"meta", "link", "img", "br", "hr", "input", "source"}


class Page(HTMLParser):
    """A parsed page: its elements in order, its text, and faults in its nesting."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]}")
        if tag not in ("a", "code", "em", "span", "strong"):
            self.text += " "

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        """What the page loads or points to, `data:` excepted."""
        urls = [
            attributes[name]
            for _, attributes in self.elements
            for name in ("src", "href")
            if name in attributes
        ]
        return [url for url in urls if not url.startswith("data:")]

    def file(self, url: str) -> Path:
        return self.path.parent / unquote(urlsplit(url).path)


def assert_sound(page: Page) -> None:
    """Assert that the page is well formed, whole, offline and accessible."""
    assert not page.faults
    assert not page.open
    assert len(page.ids) == len(set(page.ids)), "ids are unique"
    assert page.all("html")[0]["lang"] == "en"
    assert "width=device-width" in next(
        meta["content"] for meta in page.all("meta") if meta.get("name") == "viewport"
    )
    for url in page.links:
        assert not urlsplit(url).scheme, f"{url} leaves the disk"
        if url.startswith("#"):
            assert url[1:] in page.ids, f"{url} leads nowhere"
        else:
            assert page.file(url).is_file(), f"{url} leads nowhere"
    for tag, attributes in page.elements:
        for reference in ("aria-labelledby", "aria-describedby"):
            assert attributes.get(reference, page.ids[0]) in page.ids
        if tag == "img":
            assert len(attributes["alt"]) > 20, "the alternative text says something"
        if tag == "audio":
            assert "controls" in attributes
            assert attributes["aria-label"]
        if attributes.get("tabindex") == "0":
            assert attributes["role"] == "region"
            assert attributes["aria-label"]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    jumps = [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1]
    assert not jumps, "no heading level is skipped"
