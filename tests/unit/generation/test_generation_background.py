"""Every task is done once, by one thread or the other."""

import gc
import threading
import time

from perfrnn.generation.background import Helper, Task


def test_a_waiting_thread_does_what_nobody_has_begun():
    done = []
    task = Task(lambda: done.append(threading.current_thread()))
    task.wait()
    task.wait()
    task.run()
    assert done == [threading.current_thread()]


def test_waiting_lasts_until_the_helper_is_done():
    helper, begun, done = Helper(), threading.Event(), []

    def work():
        begun.set()
        time.sleep(0.05)
        done.append(threading.current_thread())

    task = helper.begin(work)
    begun.wait()
    task.wait()
    assert done
    assert done != [threading.current_thread()]


def test_many_tasks_are_done_once_each():
    helper, done = Helper(), []
    for number in range(2000):
        helper.begin(lambda number=number: done.append(number)).wait()
    assert done == list(range(2000))


def test_the_thread_ends_with_its_helper():
    before = threading.active_count()
    helper = Helper()
    assert threading.active_count() == before + 1
    del helper
    gc.collect()
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before
