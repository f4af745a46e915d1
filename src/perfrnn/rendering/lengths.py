"""How long a MIDI file lasts, asked before anything of that length is made."""

from pathlib import Path

import pretty_midi

from perfrnn.errors import PerfRNNError

LONGEST_SECONDS = 2 * 3600
"""Longest performance that is rendered: its sound takes 5 GB, its beats 250 MB."""


def check_length(midi: Path) -> None:
    """Check that a MIDI file is one and short enough to be rendered.

    Its last event counts, whatever it is, since that is where sound ends: 36 bytes may ask for
    days. Reading takes some 100 MB at most.

    Raises
    ------
    PerfRNNError
        If it cannot be read, or lasts longer than `LONGEST_SECONDS`.
    """
    try:
        seconds = pretty_midi.PrettyMIDI(str(midi)).get_end_time()
    except Exception as error:  # pretty_midi and mido raise many kinds on a broken file
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PerfRNNError(f"{midi}: not a MIDI file that can be read ({reason})") from error
    if not seconds <= LONGEST_SECONDS:
        raise PerfRNNError(
            f"{midi}: lasts {seconds / 3600:,.1f} hours, longer than the "
            f"{LONGEST_SECONDS / 3600:g} that are rendered; cut it"
        )
