"""Which parts of a score are the piano's.

A piano is one part on two staves, or two parts on one each, of which often only one has a name:
what ties them together is a group, a brace, names of hands, or that one follows the other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from perfrnn.sequences.musicxml_values import to_integer

_KEYBOARD = re.compile(
    r"piano|fortepian|klavier|clavier|klav[ií]r|klaver|fl[uü]gel|flygel|zongora|keyboard"
    r"|harpsichord|cembalo|clavecin|cravo|spinet|virginal|clavichord|pianino|piyano"
    r"|\b(pf|pfte|pno|klav)\b"
    r"|钢琴|鋼琴|ピアノ|피아노|фортепиано|ф-но|рояль|пианино|клавир|πιάνο|פסנתר|بيانو|เปียโน",
    re.I,
)
_OTHER = re.compile(
    r"horn|trumpet|trompet|trombon|posaune|tuba|brass|flute|fl[oö]te|flaut|oboe|clarinet|klarinet"
    r"|bassoon|fagott|basson|sax|recorder|violin|viola|geige|bratsche|cello|contrabass|kontrabass"
    r"|double bass|strings?\b|guitar|gitarre|ukulele|mandolin|banjo|harp\b|harfe|drum|percussion"
    r"|timpani|pauken|glocken|xylo|marimba|vibra|mallet|voice|vocal|voix|stimme|gesang|sopran"
    r"|alto?\b|tenor|bar[iy]ton|choir|chorus|chor\b|accordion|akkordeon|organ\b|orgel",
    re.I,
)
_ENSEMBLE = re.compile(
    r"trio|quartet|quintet|sextet|septet|concert|ensemble|[&+]|\b(and|und|et)\b"
)
# What programs call a part that nobody named.
_NAMELESS = re.compile(
    r"\W*(musicxml )?(new )?(part|staff|stave|track|instrument|untitled|unnamed|midi|p)?"
    r"[ _.-]?([ivx]+|\d+)?\W*",
    re.I,
)
_HAND_WORDS = frozenset(
    [
        *("right", "left", "hand", "hands", "rechte", "linke", "rechts", "links"),
        *("main", "droite", "gauche", "mano", "destra", "sinistra", "derecha", "izquierda"),
        *(
            "mão",
            "direita",
            "esquerda",
            "правая",
            "левая",
            "рука",
            "右手",
            "左手",
            "오른손",
            "왼손",
        ),
        *("rh", "lh", "md", "mg", "ms", "mi", "r", "l", "h", "m", "d", "g", "s"),
    ]
)
_STAFF_WORDS = frozenset(
    ["upper", "lower", "treble", "bass", "staff", "clef", "primo", "secondo", "prima", "seconda"]
)
_SINGLE_HAND_WORDS = frozenset(["hand", "hands", "main", "mano", "рука", *"rlhmdgs"])
_PIANO_PROGRAMS = range(1, 9)  # General MIDI's piano family, counted from one
_NAME_CHARACTERS = 60
_MOST_OPEN_GROUPS = 16


@dataclass(slots=True)
class _Group:
    """A group of listed parts."""

    is_piano: bool
    has_brace: bool
    parts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """What a score says of a part.

    Attributes
    ----------
    has_pitches : whether it has a note of definite pitch.
    is_keyboard, is_hand, is_staff, is_nameless : what its name is of.
    sounds_as_keyboard, sounds_otherwise : by names, sounds and programs of its instruments.
    has_piano_program : whether one of its programs is of the piano family.
    has_staves : whether it has several.
    clef : the sign of its first clef.
    """

    has_pitches: bool
    is_keyboard: bool
    is_hand: bool
    is_staff: bool
    is_nameless: bool
    sounds_as_keyboard: bool
    sounds_otherwise: bool
    has_piano_program: bool
    has_staves: bool
    clef: str

    @property
    def may_follow(self) -> bool:
        """Whether it may be the other half of the piano beside it."""
        return (self.is_hand or self.is_nameless) and not self.sounds_otherwise

    @property
    def may_join(self) -> bool:
        """Whether it may be a part of the piano with which it shares a group."""
        return self.is_keyboard or self.may_follow or (self.is_staff and not self.sounds_otherwise)


def find_piano_parts(root: Element, elements: dict[str, list[Element]]) -> set[str]:
    """Return the ids of the parts to read: the piano's, or all if there is none.

    What tells a piano, and the first that tells any decides: the name of the part or of its group;
    names and sounds of its instruments; hands; a program of the piano family on several staves;
    several staves, or a brace around two parts without names; a program of the piano family. To
    the parts found come those that belong to them: what shares their brace and says nothing else,
    and what follows a single staff without a name.

    Parameters
    ----------
    root : the score.
    elements : the measures of each part.
    """
    parts, groups = _roster(root, elements)
    by_group = {
        part
        for group in groups
        if group.is_piano
        for part in group.parts
        if parts[part].may_join or (group.has_brace and not parts[part].sounds_otherwise)
    }
    braced = {
        part
        for group in groups
        if group.has_brace and len(group.parts) == 2
        for part in group.parts
        if all(parts[one].may_join for one in group.parts)
    }
    rules: Sequence[Callable[[str, _Part], bool]] = (
        lambda name, part: part.is_keyboard or name in by_group,
        lambda _, part: part.sounds_as_keyboard,
        lambda _, part: part.is_hand and not part.sounds_otherwise,
        lambda _, part: part.has_staves and part.has_piano_program,
        lambda name, part: (part.has_staves and not part.sounds_otherwise) or name in braced,
        lambda _, part: part.has_staves,
        lambda _, part: part.is_nameless and part.has_piano_program and not part.sounds_otherwise,
    )
    for rule in rules:
        found = {name for name, part in parts.items() if part.has_pitches and rule(name, part)}
        if found:
            return found | _partners(found, parts, groups)
    return set(elements)


def _partners(found: set[str], parts: dict[str, _Part], groups: list[_Group]) -> set[str]:
    """Return the parts that are a piano's other half."""
    partners: set[str] = set()
    braced: set[str] = set()
    for group in groups:
        if group.has_brace:
            braced.update(group.parts)
            if found & set(group.parts):
                partners |= {part for part in group.parts if parts[part].may_join}
    order = list(parts)
    for index, name in enumerate(order):
        after, before = order[index + 1 : index + 2], order[max(0, index - 1) : index]
        # A single staff that neither a brace nor its neighbour completes.
        is_half = name in found - braced and not parts[name].has_staves
        if not is_half or found & {*after, *before}:
            continue
        for other in after + (before if parts[name].clef == "F" else []):
            is_single = other not in braced and not parts[other].has_staves
            if is_single and parts[other].may_follow:
                partners.add(other)
                break
    return partners


def _roster(
    root: Element, elements: dict[str, list[Element]]
) -> tuple[dict[str, _Part], list[_Group]]:
    """Return the listed parts that have measures, and the groups that they are in."""
    parts: dict[str, _Part] = {}
    groups: list[_Group] = []
    open_groups: dict[str, _Group] = {}
    for listed in root.iterfind("part-list/*"):
        number = listed.get("number", "1")
        name = listed.get("id", "")
        if listed.tag == "part-group" and listed.get("type") == "stop":
            open_groups.pop(number, None)
        elif listed.tag == "part-group":
            names = _texts(
                listed, "group-name", "group-abbreviation", "group-name-display/display-text"
            )
            is_piano = any(_KEYBOARD.search(one) and not _is_mixed(one) for one in names)
            symbol = (listed.findtext("group-symbol") or "").strip()
            open_groups[number] = _Group(is_piano, has_brace=symbol == "brace")
            groups.append(open_groups[number])
            if len(open_groups) > _MOST_OPEN_GROUPS:
                del open_groups[next(iter(open_groups))]
        elif listed.tag == "score-part" and name in elements and name not in parts:
            parts[name] = _describe(listed, elements[name])
            for group in open_groups.values():
                group.parts.append(name)
    return parts, groups


def _is_mixed(name: str) -> bool:
    """Return whether a group's name is of more than a piano, as "Piano Quintet"."""
    return bool(_ENSEMBLE.search(name.lower()) or _OTHER.search(name))


def _describe(listed: Element, measures: list[Element]) -> _Part:
    """Return what a listed part and its measures say about who plays it."""
    names = _texts(listed, "part-name", "part-abbreviation", "part-name-display/display-text")
    instruments = _texts(listed, ".//instrument-name")
    sounds = _texts(listed, ".//instrument-sound")
    programs = [to_integer(text) for text in _texts(listed, ".//midi-program")]
    is_keyboard = any(_KEYBOARD.search(one) and not _is_no_piano(one) for one in names)
    sounds_as_keyboard = any(
        _KEYBOARD.search(one) and not _is_no_piano(one) for one in instruments + sounds
    )
    counts = (to_integer(text) for one in measures for text in _texts(one, "attributes/staves"))
    return _Part(
        has_pitches=any(one.find("note/pitch") is not None for one in measures),
        is_keyboard=is_keyboard,
        is_hand=any(_is_of(one, _HAND_WORDS) for one in names),
        is_staff=any(_is_of(one, _HAND_WORDS | _STAFF_WORDS) for one in names),
        is_nameless=all(_NAMELESS.fullmatch(one) for one in names),
        sounds_as_keyboard=sounds_as_keyboard,
        sounds_otherwise=not is_keyboard
        and (
            any(map(_OTHER.search, [*names, *([] if sounds_as_keyboard else instruments)]))
            or any(not one.startswith("keyboard") for one in sounds)
            or any(one is not None and one not in _PIANO_PROGRAMS for one in programs)
        ),
        has_piano_program=any(one in _PIANO_PROGRAMS for one in programs if one is not None),
        has_staves=any((count or 1) > 1 for count in counts),
        clef=next((sign for one in measures[:1] for sign in _texts(one, ".//clef/sign")), ""),
    )


def _is_no_piano(name: str) -> bool:
    """Return whether the name of a keyboard goes on to be another instrument's."""
    return bool(re.search(r"accordion|akkordeon|percussion|mallet|drum", name, re.I))


def _is_of(name: str, words: frozenset[str]) -> bool:
    """Return whether a name consists of some words, not only of such that mean nothing alone."""
    found = re.findall(r"[^\W\d_]+", name.lower())
    return (
        bool(found)
        and set(found) <= words
        and (len(found) > 1 or not set(found) <= _SINGLE_HAND_WORDS)
    )


def _texts(element: Element, *paths: str) -> list[str]:
    """Return the texts found under `paths` that are not empty."""
    found = (one.text or "" for path in paths for one in element.iterfind(path))
    return [text.strip()[:_NAME_CHARACTERS] for text in found if text.strip()]
