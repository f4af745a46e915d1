import shutil

import pytest

from html_checks import Page, assert_sound
from perfrnn.report.results import ReportError
from perfrnn.report.samples_page import write_samples_page


@pytest.fixture
def write(results, dataset):
    def make(name="iter3"):
        folder = results / name / "samples"
        write_samples_page(
            folder,
            iteration=name,
            metrics=results / name / "metrics.json",
            corpus="embedded",
            dataset=dataset,
        )
        return folder

    return make


def test_the_page_is_sound_even_when_the_folder_is_copied_away(write, tmp_path):
    copy = shutil.copytree(write(), tmp_path / "elsewhere")
    page = Page(copy / "index.html")
    assert_sound(page)
    assert not [url for url in page.links if ".." in url]
    assert len(page.all("audio")) == 3


def test_page_and_readme_tell_how_the_samples_were_made(write):
    folder = write()
    page = Page(folder / "index.html").text
    readme = " ".join((folder / "README.txt").read_text().split())
    for text in (page, readme):
        assert "was trained for 60 steps on the embedded corpus, music by 3 composers" in text
        assert "loss of 3.505 nats per event on the evaluation set, which chose them" in text
        assert "Encodings used by permission of <Someone> & others" in text
        assert "expect noise" in text


def test_the_readme_names_every_file(write):
    folder = write()
    readme = (folder / "README.txt").read_text()
    made = {file.name for file in folder.iterdir()} - {"README.txt"}
    assert {name for name in made if name in readme} == made
    assert "sample-3.pdf" not in readme
    assert "641 notes in 1 min, asked to play in C major, temperature 1, seed 20230915" in readme


def test_the_readme_is_plain_text_of_short_lines(write):
    text = (write() / "README.txt").read_text()
    assert max(map(len, text.splitlines())) <= 100
    assert "&amp;" not in text
    assert "&lt;" not in text


def test_models_that_know_no_keys_are_asked_for_none(write):
    folder = write("iter1")
    assert "asked to play" not in (folder / "README.txt").read_text()
    assert "asked to play" not in (folder / "index.html").read_text()


def test_no_samples_is_an_error(write, results):
    for file in (results / "iter3/samples").iterdir():
        file.unlink()
    with pytest.raises(ReportError, match=r"samples: no sample-N\.json there"):
        write()
