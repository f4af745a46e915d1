"""Answer requests for training steps over pipes: what both sides of the benchmark share.

Uses the standard library alone, so that it also runs in Magenta's environment.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable


def serve(step: Callable[[], float]) -> None:
    """For every line read, call `step` and write a line of JSON, until standard input closes.

    An answer holds `seconds` of wall time, `cpu_seconds` over all threads, `loss` as `step`
    returned it, and `peak_gb`, the most memory the process has held so far.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not mix with the answers
    for _ in sys.stdin:
        start, cpu_start = time.perf_counter(), time.process_time()
        loss = step()
        answer = {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu_start,
            "loss": loss,
            "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        }
        print(json.dumps(answer), file=answers, flush=True)
