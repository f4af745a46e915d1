"""Compare MusicXML readers with what the scores' own MIDI files play, and their speed.

    python benchmarks/musicxml_readers.py ASAP_FOLDER [--every N] [--readers NAME...]

In ASAP, `xml_score.musicxml` and `midi_score.mid` lie side by side, both made from one score by
its editor, the latter with repeats unfolded. A reader agrees on a note where the pitch is equal
and the onset, in quarters from the first one, rounds to the same 24th. Agreement is the F1 measure
over the notes of a score, of the reading as written or with repeats unfolded, whichever agrees
more. No reader can reach 1 everywhere: the MIDI files play out trills and rolled chords, and
measures that do not add up shift all that follows. partitura takes part if it is installed.
"""

import argparse
import base64
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

Onsets = Counter[tuple[int, int]]
"""How often a pitch begins at an onset, in 24ths of a quarter."""


def onsets(quarters_and_pitches: list[tuple[float, int]]) -> Onsets:
    """Return the onsets of notes, in time from the first one."""
    first = min((quarters for quarters, _ in quarters_and_pitches), default=0.0)
    return Counter(
        (round(24 * (quarters - first)), pitch) for quarters, pitch in quarters_and_pitches
    )


def sequence_onsets(sequence) -> Onsets:
    """Return the onsets of a NoteSequence."""
    times = np.array([0.0] + [tempo.time for tempo in sequence.tempos])
    qpms = np.array([120.0] + [tempo.qpm for tempo in sequence.tempos])
    quarters = np.append(0.0, np.cumsum(np.diff(times) * qpms[:-1] / 60))
    starts = np.array([note.start_time for note in sequence.notes])
    at = np.searchsorted(times, starts + 1e-9, side="right") - 1
    places = quarters[at] + (starts - times[at]) * qpms[at] / 60
    return onsets([(q, n.pitch) for q, n in zip(places.tolist(), sequence.notes, strict=True)])


def agreement(first: Onsets, second: Onsets) -> float:
    """Return the F1 measure of two sets of onsets."""
    return 2 * (first & second).total() / max(1, first.total() + second.total())


def read_perfrnn(path: Path) -> list[Onsets]:
    """Read with this project's reader."""
    from perfrnn.sequences.musicxml import read_musicxml

    return [sequence_onsets(read_musicxml(path, unfold_repeats=u)) for u in (False, True)]


def read_note_seq(path: Path) -> list[Onsets]:
    """Read with Magenta's reader, which takes all parts and no repeats."""
    import note_seq

    return [sequence_onsets(note_seq.musicxml_file_to_sequence_proto(str(path)))]


def read_music21(path: Path) -> list[Onsets]:
    """Read with music21."""
    import music21

    def notes(score: music21.stream.Score) -> Onsets:
        flat = [note for part in score.parts for note in part.stripTies().flatten().notes]
        return onsets([(float(note.offset), p.midi) for note in flat for p in note.pitches])

    score = music21.converter.parse(path, forceSource=True)
    written = notes(score)
    try:
        return [written, notes(score.expandRepeats())]
    except music21.repeat.ExpanderException:
        return [written]


def read_verovio(path: Path) -> list[Onsets]:
    """Read with verovio, through the MIDI file that it writes, repeats unfolded."""
    import verovio

    from perfrnn.sequences.midi import read_midi

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions({"breaks": "none"})
    toolkit.loadFile(str(path))
    with tempfile.NamedTemporaryFile(suffix=".mid") as file:
        file.write(base64.b64decode(toolkit.renderToMIDI()))
        file.flush()
        return [sequence_onsets(read_midi(file.name))]


def read_partitura(path: Path) -> list[Onsets]:
    """Read with partitura."""
    import partitura

    sys.setrecursionlimit(100_000)  # it copies its linked notes to unfold them

    def notes(score) -> Onsets:
        array = score.note_array()
        return onsets(list(zip(array["onset_quarter"], array["pitch"].tolist(), strict=True)))

    score = partitura.load_musicxml(path)
    return [notes(score), notes(partitura.score.unfold_part_maximal(score))]


READERS: dict[str, Callable[[Path], list[Onsets]]] = {
    "perfrnn": read_perfrnn,
    "note_seq": read_note_seq,
    "verovio": read_verovio,
    "partitura": read_partitura,
    "music21": read_music21,
}


def measure(name: str, scores: list[Path], references: list[Onsets]) -> None:
    """Print a reader's agreement, errors and times."""
    agreements, seconds, errors = [], [], 0
    for path, reference in zip(scores, references, strict=True):
        begin = time.process_time()
        try:
            readings = READERS[name](path)
        except ModuleNotFoundError:
            print(f"{name:10s} is not installed")
            return
        except Exception as error:
            errors += 1
            readings = [Counter()]
            print(f"{name}: {path}: {type(error).__name__}: {error}", file=sys.stderr)
        seconds.append(time.process_time() - begin)
        agreements.append(max(agreement(reference, reading) for reading in readings))
    print(
        f"{name:10s} {statistics.mean(agreements):6.3f} {statistics.median(agreements):7.3f}"
        f" {sum(value >= 0.99 for value in agreements):7d}"
        f" {sum(value >= 0.95 for value in agreements):7d} {errors:6d}"
        f" {statistics.median(seconds):8.2f} {max(seconds):8.2f}",
        flush=True,
    )


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every Nth score")
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    arguments = parser.parse_args()

    from perfrnn.sequences.midi import read_midi

    scores = sorted(arguments.folder.rglob("xml_score.musicxml"))[:: arguments.every]
    if not scores:
        sys.exit(f"{arguments.folder}: no xml_score.musicxml in it")
    references = [sequence_onsets(read_midi(path.with_name("midi_score.mid"))) for path in scores]
    print(f"{len(scores)} scores        mean  median  >= .99 >= .95 errors  s median    s max")
    for name in arguments.readers:
        measure(name, scores, references)


if __name__ == "__main__":
    main()
