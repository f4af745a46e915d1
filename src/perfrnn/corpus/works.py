"""Titles as people write them, made keys of works that meet ASAP's.

MAESTRO's titles are free text: thirty-two variations in C minor are spelt in five ways, sonatas
named by number or by opus, catalogue numbers counted up by a spreadsheet (D. 958 to D. 961 for the
four movements of one sonata). A key names one work or movement, as `perfrnn.corpus.asap.piece_of`
does; what a title names together (a prelude and its fugue) has the keys of both, joined by `+`.
Where titles err, content tells the truth: `perfrnn.dataset.overlap`.
"""

import re
from collections.abc import Callable
from functools import partial

from perfrnn.corpus.manifest import slug

JOIN = "+"

_TONICS = ("c", "c-sharp", "d", "e-flat", "e", "f", "f-sharp", "g", "a-flat", "a", "b-flat", "b")
_ENHARMONIC = {"d-flat": "c-sharp", "d-sharp": "e-flat", "g-sharp": "a-flat"}
_SONATAS_BY_OPUS = {
    "2-no-3": 3, "7": 4, "10-no-1": 5, "10-no-3": 7, "10-3": 7, "13": 8, "14-no-1": 9,
    "14-no-2": 10, "22": 11, "26": 12, "28": 15, "31-no-1": 16, "31-no-2": 17, "31-no-3": 18,
    "53": 21, "54": 22, "57": 23, "78": 24, "81a": 26, "81": 26, "90": 27, "101": 28, "106": 29,
    "109": 30, "110": 31, "111": 32,
}  # fmt: skip
_SONATAS_BY_KOECHEL = (
    279, 280, 281, 282, 283, 284, 309, 310, 311, 330, 331, 332, 333, 457, 533, 545, 570, 576,
)  # fmt: skip
# Schubert's late sonatas by key, since MAESTRO's D numbers cannot be relied on.
_SONATAS_BY_KEY = {
    "c-minor": 958, "c-major": 840, "b-flat-major": 960, "bb": 960, "g-major": 894, "d-major": 850,
}  # fmt: skip
# Titles that no rule would read rightly; the Barcarolle is entered under Debussy.
_EXCEPTIONS = {
    ("balakirev", "lark"): "glinka-the-lark",
    ("debussy", "barcarolle-op-60"): "chopin-barcarolle",
    ("bach", "prelude-and-fugue-in-b-moll-no-22-wtkii"): "bach-prelude-bwv-891+bach-fugue-bwv-891",
}
_SCHERZOS = {"1": "20", "2": "31", "3": "39", "4": "54"}


def pieces_of(piece: str) -> list[str]:
    """Return the keys of the works that a `piece` names."""
    return piece.split(JOIN)


def piece_of_title(composer: str, title: str) -> str:
    """Return the key of the work that a title names, or the keys of several, joined.

    Parameters
    ----------
    composer : full name; of an arrangement `Niccolò Paganini / Franz Liszt`.

    Examples
    --------
    >>> piece_of_title("Ludwig van Beethoven", "Sonata Op. 53 'Waldstein', I. Allegro con brio")
    'beethoven-piano-sonatas-21-1'
    >>> piece_of_title("Johann Sebastian Bach", "Prelude and Fugue in A Minor, WTC I")
    'bach-prelude-bwv-865+bach-fugue-bwv-865'
    """
    surname = slug(composer.split(" / ")[-1].split()[-1])
    text = slug(re.sub(r"(?<=[A-Za-z])(?=\d)", " ", title))
    if exception := _EXCEPTIONS.get((surname, text)):
        return exception
    named = _NAMERS.get(surname, _no_name)(text)
    if named is None and "/" in composer:
        return slug(f"{composer} {text}")
    if named is None:
        named = _catalogued(text)
    return JOIN.join(f"{surname}-{name}" for name in named.split(JOIN))


def movement(text: str) -> str:
    """Return the number of the movement that a title, as a slug, names, after a hyphen; else ``.

    More than one movement is none: the key is that of the whole.
    """
    if re.search("complete|movements|-i-and-ii", text):
        return ""
    for number, words in enumerate(("first|1st", "second|2nd", "third|3rd", "fourth|4th"), 1):
        if re.search(rf"-(?:{words})-mov", text):
            return f"-{number}"
    roman = re.search(r"(?<!book)(?<!series)-(i{1,3}|iv)-(?!and)[a-z]", text)
    return f"-{('i', 'ii', 'iii', 'iv').index(roman[1]) + 1}" if roman else ""


def _no_name(text: str) -> str | None:
    return None


def _catalogued(text: str) -> str:
    """Return the catalogue's number if a title has one, else the title without what varies."""
    number = re.search(r"(?:^|-)(op|opus|woo|bwv|k|s|d|l)-(\d+[a-z]?)(?:-no)?-?(\d+)?(?!\d)", text)
    if number and not re.search(r"(?:^|-)nos?-\d+(?:-and|-\d+-)", text):
        kind = "op" if number[1] == "opus" else number[1]
        return "-".join([kind, number[2], *([number[3]] if number[3] else [])]) + movement(text)
    varies = r"(?:^|-)(?:in-[a-g](?:-flat|-sharp)?-(?:major|minor)|complete|by|from|de)(?=-|$)"
    return re.sub(varies, "", text).strip("-")


def _bach(text: str) -> str | None:
    if "italian-concerto" in text:
        return "italian-concerto"
    if not re.search("prelude(?:-and)?-fug", text):
        return None
    key = re.search(r"([a-g](?:-flat|-sharp)?)-(major|minor)", text)
    book = re.search(r"(?:wtc|book|wtk)-(ii?)(?=-|$)", text)
    number = re.search(r"bwv-(\d+)", text)
    if key and book:  # before the number, which some titles have wrong
        place = _TONICS.index(_ENHARMONIC.get(key[1], key[1])) if key[1] != "g-sharp" else 8
        bwv = (846 if book[1] == "i" else 870) + 2 * place + (key[2] == "minor")
    elif number:
        bwv = int(number[1])
    else:
        return None
    return f"prelude-bwv-{bwv}{JOIN}fugue-bwv-{bwv}"


def _beethoven(text: str) -> str | None:
    if "sonata" not in text:
        return None
    number = re.search(r"sonata-no-(\d+)", text)
    opus = re.search(r"op-(\d+a?(?:-no-\d|-3(?!-))?)(?=-|$)", text)
    sonata = int(number[1]) if number else _SONATAS_BY_OPUS.get(opus[1]) if opus else None
    return f"piano-sonatas-{sonata}{movement(text)}" if sonata else None


def _chopin(text: str) -> str | None:
    if etude := re.search(r"etude.*op(?:us)?-(10|25)(?:-nos?-(\d+)(?!.*-\d))?", text):
        return f"etudes-op-{etude[1]}" + (f"-{etude[2]}" if etude[2] else "")
    if ballade := re.search(r"ballade-(?:no-)?(\d)", text):
        return f"ballades-{ballade[1]}"
    if scherzo := re.search(r"scherzo-no-(\d)", text):
        return f"scherzos-{_SCHERZOS[scherzo[1]]}"
    if polonaise := re.search(r"^polonaise-op-(\d+)", text):
        return f"polonaises-{polonaise[1]}"
    if "sonata" in text and (sonata := re.search(r"sonata-(?:no-)?([23])|(op-58)", text)):
        ordinal = {"": "", "-1": "-1st", "-2": "-2nd", "-3": "-3rd", "-4": "-4th"}
        return f"sonata-{sonata[1] or 3}{ordinal[movement(text)]}"
    return {"barcarolle": "barcarolle", "berceuse": "berceuse-op-57"}.get(text.split("-")[0])


def _debussy(text: str) -> str | None:
    if "reflets" in text:
        return "images-book-1-1-reflets-dans-leau"
    if re.search("images-(?:book|series)-(?:1|i)(?:-|$)", text):
        return "images-book-1"
    return "pour-le-piano" if text.startswith("pour-le-piano") else None


def _haydn(text: str) -> str | None:
    number = re.search(r"hob-xvi-(\d+)", text)
    return f"keyboard-sonatas-{number[1]}{movement(text)}" if number else None


_LISZT = (
    ("gnomenreigen", "concert-etude-s145-2"),
    ("waldesrauschen", "concert-etude-s145-1"),
    ("campanella", "gran-etudes-de-paganini-2-la-campanella"),
    ("^etude-no-6-in-a-minor", "gran-etudes-de-paganini-6-theme-and-variations"),
    ("grandes-etudes-de-paganini", "gran-etudes-de-paganini"),
    ("mephisto-waltz", "mephisto-waltz"),
    ("ballade-no-2", "ballade-2"),
    ("^venezia-e-napoli", "annees-de-pelerinage-2-1-gondoliera+venezia-e-napoli-3-tarantella"),
    ("^sonata-in-b-min", "sonata"),
    (r"hungarian-rhapsody(?:-no)?-(\d+)", r"hungarian-rhapsodies-\1"),
    (r"transcend.*?no-(\d+)", r"transcendental-etudes-\1"),
)


def _by_words(rules: tuple[tuple[str, str], ...], text: str) -> str | None:
    """Return what the first rule that fits makes of a title."""
    found = ((re.search(words, text), name) for words, name in rules)
    return next((match.expand(name) for match, name in found if match), None)


def _mozart(text: str) -> str | None:
    number = re.search(r"k-(\d+)", text)
    if "sonata" not in text or not number or int(number[1]) not in _SONATAS_BY_KOECHEL:
        return None
    return f"piano-sonatas-{_SONATAS_BY_KOECHEL.index(int(number[1])) + 1}{movement(text)}"


def _schubert(text: str) -> str | None:
    if impromptu := re.search(r"impromptus?-op-(90|142)(?:-no-(\d))?", text):
        name = "op-90-d-899" if impromptu[1] == "90" else "op142"
        return f"impromptu-{name}" + (f"-{impromptu[2]}" if impromptu[2] else "")
    if moment := re.search(r"moment-musi.*no-(\d)", text):
        return f"moment-musical-no-{moment[1]}"
    if "wanderer" in text:
        return "wanderer-fantasie"
    if not text.startswith("son"):
        return None
    if re.search("d-664|op-120", text):
        return f"piano-sonatas-664{movement(text)}"
    key = re.search("(?:[a-g](?:-flat)?-(?:major|minor))|bb", text)
    number = _SONATAS_BY_KEY.get(key[0]) if key else None
    return f"piano-sonatas-{number}{movement(text)}" if number else None


_NAMERS: dict[str, Callable[[str], str | None]] = {
    "bach": _bach,
    "balakirev": partial(_by_words, (("islame", "islamey"),)),
    "beethoven": _beethoven,
    "brahms": partial(_by_words, ((r"op-118-no-(\d)", r"six-pieces-op-118-\1"),)),
    "chopin": _chopin,
    "debussy": _debussy,
    "haydn": _haydn,
    "liszt": partial(_by_words, _LISZT),
    "mozart": _mozart,
    "rachmaninoff": partial(
        _by_words, ((r"^prelude-.*op-(23|32)-(?:no-)?(\d+)", r"preludes-op-\1-\2"),)
    ),
    "schubert": _schubert,
    "schumann": partial(
        _by_words,
        (("kreisleriana", "kreisleriana"), ("toccata", "toccata"), ("arabes", "arabeske")),
    ),
    "scriabin": partial(_by_words, ((r"sonata-no-(\d+)", r"sonatas-\1"),)),
}
