"""A conversion worker: one process that reads source files and sends back NoteSequences.

`perfrnn.sequences.pool` starts it (`perfrnn.processes`). It sends `None` once it is
ready, then answers each task until the pipe closes.
"""

import traceback
from contextlib import suppress

from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError
from perfrnn.performing.deadpan import why_deadpan
from perfrnn.performing.perform import perform
from perfrnn.processes import pipe_to_caller
from perfrnn.sequences.midi import read_midi
from perfrnn.sequences.musicxml import read_musicxml
from perfrnn.sequences.pool import Converted, Task

MUSICXML = "a MusicXML score"
SCORE = "a score by its source"


def convert(task: Task) -> Converted | str:
    """Return what a file becomes, or the reason why it becomes nothing."""
    try:
        if task.format == "midi":
            sequence = read_midi(task.path)
        else:
            sequence = read_musicxml(task.path, unfold_repeats=task.unfold_repeats)
        sequence.id = task.id
        sequence.filename = task.path
        sequence.collection_name = task.collection_name
        return _performed(sequence, task)
    except BadFileError as error:
        return str(error)
    except Exception as error:
        # One file must not end the run, whatever is wrong with it or with the reader.
        traceback.print_exc()
        return f"the reader failed with {type(error).__name__}: {error}"


def _performed(sequence: NoteSequence, task: Task) -> Converted:
    """Return the renditions of a score if the task asks for them, else what was read."""
    deadpan = ""
    if task.performing:
        deadpan = why_deadpan(sequence) if task.format == "midi" else MUSICXML
        if task.performing.is_score:
            deadpan = deadpan or SCORE
    if not task.performing or not deadpan:
        return Converted((sequence.SerializeToString(deterministic=True),))
    records = []
    for number, seed in enumerate(task.performing.seeds):
        rendition = perform(sequence, seed=seed, style=task.performing.style)
        rendition.reference_number = number
        records.append(rendition.SerializeToString(deterministic=True))
    return Converted(tuple(records), deadpan)


def main() -> None:
    """Answer tasks until the other end closes the pipe."""
    connection = pipe_to_caller()
    connection.send(None)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(convert(connection.recv()))


if __name__ == "__main__":
    main()
