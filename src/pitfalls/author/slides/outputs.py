"""What a cell shows on a slide: of its code, and of its outputs."""

from __future__ import annotations

import ast
import base64
import re
import struct

import nbformat
from nbformat import NotebookNode

__all__ = ["calls", "is_picture", "layout", "plain", "shown"]


def calls(cell: NotebookNode) -> set[str]:
    """Return the names of the functions that a code cell calls in statements of their own."""
    body = ast.parse(cell.source).body if cell.cell_type == "code" else []
    return {_called(statement) for statement in body} - {""}


def _called(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name
    return ""


def plain(cell: NotebookNode) -> str:
    """Return a cell's code without imports, marks for the tests and what shows nothing here."""
    lines = cell.source.split("\n")
    for statement in reversed(ast.parse(cell.source).body):
        imports = isinstance(statement, (ast.Import, ast.ImportFrom))
        if imports or _called(statement) == "settle":
            del lines[statement.lineno - 1 : statement.end_lineno]
    code = "\n".join(line for line in lines if not line.startswith("# NBVAL")).strip("\n")
    has_value = any(output.output_type == "execute_result" for output in cell.outputs)
    return code.rpartition("\n")[0] if has_value and not shown(cell) else code


def shown(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs that are worth a slide: a picture, else tables and printed lines."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    text = _without_prediction("".join(o.text for o in cell.outputs if o.get("name") == "stdout"))
    tables = []
    for output in cell.outputs:
        data = output.get("data", {})
        value = re.sub(r"\n(Name: .*|dtype: .*)$", "", data.get("text/plain", ""))
        if "image/png" in data:
            return [_only("image/png", data, alt)]
        if "text/html" in data:
            tables.append(_only("text/html", data))
        elif output.output_type == "execute_result" and "\n" in value:
            text = f"{text}\n{value}".lstrip("\n")
    return [nbformat.v4.new_output("stream", name="stdout", text=text)] * bool(text) + tables


def _only(kind: str, data: dict[str, str], alt: str = "") -> NotebookNode:
    return nbformat.v4.new_output("display_data", {kind: data[kind]}, metadata={"alt": alt})


def _without_prediction(printed: str) -> str:
    """Leave out what `settle` says to one reader; keep the truth where nothing else is printed."""
    lines = printed.rstrip("\n").split("\n")
    truth = [m[1] for line in lines if (m := re.search(r"(It was -?[\d.]+\d\.)", line))]
    rest = [line for line in lines if not re.match(r"(It was|You said) -?[\d.]+\d\.", line)]
    return "\n".join(rest if any(rest) else truth)


def is_picture(output: NotebookNode) -> bool:
    """Return whether an output is a picture."""
    data = output.get("data", {})
    return "image/png" in data or "<svg" in data.get("text/html", "")


def layout(output: NotebookNode) -> str:
    """Return whether the words stand beside a picture or, where it is wide, above and below."""
    png = output.get("data", {}).get("image/png")
    if png is None:
        return "result"
    width, height = struct.unpack(">II", base64.b64decode(png)[16:24])
    return "beside" if width < 2.3 * height else "wide"
