"""Lists of chapters in other pages, made from every ``chapter.toml`` and from ``map.toml``.

These lines of a page become lists: ``<!-- symptoms -->``, ``<!-- classes -->``,
``<!-- decisions -->`` and ``<!-- checklist -->``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...checks.about import ABOUT
from ...course import PARTS, Lesson, lessons, words
from .links import class_label, docname_of, site_map


def write_lists(app, docname: str, source: list[str]) -> None:
    """Put the lists in place of their markers."""
    known = app.env.found_docs
    for name, make in LISTS.items():
        marker = f"<!-- {name} -->"
        if marker in source[0]:
            source[0] = source[0].replace(marker, make(lessons(), known))


def symptoms(chapters: list[Lesson], known: Collection[str]) -> str:
    """Return every symptom with its chapter, in the course's parts."""
    lines: list[str] = []
    for part in dict.fromkeys([*PARTS, *(lesson.part for lesson in chapters)]):
        rows = [
            f"| {sentence(symptom)} | {link(lesson, known)} |"
            for lesson in chapters
            for symptom in lesson.symptoms
            if lesson.part == part
        ]
        if rows:
            lines += [
                f"### {PARTS.get(part, part)}",
                "",
                "| what you see | chapter |",
                "|---|---|",
            ]
            lines += [*rows, ""]
    return "\n".join([*lines, *signs(known)])


def signs(known: Collection[str]) -> Iterator[str]:
    """Yield the signs of each check with its question, which leads to the check."""
    yield "### What a check can tell\n"
    yield "```{tabularcolumns} \\X{1}{2}\\X{1}{2}\n```\n"  # on paper two columns, and words break
    yield "| what you see | ask, and how |\n|---|---|"
    for name, about in ABOUT.items():
        asks = f"[{about.asks}](#check-{name})" if "checks" in known else about.asks
        yield from (f"| {sentence(sign)} | {asks} |" for sign in about.signs)
    yield ""


def classes(chapters: list[Lesson], known: Collection[str]) -> str:
    """Return every class of the taxonomy with its chapters."""
    lines: list[str] = []
    for code, entry in site_map()["taxonomy"].items():
        depth = "####" if "." in code else "###"
        lines += [f"({class_label(code)})=", f"{depth} {code} · {entry['name']}", ""]
        lines += [entry["means"], ""]
        lines += [f"- {link(c, known)}: {c.population}" for c in chapters if code in c.taxonomy]
        lines.append("")
    return "\n".join(lines)


def decisions(chapters: list[Lesson], known: Collection[str]) -> str:
    """Return the decision tree as a nested list: questions, answers, chapters."""
    lines = ["::::{div} decision-tree"]
    for number, question in enumerate(site_map()["questions"], 1):
        lines += [f"{number}. **{question['ask']}**", "", "   No, or nobody knows:", ""]
        for leaf in question["leaves"]:
            found = leaf_chapters(leaf, chapters)
            if not found:
                continue
            lines.append(f"   - {leaf['when']}:")
            for lesson in found:
                told = len(found) > 1 and lesson.symptoms and "reforms" not in leaf
                hint = f": {lesson.symptoms[0]}" if told else ""
                lines.append(f"     - {link(lesson, known)}{hint}")
    return "\n".join([*lines, "::::"])


def leaf_chapters(leaf: dict, chapters: list[Lesson]) -> list[Lesson]:
    """Return the chapters that an answer leads to."""
    if "part" in leaf:
        return [lesson for lesson in chapters if lesson.part == leaf["part"] and lesson.symptoms]
    [field] = {"taxonomy", "reforms"} & set(leaf)
    return [lesson for lesson in chapters if leaf[field] in getattr(lesson, field)]


def checklist(chapters: list[Lesson], known: Collection[str]) -> str:
    """Return the checklist: for each question the checks, with item and function."""
    lines = ["::::{div} checklist"]
    for question in site_map()["questions"]:
        lines += [f"**{question['ask']}**", ""]
        for check in question["checks"]:
            function = f" {{py:obj}}`{check['check']}`" if "check" in check else ""
            lines.append(f"- {check['do']} *{check['reforms']}*{function}")
        lines.append("")
    return "\n".join([*lines, "::::"])


LISTS = {"symptoms": symptoms, "classes": classes, "decisions": decisions, "checklist": checklist}


def link(lesson: Lesson, known: Collection[str]) -> str:
    """Return a Markdown link to a chapter, or its title where the site has no page of it."""
    if docname_of(lesson) not in known:
        return lesson.title
    return words.link(lesson, lesson.first_page, lesson.title)


def sentence(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]
