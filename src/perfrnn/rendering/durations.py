"""How long the chords of a voice are written.

Performers, and the pedal even more, end notes anywhere. A reader wants few rests and few ties: a
chord lasts to its voice's next onset if it sounds for half of that time, otherwise to the next
half beat or beat; and it is tied over a barline only if it is heard there.
"""

from dataclasses import replace

from perfrnn.rendering.notation import TICKS, Metre
from perfrnn.rendering.voices import Chord

HALF = TICKS // 2


def triplet_beats(onsets: set[int], metre: Metre) -> frozenset[int]:
    """Return the onsets of the beats that hold triplets, in ticks.

    Only triplets put onsets on multiples of 4 ticks that are not multiples of 3. A compound metre
    needs none.
    """
    if metre.is_compound:
        return frozenset()
    return frozenset(onset // TICKS * TICKS for onset in onsets if onset % TICKS % 3)


def write_durations(
    voice: list[Chord], metre: Metre, triplets: frozenset[int], end: int
) -> list[Chord]:
    """Return the chords of a voice with the ends that are written.

    Parameters
    ----------
    triplets : onsets of the beats that hold triplets, in ticks.
    end : of the score, in ticks.
    """
    limits = [*(chord.onset for chord in voice[1:]), end]
    return [
        replace(chord, end=_written_end(chord, limit, metre, triplets))
        for chord, limit in zip(voice, limits, strict=False)
    ]


def _written_end(chord: Chord, limit: int, metre: Metre, triplets: frozenset[int]) -> int:
    """Return a chord's end, at most `limit`."""
    room = limit - chord.onset
    sounds = chord.end - chord.onset
    silence = room - sounds
    if room <= HALF or (sounds >= room / 2 and silence <= TICKS):
        end = limit
    else:
        end = min(limit, _round_end(chord, metre, triplets))
    return _cut_at_barline(chord, end, metre)


def _round_end(chord: Chord, metre: Metre, triplets: frozenset[int]) -> int:
    """Return the end on a beat or half beat (a third in compound metres and triplets)."""
    beat = metre.beat_ticks
    if chord.end - chord.onset >= beat:
        end = round(chord.end / beat) * beat
        return end if end > chord.onset else end + beat
    start = chord.onset // beat * beat
    part = TICKS // 3 if start in triplets else HALF
    end = start + -(-(min(chord.end, start + beat) - start) // part) * part
    return end if end > chord.onset else end + part


def _cut_at_barline(chord: Chord, end: int, metre: Metre) -> int:
    """Return `end`, or the barline before it where little of the chord is heard after that."""
    barline = (chord.onset // metre.measure_ticks + 1) * metre.measure_ticks
    if end <= barline:
        return end
    before, after = barline - chord.onset, end - barline
    heard = chord.end - barline
    wanted = after / 2 if before <= HALF else max(after / 2, min(before, metre.beat_ticks))
    return min(end, barline + metre.measure_ticks) if heard >= wanted else barline
