"""MIDI to a picture: pitch over time, loudness as colour, key and chords below."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection, PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.patches import Rectangle

from perfrnn.events.key_finding import Key, chroma, estimate_chord, estimate_key
from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.reading import read_notes
from perfrnn.rendering.spelling import spell
from perfrnn.rendering.titles import family_name, printable

CHORD_SECONDS = 2.0
"""Shortest span that a chord is named for; at most `MOST_CHORDS` spans are shown."""

MOST_CHORDS = 20
ACCIDENTALS = {-2: "♭♭", -1: "♭", 0: "", 1: "♯", 2: "♯♯"}

BLACK_KEYS = (1, 3, 6, 8, 10)
MARGIN = 2  # semitones above and below the music
SMALLEST_RANGE = 36  # semitones shown at least

WIDTH, HEIGHT, DPI = 9.0, 5.0, 150  # inches; large letters, since phones shrink the picture
FONT_SIZE = 11
LEFT, RIGHT, TOP = 0.09, 0.89, 0.92  # the roll's sides, as shares of the picture
BOTTOM, CHORD_BOTTOM, CHORD_HEIGHT, CAPTION = 0.23, 0.14, 0.06, 0.025
KEY_WIDTH = 0.025

# Dark is loud. Viridis reads the same to colour-blind people; its palest part is left out, since
# a quiet note must stand out from the white ground too.
LOUDNESS = ListedColormap(matplotlib.colormaps["viridis_r"](np.linspace(0.12, 1, 128)))


def draw_pianoroll(midi: Path, png: Path, *, title: str, seconds: float | None = None) -> None:
    """Draw a MIDI file as a piano roll.

    Parameters
    ----------
    title : above the picture, as far as there are fonts for it; the number of notes is added.
    seconds : length of the time axis; None takes that of the music.

    Raises
    ------
    PerfRNNError
        If the MIDI file cannot be read.
    """
    notes = read_notes(midi)
    length = max(seconds or 0.0, notes.total_time, 1.0)
    key = estimate_key(chroma(notes.start, notes.end, notes.pitch))
    printed = printable(title)
    families = ["DejaVu Sans"]
    if printed.font:
        fontManager.addfont(printed.font)
        families.append(family_name(printed.font))
    with matplotlib.rc_context({"font.size": FONT_SIZE, "font.family": families}):
        figure = _draw(notes, length, key)
        heading = f"{printed.text} · {_count(len(notes))}"
        figure.text(LEFT, 0.945, heading, fontsize=FONT_SIZE + 1, parse_math=False)
        with atomic(png) as temporary:
            figure.savefig(temporary, dpi=DPI)


def name_pitch_class(pitch_class: int, key: Key) -> str:
    """Return a pitch class's name in a key: 8 is G♯ in E major, A♭ in C minor."""
    pitch = spell(60 + pitch_class, key)
    return pitch.step + ACCIDENTALS[pitch.alter]


def _count(notes: int) -> str:
    return "1 note" if notes == 1 else f"{notes:,} notes"


def _draw(notes: Notes, length: float, key: Key | None) -> Figure:
    figure = Figure(figsize=(WIDTH, HEIGHT))
    FigureCanvasAgg(figure)
    height = TOP - BOTTOM
    roll = figure.add_axes((LEFT, BOTTOM, RIGHT - LEFT, height))
    keyboard = figure.add_axes((LEFT - KEY_WIDTH, BOTTOM, KEY_WIDTH, height), sharey=roll)
    chords = figure.add_axes((LEFT, CHORD_BOTTOM, RIGHT - LEFT, CHORD_HEIGHT), sharex=roll)
    scale = figure.add_axes((RIGHT + 0.015, BOTTOM, 0.018, height))

    low, high = _range(notes.pitch)
    _draw_keyboard(keyboard, low, high)
    coloured = _draw_notes(roll, notes, length, low, high)
    roll.set_xlim(0, length)
    roll.set_ylim(low - 0.5, high + 0.5)
    roll.tick_params(bottom=False, labelbottom=False, left=False, labelleft=False)
    _draw_chords(chords, notes, length, key)
    figure.colorbar(coloured, cax=scale, label="velocity", ticks=[1, 32, 64, 96, 127])
    name = f"{name_pitch_class(key.tonic, key)} {key.mode}" if key else "none"
    figure.text(LEFT, CAPTION, f"estimated key: {name}")
    figure.text(RIGHT, CAPTION, "seconds", ha="right")
    return figure


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


def _draw_notes(axes: Axes, notes: Notes, length: float, low: int, high: int) -> PolyCollection:
    for pitch in range(low, high + 1):
        if pitch % 12 in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color="0.95", zorder=0)
        if pitch % 12 == 0:
            axes.axhline(pitch - 0.5, color="0.75", linewidth=0.6, zorder=0)
    # Two pixels are the shortest note that is seen, and the gap that parts repeated notes.
    pixels = 2 * length / (WIDTH * DPI * (RIGHT - LEFT))
    end = np.maximum(notes.end - pixels, notes.start + pixels)
    corners = [
        np.stack([time, notes.pitch + edge], axis=1)
        for time, edge in (
            (notes.start, -0.45),
            (end, -0.45),
            (end, 0.45),
            (notes.start, 0.45),
        )
    ]
    drawn = PolyCollection(list(np.stack(corners, axis=1)), cmap=LOUDNESS, linewidth=0)
    drawn.set_array(notes.velocity)
    drawn.set_clim(1, 127)
    axes.add_collection(drawn)
    axes.grid(axis="x", color="0.85", linewidth=0.6)
    axes.set_axisbelow(True)
    return drawn


def _draw_chords(axes: Axes, notes: Notes, length: float, key: Key | None) -> None:
    """Name the chord of every span, and shade spans by turns."""
    span = max(CHORD_SECONDS, length / MOST_CHORDS)
    for index, begin in enumerate(np.arange(0, length, span)):
        end = min(begin + span, length)
        axes.axvspan(begin, end, color="0.93" if index % 2 else "white", zorder=0)
        inside = (notes.start < end) & (notes.end > begin)
        weights = chroma(
            np.maximum(notes.start[inside], begin),
            np.minimum(notes.end[inside], end),
            notes.pitch[inside],
        )
        chord = estimate_chord(weights)
        if chord and key:
            axes.text(
                (begin + end) / 2,
                0.46,
                name_pitch_class(chord[0], key) + chord[1],
                ha="center",
                va="center",
                fontsize=FONT_SIZE - 2,
                clip_on=True,
            )
    axes.set_yticks([0.5], ["chords"], fontsize=FONT_SIZE - 2)
    axes.tick_params(left=False)
    axes.set_ylim(0, 1)
