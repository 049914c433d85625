"""course.py: what it installs, how it hands over, and the sentence that each error ends in."""

import ast
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from types import SimpleNamespace

import pytest
from conftest import ROOT

#: Stands for uv: writes its arguments down, and "installs" by pointing at the running packages.
FAKE_UV = """#!/bin/sh
echo "$@" >> "$FAKE_UV_LOG"
case "$FAKE_UV" in
    hang) exec sleep 60 ;;
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
def course():
    return SimpleNamespace(**runpy.run_path(str(ROOT / "course.py")))


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
    for name in ("course.py", "pyproject.toml", "requirements.txt"):
        shutil.copyfile(ROOT / name, folder / name)
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


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 4), (3, 14, 0)])
def test_a_wrong_python_is_told_which_ones_will_do(course, version):
    with pytest.raises(course.Stop, match=r"needs 3\.11, 3\.12 or 3\.13: (run|install) .*\.$"):
        course.check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 1)])
def test_the_right_pythons_pass(course, version):
    assert course.check_python(version) is None


def test_a_wrong_python_ends_before_set_up(bare):
    done = run(bare, "run", before="sys.version_info = (3, 8, 1, 'final', 0)")
    assert_one_sentence(done, "Python 3.8")
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("arguments", [["--help"], [], ["run", "--help"]])
def test_help_needs_no_set_up(bare, arguments):
    done = run(bare, *arguments)
    assert done.returncode == 0 and done.stderr == ""
    assert "run" in done.stdout and not (bare / ".venv").exists()


def test_help_names_every_command(course):
    from pitfalls import cli

    own = [*cli.app.registered_commands, *cli.app.registered_groups]
    commands = {command.name for command in own}
    assert set(course.COMMANDS) == commands
    assert all(f"    {name} " in course.help_text() for name in commands)


def test_an_unknown_command_is_named_before_set_up(bare):
    assert_one_sentence(run(bare, "rnu"), "'rnu'", "run, lab", "--help")
    assert not (bare / ".venv").exists()


def test_no_ensurepip_says_what_to_install(bare, tmp_path):
    env = os.environ | {"PATH": str(tmp_path)}
    done = run(bare, "run", env=env, before="sys.modules['ensurepip'] = None")
    assert_one_sentence(done, "ensurepip", "python3-venv")
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("machine", [("Darwin", "x86_64", True), ("Windows", "AMD64", False)])
def test_machines_without_pytorch_are_told(course, machine):
    with pytest.raises(course.Stop, match=r"Intel|32-bit"):
        course.check_machine(*machine)


@pytest.mark.parametrize(
    "machine", [("Darwin", "arm64", True), ("Windows", "AMD64", True), ("Linux", "x86_64", True)]
)
def test_machines_with_pytorch_pass(course, machine):
    assert course.check_machine(*machine) is None


def test_too_little_disk_is_told(course):
    with pytest.raises(course.Stop, match=r"2\.7 GB of disk and 1\.0 GB are free"):
        course.check_room(1e9)
    assert course.check_room(3e9) is None


# --- The commands composed, for each system -------------------------------------------------


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_pins_are_installed_by_hash_and_nothing_else_is_resolved(course, system, uv):
    pins, torch, package, check = dict(course.install_commands(system, "PY", uv)).values()
    head = [uv, "pip", "install", "--python", "PY"] if uv else ["PY", "-m", "pip", "install"]
    for command in (pins, torch, package):
        assert command[: len(head)] == head and "--no-deps" in command
        assert ("--compile-bytecode" in command) == bool(uv)
    assert {"--require-hashes", "--only-binary"} < set(pins)
    assert package[-2:] == ["-e", course.ROOT] and "--no-build-isolation" in package
    assert check[-1 if not uv else 2] == "check"


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
@pytest.mark.parametrize(
    ("system", "links", "offline", "asked"),
    [
        ("Linux", [], None, True),
        ("Linux", ["/wheels"], None, False),
        ("Linux", [], "/stick", False),
        ("Darwin", [], None, False),
        ("Windows", [], None, False),
    ],
)
def test_pytorchs_own_address_is_asked_for_torch_alone(course, system, links, offline, asked, uv):
    steps = dict(course.install_commands(system, "PY", uv, links, offline))
    torch = steps.pop("PyTorch")
    assert (course.TORCH_CPU_INDEX in torch) == asked
    assert torch[-1] == f"torch=={course.TORCH}" + ("+cpu" if asked else "")
    assert not any(course.TORCH_CPU_INDEX in command for command in steps.values())
    if asked and not uv:
        assert torch[torch.index("--retries") + 1] == "1"


@pytest.mark.parametrize("uv", [None, "/bin/uv"])
def test_offline_asks_no_address(course, uv):
    steps = dict(course.install_commands("Linux", "PY", uv, [], "/my stick"))
    installs = [command for command in steps.values() if "install" in command]
    assert len(installs) == 3 and all("--no-index" in command for command in installs)
    for title in ("the pinned packages", "PyTorch"):
        assert steps[title][steps[title].index("--find-links") + 1] == "/my stick"


def test_uv_is_told_where_pip_finds_wheels(course):
    steps = dict(course.install_commands("Linux", "PY", "/bin/uv", ["/a b", "/c"]))
    assert ["--find-links", "/a b", "--find-links", "/c"] == steps["PyTorch"][6:10]


def test_pips_own_places_for_wheels_are_found(course, monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nfind-links = /from/config /second\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_FIND_LINKS", "/from/environment")
    found = course.find_links()
    assert found[0] == "/from/environment"
    assert {"/from/config", "/second"} <= set(found) or not shutil.which("pip")


@pytest.mark.parametrize("arguments", [["--offline", "no such"], ["--offline"], ["--offline=x"]])
def test_offline_needs_a_folder_that_was_filled(course, arguments):
    with pytest.raises(course.Stop, match="wheelhouse"):
        course.take_offline(["run", *arguments])


def test_offline_is_not_handed_over(course, tmp_path):
    (tmp_path / "torch-2.13.0-any.whl").touch()
    arguments = ["run", "02", "--offline", str(tmp_path), "--seeds", "2"]
    assert course.take_offline(arguments) == (["run", "02", "--seeds", "2"], str(tmp_path))
    assert course.take_offline(["run", "02"]) == (["run", "02"], None)


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
    assert [
        ("--require-hashes" in c, "torch==" in c, "-e " in c, "check" in c) for c in calls
    ] == [
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, True),
    ]
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
    with (bare / "requirements.txt").open("a") as file:
        file.write("# changed\n")
    done = run(bare, "list", env=fake_uv)
    assert_handed_over(done)
    assert "pinned packages have changed" in done.stdout
    moved = bare.rename(bare.with_name("moved"))
    done = run(moved, "list", env=fake_uv)
    assert_handed_over(done)
    assert "has moved" in done.stdout


@needs_posix
@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("error: error sending request for url: dns error: failed to lookup", ["network"]),
        ("OSError: [Errno 28] No space left on device", ["disk is full"]),
        ("Hash mismatch for `six==1.17.0`", ["requirements.txt pins"]),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            ["requirements.txt pins"],
        ),
        ("something else", ["this step failed: the pinned packages", ".log"]),
    ],
)
def test_a_failed_set_up_leaves_nothing_and_a_second_try_repairs(bare, fake_uv, said, parts):
    done = run(bare, "list", env=fake_uv | {"FAKE_UV": said})
    assert_one_sentence(done, *parts, "run this again")
    assert not (bare / ".venv").exists()
    assert_handed_over(run(bare, "list", env=fake_uv))


@needs_posix
def test_an_interrupted_set_up_leaves_nothing_and_a_second_try_repairs(bare, fake_uv, tmp_path):
    command = [sys.executable, str(bare / "course.py"), "list"]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=fake_uv | {"FAKE_UV": "hang"}, start_new_session=True,
        # A shell has what it starts in the background ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    until = time.monotonic() + 30
    while not (tmp_path / "uv.log").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=30)
    done = subprocess.CompletedProcess(command, child.returncode, out, err)
    assert_one_sentence(done, "interrupted", "same command again")
    assert not (bare / ".venv").exists()
    assert_handed_over(run(bare, "list", env=fake_uv))


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
@pytest.mark.parametrize("marker", ["", "[]", '{"state": "ready"}'])
def test_a_damaged_venv_is_made_afresh(bare, fake_uv, marker):
    (bare / ".venv").mkdir()
    (bare / ".venv/course.json").write_text(marker)
    assert_handed_over(run(bare, "list", env=fake_uv))


def test_a_venv_of_another_maker_is_left_alone(bare):
    other = bare / ".venv" / "pyvenv.cfg"
    other.parent.mkdir()
    other.write_text("home = /usr/bin")
    assert_one_sentence(run(bare, "list"), ".venv", "move it away or delete it")
    assert other.read_text() == "home = /usr/bin"


@needs_posix
def test_two_set_ups_do_not_meet(bare):
    held = SimpleNamespace(**runpy.run_path(str(bare / "course.py")))
    with held.locked():
        assert_one_sentence(run(bare, "list"), "another set-up", "wait")
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_no_network_is_told_in_the_real_installers_words(bare, tmp_path, installer):
    uv = shutil.which("uv")
    if installer == "uv" and uv is None:
        pytest.skip("uv is not installed")
    tools = tmp_path / "tools"
    tools.mkdir()
    if installer == "uv":
        (tools / "uv").symlink_to(uv)
    nowhere = "http://127.0.0.1:9/simple"
    env = os.environ | {
        "PATH": str(tools),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": nowhere,
        "PIP_NO_CACHE_DIR": "1",
        "UV_DEFAULT_INDEX": nowhere,
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_HTTP_RETRIES": "0",
    }
    done = run(bare, "list", env=env)
    assert_one_sentence(done, "could not be reached: check the network", "--offline DIR")
    assert not (bare / ".venv").exists()
