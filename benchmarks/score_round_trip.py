"""From deadpan scores to performances' MIDI and back to scores: what survives.

ASAP's `midi_score.mid` files are scores played strictly. Each is read as if it were a
performance, that is as notes in seconds without metre, key or tempo, and written as a score again.
That score is compared with the original.

The works, in order of their names, are by turns for tuning (where constants were chosen; those of
beats and hands on some of the others too) and held out.

Usage: `python score_round_trip.py asap-dataset-master.zip`, a minute for all 235 scores
"""

from __future__ import annotations

import argparse
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from perfrnn.corpus.asap import VARIANT
from perfrnn.notes import Notes
from perfrnn.rendering.notation import TICKS, PianoScore
from perfrnn.rendering.score import make_score
from perfrnn.rendering.spelling import NATURAL
from perfrnn.sequences.midi_clock import Clock
from perfrnn.sequences.midi_events import KEY_SIGNATURE, TIME_SIGNATURE, parse_midi
from perfrnn.sequences.midi_notes import pair_notes

SIXTEENTH = 0.25
"""Quarter notes."""

SCALES = (1, 1 / 2, 2, 1 / 3, 3, 2 / 3, 3 / 2, 1 / 4, 4, 3 / 4, 4 / 3)
"""Note values of the original by those of the copy; a score in eighths may be read in quarters."""


class Original(NamedTuple):
    """The first minute of a score: notes in seconds, onsets in quarters, and its signatures."""

    name: str
    notes: Notes
    onset: np.ndarray
    hand: np.ndarray
    time: tuple[int, int]
    fifths: int
    downbeats: np.ndarray


class Verdict(NamedTuple):
    """How a copy compares with its original; shares are of the original's notes.

    Attributes
    ----------
    scale : by which the copy's note values were multiplied to fit best.
    onset : share of onsets at the original's place within a sixteenth, counted from the start.
    interval : share of intervals between successive onsets that are right within a sixteenth.
    lost : share of notes that are not written.
    hand : share of notes on the original's staff.
    fifths : whether the key signature is the original's; MIDI cannot tell F sharp from G flat.
    time : whether the time signature is the original's.
    equivalent : whether it is, or has as many beats in another note value, such as 3/8 for 3/4,
        or is 4/4 for 2/2 or the other way round.
    downbeat : F-measure of downbeats.
    """

    scale: float
    onset: float
    interval: float
    lost: float
    hand: float
    fifths: bool
    time: bool
    equivalent: bool
    downbeat: float


def read_original(name: str, data: bytes, seconds: float) -> Original:
    """Read a score's MIDI up to a time."""
    midi = parse_midi(data)
    clock, quarter = Clock(midi.tracks, midi.ticks_per_quarter), midi.ticks_per_quarter
    rows = []
    for hand, track in enumerate(midi.tracks):
        starts, ends = pair_notes(track)
        ticks = track.ticks[starts]
        columns = (clock.seconds(ticks), clock.seconds(track.ticks[ends]), track.first[starts],
                   track.second[starts], ticks / quarter, np.full(len(starts), hand))  # fmt: skip
        rows += [row for row in zip(*columns, strict=True) if row[0] < seconds]
    table = np.array(sorted(rows))
    notes = Notes(
        table[:, 0],
        table[:, 1],
        table[:, 2].astype(np.int64),
        table[:, 3].astype(np.int64),
        float(table[:, 1].max()),
    )
    end = table[:, 4].max()
    metas = sorted(
        (meta.tick / quarter, meta.kind, meta.payload)
        for track in midi.tracks
        for meta in track.metas
    )
    metres = [
        (onset, (payload[0], 2 ** payload[1]))
        for onset, kind, payload in metas
        if kind == TIME_SIGNATURE
    ]
    keys = [
        (onset, int.from_bytes(payload[:1], "big", signed=True))
        for onset, kind, payload in metas
        if kind == KEY_SIGNATURE
    ]
    # The hands are the tracks that have notes, by number.
    hand = np.unique(table[:, 5], return_inverse=True)[1]
    downbeats = _downbeats(metres, end)
    return Original(
        name, notes, table[:, 4], hand, _longest(metres, end), _longest(keys, end), downbeats
    )


def _longest(changes: list, end: float):
    """Return the value that holds longest before `end`."""
    lasting: Counter = Counter()
    for (begin, value), (following, _) in zip(changes, [*changes[1:], (end, None)], strict=True):
        lasting[value] += max(0.0, min(following, end) - min(begin, end))
    return lasting.most_common(1)[0][0]


def _downbeats(metres: list[tuple[float, tuple[int, int]]], end: float) -> np.ndarray:
    borders = [onset for onset, _ in metres] + [end + 1e-6]
    return np.concatenate(
        [
            np.arange(begin, stop, 4 * beats / unit)
            for (begin, (beats, unit)), stop in zip(metres, borders[1:], strict=True)
        ]
    )


def written_notes(score: PianoScore) -> list[tuple[float, int, int]]:
    """Return onset in quarters, MIDI pitch and staff of the notes of a score, ties joined."""
    size = score.metre.measure_ticks
    return [
        (
            (measure * size + event.onset) / TICKS,
            NATURAL[head.pitch.step] + head.pitch.alter + 12 * (head.pitch.octave + 1),
            number,
        )
        for number, staff in enumerate(score.staves)
        for voice in staff.voices
        for measure, events in enumerate(voice)
        for event in events
        for head in event.heads
        if not head.tied_from
    ]


def compare(original: Original, copy: PianoScore) -> Verdict:
    """Compare a copy with its original."""
    pairs, lost = _match(original, written_notes(copy))
    true, written = pairs[:, 0], pairs[:, 1]
    onset, scale, offset = _fit(pairs)
    onsets = np.unique(true)
    places = np.array([np.median(written[true == time]) for time in onsets])
    interval = float(np.mean(np.abs(np.diff(onsets) - np.diff(places) * scale) < SIXTEENTH))
    size = copy.metre.measure_ticks / TICKS
    bars = np.arange(copy.measures) * size * scale + offset
    bars = bars[bars <= original.onset.max()]
    metre = copy.metre
    return Verdict(
        scale,
        onset,
        interval,
        lost,
        float(np.mean(pairs[:, 2] == pairs[:, 3])),
        (copy.fifths - original.fifths) % 12 == 0,
        (metre.beats, metre.unit) == original.time,
        _are_equivalent((metre.beats, metre.unit), original.time),
        _f_measure(original.downbeats[original.downbeats >= original.onset.min()], bars),
    )


def _are_equivalent(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] == other[0] or {one, other} == {(2, 2), (4, 4)}


def _fit(pairs: np.ndarray) -> tuple[float, float, float]:
    """Return the share of onsets in their place, and the scale and offset that make it largest."""
    results = []
    for scale in SCALES:
        off = pairs[:, 0] - pairs[:, 1] * scale
        offset = _mode(off)
        results.append((float(np.mean(np.abs(off - offset) < SIXTEENTH)), scale, offset))
    return max(results, key=lambda result: result[0])


def _mode(values: np.ndarray) -> float:
    """Return the centre of the sixteenth that holds most values."""
    bins = np.rint(values / SIXTEENTH * 2).astype(int)
    common = Counter(bins.tolist()).most_common(1)[0][0]
    return float(np.median(values[bins == common]))


def _match(original: Original, written: list[tuple[float, int, int]]) -> tuple[np.ndarray, float]:
    """Pair notes of one pitch in order: original and written onset, original and written staff.

    Where some notes of a pitch are lost, the others are paired with those nearest in time, by the
    scale and offset of the pitches without losses.
    """
    by_pitch: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for onset, pitch, staff in sorted(written):
        by_pitch[pitch].append((onset, staff))
    whole, parts = [], []
    for pitch in np.unique(original.notes.pitch).tolist():
        mine = original.notes.pitch == pitch
        places = zip(original.onset[mine].tolist(), original.hand[mine].tolist(), strict=True)
        true, found = sorted(set(places)), by_pitch[pitch]
        (whole if len(true) == len(found) else parts).append((true, found))
    pairs = [pair for true, found in whole for pair in zip(true, found, strict=True)]
    if not pairs:
        pairs = [pair for true, found in parts for pair in zip(true, found, strict=False)]
    _, scale, offset = _fit(_table(pairs))
    for true, found in parts:
        goals = np.array([onset for onset, _ in true])
        guesses = np.array([onset * scale + offset for onset, _ in found])
        pairs += [(true[i], found[j]) for i, j in _nearest(goals, guesses)]
    distinct = len(np.unique(np.stack([original.onset, original.notes.pitch]), axis=1).T)
    return _table(pairs), max(0.0, 1 - len(written) / distinct)


def _table(pairs: list) -> np.ndarray:
    return np.array([(true[0], found[0], true[1], found[1]) for true, found in pairs])


def _nearest(one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
    """Pair every item of the shorter list with one of the longer, in order, as near as can be."""
    if len(one) > len(other):
        return [(i, j) for j, i in _nearest(other, one)]
    cost = np.zeros(len(other) + 1)  # of pairing the first items of `one` with some of the first j
    takes = []
    for value in one:
        paired = np.append(np.inf, cost[:-1] + np.abs(other - value))
        cost = np.minimum.accumulate(paired)
        takes.append(paired <= cost)
    pairs = []
    j = len(other)
    for i in reversed(range(len(one))):
        while not takes[i][j]:
            j -= 1
        pairs.append((i, j - 1))
        j -= 1
    return pairs[::-1]


def _f_measure(true: np.ndarray, found: np.ndarray) -> float:
    if len(true) == 0 or len(found) == 0:
        return 0.0
    distance = np.abs(true[:, None] - found[None])
    recall = np.mean(distance.min(axis=1) < SIXTEENTH)
    precision = np.mean(distance.min(axis=0) < SIXTEENTH)
    return float(2 * recall * precision / max(recall + precision, 1e-9))


def halves(names: list[str]) -> dict[str, list[str]]:
    """Return the scores' names for tuning and held out; versions of a work stay together."""
    works = {name: VARIANT.sub("", str(Path(name).parent)) for name in names}
    order = sorted(set(works.values()))
    return {
        part: [name for name in names if order.index(works[name]) % 2 == number]
        for number, part in enumerate(("tuning", "held out"))
    }


def _report(original: Original, copy: PianoScore, verdict: Verdict) -> None:
    metre, time = copy.metre, original.time
    written = f"{metre.beats}/{metre.unit} for {time[0]}/{time[1]}"
    print(
        f"{original.name:48.48} onset {verdict.onset:4.0%} interval {verdict.interval:4.0%} "
        f"lost {verdict.lost:4.1%} hand {verdict.hand:4.0%} downbeat "
        f"{verdict.downbeat:4.0%} scale {verdict.scale:.2f} {written:14} fifths "
        f"{copy.fifths} for {original.fifths}"
    )


def main() -> None:
    """Compare every n-th score and print a table and the means of both halves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zip", type=Path, help="ASAP as its host's archive")
    parser.add_argument("--every", type=int, default=1, help="take every n-th score")
    parser.add_argument("--seconds", type=float, default=60.0, help="take this much of each")
    options = parser.parse_args()
    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    with zipfile.ZipFile(options.zip) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith("midi_score.mid"))
        for part, members in halves(names).items():
            for name in members[:: options.every]:
                piece = "/".join(Path(name).parts[1:-1])
                original = read_original(piece, archive.read(name), options.seconds)
                copy = make_score(original.notes, piece)
                verdicts[part].append(compare(original, copy))
                _report(original, copy, verdicts[part][-1])
    print(f"\n{options.seconds:.0f} s of each score; mean, and share of scores:")
    print(f"{'':10}", *(f"{part:>9}" for part in verdicts))
    print(f"{'scores':10}", *(f"{len(each):9}" for each in verdicts.values()))
    for field in Verdict._fields[1:]:
        means = (np.mean([getattr(one, field) for one in each]) for each in verdicts.values())
        print(f"{field:10}", *(f"{mean:9.1%}" for mean in means))
    same = (np.mean([verdict.scale == 1 for verdict in each]) for each in verdicts.values())
    print(f"{'scale 1':10}", *(f"{share:9.1%}" for share in same))


if __name__ == "__main__":
    main()
