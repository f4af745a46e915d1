"""What is made again, and what is left as it is."""

import pytest

from perfrnn.remaking import remake


class Maker:
    def __init__(self, folder):
        self.outputs = [folder / "a", folder / "b"]
        self.record = folder / "record"
        self.calls = 0

    def __call__(self, made_of, error=None):
        def make():
            self.calls += 1
            self.outputs[0].write_text(str(made_of))
            if error:
                raise error
            self.outputs[1].write_text("")

        return remake(self.outputs, self.record, made_of, make)


@pytest.fixture
def maker(tmp_path):
    return Maker(tmp_path)


def test_the_same_is_made_once(maker):
    assert maker({"x": 1, "y": [2]}) is True
    assert maker({"y": [2], "x": 1}) is False
    assert maker.calls == 1


def test_what_is_made_of_something_else_is_made_again(maker):
    maker([1])
    assert maker([2]) is True
    assert maker.outputs[0].read_text() == "[2]"
    assert maker([1]) is True


@pytest.mark.parametrize("lost", ["a", "b", "record"])
def test_what_is_not_there_is_made_again(maker, tmp_path, lost):
    maker([1])
    (tmp_path / lost).unlink()
    assert maker([1]) is True
    assert maker([1]) is False


def test_what_failed_half_way_is_made_again(maker):
    maker([1])
    with pytest.raises(RuntimeError, match="power cut"):
        maker([2], RuntimeError("power cut"))
    # The files of old are a mixture now, and whoever asks for the old ones must not get them.
    assert maker([1]) is True
