"""TensorBoard's files, read back with TensorBoard, and the verdict in words."""

from types import SimpleNamespace

import pytest

from perfrnn.training.history import History, TensorBoardLog
from perfrnn.training.verdict import verdict

# TensorBoard asks protobuf for functions that protobuf is about to retire.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def row(step, eval_loss=None):
    return {
        "step": step,
        "run": 0,
        "learning_rate": 0.5,
        "loss": 2.0 + step,
        "total_loss": 3.0 + step,
        "eval_loss": eval_loss,
        "eval_accuracy": eval_loss and 0.25,
        "eval_event_accuracy": eval_loss and 0.125,
        "impossible_note_ons": eval_loss and 0.5,
        "impossible_note_offs": eval_loss and 0.75,
    }


def write(folder, first_step, rows):
    log = TensorBoardLog(folder, first_step)
    for each in rows:
        log.add(each)
    log.close()


def read(folder, tag):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_scalars_come_back_and_missing_ones_are_left_out(tmp_path):
    write(tmp_path, 0, [row(1), row(2, eval_loss=1.5)])
    assert read(tmp_path, "training/loss") == [(1, 3.0), (2, 4.0)]
    assert read(tmp_path, "training/learning_rate") == [(1, 0.5), (2, 0.5)]
    assert read(tmp_path, "evaluation/loss") == [(2, 1.5)]
    assert read(tmp_path, "evaluation/event_accuracy") == [(2, 0.125)]
    assert read(tmp_path, "evaluation/impossible_note_offs") == [(2, 0.75)]


def test_a_resumed_training_replaces_the_steps_that_it_takes_again(tmp_path):
    write(tmp_path, 0, [row(1), row(2), row(3)])
    write(tmp_path, 1, [row(2) | {"loss": 9.0}])
    assert read(tmp_path, "training/loss") == [(1, 3.0), (2, 9.0)]


def test_a_board_is_shown_the_rows_of_the_step_that_a_training_goes_on_from():
    history, shown = History(), []
    for step in (1, 2, 3):
        history.add_row(step, 0, 0.5)
    history.show_on(SimpleNamespace(add=lambda row: shown.append(row["step"])), 3)
    history.add_row(4, 0, 0.5)
    assert shown == [3, 4]


def test_rows_hold_the_means_of_the_steps_since_the_row_before():
    history = History()
    for loss in (1.0, 3.0):
        history.add_step({"loss": loss, "total_loss": loss + 1})
    history.add_row(2, 0, 0.5)
    history.add_row(3, 0, 0.5)
    assert [(row["loss"], row["total_loss"]) for row in history.rows] == [(2, 3), (None, None)]


def test_the_verdict_names_the_kept_step():
    start, kept = {"step": 0, "loss": 5.0}, {"step": 7, "loss": 4.0}
    assert verdict(kept, start, 9).startswith("step 7 of 9 is kept: 4.000 nats")
    assert verdict(start, start, 9).startswith("no step of 9 beat the start")
