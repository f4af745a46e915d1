"""Early stopping, told as the dissertation tells it."""

import math

from perfrnn.training.stopping import EarlyStopping


def follow(stopping, losses, every=100):
    """Feed evaluations until training ends; return the step of the end."""
    for index, loss in enumerate(losses):
        step = index * every
        stopping.observe(step, loss)
        if stopping.should_stop(step) and not stopping.stop(step, loss):
            return step
    return None


def test_stops_when_patience_is_used_up():
    stopping = EarlyStopping(patience=300)
    assert follow(stopping, [5, 4, 3, 3.1, 3.2, 3.3, 1]) == 500
    assert (stopping.best_step, stopping.best_loss) == (200, 3)


def test_an_equal_loss_is_no_improvement():
    assert follow(EarlyStopping(patience=200), [5, 5, 5, 5]) == 200


def test_restarts_have_their_own_patience_and_the_best_of_all_runs_is_kept():
    stopping = EarlyStopping(patience=200, restarts=1, restart_patience=400)
    #              0  100 200 300  400  500  600  700  800
    end = follow(stopping, [5, 4, 4.5, 4.6, 3.5, 3.6, 3.7, 3.8, 3.9])
    assert [stop["step"] for stop in stopping.stops] == [300, 800]
    assert end == 800
    assert (stopping.best_step, stopping.best_loss) == (400, 3.5)


def test_what_is_no_better_than_the_stop_does_not_prolong_the_run_after_it():
    stopping = EarlyStopping(patience=200, restarts=1, restart_patience=200)
    # Best at 100; stop at 300 with 4.6. The next run begins there: 4.7 and 4.8 are no better, and
    # its 200 steps of patience are over at 500.
    end = follow(stopping, [5, 4, 4.5, 4.6, 4.7, 4.8, 4.9, 5.0, 5.1])
    assert [stop["step"] for stop in stopping.stops] == [300, 500]
    assert end == 500


def test_what_is_better_than_the_stop_does_though_it_is_not_the_best():
    stopping = EarlyStopping(patience=200, restarts=1, restart_patience=200)
    # Stop at 300 with 4.6; 4.5 at 400 is better than that, so that patience lasts until 600.
    assert follow(stopping, [5, 4, 4.5, 4.6, 4.5, 4.7, 4.8, 4.9]) == 600


def test_after_a_stop_without_a_number_any_number_is_better():
    stopping = EarlyStopping(patience=100, restarts=1, restart_patience=100)
    assert follow(stopping, [5, math.nan, 6.0, 7.0, 8.0]) == 300


def test_a_restart_may_lose_to_an_earlier_run():
    stopping = EarlyStopping(patience=200, restarts=1, restart_patience=200)
    follow(stopping, [5, 4, 4.5, 4.6, 4.4, 4.3, 4.4, 4.5])
    assert (stopping.best_step, stopping.best_loss) == (100, 4)


def test_not_a_number_is_never_best():
    stopping = EarlyStopping(patience=200)
    assert not stopping.observe(0, math.nan)
    assert stopping.observe(100, 9.0)


def test_state_goes_on_where_it_was():
    stopping = EarlyStopping(patience=200, restarts=1, restart_patience=400)
    follow(stopping, [5, 4, 4.5, 4.6])
    assert EarlyStopping(**stopping.state()) == stopping
