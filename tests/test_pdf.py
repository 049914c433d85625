"""What the PDF needs is said in words, and pages become a book."""

import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from conftest import BOOK, ROOT
from docutils import nodes

from pitfalls import cli
from pitfalls.course import CourseError
from pitfalls.site import build as book
from pitfalls.site.sphinx import printed_book


@pytest.fixture
def no_latex(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_without_latex_one_sentence_names_the_packages(no_latex, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert cli.main(["book", "--pdf"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(package in said for package in book.NEEDED.values())


def test_continuous_integration_installs_what_the_pdf_needs(no_latex):
    installed = (ROOT / ".ci" / "run").read_text(encoding="utf-8").split()
    assert book.missing_for_pdf() == list(book.NEEDED.values())
    assert {*book.NEEDED.values(), "packages+=(poppler-utils)"} <= set(installed)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (
            "open(name + '.log', 'w').write('(ok)\\n! Undefined control sequence.\\nl.7 \\\\x')",
            [
                "at line 7 of why",
                "Undefined control sequence; see",
                "why-doesnt-my-model-work.log, line 2",
            ],
        ),
        ("print('killed for memory')", ["ended with code 1", "killed for memory"]),
    ],
)
def test_an_error_of_latex_comes_with_its_place(monkeypatch, tmp_path, program, says):
    latex = tmp_path / "_build" / "latex"
    latex.mkdir(parents=True)
    (latex / book.NAME).write_bytes(b"of an earlier build")
    run = subprocess.run

    def fake(command, **options):
        if command[0] != "latexmk":
            return subprocess.CompletedProcess(command, 0)
        code = f"name = {book.NAME[:-4]!r}; {program}; raise SystemExit(1)"
        return run([sys.executable, "-c", code], **options)

    monkeypatch.setattr(subprocess, "run", fake)
    monkeypatch.setattr(book, "missing_for_pdf", list)
    with pytest.raises(CourseError) as error:
        book.pdf(BOOK, tmp_path)
    assert all(part in str(error.value) for part in says)
    assert not (tmp_path / "_build" / "pdf").exists()


def rows(made):
    [_, table] = made
    return [[cell.astext() for cell in row] for row in table.findall(nodes.row)]


def test_a_data_frame_becomes_a_table_with_its_index():
    keys = pd.MultiIndex.from_product([["a", "b"], ["x", "y"]], names=["letter", "mark"])
    columns = pd.MultiIndex.from_tuples([("claimed", "mean"), ("claimed", "std")])
    frame = pd.DataFrame([[1.5, 2], [3, 4], [5, 6], [7, 8]], index=keys, columns=columns)
    made = printed_book.on_paper(frame.to_html())
    assert made[0]["spec"] == "llrr"
    assert rows(made) == [
        ["", "", "claimed", ""],
        ["letter", "mark", "mean", "std"],
        ["a", "x", "1.5", "2"],
        ["", "y", "3.0", "4"],
        ["b", "x", "5.0", "6"],
        ["", "y", "7.0", "8"],
    ]


def test_a_wide_table_may_break_its_words():
    wide = pd.DataFrame({"a name that is long " * 3: [1.0], "words": ["some more of them " * 3]})
    assert printed_book.on_paper(wide.to_html())[0]["spec"] == "RRL"


def test_a_drawing_becomes_its_description():
    [said] = printed_book.on_paper("<svg><desc>Of 32 items: 32 met.</desc><rect/></svg>")
    assert said.astext() == "Of 32 items: 32 met."
    assert printed_book.on_paper("<p>Neither.</p>") == []


@pytest.mark.parametrize("made", [True, False])
def test_the_site_offers_the_pdf_only_where_it_was_made(monkeypatch, tmp_path, made):
    file = tmp_path / book.NAME
    monkeypatch.setenv("PITFALLS_PDF", str(file)) if made else monkeypatch.delenv(
        "PITFALLS_PDF", raising=False
    )
    source = [(BOOK / "how_to_read.md").read_text(encoding="utf-8")]
    printed_book.offer(None, "how_to_read", source)
    assert printed_book.MARKER not in source[0]
    assert re.findall(r'href="([^"]+\.pdf)"', source[0]) == ([book.NAME] if made else [])
