"""The tables that the commands print."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ..course import PARTS, Lesson

__all__ = [
    "chapters_table",
    "coverage_lines",
    "headline_table",
    "predictions_table",
    "summary_table",
    "verdict_table",
]

#: Hues of pitfall and fix, as in `pitfalls.figures`.
_HUES = {"pitfall": "#D55E00", "fix": "#0072B2"}
_STYLE = {"box": SIMPLE_HEAD, "padding": (0, 1, 0, 0)}
#: What stands beside a chapter's title in the table of headlines.
_BESIDE = 58
_CLAUSES = {
    1: "pitfall's gap at full strength",
    2: "pitfall's gap at strength 0",
    3: "fix's gap",
    4: "fix deploys no worse than pitfall",
    5: "fix deploys better than chance",
}
_WORST_FIRST = ("broken", "wants more seeds", "holds")


def headline_table(summary: pd.DataFrame, width: int = 100) -> Table:
    """Return a line a chapter: its headline, and its pitfall on real data where it has some.

    Parameters
    ----------
    summary : DataFrame
        From `pitfalls.course.run.summarise`.
    width : int, default=100
        Columns of the screen; titles give way where it is narrow.
    """
    table = Table(
        title="claimed → deployed", title_justify="left", caption=_counted(summary),
        caption_justify="left", **_STYLE,
    )  # fmt: skip
    table.add_column("", justify="right", no_wrap=True, min_width=2)
    table.add_column("chapter", no_wrap=True, max_width=max(12, width - _BESIDE))
    table.add_column("metric", no_wrap=True, min_width=8)
    headings = (("pitfall", "pitfall"), ("fix", "fix"), ("on real data", "pitfall"))
    for heading, arm in headings:
        table.add_column(heading, style=_HUES[arm], no_wrap=True, min_width=11)
    part = None
    for (number, title), here in summary.groupby(["number", "title"], sort=False):
        if here["part"].iloc[0] != part:
            part = here["part"].iloc[0]
            table.add_section()
            table.add_row("", Text(part.partition(":")[0], style="italic"))
        headline, real = here[here["headline"]], here[here["real"] & ~here["headline"]]
        shown = [headline[headline["arm"] == arm] for arm in _HUES]
        cells = [_short(rows.iloc[0]) if len(rows) else "" for rows in shown]
        pitfall, metric = real[real["arm"] == "pitfall"], headline["metric"].iloc[0]
        if len(pitfall):
            other = pitfall["metric"].iloc[0]
            cells.append(_short(pitfall.iloc[0]) + f" {other}" * (other != metric))
        table.add_row(f"{number:02d}", title, metric, *cells)
    return table


def _short(row: pd.Series) -> str:
    return f"{row['claimed']:.2f} → {row['deployed']:.2f}"


def _counted(summary: pd.DataFrame) -> str:
    """Say how many studies a mean is of."""
    seeds = sorted(summary["n"].unique())
    said = " or ".join(f"{n}" for n in seeds)
    return f"mean of {said} {'study' if seeds == [1] else 'studies'} of each kind"


def summary_table(summary: pd.DataFrame) -> Table:
    """Return claimed → deployed of each study: simulated ones, then real data.

    Parameters
    ----------
    summary : DataFrame
        From `pitfalls.course.run.summarise`.
    """
    caption = _counted(summary)
    if summary["n"].max() > 1:
        caption += "; ± half the 95 % interval over them"
    table = Table(caption=caption, caption_justify="left", **_STYLE)
    table.add_column("study", no_wrap=True, max_width=36)
    table.add_column("metric", min_width=8)
    table.add_column("chance", justify="right", min_width=6)
    for arm, hue in _HUES.items():
        table.add_column(f"{arm}\nclaimed → deployed", style=hue, no_wrap=True)
    for (number, title), here in summary.groupby(["number", "title"], sort=False):
        table.add_section()
        table.add_row(Text(f"{number:02d} {title}", style="italic"))
        for (name, real), arms in here.groupby(["world", "real"], sort=False):
            first = arms.iloc[0]
            cells = [_scores(row) for _, row in arms.iterrows()]
            told = f"   {name.replace('_', ' ')}" + " (real data)" * real
            table.add_row(told, first["metric"], f"{first['chance']:.2f}", *cells)
    return table


def _scores(row: pd.Series) -> Text:
    cell = Text(f"{row['claimed']:>6.2f} → {row['deployed']:>6.2f}")
    if row["n"] > 1:
        errors = (f"±{row[f'{name}_error']:.2f}" for name in ("claimed", "deployed"))
        cell.append("\n{:>6}   {:>6}".format(*errors), style="dim")
    return cell


def verdict_table(verdicts: pd.DataFrame) -> Table:
    """Return a line for each clause of one world's contract, with the case nearest to its limit.

    Parameters
    ----------
    verdicts : DataFrame
        From `pitfalls.evidence.verdict`.
    """
    first = verdicts.iloc[0]
    title = f"{first['world']}, margin {first['margin']:.3f}, {verdicts['n'].max()} seeds"
    table = Table(title=title, title_justify="left", **_STYLE)
    for heading in ("clause", "verdict", "nearest"):
        table.add_column(heading, no_wrap=True)
    for clause, rows in verdicts.groupby("clause"):
        says = min(rows["verdict"], key=_WORST_FIRST.index)
        here = rows[rows["verdict"] == says]
        case = _closest(here)
        said = Text(says if len(here) == len(rows) else f"{says} ({len(here)} of {len(rows)})")
        if says != "holds":
            said.stylize("bold red")
        interval = f"[{case['low']:+.3f}, {case['high']:+.3f}]"
        table.add_row(f"{clause} {_CLAUSES[clause]}", said, interval)
    return table


def _closest(rows: pd.DataFrame) -> pd.Series:
    """Return the case whose interval comes nearest to where the clause would not hold."""
    reach = rows[["low", "high"]].abs().max(axis=1)
    equivalence = rows["clause"].iloc[0] in (2, 3)
    return rows.loc[reach.idxmax() if equivalence else rows["low"].idxmin()]


def coverage_lines(shares: pd.DataFrame) -> list[str]:
    """Return a line for each fix: how often its interval covers what it deploys.

    Parameters
    ----------
    shares : DataFrame
        From `pitfalls.evidence.coverage`.
    """
    lines = []
    for (world, arm), rows in shares.groupby(["world", "arm"], sort=False):
        worst = rows.loc[rows["mean"].idxmin()]
        lines.append(
            f"{world}: the 95 % interval of {arm} covers what it deploys "
            f"in {rows['mean'].mean():.0%} of studies, "
            f"and in {worst['mean']:.0%} at strength {worst['strength']:g}"
        )
    return lines


def chapters_table(chapters: Iterable[Lesson]) -> Table:
    """Return a line for each chapter and its studies, without running anything of them."""
    table = Table(**_STYLE)
    for heading in ("", "chapter", "minutes"):
        table.add_column(heading, justify="left" if heading == "chapter" else "right")
    part = None
    for lesson in chapters:
        if lesson.part != part:
            part = lesson.part
            table.add_section()
            table.add_row("", Text(PARTS.get(part, part), style="italic"))
        names = [world.name + " (real)" * world.real for world in lesson.worlds]
        if not lesson.contract:
            names = [experiment.name for experiment in lesson.experiments]
        cell = Text(lesson.title)
        cell.append(f"\n{lesson.slug}: {', '.join(names) or 'to read'}", style="dim")
        table.add_row(f"{lesson.number:02d}", cell, f"{sum(lesson.minutes.values()) or '–'}")
    return table


def predictions_table(summary: pd.DataFrame) -> Table:
    """Return what a class predicted, a line a chapter.

    Parameters
    ----------
    summary : DataFrame
        From `pitfalls.classroom.summary`.
    """
    table = Table(
        caption="held: the share of the 80 % intervals that held the deployed score",
        caption_justify="left",
        **_STYLE,
    )
    table.add_column("chapter")
    for name in ("people", "lowest", "median", "highest", "deployed", "held"):
        table.add_column(name, justify="right")
    for row in summary.itertuples():
        known = pd.notna(row.deployed)
        numbers = [f"{value:.2f}" for value in (row.lowest, row.median, row.highest)]
        deployed = f"{row.deployed:.2f}" if known else "–"
        held = f"{row.held:.0%} of {row.intervals}" if known and pd.notna(row.held) else "–"
        table.add_row(row.chapter, f"{row.predictions}", *numbers, deployed, held)
    return table
