"""Hundreds of damaged and hostile files: each is converted or in quarantine, and none takes long.

The mutations are drawn from a fixed seed, so a failure comes back.
"""

import io
import random
import time
import zipfile

import pytest
from source_builders import build_midi, build_mxl, build_note, build_score

from perfrnn.corpus.manifest import Source
from perfrnn.errors import BadFileError
from perfrnn.sequences.convert import convert_shard, read_notesequences
from perfrnn.sequences.limits import MAX_SECONDS
from perfrnn.sequences.midi import read_midi
from perfrnn.sequences.musicxml import read_musicxml
from perfrnn.sequences.quarantine import read_quarantine

ON, OFF, PEDAL = b"\x90\x3c\x40", b"\x80\x3c\x00", b"\xb0\x40\x7f"
SLOW = b"\xff\x51\x03\xff\xff\xff"  # 16.8 s a quarter
MIDI = build_midi(
    [(0, b"\xff\x51\x03\x07\xa1\x20"), (0, b"\xff\x58\x04\x04\x02\x18\x08")],
    [(0, b"\xff\x03\x05piano"), (0, b"\xc0\x00"), (0, PEDAL)]
    + [(240 * step, event) for step in range(40) for event in (ON, b"\x3e\x30", OFF, b"\x3e\x00")],
)
ATTRIBUTES = (
    "<attributes><divisions>4</divisions><key><fifths>2</fifths></key>"
    "<time><beats>4</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>"
)
SCORE = build_score(
    [
        ATTRIBUTES + '<direction><sound tempo="90" dynamics="80"/></direction>',
        build_note("C4", 8, "<voice>1</voice>") + build_note("Eb4", 8, "<chord/>") * 2,
        build_note("D5", 0, "<grace/>") + build_note("C5", 16, '<tie type="start"/>'),
        build_note("C5", 16, '<tie type="stop"/>')
        + "<backup><duration>16</duration></backup>"
        + build_note("C3", 3) * 5
        + '<barline><ending number="1" type="start"/><repeat direction="backward"/></barline>',
    ]
    * 3
).encode()
BILLION_LAUGHS = (
    "<!DOCTYPE score-partwise ["
    + '<!ENTITY e0 "ha">'
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    + "]><score-partwise>&e11;</score-partwise>"
)


def zip_bomb():
    """A gigabyte of spaces in a megabyte."""
    buffer = io.BytesIO()
    container = '<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("META-INF/container.xml", container)
        with archive.open("s.xml", "w") as member:
            for _ in range(256):
                member.write(b" " * 2**22)
    return buffer.getvalue()


def chosen():
    """Hostile files that no chance mutation finds: name, content."""
    note = build_note("C4", 1)
    yield (
        "a million notes.mid",
        build_midi(
            [(tick, event) for tick in range(1_000_000) for event in (ON, OFF[:0] + b"\x3c\x00")]
        ),
    )
    yield (
        "as many notes as fit.mid",
        build_midi([(0, ON)] + [(1, b"\x3c\x40\x00\x3c\x00")] * 700_000),
    )
    yield "giant tempo.mid", build_midi([(0, SLOW), (0, ON), (2**27, OFF)], division=1)
    yield (
        "giant delta times.mid",
        build_midi([(0, ON)] + [(0, PEDAL)] * 9).replace(
            b"\0" + PEDAL, b"\xff\xff\xff\x7f" + PEDAL
        ),
    )
    yield "an endless length.mid", MIDI[:40] + b"\xff" * 3_000_000
    yield "thousands of tracks.mid", MIDI + b"MTrk\0\0\0\x04\0\xff\x2f\0" * 50_000
    programs = [(0, bytes([0xC0 | c, p])) for c in range(16) for p in range(128)]
    yield (
        "thousands of instruments.mid",
        build_midi(
            [(0, PEDAL)] * 100_000
            + [
                (n, event)
                for n, (_, program) in enumerate(programs)
                for event in (
                    program,
                    bytes([0x90 | program[0] & 15, 60, 9]),
                )
            ]
        ),
    )
    yield "no note.mid", build_midi([(0, PEDAL)])
    yield "empty.mid", b""
    yield "empty.musicxml", b""
    yield "a score.mid", SCORE
    yield "a performance.musicxml", MIDI
    yield "a performance.mxl", MIDI
    yield "an archive.xml", build_mxl(SCORE)  # content decides, so this one converts
    yield "laughs.musicxml", BILLION_LAUGHS.encode()
    yield "laughs in UTF-16.musicxml", BILLION_LAUGHS.encode("utf-16")
    yield "laughs.mxl", build_mxl(BILLION_LAUGHS)
    yield "bomb.mxl", zip_bomb()
    yield "nested.mxl", build_mxl(build_mxl(SCORE))
    yield "negative duration.musicxml", SCORE.replace(b"<duration>8<", b"<duration>-8<")
    yield (
        "negative time.musicxml",
        SCORE.replace(b"<backup><duration>16<", b"<backup><duration>9999<"),
    )
    yield "negative tempo.musicxml", SCORE.replace(b'tempo="90"', b'tempo="-90"')
    yield "giant tempo.musicxml", SCORE.replace(b'tempo="90"', b'tempo="1e300"')
    yield "slow tempo.musicxml", SCORE.replace(b'tempo="90"', b'tempo="1e-300"')
    yield "no divisions.musicxml", SCORE.replace(b"<divisions>4<", b"<divisions>0<")
    yield "not a number.musicxml", SCORE.replace(b"<divisions>4<", b"<divisions>nan<")
    yield (
        "long digits.musicxml",
        SCORE.replace(b"<duration>8<", b"<duration>" + b"8" * 9999 + b"<"),
    )
    yield "many notes.musicxml", build_score([ATTRIBUTES, note * 100_000]).encode()
    yield (
        "many repeats.musicxml",
        build_score(
            [
                ATTRIBUTES
                + note * 5000
                + '<barline><repeat direction="backward" times="9999"/></barline>'
            ]
            * 3
        ).encode(),
    )
    yield "many measures.musicxml", build_score([note] * 60_000).encode()
    yield (
        "many elements.musicxml",
        b"<score-partwise>" + b"<a/>" * 4_000_000 + b"</score-partwise>",
    )
    yield "deep.musicxml", b"<score-partwise>" + b"<a>" * 1_000_000
    yield "deeper.musicxml", b"<a>" * 500_000 + b"</a>" * 500_000


def mutated(content, random_numbers):
    """Return `content` with one of several kinds of damage."""
    data = bytearray(content)
    kind = random_numbers.choice(["flip", "flips", "cut", "drop", "double", "noise", "digits"])
    place = random_numbers.randrange(len(data))
    if kind == "flip":
        data[place] ^= 1 << random_numbers.randrange(8)
    elif kind == "flips":
        for _ in range(20):
            data[random_numbers.randrange(len(data))] = random_numbers.randrange(256)
    elif kind == "cut":
        del data[place:]
    elif kind == "drop":
        del data[place : place + random_numbers.randrange(1, 50)]
    elif kind == "double":
        data[place:place] = data[place : place + random_numbers.randrange(1, 200)]
    elif kind == "noise":
        data[place:place] = random_numbers.randbytes(50)
    else:
        digits = [at for at, byte in enumerate(data) if 48 <= byte < 58] or [place]
        data[random_numbers.choice(digits)] = random_numbers.choice(b"0123456789-.eE")
    return bytes(data)


def test_each_of_hundreds_of_hostile_files_is_converted_or_in_quarantine(tmp_path):
    random_numbers = random.Random(20230915)
    contents = dict(chosen())
    seeds = {"mid": MIDI, "musicxml": SCORE, "mxl": build_mxl(SCORE)}
    for suffix, seed in seeds.items():
        for number in range(110):
            contents[f"{number}.{suffix}"] = mutated(seed, random_numbers)
    (tmp_path / "a folder.mid").mkdir()
    sources = []
    for name in [*contents, "a folder.mid"]:
        if name in contents:
            (tmp_path / name).write_bytes(contents[name])
        kind = "midi" if name.endswith(".mid") else "musicxml"
        sources.append(
            Source(
                id=name,
                role="performance",
                format=kind,
                composer="",
                title="",
                piece="",
                path=str(tmp_path / name),
            )
        )
    assert len(sources) > 300

    shard, table = tmp_path / "shard.tfrecord.gz", tmp_path / "quarantine.tsv"
    begin = time.monotonic()
    convert_shard(sources, shard, table, processes=2, unfold_repeats=True)
    assert time.monotonic() - begin < 120

    sequences = list(read_notesequences([shard]))
    rows = read_quarantine(table)
    left_out = {row.id: row.reason for row in rows}
    assert sorted([sequence.id for sequence in sequences] + list(left_out)) == sorted(
        source.id for source in sources
    )
    for reason in left_out.values():
        assert reason
        # A file must not end its worker, keep it for long, or find the reader unprepared.
        assert not any(word in reason for word in ("crashed", "longer than 20", "reader failed"))
    for sequence in sequences:
        assert 0 < sequence.total_time <= MAX_SECONDS
        assert all(0 <= note.start_time < note.end_time for note in sequence.notes)
        assert all(note.pitch < 128 and 0 < note.velocity < 128 for note in sequence.notes)
    assert "an archive.xml" in {sequence.id for sequence in sequences}
    for name in ("laughs.musicxml", "bomb.mxl", "giant tempo.mid", "empty.mid", "a folder.mid"):
        assert name in left_out


@pytest.mark.parametrize("name", [name for name, _ in chosen()])
def test_no_hostile_file_takes_long(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(dict(chosen())[name])
    begin = time.process_time()
    try:
        read_midi(path) if name.endswith(".mid") else read_musicxml(path, unfold_repeats=True)
    except BadFileError as error:
        assert "\n" not in str(error)
    assert time.process_time() - begin < 10
