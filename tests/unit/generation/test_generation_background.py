"""A second thread takes its turns in their order, and whoever needs one waits for it."""

import gc
import threading
import time

import pytest

from perfrnn.generation.background import Rota


def fail():
    raise ZeroDivisionError


def test_waiting_lasts_until_the_other_thread_is_done():
    rota, done = Rota(1), []

    def work():
        time.sleep(0.05)
        done.append(threading.current_thread())

    rota.begin(0, work)
    rota.wait(0)
    assert done
    assert done != [threading.current_thread()]


def test_there_is_nothing_to_wait_for_before_a_turn_begins_or_once_it_was_awaited():
    rota = Rota(2)
    rota.wait(0)
    rota.wait(1)
    rota.begin(0, list)
    rota.wait(0)
    rota.wait(0)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turns_are_taken_round_after_round_in_their_order(turns):
    rota, done = Rota(turns), []
    for number in range(3000):
        rota.wait(number % turns)
        rota.begin(number % turns, lambda number=number: done.append(number))
    for turn in range(turns):
        rota.wait(turn)
    assert done == list(range(3000))


def test_what_goes_wrong_is_raised_once_where_it_is_awaited():
    rota, done = Rota(2), []
    rota.begin(0, fail)
    rota.begin(1, lambda: done.append("went on"))
    rota.wait(1)
    assert done == ["went on"]
    with pytest.raises(ZeroDivisionError):
        rota.wait(0)
    rota.wait(0)
    rota.begin(0, lambda: done.append("again"))
    rota.wait(0)
    assert done == ["went on", "again"]


@pytest.mark.parametrize("begun", range(5))
def test_the_thread_ends_with_its_rota_wherever_the_round_was_left(begun):
    before = set(threading.enumerate())
    rota = Rota(3)
    (thread,) = set(threading.enumerate()) - before
    for number in range(begun):
        rota.wait(number % 3)
        rota.begin(number % 3, fail if number == begun - 1 else list)
    assert thread.is_alive()
    del rota
    gc.collect()
    thread.join(timeout=10)
    assert not thread.is_alive()
