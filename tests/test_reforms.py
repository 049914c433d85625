"""REFORMS reports: sound, with gaps and hostile ones; their pages; what `record` changes."""

import difflib
import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from pitfalls import checks, cli, reforms
from pitfalls.notebook import own_report
from pitfalls.reforms import document, faults as rules, reading
from pitfalls.reforms.catalogue import DOI, SITE

ROOT = Path(__file__).resolve().parents[1]
CODES = (
    "1a 1b 1c 2a 2b 2c 2d 2e 3a 3b 3c 3d 3e 3f 3g "
    "4a 4b 4c 5a 5b 5c 5d 5e 5f 6a 6b 6c 7a 7b 7c 8a 8b"
)
CLEAN = {"name": "shared_groups", "value": 0.49, "null": 0.51, "verdict": "clean"}


def good(folder, **changes):
    """A sound report as a mapping; `changes` replace the entries of items, such as i6b={...}."""
    (folder / "split.csv").write_bytes(b"patient,side\n1,train\n2,test\n")
    digest = hashlib.sha256((folder / "split.csv").read_bytes()).hexdigest()
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ""},
        {"cell_type": "code", "id": "c1", "metadata": {"tags": ["headline"]}, "source": ""},
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "analysis.ipynb").write_text(json.dumps(book))
    items = {
        code: {"status": "met", "answer": f"In this study, {item.short} is described on page 3."}
        for code, item in reforms.items().items()
    }
    items["6a"]["evidence"] = [{"file": "split.csv", "sha256": digest}]
    items["6b"]["evidence"] = [{"check": CLEAN}, {"cell": "analysis.ipynb#headline"}]
    items["6c"]["evidence"] = [{"doi": "10.1145/2382577.2382579"}]
    items["7b"] |= {"interval": [0.52, 0.69], "n": 30}
    items["7c"] |= {"status": "not_applicable", "answer": "One model, and nothing is compared."}
    items |= {code[1:]: entry for code, entry in changes.items()}
    study = {"title": "Voices", "authors": ["Noor"], "date": "2026-03-31"}
    return {
        "format": 1,
        "study": study,
        "items": {c: e for c, e in items.items() if e is not None},
    }


def put(folder, data, name="report.yaml"):
    """Write data as YAML; JSON is YAML, and a line a value makes line numbers tell."""
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=1))
    return path


def faults(path):
    return reforms.check(reforms.read(path))


def of_item(path, code):
    return [fault.message for fault in faults(path) if fault.item == code]


def pitfalls(*arguments):
    return cli.main(["reforms", *map(str, arguments)])


def left(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


# --- The items --------------------------------------------------------------------------------


def test_there_are_32_items_in_eight_modules():
    items = reforms.items()
    assert list(items) == CODES.split()
    sizes = [len([*group]) for _, group in itertools.groupby(items, key=lambda code: code[0])]
    assert sizes == [3, 5, 7, 3, 6, 3, 3, 2]
    for item in items.values():
        assert item.asks.endswith(".") and item.holds.endswith(".") and len(item.short) < 40
    assert len({item.asks for item in items.values()}) == 32


def test_the_schema_knows_the_same_items():
    schema = json.loads((Path(reforms.__file__).parent / "report.schema.json").read_text())
    assert schema["properties"]["items"]["required"] == [*reforms.items()]
    patterns = schema["properties"]["items"]["patternProperties"]
    for code in [*reforms.items(), "1d", "6d", "8c", "9a", "a"]:
        hits = sum(bool(re.search(pattern, code)) for pattern in patterns)
        assert hits == (code in reforms.items())


def test_importing_it_is_light():
    heavy = "{'numpy', 'pandas', 'ruamel.yaml', 'jsonschema', 'jinja2', 'matplotlib'}"
    code = f"import sys, pitfalls.reforms; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_what_is_not_python_is_packaged():
    files = {p.suffix for p in Path(reforms.__file__).parent.iterdir() if p.is_file()}
    text = (ROOT / "pyproject.toml").read_text()
    (line,) = re.findall(r'"pitfalls.reforms" = \[(.*)\]', text)
    assert files - {".py"} == {suffix.strip(' "*') for suffix in line.split(",")}


# --- Sound reports ----------------------------------------------------------------------------


def test_a_sound_report_is_sound(tmp_path, capsys):
    path = put(tmp_path, good(tmp_path))
    assert faults(path) == []
    assert pitfalls("check", path) == 0
    said = capsys.readouterr()
    assert "sound. Of 32 items: 31 met, 1 not applicable." in said.out and said.err == ""


BLOCK = """
format: 1
study: {title: "Voices: a study"}
items:
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path, end, mark):
    data = good(tmp_path)
    text = BLOCK + "".join(
        f"  {code}:\n" + "".join(f"    {key}: {json.dumps(value)}\n" for key, value in row.items())
        for code, row in data["items"].items()
    )
    path = tmp_path / "report.yaml"
    path.write_bytes((mark + text.replace("\n", end)).encode())
    assert faults(path) == []
    path.write_bytes((mark + text.replace('"met"', '"mett"', 1).replace("\n", end)).encode())
    (fault,) = faults(path)
    assert (fault.line, fault.item) == (6, "1a")


def test_yaml_1_2_keeps_words_dates_and_numbers(tmp_path):
    data = good(tmp_path)
    text = json.dumps(data, indent=1).replace('"2026-03-31"', "2026-03-31")
    text = text.replace('"Noor"', "no, on, 0o17 or so").replace("10.1145/2382577.2382579", DOI)
    report = reforms.read(put(tmp_path, text))
    assert report.date == "2026-03-31" and report.authors == ("no", "on", "0o17 or so")
    assert reforms.check(report) == []


@pytest.mark.parametrize("cell", ["headline", "c1", "1", "0"])
def test_a_cell_is_named_by_its_tag_id_or_number(tmp_path, cell):
    entry = {
        "status": "met",
        "answer": "See the cell.",
        "evidence": [{"cell": f"analysis.ipynb#{cell}"}],
    }
    assert faults(put(tmp_path, good(tmp_path, i6b=entry))) == []


def test_an_item_that_is_not_met_is_a_gap_and_no_fault_of_the_report(tmp_path, capsys):
    entry = {"status": "not_met", "answer": "Recordings were held out, not patients."}
    path = put(tmp_path, good(tmp_path, i6b=entry))
    (fault,) = faults(path)
    assert fault.gap and fault.item == "6b"
    assert pitfalls("check", path) == 1
    assert "1 of 32 items not met by the study" in capsys.readouterr().out


# --- Reports with gaps ------------------------------------------------------------------------


def entry(status="met", answer="It is described on page 3.", **more):
    return {"status": status, "answer": answer} | more


BAD_ENTRIES = {
    "no entry": ("4a", None, "this item is missing"),
    "not a mapping": ("4a", "yes", "“yes”; it must be a mapping"),
    "no status": ("4a", {"answer": "Page 3 says it."}, "`status` is missing"),
    "no answer": ("4a", {"status": "met"}, "`answer` is missing"),
    "wrong status": ("4a", entry("done"), "must be met, partial, not_met or not_applicable"),
    "empty status": ("4a", entry(None), "`status` is empty"),
    "empty": ("4a", entry(answer=""), "there is no answer"),
    "blank": ("4a", entry(answer=" \n\u200b —"), "there is no answer"),
    "null": ("4a", entry(answer=None), "there is no answer"),
    "number": ("4a", entry(answer=7), "`answer` is 7; it must be text"),
    "list": ("4a", entry(answer=["Page 3."]), "`answer` is a list; it must be text"),
    "no reason": ("4a", entry("not_applicable", ""), "not applicable without a reason"),
    "no gap": ("4a", entry("not_met", ""), "there is no answer"),
    "unknown key": ("4a", entry(evidnce=[]), "unknown key “evidnce”; known are status, answer"),
    "interval elsewhere": ("4a", entry(interval=[0, 1]), "unknown key “interval”"),
    "6a": ("6a", entry(), "met without evidence"),
    "6b": ("6b", entry(evidence=[]), "met without evidence"),
    "6c": ("6c", entry("not_applicable", evidence=None), "not_applicable without evidence"),
    "not checked": (
        "6b",
        entry(evidence=[{"check": CLEAN | {"value": None, "verdict": "not checked"}}]),
        "is no evidence",
    ),
    "suspect": (
        "6b",
        entry(evidence=[{"check": CLEAN | {"value": 0.9, "verdict": "suspect"}}]),
        "shared_groups says suspect; that contradicts met",
    ),
    "suspect n/a": (
        "6b",
        entry("not_applicable", evidence=[{"check": CLEAN | {"verdict": "suspect"}}]),
        "contradicts not_applicable",
    ),
    "no interval": ("7b", entry(n=30), "met without an interval"),
    "no n": ("7b", entry(interval=[0.5, 0.6]), "met without n"),
    "turned": ("7b", entry(interval=[0.6, 0.5], n=30), "the lower first"),
    "point": ("7b", entry(interval=[0.6, 0.6], n=30), "the lower first"),
    "three": ("7b", entry(interval=[0.5, 0.6, 0.7], n=30), "two numbers, the lower first"),
    "all there is": ("7b", entry(interval=[0, 1], n=30), "narrower than all that is possible"),
    "commas": ("7b", entry(interval=[0, 90, 0, 95], n=30), "a decimal point, not a comma"),
    "comma in quotes": ("7b", entry(interval=["0,90", 0.95], n=30), "and not a comma"),
    "two intervals": (
        "7b",
        entry(interval=[[0.8, 0.9], [0.7, 0.8]], n=30),
        "make a list `scores`, each with",
    ),
    "a score without n": (
        "7b",
        entry(scores=[{"name": "AUROC", "interval": [0.8, 0.9]}]),
        "`n` is missing",
    ),
    "a turned score": (
        "7b",
        entry(scores=[{"name": "AUROC", "interval": [0.9, 0.8], "n": 40}]),
        "the lower first",
    ),
    "later": (
        "7b",
        entry(answer="To be finalized: include CIs.", interval=[0.5, 0.6], n=30),
        "holds a place",
    ),
    "partly": ("4a", entry("partial"), "partly met, as the report says itself"),
    "partly without evidence": ("6a", entry("partial"), "partial without evidence"),
    "silent": ("4a", entry("not_stated"), "not_stated is for the audit"),
    "words": ("7b", entry(interval=["low", "high"], n=30), "must be a number"),
    "truth": ("7b", entry(interval=[False, True], n=30), "must be a number"),
    "n of one": ("7b", entry(interval=[0.5, 0.6], n=1), "whole number of at least 2"),
    "half a case": ("7b", entry(interval=[0.5, 0.6], n=30.5), "whole number of at least 2"),
    "no limits": ("8b", entry("not_applicable"), "limits always apply"),
    "8b empty": ("8b", entry(answer="-"), "there is no answer"),
}


@pytest.mark.parametrize(("code", "row", "said"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_gap_is_named_with_its_item_and_line(tmp_path, capsys, code, row, said):
    path = put(tmp_path, good(tmp_path, **{f"i{code}": row}))
    found = faults(path)
    assert found and {fault.item for fault in found} == {code}
    assert any(said in fault.message for fault in found), [fault.message for fault in found]
    lines = path.read_text().splitlines()
    first = next((n for n, line in enumerate(lines, 1) if f'"{code}"' in line), None)
    for fault in found:
        here = lines.index(' "items": {') + 1 if first is None else first
        assert here <= fault.line <= here + 15
    assert pitfalls("check", path) == 1
    assert f"{path}:{found[0].line}: item {code}: " in capsys.readouterr().out


PLACEHOLDERS = (
    "TODO|todo: write this|TBD|tbc|FIXME later|xxx|XXXX|...|…|n/a|N/A|N.A.|-|?|yes|Yes.|No|ok|"
    "done|<your answer>|[fill in]|{answer}|Lorem ipsum dolor sit amet|To be added.|coming soon|"
    "see above|Your answer here|placeholder|None|not met|ＴＯＤＯ|We will describe it. TODO|asdf|"
    "aaaaaa|✓|yes yes"
).split("|")


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_is_no_answer(tmp_path, text):
    for code, status in (("3f", "met"), ("8b", "met"), ("7c", "not_applicable")):
        path = put(tmp_path, good(tmp_path, **{f"i{code}": entry(status, text)}))
        assert of_item(path, code), f"{text} passes for an answer"


@pytest.mark.parametrize("item", ["1a", "6b", "8b"])
def test_the_words_of_the_item_are_no_answer(tmp_path, item):
    for words in (reforms.items()[item].asks, reforms.items()[item].holds):
        row = good(tmp_path)["items"][item] | {"answer": f" {words}\n"}
        assert of_item(put(tmp_path, good(tmp_path, **{f"i{item}": row})), item)


@pytest.mark.parametrize(
    "text",
    [
        "Accuracy.",
        "No value is missing.",
        "None of the columns is scaled.",
        "See methods.md, section 2, and the list in TODO.md.",
        "患者は全員同じ病院の人です",
        "x < 3 and y > 5 [see the appendix] {a}",
        "The todo app of the clinic records each visit.",
    ],
)
def test_a_short_answer_is_an_answer(tmp_path, text):
    assert faults(put(tmp_path, good(tmp_path, i3f=entry(answer=text)))) == []


def evidence(piece):
    return entry(evidence=[piece])


BAD_EVIDENCE = {
    "changed": (
        {"file": "split.csv", "sha256": "0" * 64},
        "the hash no longer matches: `split.csv`",
    ),
    "missing": ({"file": "gone.csv", "sha256": "0" * 64}, "there is no file `gone.csv`"),
    "no hash": ({"file": "split.csv"}, "go together"),
    "hash alone": ({"sha256": "0" * 64, "doi": DOI}, "go together"),
    "no hexadecimal": ({"file": "split.csv", "sha256": "z" * 64}, "64 digits"),
    "hash as a number": ({"file": "split.csv", "sha256": 12345}, "64 digits"),
    "folder": ({"file": ".", "sha256": "0" * 64}, "is no file"),
    "absolute": ({"file": "/etc/passwd", "sha256": "0" * 64}, "absolute path"),
    "drive": ({"file": "C:/other.csv", "sha256": "0" * 64}, "absolute path"),
    "backslash": ({"file": "data\\split.csv", "sha256": "0" * 64}, "with / and not"),
    "out": ({"file": "../other.csv", "sha256": "0" * 64}, "leads out of the folder"),
    "far out": ({"file": "a/../../../etc/passwd", "sha256": "0" * 64}, "leads out of the folder"),
    "link out": ({"file": "link.csv", "sha256": "0" * 64}, "leads out of the folder"),
    "circle": ({"file": "circle", "sha256": "0" * 64}, "`circle`"),
    "pipe": ({"file": "pipe", "sha256": "0" * 64}, "is no file"),
    "long": ({"file": "x" * 400, "sha256": "0" * 64}, "cannot be read"),
    "no DOI": ({"doi": "Nature, 2021"}, "is no DOI"),
    "script": ({"doi": "javascript:alert(1)"}, "is no DOI"),
    "tag in DOI": ({"doi": '10.1000/"><script>'}, "is no DOI"),
    "another host": ({"doi": "https://evil.example/10.1000/x"}, "is no DOI"),
    "no cell": ({"cell": "analysis.ipynb"}, "name a notebook and a cell"),
    "no such cell": ({"cell": "analysis.ipynb#tail"}, "has 2 cells, and none with"),
    "no such number": ({"cell": "analysis.ipynb#2"}, "has 2 cells, and none with"),
    "no notebook": ({"cell": "broken.ipynb#0"}, "cannot be read as a notebook"),
    "deep notebook": ({"cell": "deep.ipynb#0"}, "cannot be read as a notebook"),
    "not a list": ({"cell": "list.ipynb#0"}, "cannot be read as a notebook"),
    "above its null": (
        {"check": CLEAN | {"value": 0.99, "null": 0.5}},
        "it says clean, but the value 0.99 is above the null 0.5",
    ),
    "below its null": (
        {"check": CLEAN | {"verdict": "suspect"}},
        "it says suspect, but the value",
    ),
    "no commit": ({"repository": "https://example.org/a.git"}, "`git rev-parse HEAD` says"),
    "commit alone": ({"commit": "0f3c2a1"}, "a `repository` and its `commit` go together"),
    "short commit": ({"repository": "https://example.org/a", "commit": "0f3"}, "7 to 64 digits"),
    "no address": ({"url": "javascript:alert(1)"}, "is no address"),
    "no section": ({"section": "§"}, "is no section"),
    "half an old DOI": ({"doi": "10.1002/(SICI)1097<1661::AID"}, "is no DOI"),
    "unknown check": ({"check": CLEAN | {"name": "all_is_well"}}, "has no `all_is_well`; it has "),
    "wrong verdict": ({"check": CLEAN | {"verdict": "fine"}}, "clean, suspect or not checked"),
    "no value": ({"check": CLEAN | {"value": None}}, "has a finite value and null"),
    "half a check": ({"check": {"name": "shared_rows"}}, "`value` is missing"),
    "two at once": ({"doi": DOI, "cell": "analysis.ipynb#0"}, "a piece of evidence has one of"),
    "none": ({}, "a piece of evidence has one of"),
    "text": ("see the paper", "it must be one of `file`"),
    "unknown": ({"page": "https://example.org"}, "unknown key “page”"),
}


@pytest.mark.parametrize(("piece", "said"), BAD_EVIDENCE.values(), ids=BAD_EVIDENCE)
def test_evidence_that_does_not_hold_is_named(tmp_path, piece, said):
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "other.csv").write_text("secret")
    (folder / "link.csv").symlink_to(tmp_path / "other.csv")
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "pipe")
    (folder / "broken.ipynb").write_text("{")
    (folder / "deep.ipynb").write_text("[" * 100_000)
    (folder / "list.ipynb").write_text('{"cells": [1]}')
    messages = of_item(put(folder, good(folder, i6a=evidence(piece))), "6a")
    assert any(said in message for message in messages), messages
    assert "secret" not in "".join(messages)
    assert hashlib.sha256(b"secret").hexdigest() not in "".join(messages)


def test_evidence_may_be_looked_for_in_a_wider_folder_if_the_reader_says_so(tmp_path, capsys):
    folder = tmp_path / "reports"
    folder.mkdir()
    data = good(folder)
    shutil.move(folder / "split.csv", tmp_path / "split.csv")
    data["items"]["6a"]["evidence"][0]["file"] = "../split.csv"
    path = put(folder, data)
    assert pitfalls("check", path) == 1
    assert pitfalls("check", path, "--root", tmp_path) == 0
    capsys.readouterr()


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(tmp_path):
    data = good(tmp_path, i8b=entry(answer="TODO"), i1a=entry("done"), i6a=entry(), i9z=entry())
    data["study"]["title"] = ""
    data["extra"] = 1
    found = faults(put(tmp_path, data))
    assert [fault.item for fault in found] == ["", "1a", "6a", "8b", "", ""]
    assert [fault.line for fault in found] == sorted(fault.line for fault in found)
    said = "".join(str(fault) for fault in found)
    assert "codes go from 1a to 8b" in said and "known are format, study, items" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.pop("format"), "`format` is missing"),
        (lambda d: d.update(format=2), "`format` is 2; it must be the number 1"),
        (lambda d: d.pop("study"), "`study` is missing"),
        (lambda d: d.update(study="Voices"), "it must be a mapping of `title`"),
        (lambda d: d["study"].pop("title"), "`title` is missing"),
        (lambda d: d["study"].update(title="TODO"), "no title yet"),
        (lambda d: d["study"].update(date="31.3.2026"), "a date such as"),
        (lambda d: d["study"].update(date="2026-02-30"), "a date such as"),
        (lambda d: d["study"].update(authors="Noor"), "a list of names"),
        (lambda d: d.pop("items"), "`items` is missing"),
        (lambda d: d.update(items=[]), "it must be a mapping of the codes"),
        (lambda d: d.update(items=None), "it must be a mapping of the codes"),
        (lambda d: d.update({"1a": entry()}), "items belong below `items:`"),
        (lambda d: d["items"].update({"6B": entry()}), "did you mean `6b`?"),
    ],
)
def test_what_is_wrong_around_the_items_is_named(tmp_path, capsys, change, said):
    data = good(tmp_path)
    change(data)
    path = put(tmp_path, data)
    assert said in "\n".join(fault.message for fault in faults(path))
    assert pitfalls("check", path) == pitfalls("render", path) == 1
    capsys.readouterr()


# --- Hostile files ----------------------------------------------------------------------------

LAUGHS = 'a: &a ["lol","lol"]\n' + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi")
)
HOSTILE = {
    "billion laughs": (LAUGHS, 1, "anchors"),
    "alias": ("a: 1\nb: *a\n", 2, "aliases"),
    "merge key": ("a: &x {b: 1}\nc:\n  <<: *x\n", 1, "anchors"),
    "deep brackets": ("[" * 200_000, 1, "levels deep"),
    "deep blocks": ("\n".join(" " * n + "a:" for n in range(1_200)), 12, "levels deep"),
    "unclosed brackets": ("a: [1, [2", 1, "never closed"),
    "a megabyte of tags": ("!" * 1_000_000, 1, "tags"),
    "one long tag": ("a: !" + "x" * 999_990, 1, "tags"),
    "too long": ("a: " + "x" * 10_000_000, None, "larger than 1 MB"),
    "many values": ("a: [" + "1, " * 300_000 + "]", 1, "10,000 values"),
    "many keys": ("".join(f"k{n}: 1\n" for n in range(60_000)), 5_000, "10,000 values"),
    "tag": ("a: !!python/object/apply:os.system ['id']\n", 1, "tags"),
    "own tag": ("a: !x 1\n", 1, "tags"),
    "tagged key": ("!!str a: 1\n", 1, "tags"),
    "binary": ("a: !!binary aGk=\n", 1, "tags"),
    "directive": ("%YAML 1.1\n---\na: 1\n", None, "directives"),
    "tag directive": ("%TAG ! tag:x,2000:\n---\na: 1\n", None, "directives"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "second document"),
    "doubled key": (
        "format: 1\nstudy: {}\nformat: 1\n",
        3,
        "`format` comes twice, first on line 1",
    ),
    "doubled inside": ("a:\n  b: 1\n  'b': 2\n", 3, "comes twice, first on line 2"),
    "list as key": ("? [a, b]\n: c\n", 1, "a key has to be text"),
    "mapping as key": ("{a: b}: c\n", 1, "a key has to be text"),
    "tab": ("a:\n\tb: 1\n", 2, "a tab"),
    "null byte": ("a: b\n\x00", 2, "U+0000"),
    "escaped null": ('a: 1\nb: "x\\0y"\n', 2, "U+0000"),
    "escape sequence": ("a: \x1b[2J\n", 1, "U+001B"),
    "escaped escape": ('a: "\\e[2J"\n', 1, "U+001B"),
    "turned text": ("a: b \u202e c\n", 1, "U+202E"),
    "empty": ("", None, "empty"),
    "only comments": ("# nothing\n\n", None, "empty"),
    "only a start": ("---\n", None, "empty"),
    "null": ("~\n", None, "empty"),
    "a word": ("hello\n", 1, "no report"),
    "a number": ("1e400\n", 1, "no report"),
    "a list": ("- a\n- b\n", 1, "no report"),
    "a colon": ("a: b: c\n", 1, "a colon"),
    "indentation": ("a:\n   b: 1\n  c: 2\n", 3, "not indented"),
    "open quote": ('a: "b\n', None, "never closed"),
    "HTML page": ("<html>\n<body>: x\n  y: z", None, ""),
}


def assert_refused(path, capsys, line, said):
    """One sentence, exit code 2, no traceback, and nothing written."""
    folder = path.parent
    before = left(folder) if folder.is_dir() else {}
    for command in (["check", path], ["render", path], ["render", path, "--to", "md"]):
        assert pitfalls(*command) == 2
        told = capsys.readouterr()
        assert told.out == "" and re.fullmatch(r"pitfalls: [^\n]+\.\n", told.err), told
        assert said in told.err and len(told.err) < 600
        assert line is None or f"{path}:{line}: " in told.err, told.err
        assert told.err.count(str(path)) == 1
    assert (left(folder) if folder.is_dir() else {}) == before


@pytest.mark.parametrize(("text", "line", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence(tmp_path, capsys, text, line, said):
    path = tmp_path / "report.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    assert_refused(path, capsys, line, said)


@pytest.mark.parametrize("letters", ["!", "!a", "!%41", "&a ", "[", "? ", "- a\n", "a: b\n", "''"])
def test_a_hostile_file_is_cheap(tmp_path, letters):
    path = put(tmp_path, letters * (1_000_000 // len(letters)))
    begun = time.process_time()
    with pytest.raises(reforms.ReportError):
        reforms.read(path)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("raw", "line", "said"),
    [
        ("format: 1\n".encode("utf-16"), None, "UTF-16"),
        ("format: 1\n".encode("utf-16-be"), 1, "U+0000"),
        ("format: 1\n".encode("utf-32"), None, "UTF-32"),
        ("format: 1\nstudy: é\n".encode("latin-1"), 2, "not UTF-8"),
        (b"format: 1\na: \xed\xa0\x80\n", 2, "not UTF-8"),
        (b"a: \xc0\xae\n", 1, "not UTF-8"),
        (bytes(range(256)) * 10, None, "UTF-8"),
        (b"\x89PNG\r\n\x1a\n", 1, "UTF-8"),
        (b"PK\x03\x04", 1, "U+0003"),
    ],
    ids=[
        "utf-16",
        "utf-16 unmarked",
        "utf-32",
        "latin-1",
        "surrogate",
        "overlong",
        "bytes",
        "png",
        "zip",
    ],
)
def test_another_encoding_is_refused_in_a_sentence(tmp_path, capsys, raw, line, said):
    path = tmp_path / "report.yaml"
    path.write_bytes(raw)
    assert_refused(path, capsys, line, said)


def test_what_is_no_file_is_refused_in_a_sentence(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    for name, said in {
        "gone.yaml": "there is no such file",
        "gone/report.yaml": "there is no such file",
        ".": "folder",
        "pipe": "no ordinary file",
        "circle": "cannot be read",
        "x" * 300: "cannot be read",
    }.items():
        assert_refused(tmp_path / name, capsys, None, said)


def test_a_file_that_may_not_be_read_is_refused_in_a_sentence(tmp_path, capsys, monkeypatch):
    path = put(tmp_path, good(tmp_path))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert pitfalls("check", path) == 2
    assert "cannot be read: Permission denied." in capsys.readouterr().err


VALUES = [
    ".nan",
    ".inf",
    "1" * 5_000,
    "1e999",
    "2026-03-31",
    "0x1F",
    "no",
    "{}",
    "[]",
    "~",
    "12:30:45",
]


@pytest.mark.parametrize("value", VALUES)
def test_odd_values_are_faults_and_no_tracebacks(tmp_path, capsys, value):
    text = json.dumps(good(tmp_path), indent=1)
    for old in (
        '"n": 30',
        "0.52",
        '"value": 0.49',
        '"met"',
        '"authors": [\n   "Noor"\n  ]',
        '"format": 1',
    ):
        key = old.split(": ")[0] + ": " if ": " in old else ""
        assert old in text
        path = put(tmp_path, text.replace(old, key + value, 1))
        assert pitfalls("check", path) in ((0, 1) if "authors" in old else (1,)), old
        assert pitfalls("render", path) in ((0, 1) if "authors" in old else (1,)), old
    capsys.readouterr()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_any_bytes_end_in_a_report_or_a_sentence(tmp_path, raw):
    path = tmp_path / "report.yaml"
    path.write_bytes(raw)
    try:
        reforms.check(reforms.read(path))
    except reforms.ReportError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(CODES.split()),
    st.sampled_from(["status", "answer", "evidence", "n", "", "?"]),
    values,
)
def test_any_value_anywhere_is_checked_and_rendered(tmp_path, code, key, value):
    data = good(tmp_path)
    if key:
        data["items"][code][key] = value
    else:
        data["items"][code] = value
    path = tmp_path / "report.yaml"
    path.write_text(json.dumps(data).replace("NaN", ".nan").replace("Infinity", ".inf"))
    try:
        report = reforms.read(path)
    except reforms.ReportError:
        return
    for fault in reforms.check(report):
        assert fault.line >= 1 and "\n" not in fault.message
    assert reforms.render_html(report) and reforms.render_markdown(report)


# --- Pages ------------------------------------------------------------------------------------

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>a</a> <!-- hidden",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "</style></title><h1>new</h1>",
    "![x](http://evil.example/x.png) [a](javascript:alert(1)) <http://evil.example>",
    "# head\n\n    code\n\n| a | b |\n|---|---|\n- [x] item\n1. one\n\n```\nfence",
    "www.evil.example and https://evil.example `code` $x$ ~~no~~ {ref}`x` :::{note}",
    "&lt;b&gt; &#60;script&#62; \\<b\\>",
]
#: The tags that a page may have, and no others.
TAGS = set(
    "html head meta title style body header main footer section div figure svg desc rect path "
    "circle text g h1 h2 h3 p ul li a code strong span".split()
)


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def attacked(folder, text):
    """A report that says the same hostile thing wherever it can say something."""
    data = good(folder)
    data["study"] = {"title": text, "authors": [text], "date": text}
    for row in data["items"].values():
        row["answer"] = text
    data["items"]["5a"]["evidence"] = [
        {"doi": text},
        {"cell": text},
        {"file": text, "sha256": text},
    ]
    data["items"]["5b"]["evidence"] = [{"check": CLEAN | {"of": text, "name": text}}]
    data["items"]["5c"][text] = text
    data["items"][text] = text
    return reforms.read(put(folder, data))


@pytest.mark.parametrize("text", ATTACKS)
def test_what_a_report_says_is_text_on_the_page(tmp_path, text):
    report = attacked(tmp_path, text)
    page = Tags(reforms.render_html(report))
    assert set(page.tags) <= TAGS
    assert page.text.count(text) >= 32
    names = {name for name, _ in page.attributes}
    assert not any(name.startswith("on") for name in names) and "src" not in names
    links = {value for name, value in page.attributes if name == "href" and value[0] != "#"}
    assert links == {f"https://doi.org/{DOI}", SITE, "https://doi.org/10.1145/2382577.2382579"}


@pytest.mark.parametrize("text", ATTACKS)
def test_what_a_report_says_is_text_in_markdown(tmp_path, text):
    from markdown_it import MarkdownIt

    shown = MarkdownIt("gfm-like", {"linkify": False}).render(
        reforms.render_markdown(attacked(tmp_path, text)).split("\n", 1)[1]
    )
    page = Tags(shown)
    assert set(page.tags) <= {
        *"h1 h2 h3 p em strong ul li a hr br table thead tbody tr th td".split()
    }
    links = {value for name, value in page.attributes if name == "href"}
    assert links == {f"https://doi.org/{DOI}", SITE, "https://doi.org/10.1145/2382577.2382579"}
    letters = "".join(text.split())
    assert "".join(page.text.split()).count(letters) >= 32


def test_the_page_is_whole_readable_and_asks_nobody(tmp_path):
    text = "First line,\nsecond line.\n\nA new paragraph."
    report = reforms.read(put(tmp_path, good(tmp_path, i3a=entry(answer=text))))
    page = reforms.render_html(report)
    parsed = Tags(page)
    attributes = dict(parsed.attributes)
    assert page.startswith("<!DOCTYPE html>") and attributes["lang"] == "en"
    assert (
        parsed.tags.count("h1") == 1
        and parsed.tags.count("h2") == 8
        and parsed.tags.count("h3") == 32
    )
    assert text in parsed.text and "white-space: pre-wrap" in page
    assert parsed.tags.count("script") == 0 and "url(" not in page and "@import" not in page
    assert "default-src 'none'" in attributes["content"] or "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page
    assert "independent paraphrase" in page and DOI in page and SITE in page
    ids = [value for name, value in parsed.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_the_picture_tells_each_status_by_colour_shape_and_words(tmp_path):
    rows = {"i2e": entry("not_met"), "i4a": entry(answer="TODO")}
    picture = reforms.overview(reforms.read(put(tmp_path, good(tmp_path, **rows))))
    titles = re.findall(r"<title>(.*?)</title>", picture)
    assert [title.split()[0] for title in titles] == CODES.split()
    told = {title.split()[0]: title.rpartition(": ")[2] for title in titles}
    assert (told["2e"], told["4a"], told["7c"]) == ("not met", "open", "not applicable")
    assert "Of 32 items: 29 met, 1 not met, 1 not applicable, 1 open." in picture
    assert 'role="img"' in picture and "stroke-dasharray" in picture


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def test_text_can_be_read_in_light_in_dark_and_on_paper():
    text = (Path(reforms.__file__).parent / "page.html.jinja").read_text()
    themes = re.findall(r":root \{(.*?)\}", text, re.S)
    assert len(themes) == 3
    for theme in themes:
        hue = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", theme))
        for front, back, least in [
            *(("ink", back, 4.5) for back in ("paper", "panel")),
            *((front, "paper", 4.5) for front in ("soft", "link", "not-met-ink")),
            ("link", "panel", 4.5),
            ("on-met", "met", 4.5),
            *((front, "paper", 3) for front in ("met", "not-met", "other")),
        ]:
            light, dark = sorted((luminance(hue[front]), luminance(hue[back])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (front, back)


@pytest.mark.parametrize("arguments", [[], ["--to", "md"], ["-o", "page.html"], ["-o", "page.md"]])
def test_render_writes_one_page_and_again(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, good(tmp_path))
    before = left(tmp_path)
    assert pitfalls("render", "report.yaml", *arguments) == 0
    (made,) = left(tmp_path).keys() - before.keys()
    assert made == {"--to": "report.md", "-o": arguments[-1] if arguments else ""}.get(
        arguments[0] if arguments else "", "report.html"
    )
    page = left(tmp_path)[made]
    assert page.startswith(b"<!DOCTYPE html>" if made.endswith("html") else b"<!--")
    assert pitfalls("render", "report.yaml", *arguments) == 0
    assert left(tmp_path) == before | {made: page}
    capsys.readouterr()


def test_render_replaces_nothing_but_its_own_pages(tmp_path, capsys):
    path = put(tmp_path, good(tmp_path))
    (tmp_path / "README.md").write_text("mine\n")
    (tmp_path / "link.html").symlink_to(path)
    before = left(tmp_path)
    for out in (path, "README.md", "split.csv", ".", "gone/page.html", "link.html", "split.csv/x"):
        assert pitfalls("render", path, "-o", tmp_path / out) == 2, out
        said = capsys.readouterr()
        assert re.fullmatch(r"pitfalls: [^\n]+\.\n", said.err)
    assert left(tmp_path) == before
    assert pitfalls("render", path, "--to", "pdf") == 2
    assert "--to" in capsys.readouterr().err


def test_render_fills_an_empty_file(tmp_path):
    path = put(tmp_path, good(tmp_path))
    (tmp_path / "page.html").touch()
    reforms.render(reforms.read(path), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


def test_render_does_not_touch_devices(tmp_path):
    path = put(tmp_path, good(tmp_path))
    os.mkfifo(tmp_path / "device")
    with pytest.raises(reforms.ReportError, match="no ordinary file"):
        reforms.render(reforms.read(path), tmp_path / "device")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    path = put(tmp_path, good(tmp_path))
    reforms.render(reforms.read(path))
    before = left(tmp_path)

    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for act in (
        lambda: reforms.render(reforms.read(path)),
        lambda: reforms.new(tmp_path / "new.yaml"),
        lambda: reforms.record("1a", "Another answer.", report=path),
    ):
        with pytest.raises(reforms.ReportError, match="No space left"):
            act()
    assert left(tmp_path) == before


# --- New reports ------------------------------------------------------------------------------


def test_a_new_report_can_be_read_and_is_all_open(tmp_path, capsys):
    path = tmp_path / "reforms.yaml"
    assert pitfalls("new", path, "--title", 'A "study": of #voices') == 0
    assert reforms.read(path).title == 'A "study": of #voices'
    text = path.read_text()
    assert max(map(len, text.splitlines())) <= 100
    bare = " ".join(text.replace("#", " ").split())
    for item in reforms.items().values():
        assert item.asks in bare and item.holds in bare
    found = faults(path)
    assert [fault.item for fault in found] == CODES.split()
    assert not any(fault.gap for fault in found)
    assert pitfalls("check", path) == 1
    capsys.readouterr()


def test_new_never_overwrites(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("mine.yaml", ".", "gone/x.yaml", "dangling"):
        assert pitfalls("new", tmp_path / name) == 2
        assert re.fullmatch(r"pitfalls: [^\n]+\.\n", capsys.readouterr().err)
    assert left(tmp_path) == {"mine.yaml": b"mine"} and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", ["new", "check", "render"])
def test_help_says_what_how_long_and_how(command, capsys):
    assert pitfalls(command, "--help") == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert re.search(rf"Examples?: {command}\b", said) and re.search("(seconds|At once)", said)


@pytest.mark.parametrize("arguments", [["check"], ["chekc", "x"], ["render"], ["new"]])
def test_a_wrong_use_ends_in_one_sentence(arguments, capsys):
    assert pitfalls(*arguments) == 2
    assert re.fullmatch(r"pitfalls: [^\n]+\.\n", capsys.readouterr().err)


# --- record -----------------------------------------------------------------------------------


def frame(*rows):
    return pd.DataFrame(
        rows, columns=["value", "null", "verdict"], index=[f"row {n}" for n in range(len(rows))]
    )


def test_the_first_record_makes_the_readers_own_report(tmp_path, monkeypatch, capsys):
    own = tmp_path / "deep" / "own.yaml"
    monkeypatch.setenv("PITFALLS_REFORMS", str(own))
    own_report.record("1a")
    assert not own.exists() and reforms.items()["1a"].asks in capsys.readouterr().out
    own_report.record("1a", "The next patients of my clinic.")
    said = reforms.read(own).entries["1a"]
    assert (said.status, said.answer) == ("met", "The next patients of my clinic.")
    assert "Noted for 1a in own.yaml: met." in capsys.readouterr().out


def test_own_report_lies_in_work(small_course, monkeypatch):
    monkeypatch.delenv("PITFALLS_REFORMS", raising=False)
    assert own_report.path() == small_course / "work" / "reforms.yaml"


def test_a_suspicious_check_makes_an_item_not_met_and_a_clean_one_leaves_it_to_you(tmp_path):
    path = tmp_path / "own.yaml"
    for verdict, value, status in (("clean", 0.5, "not_met"), ("suspect", 0.9, "not_met")):
        reforms.record("6b", check=frame([value, 0.5, verdict]), name="shared_groups", report=path)
        entry = reforms.read(path).entries["6b"]
        assert entry.status == status and len(entry.evidence) == 1
        assert entry.evidence[0]["check"]["verdict"] == verdict
    reforms.record("6b", "Patients are held out whole.", report=path)
    assert reforms.read(path).entries["6b"].status == "not_met", "the check is still suspicious"
    clean = frame([0.5, 0.5, "clean"])
    reforms.record(
        "6b", "Patients are held out whole.", check=clean, name="shared_groups", report=path
    )
    assert reforms.read(path).entries["6b"].status == "met"
    reforms.record("6b", check=frame([0.9, 0.5, "suspect"]), name="shared_groups", report=path)
    assert reforms.read(path).entries["6b"].status == "not_met"


def test_a_result_knows_its_name(tmp_path):
    path = tmp_path / "own.yaml"
    found = checks.too_good_alone({"copy": [0, 1] * 40}, [0, 1] * 40)
    reforms.record("6c", check=found, report=path)
    (piece,) = reforms.read(path).entries["6c"].evidence
    assert piece["check"]["name"] == "too_good_alone"
    assert (piece["check"]["of"], piece["check"]["verdict"]) == ("copy", "suspect")


def test_of_each_verdict_the_worst_row_is_kept(tmp_path):
    path = tmp_path / "own.yaml"
    many = frame(
        [0.1, 0.2, "clean"],
        [0.6, 0.5, "suspect"],
        [0.9, 0.5, "suspect"],
        [np.nan, 0.5, "not checked"],
    )
    reforms.record("6c", check=many, name="too_good_alone", report=path)
    reforms.record("6b", check=frame([0.1, 0.2, "clean"]), name="shared_rows", report=path)
    kept = [piece["check"] for piece in reforms.read(path).entries["6c"].evidence]
    assert [(c["of"], c["verdict"], c["value"]) for c in kept] == [
        ("row 2", "suspect", 0.9),
        ("row 0", "clean", 0.1),
        ("row 3", "not checked", None),
    ]


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        ({"value": 3, "null": 0, "verdict": "suspect"}, "suspect"),
        ({"value": 0.5, "null": 0.5, "verdict": "clean"}, "clean"),
        ({"verdict": "not checked"}, "not checked"),
        (pd.DataFrame({"value": [4], "null": [0], "verdict": ["suspect"]}), "suspect"),
    ],
)
def test_a_check_of_one_s_own_is_taken_and_marked(tmp_path, capsys, check, verdict):
    path = tmp_path / "own.yaml"
    reforms.record("6b", check=check, name="patients on both sides", report=path)
    report = reforms.read(path)
    (piece,) = report.entries["6b"].evidence
    assert piece["check"]["own"] is True and piece["check"]["verdict"] == verdict
    assert not [fault for fault in reforms.check(report) if "patients on" in fault.message]
    assert "a check of the authors' own" in reforms.render_html(report).replace("&#39;", "'")
    assert "patients on both sides" in capsys.readouterr().out
    unmarked = path.read_text().replace("own: true, ", "")
    path.write_text(unmarked)
    assert any("add `own: true`" in message for message in of_item(path, "6b"))


def result(*rows, check="shared_rows"):
    """A result of a check, with findings of value, null and verdict."""
    findings = [
        checks.Finding(f"row {place}", value, null, verdict, "It is so.")
        for place, (value, null, verdict) in enumerate(rows)
    ]
    return checks.Result(check, tuple(findings))


def test_a_result_brings_its_name_along_and_its_worst_findings(tmp_path):
    path = tmp_path / "own.yaml"
    many = result([0.1, 0.2, "clean"], [0.6, 0.5, "suspect"], [0.9, 0.5, "suspect"])
    reforms.record("6b", check=many, report=path)
    kept = [piece["check"] for piece in reforms.read(path).entries["6b"].evidence]
    assert [(c["name"], c["of"], c["verdict"]) for c in kept] == [
        ("shared_rows", "row 2", "suspect"),
        ("shared_rows", "row 0", "clean"),
    ]
    assert "own" not in kept[0]
    with pytest.raises(ValueError, match="this is a result of shared_rows"):
        reforms.record("6b", check=many, name="shared_groups", report=path)
    close = result([0.30000004, 0.30000001, "suspect"])  # which six digits cannot tell apart
    reforms.record("6b", check=close, report=path)
    assert not any("it says suspect, but" in message for message in of_item(path, "6b"))


def test_what_is_said_is_what_is_left_to_do(tmp_path, capsys):
    path = tmp_path / "own.yaml"
    reforms.record("6a", check=result([0.1, 0.2, "clean"]), report=path)
    said = capsys.readouterr().out
    assert said == (
        "Evidence noted for 6a in own.yaml (shared_rows: clean); the answer is still to be "
        "written.\n"
    )
    reforms.record("6a", "All is fitted on training rows.", report=path)
    assert capsys.readouterr().out == "Noted for 6a in own.yaml: met.\n"
    reforms.record("6a", check=result([0.9, 0.2, "suspect"]), report=path)
    said = capsys.readouterr().out
    assert said == (
        "Noted for 6a in own.yaml (shared_rows: suspect): not met, until that is mended.\n"
    )
    reforms.record("6b", check=result([np.nan, np.nan, "not checked"]), report=path)
    assert "nothing was seen, so it is no evidence yet" in capsys.readouterr().out
    reforms.record("7c", "One comparison is still to be tested.", status="partial", report=path)
    assert capsys.readouterr().out == "Noted for 7c in own.yaml: partly met.\n"


def test_evidence_of_other_kinds_is_recorded_and_read(tmp_path):
    path = tmp_path / "own.yaml"
    where = {"section": "2.2 and 2.3", "url": "https://example.org/data?version=2"}
    code = {"repository": "https://example.org/code.git", "commit": "0123456"}
    for more in ({"section": where["section"]}, {"url": where["url"]}, code):
        reforms.record("2b", "The code is archived.", report=path, **more)
    entry = reforms.read(path).entries["2b"]
    assert entry.evidence == tuple([{k: v} for k, v in where.items()] + [code])
    assert of_item(path, "2b") == []
    page = reforms.render_html(reforms.read(path))
    assert "commit 0123456" in page and "section: <code>2.2 and 2.3</code>" in page
    assert 'href="https://example.org' not in page, "nobody is led to an address of a stranger"


DOIS = {
    "10.1001/jama.2016.17216.": "10.1001/jama.2016.17216",
    "doi:10.1001/jama.2016.17216": "10.1001/jama.2016.17216",
    "DOI: 10.1001/jama.2016.17216": "10.1001/jama.2016.17216",
    "https://dx.doi.org/10.1001/a": "10.1001/a",
    "http://doi.org/10.1001/a": "10.1001/a",
    "doi.org/10.1001/a": "10.1001/a",
    "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2": (
        "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"
    ),
}


@pytest.mark.parametrize(("written", "doi"), DOIS.items())
def test_a_doi_is_read_as_people_write_it(tmp_path, written, doi):
    path = tmp_path / "own.yaml"
    reforms.record("6c", doi=written, report=path)
    assert reforms.read(path).entries["6c"].evidence == ({"doi": doi},)
    page = put(tmp_path, good(tmp_path, i6c=evidence({"doi": written})))
    assert of_item(page, "6c") == []
    link = re.findall(r'href="https://doi.org/([^"]*)"', reforms.render_html(reforms.read(page)))[
        0
    ]
    assert "<" not in link and link.replace("%3C", "<").replace("%3E", ">") == doi


def test_several_scores_have_names_intervals_and_n(tmp_path):
    path = tmp_path / "own.yaml"
    scores = [
        {"name": "AUROC, first cohort", "value": 0.91, "interval": [0.88, 0.94], "n": 320},
        {"name": "AUROC, second cohort", "interval": [0.86, 0.9], "n": 1644},
    ]
    reforms.record("7b", "A bootstrap of each.", scores=scores, report=path)
    assert of_item(path, "7b") == []
    assert reforms.read(path).entries["7b"].scores == tuple(scores)
    for page in (reforms.render_html, reforms.render_markdown):
        assert "interval 0.86 to 0.9" in page(reforms.read(path)).replace("\\", "")
    before = path.read_text()
    reforms.record("7b", scores=scores, report=path)
    assert path.read_text() == before


def test_an_audit_says_what_a_document_does_not_say(tmp_path, capsys):
    silent = {"status": "not_stated", "answer": ""}
    partly = entry("partial", evidence=[{"section": "2.4"}])
    data = good(tmp_path, i3b=silent, i6b=silent, i6a=partly)
    data["study"]["audit_of"] = "The authors' statement, 10.1000/statement"
    path = put(tmp_path, data)
    found = faults(path)
    assert all(fault.gap for fault in found)
    told = {fault.item: fault.message for fault in found}
    assert told["3b"] == told["6b"] == "the document does not say" and "partly" in told["6a"]
    assert pitfalls("check", path) == 1
    assert "1 partly met, 2 not stated" in capsys.readouterr().out
    for page in (reforms.render_html, reforms.render_markdown):
        assert "An audit of The authors" in page(reforms.read(path))


def test_a_hash_comes_from_a_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good(tmp_path)
    assert pitfalls("hash", "split.csv") == 0
    line = capsys.readouterr().out
    path = put(
        tmp_path, f'6a: {{status: met, answer: "Here it is.", evidence: [{line[2:].strip()}]}}'
    )
    (piece,) = reforms.read(path).data["6a"]["evidence"]
    assert piece == {
        "file": "split.csv",
        "sha256": hashlib.sha256((tmp_path / "split.csv").read_bytes()).hexdigest(),
    }
    assert pitfalls("hash", "gone.csv") == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["!" * 1_000_000, "a: !" + "b" * 900_000, "- " + "!a" * 400_000])
def test_a_megabyte_of_tags_is_refused_at_once(tmp_path, text):
    path = put(tmp_path, text)
    start = time.perf_counter()
    with pytest.raises(reforms.ReportError, match="tags"):
        reforms.read(path)
    assert time.perf_counter() - start < 2


def test_every_check_of_the_package_may_be_named(tmp_path):
    path = tmp_path / "own.yaml"
    for name in checks.__all__:
        if name not in {"Finding", "Result"}:
            reforms.record("6a", check=result([0, 0, "clean"], check=name), report=path)
    assert len(reforms.read(path).entries["6a"].evidence) == len(checks.__all__) - 2


OWN = """\
# my report
format: 1   # the first
study: {title: 'Mine', authors: [me]}
items:
  1a:
    # a note
    status: not_met   # for now
    answer: >
      folded
      text
    # after it

  # before 6b
  6b:
    status: met
    answer: "plain: text"
    evidence:
      # the first piece
      - check: {name: shared_rows, value: 0.1, null: 0.2, verdict: clean}   # May
      # the second piece
      - doi: 10.1126/sciadv.adk3452
      - check:
          name: shared_groups
          value: 0.4
          "null": 0.5
          verdict: clean
    # after the evidence
  6c: {status: not_met, answer: 'short'}
  7a:
  8b:
    status: met
    answer: |
      line

      after a gap
# the end"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_record_touches_only_the_lines_it_changes(tmp_path, end):
    path = tmp_path / "own.yaml"
    path.write_bytes(OWN.replace("\n", end).encode())
    reforms.record("1a", "New text.", report=path)
    reforms.record("6b", check=frame([0.3, 0.5, "clean"]), name="shared_groups", report=path)
    reforms.record("6c", "Each column has its time.", doi=DOI, report=path)
    reforms.record("7a", "Accuracy.", report=path)
    reforms.record("7b", "By patients.", interval=(0.5, 0.7), n=30, report=path)
    reforms.record("8b", status="not_met", report=path)
    raw = path.read_bytes().decode()
    assert end == "\n" or re.search(r"(?<!\r)\n", raw) is None
    text = raw.replace("\r\n", "\n")
    for comment in re.findall(r"#[^\n]*", OWN):
        assert comment in text, comment
    changed = [
        line for line in difflib.ndiff(OWN.splitlines(), text.splitlines()) if line[0] == "-"
    ]
    assert len(changed) <= 12, changed
    entries = reforms.read(path).entries
    assert entries["1a"].answer == "New text." and "status: met   # for now" in text
    assert [next(iter(piece)) for piece in entries["6b"].evidence] == ["check", "doi", "check"]
    assert entries["6b"].evidence[2]["check"]["value"] == 0.3
    assert entries["7b"].interval == (0.5, 0.7) and entries["7b"].n == 30
    assert entries["8b"].answer == "line\n\nafter a gap\n" and entries["8b"].status == "not_met"


def test_to_record_the_same_again_changes_nothing(tmp_path, capsys):
    path = tmp_path / "own.yaml"
    (tmp_path / "data.csv").write_text("1")
    for _ in range(3):
        reforms.record(
            "6a", "A pipeline.", file=tmp_path / "data.csv", cell="a.ipynb#0", report=path
        )
        reforms.record("6a", check=frame([0.5, 0.5, "clean"]), name="shared_rows", report=path)
        reforms.record(
            "7b", "By patients.", interval=[0.5, np.float64(0.7)], n=np.int64(30), report=path
        )
    once = path.read_bytes()
    assert len(reforms.read(path).entries["6a"].evidence) == 3
    reforms.record("6a", check=frame([0.5, 0.5, "clean"]), name="shared_rows", report=path)
    assert path.read_bytes() == once
    (tmp_path / "data.csv").write_text("2")
    reforms.record("6a", file=tmp_path / "data.csv", report=path)
    assert len(reforms.read(path).entries["6a"].evidence) == 3
    capsys.readouterr()


# What people write behind `answer:`, `evidence:` and the code of an item, and between the lines.
# A comment is `# a` to `# g` here; each gets a number of its own.
ANSWERS = [
    "",
    ' ""',
    " plain words   # a",
    " plain words\n      that go on",
    " 'on\n\n      and on'",
    " é 患者 😀",
    ' "# no comment"   # a',
    ' "\\u00e9\\N"',
    "\n      below",
    " >\n      folded\n      text",
    " >-   # a\n      # no comment\n\n      text",
    " |\n      line\n\n      after\n",
    " |+\n      kept\n\n    # a",
]
PIECES = """
      # a
      - check:   # b
          name: shared_groups
          # c
          value: 0.10
          "null": +.5
          verdict: clean
      # d
      - check: {name: shared_groups, value: 1e-3,   # e
                verdict: 'not checked'}   # f

      - doi: 10.1000/b
      # g"""
EVIDENCE = [
    "",
    " []   # a",
    " [{doi: 10.1000/a}]",
    " [\n      {doi: 10.1000/a},   # a\n      see   # b\n    ]",
    "\n    - doi: 10.1000/a   # a\n    # b - c\n    - check: {name: shared_groups}   # d",
    "\n      -   doi:   10.1000/a\n      -   # a\n        cell: a.ipynb#0\n",
    PIECES,
]
ENTRIES = [
    "",
    "   # a",
    " {}   # a",
    " {status: met, answer: 'short'}   # a",
    ' { status: met,   # a\n    # b\n    "answer": "# x"\n    }',
]
BETWEEN = ["", "", "", "\n", "    # a\n", "# a\n", "\n  # a\n\n  # b\n"]
LINES = {"status": [" met", "   not_met   # a"], "answer": ANSWERS, "evidence": EVIDENCE}


@st.composite
def entries_by_hand(draw, code):
    """The lines of an item as somebody may have written it."""
    keys = draw(st.permutations(list(LINES)))[: draw(st.sampled_from([3, 3, 3, 2, 1, 0]))]
    behind = "   # a" if keys else draw(st.sampled_from(ENTRIES))
    text = draw(st.sampled_from(BETWEEN)) + f"  {code}:{behind}\n"
    for key in keys:
        text += f"    {key}:{draw(st.sampled_from(LINES[key]))}\n" + draw(st.sampled_from(BETWEEN))
    number = itertools.count(1)
    return re.sub(r"# [a-g]\b", lambda _: f"#{code}.{next(number)}", text)


given_to_record = st.fixed_dictionaries(
    {},
    optional={
        "answer": st.sampled_from(
            ["Short.", "Long words " * 12 + "end.", "a\n\n b: #\n", " odd "]
        ),
        "status": st.sampled_from(["met", "not_applicable"]),
        "doi": st.sampled_from(["10.1000/a", "10.1000/z"]),
        "check": st.sampled_from([CLEAN, CLEAN | {"value": 0.9, "verdict": "suspect"}]),
    },
).filter(len)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    written=st.tuples(*map(entries_by_hand, ("1a", "6b", "8b"))),
    code=st.sampled_from(["1a", "6b", "8b"]),
    told=given_to_record,
    mark=st.sampled_from(["", "\ufeff"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    tail=st.sampled_from(["", None, "\n\n", "# the end", "...\n"]),
)
def test_record_changes_lines_of_its_item_only(tmp_path, written, code, told, mark, end, tail):
    head = "# mine\nformat: 1\nstudy: {title:  'Mine'}   # t\n\nitems:   # all\n"
    if tail is None:  # and no end of the last line
        written = (*written[:2], written[2].removesuffix("\n"))
    texts = [head, *written, tail or ""]
    texts = [text.replace("\n", end) for text in texts]
    here = ("1a", "6b", "8b").index(code) + 1
    before, after = mark + "".join(texts[:here]), "".join(texts[here + 1 :])
    path = tmp_path / "own.yaml"
    path.write_bytes((before + texts[here] + after).encode())
    old = reforms.read(path).data["items"]
    name = {"name": "shared_groups"} if "check" in told else {}
    reforms.record(code, report=path, **told, **name)
    text = path.read_bytes().decode()
    assert text.startswith(before) and text.endswith(after)
    comments = re.compile(r"#\w\w\.\d+").findall
    lines = text[len(before) : len(text) - len(after)]
    assert sorted(comments(lines)) == sorted(comments(texts[here]))
    new = reforms.read(path).data["items"]
    assert {**new, code: None} == {**old, code: None}
    assert new[code]["answer"] == told.get("answer", (old[code] or {}).get("answer", ""))
    assert "doi" not in told or {"doi": told["doi"]} in new[code]["evidence"]
    found = [piece["check"] for piece in new[code].get("evidence") or [] if "check" in piece]
    own = {"name": "shared_groups", "own": True, "of": "all"}
    assert "check" not in told or found == [own | told["check"]]
    reforms.record(code, report=path, **told, **name)
    assert path.read_bytes().decode() == text, "to record the same again changes nothing"


@pytest.mark.parametrize(("third", "name"), [*enumerate(["fixed", "flawed", "honest"])])
def test_record_changes_one_item_of_the_course_s_reports(tmp_path, third, name):
    text = (ROOT / "data" / "reports" / f"{name}.yaml").read_text(encoding="utf-8")
    starts = {code: text.index(f"\n  {code}:\n") + 1 for code in CODES.split()}
    stops = dict(zip(starts, [*[*starts.values()][1:], len(text)], strict=True))
    ways = [{"answer": "Short."}, {"answer": "Long words " * 12 + "end."}, {"doi": DOI}]
    ways += [{"check": CLEAN, "name": "shared_groups", "status": "met"}]
    path = tmp_path / "own.yaml"
    ends = itertools.cycle(["\n"] * 4 + ["\r\n"] * 4)
    for code, way, end in zip([*starts][third::3], itertools.cycle(ways), ends, strict=False):
        path.write_bytes(text.replace("\n", end).encode())
        reforms.record(code, report=path, **way)
        new = path.read_bytes().decode()
        assert new.startswith(text[: starts[code]].replace("\n", end))
        assert new.endswith(text[stops[code] :].replace("\n", end))
        assert new.count(end) == new.count("\n") and new != text.replace("\n", end)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(CODES.split()), st.text(min_size=1, max_size=300))
def test_any_answer_comes_back_as_it_was(tmp_path, code, answer):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    before = reforms.read(path).data
    try:
        reforms.record(code, answer, report=path)
    except ValueError:
        assert any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Cn"} for letter in answer)
        assert path.read_text() == OWN
        return
    after = reforms.read(path).data
    assert after["items"][code]["answer"] == answer
    untouched = {c: row for c, row in after["items"].items() if c != code}
    assert untouched == {c: row for c, row in before["items"].items() if c != code}


@pytest.mark.parametrize("entry", ["", " {}"])
def test_odd_names_of_rows_and_cells_come_back_as_they_were(tmp_path, entry):
    odd = [
        "",
        " a ",
        "a\nb",
        "a\tb",
        "a\x85b",
        "a\u2028b",
        "a: b",
        "a #b",
        "- a",
        "? a",
        "'a",
        '"',
        "\\",
    ]
    odd += [*"-?:,[]{}#&*!|>%@`~=", "null", "yes", "1e5", ".5e5", "0x1", "012", "2026-01-01", "<<"]
    for name in odd:
        path = put(tmp_path, f"items:\n  6b:{entry}\n", "own.yaml")
        found = CLEAN | {"of": name}
        reforms.record("6b", check=found, name="shared_groups", cell=name, report=path)
        assert reforms.read(path).entries["6b"].evidence == (
            {"check": found | {"own": True}},
            {"cell": name},
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"item": "9z", "answer": "x"}, "item='9z'"),
        ({"item": "6b", "answer": 3}, "answer=3 must be text"),
        ({"item": "6b", "answer": "a\x07"}, "the control character U+0007"),
        ({"item": "6b", "status": "fine"}, "status='fine'"),
        ({"item": "6b", "interval": (0, 1)}, "has no interval"),
        ({"item": "7b", "interval": (1, 0)}, "the lower first"),
        ({"item": "7b", "n": 1.5}, "n=1.5"),
        (
            {"item": "6b", "check": {"verdict": "clean"}},
            "name=None: say what your own check is called",
        ),
        ({"item": "6b", "check": {"verdict": "fine"}, "name": "shared_rows"}, "it must say clean"),
        ({"item": "6b", "check": 3, "name": "shared_rows"}, "check is a int"),
        (
            {"item": "6b", "check": {"value": 2, "null": 1, "verdict": "clean"}, "name": "mine"},
            "it says clean, but the value 2 is above the null 1",
        ),
        ({"item": "6b", "name": "mine"}, "hand over its result as check="),
        ({"item": "7b", "interval": ("0,5", "0,7")}, "a decimal point and not a comma"),
        ({"item": "7b", "scores": [{"name": "AUROC"}]}, "each is a mapping of name, interval, n"),
        ({"item": "2b", "repository": "https://example.org/a"}, "commit=None go together"),
        ({"item": "2b", "url": "example.org"}, "begins with https://"),
        (
            {"item": "6b", "check": pd.DataFrame({"value": [1]}), "name": "shared_rows"},
            "no column null",
        ),
        ({"item": "6b", "file": "/etc/passwd"}, "lies outside"),
        ({"item": "6b", "doi": "none"}, "is no DOI"),
    ],
)
def test_a_wrong_argument_is_named_and_changes_nothing(tmp_path, arguments, said):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    with pytest.raises(ValueError, match=re.escape(said)):
        reforms.record(**arguments, report=path)
    assert path.read_text() == OWN


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("items: {}\n", 1, "the items stand in brackets, where 1a cannot be added"),
        ("items: [\n]\n", 1, "`items` must be a mapping"),
        ("a: &x 1\n", 1, "anchors"),
        ("- 1\n", 1, "no report"),
        ("format: 1\nitems: {1b: x}\n", 2, "the items stand in brackets"),
        ("{format: 1}\n", 1, "the items stand in brackets"),
        ("items:\n  1a: The next patients.\n", 2, "1a must be a mapping"),
        ("items:\n  1a:\n    evidence: page 3\n", 3, "`evidence` must be a list"),
        ("items:\n  ? 1a\n  : {}\n", 2, "1a is written in a way that cannot be edited"),
        ("items:\n  1a:\n    ? answer\n    : x\n", 2, "1a is written in a way that cannot be"),
    ],
)
def test_a_report_that_cannot_be_edited_is_left_alone(tmp_path, text, line, said):
    path = put(tmp_path, text, "own.yaml")
    with pytest.raises(reforms.ReportError, match=re.escape(said)) as raised:
        reforms.record("1a", "The next patients.", doi=DOI, report=path)
    assert raised.value.line == line and "\n" not in str(raised.value)
    assert path.read_text() == text


def test_an_answer_that_makes_a_report_too_large_is_not_written(tmp_path):
    path = put(tmp_path, OWN, "own.yaml")
    with pytest.raises(reforms.ReportError, match="would be larger than 1 MB"):
        reforms.record("1a", "A long word. " * 100_000, report=path)
    assert path.read_text() == OWN


def test_a_record_keeps_the_permissions_of_the_file(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    path.chmod(0o600)
    reforms.record("1a", "The next patients.", report=path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_rules_of_the_docstrings_are_there():
    assert rules.is_placeholder("n/a") and not rules.is_placeholder("Twelve patients dropped out.")
    assert reading.LARGEST == 1_000_000 and document.MOST_VALUES == 10_000
