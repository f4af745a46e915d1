"""Downloads against a server on loopback that misbehaves by script."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from full_disk import tiny_disk
from perfrnn.corpus import download as module
from perfrnn.corpus.download import download, local_file
from perfrnn.errors import ConfigError, CorpusError

CONTENT = bytes(range(256)) * 40  # 10,240 bytes
OTHER = CONTENT[::-1]
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers each request by the next entry of `script`; after the last, properly.

    An entry is a status to answer with, `("drop", n)` to close the line after n bytes of the
    body, `"whole"` to ignore Range, `"open"` to send a body of no stated length, `("other", n)`
    to swap the content and then do as `("drop", n)`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Any] = []
        self.requests: list[dict[str, str]] = []
        self.content = CONTENT
        self.etag = '"one"'
        self.heeds_if_range = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/file.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        server.requests.append(dict(self.headers))
        act = server.script.pop(0) if server.script else "serve"
        if isinstance(act, int):
            self.send_response(act)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        action, count = act if isinstance(act, tuple) else (act, 1 << 30)
        if action == "other":
            server.content, server.etag = OTHER, '"two"'
        start = self._start() if action != "whole" else 0
        if start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(server.content)}")
        if action != "open":
            self.send_header("Content-Length", str(len(body)))
        if server.etag:
            self.send_header("ETag", server.etag)
        self.end_headers()
        self.wfile.write(body[:count])
        self.close_connection = True

    def _start(self) -> int:
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        if not wanted or (
            self.server.heeds_if_range and condition not in (None, self.server.etag)
        ):
            return 0
        return int(wanted[1])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def get(server: Server, target: Path, **options: Any) -> Path:
    return download(server.url, target, key="asap.url", **{"pause": 0.001} | options)


def leftovers(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_fetches_a_file_and_leaves_nothing_else(server: Server, tmp_path: Path) -> None:
    target = get(server, tmp_path / "new" / "a.zip", digest=DIGEST)
    assert target.read_bytes() == CONTENT
    assert leftovers(target.parent) == {"a.zip"}


def test_does_not_ask_for_what_is_there(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    target.write_bytes(CONTENT)
    get(server, target, digest=DIGEST)
    get(server, target)
    assert server.requests == []


def test_replaces_a_file_with_another_digest(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    target.write_bytes(b"stale")
    assert get(server, target, digest=DIGEST).read_bytes() == CONTENT


def test_goes_on_where_the_line_dropped(server: Server, tmp_path: Path) -> None:
    server.script = [("drop", 4000)]
    assert get(server, tmp_path / "a.zip", digest=DIGEST).read_bytes() == CONTENT
    assert "Range" not in server.requests[0]
    assert server.requests[1]["Range"] == "bytes=4000-"
    assert server.requests[1]["If-Range"] == '"one"'


def test_goes_on_in_a_later_run(server: Server, tmp_path: Path) -> None:
    server.script = [("drop", 4000)]
    with pytest.raises(CorpusError, match=r"asap\.url: http.* got 4,000 of 10,240|Incomplete"):
        get(server, tmp_path / "a.zip", attempts=1)
    assert leftovers(tmp_path) == {"a.zip.part", "a.zip.part.json"}
    assert get(server, tmp_path / "a.zip").read_bytes() == CONTENT
    assert server.requests[1]["Range"] == "bytes=4000-"
    assert leftovers(tmp_path) == {"a.zip"}


def test_a_part_of_another_address_is_not_continued(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"x" * 100)
    note = {"url": "http://elsewhere/", "validator": '"one"'}
    (tmp_path / "a.zip.part.json").write_text(json.dumps(note))
    assert get(server, tmp_path / "a.zip").read_bytes() == CONTENT
    assert "Range" not in server.requests[0]


@pytest.mark.parametrize("note", ["", "[]", "{", '{"url": 3}'])
def test_a_part_of_unknown_origin_is_not_continued(
    server: Server, tmp_path: Path, note: str
) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"x" * 100)
    (tmp_path / "a.zip.part.json").write_text(note)
    assert get(server, tmp_path / "a.zip", digest=DIGEST).read_bytes() == CONTENT


def test_a_whole_part_does_not_stand_in_the_way(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT)
    note = {"url": server.url, "validator": '"one"'}
    (tmp_path / "a.zip.part.json").write_text(json.dumps(note))
    assert get(server, tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_server_that_ignores_range_starts_over(server: Server, tmp_path: Path) -> None:
    server.script = [("drop", 4000), "whole"]
    assert get(server, tmp_path / "a.zip", digest=DIGEST).read_bytes() == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize("heeds", [True, False])
def test_altered_content_is_not_appended(server: Server, tmp_path: Path, heeds: bool) -> None:
    server.heeds_if_range = heeds
    server.script = [("drop", 4000), ("other", 1 << 30)]
    assert get(server, tmp_path / "a.zip").read_bytes() == OTHER


def test_without_a_validator_only_a_digest_allows_resuming(server: Server, tmp_path: Path) -> None:
    server.etag = 'W/"weak"'
    server.script = [("drop", 4000)]
    get(server, tmp_path / "a.zip")
    assert "Range" not in server.requests[1]
    server.script = [("drop", 4000)]
    get(server, tmp_path / "b.zip", digest=DIGEST)
    assert server.requests[3]["Range"] == "bytes=4000-"
    assert "If-Range" not in server.requests[3]


def test_pieces_that_do_not_fit_are_fetched_again_whole(server: Server, tmp_path: Path) -> None:
    server.etag = ""
    (tmp_path / "a.zip.part").write_bytes(b"x" * 4000)
    note = {"url": server.url, "validator": ""}
    (tmp_path / "a.zip.part.json").write_text(json.dumps(note))
    assert get(server, tmp_path / "a.zip", digest=DIGEST).read_bytes() == CONTENT
    assert ["Range" in request for request in server.requests] == [True, False]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_waited_out(server: Server, tmp_path: Path, status: int) -> None:
    server.script = [status, status, status]
    assert get(server, tmp_path / "a.zip").read_bytes() == CONTENT
    assert len(server.requests) == 4


def test_pauses_double_up_to_a_minute(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    server.script = [500] * 8
    with pytest.raises(CorpusError):
        get(server, tmp_path / "a.zip", pause=1.0, attempts=8)
    assert pauses == [1, 2, 4, 8, 16, 32, 60]


def test_lasting_trouble_ends_with_the_reason(server: Server, tmp_path: Path) -> None:
    server.script = [500] * 3
    with pytest.raises(CorpusError, match=r"asap\.url: .*status 500"):
        get(server, tmp_path / "a.zip", attempts=3)
    assert leftovers(tmp_path) == set()


def test_a_wrong_address_is_not_tried_again(server: Server, tmp_path: Path) -> None:
    server.script = [404]
    with pytest.raises(CorpusError, match=r"asap\.url: .*status 404; check the address"):
        get(server, tmp_path / "a.zip")
    assert len(server.requests) == 1


def test_tries_are_counted_anew_after_progress(server: Server, tmp_path: Path) -> None:
    server.script = [("drop", 1000)] * 9
    assert get(server, tmp_path / "a.zip", attempts=2).read_bytes() == CONTENT
    assert len(server.requests) == 10


def test_altered_content_is_refused(server: Server, tmp_path: Path) -> None:
    server.content = OTHER
    with pytest.raises(CorpusError, match=r"asap\.url: .*not the expected file"):
        get(server, tmp_path / "a.zip", digest=DIGEST)
    assert leftovers(tmp_path) == set()
    assert len(server.requests) == 1


def test_the_old_file_stays_when_the_new_one_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"old")
    server.content = OTHER
    with pytest.raises(CorpusError):
        get(server, tmp_path / "a.zip", digest=DIGEST)
    assert (tmp_path / "a.zip").read_bytes() == b"old"


@pytest.mark.parametrize("how", ["serve", "open"])
def test_too_much_is_refused_by_declared_and_by_real_size(
    server: Server, tmp_path: Path, how: str
) -> None:
    server.script = [how]
    with pytest.raises(CorpusError, match="more than the 10,239"):
        get(server, tmp_path / "a.zip", limit=len(CONTENT) - 1)
    assert leftovers(tmp_path) == set()


def test_a_body_of_no_stated_length_is_taken(server: Server, tmp_path: Path) -> None:
    server.script = ["open"]
    assert get(server, tmp_path / "a.zip", digest=DIGEST).read_bytes() == CONTENT


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    script=st.lists(
        st.one_of(
            st.sampled_from([500, 503, "whole"]),
            st.tuples(st.just("drop"), st.integers(0, len(CONTENT))),
        ),
        max_size=6,
    )
)
def test_whatever_happens_the_file_is_whole_or_absent(
    server: Server, tmp_path: Path, script: list[Any]
) -> None:
    target = tmp_path / "a.zip"
    target.unlink(missing_ok=True)
    server.script = list(script)
    try:
        get(server, target, attempts=3)
    except CorpusError:
        assert not target.exists()
    else:
        assert target.read_bytes() == CONTENT


def test_an_unreachable_server_is_named(tmp_path: Path) -> None:
    with Server() as gone:
        url = gone.url
    with pytest.raises(CorpusError, match=r"asap\.url: http://127"):
        download(url, tmp_path / "a.zip", key="asap.url", attempts=2, pause=0.001)


def test_a_local_file_is_copied_and_verified(tmp_path: Path) -> None:
    original = tmp_path / "mit Leer zeichen.zip"
    original.write_bytes(CONTENT)
    target = tmp_path / "raw" / "a.zip"
    assert local_file(original.as_uri()) == original
    assert download(original.as_uri(), target, key="k", digest=DIGEST).read_bytes() == CONTENT
    target.unlink()
    with pytest.raises(CorpusError, match=r"k: .* is not the expected file"):
        download(original.as_uri(), target, key="k", digest="0" * 64)
    with pytest.raises(CorpusError, match=r"k: .*No such file"):
        download((tmp_path / "none.zip").as_uri(), target, key="k")
    with pytest.raises(CorpusError, match=r"k: .* has 10,240 bytes, more than the 10,239"):
        download(original.as_uri(), target, key="k", limit=len(CONTENT) - 1)
    assert leftovers(target.parent) == set()


@pytest.mark.parametrize("url", ["ftp://example.org/a.zip", "a.zip", "file://host/a.zip", ""])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"asap\.url: .*is not an https://"):
        download(url, tmp_path / "a.zip", key="asap.url")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "https://exa mple/a.zip"])
def test_malformed_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises((ConfigError, CorpusError), match=r"asap\.url"):
        download(url, tmp_path / "a.zip", key="asap.url", attempts=1)


@pytest.mark.parametrize("is_local", [True, False])
def test_a_full_disk_is_told(server: Server, tmp_path: Path, is_local: bool) -> None:
    (tmp_path / "source").write_bytes(CONTENT)
    with tiny_disk(tmp_path / "disk", kilobytes=16) as disk:
        (disk / "filler").write_bytes(bytes(12 * 1024))
        url = (tmp_path / "source").as_uri() if is_local else server.url
        with pytest.raises(CorpusError) as error:
            download(url, disk / "x", key="asap.url")
    assert str(error.value) == (
        f"asap.url: {disk / 'x'}: No space left on device; make room on that disk, then run the "
        "same command again"
    )


def test_progress_is_a_line_now_and_then_in_a_log(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(module._Progress, "INTERVAL", 0.0)
    with caplog.at_level("INFO"):
        get(server, tmp_path / "a.zip")
    assert "a.zip: 0.0 of 0.0 MB" in caplog.text
