"""A contributor's first hour: a new chapter, what is still to be written, what is stale."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from pitfalls import cli
from pitfalls.author import skeleton, sync
from pitfalls.author.contents import fill, key_table
from pitfalls.course import Course, load

SOLUTIONS = """\
# %% [markdown]
# # A chapter for tests: solutions

# %% tags=["solution"]
# Your number
# solution
x = 1

# %% tags=["check"]
assert x == 1, "one"
"""


def pitfalls(*arguments):
    return cli.main([str(argument) for argument in arguments])


def test_a_new_chapter_runs_and_says_what_is_to_be_written(small_course, capsys):
    assert pitfalls("new", 42, "my_pitfall") == 0
    said = capsys.readouterr().out
    assert "written: chapters/42_my_pitfall/chapter.toml" in said and "sync" in said
    lesson = load(42)
    assert (lesson.slug, lesson.title) == ("my_pitfall", "My pitfall")
    left = skeleton.left_to_write(small_course)
    assert f"{len(left)} things are still to be written" in said and len(left) > 20
    assert all(re.fullmatch(r"[\w/]+\.(py|toml):\d+: .{4,}", place) for place in left)
    files = {place.partition(":")[0].rpartition("/")[2] for place in left}
    assert files == {
        "chapter.toml", "teaching.toml", "42a_pitfall.py", "42b_fix.py", "42c_solutions.py",
    }  # fmt: skip
    capsys.readouterr()
    assert pitfalls("run", 42, "--seeds", 3, "--jobs", 1) == 0
    assert re.search(r"42  My pitfall +accuracy +0\.[89]", capsys.readouterr().out)


def test_a_new_chapter_holds_its_contract(small_course, request):
    from pitfalls import evidence

    skeleton.new_chapter(Course(small_course), 42, "my_pitfall")
    world = load(42).world()
    every = request.config.option.all_seeds
    verdicts = evidence.verdict(evidence.replicate(world, seeds=None if every else 30), world)
    found = verdicts.set_index("clause")["verdict"]
    assert (found == "holds").all() if every else not (found == "broken").any()
    assert found[1] == "holds"


def test_nothing_is_left_to_write_in_a_chapter_that_is_written(small_course):
    assert skeleton.left_to_write(small_course) == []


@pytest.mark.parametrize(
    ("number", "name", "says"),
    [
        (90, "other", "there is a chapter 90_tests already: choose another"),
        (42, "tests", "there is a chapter 90_tests already: choose another"),
        (42, "My-Pitfall", "name='My-Pitfall' must be small letters, digits and _, such as"),
        (420, "my_pitfall", "number=420 must be a whole number from 0 to 99"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused(small_course, capsys, number, name, says):
    before = sorted(small_course.rglob("*"))
    assert pitfalls("new", number, name) == 2
    assert says in capsys.readouterr().err
    assert sorted(small_course.rglob("*")) == before


def test_sync_writes_what_is_stale_once_and_tells(small_course, capsys):
    folder = small_course / "solutions" / "90_tests"
    folder.mkdir(parents=True)
    (folder / "90c_solutions.py").write_text(SOLUTIONS, encoding="utf-8")
    assert pitfalls("sync", "--check") == 1
    assert "stale: chapters/90_tests/90c_exercises.py" in capsys.readouterr().out
    assert pitfalls("sync") == 0
    said = capsys.readouterr().out.split()
    made = "chapters/90_tests/90c_exercises.py"
    assert made in said and made.replace(".py", ".ipynb") in said
    moment = (small_course / made).stat().st_mtime_ns
    assert pitfalls("sync") == 0
    assert "everything is as it should be" in capsys.readouterr().out
    assert (small_course / made).stat().st_mtime_ns == moment
    assert pitfalls("sync", "--check") == 0


def test_another_course_is_read_from_its_own_folder(small_course, monkeypatch):
    (small_course / "README.md").write_text(
        "<!-- chapters -->\n<!-- /chapters -->\n", encoding="utf-8"
    )
    monkeypatch.chdir(ROOT)
    texts = {path.name: text for path, text in sync.derived(small_course)}
    assert "A chapter for tests" in texts["README.md"] and "patients" not in texts["README.md"]


def test_a_fix_that_is_renamed_before_its_evidence_is_named(small_course, capsys):
    assert pitfalls("evidence", "--jobs", 1) == 0
    readme = small_course / "README.md"
    readme.write_text("<!-- chapters -->\n<!-- /chapters -->\n", encoding="utf-8")
    for file in (small_course / "chapters" / "90_tests").glob("*.[pt][yo]*"):
        text = file.read_text("utf-8").replace("claim_what_is", "claim_what_it_is")
        file.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert pitfalls("sync") == 2
    said = capsys.readouterr().err
    assert "90_tests.csv has no rows of tests.coin, claim_what_it_is" in said
    assert "`pitfalls evidence tests` makes it anew" in said and said.count("\n") == 1


def test_a_readme_without_a_place_for_the_table_is_named(small_course, capsys):
    (small_course / "README.md").write_text("Nothing.\n", encoding="utf-8")
    assert pitfalls("sync") == 2
    assert "no lines <!-- chapters -->" in capsys.readouterr().err


def test_the_table_of_keys_is_that_of_the_schema():
    table = key_table("chapter")
    assert "| `worlds.metric` | yes |" in table and "| `experiments.settings` | yes |" in table
    text = fill("a\n<!-- keys -->\nstale!\n<!-- /keys -->\nb", "keys", table)
    assert "stale!" not in text and text.startswith("a\n") and text.endswith("\nb")


def test_pytest_alone_knows_the_marks(tmp_path):
    """Without pytest-xdist, as on a machine where it is not installed."""
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert True\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:nbval"]
    command += ["-p", "no:cacheprovider", "tests/test_metrics.py"]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
