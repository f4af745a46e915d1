"""Titles as MAESTRO has them, and the keys that ASAP has for the same works."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.corpus.manifest import slug
from perfrnn.corpus.works import piece_of_title, pieces_of

BACH, BEETHOVEN = "Johann Sebastian Bach", "Ludwig van Beethoven"
CHOPIN, HAYDN, LISZT = "Frédéric Chopin", "Joseph Haydn", "Franz Liszt"
MOZART, SCHUBERT = "Wolfgang Amadeus Mozart", "Franz Schubert"


@pytest.mark.parametrize(
    ("composer", "title", "pieces"),
    [
        (BACH, "Prelude and Fugue in C Major, WTC I, BWV 846", "prelude-bwv-846 fugue-bwv-846"),
        (BACH, "Prelude and Fuge in G-sharp Minor, WTC I", "prelude-bwv-863 fugue-bwv-863"),
        # D-flat is C-sharp, and the number is wrong in the title of the last
        (BACH, "Prelude and Fugue in D-flat Major, WTC I", "prelude-bwv-848 fugue-bwv-848"),
        (BACH, "Prelude & Fugue in G Minor, WTK II", "prelude-bwv-885 fugue-bwv-885"),
        (BACH, "Prelude and Fugue in A Minor, WTC II, BWV 847", "prelude-bwv-889 fugue-bwv-889"),
        (BACH, "Italian Concerto, BWV 971 (Complete)", "italian-concerto"),
        (BEETHOVEN, "Sonata No. 21 in C Major, Op. 53, 1st mov.", "piano-sonatas-21-1"),
        (BEETHOVEN, "Sonata No. 21, Op. 53, “Waldstein,” I. Allegro", "piano-sonatas-21-1"),
        (BEETHOVEN, "Sonata in C Major, Op. 53 'Waldstein'", "piano-sonatas-21"),
        (BEETHOVEN, "Sonata No. 3 in C Major, Op. 2 No. 3, I. and II. ", "piano-sonatas-3"),
        (BEETHOVEN, "Sonata Op. 10/3", "piano-sonatas-7"),
        (BEETHOVEN, "Sonata in E Major, Op. 14, No. 1", "piano-sonatas-9"),
        (BEETHOVEN, "Sonata in A-flat, Op. 110", "piano-sonatas-31"),
        (CHOPIN, "Etude Op. 10 No. 1 in C Major", "etudes-op-10-1"),
        (CHOPIN, "Etude in A Minor, Op. 25, No. 11", "etudes-op-25-11"),
        (CHOPIN, "Complete Etudes, Opus 25", "etudes-op-25"),
        (CHOPIN, "Etudes Op. 25 Nos. 1-5", "etudes-op-25"),
        (CHOPIN, "Ballade 4 Op. 52", "ballades-4"),
        (CHOPIN, "Scherzo No. 2 in B-flat Minor, Op. 31", "scherzos-31"),
        (CHOPIN, "Sonata 3 Op. 58", "sonata-3"),
        (CHOPIN, "Berceuse in D-Flat Major, Op. 57", "berceuse-op-57"),
        (HAYDN, "Sonata in A-Flat Major, Hob. XVI:46, I. Allegro", "keyboard-sonatas-46-1"),
        (LISZT, "Grandes études de Paganini, No. 3 \"La campanella\", S.141/3",
         "gran-etudes-de-paganini-2-la-campanella"),
        (LISZT, "Études d'exécution transcendante, No. 10 in F Minor, S.139/10",
         "transcendental-etudes-10"),
        (LISZT, "Mephisto-Waltz No. 1", "mephisto-waltz"),
        (MOZART, "Sonata in F K332", "piano-sonatas-12"),
        (MOZART, "Sonata in B-flat Major, K. 333, I. Allegro", "piano-sonatas-13-1"),
        (SCHUBERT, "Impromptu Op. 90 No. 3 in G-flat", "impromptu-op-90-d-899-3"),
        (SCHUBERT, "Impromptu Op.142 No.3, in B-Flat Major, D935", "impromptu-op142-3"),
        (SCHUBERT, "Sonata in A Major, Op. 120, I. Allegro moderato", "piano-sonatas-664-1"),
        # a spreadsheet counted D. 958 up, a movement at a time
        (SCHUBERT, "Sonata in C Minor, D. 961", "piano-sonatas-958"),
        # the second book, its fourth piece
        ("Claude Debussy", "Preludes, Book II, L 123, IV. «Les fées»", "l-123-4"),
        ("Sergei Rachmaninoff", "Prelude in D Major, Op. 23, No. 4", "preludes-op-23-4"),
        ("Robert Schumann", "Kreisleriana, Op. 16 (Complete)", "kreisleriana"),
        ("Alexander Scriabin", "Sonata No. 5, Op. 53", "sonatas-5"),
    ],
)  # fmt: skip
def test_a_title_has_the_keys_of_asap(composer: str, title: str, pieces: str) -> None:
    surname = slug(composer.split()[-1])
    wanted = [f"{surname}-{piece}" for piece in pieces.split()]
    assert pieces_of(piece_of_title(composer, title)) == wanted


@pytest.mark.parametrize(
    "titles",
    [
        ["Thirty-Two Variaions in C Minor, WoO80", "Thirty-Two Variations  in C Minor, WoO 80"],
        ["Fantasy Op. 28 in B Minor", "Fantasy in B Minor, Op. 28", "Fantasy, Op. 28"],
        ["Etude Tableau Op. 39 No. 5", "Etude-Tableau in E-flat Minor, op. 39 No. 5"],
    ],
)
def test_works_that_asap_lacks_have_one_key_however_they_are_spelt(titles: list[str]) -> None:
    assert len({piece_of_title("Some Body", title) for title in titles}) == 1


def test_an_arrangement_is_its_arranger_s_where_asap_has_it_so() -> None:
    paganini = piece_of_title("Niccolò Paganini / Franz Liszt", "Etude No. 6 in A Minor")
    assert paganini == "liszt-gran-etudes-de-paganini-6-theme-and-variations"
    assert piece_of_title("Mikhail Glinka / Mily Balakirev", "Lark") == "glinka-the-lark"
    assert piece_of_title("Robert Schumann / Franz Liszt", "Widmung") == (
        "robert-schumann-franz-liszt-widmung"
    )


@given(st.text(min_size=1), st.text())
def test_any_title_makes_a_key(composer: str, title: str) -> None:
    for piece in pieces_of(piece_of_title(f"X {composer}x", title)):
        assert slug(piece) == piece.strip("-")
