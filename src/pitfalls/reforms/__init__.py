"""A report on a study, after REFORMS: 32 items, each with a status, an answer and evidence.

A report is a YAML file:

.. code-block:: yaml

    format: 1
    study:
      title: Parkinson's disease from a voice
      authors: [Noor]            # may be left out
      date: 2026-03-31           # may be left out
    items:
      1a:
        status: met              # or partial, not_met, not_applicable
        answer: New patients of the same clinic, whom nobody has recorded yet.
      6b:
        status: met
        answer: Whole patients were held out.
        evidence:                # a list of such pieces
          - check: {name: shared_groups, of: groups, value: 0.48, null: 0.55, verdict: clean}
          - file: split.csv      # in the folder of the report or below
            sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          - cell: analysis.ipynb#split     # a tag, an id, or a number from 0
          - doi: 10.1126/sciadv.adk3452
          - section: "2.4"           # of your document
          - url: https://example.org/data
          - {repository: https://example.org/code.git, commit: 0f3c2a1}
          - check: {name: a look of mine, own: true, value: 0, null: 0, verdict: clean}
      7b:
        status: met
        answer: A t interval over the patients who were held out.
        interval: [0.52, 0.69]
        n: 30                    # or `scores`, a list of name, interval and n

and so on, for each item from 1a to 8b. `new` writes one to be filled in, `record` puts an answer
or the result of a check into it, `read` and `check` say what is wrong with it, `render_html` and
`render_markdown` make pages. On the command line these are ``pitfalls reforms new``, ``check``
and ``render``; ``hash`` writes files with their hashes. Who audits the document of somebody else
names it as ``audit_of`` in ``study`` and has one more status, ``not_stated``.

The items are an independent paraphrase of the checklist of Kapoor and colleagues (2024),
https://doi.org/10.1126/sciadv.adk3452; see `pitfalls.reforms.catalogue`.
"""

from __future__ import annotations

from .catalogue import Item, items
from .faults import Fault, check
from .reading import Entry, Report, ReportError, read
from .recording import record, record_audit
from .rendering import overview, render, render_html, render_markdown, summary
from .template import new

__all__ = [
    "Entry",
    "Fault",
    "Item",
    "Report",
    "ReportError",
    "check",
    "items",
    "new",
    "overview",
    "read",
    "record",
    "record_audit",
    "render",
    "render_html",
    "render_markdown",
    "summary",
]
