"""The `pitfalls` command: what each subcommand does, and the sentence that a wrong use ends in."""

import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import websocket
from conftest import ROOT
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from pitfalls import cli, course
from pitfalls.computer import machine, wheelhouse, workbench
from pitfalls.course import run
from pitfalls.site.warm_kernels import launch_cold

TARGETS = [("linux-x86_64", "3.11"), ("macos-arm64", "3.12"), ("windows-amd64", "3.14")]


def pitfalls(*arguments):
    return cli.main([str(argument) for argument in arguments])


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


# --- Every command --------------------------------------------------------------------------


def test_importing_the_command_is_light():
    heavy = "{'numpy', 'pandas', 'scipy', 'sklearn', 'matplotlib', 'torch', 'jupytext', 'pytest'}"
    code = f"import sys, pitfalls.cli; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_package_alone_says_what_its_command_needs():
    code = (
        "import sys; sys.modules['typer'] = None; import pitfalls.cli as c; sys.exit(c.main([]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs typer: run `pip install 'pitfalls[course,lab]'`" in done.stderr


@pytest.mark.parametrize("command", [c.name for c in cli.app.registered_commands])
def test_help_says_what_how_long_and_how(command, capsys):
    assert pitfalls(command, "--help") == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert re.search(rf"Examples?: {command}\b", said)
    assert re.search(r"(seconds|minutes|At once|minute)", said)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["rnu"], ["rnu", "--help"]),
        (["run", "99"], ["there is no chapter '99'", "90_tests"]),
        (["evidence", "nothing"], ["there is no chapter 'nothing'", "90_tests"]),
        (["reset", "nothing"], ["there is no chapter 'nothing'", "90_tests"]),
        (["reset"], ["reset --help"]),
        (["predictions"], ["predictions --help"]),
        (["predictions", "nowhere"], ["nowhere", "no log to merge"]),
        (["run", "--strength", "2"], ["--strength", "run --help"]),
        (["run", "--strength", "-0.1"], ["--strength", "run --help"]),
        (["run", "--strength", "nan"], ["strength", "run --help"]),
        (["run", "--strength", "much"], ["--strength", "run --help"]),
        (["run", "--seeds", "0"], ["--seeds", "run --help"]),
        (["run", "--jobs", "0"], ["--jobs", "run --help"]),
        (["run", "--sedes", "3"], ["--sedes", "run --help"]),
        (["evidence", "--seeds", "1"], ["--seeds", "evidence --help"]),
        (["lab", "--port", "0"], ["--port", "lab --help"]),
        (["lab", "90", "91"], ["90 91: open one chapter at a time", "lab --help"]),
        (["book"], ["_config.yml"]),
        (["slides"], ["no route for half a day"]),
        (["slides", "90"], ["teaching.toml is missing"]),
        (["wheelhouse", "x", "--platform", "amiga"], ["platform='amiga'", "linux-x86_64"]),
        (["wheelhouse", "x", "--python", "3.9"], ["python='3.9'", "3.11, 3.12, 3.13, 3.14"]),
    ],
)
def test_a_wrong_use_ends_in_one_sentence_and_writes_nothing(
    small_course, capsys, arguments, parts
):
    before = files(small_course)
    assert pitfalls(*arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and re.fullmatch(r"pitfalls: [^\n]+\.\n", said.err)
    for part in parts:
        assert part in said.err
    assert files(small_course) == before


def test_a_chapter_that_cannot_be_read_is_named(small_course, capsys):
    file = small_course / "chapters" / "90_tests" / "chapter.toml"
    file.write_text(file.read_text().replace("title", "titel"))
    assert pitfalls("list") == 2
    assert "90_tests" in capsys.readouterr().err


# --- list and run ---------------------------------------------------------------------------


def test_list_names_every_chapter_and_study_and_runs_no_cell(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("pitfalls.course.protocols._namespace", None)
    assert pitfalls("list") == 0
    said = capsys.readouterr().out
    for lesson in course.lessons():
        assert f"{lesson.number:02d}" in said and lesson.slug in said
        shown = lesson.worlds if lesson.contract else lesson.experiments
        assert all(one.name in said for one in shown)


def test_run_prints_one_table_and_writes_picture_and_scores(small_course, capsys):
    assert pitfalls("run", "--jobs", "1", "--seeds", "4") == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    (line,) = (line for line in lines if "A chapter for tests" in line)
    assert re.search(r"90  A chapter for tests +accuracy +0.90 → 0.50 +0.50 → 0.50 +0.9", line)
    assert "claimed → deployed" in lines[0] and "mean of 4 studies" in said
    assert "on real data" in said and "Part 1 · Leakage" in said
    assert max(map(len, lines)) <= 100
    results = small_course / "results"
    assert files(results) == {Path("summary.png"), Path("scores.csv")}
    assert (results / "summary.png").read_bytes().startswith(b"\x89PNG")
    scores = pd.read_csv(results / "scores.csv")
    assert scores.groupby(["world", "arm"]).size().tolist() == [4] * 6


def test_run_shows_every_study_if_asked_to(small_course, capsys):
    assert pitfalls("run", "--jobs", "1", "--seeds", "4", "--all") == 0
    said = capsys.readouterr().out
    assert "90 A chapter for tests" in said and "R²" in said and "rows (real data)" in said
    assert said.count("0.90 →   0.50") == 3 and "half the 95 % interval" in said
    assert max(map(len, said.splitlines())) <= 100


def test_a_chapter_named_twice_is_run_once(small_course, capsys):
    assert pitfalls("run", "90", "tests", "90_tests", "--jobs", "1", "--seeds", "2") == 0
    assert "mean of 2 studies" in capsys.readouterr().out
    scores = pd.read_csv(small_course / "results" / "scores.csv")
    assert scores.groupby(["world", "arm"]).size().tolist() == [2] * 6


def test_run_runs_again_and_obeys_its_options(small_course, capsys):
    for arguments in (["--seeds", "2"], ["90", "--strength", "0", "--seeds", "3", "--no-real"]):
        assert pitfalls("run", "--jobs", "1", *arguments) == 0
    scores = pd.read_csv(small_course / "results" / "scores.csv")
    assert set(scores["strength"]) == {0} and set(scores["seed"]) == {0, 1, 2}
    assert set(scores["world"]) == {"tests.coin", "tests.slope"}
    assert "mean of 3 studies" in capsys.readouterr().out


def test_a_run_that_fails_leaves_the_last_results_alone(small_course, monkeypatch):
    assert pitfalls("run", "--jobs", "1", "--seeds", "2", "--no-real") == 0
    before = {path: path.read_bytes() for path in (small_course / "results").iterdir()}
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pitfalls("run", "--jobs", "1", "--seeds", "3", "--no-real")
    after = {path: path.read_bytes() for path in before}
    assert after == before


def test_an_interrupted_run_says_so(small_course, monkeypatch, capsys):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "compute", interrupt)
    assert pitfalls("run") == 130
    assert capsys.readouterr().err.strip() == "Interrupted."
    assert not (small_course / "results").exists()


def test_each_world_has_its_own_number_of_seeds_and_its_last_strength(small_course):
    (lesson,) = course.lessons()
    tasks = {task.world.name: task for task in run.plan([lesson])}
    assert {name: task.studies for name, task in tasks.items()} == {
        "coin": 10, "slope": 1, "rows": 10,
    }  # fmt: skip
    assert tasks["coin"].request.dials == (1,) and tasks["rows"].request.dials == (None,)
    assert [task.world.real for task in run.plan([lesson])] == [False, False, True]


# --- evidence -------------------------------------------------------------------------------


def test_evidence_is_written_judged_and_the_same_again(small_course, capsys):
    assert pitfalls("evidence", "--jobs", "1") == 0
    said = capsys.readouterr().out
    assert "cases of the contract hold" in said and "covers what it deploys" in said
    assert said.count("fix deploys no worse than pitfall") == 2 and "wants" not in said
    file = small_course / "data" / "evidence" / "90_tests.csv"
    rows = pd.read_csv(file)
    assert rows.groupby("world").size().to_dict() == {
        "tests.coin": 80, "tests.rows": 6, "tests.slope": 80,
    }  # fmt: skip
    assert pitfalls("evidence", "--jobs", "1") == 0
    again = pd.read_csv(file)
    pd.testing.assert_frame_equal(rows.drop(columns="seconds"), again.drop(columns="seconds"))


def test_experiments_are_written_with_the_evidence_or_alone(small_course, capsys):
    assert pitfalls("evidence", "--jobs", "1") == 0
    file = small_course / "data" / "evidence" / "90_tests.throws.csv"
    rows = pd.read_csv(file)
    assert len(rows) == 8
    before = (file.parent / "90_tests.csv").read_bytes()
    file.unlink()
    assert pitfalls("evidence", "--jobs", "1", "--experiment", "throws") == 0
    assert len(pd.read_csv(file)) == 8
    assert (file.parent / "90_tests.csv").read_bytes() == before
    assert pitfalls("evidence", "--experiment", "catches") == 2
    assert "--experiment catches: no chapter that is asked for has it" in capsys.readouterr().err


def test_an_experiment_of_some_chapters_is_run_where_it_is(small_course):
    other = small_course / "chapters" / "91_without"
    other.mkdir()
    (other / "chapter.toml").write_text(
        'number = 91\ntitle = "Words"\npart = "data"\ncontract = false\n', encoding="utf-8"
    )
    assert pitfalls("evidence", "--jobs", "1", "--experiment", "throws") == 0


def test_judging_writes_nothing(small_course):
    before = files(small_course)
    assert pitfalls("evidence", "90", "--jobs", "1", "--check") == 0
    assert files(small_course) == before


@pytest.mark.parametrize("arguments", [["--seeds", "3"], ["--seed-base", "5000"]])
def test_a_look_replaces_no_evidence(small_course, arguments):
    assert pitfalls("evidence", "--jobs", "1") == 0
    folder = small_course / "data" / "evidence"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    pitfalls("evidence", "90", "--jobs", "1", *arguments)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert (small_course / "results" / "evidence" / "90_tests.csv").is_file()


def test_a_broken_promise_is_named_and_exits_with_1(small_course, capsys):
    fix = small_course / "chapters" / "90_tests" / "90b_fix.py"
    fix.write_text(fix.read_text().replace("Claim(deployed,", "Claim(deployed + 0.1,"))
    assert pitfalls("evidence", "--jobs", "1", "--check") == 1
    said = capsys.readouterr().out
    assert "tests.coin, clause 3, claim_what_is at strength 0: broken (mean +0.100" in said
    assert "do not hold" in said


# --- lab and reset --------------------------------------------------------------------------


def test_copies_are_made_once_and_never_overwritten(small_course):
    work = small_course / "work"
    assert len(workbench.lay_out(course.lessons(), work)) == 2
    mine = work / "90_tests" / "90a_pitfall.ipynb"
    mine.write_text("mine")
    (work / "90_tests" / "90b_fix.ipynb").unlink()
    assert [path.name for path in workbench.lay_out(course.lessons(), work)] == ["90b_fix.ipynb"]
    assert mine.read_text() == "mine"


def test_a_copy_gives_no_result_away(small_course):
    source = small_course / "chapters" / "90_tests" / "90a_pitfall.ipynb"
    book = nbformat.read(source, as_version=4)
    told = nbformat.v4.new_output("stream", text="deployed 0.5")
    book.cells += [
        nbformat.v4.new_code_cell(
            "# NBVAL_CHECK_OUTPUT\nprint(deployed)", outputs=[told], execution_count=3
        ),
        nbformat.v4.new_code_cell("assert deployed < 0.6", metadata={"tags": ["remove-cell"]}),
        nbformat.v4.new_code_cell('quiz("x")', metadata={"tags": ["remove-input"]}),
        nbformat.v4.new_code_cell("assert mine > 0", metadata={"tags": ["raises-exception"]}),
    ]
    nbformat.write(book, source)
    workbench.lay_out(course.lessons(), small_course / "work")
    copy = nbformat.read(small_course / "work" / "90_tests" / source.name, as_version=4)
    nbformat.validate(copy)
    shown, asked, check = copy.cells[-3:]
    assert shown.source == "print(deployed)" and not shown.outputs
    assert shown.execution_count is None
    assert asked.source == 'quiz("x")' and asked.metadata.jupyter.source_hidden
    assert check.source == "assert mine > 0"
    assert len(copy.cells) == len(book.cells) - 1


def test_reset_puts_the_originals_back_and_keeps_what_was_there(small_course, capsys):
    workbench.lay_out(course.lessons(), small_course / "work")
    mine = small_course / "work" / "90_tests" / "90a_pitfall.ipynb"
    mine.write_text("mine")
    assert pitfalls("reset", "90") == 0
    original = small_course / "chapters" / "90_tests" / mine.name
    copy, first = (nbformat.read(path, as_version=4).cells for path in (mine, original))
    assert [cell.source for cell in copy] == [cell.source for cell in first]
    (kept,) = (small_course / "work" / ".old").glob("*/90_tests/90a_pitfall.ipynb")
    assert kept.read_text() == "mine"
    assert str(kept.parent.relative_to(small_course)) in capsys.readouterr().out


def test_two_resets_in_one_second_keep_both(small_course):
    (lesson,) = course.lessons()
    work, now = small_course / "work", datetime(2026, 1, 2, 3, 4, 5)
    assert workbench.reset(lesson, work, now)[1] is None
    kept = {workbench.reset(lesson, work, now)[1] for _ in range(2)}
    assert len(kept) == 2 and all(len(files(folder)) == 2 for folder in kept)


def test_jupyterlab_listens_on_this_computer_only(tmp_path):
    command = workbench.lab_command(tmp_path, port=8890, browser=False, more=["--allow-root"])
    assert [part for part in command if ".ip=" in part] == ["--ServerApp.ip=127.0.0.1"]
    assert "--ServerApp.port=8890" in command and "--ServerApp.open_browser=False" in command
    assert not any("token" in part or "default_url" in part for part in command)


@pytest.mark.parametrize(
    "option",
    [
        "--ServerApp.ip=0.0.0.0",
        "--LabApp.ip=0.0.0.0",
        "--ip=0.0.0.0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.allow_remote_access=True",
        "--config=mine.py",
    ],
)
def test_options_that_would_let_others_in_are_refused(small_course, capsys, option):
    assert pitfalls("lab", "--no-browser", option) == 2
    assert f"{option}: here JupyterLab listens on this computer only" in capsys.readouterr().err


def test_a_reset_that_cannot_write_says_where_the_files_are(small_course, monkeypatch, capsys):
    workbench.lay_out(course.lessons(), small_course / "work")

    def full(*_):
        raise OSError(28, "No space left on device", "90a_pitfall.ipynb")

    monkeypatch.setattr(workbench, "whole", full)
    assert pitfalls("reset", "90") == 2
    said = capsys.readouterr().err
    assert "No space left on device; your own files are in" in said and ".old" in said


def test_a_folder_that_cannot_be_written_to_is_told(small_course, monkeypatch, capsys):
    assert machine.check_folder(small_course).well

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "results")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    finding = machine.check_folder(small_course)
    assert not finding.well and "Permission denied" in finding.found and "copy" in finding.cure
    assert pitfalls("run", "--seeds", "1", "--jobs", "1") == 2
    assert capsys.readouterr().err.strip().endswith("results: Permission denied.")


def test_a_chapter_opens_with_its_exercises_or_its_first_notebook(small_course):
    (lesson,) = course.lessons()
    assert workbench.entry(lesson) == "90_tests/90a_pitfall.ipynb"
    (lesson.folder / "90c_exercises.py").touch()
    assert workbench.entry(lesson) == "90_tests/90c_exercises.ipynb"
    for script in lesson.notebooks:
        script.unlink()
    with pytest.raises(course.LessonError, match="90_tests has no notebook"):
        workbench.entry(lesson)


@pytest.fixture
def lab(checkout):
    """A running `pitfalls lab 02`: the process, its address, the notebook it opens, its token."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    options = ["--no-browser", "--port", str(port)]
    child = subprocess.Popen(
        [sys.executable, "-m", "pitfalls.cli", "lab", *root, "02", *options],
        cwd=checkout,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in child.stdout:
            if match := re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\?token=(\w+)", line):
                break
        else:
            pytest.fail("JupyterLab ended without an address")
        for _ in range(100):  # the address is printed a moment before the server listens
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield child, *match.groups()
    finally:
        child.kill()
        child.communicate()


def ask(address, token=None, method="GET", body=None):
    headers = {"Authorization": f"token {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.loads(reply.read() or b"null")


def run_cell(address, token, kernel, source):
    """Run source on a kernel of the server and return the status of the reply."""
    url = address.replace("http", "ws") + f"/api/kernels/{kernel}/channels?token={token}"
    connection = websocket.create_connection(url, timeout=60)
    content = {"code": source, "silent": False, "store_history": False, "user_expressions": {}}
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    header |= {"username": "", "session": uuid.uuid4().hex, "date": ""}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    connection.send(json.dumps({**message, "channel": "shell", "buffers": []}))
    try:
        while True:
            reply = json.loads(connection.recv())
            if reply["msg_type"] == "execute_reply":
                return reply["content"]["status"]
    finally:
        connection.close()


@pytest.mark.xdist_group("lab")
def test_lab_runs_a_first_cell_behind_a_token_and_stops_cleanly(lab):
    child, address, opened, token = lab
    assert opened == "02_leaky_selection/02c_exercises.ipynb"
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{address}/api/contents")
    assert refused.value.code == 403
    folders = ask(f"{address}/api/contents", token)["content"]
    names = [entry["name"] for entry in folders]
    assert "02_leaky_selection" in names
    page = "02_leaky_selection/02a_pitfall.ipynb"
    book = ask(f"{address}/api/contents/{page}", token)["content"]
    first = next(cell for cell in book["cells"] if cell["cell_type"] == "code")
    kernel = ask(f"{address}/api/kernels", token, "POST", {"name": "python3", "path": page})["id"]
    assert run_cell(address, token, kernel, "".join(first["source"])) == "ok"
    assert run_cell(address, token, kernel, "1 / 0") == "error"
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=30)
    assert child.returncode == 0
    with pytest.raises(OSError):
        ask(f"{address}/api/status", token)


# --- test -----------------------------------------------------------------------------------


@pytest.mark.xdist_group("nested pytest")
def test_test_keeps_notebooks_whole_passes_arguments_on_and_tells_a_failure(small_course, capfd):
    for name in ("pyproject.toml", "conftest.py"):
        (small_course / name).write_bytes((ROOT / name).read_bytes())
    for folder in ("tests", "solutions"):
        (small_course / folder).mkdir()
    unit = small_course / "tests" / "test_unit.py"
    unit.write_text(
        "import os\n\n\ndef test_base(seed_base):\n    assert seed_base == 5\n\n\n"
        "def test_threads():\n    assert os.environ['OMP_NUM_THREADS'] == '1'\n"
    )
    book = small_course / "chapters" / "90_tests" / "90a_pitfall.ipynb"
    book.write_text(book.read_text().replace("kept == 1", "kept == 3"))
    assert pitfalls("test", "-v", "--seed-base", "5", "--cold-kernels") == 1
    said = capfd.readouterr().out
    # three cells of the pitfall's notebook, three of the fix's, two unit tests
    assert "1 failed, 7 passed" in said.strip().splitlines()[-1] and "AssertionError" in said
    ran = re.findall(r"\[(gw\d)\].*(?:PASSED|FAILED) \S*(90\w|test_unit)\S*::", said)
    assert len(ran) == 8 and len(set(ran)) == 3  # each file on one process


# --- check ----------------------------------------------------------------------------------


@pytest.mark.parametrize("well", [True, False])
def test_check_ends_in_one_verdict(small_course, monkeypatch, capsys, well):
    found = [machine.Finding("memory", "9 GB"), machine.Finding("disk", "0 GB", "delete files")]
    monkeypatch.setattr(machine, "findings", lambda _: iter(found[: 1 if well else 2]))
    assert pitfalls("check") == (0 if well else 1)
    verdict = capsys.readouterr().out.splitlines()[-1]
    not_ready = "This computer is not ready. disk: delete files."
    assert verdict == ("This computer is ready." if well else not_ready)


def test_check_looks_at_everything(monkeypatch):
    looks = [name for name in machine.__all__ if name.startswith("check_")]
    for name in looks:
        monkeypatch.setattr(machine, name, lambda *_, name=name: name)
    assert sorted(machine.findings(ROOT)) == looks


def test_too_little_memory_and_disk_and_an_old_python_are_told():
    assert machine.check_memory(8e9).well and not machine.check_memory(1e9).well
    assert machine.check_disk(8e9).well and not machine.check_disk(1e8).well
    assert machine.check_python().well and not machine.check_python((3, 9, 1)).well


def test_a_wrong_or_missing_package_is_named(monkeypatch):
    assert machine.check_packages(("", "lab")).well
    needs = ["numpy>=999", "no-such-package>=1", "rich>=1", "absent; extra == 'book'"]
    monkeypatch.setattr(machine.importlib.metadata, "requires", lambda _: needs)
    finding = machine.check_packages()
    assert not finding.well
    assert "numpy is" in finding.found and "no-such-package is missing" in finding.found
    assert "rich" not in finding.found and "absent" not in finding.found


def test_a_kernel_answers_and_a_broken_one_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(LocalProvisioner, "launch_kernel", launch_cold)  # as it is elsewhere
    assert machine.check_kernel().well

    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "pitfalls.py").write_text("raise RuntimeError('broken')")
    finding = machine.check_kernel()
    assert not finding.well and "broken" in finding.found

    def die(*_, **__):
        raise RuntimeError("Kernel died before replying")

    monkeypatch.setattr("jupyter_client.manager.start_new_kernel", die)
    finding = machine.check_kernel()
    assert not finding.well and "Kernel died" in finding.found


def test_the_trial_tells_a_pitfall_from_its_fix(small_course):
    (lesson,) = course.lessons()
    finding = machine.check_trial()
    assert finding.well and re.search(r"tests\.coin: pitfall 0\.9\d → 0\.5\d", finding.found)
    fix = lesson.folder / "90b_fix.py"
    fix.write_text(fix.read_text().replace("Claim(deployed,", "Claim(deployed + 0.7,"))
    assert not machine.check_trial().well


# --- wheelhouse -----------------------------------------------------------------------------


@pytest.mark.parametrize(("platform", "python"), TARGETS)
def test_pins_are_those_of_the_target(platform, python):
    target = wheelhouse.Target(platform, python)
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    oldest, *further = wheelhouse.pins(text, target)
    assert ("pywinpty" in oldest) == (platform == "windows-amd64")
    assert ("appnope" in oldest) == (platform == "macos-arm64")
    assert len(oldest) > 150 and all("--hash=sha256:" in pin for pin in oldest.values())
    assert not any(";" in pin.splitlines()[0] for pin in oldest.values())
    assert all(oldest[name] != pin for more in further for name, pin in more.items())


def test_a_wheelhouse_can_be_filled_for_every_python_that_the_course_takes():
    course = runpy.run_path(str(ROOT / "course.py"))
    assert [*wheelhouse.PYTHONS] == ["{}.{}".format(*python) for python in course["PYTHONS"]]


@pytest.mark.parametrize(("platform", "python"), TARGETS)
def test_torch_is_pinned_for_the_target_without_cuda(platform, python):
    text = (ROOT / "requirements-torch.txt").read_text(encoding="utf-8")
    (pinned,) = wheelhouse.pins(text, wheelhouse.Target(platform, python))
    assert ("+cpu" in pinned["torch"]) == (platform == "linux-x86_64")
    assert "--hash=sha256:" in pinned["torch"]


@pytest.mark.parametrize(("platform", "python"), TARGETS)
def test_the_commands_are_those_of_the_target(platform, python, tmp_path):
    target, index = wheelhouse.Target(platform, python), "https://example.org"
    files = Path("t.txt"), [Path("p.txt")]
    torch, (pinned,) = wheelhouse.commands(*files, target, tmp_path, index=index)
    for command in (*torch, pinned):
        assert command[1:4] == ["-m", "pip", "download"]
        assert {"--no-deps", "--require-hashes"} < set(command)
        assert command[command.index("--python-version") + 1] == f"{python}.99"
        tags = [
            after
            for name, after in zip(command, command[1:], strict=False)
            if name == "--platform"
        ]
        assert tags == list(wheelhouse.PLATFORMS[platform][0])
        assert command[-2:] == ["-r", "p.txt" if command == pinned else "t.txt"]
    asked = [("--no-index" in command, index in command) for command in torch]
    linux = platform == "linux-x86_64"
    assert asked == ([(True, False), (False, True)] if linux else [(False, False)])
    assert index not in pinned and "--no-index" not in pinned


@pytest.mark.parametrize("code", [0, 1])
def test_wheelhouse_downloads_or_says_what_to_do(checkout, monkeypatch, capsys, tmp_path, code):
    def download(command, **_):
        folder = Path(command[command.index("--dest") + 1])
        (folder / f"{len(list(folder.iterdir()))}.whl").write_bytes(b"0" * 10**6)
        return subprocess.CompletedProcess(command, code, "", "ERROR: no\nERROR: no route\n")

    monkeypatch.chdir(checkout)
    monkeypatch.setattr(wheelhouse.subprocess, "run", download)
    arguments = [tmp_path / "stick", "--platform", "windows-amd64", "--python", "3.12"]
    assert pitfalls("wheelhouse", *arguments) == (2 if code else 0)
    said = capsys.readouterr()
    assert "for windows-amd64, Python 3.12" in said.out
    if code:
        assert "ERROR: no route; check the network" in said.err
    else:
        assert "2 MB in" in said.out and "--offline" in said.out
