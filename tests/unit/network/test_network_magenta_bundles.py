"""Magenta's bundles, from a folder that stands for its host."""

import hashlib

import numpy as np
import pytest

from perfrnn.errors import CorpusError
from perfrnn.network import magenta_bundles as m
from perfrnn.network.bundle import Bundle, BundleError, expected_shapes, write_bundle


@pytest.fixture
def host(tmp_path):
    """A file to serve, the place for what is fetched, and the place for its digest."""
    served = tmp_path / "host/performance_with_dynamics.mag"
    served.parent.mkdir()
    publish(served, seed=0)
    return served, tmp_path / "data/p.mag", tmp_path / "data/p.sha256"


def publish(path, seed):
    rng = np.random.default_rng(seed)
    shapes = expected_shapes(388, 388, layers=1, units=4)
    weights = {name: rng.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    write_bundle(path, Bundle("performance_with_dynamics", "a test", weights))


def fetch(host):
    served, bundle, record = host
    m.fetch_bundle(served.as_uri(), bundle, record)


def test_the_first_download_is_noted(host):
    fetch(host)
    served, bundle, record = host
    assert bundle.read_bytes() == served.read_bytes()
    digest = hashlib.sha256(served.read_bytes()).hexdigest()
    assert record.read_text() == f"{digest}  p.mag\n"


def test_the_same_bundle_is_accepted_again(host):
    fetch(host)
    host[1].unlink()
    fetch(host)
    assert host[1].exists()


def test_another_bundle_is_refused_until_the_user_says_so(host):
    fetch(host)
    served, bundle, record = host
    bundle.unlink()
    publish(served, seed=1)
    with pytest.raises(BundleError, match=rf"changed since {record} .* delete that file"):
        fetch(host)
    assert not bundle.exists()
    record.unlink()
    fetch(host)
    assert bundle.read_bytes() == served.read_bytes()


def test_what_is_no_bundle_leaves_nothing(host):
    served, bundle, record = host
    served.write_bytes(b"<html>not found</html>")
    with pytest.raises(BundleError, match="not a Magenta bundle"):
        fetch(host)
    assert not bundle.exists()
    assert not record.exists()


def test_what_is_too_large_is_never_read(host, monkeypatch):
    monkeypatch.setattr(m, "read_bundle", lambda path: pytest.fail("read"))
    with host[0].open("wb") as file:
        file.truncate(m.LIMIT + 1)  # a hole: it takes no room
    with pytest.raises(CorpusError, match="67,108,865 bytes, more than the 67,108,864"):
        fetch(host)


def test_a_damaged_record_is_named(host):
    host[2].parent.mkdir()
    host[2].write_text("<html>")
    with pytest.raises(BundleError, match=r"p\.sha256: is no line of sha256sum; delete it"):
        fetch(host)


def test_a_line_that_anyone_can_change_is_told(host, monkeypatch, caplog):
    monkeypatch.setattr(m, "download", lambda url, target, **_: publish(target, seed=0))
    host[1].parent.mkdir()
    for url, warned in (("https://host/p.mag", False), ("http://host/p.mag", True)):
        caplog.clear()
        host[2].unlink(missing_ok=True)
        m.fetch_bundle(url, host[1], host[2])
        assert ("nothing but the line" in caplog.text) == warned
