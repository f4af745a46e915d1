"""Auxiliary losses on cases worked out by hand, and that they teach."""

import keras
import numpy as np
import pytest
from keras import ops

from perfrnn.events import vocabulary as ev
from perfrnn.network import losses

SHARP = 50.0
"""Logit that makes a class all but certain."""


def certain(labels):
    """Logits that put all probability on `labels`."""
    return SHARP * np.eye(ev.NUM_CLASSES, dtype=np.float32)[np.asarray(labels)]


def value(loss, logits, labels, mask=None):
    labels = np.asarray(labels, np.int32)
    mask = np.ones(labels.shape, np.float32) if mask is None else mask
    return float(loss(ops.convert_to_tensor(logits), ops.convert_to_tensor(labels), mask))


def music(seed=0, length=200):
    """A plausible stream: note on, shift, note off, shift."""
    rng = np.random.default_rng(seed)
    pitch = rng.integers(48, 72, length)
    return np.stack(
        [pitch, 256 + rng.integers(0, 30, length), 128 + pitch, 256 + rng.integers(0, 30, length)],
        axis=1,
    ).reshape(1, -1)[:, :length]


def test_cross_entropy_is_the_mean_over_unpadded_events():
    logits = np.zeros((1, 4, ev.NUM_CLASSES), np.float32)
    mask = np.array([[1, 1, 0, 0]], np.float32)
    logits[0, 2:] = certain([5, 5])  # padding, wrong, must not count
    assert value(losses.cross_entropy, logits, [[1, 2, 3, 4]], mask) == pytest.approx(np.log(388))


@pytest.mark.parametrize("name", ["rhythm", "harmonic_progression"])
def test_the_musics_own_events_cost_nothing(name):
    labels = music()
    assert value(losses.AUXILIARY[name], certain(labels), labels) == pytest.approx(0, abs=1e-5)


def test_rhythm_of_a_model_twice_too_slow_is_ln_2_squared():
    labels = np.full((1, 100), 256 + 49)  # half a second each
    predicted = np.full((1, 100), 256 + 99)  # a second each
    expected = (np.log(64 + 0.1) - np.log(32 + 0.1)) ** 2
    assert value(losses.AUXILIARY["rhythm"], certain(predicted), labels) == pytest.approx(
        expected, rel=1e-4
    )


def test_rhythm_of_a_short_segment_is_one_window():
    labels = np.array([[256 + 99] * 10 + [0] * 54])
    mask = np.array([[1] * 10 + [0] * 54], np.float32)
    predicted = np.array([[256 + 49] * 10 + [256 + 99] * 54])
    expected = (np.log(5 + 0.1) - np.log(10 + 0.1)) ** 2
    assert value(losses.AUXILIARY["rhythm"], certain(predicted), labels, mask) == pytest.approx(
        expected, rel=1e-4
    )


def test_tonal_centroid_of_c_by_hand():
    # Harte et al.: pitch class 0 lies at angle 0 on every circle: sin 0, cos 1.
    np.testing.assert_allclose(losses.TONAL_CENTROID_BASIS[0], [0, 1, 0, 1, 0, 0.5], atol=1e-6)
    # G, a fifth up: 7 * 7pi/6 = 49pi/6 = 8pi + pi/6 on the circle of fifths.
    np.testing.assert_allclose(
        losses.TONAL_CENTROID_BASIS[7, :2], [np.sin(np.pi / 6), np.cos(np.pi / 6)], atol=1e-5
    )


def test_harmonic_progression_of_a_model_that_stays_on_c():
    # The music moves from a window of Cs to a window of Gs; the model stays on C.
    labels = np.array([[60] * 64 + [67] * 64])
    predicted = np.full((1, 128), 60)
    move = losses.TONAL_CENTROID_BASIS[7] - losses.TONAL_CENTROID_BASIS[0]
    assert value(
        losses.AUXILIARY["harmonic_progression"], certain(predicted), labels
    ) == pytest.approx(float(np.sum(move**2)), rel=1e-4)


@pytest.mark.parametrize(
    ("next_pitch", "tension"),
    [(61, 2.0), (59, 2.0), (60, 0.5), (65, 0.5), (67, 0.5), (72, 0.5), (64, 1.0), (66, 1.0)],
)
def test_tension_of_single_intervals(next_pitch, tension):
    labels = np.array([[60, next_pitch]])
    assert value(losses.AUXILIARY["harmonic_tension"], certain(labels), labels) == pytest.approx(
        tension
    )


def test_tension_looks_at_the_last_note_across_other_events():
    labels = np.array([[60, 256 + 10, 128 + 60, 61]])
    assert value(losses.AUXILIARY["harmonic_tension"], certain(labels), labels) == pytest.approx(
        2.0
    )


def test_counts_are_windows_pairs_of_windows_and_the_probability_of_notes():
    labels = np.array([[60] * 130, [60] * 127 + [0] * 3, [60] * 20 + [0] * 110])
    mask = np.array([[1] * 130, [1] * 127 + [0] * 3, [1] * 20 + [0] * 110], np.float32)
    counts = {
        name: value(lambda *a, f=f: f(*a)[1], certain(labels), labels, mask)
        for name, f in losses.SUMS.items()
    }
    assert counts == {
        # 130 - 64 + 1 windows, 127 - 64 + 1, and one for what is shorter.
        "rhythm": 67 + 64 + 1,
        # 130 - 128 + 1 pairs; none in 127 events or 20.
        "harmonic_progression": 3,
        # All events but the first of each row, all of them notes.
        "harmonic_tension": pytest.approx(129 + 126 + 19),
    }


@pytest.mark.parametrize("name", list(losses.SUMS))
def test_numerators_and_counts_add_up_over_segments(name):
    labels = np.concatenate([music(seed, 150) for seed in range(4)])
    mask = np.array(
        [[1.0] * length + [0.0] * (150 - length) for length in (150, 140, 70, 9)], "f4"
    )
    logits = np.random.default_rng(5).standard_normal((4, 150, 388)).astype("f4")

    def sums(rows):
        parts = (logits[rows], labels[rows].astype(np.int32), mask[rows])
        return np.array(
            [float(part) for part in losses.SUMS[name](*map(ops.convert_to_tensor, parts))]
        )

    together = sums([0, 1, 2, 3])
    np.testing.assert_allclose(sums([0]) + sums([1, 3]) + sums([2]), together, rtol=1e-5)
    assert value(losses.AUXILIARY[name], logits, labels, mask) == pytest.approx(
        together[0] / together[1], rel=1e-5
    )


@pytest.mark.parametrize("name", list(losses.AUXILIARY))
def test_descending_a_loss_lowers_it(name):
    labels = ops.convert_to_tensor(music(1, 256).astype(np.int32))
    mask = ops.ones(labels.shape)
    rng = np.random.default_rng(2)
    start = rng.standard_normal((1, 256, ev.NUM_CLASSES)).astype(np.float32)
    variable = keras.Variable(start)
    optimizer = keras.optimizers.Adam(0.1)
    before = after = None
    import tensorflow as tf

    for _ in range(20):
        with tf.GradientTape() as tape:
            loss = losses.AUXILIARY[name](variable.value, labels, mask)
        (gradient,) = tape.gradient(loss, [variable.value])
        assert float(ops.max(ops.abs(gradient))) > 0
        optimizer.apply([gradient], [variable])
        before = before if before is not None else float(loss)
        after = float(loss)
    assert after < 0.9 * before


def test_the_published_argmax_losses_have_no_gradient():
    """The dissertation's rhythm loss: windows of |label[t] - label[t+1]| against predictions'."""
    import tensorflow as tf

    labels = tf.constant(music(3, 128), tf.float32)
    logits = tf.Variable(np.random.default_rng(4).standard_normal((1, 128, 388)), dtype=tf.float32)
    with tf.GradientTape() as tape:
        predictions = tf.cast(tf.argmax(logits, axis=-1), tf.float32)
        jumps = tf.abs(predictions[:, 1:] - predictions[:, :-1])
        played = tf.abs(labels[:, 1:] - labels[:, :-1])
        loss = tf.reduce_mean(tf.square(jumps - played))
    assert float(loss) > 0
    assert tape.gradient(loss, logits) is None


def test_l1_leaves_biases_out():
    weights = [np.array([[1.0, -2.0]]), np.array([5.0, 5.0])]
    assert float(losses.l1([ops.convert_to_tensor(w) for w in weights])) == 3.0
