"""Hundreds of damaged and hostile files: each is converted or in quarantine, and none takes long.

The mutations are drawn from a fixed seed, so a failure comes back.
"""

import io
import random
import zipfile

from perfrnn.corpus.manifest import Source
from perfrnn.sequences.convert import convert_shard, read_notesequences
from perfrnn.sequences.limits import MAX_SECONDS
from perfrnn.sequences.quarantine import read_quarantine
from source_builders import build_midi, build_mxl, build_note, build_score

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


def raw_midi(track):
    """A MIDI file of one track given by its bytes."""
    return MIDI[:14] + b"MTrk" + len(track).to_bytes(4, "big") + track


def zip_bomb():
    """A quarter of a gigabyte of spaces in a quarter of a megabyte."""
    buffer = io.BytesIO()
    container = '<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        with archive.open("s.xml", "w") as member:
            for _ in range(64):
                member.write(b" " * 2**22)
    return buffer.getvalue()


def hostile_midi():
    """Files that chance does not find."""
    repeated = b"\1\x3c\0\0\x3c\x40"  # in running status, a note ends and another begins
    instruments = b"".join(
        bytes([0, 0xC0 | channel, program, 0, 0x90 | channel, 60, 9, 1, 60, 0])
        for channel in range(16)
        for program in range(128)
    )
    return {
        "a million notes": raw_midi(b"\0" + ON + repeated * 1_000_000),
        "as many notes as fit": raw_midi(b"\0" + ON + repeated * 690_000),
        "nested notes": raw_midi(b"\0" + ON + b"\1\x3c\x40" * 1_300_000 + b"\1" + OFF),
        "giant tempo": build_midi([(0, SLOW), (0, ON), (2**27, OFF)], division=1),
        "giant times": raw_midi((b"\xff\xff\xff\x7f" + ON + b"\xff\xff\xff\x7f" + OFF) * 100_000),
        "an endless quantity": raw_midi(b"\xff" * 3_000_000),
        "thousands of tracks": MIDI + b"MTrk\0\0\0\4\0\xff\x2f\0" * 50_000,
        "thousands of instruments": raw_midi((b"\0" + PEDAL) * 900_000 + instruments),
        "no note": build_midi([(0, PEDAL)]),
        "empty": b"",
        "a score": SCORE,
    }


def hostile_musicxml():
    """Files that chance does not find."""
    note = build_note("C4", 1)
    repeat = '<barline><repeat direction="backward" times="9999"/></barline>'
    long = "8" * 9999
    return {
        "empty": b"",
        "a performance": MIDI,
        "an archive": build_mxl(SCORE),  # content decides, not the name: this one converts
        "entities": BILLION_LAUGHS.encode(),
        "entities in UTF-16": BILLION_LAUGHS.encode("utf-16"),
        "entities in an archive": build_mxl(BILLION_LAUGHS),
        "a bomb": zip_bomb(),
        "an archive in an archive": build_mxl(build_mxl(SCORE)),
        "negative duration": SCORE.replace(b"<duration>8<", b"<duration>-8<"),
        "negative time": SCORE.replace(b"<backup><duration>16<", b"<backup><duration>99<"),
        "negative tempo": SCORE.replace(b'tempo="90"', b'tempo="-90"'),
        "giant tempo": SCORE.replace(b'tempo="90"', b'tempo="1e300"'),
        "tiny tempo": SCORE.replace(b'tempo="90"', b'tempo="1e-300"'),
        "divisions of zero": SCORE.replace(b"<divisions>4<", b"<divisions>0<"),
        "divisions that are no number": SCORE.replace(b"<divisions>4<", b"<divisions>nan<"),
        "too many digits": SCORE.replace(b"<duration>8<", f"<duration>{long}<".encode()),
        "many notes": build_score([ATTRIBUTES, note * 90_000]).encode(),
        "many repeats": build_score([ATTRIBUTES + note * 5000 + repeat] * 3).encode(),
        "many measures": build_score([note] * 60_000).encode(),
        "too many elements": b"<score-partwise>" + b"<a/>" * 4_000_000 + b"</score-partwise>",
        "many elements": b"<score-partwise>" + b"<a/>" * 900_000 + b"</score-partwise>",
        "deep elements": b"<a>" * 490_000 + b"</a>" * 490_000,
        "elements without end": b"<score-partwise>" + b"<a>" * 1_000_000,
    }


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


def hostile_files():
    """All of them: name, content."""
    for name, content in hostile_midi().items():
        yield f"{name}.mid", content
    for name, content in hostile_musicxml().items():
        yield f"{name}.musicxml", content
    random_numbers = random.Random(20230915)
    for suffix, seed in {"mid": MIDI, "musicxml": SCORE, "mxl": build_mxl(SCORE)}.items():
        for number in range(110):
            yield f"{number}.{suffix}", mutated(seed, random_numbers)


def test_each_of_hundreds_of_hostile_files_is_converted_or_in_quarantine(tmp_path):
    names = ["a folder.mid"]
    (tmp_path / "a folder.mid").mkdir()
    for name, content in hostile_files():
        (tmp_path / name).write_bytes(content)
        names.append(name)
    assert len(names) > 300
    sources = [
        Source(
            id=name,
            role="performance",
            format="midi" if name.endswith(".mid") else "musicxml",
            composer="",
            title="",
            piece="",
            path=str(tmp_path / name),
        )
        for name in names
    ]
    shard, table = tmp_path / "shard.tfrecord.gz", tmp_path / "quarantine.tsv"
    convert_shard(sources, shard, table, processes=2, unfold_repeats=True)

    sequences = {sequence.id: sequence for sequence in read_notesequences([shard])}
    reasons = {row.id: row.reason for row in read_quarantine(table)}
    assert sorted([*sequences, *reasons]) == sorted(names)
    for name, reason in reasons.items():
        # No file may end its worker, keep it too long, or find the reader unprepared.
        unprepared = ("crashed", "took longer", "reader failed")
        assert reason, name
        assert not any(phrase in reason for phrase in unprepared), f"{name}: {reason}"
    for name, sequence in sequences.items():
        assert 0 < sequence.total_time <= MAX_SECONDS, name
        assert all(0 <= note.start_time < note.end_time for note in sequence.notes), name
        assert all(0 < note.velocity < 128 and note.pitch < 128 for note in sequence.notes), name
    assert "an archive.musicxml" in sequences
    assert {
        "a folder.mid",
        "a million notes.mid",
        "giant tempo.mid",
        "entities.musicxml",
        "a bomb.musicxml",
    } <= set(reasons)
