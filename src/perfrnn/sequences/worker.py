"""A conversion worker: one process that reads source files and sends back NoteSequences.

`perfrnn.sequences.pool` runs it as `python -m perfrnn.sequences.worker FD`, where FD is the file
descriptor of an inherited pipe. It sends `None` once it is ready, then answers each task until the
pipe closes.
"""

import signal
import sys
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection

from perfrnn.errors import BadFileError
from perfrnn.sequences.midi import read_midi
from perfrnn.sequences.musicxml import read_musicxml
from perfrnn.sequences.pool import Task


def convert(task: Task) -> bytes | str:
    """Return the serialised NoteSequence of a file, or the reason why there is none."""
    try:
        if task.format == "midi":
            sequence = read_midi(task.path)
        else:
            sequence = read_musicxml(task.path, unfold_repeats=task.unfold_repeats)
    except BadFileError as error:
        return str(error)
    except Exception as error:
        # One file must not end the run, whatever is wrong with it or with the reader.
        traceback.print_exc()
        return f"the reader failed with {type(error).__name__}: {error}"
    sequence.id = task.id
    sequence.filename = task.path
    sequence.collection_name = task.collection_name
    return sequence.SerializeToString(deterministic=True)


def main() -> None:
    """Answer tasks until the other end closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets it too, and ends its workers
    connection = Connection(int(sys.argv[1]))
    connection.send(None)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(convert(connection.recv()))


if __name__ == "__main__":
    main()
