"""Copies of MIDI files in other keys and tempos, which count as other music."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

KEYS = (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6)
"""Semitones by which each copy is transposed; the first is the music itself."""

STRETCHES = (1.0, 1.05, 0.95, 1.1, 0.9)


def write_copies(music: Path, files: Sequence[Path], folder: Path, times: int) -> None:
    """Write each file `times` times into `folder`, with the table of pieces that it needs.

    Parameters
    ----------
    music : the folder in which the files are; each folder below it has one piece.
    """
    rows = []
    for file in files:
        place = file.relative_to(music)
        data = file.read_bytes()
        for number in range(times):
            copy = Path(f"copy-{number:02d}", place)
            (folder / copy).parent.mkdir(parents=True, exist_ok=True)
            changed = changed_midi(data, KEYS[number], STRETCHES[number % len(STRETCHES)])
            (folder / copy).write_bytes(changed)
            piece = f"{'-'.join(place.parent.parts)}-{number}"
            rows.append((copy.as_posix(), piece, place.parts[0], place.stem))
    with (folder / "pieces.tsv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerows([("path", "piece", "composer", "title"), *rows])


def changed_midi(midi: bytes, semitones: int, stretch: float) -> bytes:
    """Return a MIDI file transposed by `semitones`, its times multiplied by about `stretch`."""
    data = bytearray(midi)
    ticks = round(int.from_bytes(data[12:14], "big") / stretch)
    data[12:14] = ticks.to_bytes(2, "big")
    place = 8 + int.from_bytes(data[4:8], "big")
    while place < len(data):
        begin, length = place + 8, int.from_bytes(data[place + 4 : place + 8], "big")
        place = begin + length
        if data[begin - 8 : begin - 4] == b"MTrk":
            _transpose(data, begin, place, semitones)
    return bytes(data)


def _transpose(data: bytearray, place: int, end: int, semitones: int) -> None:
    """Transpose the notes of one track in place; those at the ends of the range stay in it."""
    status = 0
    while place < end:
        _, place = _number(data, place)
        if data[place] & 0x80:
            status = data[place]
            place += 1
        if status in (0xF0, 0xF7, 0xFF):
            length, place = _number(data, place + (status == 0xFF))
            place += length
            continue
        if status >> 4 in (0x8, 0x9, 0xA):
            data[place] = min(127, max(0, data[place] + semitones))
        place += 1 if status >> 4 in (0xC, 0xD) else 2


def _number(data: bytearray, place: int) -> tuple[int, int]:
    """Return a number of variable length and the place after it."""
    value = 0
    while True:
        byte = data[place]
        value, place = value << 7 | byte & 0x7F, place + 1
        if byte < 0x80:
            return value, place
