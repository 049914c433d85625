import os
import threading
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from pitfalls import classroom, cli
from pitfalls.course import LessonError
from pitfalls.notebook import own_files, predictions

TOML = 'number = {n}\ntitle = "A"\npart = "leakage"\nminutes = {{ read = 1 }}\n'
WORLD = """
[[worlds]]
name = "coin"
make = "make_coin"
pitfall = "claim_too_much"
fixes = ["claim_what_is"]
metric = "accuracy"
chance = 0.5
"""


@pytest.fixture(autouse=True)
def course(tmp_path, monkeypatch):
    """A course of two chapters, of which `toy` asks for an accuracy and `other` for any number."""
    for n, slug in ((2, "toy"), (3, "other")):
        folder = tmp_path / "chapters" / f"{n:02d}_{slug}"
        folder.mkdir(parents=True)
        more = WORLD if slug == "toy" else "contract = false\n"
        (folder / "chapter.toml").write_text(TOML.format(n=n) + more, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PITFALLS_PREDICTIONS", raising=False)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
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
    predictions.predict("other", guess=22)
    assert capsys.readouterr().out.splitlines() == [
        "Noted for toy: 0.8, 80 % between 0 and 0.9",
        "Noted for other: 22",
    ]
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


@pytest.mark.parametrize("form", [np.float32(0.5), np.array([0.5]), pd.Series([0.5]), 1, True])
def test_a_number_may_have_any_form(form):
    predictions.predict("toy", guess=form, low=0, high=form)
    assert list(predictions.read_log()["guess"]) == [float(np.ravel(form)[0])]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"guess": 0.5, "low": 0.4}, "both ends"),
        ({"guess": 0.5, "low": 0.6, "high": 0.7}, "guess=0.5 must lie between"),
        ({"guess": 0.5, "low": 0.7, "high": 0.6}, "low=0.7 is greater than high=0.6"),
        ({"guess": 70, "low": 60, "high": 80}, "guess=70 is more than accuracy can be: write 70"),
        ({"guess": 0.9, "low": 0.8, "high": 1.1}, "high=1.1 is more than accuracy can be"),
        ({"guess": -0.1}, "guess=-0.1 is less than accuracy can be"),
        ({"guess": float("nan")}, "guess=nan is no number that can come out"),
        ({"guess": float("inf")}, "guess=inf is no number that can come out"),
        ({"guess": "0.7"}, "guess='0.7' is text: write a number such as 0.7, without quotation"),
        ({"guess": [0.6, 0.8]}, r"guess: 2 values \(list\) is not one number"),
        ({"guess": {}}, r"guess: 0 values \(dict\) is not one number"),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_a_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        predictions.predict("toy", **options)
    assert not predictions.log_file().exists()


def test_what_is_no_share_may_be_any_number_but_an_absurd_one():
    predictions.predict("other", guess=-22, low=-30, high=70)
    with pytest.raises(ValueError, match=r"low=-1e\+308 is larger than anything"):
        predictions.predict("other", guess=0, low=-1e308, high=1)


def test_an_unknown_chapter_is_named():
    with pytest.raises(LessonError, match="nowhere"):
        predictions.predict("nowhere", guess=0.5)


def test_a_log_that_is_none_is_named(course):
    predictions.predict("toy", guess=0.5)
    for text in ("", "a,b\n1,2\n", 'chapter,guess\n"', "chapter,guess,low,high\ntoy,1,1,1\n"):
        predictions.log_file().write_text(text, encoding="utf-8")
        for ask in (predictions.predict, predictions.settle):
            with pytest.raises(ValueError, match=r"predictions\.csv is no prediction log"):
                ask("toy", 0.5)
        assert predictions.log_file().read_text(encoding="utf-8") == text


def test_another_file_can_be_named(course, monkeypatch, capsys):
    predictions.predict("toy", guess=0.9)
    monkeypatch.setenv("PITFALLS_PREDICTIONS", str(course / "a" / "b.csv"))
    assert predictions.read_log().empty
    capsys.readouterr()
    predictions.predict("toy", guess=0.7)
    assert capsys.readouterr().out == f"Noted for toy: 0.7 (in {course / 'a' / 'b.csv'})\n"
    assert list(predictions.read_log()["guess"]) == [0.7]
    monkeypatch.delenv("PITFALLS_PREDICTIONS")
    assert list(predictions.read_log()["guess"]) == [0.9]


# A course that several people share


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    """A learner's home, in which the course is not."""
    folder = tmp_path_factory.mktemp("ada")
    monkeypatch.setattr(own_files.Path, "home", lambda: folder)
    return folder


def test_in_a_course_of_ones_own_the_log_is_in_work(course, home):
    assert predictions.log_file() == course / "work" / "predictions.csv"


def test_a_hub_where_all_are_one_user_of_the_system(course, home, monkeypatch, capsys):
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    own = home / "pitfalls" / course.name / "predictions.csv"
    predictions.predict("toy", guess=0.7)
    assert predictions.log_file() == own and own.is_file()
    assert capsys.readouterr().out == f"Noted for toy: 0.7 (in {own})\n"
    assert not (course / "work").exists()
    monkeypatch.setattr(own_files.Path, "home", lambda: course.parent)
    assert predictions.log_file() == course / "work" / "predictions.csv"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders say whose they are on Unix only")
def test_a_course_of_somebody_else(course, home, monkeypatch):
    own = home / "pitfalls" / course.name / "predictions.csv"
    owner = course.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert predictions.log_file() == own
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert predictions.log_file() == course / "work" / "predictions.csv"
    monkeypatch.setattr(os, "access", lambda place, how: False)
    assert predictions.log_file() == own


def test_where_nothing_can_be_written_the_cure_is_named(course, monkeypatch):
    (course / "file").touch()
    monkeypatch.setenv("PITFALLS_PREDICTIONS", str(course / "file" / "log.csv"))
    with pytest.raises(OSError, match=r"log\.csv cannot be written .*PITFALLS_PREDICTIONS"):
        predictions.predict("toy", guess=0.5)


def test_notebooks_that_write_at_once_lose_no_row(course):
    chapters = [f"c{n}" for n in range(4)]
    for n, slug in enumerate(chapters, 10):
        folder = course / "chapters" / f"{n}_{slug}"
        folder.mkdir()
        text = TOML.format(n=n) + "contract = false\n"
        (folder / "chapter.toml").write_text(text, encoding="utf-8")
    ready = threading.Barrier(len(chapters))

    def write(chapter):
        ready.wait()
        for k in range(10):
            predictions.predict(chapter, guess=k / 10)

    with ThreadPoolExecutor(len(chapters)) as pool:
        list(pool.map(write, chapters))
    log = predictions.read_log()
    assert sorted(log["chapter"]) == chapters and set(log["guess"]) == {0.9}


# A class


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


def merged(folder):
    """The table of a folder, in which all rows can be."""
    return classroom.merge(sorted(folder.glob("*.csv")), tell=pytest.fail)


def test_logs_are_merged_in_the_order_of_the_chapters(collected):
    rows = merged(collected)
    assert list(rows.columns) == ["student", *predictions.COLUMNS]
    assert list(rows["student"]) == ["ada", "bo", "cy", "Eve", "Dee"]
    assert list(rows["chapter"]) == ["toy"] * 4 + ["other"]
    assert rows["deployed"].notna().sum() == 3
    assert all(rows[name].dtype == float for name in predictions.COLUMNS[1:])


def test_a_class_is_summed_up(collected):
    table = classroom.summary(merged(collected)).set_index("chapter")
    toy = table.loc["toy"]
    assert (toy["predictions"], toy["intervals"], toy["held"]) == (4, 2, 0.5)
    assert (toy["lowest"], toy["median"], toy["highest"]) == pytest.approx((0.6, 0.75, 0.9))
    assert toy["deployed"] == pytest.approx(0.58)
    assert np.isnan(table.loc["other", "deployed"]) and np.isnan(table.loc["other", "held"])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("toy,42", "guess=42 is more than accuracy can be: write 70 % as 0.7"),
        ("toy,inf", "guess=inf is no number that can come out"),
        ("toy,high", "guess='high' is no number"),
        ("toy,70%", "guess='70%' is no number"),
        ("toy,0.5,0.6,0.4", "low=0.6 is greater than high=0.4"),
        ("toy,0.5,0.4,60", "high=60 is more than accuracy can be"),
        ("toy,0.5,,,58", "deployed=58 is more than accuracy can be"),
        ("other,-1e308", "guess=-1e+308 is larger than anything"),
        (",0.5", "it names no chapter"),
        ("toy,0,5,0,4,0,6", "7 cells below 5 headings"),
    ],
)
def test_a_row_that_cannot_be_is_left_out_and_told(tmp_path, row, says):
    file, told = tmp_path / "cy.csv", []
    lines = [",".join(predictions.COLUMNS), "toy,0.5,0.4,0.6", "", row, "toy,0.7"]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert list(classroom.merge([file], tell=told.append)["guess"]) == [0.5, 0.7]
    assert len(told) == 1 and told[0].startswith(f"left out: {file}, line 4: {says}")
    with pytest.warns(UserWarning, match="cy.csv, line 4"):
        classroom.merge([file])


def test_a_guess_beside_its_interval_is_strange_and_stays(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("chapter,guess,low,high\ntoy,0.9,0.4,0.6\n", encoding="utf-8")
    assert len(classroom.merge([file], tell=pytest.fail)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize(("between", "comma"), [(",", "."), (";", ","), ("\t", ","), (";", ".")])
def test_what_spreadsheets_write_is_understood(tmp_path, encoding, between, comma):
    rows = [["Chapter", "guess", "student"], ["02", "0.7", "Zoé"], ["3", "-12.5", "Bo"]]
    text = "\r\n".join(between.join(row) for row in rows).replace(".", comma)
    (tmp_path / "class.csv").write_bytes(text.encode(encoding))
    found = classroom.merge([tmp_path / "class.csv"], tell=pytest.fail)
    assert found[["student", "chapter", "guess"]].to_numpy().tolist() == [
        ["Zoé", "toy", 0.7],
        ["Bo", "other", -12.5],
    ]


def test_a_decimal_comma_in_quotation_marks_is_understood(tmp_path):
    (tmp_path / "a.csv").write_text('chapter,guess,low,high\n02,"0,7",NA,\n', encoding="utf-8")
    [row] = classroom.merge([tmp_path / "a.csv"], tell=pytest.fail).to_dict("records")
    assert row["guess"] == 0.7 and np.isnan(row["low"])


def write_pipe(path):
    os.mkfifo(path) if hasattr(os, "mkfifo") else pytest.skip("no pipes here")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.write_text(""), "it has no column 'chapter'"),
        (lambda p: p.write_text("name,score\na,1\n"), "it has no column 'chapter'"),
        (lambda p: p.write_text("chapter\ntoy\n"), "it has no column 'guess'"),
        (lambda p: p.write_bytes(bytes(range(256)) * 9), "it has no column 'chapter'"),
        (lambda p: p.write_text("chapter,guess\ntoy," + "9" * 200_000), "field"),
        (lambda p: p.write_bytes(b"toy,0.5\n" * 1_500_000), "it has 12 MB, and a log has"),
        (lambda p: p.mkdir(), "it is a folder"),
        (write_pipe, "it is no ordinary file"),
        (lambda p: None, "No such file"),
    ],
    ids=["empty", "others", "no guess", "binary", "a number", "large", "folder", "pipe", "none"],
)
def test_a_file_that_is_no_log_is_named(tmp_path, make, message):
    bad = tmp_path / "bad.csv"
    make(bad)
    with pytest.raises(ValueError, match=rf"bad\.csv is no prediction log: .*{message}"):
        classroom.merge([bad])


def test_no_file_no_prediction_and_an_unknown_chapter_are_errors(tmp_path):
    file = tmp_path / "a.csv"
    with pytest.raises(ValueError, match="no log"):
        classroom.merge([])
    file.write_text("chapter,guess\ntoy,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no prediction"):
        classroom.merge([file])
    file.write_text("chapter,guess\nnowhere,0.5\n", encoding="utf-8")
    with pytest.raises(LessonError, match=r"a\.csv, line 2: there is no chapter 'nowhere'"):
        classroom.merge([file])


def test_no_name_is_a_formula():
    names = ["=HYPERLINK(1)", "+1", "-", "@a", "\tx", "Ada = Bo", "'x", ""]
    shown = classroom.for_a_spreadsheet(pd.DataFrame({"student": names, "guess": -0.5}))
    changed = ["'=HYPERLINK(1)", "'+1", "'-", "'@a", "'\tx"]
    assert list(shown["student"]) == [*changed, "Ada = Bo", "'x", ""]
    assert list(shown["guess"]) == [-0.5] * len(names)


@pytest.mark.parametrize("truth", [True, False])
def test_the_histogram_counts_everybody_and_hides_the_truth(collected, truth):
    rows = merged(collected)
    figure = classroom.guesses(rows[rows["chapter"] == "toy"], metric="accuracy", truth=truth)
    above, below = figure.axes
    assert sum(bar.get_height() for bar in above.patches) == 4
    assert len(below.collections[0].get_segments()) == 2
    assert any("deployed 0.58" in text.get_text() for text in above.texts) is truth
    plt.close(figure)


def test_numbers_outside_0_to_1_are_drawn_too():
    rows = pd.DataFrame({"guess": [20.0, 32.0], "low": None, "high": None, "deployed": 26.0})
    figure = classroom.guesses(rows, metric="number")
    [above] = figure.axes
    assert sum(bar.get_height() for bar in above.patches) == 2
    plt.close(figure)


def test_the_command_writes_a_table_and_a_picture_a_chapter(collected, course, capsys):
    table = course / "results" / "predictions.csv"
    assert cli.main(["predictions", str(collected), "--hide"]) == 0
    assert "0.58" not in capsys.readouterr().out
    assert "deployed" not in table.read_text(encoding="utf-8")
    assert cli.main(["predictions", str(collected)]) == 0
    assert "50% of 2" in capsys.readouterr().out
    names = {path.name for path in (course / "results").iterdir()}
    assert names == {"predictions.csv", "predictions_02_toy.png", "predictions_03_other.png"}
    assert len(pd.read_csv(table)) == 5


def test_the_command_tells_what_it_leaves_out_and_writes_no_formula(collected, course, capsys):
    (collected / "=cmd|calc.CSV").write_text("chapter,guess\n02,0.5\n" + "02,50\n" * 30)
    (collected / "._ada.csv").write_bytes(bytes(4096))  # which macOS puts on a stick
    assert cli.main(["predictions", str(collected)]) == 0
    said = capsys.readouterr().out
    assert said.count("guess=50 is more than") == 20 and "and 10 more rows are left out" in said
    names = pd.read_csv(course / "results" / "predictions.csv")["student"]
    assert "'=cmd|calc" in set(names) and len(names) == 6


def test_slips_are_held_against_what_the_others_got():
    row = {"student": "a", "chapter": "leaky_selection", "guess": 0.5, "low": 0.4, "high": 0.6}
    slip = pd.DataFrame([row | {"deployed": np.nan}])
    ran = pd.DataFrame([row | {"low": 0.45, "high": 0.5, "deployed": 0.55}])
    [both] = classroom.summary(pd.concat([slip, ran], ignore_index=True)).to_dict("records")
    assert (both["intervals"], both["held"], both["deployed"]) == (2, 0.5, 0.55)
    [alone] = classroom.summary(slip).to_dict("records")
    assert alone["intervals"] == 1 and np.isnan(alone["held"])
