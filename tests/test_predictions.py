import pandas as pd
import pytest

from pitfalls import predictions
from pitfalls.lessons import LessonError

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
