"""The command that plays a score."""

import pretty_midi
import pytest

from perfrnn.cli import main
from source_builders import build_score


def run(*arguments):
    return main([str(argument) for argument in arguments])


@pytest.fixture
def score(tmp_path):
    chord = "".join(
        f"<note>{'<chord/>' if step != 'C' else ''}<pitch><step>{step}</step><octave>4</octave>"
        "</pitch><duration>1</duration></note>"
        for step in "CEG"
    )
    path = tmp_path / "score.musicxml"
    path.write_text(build_score(["<attributes><divisions>1</divisions></attributes>" + 4 * chord]))
    return path


def test_perform_plays_a_score(score, tmp_path, capsys):
    as_written, played = tmp_path / "written.mid", tmp_path / "played.mid"
    assert run("perform", score, "--expression", 0, "--out", as_written) == 0
    assert run("perform", score, "--style", "modern", "--seed", 3, "--out", played) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{as_written}: 12 notes in 2.0 s"
    assert said[1].startswith(f"{played}: 12 notes in ")
    files = [pretty_midi.PrettyMIDI(str(path)) for path in (as_written, played)]
    written, performed = (sorted(f.instruments[0].notes, key=lambda n: n.start) for f in files)
    # Quarters at 120 a minute, chords struck at once, mezzoforte.
    assert [round(note.start, 3) for note in written] == [
        t for t in (0, 0.5, 1, 1.5) for _ in "CEG"
    ]
    assert {note.velocity for note in written} == {80}
    assert sorted(n.pitch for n in performed) == sorted(n.pitch for n in written)
    assert len({note.start for note in performed}) > 8
    assert len({note.velocity for note in performed}) > 3


def test_perform_heeds_its_seed(score, tmp_path):
    contents = []
    for number, seed in enumerate((0, 0, 1)):
        out = tmp_path / f"{number}.mid"
        assert run("perform", score, "--seed", seed, "--out", out) == 0
        contents.append(out.read_bytes())
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.parametrize(
    ("name", "content", "flags", "text"),
    [
        ("none.mid", None, [], "there is no file"),
        ("score.txt", b"C D E", [], "is no score by its suffix"),
        ("broken.mid", b"MThd", [], "give another file"),
        ("broken.mid", b"MThd", ["--out", "x.wav"], "is no name for a MIDI file"),
    ],
)
def test_perform_tells_in_one_line_what_is_wrong(tmp_path, capsys, name, content, flags, text):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run("perform", tmp_path / name, "--out", tmp_path / "out.mid", *flags) == 1
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1
