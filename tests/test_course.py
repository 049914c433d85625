"""course.py: what it installs, how it hands over, and the sentence that each error ends in."""

import ast
import importlib
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT

#: Stands for uv: writes its arguments down, and "installs" by pointing at the running packages.
FAKE_UV = """#!/bin/sh
echo "$@" >> "$FAKE_UV_LOG"
case "$FAKE_UV" in
    hang) echo $$ > "$FAKE_UV_LOG.pid"; exec sleep 60 ;;
    ?*) echo "$FAKE_UV"; exit 1 ;;
esac
case "$*" in *" -e "*)
    for site in .venv/lib/python*/site-packages; do
        printf '%s\\n' "$PWD/src" "$FAKE_UV_SITE" > "$site/here.pth"
    done
esac
"""
needs_posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a shell script")


@pytest.fixture(scope="module")
def entrance():
    """What course.py defines."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / "course.py")))


@pytest.fixture(scope="module")
def course(entrance):
    """The modules of set_up, by name."""
    assert entrance.load_set_up() is not None
    names = [file.stem for file in (ROOT / "set_up").glob("[a-z]*.py")]
    modules = {name: importlib.import_module(f"set_up.{name}") for name in names}
    yield SimpleNamespace(**modules)
    for name in ("set_up", *(f"set_up.{name}" for name in modules)):
        del sys.modules[name]


@pytest.fixture
def fake_uv(tmp_path):
    """The environment in which course.py finds a stand-in for uv; its log is tmp_path / uv.log."""
    uv, stub = tmp_path / "bin" / "uv", tmp_path / "stub" / "pip.py"
    for file, text in {uv: FAKE_UV, stub: ""}.items():
        file.parent.mkdir()
        file.write_text(text)
    uv.chmod(0o755)
    return os.environ | {
        "PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(stub.parent),
        "FAKE_UV_LOG": str(tmp_path / "uv.log"),
        "FAKE_UV_SITE": sysconfig.get_path("purelib"),
    }


@pytest.fixture
def bare(tmp_path):
    """A checkout whose `pitfalls` command only says what it was asked."""
    folder = tmp_path / "cours nu é"
    package = folder / "src" / "pitfalls"
    package.mkdir(parents=True)
    for name in ("course.py", "pyproject.toml", "requirements.txt", "requirements-torch.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / "set_up", folder / "set_up")
    (package / "__init__.py").touch()
    (package / "cli.py").write_text("import sys\nprint('asked', *sys.argv[1:])\nsys.exit(7)\n")
    return folder


def assert_handed_over(done):
    assert done.returncode == 7 and done.stdout.endswith("asked list\n"), done.stderr


def run(folder, *arguments, env=None, before=""):
    """Run course.py of a checkout, after a line of Python."""
    start = f"import runpy, sys; sys.argv = sys.argv[1:]; {before}; " if before else ""
    script = str(folder / "course.py")
    code = ["-c", f"{start}runpy.run_path(sys.argv[0], run_name='__main__')", script]
    command = [sys.executable, *(code if before else [script]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)


def start(folder, env, log):
    """Start course.py in a group of its own, and wait until it has started an installer."""
    child = subprocess.Popen(
        [sys.executable, str(folder / "course.py"), "list"], env=env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell has what it starts in the background ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    until = time.monotonic() + 30
    while not log.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return child


def ended(child):
    out, err = child.communicate(timeout=30)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def change_pins(folder):
    with (folder / "requirements.txt").open("a") as file:
        file.write("# changed\n")


def assert_one_sentence(done, *parts):
    assert done.returncode == 2, done.stdout + done.stderr
    said = done.stderr.strip()
    assert "\n" not in said and said.endswith("."), said
    for part in parts:
        assert part in said


# --- Before anything is installed -----------------------------------------------------------


def test_any_python_since_2_7_can_parse_it():
    tree = ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    new = (
        ast.JoinedStr,
        ast.AnnAssign,
        ast.NamedExpr,
        ast.AsyncFunctionDef,
        ast.Match,
        ast.Nonlocal,
    )
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, new)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [f.name for f in functions if f.returns or f.args.kwonlyargs or f.args.posonlyargs]
    lists = [node for node in ast.walk(tree) if isinstance(node, (ast.List, ast.Tuple))]
    assert not [n.lineno for n in lists if any(isinstance(e, ast.Starred) for e in n.elts)]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 4), (3, 15, 0)])
def test_a_wrong_python_is_told_which_ones_will_do(entrance, version):
    said = entrance.complaint(version)
    assert re.search(r"needs 3\.11, 3\.12, 3\.13 or 3\.14: (run|install) .*\.$", said)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1), (3, 14, 2)])
def test_the_right_pythons_pass(entrance, version):
    assert entrance.complaint(version) is None


def test_a_wrong_python_ends_before_set_up(bare):
    done = run(bare, "run", before="sys.version_info = (3, 8, 1, 'final', 0)")
    assert_one_sentence(done, "Python 3.8")
    assert not (bare / ".venv").exists()


def test_course_py_alone_says_that_the_rest_is_missing(bare):
    shutil.rmtree(bare / "set_up")
    assert_one_sentence(run(bare, "list"), "set_up is missing", "whole copy")


def test_it_starts_where_python_does_not_look_beside_a_script(bare):
    done = run(bare, "rnu", env=os.environ | {"PYTHONSAFEPATH": "1"})
    assert_one_sentence(done, "there is no command 'rnu'")


@pytest.mark.parametrize("arguments", [["--help"], [], ["run", "--help"]])
def test_help_needs_no_set_up(bare, arguments):
    done = run(bare, *arguments)
    assert done.returncode == 0 and done.stderr == ""
    assert "run" in done.stdout and not (bare / ".venv").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_a_reader_who_has_gone_is_no_error(bare, arguments):
    unread, pipe = os.pipe()
    os.close(unread)
    command = [sys.executable, str(bare / "course.py"), *arguments]
    done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(pipe)
    assert (done.returncode, done.stderr) == (1, "")


def test_help_names_every_command(course):
    from pitfalls import cli

    own = [*cli.app.registered_commands, *cli.app.registered_groups]
    commands = {command.name for command in own}
    assert set(course.command.COMMANDS) == commands
    assert all(f"    {name} " in course.command.help_text() for name in commands)


def test_an_unknown_command_is_named_before_set_up(bare):
    assert_one_sentence(run(bare, "rnu"), "'rnu'", "run, lab", "--help")
    assert not (bare / ".venv").exists()


def test_no_ensurepip_says_what_to_install(bare, tmp_path):
    env = os.environ | {"PATH": str(tmp_path)}
    done = run(bare, "run", env=env, before="sys.modules['ensurepip'] = None")
    assert_one_sentence(done, "ensurepip", "python3-venv")
    assert not (bare / ".venv").exists()


def of_32_bits(patch):
    patch.setattr(sys, "maxsize", 2**31 - 1)


def an_intel_mac(patch):
    patch.setattr("platform.system", lambda: "Darwin")
    patch.setattr("platform.machine", lambda: "x86_64")


def another_python(patch):
    patch.setattr("platform.python_implementation", lambda: "PyPy")


def without_a_global_lock(patch):
    patch.setattr(sysconfig, "get_config_var", {"Py_GIL_DISABLED": 1}.get)


def a_read_only_disk(patch):
    patch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        (of_32_bits, "32-bit"),
        (an_intel_mac, "Intel Macs"),
        (another_python, "PyPy"),
        (without_a_global_lock, "global lock"),
        (a_read_only_disk, "nothing can be written"),
    ],
)
def test_where_it_cannot_work_is_told(course, monkeypatch, place, says):
    place(monkeypatch)
    with pytest.raises(course.checkout.Stop, match=rf"{says}.*\.$"):
        course.environment.check_machine()


@pytest.mark.parametrize(
    ("system", "machine"), [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "aarch64")]
)
def test_where_it_works_passes(course, monkeypatch, system, machine):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert course.environment.check_machine() is None


def test_too_little_disk_is_told(course):
    with pytest.raises(course.checkout.Stop, match=r"2\.8 GB of disk and 1\.0 GB are free"):
        course.environment.check_room(1e9)
    assert course.environment.check_room(3e9) is None


@needs_posix
def test_a_line_break_in_the_folders_name_is_told(bare):
    folder = bare.rename(bare.with_name("two\nlines"))
    assert_one_sentence(run(folder, "list"), r"two\nlines", "rename it")
    assert not (folder / ".venv").exists()


# --- The commands composed, for each system -------------------------------------------------

PYTORCH, PINNED = "PyTorch", "the pinned packages"
OWN, CHECK = "the course's own package", "check that all fit together"


def steps_of(course, system, **options):
    return dict(course.packages.install_steps(system, Path("PY"), **options))


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
@pytest.mark.parametrize("links", [[], ["/wheels"]])
@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_all_is_installed_by_hash_and_nothing_else_is_resolved(course, system, links, uv):
    steps = steps_of(course, system, uv=uv, links=links)
    assert list(steps) == [PYTORCH, PINNED, OWN, CHECK]
    head = [uv, "pip", "install", "--python", "PY"] if uv else ["PY", "-m", "pip", "install"]
    for command in (*steps[PYTORCH], *steps[PINNED], *steps[OWN]):
        assert command[: len(head)] == head and "--no-deps" in command
        assert ("--compile-bytecode" in command) == bool(uv)
    for title, file in ((PYTORCH, "requirements-torch.txt"), (PINNED, "requirements.txt")):
        for command in steps[title]:
            assert {"--require-hashes", "--only-binary"} < set(command)
            assert command[-2:] == ["-r", str(ROOT / file)]
    (package,), (check,) = steps[OWN], steps[CHECK]
    assert package[-2:] == ["-e", str(ROOT)] and "--no-build-isolation" in package
    assert check[-1 if not uv else 2] == "check"


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
@pytest.mark.parametrize(
    ("system", "links", "offline", "places"),
    [
        ("Linux", [], None, ["address"]),
        ("Linux", ["/wheels"], None, ["folders", "address"]),
        ("Linux", ["/wheels"], Path("/stick"), ["folders"]),
        ("Darwin", [], None, ["PyPI"]),
        ("Darwin", ["/wheels"], None, ["PyPI"]),
        ("Windows", [], None, ["PyPI"]),
    ],
)
def test_pytorchs_own_address_is_asked_for_torch_alone(course, system, links, offline, places, uv):
    steps = steps_of(course, system, uv=uv, links=links, offline=offline)
    address, torch = course.checkout.torch_index(), steps.pop(PYTORCH)
    names = {(True, False): "folders", (False, True): "address", (False, False): "PyPI"}
    assert [names["--no-index" in command, address in command] for command in torch] == places
    assert not any(address in command for commands in steps.values() for command in commands)
    if places[-1] == "address" and not uv:  # who cannot reach it does not wait for minutes
        assert torch[-1][torch[-1].index("--retries") + 1] == "1" and "--timeout" in torch[-1]


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
def test_offline_asks_no_address(course, uv):
    steps = steps_of(course, "Linux", uv=uv, offline=Path("/my stick"))
    for title in (PYTORCH, PINNED, OWN):
        (command,) = steps[title]
        assert "--no-index" in command
    for title in (PYTORCH, PINNED):
        (command,) = steps[title]
        assert command[command.index("--find-links") + 1] == str(Path("/my stick"))


def test_uv_is_told_where_pip_finds_wheels(course):
    steps = steps_of(course, "Linux", uv="/bin/uv", links=["/a b", "/c"])
    for command in (*steps[PYTORCH], *steps[PINNED]):
        at = command.index("--find-links")
        assert command[at : at + 4] == ["--find-links", "/a b", "--find-links", "/c"]


def test_pips_own_places_for_wheels_are_found(course, monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nfind-links = /from/config /second\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_FIND_LINKS", "/from/environment")
    found = course.packages.find_links()
    assert found[0] == "/from/environment"
    assert {"/from/config", "/second"} <= set(found) or not shutil.which("pip")


@pytest.mark.parametrize("arguments", [["--offline", "no such"], ["--offline"], ["--offline=x"]])
def test_offline_needs_a_folder_that_was_filled(course, arguments):
    with pytest.raises(course.checkout.Stop, match="wheelhouse"):
        course.command.take_offline(["run", *arguments])


def test_offline_is_not_handed_over(course, tmp_path):
    (tmp_path / "torch-2.13.0-any.whl").touch()
    arguments = ["run", "02", "--offline", str(tmp_path), "--seeds", "2"]
    assert course.command.take_offline(arguments) == (["run", "02", "--seeds", "2"], tmp_path)
    assert course.command.take_offline(["run", "02"]) == (["run", "02"], None)


def test_offline_says_where_from_and_promises_no_download(course, tmp_path):
    target = {"packages": "1", "project": "2", "root": "3"}
    said = course.environment.reason(target, {}, tmp_path)
    assert str(tmp_path) in said and "GB on disk" in said and "download" not in said
    assert "to download" in course.environment.reason(target, {}, None)


# --- Set-up, with a stand-in for uv ---------------------------------------------------------


@needs_posix
def test_first_use_sets_up_and_hands_over_and_the_second_only_hands_over(
    checkout, fake_uv, tmp_path
):
    done = run(checkout, "list", env=fake_uv)
    assert done.returncode == 0, done.stderr
    first, rest = done.stdout.split("\n", 1)
    assert "GB on disk" in first and "leaky_selection" in rest
    calls = (tmp_path / "uv.log").read_text().splitlines()
    marks = ("requirements-torch.txt", "requirements.txt", " -e ", "pip check")
    assert [[mark in call for mark in marks].index(True) for call in calls] == [0, 1, 2, 3]
    assert json.loads((checkout / ".venv/course.json").read_text())["state"] == "ready"

    again = run(checkout, "list", env=fake_uv)
    assert again.returncode == 0 and done.stdout.endswith(again.stdout)
    assert "GB" not in again.stdout
    assert len((tmp_path / "uv.log").read_text().splitlines()) == 4

    refused = run(checkout, "run", "no such chapter", env=fake_uv)
    assert_one_sentence(refused, "there is no chapter 'no such chapter'", "02_leaky_selection")
    refused = run(checkout, "run", "--strength", "2", env=fake_uv)
    assert_one_sentence(refused, "--strength", "course.py run --help")
    assert not (checkout / "results").exists()


@needs_posix
def test_a_change_of_the_project_only_installs_the_package_again(bare, fake_uv, tmp_path):
    assert_handed_over(run(bare, "list", env=fake_uv))
    project = bare / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(text + "\n[tool.another]\nkey = 1\n", encoding="utf-8")
    assert "again" not in run(bare, "list", env=fake_uv).stdout
    project.write_text(text.replace('version = "', 'version = "1'), encoding="utf-8")
    (tmp_path / "uv.log").unlink()
    assert "package has changed" in run(bare, "list", env=fake_uv).stdout
    assert len((tmp_path / "uv.log").read_text().splitlines()) == 2


@needs_posix
def test_changed_pins_and_a_moved_folder_make_it_anew(bare, fake_uv):
    assert_handed_over(run(bare, "list", env=fake_uv))
    (bare / ".venv" / "earlier").touch()
    change_pins(bare)
    done = run(bare, "list", env=fake_uv)
    assert_handed_over(done)
    assert "pinned packages have changed" in done.stdout
    assert not (bare / ".venv" / "earlier").exists() and not (bare / ".venv.old").exists()
    moved = bare.rename(bare.with_name("moved"))
    done = run(moved, "list", env=fake_uv)
    assert_handed_over(done)
    assert "has moved" in done.stdout


@needs_posix
@pytest.mark.parametrize("means", ["a failure", "an interrupt"])
def test_changed_pins_that_cannot_be_had_leave_a_working_venv(bare, fake_uv, tmp_path, means):
    assert_handed_over(run(bare, "list", env=fake_uv))
    (bare / ".venv" / "earlier").touch()
    unchanged = (bare / "requirements.txt").read_text()
    change_pins(bare)
    if means == "a failure":
        done = run(bare, "list", env=fake_uv | {"FAKE_UV": "dns error"})
    else:
        (tmp_path / "uv.log").unlink()
        child = start(bare, fake_uv | {"FAKE_UV": "hang"}, tmp_path / "uv.log")
        os.killpg(child.pid, signal.SIGINT)
        done = ended(child)
    assert_one_sentence(done, "reached" if means == "a failure" else "interrupted")
    assert "earlier .venv is as it was; .venv/bin/pitfalls" in done.stdout
    assert (bare / ".venv" / "earlier").exists() and not (bare / ".venv.old").exists()

    (bare / "requirements.txt").write_text(unchanged)
    (tmp_path / "uv.log").unlink()
    assert_handed_over(run(bare, "list", env=fake_uv))
    assert not (tmp_path / "uv.log").exists()


@needs_posix
@pytest.mark.parametrize("complete", [True, False])
def test_a_set_up_that_was_killed_with_the_earlier_one_aside_is_mended(bare, fake_uv, complete):
    assert_handed_over(run(bare, "list", env=fake_uv))
    new, old = bare / ".venv", bare / ".venv.old"
    shutil.copytree(new, old, symlinks=True)
    (old / "earlier").touch()
    if not complete:
        (new / "course.json").write_text('{"state": "unfinished"}')
    change_pins(bare)
    done = run(bare, "list", env=fake_uv | {"FAKE_UV": "dns error"})
    assert_one_sentence(done, "reached")
    assert (new / "earlier").exists() == (not complete) and not old.exists()


@needs_posix
@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("error: error sending request for url: dns error: failed to lookup", ["network"]),
        ("OSError: [Errno 28] No space left on device", ["disk is full"]),
        ("Hash mismatch for `torch==2.13.0`", ["requirements-torch.txt pins"]),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            ["requirements-torch.txt pins"],
        ),
        ("something else", ["this step failed: PyTorch", ".log"]),
    ],
)
def test_a_failed_set_up_leaves_nothing_and_a_second_try_repairs(bare, fake_uv, said, parts):
    done = run(bare, "list", env=fake_uv | {"FAKE_UV": said})
    assert_one_sentence(done, *parts, "run this again")
    assert not (bare / ".venv").exists()
    assert_handed_over(run(bare, "list", env=fake_uv))


@needs_posix
def test_an_interrupted_set_up_leaves_nothing_and_a_second_try_repairs(bare, fake_uv, tmp_path):
    child = start(bare, fake_uv | {"FAKE_UV": "hang"}, tmp_path / "uv.log")
    os.killpg(child.pid, signal.SIGINT)
    assert_one_sentence(ended(child), "interrupted", "same command again")
    assert not (bare / ".venv").exists()
    assert_handed_over(run(bare, "list", env=fake_uv))


@needs_posix
def test_what_a_killed_set_up_has_started_keeps_the_next_one_out(bare, fake_uv, tmp_path):
    pid = tmp_path / "uv.log.pid"
    child = start(bare, fake_uv | {"FAKE_UV": "hang"}, pid)
    child.kill()
    child.wait(timeout=30)
    assert_one_sentence(run(bare, "list", env=fake_uv), "killed is still ending", "wait")
    os.kill(int(pid.read_text()), signal.SIGKILL)
    child.communicate(timeout=30)
    done = run(bare, "list", env=fake_uv)
    assert_handed_over(done)
    assert "did not finish" in done.stdout


@needs_posix
def test_a_half_made_venv_is_made_afresh(bare, fake_uv):
    half = bare / ".venv"
    half.mkdir()
    (half / "course.json").write_text('{"state": "unfinished"}')
    (half / "debris").touch()
    done = run(bare, "list", env=fake_uv)
    assert_handed_over(done)
    assert "did not finish" in done.stdout
    assert not (half / "debris").exists()


@needs_posix
@pytest.mark.parametrize("marker", ["", "[]", '{"state": "ready"}', "\udcff"])
def test_a_damaged_venv_is_made_afresh(bare, fake_uv, marker):
    (bare / ".venv").mkdir()
    (bare / ".venv/course.json").write_text(marker, errors="surrogateescape")
    assert_handed_over(run(bare, "list", env=fake_uv))


@pytest.mark.parametrize("name", [".venv", ".venv/pyvenv.cfg"])
def test_a_venv_of_another_maker_is_left_alone(bare, name):
    other = bare / name
    other.parent.mkdir(exist_ok=True)
    other.write_text("home = /usr/bin")
    assert_one_sentence(run(bare, "list"), ".venv", "move it away or delete it")
    assert other.read_text() == "home = /usr/bin"


@needs_posix
def test_another_makers_venv_old_is_left_alone(bare, fake_uv):
    other = bare / ".venv.old" / "mine"
    other.parent.mkdir()
    other.touch()
    assert_handed_over(run(bare, "list", env=fake_uv))
    change_pins(bare)
    assert_one_sentence(run(bare, "list", env=fake_uv), ".venv.old")
    assert other.exists() and (bare / ".venv" / "course.json").exists()


@needs_posix
@pytest.mark.parametrize(
    ("name", "damage", "parts"),
    [
        ("requirements.txt", lambda _: os.urandom(2000) + b"\xff", ["no text"]),
        ("requirements.txt", lambda whole: whole[: len(whole) // 2 + 7], ["no package"]),
        ("requirements.txt", lambda _: b"", ["pins nothing"]),
        ("requirements-torch.txt", lambda whole: whole.replace(b"sha256", b"md5"), ["torch=="]),
        ("pyproject.toml", lambda _: b"this is = = no TOML", ["line 1"]),
        ("pyproject.toml", lambda _: b"[tool.ruff]\n", ["[project]"]),
    ],
)
def test_a_damaged_file_is_named_and_the_venv_kept(bare, fake_uv, name, damage, parts):
    assert_handed_over(run(bare, "list", env=fake_uv))
    (bare / name).write_bytes(damage((bare / name).read_bytes()))
    assert_one_sentence(run(bare, "list", env=fake_uv), f"{name} cannot be read", *parts)
    assert (bare / ".venv" / "course.json").exists()


def test_a_missing_file_is_named(bare):
    (bare / "requirements.txt").unlink()
    assert_one_sentence(run(bare, "list"), "requirements.txt cannot be read", "git checkout")


@needs_posix
def test_two_set_ups_do_not_meet(course, bare, monkeypatch):
    monkeypatch.setattr(course.environment, "ROOT", bare)
    with course.environment.locked():
        assert_one_sentence(run(bare, "list"), "another set-up", "wait")
    assert not (bare / ".venv").exists()


def test_a_lock_of_somebody_else_is_named(course, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with (
        pytest.raises(course.checkout.Stop, match=r"pitfalls-\w+\.lock belongs .* TMPDIR"),
        course.environment.locked(),
    ):
        pytest.fail("nothing was locked")


def test_an_interrupt_while_set_up_loads_is_a_sentence(bare):
    (bare / "set_up" / "__init__.py").write_text("raise KeyboardInterrupt")
    done = run(bare, "list")
    assert (done.returncode, done.stderr) == (130, "course.py: interrupted before it began.\n")


@needs_posix
def test_an_interrupt_while_the_command_loads_is_a_sentence(bare, fake_uv):
    assert_handed_over(run(bare, "list", env=fake_uv))
    (bare / "src/pitfalls/cli.py").write_text("raise KeyboardInterrupt")
    done = run(bare, "list", env=fake_uv)
    assert (done.returncode, done.stderr) == (130, "Interrupted before it began.\n")


# --- With the real installers ---------------------------------------------------------------


def only(tmp_path, *programs):
    """The environment in which these programs are found and no setting of the user's pip is."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for program in programs:
        (tools / Path(program).name).symlink_to(program)
    nowhere = "http://127.0.0.1:9/simple"
    return os.environ | {
        "PATH": str(tools),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": nowhere,
        "PIP_NO_CACHE_DIR": "1",
        "UV_DEFAULT_INDEX": nowhere,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_HTTP_RETRIES": "0",
    }


@pytest.fixture(params=["pip", "uv"])
def real(request, tmp_path):
    """The environment with one of them and no network."""
    uv = shutil.which("uv")
    if request.param == "uv" and uv is None:
        pytest.skip("uv is not installed")
    return only(tmp_path, *([uv] if request.param == "uv" else []))


def test_no_network_is_told_in_the_real_installers_words(bare, real):
    address = "https://download.pytorch.org/whl/cpu"
    project = bare / "pyproject.toml"
    project.write_text(project.read_text().replace(address, "http://127.0.0.1:9/whl/cpu"))
    done = run(bare, "list", env=real)
    assert_one_sentence(done, "could not be reached: check the network", "--offline DIR")
    assert not (bare / ".venv").exists()


def test_another_torch_in_an_offline_folder_is_refused(bare, real, tmp_path):
    wheel = tmp_path / "stick" / "torch-2.13.0+cpu-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        info = "torch-2.13.0+cpu.dist-info"
        file.writestr("torch/__init__.py", "print('not the real one')")
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu"
        )
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    if sys.platform != "linux":
        wheel.rename(wheel.with_name(wheel.name.replace("+cpu", "")))
    done = run(bare, "list", "--offline", str(wheel.parent), env=real)
    assert_one_sentence(done, "not the file that requirements-torch.txt pins", "fill", "stick")
    assert not (bare / ".venv").exists()
