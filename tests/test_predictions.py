import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from pitfalls import cli, figures
from pitfalls.course import LessonError
from pitfalls.notebook import predictions

TOML = 'number = {n}\ntitle = "A"\npart = "leakage"\ncontract = false\n'


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    for n, slug in ((2, "toy"), (3, "other")):
        folder = tmp_path / "chapters" / f"{n:02d}_{slug}"
        folder.mkdir(parents=True)
        (folder / "chapter.toml").write_text(TOML.format(n=n), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PITFALLS_PREDICTIONS")
    return tmp_path


def test_no_number_writes_nothing(course, capsys):
    predictions.predict("toy")
    assert "Write your number" in capsys.readouterr().out
    assert not predictions.log_file().exists()
    predictions.settle("toy", 0.5)
    assert "no prediction" in capsys.readouterr().out
    assert not predictions.log_file().exists()


def test_a_prediction_is_logged_and_settled(course, capsys):
    predictions.predict("toy", guess=0.8, low=0.0, high=0.9)
    predictions.predict("other", guess=0.6)
    assert "80 % between 0.0 and 0.9" in capsys.readouterr().out
    predictions.settle("toy", 0.58)
    assert "You said 0.80. It was 0.58. Your interval held it." in capsys.readouterr().out
    log = predictions.read_log().set_index("chapter")
    assert log.loc["toy", "deployed"] == 0.58
    assert pd.isna(log.loc["other", "deployed"]) and pd.isna(log.loc["other", "low"])
    assert predictions.log_file() == course / "work" / "predictions.csv"


def test_a_miss_is_called_a_miss(capsys):
    predictions.predict("toy", guess=0.95, low=0.9, high=0.99)
    predictions.settle("toy", 0.5)
    assert "missed" in capsys.readouterr().out


def test_the_last_prediction_of_a_chapter_counts():
    predictions.predict("toy", guess=0.9)
    predictions.predict("toy", guess=0.7)
    assert list(predictions.read_log()["guess"]) == [0.7]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"guess": 0.5, "low": 0.4}, "both ends"),
        ({"guess": 0.5, "low": 0.6, "high": 0.7}, "guess=0.5 must lie between"),
    ],
)
def test_errors_name_the_argument(options, message):
    with pytest.raises(ValueError, match=message):
        predictions.predict("toy", **options)
    assert not predictions.log_file().exists()


def test_an_unknown_chapter_is_named():
    with pytest.raises(LessonError, match="nowhere"):
        predictions.predict("nowhere", guess=0.5)


def test_another_file_can_be_named(course, monkeypatch):
    predictions.predict("toy", guess=0.9)
    monkeypatch.setenv("PITFALLS_PREDICTIONS", str(course / "a" / "b.csv"))
    assert predictions.read_log().empty
    predictions.predict("toy", guess=0.7)
    assert list(predictions.read_log()["guess"]) == [0.7]
    monkeypatch.delenv("PITFALLS_PREDICTIONS")
    assert list(predictions.read_log()["guess"]) == [0.9]


@pytest.fixture
def collected(course):
    """Three learners' logs as the package writes them, and one typed from slips of paper."""
    folder = course / "collected"
    folder.mkdir()
    for name, guess, low, high in (
        ("ada", 0.9, 0.8, 1),
        ("bo", 0.6, 0.5, 0.7),
        ("cy", 0.8, None, None),
    ):
        predictions.predict("toy", guess=guess, low=low, high=high)
        predictions.settle("toy", 0.58)
        predictions.log_file().rename(folder / f"{name}.csv")
    text = "student, chapter, guess\nDee, 3, 0.5\nEve, 02, 0.7\nFay, other,\n"
    (folder / "paper.csv").write_text(text, encoding="utf-8")
    return folder


def test_logs_are_merged_in_the_order_of_the_chapters(collected):
    merged = predictions.merge(sorted(collected.glob("*.csv")))
    assert list(merged["student"]) == ["ada", "bo", "cy", "Eve", "Dee"]
    assert list(merged["chapter"]) == ["toy"] * 4 + ["other"]
    assert merged["deployed"].notna().sum() == 3


def test_a_class_is_summed_up(collected):
    table = predictions.summary(predictions.merge(collected.glob("*.csv"))).set_index("chapter")
    toy = table.loc["toy"]
    assert (toy["predictions"], toy["intervals"], toy["held"]) == (4, 2, 0.5)
    assert (toy["lowest"], toy["median"], toy["highest"]) == pytest.approx((0.6, 0.75, 0.9))
    assert toy["deployed"] == pytest.approx(0.58)
    assert np.isnan(table.loc["other", "deployed"]) and np.isnan(table.loc["other", "held"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "bad.csv is no prediction log"),
        ("name,score\na,1\n", "bad.csv is no prediction log: it has no column 'chapter'"),
        ("chapter,guess\ntoy,high\n", "bad.csv, column 'guess'"),
    ],
)
def test_a_file_that_is_no_log_is_named(tmp_path, text, message):
    bad = tmp_path / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        predictions.merge([bad])


def test_no_file_and_an_unknown_chapter_are_errors(tmp_path):
    with pytest.raises(ValueError, match="no log"):
        predictions.merge([])
    (tmp_path / "a.csv").write_text("chapter,guess\nnowhere,0.5\n", encoding="utf-8")
    with pytest.raises(LessonError, match="nowhere"):
        predictions.merge([tmp_path / "a.csv"])


@pytest.mark.parametrize("truth", [True, False])
def test_the_histogram_counts_everybody_and_hides_the_truth(collected, truth):
    merged = predictions.merge(collected.glob("*.csv"))
    figure = figures.guesses(merged[merged["chapter"] == "toy"], metric="accuracy", truth=truth)
    above, below = figure.axes
    assert sum(bar.get_height() for bar in above.patches) == 4
    assert len(below.collections[0].get_segments()) == 2
    assert any("deployed 0.58" in text.get_text() for text in above.texts) is truth
    plt.close(figure)


def test_numbers_outside_0_to_1_are_drawn_too():
    rows = pd.DataFrame({"guess": [20.0, 32.0], "low": None, "high": None, "deployed": 26.0})
    figure = figures.guesses(rows, metric="number")
    [above] = figure.axes
    assert sum(bar.get_height() for bar in above.patches) == 2
    plt.close(figure)


def test_the_command_writes_a_table_and_a_picture_a_chapter(collected, course, capsys):
    assert cli.main(["predictions", str(collected), "--hide"]) == 0
    assert "0.58" not in capsys.readouterr().out
    assert cli.main(["predictions", str(collected)]) == 0
    assert "50% of 2" in capsys.readouterr().out
    names = {path.name for path in (course / "results").iterdir()}
    assert names == {"predictions.csv", "predictions_02_toy.png", "predictions_03_other.png"}
    assert len(pd.read_csv(course / "results" / "predictions.csv")) == 5


def test_slips_are_held_against_what_the_others_got():
    row = {"student": "a", "chapter": "leaky_selection", "guess": 0.5, "low": 0.4, "high": 0.6}
    slip = pd.DataFrame([row | {"deployed": np.nan}])
    ran = pd.DataFrame([row | {"low": 0.45, "high": 0.5, "deployed": 0.55}])
    [both] = predictions.summary(pd.concat([slip, ran], ignore_index=True)).to_dict("records")
    assert (both["intervals"], both["held"], both["deployed"]) == (2, 0.5, 0.55)
    [alone] = predictions.summary(slip).to_dict("records")
    assert alone["intervals"] == 1 and np.isnan(alone["held"])
