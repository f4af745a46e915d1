"""Performances and pieces told by content, on music made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from note_seq import NoteSequence

from perfrnn.dataset import fingerprints as module
from perfrnn.dataset.fingerprints import (
    Fingerprint,
    fingerprints,
    read_fingerprints,
    same_performances,
    same_pieces,
    write_fingerprints,
)
from perfrnn.errors import CorpusError


def melody(seed, count=600):
    """Random pitches: no two melodies have eight of them in a row in common."""
    return np.random.default_rng(seed).integers(30, 90, count)


def play(name, pitches, *, seed=0, gap=0.2, velocities=None, chord=1, spread=0.0):
    """Return pitches struck every `gap` seconds, `chord` at once, broken at random by `spread`."""
    rng = np.random.default_rng(seed)
    sequence = NoteSequence(id=name)
    if velocities is None:
        velocities = rng.integers(20, 100, len(pitches))
    for number, (pitch, velocity) in enumerate(zip(pitches, velocities, strict=True)):
        start = (number // chord) * gap + rng.uniform(0, spread)
        sequence.notes.add(
            pitch=int(pitch), velocity=int(velocity), start_time=start, end_time=start + 0.1
        )
    return sequence


def pairs(matches):
    return {(match.one, match.other) for match in matches}


def test_another_performance_is_the_same_piece_and_not_the_same_performance():
    prints = fingerprints(
        [
            play("a", melody(1), seed=1),
            play("b", melody(1), seed=2, gap=0.35),
            play("c", melody(2), seed=3),
        ]
    )
    assert same_performances(prints) == []
    (match,) = same_pieces(prints)
    assert match == ("a", "b", 1.0)


def test_a_performance_cut_out_of_another_is_found_whole():
    velocities = np.random.default_rng(5).integers(20, 100, 600)
    whole = play("whole", melody(1), velocities=velocities)
    part = play("part", melody(1)[200:400], velocities=velocities[200:400])
    prints = fingerprints([whole, part])
    assert pairs(same_performances(prints)) == pairs(same_pieces(prints)) == {("part", "whole")}
    assert [match.share for match in same_performances(prints)] == [1.0]


def test_a_sonata_in_a_recital_is_found_in_half_of_it():
    recital = np.concatenate([melody(1), melody(2)])
    other = np.concatenate([melody(1), melody(3)])
    prints = fingerprints([play("one", recital, seed=1), play("two", other, seed=2)])
    (match,) = same_pieces(prints)
    # half of the n-grams, of which a quarter is sampled: 300 give or take 13
    assert match.share == pytest.approx(0.5, abs=0.09)


def test_chords_may_be_broken_in_any_order_within_30_ms():
    # ascending triads, as they are written; each hand spreads them in its own way
    chords = np.sort(melody(1, 900).reshape(-1, 3), axis=1).ravel()
    prints = fingerprints(
        [
            play("together", chords, seed=1, chord=3),
            play("spread", chords, seed=2, chord=3, spread=0.03, gap=0.5),
        ]
    )
    (match,) = same_pieces(prints)
    assert match.share == 1.0


def test_transposed_music_is_another_piece():
    prints = fingerprints([play("a", melody(1)), play("b", melody(1) + 1)])
    assert same_pieces(prints) == []


def test_loudness_within_four_degrees_is_the_same():
    soft = np.full(600, 40)
    prints = fingerprints(
        [
            play("a", melody(1), velocities=soft),
            play("b", melody(1), velocities=soft + 3),
            play("c", melody(1), velocities=soft + 4),
        ]
    )
    assert pairs(same_performances(prints)) == {("a", "b")}


def test_drums_and_files_of_a_few_notes_have_nothing_in_common():
    drums = play("drums", melody(1))
    for note in drums.notes:
        note.is_drum = True
    prints = fingerprints([drums, play("few", melody(1)[:5]), play("music", melody(1))])
    assert [found.notes for found in prints] == [0, 5, 600]
    assert same_performances(prints) == same_pieces(prints) == []


def test_of_all_hashes_a_quarter_is_kept_the_same_in_every_file():
    (long,) = fingerprints([play("a", melody(1, 20_000))])
    assert isinstance(long, Fingerprint)
    # a binomial of 20,000 at 1/4: standard deviation 61
    assert len(long.piece) == pytest.approx(5_000, abs=300)
    assert len(long.performance) == pytest.approx(5_000, abs=300)


@given(st.lists(st.integers(30, 90), min_size=1, max_size=60), st.integers(1, 50))
def test_a_passage_shares_all_its_hashes_with_what_it_is_part_of(pitches, before):
    velocities = np.full(len(pitches) + before, 64)
    longer = np.concatenate([np.full(before, 20), pitches])
    whole, part = fingerprints(
        [
            play("0", longer, velocities=velocities),
            play("1", pitches, velocities=velocities[before:]),
        ]
    )
    assert set(part.piece.tolist()) <= set(whole.piece.tolist())
    assert set(part.performance.tolist()) <= set(whole.performance.tolist())


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_files_compared_a_few_at_a_time_give_every_pair_once(monkeypatch, at_once):
    monkeypatch.setattr(module, "FILES_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    grams = [
        rng.choice(40, rng.integers(1, 30), replace=False).astype(np.uint64) for _ in range(9)
    ]
    prints = [Fingerprint(str(n), 9, np.sort(part), part) for n, part in enumerate(grams)]
    wanted = {}
    for one in range(9):
        for other in range(one + 1, 9):
            common = len(set(grams[one].tolist()) & set(grams[other].tolist()))
            share = common / min(len(grams[one]), len(grams[other]))
            if share >= module.SAME_PERFORMANCE:
                wanted[str(one), str(other)] = pytest.approx(share, abs=1e-4)
    found = same_performances(prints)
    assert len(found) == len(wanted)
    assert {(match.one, match.other): match.share for match in found} == wanted


def test_fingerprints_of_shards_are_read_back_by_id(tmp_path):
    prints = fingerprints([play(name, melody(n)) for n, name in enumerate("dbca")])
    empty = Fingerprint("aa", 0, np.empty(0, np.uint64), np.empty(0, np.uint64))
    parts = {"x.npz": [prints[2], empty, prints[0]], "y.npz": [prints[1], prints[3]], "z.npz": []}
    for name, part in parts.items():
        write_fingerprints(tmp_path / name, part)
    read = read_fingerprints(tmp_path / name for name in parts)
    assert [found.id for found in read] == ["a", "aa", "b", "c", "d"]
    for found, wanted in zip(read, [prints[0], empty, *prints[1:]], strict=True):
        assert found.notes == wanted.notes
        np.testing.assert_array_equal(found.performance, wanted.performance)
        np.testing.assert_array_equal(found.piece, wanted.piece)


def test_a_damaged_file_of_fingerprints_is_told_in_one_line(tmp_path):
    path = tmp_path / "x.npz"
    write_fingerprints(path, fingerprints([play("a", melody(1))]))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CorpusError, match=r"x\.npz: damaged \(.*\); delete it"):
        read_fingerprints([path])
    with pytest.raises(CorpusError, match=r"y\.npz: is not there"):
        read_fingerprints([tmp_path / "y.npz"])
