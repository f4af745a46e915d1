"""Our Examples beside TensorFlow's own."""

import subprocess
import sys

import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.dataset.example import write_example

int64 = st.integers(-(2**63), 2**63 - 1)
single = st.floats(width=32, allow_nan=False)


@given(
    events=st.lists(int64, min_size=1),
    starts=st.lists(single, min_size=1),
    names=st.lists(st.binary(), min_size=1),
)
def test_tensorflow_writes_the_same_bytes(events, starts, names):
    expected = tf.train.Example(
        features=tf.train.Features(
            feature={
                "source": tf.train.Feature(bytes_list=tf.train.BytesList(value=names)),
                "events": tf.train.Feature(int64_list=tf.train.Int64List(value=events)),
                "start": tf.train.Feature(float_list=tf.train.FloatList(value=starts)),
            }
        )
    )
    ours = write_example({"events": events, "start": starts, "source": names})
    assert ours == expected.SerializeToString(deterministic=True)


def test_tensorflow_is_not_imported():
    code = "import sys; from perfrnn.dataset.segments import write_segments; " + (
        "from perfrnn.dataset.example import write_example; write_example({'a': [1]}); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_too_large_for_the_message_is_refused(number):
    with pytest.raises(ValueError, match="out of range"):
        write_example({"events": [number]})
