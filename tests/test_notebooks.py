"""Notebooks: in sync with their twins, short cells, stripped outputs, alt texts, exercises."""

import builtins
import json
import os
import re
import symtable
from functools import cache
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from pitfalls import course
from pitfalls.author import exercises, notebooks, sync
from pitfalls.author.skeleton import left_to_write
from pitfalls.course.protocols import tagged_cells

ROOT = course.Course.here().root
SCRIPTS = sorted([*ROOT.glob("chapters/*/*.py"), *ROOT.glob("solutions/*/*.py")])
NOTEBOOKS = [script.with_suffix(".ipynb") for script in SCRIPTS]
PLOT = re.compile(r"plt\.show\(|figures\.(card|dial|power)\(|sns\.\w+\(|ax\.\w+\(")


def name(path):
    return path.relative_to(ROOT).as_posix()


every_script = pytest.mark.parametrize("script", SCRIPTS, ids=name)
every_notebook = pytest.mark.parametrize(
    "notebook", [path for path in NOTEBOOKS if path.is_file()], ids=name
)


@cache
def cells_of(script):
    """The cells of a script, which nobody changes."""
    return tuple(jupytext.read(script).cells)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def code_lines(cell):
    lines = (line.strip() for line in cell.source.splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def names(source):
    """What a cell makes, what it takes from cells before it, and what its functions take later."""
    table, made, taken, later = symtable.symtable(source, "cell", "exec"), set(), set(), set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            made.add(symbol.get_name())
        elif symbol.is_referenced():
            taken.add(symbol.get_name())
    inner = [(scope, taken) for scope in table.get_children()]
    while inner:
        scope, into = inner.pop()
        comprehension = scope.get_name() in {"listcomp", "setcomp", "dictcomp", "genexpr"}
        into = into if comprehension else later
        inner += [(one, into) for one in scope.get_children()]
        into |= {one.get_name() for one in scope.get_symbols() if one.is_global()}
    return made, taken, later


@pytest.mark.parametrize(
    "script", [path for path in SCRIPTS if not re.search(r"\dc_", path.name)], ids=name
)
def test_nothing_that_a_learner_sees_needs_a_hidden_cell(script):
    known, lacking, in_functions = {*vars(builtins), "display"}, set(), set()
    for cell in cells_of(script):
        if cell.cell_type == "code" and "remove-cell" not in tags(cell):
            made, taken, later = names(cell.source)
            lacking |= taken - known - made
            in_functions |= later
            known |= made
    assert not lacking | (in_functions - known)


def test_everything_derived_is_in_sync():
    stale = [name(path) for path in sync.stale(ROOT)]
    assert not stale, f"run `python3 course.py sync`, which writes {', '.join(stale)}"


def test_nothing_is_left_to_write():
    left = left_to_write(ROOT)
    assert not left, "still to be written:\n" + "\n".join(left)


def test_no_notebook_is_without_its_script():
    notebooks = {*ROOT.glob("chapters/*/*.ipynb"), *ROOT.glob("solutions/*/*.ipynb")}
    assert notebooks <= set(NOTEBOOKS)


@every_script
def test_cells_are_short(script):
    cells = [cell for cell in cells_of(script) if cell.cell_type == "code"]
    # A check that is copied whole may be longer: packed to 20 lines it could not be read.
    most = {True: 26, False: 20}
    long = [
        cell.source.splitlines()[0]
        for cell in cells
        if code_lines(cell) > most["check" in tags(cell)]
    ]
    assert not long, f"too many lines in the cells that begin with {long}"


@every_script
def test_a_notebook_opens_with_its_title(script):
    first = cells_of(script)[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source), "the first cell begins with a heading"


@every_script
def test_protocols_are_read_as_jupytext_reads_them(script):
    cells = [cell.source for cell in cells_of(script) if "protocol" in tags(cell)]
    assert tagged_cells(script.read_text(encoding="utf-8")) == cells


@every_script
def test_figures_have_alt_text(script):
    for cell in cells_of(script):
        draws = cell.cell_type == "code" and PLOT.search(cell.source)
        if not draws or "remove-cell" in tags(cell) or re.match(r"(def|@)", cell.source):
            continue
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert len(alt) > 40, f"say what is to be seen in: {cell.source.splitlines()[0]}"


@every_script
def test_no_line_of_prose_is_a_comment(script):
    for cell in cells_of(script):
        hidden = cell.cell_type == "markdown" and re.search(r"^ {0,3}%.*", cell.source, re.M)
        assert not hidden, f"MyST leaves out a line that begins with a per cent sign: {hidden[0]}"


@every_script
def test_no_blanket_warning_filter_and_no_global_seed(script):
    text = script.read_text(encoding="utf-8")
    assert not re.search(r"filterwarnings|simplefilter|np\.random\.seed|warnings\.catch", text)


@every_script
def test_only_exercises_may_raise(script):
    raising = [c for c in cells_of(script) if "raises-exception" in tags(c)]
    assert not raising or script.stem.endswith("_exercises")


@every_notebook
def test_outputs_are_stripped_but_for_headlines(notebook):
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and "keep_output" not in tags(cell):
            assert not cell.outputs and cell.execution_count is None


@pytest.mark.parametrize(
    "notebook",
    [p for p in NOTEBOOKS if not re.search(r"_(exercises|solutions)$", p.stem) and p.is_file()],
    ids=name,
)
def test_headlines_are_compared(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    kept = [cell for cell in cells if "keep_output" in tags(cell)]
    assert kept, "no cell is tagged keep_output"
    for cell in kept:
        assert cell.source.startswith("# NBVAL_CHECK_OUTPUT")
        assert any(re.search(r"\d", json.dumps(output)) for output in cell.outputs)
        assert all(output.output_type != "error" for output in cell.outputs)


@pytest.mark.parametrize("script", sorted(ROOT.glob("solutions/*/*_solutions.py")), ids=name)
def test_every_exercise_has_a_check_and_says_how_long_it_takes(script):
    cells = cells_of(script)
    exercises = [c.source for c in cells if re.match(r"## \d", c.source)]
    assert 3 <= len(exercises) <= 6
    assert all(re.match(r"## \d\. .+ \(\d+ minutes\)", source) for source in exercises)
    checks = [cell for cell in cells if "check" in tags(cell)]
    assert len(checks) == len(exercises)
    assert all(re.search(r"^assert .*, ", cell.source, re.M) for cell in checks)


def unsolved():
    """The exercises, each on the process that runs its notebook."""
    return [
        pytest.param(
            script,
            id=name(script),
            marks=pytest.mark.xdist_group(name(script.with_suffix(".ipynb"))),
        )
        for script in SCRIPTS
        if script.stem.endswith("_exercises")
    ]


def as_run(script):
    """A notebook with its outputs: as nbval has run it in this session, or run now."""
    notebook = jupytext.read(script)
    kept = Path(os.environ["PITFALLS_EXECUTED"], name(script.with_suffix(".ipynb")))
    if kept.is_file():
        ran = nbformat.read(kept, as_version=4)
        assert [cell.source for cell in ran.cells] == [cell.source for cell in notebook.cells]
        return ran
    resources = {"metadata": {"path": script.parent}}
    # A kernel that is busy may send one line in pieces: they are put together, as nbval does.
    options = {"timeout": 300, "allow_errors": True, "coalesce_streams": True}
    NotebookClient(notebook, resources=resources, **options).execute()
    return notebook


@pytest.mark.parametrize("script", unsolved())
def test_unsolved_exercises_fail_their_checks(script):
    solutions = (
        ROOT / "solutions" / script.parent.name / script.name.replace("exercises", "solutions")
    )
    kinds = [
        tags(cell)
        for cell in cells_of(solutions)
        if not ("solution" in tags(cell) and cell.cell_type == "markdown")
    ]
    for cell, kind in zip(as_run(script).cells, kinds, strict=True):
        failed = any(
            out.output_type == "error" or re.search("^Not yet\\. ", out.get("text", ""), re.M)
            for out in cell.get("outputs", [])
        )
        asked = bool(kind & {"solution", "check"})
        if cell.cell_type == "code" and (asked or failed):
            must = (
                "check" in kind
                or "NotImplementedError" in cell.source
                and "def " not in cell.source
            )
            assert failed == must, f"{'passes' if must else 'fails'}: {cell.source[:80]}"


def test_exercises_lose_answers_and_keep_the_rest():
    text = """\
# %% [markdown]
# # A topic: solutions

# %% [markdown]
# ## 1. Do it (5 minutes)

# %% tags=["solution"]
def double(x):
    # solution
    return 2 * x

# %% tags=["check"]
assert double(2) == 4, "twice two"

# %% [markdown] tags=["solution"]
# Because of arithmetic.
"""
    made = exercises.exercise_text(text, "a_solutions.py")
    assert "# # A topic: exercises" in made
    assert "return 2 * x" not in made and "arithmetic" not in made
    assert 'raise NotImplementedError("Write your answer here.")' in made
    assert 'assert double(2) == 4, "twice two"' in made
    assert '"solution"' not in made and made.count("raises-exception") == 2


def test_a_solution_without_its_mark_is_named():
    text = '# %% [markdown]\n# # A\n\n# %% tags=["solution"]\nx = 1\n'
    with pytest.raises(ValueError, match="a_solutions.py: .* '# solution': x = 1"):
        exercises.exercise_text(text, "a_solutions.py")


def test_kept_outputs_stay_while_the_code_does(tmp_path):
    source = (
        '# %% [markdown]\n# # A\n\n# %% tags=["keep_output"]\n# NBVAL_CHECK_OUTPUT\nprint(6 * 7)\n'
    )
    target = tmp_path / "02a_toy.ipynb"
    stripped = notebooks.notebook_text(source, target)
    assert "42" not in stripped
    ran = notebooks.notebook_text(source, target, run=True)
    assert '"42\\n"' in ran
    target.write_text(ran, encoding="utf-8")
    assert notebooks.notebook_text(source, target) == ran
    assert notebooks.notebook_text(source + "\n# more text\n", target) != ran
    changed = notebooks.notebook_text(source.replace("6 * 7", "6 * 8"), target)
    assert "42" not in changed and '"outputs": []' in changed


@pytest.mark.parametrize("left", ["<<<<<<< HEAD\n{}", "[]", "{}", '{"cells": 3}', ""])
def test_what_a_merge_has_broken_is_made_again(tmp_path, left):
    source = '# %% [markdown]\n# # A\n\n# %% tags=["keep_output"]\nprint(6 * 7)\n'
    target = tmp_path / "02a_toy.ipynb"
    target.write_text(left, encoding="utf-8")
    assert notebooks.notebook_text(source, target) == notebooks.notebook_text(
        source, tmp_path / "new" / "02a_toy.ipynb"
    )


def test_a_failing_notebook_is_not_written(tmp_path):
    source = '# %% tags=["keep_output"]\n1 / 0\n'
    with pytest.raises(Exception, match="ZeroDivisionError"):
        notebooks.notebook_text(source, tmp_path / "02a_toy.ipynb", run=True)
    assert not list(Path(tmp_path).iterdir())
