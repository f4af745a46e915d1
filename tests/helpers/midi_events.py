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


CHANNEL_EVENTS = st.one_of(
    st.tuples(st.just(0x90), st.sampled_from([60, 61, 64]), st.sampled_from([0, 1, 64, 127])),
    st.tuples(st.just(0x80), st.sampled_from([60, 61, 64]), st.just(0)),
    st.tuples(st.just(0xB0), st.sampled_from([64, 7, 123]), st.integers(0, 127)),
    st.tuples(st.just(0xE0), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.just(0xC0), st.sampled_from([0, 5, 40])),
)
CHANNELLED = st.tuples(CHANNEL_EVENTS, st.sampled_from([0, 1, 9])).map(
    lambda event: bytes([event[0][0] | event[1], *event[0][1:]])
)
STRAY = [
    b"\xff\x03\x02ab", b"\xff\x03\x00", b"\xff\x01\x01x", b"\xf0\x02\x01\xf7",
    b"\xf8", b"\xfe", b"\xf1\x05", b"\xf2\x01\x02", b"\xf3\x01", b"\xf6", b"\xff\x2f\x00",
]  # fmt: skip
METAS = st.one_of(
    st.integers(1000, 2_000_000).map(tempo),
    st.sampled_from(STRAY),
    st.tuples(st.integers(1, 12), st.integers(0, 5)).map(
        lambda meter: b"\xff\x58\x04" + bytes([*meter, 24, 8])
    ),
    st.tuples(st.integers(-7, 7), st.integers(0, 1)).map(
        lambda key: b"\xff\x59\x02" + bytes([key[0] % 256, key[1]])
    ),
)
TRACKS = st.lists(
    st.tuples(st.integers(0, 3).map(lambda step: step * 97), st.one_of(CHANNELLED, METAS)),
    max_size=40,
)


def _file(tracks, division):
    absolute = []
    for track in tracks:
        tick, events = 0, []
        for step, event in track:
            tick += step
            events.append((tick, event))
        absolute.append(events)
    return build_midi(*absolute, division=division)


MIDI_FILES = st.builds(
    _file, st.lists(TRACKS, min_size=1, max_size=3), st.sampled_from([96, 220, 480])
)
"""Files of up to three tracks: tempo maps, overlaps, pedals, programs, what has no place there."""
