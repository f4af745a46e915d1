"""One batch on several devices, each with its share of the rows: data parallelism, on JAX.

Keras's `DataParallel` keeps the weights on every device and shares out the rows of a batch; the
compiler adds up what the devices find. A step computes what one device would compute, but for the
order of sums. Several processes, one on each host say, are joined by `jax.distributed`: all run
the same program and must take the same decisions, and the first alone writes files.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from perfrnn.errors import PerfRNNError


class DevicesError(PerfRNNError):
    """A batch cannot be shared out among devices as asked."""


def join_processes() -> None:
    """Join the tasks that `srun` started; call it once, before any computation.

    Raises
    ------
    DevicesError
        If there are several and the backend is not JAX.
    """
    # Outside a step, as in a batch script, the number is that of all tasks to come.
    is_step = "SLURM_STEP_NODELIST" in os.environ
    tasks = int(os.environ.get("SLURM_NTASKS", 1)) if is_step else 1
    if tasks == 1:
        return
    if keras.backend.backend() != "jax":
        raise DevicesError(
            f"srun has started {tasks} tasks, but {keras.backend.backend()} trains in one; "
            "set KERAS_BACKEND=jax, or start one task (`srun -n 1`)"
        )
    import jax

    if not jax.distributed.is_initialized():
        # The empty list: a task has all devices that it sees; otherwise JAX takes one of them.
        jax.distributed.initialize(cluster_detection_method="slurm", local_device_ids=[])
    if not is_first_process():
        logging.getLogger("perfrnn").setLevel(logging.WARNING)


@contextmanager
def shared_out(iteration: str, rows: int, count: int) -> Iterator[None]:
    """Let the body build and use a network whose batches are shared out among devices.

    Parameters
    ----------
    iteration : for messages.
    rows : sequences in a training batch.
    count : devices, those of all processes together; 0 for all on JAX, one on other backends.

    Raises
    ------
    DevicesError
        If there are not so many, the backend trains on one, or rows do not divide.
    """
    key = f"iterations.{iteration}.devices"
    if keras.backend.backend() != "jax":
        if count > 1:
            raise DevicesError(
                f"{key}: {count}, but {keras.backend.backend()} trains on one device; "
                "set KERAS_BACKEND=jax, or `devices` to 1"
            )
        yield
        return
    chosen = _choose(key, count)
    if rows % len(chosen):
        less = rows - rows % len(chosen)
        sizes = " or ".join(str(size) for size in (less, less + len(chosen)) if size)
        raise DevicesError(
            f"{key}: a batch of {rows} does not divide among {len(chosen)} devices; set "
            f"`batch_size` to {sizes}, or `devices` to a number that divides {rows}"
        )
    if len(chosen) == 1:
        yield
        return
    with keras.distribution.DataParallel(devices=chosen).scope():
        yield


def _choose(key: str, count: int) -> list[str]:
    """Return the devices to use by Keras's names, as many of each process, process by process."""
    import jax

    _, processes = _process()
    there = processes * min(Counter(each.process_index for each in jax.devices()).values())
    count = count or there
    if count > there:
        raise DevicesError(f"{key}: {count}, but there are {there}; lower it, or set it to auto")
    if count % processes:
        raise DevicesError(
            f"{key}: {count} devices do not divide among {processes} processes; set it to "
            f"{count + processes - count % processes}, or to auto"
        )
    own = count // processes
    return [
        f"{device.platform}:{device.id}"
        for process in range(processes)
        for device in [each for each in jax.devices() if each.process_index == process][:own]
    ]


def device_count() -> int:
    """Return how many devices share a batch."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else distribution.num_model_replicas


def own_rows(array: np.ndarray) -> np.ndarray:
    """Return the rows of a batch that this process's devices take."""
    process, processes = _process()
    share = len(array) // processes
    return array[process * share : (process + 1) * share]


def on_devices(inputs: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
    """Return inputs with each row where it is computed; as they are if rows do not divide."""
    distribution = keras.distribution.distribution()
    rows = len(next(iter(inputs.values())))
    if distribution is None or rows % device_count():
        return inputs
    import jax

    return {
        name: jax.make_array_from_process_local_data(
            distribution.get_data_layout(array.shape).backend_layout, own_rows(array)
        )
        for name, array in inputs.items()
    }


def on_every_device(tensor: Any) -> Any:
    """Return a tensor of a compiled function, copied to where its rows were not computed."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return tensor
    layout = keras.distribution.TensorLayout([None] * tensor.ndim, distribution.device_mesh)
    return keras.distribution.distribute_tensor(tensor, layout)


def by_rows(run: Callable[..., Any], x: Any, weights: Sequence[Any], h: Any, c: Any) -> Any:
    """Return `run(x, weights, h, c)`, each device running it on its own rows.

    For what the compiler does not share out by itself, such as cuDNN's LSTM, which every device
    would run on all rows.

    Parameters
    ----------
    run : a function whose outputs have the rows of `x`, `h` and `c`.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or x.shape[0] % device_count():
        return run(x, weights, h, c)
    import jax

    rows = jax.sharding.PartitionSpec(distribution.batch_dim_name)
    whole = jax.sharding.PartitionSpec()
    return jax.shard_map(
        run,
        mesh=distribution.device_mesh.backend_mesh,
        in_specs=(rows, whole, rows, rows),
        out_specs=rows,
        check_vma=False,  # cuDNN's gradient does not say on which devices it differs
    )(x, weights, h, c)


def is_first_process() -> bool:
    """Return whether this is the process that writes files; if there is but one it is."""
    return _process()[0] == 0


def told(*numbers: float) -> np.ndarray:
    """Return what each process tells, float64 [processes, numbers]; all of them must ask."""
    mine = np.array([numbers], np.float64)
    if _process()[1] == 1:
        return mine
    from jax.experimental import multihost_utils

    # As bytes, since JAX would round to float32.
    found = multihost_utils.process_allgather(mine.view(np.uint8), tiled=True)
    return np.ascontiguousarray(found).view(np.float64)


@contextmanager
def first_process_first() -> Iterator[None]:
    """Let the first process run the body before the others do."""
    first = is_first_process()
    if not first:
        told(0)
    try:
        yield
    finally:
        if first:
            told(0)


def _process() -> tuple[int, int]:
    """Return number and count of processes."""
    if keras.backend.backend() != "jax":
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()
