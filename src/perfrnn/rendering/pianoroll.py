"""MIDI to a picture: pitch over time, loudness as colour, key and chords below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import symusic
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.tonality import chroma, estimate_key, name_chord

CHORD_SECONDS = 2.0
"""Length of the spans that chords are named for, longer where there would be more than 30."""

BLACK_KEYS = (1, 3, 6, 8, 10)
MARGIN = 2  # semitones above and below the music
SMALLEST_RANGE = 36  # semitones shown at least


def draw_pianoroll(midi: Path, png: Path, *, title: str, seconds: float | None = None) -> None:
    """Draw a MIDI file as a piano roll.

    Parameters
    ----------
    title : above the picture; the estimated key is added.
    seconds : length of the time axis; None takes that of the music.

    Raises
    ------
    PerfRNNError
        If the MIDI file cannot be read.
    """
    notes = read_notes(midi)
    length = max(seconds or 0.0, notes.total_time, 1.0)
    figure = Figure(figsize=(12, 5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, height_ratios=(12, 1), width_ratios=(1, 30), hspace=0.02)
    roll = figure.add_subplot(grid[0, 1])
    keyboard = figure.add_subplot(grid[0, 0], sharey=roll)
    chords = figure.add_subplot(grid[1, 1], sharex=roll)

    low, high = _range(notes.pitch)
    _draw_keyboard(keyboard, low, high)
    coloured = _draw_notes(roll, notes, low, high)
    roll.set_xlim(0, length)
    roll.set_ylim(low - 0.5, high + 0.5)
    roll.tick_params(labelbottom=False, labelleft=False, left=False)
    _draw_chords(chords, notes, length)
    figure.colorbar(coloured, ax=[roll], label="velocity", pad=0.01)
    key = estimate_key(chroma(notes.start, notes.end, notes.pitch))
    what = f"{len(notes)} notes" + (f", nearest key {key}" if key else "")
    roll.set_title(f"{title}: {what}", loc="left")
    with atomic(png) as temporary:
        figure.savefig(temporary, dpi=110)


def read_notes(midi: Path) -> Notes:
    """Read the pitched notes of a MIDI file, in seconds, without pedal."""
    try:
        score = symusic.Score(midi, ttype="second")
    except (RuntimeError, ValueError, OSError) as error:
        raise PerfRNNError(f"{midi}: not a MIDI file that can be read ({error})") from error
    rows = [
        (note.start, note.end, note.pitch, note.velocity)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    ]
    table = np.array(sorted(rows), float).reshape(-1, 4)
    return Notes(
        table[:, 0],
        table[:, 1],
        table[:, 2].astype(np.int64),
        table[:, 3].astype(np.int64),
        float(table[:, 1].max(initial=0.0)),
    )


def _range(pitch: np.ndarray) -> tuple[int, int]:
    """Return the lowest and highest pitch to show."""
    if len(pitch) == 0:
        return 42, 78
    low, high = int(pitch.min()) - MARGIN, int(pitch.max()) + MARGIN
    missing = max(0, SMALLEST_RANGE - (high - low))
    return max(0, low - missing // 2), min(127, high + missing - missing // 2)


def _draw_keyboard(axes: Axes, low: int, high: int) -> None:
    keys = [Rectangle((0, pitch - 0.5), 1, 1) for pitch in range(low, high + 1)]
    colours = ["0.15" if pitch % 12 in BLACK_KEYS else "white" for pitch in range(low, high + 1)]
    axes.add_collection(PatchCollection(keys, facecolor=colours, edgecolor="0.7", linewidth=0.3))
    octaves = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.set_xlim(0, 1)
    axes.set_xticks([])


def _draw_notes(axes: Axes, notes: Notes, low: int, high: int) -> PolyCollection:
    for pitch in range(low, high + 1):
        if pitch % 12 in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color="0.94", zorder=0)
        if pitch % 12 == 0:
            axes.axhline(pitch - 0.5, color="0.8", linewidth=0.6, zorder=0)
    corners = np.stack(
        [
            np.stack([notes.start, notes.pitch - 0.45], axis=1),
            np.stack([notes.end, notes.pitch - 0.45], axis=1),
            np.stack([notes.end, notes.pitch + 0.45], axis=1),
            np.stack([notes.start, notes.pitch + 0.45], axis=1),
        ],
        axis=1,
    )
    drawn = PolyCollection(list(corners), cmap="viridis_r", edgecolor="0.2", linewidth=0.2)
    drawn.set_array(notes.velocity)
    drawn.set_clim(1, 127)
    axes.add_collection(drawn)
    axes.grid(axis="x", color="0.88", linewidth=0.6)
    return drawn


def _draw_chords(axes: Axes, notes: Notes, length: float) -> None:
    """Name the chord of every span, and shade spans by turns."""
    span = max(CHORD_SECONDS, length / 30)
    for index, begin in enumerate(np.arange(0, length, span)):
        end = begin + span
        inside = (notes.start < end) & (notes.end > begin)
        weights = chroma(
            np.maximum(notes.start[inside], begin),
            np.minimum(notes.end[inside], end),
            notes.pitch[inside],
        )
        axes.axvspan(begin, end, color="0.95" if index % 2 else "white", zorder=0)
        axes.text(
            (begin + min(end, length)) / 2,
            0.5,
            name_chord(weights),
            ha="center",
            va="center",
            fontsize=8,
            clip_on=True,
        )
    axes.set_yticks([0.5], ["chord"])
    axes.set_ylim(0, 1)
    axes.set_xlabel("seconds")
