import pytest

from example_results import make_dataset, make_evaluation, make_metrics
from perfrnn.report import captions


def test_metrics_in_words_name_the_numbers():
    readings = {
        reading.name: reading for reading in captions.describe_metrics(make_metrics("iter3"))
    }
    assert readings["Evaluation loss"].value == "3.505 nats per event"
    assert "Before training: 5.957. Blind guessing: 5.961." in readings["Evaluation loss"].meaning
    assert readings["Perplexity"].value == "33.3"  # exp(3.505) = 33.28
    assert readings["Accuracy"].value == "12.3%"
    assert readings["Event accuracy"].value == "11.9%"
    assert readings["Kept"].value == "step 60 of 60"
    assert readings["Time"].value == "4 min 5 s"
    assert readings["Time"].meaning == (
        "Training ended at its limit of 60 steps, at 1,893 events a second."
    )


def test_a_run_that_did_no_step_has_no_speed():
    metrics = make_metrics("iter1") | {"events_per_second": None, "seconds": 0.0}
    assert captions.describe_metrics(metrics)[-1].meaning.endswith("limit of 60 steps.")


def test_the_verdict_is_a_sentence():
    metrics = {"verdict": "step 60 is kept"}
    assert captions.verdict(metrics) == "Step 60 is kept."
    assert captions.verdict({"verdict": "Kept."}) == "Kept."


@pytest.mark.parametrize(
    ("start", "ended", "steps", "noise"),
    [
        (5.957, "max_steps", 60, True),
        (5.957, "max_steps", 4999, True),
        (5.957, "max_steps", 191_000, False),
        (5.957, "early_stopping", 2859, False),
        (2.9, "max_steps", 60, False),
        (7.3, "max_steps", 60, True),
    ],
)
def test_noise_is_expected_of_short_runs_from_untrained_weights(start, ended, steps, noise):
    metrics = make_metrics("iter1", steps=steps) | {"ended": ended}
    metrics["start_metrics"]["loss"] = start
    assert captions.expect_noise(metrics) is noise


def test_the_curves_are_told_to_those_who_cannot_see_them():
    metrics = make_metrics("iter1", steps=2859, stops=(1060, 1958, 2859))
    text = captions.describe_curves(metrics)
    assert "from 5.96 before training to 3.64 nats per event at step 2,859" in text
    assert "Early stops at step 1,060, 1,958 and 2,859." in text
    assert "piecewise learning rate" in text


def test_the_comparison_is_told_too():
    text = captions.describe_comparison([make_metrics("iter1"), make_metrics("iter2")])
    assert text.endswith("iter1 from 5.96 to 3.64; iter2 from 5.96 to 3.87.")


def test_a_sample_in_words():
    about = {"notes": 1, "seconds": 60.0, "key": "D minor", "temperature": 0.9, "seed": 7}
    assert captions.describe_notes(about) == "1 note in 1 min, asked to play in D minor"
    assert captions.describe_notes(about | {"key": None}) == "1 note in 1 min"
    assert captions.describe_request(about).endswith("D minor, temperature 0.9, seed 7")
    about["settings"] = {"top_p": 0.95, "min_p": None}
    assert captions.describe_request(about).endswith("temperature 0.9, top_p 0.95, seed 7")
    about["settings"] = {"composer": "Chopin", "guidance": 1.5, "candidates": 4}
    about["chosen"] = {"candidate": 2, "of": 4, "key_found": 1.0, "score": 0.5}
    assert captions.describe_request(about) == (
        "1 note in 1 min, asked to play in D minor like Chopin, temperature 0.9, guidance 1.5, "
        "seed 7, the best of 4 by key and judge"
    )
    assert captions.describe_notes(about | {"key": None}).endswith("asked to play like Chopin")


def test_samples_that_were_chosen_are_told():
    found = {"longest_copy": {"most": 9, "median": 7.0}, "adherence": None}
    assert len(captions.describe_evaluation(found)) == 1
    _, chosen = captions.describe_evaluation(found | {"candidates": 4})
    assert chosen == (
        "Each sample is the best of 4 candidates by the key asked for and by the judge, which "
        "finds in them more than the model has."
    )


@pytest.mark.parametrize(
    ("way", "text"),
    [
        (
            "piece",
            "Whole pieces are held out: 0 of 33 held-out files share a piece with the training "
            "set; with a split by file, Magenta's way, it would be 2 of 34.",
        ),
        (
            "file",
            "Single files are held out, as Magenta does: 2 of 34 held-out files share a piece "
            "with the training set.",
        ),
    ],
)
def test_the_split_in_words(way, text):
    dataset = make_dataset()
    dataset["settings"]["split_by"] = way
    assert captions.describe_overlap(dataset) == text


def test_the_sets_and_what_may_be_trusted_in_words():
    dataset = make_dataset()
    assert captions.describe_sets(dataset) == (
        "311 segments of music were for training, 39 to choose the weights that are kept, 41 to "
        "test them."
    )
    assert captions.describe_test(dataset) == (
        "Measured on the test set: 15 pieces that no model was trained on, and that chose nothing."
    )
    dataset["eval_is_test"] = True
    dataset["splits"]["test"] = dataset["splits"]["eval"]
    assert captions.describe_sets(dataset) == (
        "311 segments of music were for training, 39 to choose the weights that are kept and to "
        "test them."
    )
    text = captions.describe_test(dataset)
    assert text.startswith("Measured on the evaluation set, 16 pieces that no model was trained")
    assert text.endswith(
        "also chose the weights that are kept, so the figures are a little too good."
    )


def test_names_to_hold_out_that_the_corpus_has_not_are_told():
    dataset = make_dataset()
    assert captions.describe_elsewhere(dataset) == ""
    dataset["settings"]["held_out"] = "mine.tsv"
    dataset["held_out_elsewhere"] = ["song-1", "song-2"]
    assert captions.describe_elsewhere(dataset) == (
        "2 pieces that mine.tsv names to hold out are of another corpus: song-1 and song-2."
    )


def test_what_was_found_twice_in_words():
    dataset = make_dataset()
    dataset["settings"]["split_by"] = "official"
    dataset["piece_overlap"]["official"] = {"held_out_files": 314, "sharing_a_piece": 0}
    dataset["duplicates"] = {"same_performance": 1088, "left_out": 582, "kept_apart": 107}
    dataset["duplicates"]["heard_before"] = 0
    assert captions.describe_overlap(dataset) == (
        "Whole pieces are held out: 0 of 314 held-out files share a piece with the training "
        "set; with a split by file, Magenta's way, it would be 2 of 34. Told by content, 1,088 "
        "files have a performance that another has too, and 582 of them were left out; 107 more "
        "were left out because they share a piece with held-out music."
    )
    dataset["duplicates"] = dict.fromkeys(dataset["duplicates"], 0)
    assert captions.describe_overlap(dataset).endswith("2 of 34.")
    dataset["duplicates"]["heard_before"] = 12
    assert captions.describe_overlap(dataset).endswith(
        "2 of 34. Of what the data set itself holds out, 12 files were trained on, since the base "
        "model has learned from their pieces."
    )


def test_the_licence_of_a_base_model_s_music_is_named_too():
    dataset = {"licence": "Free."}
    assert captions.describe_licence(dataset, [make_metrics("iter1")]) == "Free."
    tuned = make_metrics("iter1") | {"start": "the bundled base model performance_with_dynamics"}
    text = captions.describe_licence(dataset, [make_metrics("iter1"), tuned])
    assert text.startswith("Free. ")
    assert "CC BY-NC-SA 4.0" in text


def test_means_say_when_samples_are_too_few_for_an_interval():
    few = make_evaluation(("iter1",))
    assert captions.describe_means(few) == (
        "Means over 3 samples; in brackets where 90\u00a0% of the means of as many human excerpts "
        "lie. Too few samples for an interval of the mean: 16 it takes."
    )
    for found in few["iterations"].values():
        found |= {"samples": 32}
        found["share_inside"]["interval"] = [0.5, 0.7]
    assert captions.describe_means(few).endswith("human excerpts lie.")
