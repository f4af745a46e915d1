import re
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from html_checks import Page, assert_sound
from perfrnn.report.results import ReportError


def test_the_page_is_sound(make_page):
    assert_sound(Page(make_page()))


def test_every_sample_has_player_roll_score_and_downloads(make_page):
    page = Page(make_page())
    assert len(page.all("audio")) == 9
    pictures = [image["src"] for image in page.all("img")]
    downloads = [link["href"] for link in page.all("a") if "download" in link]
    for name in ("iter1", "iter2", "iter3"):
        assert f"figures/{name}-curves.svg" in pictures
        for number in (1, 2, 3):
            stem = f"{name}/samples/sample-{number}"
            assert {f"{stem}.png", f"{stem}.svg"} <= set(pictures)
            assert {f"{stem}.{ending}" for ending in ("mid", "wav", "mp3", "musicxml", "svg")} <= (
                set(downloads)
            )


def test_downloads_are_told_apart_by_their_text(make_page):
    text = Page(make_page()).text
    assert "MIDI of iter2, sample 3" in text


def test_a_pdf_is_offered_only_where_there_is_one(make_page, results):
    (results / "iter2/samples/sample-2.pdf").write_bytes(b"%PDF")
    page = Page(make_page())
    assert [url for url in page.links if url.endswith(".pdf")] == ["iter2/samples/sample-2.pdf"]


def test_missing_files_leave_no_dead_link(make_page, results):
    for ending in ("mp3", "wav", "png", "svg", "musicxml"):
        (results / f"iter1/samples/sample-1.{ending}").unlink()
    (results / "iter1/samples/sample-2.mp3").unlink()
    page = Page(make_page())
    assert_sound(page)
    players = [player["src"] for player in page.all("audio")]
    assert "iter1/samples/sample-2.wav" in players
    assert len(players) == 8


def test_an_iteration_without_samples_says_so(make_page, results):
    for file in (results / "iter1/samples").iterdir():
        file.unlink()
    page = Page(make_page())
    assert_sound(page)
    assert "No samples were made." in page.text


def test_keys_seeds_and_counts_are_shown(make_page):
    text = Page(make_page()).text
    for expected in (
        "iter3, sample 3, asked to play in D minor",
        "3 models learned from 157 files of the embedded corpus, by 3 composers, and played 9",
        "311 segments of music were for training, 39 to choose the weights that are kept, 41",
        "Seed 20230917",
        "Notes 643",
        "0 of 33 held-out files share a piece with the training set",
        "3 files of 160 could not be used and were left out",
    ):
        assert expected in text


def test_special_characters_are_text_not_markup(make_page, results, edit):
    edit(results / "iter1/metrics.json", verdict='5 < 6 & "so" on <script>alert(1)</script>')
    edit(results / "iter3/samples/sample-1.json", key='C <"major">')
    page = Page(make_page())
    assert_sound(page)
    assert len(page.all("script")) == 1
    assert "Encodings used by permission of <Someone> & others" in page.text
    assert "O'Neill & <Sons>: 76 files" in page.text
    assert '5 < 6 & "so" on <script>alert(1)</script>' in page.text
    assert 'C <"major">' in page.text


def test_odd_names_of_folders_are_quoted_in_links(make_page, results):
    odd = (results / "iter1").rename(results / "iter-1 & #2?")
    page = Page(make_page(iter1=odd))
    urls = [player["src"] for player in page.all("audio")]
    assert urls[0] == "iter-1%20%26%20%232%3F/samples/sample-1.mp3"
    assert all(page.file(url).is_file() for url in urls)


def test_a_short_run_from_scratch_is_called_noise(make_page):
    text = Page(make_page()).text
    assert "iter1, iter2, iter3 stopped after 60 steps at most" in text
    assert "sound like noise" in text


def test_a_trained_model_is_not_called_noise(make_page, results, train_fully):
    for name in ("iter1", "iter2", "iter3"):
        train_fully(results / name)
    assert "noise" not in Page(make_page()).text


def test_only_the_short_runs_are_named(make_page, results, train_fully):
    train_fully(results / "iter2")
    text = Page(make_page()).text
    assert "iter1, iter3 stopped after 60 steps" in text


def test_the_order_of_the_iterations_is_the_caller_s(make_page, results):
    page = Page(make_page(iter3=results / "iter3", iter1=results / "iter1"))
    assert [id_ for id_ in page.ids if id_.startswith("i-")] == ["i-iter3", "i-iter1"]


def test_a_missing_input_is_one_clear_error_and_leaves_no_page(make_page, results):
    page = make_page()
    page.unlink()
    (results / "iter2/metrics.json").write_text("{}")
    with pytest.raises(ReportError, match=r"iter2/metrics\.json: lacks `iteration`"):
        make_page()
    assert not page.exists()


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(scheme):
    style = files("perfrnn.report").joinpath("templates/style.css").read_text()
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for ground in ("page", "card"):
        for ink in ("ink", "muted", "link", "key"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["warn-ink"], colours["warn"]) >= 4.5


ABLATION = """variant,loss,accuracy,rhythm,harmonic_progression,harmonic_tension
none,4.5,0.1,0.3,0.25,0.125
harmonic_tension,4.6,0.1,0.4,0.5,0.0625
"""


def test_an_ablation_is_shown_once_there_is_one(make_page, results):
    assert "What the extra losses do" not in Page(make_page()).text
    (results / "ablation.csv").write_text(ABLATION)
    page = Page(make_page(ablation=results / "ablation.csv"))
    assert_sound(page)
    assert "What the extra losses do" in page.text
    markup = page.path.read_text(encoding="utf-8")
    for lowest in ("4.5000", "0.3000", "0.2500", "0.0625"):
        assert f"<strong>{lowest}</strong>" in markup
    assert "0.1250" in page.text


def test_a_broken_ablation_is_a_clear_error(make_page, results):
    (results / "ablation.csv").write_text("variant,loss\nnone,4.5\n")
    with pytest.raises(ReportError, match="lacks the column accuracy"):
        make_page(ablation=results / "ablation.csv")


def test_the_comparison_with_humans_comes_first_and_in_words(make_page):
    page = Page(make_page())
    assert page.text.index("Does it sound human?") < page.text.index("What training did")
    assert "figures/humanness.svg" in [image["src"] for image in page.all("img")]
    for name in ("before training", "iter1", "iter2", "iter3"):
        row = f"{name} 60 % (79 to 99) 5 % (22 to 77) yes"
        assert row in page.text
    for name in ("iter1", "iter2", "iter3"):
        assert f"Verdict on {name} & company." in page.text
    assert "No model is told apart from another" in page.text
    assert "26 measures" in page.text
    assert "217 human performances" in page.text


def test_measures_outside_and_adherence_are_shown(make_page):
    text = Page(make_page()).text
    assert "pulse clarity none 0.258 to 0.759 100%" in text
    assert text.count("80% of its notes are of that key's scale (+20% against other keys)") == 1
    copied = (
        "9 at most, 7 in the median sample; in the test set, which it was not trained on, the "
    )
    assert copied + "median is 8" in text


def test_likelihoods_are_a_table(make_page):
    text = Page(make_page()).text
    assert "before training: performance_with_dynamics 3.250" in text
    assert "iter3 2.950" in text


def test_overlap_with_held_out_music_is_a_short_table(make_page, results):
    text = Page(make_page()).text
    assert "Means over 9 features of 3 samples a model beside 14 held-out passages of 30 s" in text
    # means of 0.15 and 0.11, 1.5 and 1.7; of humans 0.9 and 0.8, 0.04 and 0.08
    assert "iter1 0.13 (0.85) 1.60 (0.06) note count" in text
    rows = [row.split(",") for row in (results / "overlap.csv").read_text().splitlines()]
    unknown = [rows[0], *([*row[:3], "4", *row[4:8], "", "", "", ""] for row in rows[1:])]
    (results / "overlap.csv").write_text("\n".join(map(",".join, unknown)) + "\n")
    text = Page(make_page()).text
    assert "Nothing to compare: 4 held-out pieces of at least 30 s, and 5 are needed." in text
    assert "KL (nats)" not in text


def test_what_magenta_s_bundles_have_heard_is_said_where_training_starts_from_them(make_page):
    assert "e-Competition" not in Page(make_page()).text
    assert "recordings of the Yamaha e-Competition" in Page(make_page(magenta=True)).text


@pytest.mark.parametrize("source", ["magenta", "bundled"])
def test_the_caption_of_the_table_says_so_too(source):
    caption = (Path(__file__).parents[3] / "workflow/report/likelihood.rst").read_text()
    job = SimpleNamespace(config={"pretrained": {"source": source}})
    text = jinja2.Template(caption, undefined=jinja2.StrictUndefined).render(snakemake=job)
    assert ("Yamaha e-Competition" in text) == (source == "magenta")
    assert text.startswith("How much the test set surprises")


def test_the_table_of_means_says_that_samples_are_too_few(make_page):
    assert "Too few samples for an interval of the mean" in Page(make_page()).text


def test_the_page_that_plays_is_linked_once_there_is_one(make_page, results):
    assert "play live" not in Page(make_page()).text
    play = results / "play/index.html"
    play.parent.mkdir()
    play.write_text("<!doctype html>")
    assert "play/index.html" in Page(make_page(play=play)).links


def test_the_listening_test_is_linked_once_there_is_one(make_page, results):
    assert "blind listening test" not in Page(make_page()).text
    listening = results / "listening/index.html"
    listening.parent.mkdir()
    listening.write_text("<!doctype html>")
    assert "listening/index.html" in Page(make_page(listening=listening)).links


@pytest.mark.parametrize("shared", [False, True])
def test_every_figure_says_which_set_it_is_of(make_page, dataset, edit, shared):
    edit(
        dataset, eval_is_test=shared, held_out_elsewhere=["song-1"], settings__held_out="mine.tsv"
    )
    page = Page(make_page())
    assert_sound(page)
    likelihoods = "Surprise at held-out music Measured on the "
    if shared:
        assert likelihoods + "evaluation set, 15 pieces" in page.text
        assert "Training Evaluation and test Files 124 17" in page.text
    else:
        assert likelihoods + "test set: 15 pieces" in page.text
        assert "Training Evaluation Test Files 124 16 17" in page.text
    assert "Here it is that of the evaluation set, which chose the weights" in page.text
    assert "1 piece that mine.tsv names to hold out is of another corpus: song-1." in page.text
    assert f"It lies in {dataset.parent}." in page.text
