"""The `pitfalls` command. What is slow to import is imported by the command that needs it."""

from __future__ import annotations

import sys

import typer

from .._errors import PitfallsError
from .._settings import Settings
from . import audit, author, learn, ledger, reforms, teach

__all__ = ["app", "main"]

#: `typer.BadParameter` and its siblings; typer has it under another name in each release.
_UsageError = typer.BadParameter.__mro__[1]

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Machine-learning pitfalls, each reproduced and then fixed. Where you have not "
    "activated an environment, `python3 course.py` stands for `pitfalls`.",
)

app.add_typer(reforms.app, name="reforms")
app.add_typer(ledger.app, name="ledger")

_NO_OPTIONS_OF_OURS = {"ignore_unknown_options": True}
for name, command, settings in (
    ("audit", audit.audit_function, {}),
    ("list", learn.list_chapters, {}),
    ("run", learn.run_chapters, {}),
    ("evidence", author.compute_evidence, {}),
    ("new", author.begin_chapter, {}),
    ("sync", author.write_derived, {}),
    ("test", author.run_tests, {"allow_extra_args": True, **_NO_OPTIONS_OF_OURS}),
    ("lab", learn.open_lab, _NO_OPTIONS_OF_OURS),
    ("reset", learn.reset_chapters, {}),
    ("book", author.build_book, {}),
    ("slides", teach.make_slides, {}),
    ("check", learn.check_machine, {}),
    ("predictions", teach.merge_predictions, {}),
    ("wheelhouse", teach.fill_wheelhouse, {}),
):
    app.command(name, context_settings=settings)(command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; a wrong use ends in one sentence on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that has no arrow gets a question mark
            stream.reconfigure(errors="replace")
    name = Settings.from_env().command
    try:
        code = app(arguments, prog_name=name, standalone_mode=False) or 0
        if code == 130:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        return code
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else name
        said = error.format_message().removeprefix("Invalid value: ").rstrip(".")
        joint = "" if said.endswith("?") else ";"
        return _refuse(f"{said}{joint} `{command} --help` says what is possible.")
    except PitfallsError as error:
        return _refuse(f"{error}.")
    except OSError as error:  # a full disk, a folder that may not be written to
        if error.strerror is None or error.filename is None:
            raise
        return _refuse(f"{error.filename}: {error.strerror}.")
    except (typer.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return 130


def _refuse(sentence: str) -> int:
    print(f"pitfalls: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
