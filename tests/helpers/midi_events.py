"""Events of MIDI files as bytes, and hypothesis' files made of them."""

from hypothesis import strategies as st

from source_builders import build_midi


def on(pitch, velocity=64, channel=0):
    return bytes([0x90 | channel, pitch, velocity])


def off(pitch, channel=0):
    return bytes([0x80 | channel, pitch, 0])


def pedal(value, channel=0):
    return bytes([0xB0 | channel, 64, value])


def tempo(microseconds):
    """A tempo in microseconds a quarter."""
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


_TICKS = st.integers(0, 12).map(lambda step: step * 97)
_CHANNELS = st.sampled_from([0] * 8 + [1, 1, 9])
_PEDALS = st.builds(pedal, st.sampled_from([0, 63, 64, 127]), _CHANNELS)
_PITCHES = st.sampled_from([60, 61, 64])


@st.composite
def _notes(draw):
    """A note, or half of one: its events with their ticks."""
    channel, pitch, start = draw(_CHANNELS), draw(_PITCHES), draw(_TICKS)
    end = start + 97 * draw(st.sampled_from([0, 1, 2, 4, 9]))
    begins = (start, on(pitch, draw(st.sampled_from([1, 64, 127])), channel))
    ends = (end, draw(st.sampled_from([off(pitch, channel), on(pitch, 0, channel)])))
    return draw(st.sampled_from([[begins, ends]] * 6 + [[begins], [ends]]))


_CONTROLS = st.one_of(
    st.tuples(st.just(0xB0), st.sampled_from([7, 123]), st.integers(0, 127)),
    st.tuples(st.just(0xE0), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.just(0xC0), st.sampled_from([0, 5, 40])),
    st.tuples(st.just(0xD0), st.integers(0, 127)),
)
_CHANNELLED = st.tuples(_CONTROLS, _CHANNELS).map(
    lambda event: bytes([event[0][0] | event[1], *event[0][1:]])
)
_STRAY = [
    b"\xff\x03\x02ab", b"\xff\x03\x00", b"\xff\x01\x01x", b"\xf0\x02\x01\xf7",
    b"\xf8", b"\xfe", b"\xf1\x05", b"\xf2\x01\x02", b"\xf3\x01", b"\xf6", b"\xff\x2f\x00",
]  # fmt: skip
_TEMPOS = st.integers(1000, 2_000_000).map(tempo)
_OTHERS = st.one_of(
    st.sampled_from(_STRAY),
    st.tuples(st.integers(1, 12), st.integers(0, 5)).map(
        lambda meter: b"\xff\x58\x04" + bytes([*meter, 24, 8])
    ),
    st.tuples(st.integers(-7, 7), st.integers(0, 1)).map(
        lambda key: b"\xff\x59\x02" + bytes([key[0] % 256, key[1]])
    ),
)


def _timed(events, most):
    return st.lists(st.tuples(_TICKS, events), max_size=most)


@st.composite
def midi_files(draw):
    """Files of one to three tracks: tempo maps, overlaps, pedals, programs, stray events."""
    tracks = []
    has_late_tempos, has_late_pedals = draw(st.booleans()), draw(st.booleans())
    for number in range(draw(st.integers(1, 3))):
        events = [
            event for note in draw(st.lists(_notes(), min_size=1, max_size=9)) for event in note
        ]
        events += draw(_timed(_CHANNELLED, 3)) + draw(_timed(_OTHERS, 4))
        if number == 0 or has_late_pedals:
            events += draw(_timed(_PEDALS, 5))
        if number == 0 or has_late_tempos:
            events += draw(_timed(_TEMPOS, 3))
        shuffled = draw(st.permutations(events))
        tracks.append(sorted(shuffled, key=lambda event: event[0]))
    return build_midi(*tracks, division=draw(st.sampled_from([96, 220, 480])))
