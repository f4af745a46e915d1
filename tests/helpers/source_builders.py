"""Builders of small MIDI and MusicXML files."""

import io
import zipfile

END_OF_TRACK = b"\xff\x2f\x00"


def _variable_length(value):
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def build_midi(*tracks, division=480):
    """A MIDI file's bytes; a track is a list of (tick, event bytes), sorted by tick."""
    content = b"MThd" + (6).to_bytes(4, "big") + (1).to_bytes(2, "big")
    content += len(tracks).to_bytes(2, "big") + division.to_bytes(2, "big")
    for track in tracks:
        data, now = b"", 0
        for tick, event in [*track, (track[-1][0] if track else 0, END_OF_TRACK)]:
            data += _variable_length(tick - now) + event
            now = tick
        content += b"MTrk" + len(data).to_bytes(4, "big") + data
    return content


def build_score(measures, part_list=None):
    """A MusicXML score's text; `measures` is the inside of each part's measures."""
    if part_list is None:
        part_list = '<score-part id="P1"><part-name>Piano</part-name></score-part>'
        measures = {"P1": measures}
    parts = "".join(
        f'<part id="{part}">'
        + "".join(f'<measure number="{n}">{inside}</measure>' for n, inside in enumerate(inner, 1))
        + "</part>"
        for part, inner in measures.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n'
        f'<score-partwise version="4.0"><part-list>{part_list}</part-list>{parts}</score-partwise>'
    )


def build_note(name, duration, *inside):
    """A `note` element of duration in divisions: "C4", "F#5", "Bb3" or "rest"."""
    if name == "rest":
        pitch = "<rest/>"
    else:
        alter = {"#": 1, "b": -1}.get(name[1:-1], 0)
        inner = f"<step>{name[0]}</step><alter>{alter}</alter><octave>{name[-1]}</octave>"
        pitch = f"<pitch>{inner}</pitch>"
    before = "".join(part for part in inside if part.startswith(("<grace", "<chord")))
    after = "".join(part for part in inside if not part.startswith(("<grace", "<chord")))
    length = "" if "<grace" in before else f"<duration>{duration}</duration>"
    return f"<note>{before}{pitch}{length}{after}</note>"


def build_mxl(score, name="score.xml"):
    """A compressed score's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        container = f'<container><rootfiles><rootfile full-path="{name}"/></rootfiles></container>'
        archive.writestr("META-INF/container.xml", container)
        archive.writestr(name, score)
    return buffer.getvalue()
