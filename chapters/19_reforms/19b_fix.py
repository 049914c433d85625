# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A report that looks complete: the fix
#
# **What you'll do.** Hand in a report whose evidence somebody else can run, try to cheat with it, and
# find out what no report can show.
#
# **What you'll learn.**
# - what evidence is: a file with its hash, a cell, a DOI, the result of a check;
# - three ways in which a report passes and is wrong;
# - which item each chapter of this course is about, and how to keep a report of your own.
#
# **What you'll need.** [The claim](19a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## The study first, then the form
#
# Noor's honest report had six gaps, and no wording closes them. She has to hold out patients. The
# procedure is that of [the fix for shared patients](../05_shared_subjects/05b_fix.ipynb), and the check is
# the one that alarmed.

# %%
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course, reforms
from pitfalls.checks import shared_groups

world = course.load("shared_subjects").world("disease")
study = world.make(strength=1, random_state=0)
patient = study.meta["patient"]
splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
train, test = next(splitter.split(study.X, groups=patient))


def by_patient(X, y):
    return KNeighborsClassifier(5).fit(X[train], y[train]).score(X[test], y[test])


found = shared_groups(by_patient, study.X, study.y, patient, random_state=0)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
folder = course.Course.here().root / "data" / "reports"
report = reforms.read(folder / "fixed.yaml")
print(f"the check: {found.verdict}; faults in the report: {len(reforms.check(report))}")
print(reforms.summary(report))

# %%
from IPython.display import HTML

HTML(reforms.overview(report))

# %% [markdown]
# It looks almost like the flawed one. What differs is inside. Here is what became of the six gaps:

# %%
import textwrap

honest = reforms.read(folder / "honest.yaml")
for gap in reforms.check(honest):
    answer = report.entries[gap.item].answer
    print(textwrap.fill(f"{gap.item}: {answer}", 88), "\n")

# %%
entry = report.entries["7b"]
score = study.run(world.fixes["split_by_patient"])
print(f"7b: {entry.interval[0]:.2f} to {entry.interval[1]:.2f} from {entry.n} patients;", end=" ")
print(f"the model got {score.deployed:.2f} in the field")

# %% [markdown]
# The score is no better than naming the more frequent diagnosis (5f), and the interval says how little
# thirty patients tell. Tomasz will not print it as a product. He may print it as a study.
#
# ## Evidence that goes stale
#
# A number in a sentence stays when the data change. A hash does not. Somebody corrects one label in
# Noor's list of rows, and saves it under the same name:

# %%
import shutil
import tempfile
from pathlib import Path


def copy_of(name):
    copy = Path(tempfile.mkdtemp()) / "reports"
    shutil.copytree(folder, copy)
    return copy / f"{name}.yaml"


path = copy_of("fixed")
rows = path.with_name("split_by_patient.csv")
rows.write_text(rows.read_text().replace(",test,0,", ",test,1,", 1))
for fault in reforms.check(reforms.read(path)):
    print(f"line {fault.line}, item {fault.item}: {fault.message[:72]}...")

# %% [markdown]
# That is the point of evidence: it can turn out to be wrong. Files and notebooks are looked for beside
# the report and below, and nowhere else, since a stranger's report must not make your computer read
# what is yours.
#
# ## What the checklist cannot see
#
# Now cheat with the flawed report, in three ways: a **lie** (say that patients were held out), the
# **wrong check** (copy the shuffled labels to 6b, which are really clean), and a **borrowed verdict**
# (attach the clean result of the split by patient).

# %% slideshow={"slide_type": "skip"}
lie, wrong, borrowed = (copy_of("flawed") for _ in range(3))
reforms.record("6b", "All recordings of a patient are on one side.", report=lie)
shuffled = report.entries["6a"].evidence[0]["check"]
reforms.record("6b", check=shuffled, name="shuffled labels", report=wrong)
reforms.record("6b", check=found, report=borrowed)

# %% tags=["keep_output"] slideshow={"slide_type": "slide"}
# NBVAL_CHECK_OUTPUT
for name, path in {"lie": lie, "wrong check": wrong, "borrowed": borrowed}.items():
    print(f"{name:12}{len(reforms.check(reforms.read(path)))} faults")

# %% tags=["remove-cell"]
assert reforms.check(report) == [] and found.verdict == "clean"
assert entry.interval[0] < score.deployed < entry.interval[1] and entry.n == 30
assert "hash no longer matches" in fault.message and fault.item == "6b"
for path in (lie, wrong, borrowed):
    assert reforms.check(reforms.read(path)) == []

# %% [markdown] slideshow={"text": "conclusion"}
# All three pass. A form can ask that evidence *be there* and *be the same file*. It cannot ask that it
# be *true*, *to the point*, or *of this study*. The second is the dangerous one, because no one has to
# lie for it. **The fix is not the form. It is evidence that names its own way of failing**, and a reader
# who runs it again: one command (2e), on data that are named to the byte (2a).
#
# What does evidence cost in false alarms? These are the sound forms of the six studies, at full
# strength, asked by every check that can be asked:

# %% slideshow={"slide_type": "skip"}
from scipy.stats import binomtest

from pitfalls import evidence

lesson = course.load("reforms")
audits = evidence.read(lesson.experiment("audit")).query("sound == 1 and strength == 1")
verdicts = audits.drop(columns=["strength", "sound", "seed", "claimed", "seconds"])
verdicts = verdicts.set_index("study").stack().dropna()
alarms, asked = int(verdicts.sum()), len(verdicts)
limits = binomtest(alarms, asked).proportion_ci(method="wilson")
print(f"{alarms} alarms in {asked} questions ({limits.low:.1%} to {limits.high:.1%})")
verdicts.groupby(level=1).agg(alarms="sum", asked="size").astype(int).rename_axis("check")

# %% [markdown]
# ## Which item each chapter is about
#
# The checklist as a map of this course. A dark square: the chapter shows what happens when this item
# is not met. It is drawn from the chapters that are there, so a new one adds a row.

# %% mystnb={"image": {"alt": "A grid of the 32 items by the chapters of the course. Module 6, on leakage, and items 5c, 7b, 3g and 8b have squares in several chapters. The items on goals and reproducibility have one square, in this chapter, or none."}}
import matplotlib.pyplot as plt
import numpy as np

from pitfalls import figures

figures.house_style()
chapters = [chapter for chapter in course.lessons() if chapter.reforms]
codes = list(reforms.items())
grid = np.array([[code in chapter.reforms for code in codes] for chapter in chapters])
fig, ax = plt.subplots(figsize=(11, 0.6 + 0.3 * len(chapters)))
for edge in np.flatnonzero([a[0] != b[0] for a, b in zip(codes, codes[1:])]):
    ax.axvline(edge + 0.5, color=figures.CHANCE, lw=0.8)
y, x = np.nonzero(grid)
ax.scatter(x, y, marker="s", s=90, color=figures.FIX)
ax.set_xticks(range(len(codes)), codes, fontsize=9)
ax.set_yticks(range(len(chapters)), [f"{c.number:02d} {c.title}" for c in chapters], fontsize=9)
ax.set(xlim=(-0.6, len(codes) - 0.4), ylim=(len(chapters) - 0.4, -0.6))
ax.xaxis.tick_top()
plt.show()

# %%
bare = [code for code in codes if not any(code in chapter.reforms for chapter in chapters)]
print("in no chapter:", ", ".join(f"{code} ({reforms.items()[code].short})" for code in bare) or "none")

# %% tags=["remove-cell"]
assert alarms / asked < 0.02 and asked > 300
assert grid[:, codes.index("6b")].sum() >= 4 and not set(bare) & {"6a", "6b", "6c", "8b"}

# %% [markdown]
# ## Your own report
#
# `record` keeps a report of yours in `work/reforms.yaml`, and the last exercise of a chapter puts its
# check there. It makes the file when you first use it, and changes no line but its own, so write into
# the file as you like. A suspicious check turns its item to "not met"; a clean one leaves the status
# to you.

# %%
mine = Path(tempfile.mkdtemp()) / "reforms.yaml"
reforms.record("1a", "The next patients of the same clinic.", report=mine)
reforms.record("6b", check=found, report=mine)
print(mine.read_text()[-6200:].partition("  6b:")[2].partition("  6c:")[0])

# %% [markdown]
# On the command line, for a file of yours (`python3 course.py` stands for `pitfalls`):
#
# ```
# pitfalls reforms new reforms.yaml       # every item, with what it asks
# pitfalls reforms check reforms.yaml     # what is open, line by line; exit code 0, 1 or 2
# pitfalls reforms render reforms.yaml    # one page that asks no other host for anything
# pitfalls reforms hash results.csv       # a file and its hash, to be pasted as evidence
# ```
#
# | key | what |
# |---|---|
# | `status` | `met`, `partial`, `not_met` or `not_applicable` |
# | `answer` | a sentence or more, whatever the status: "not applicable" needs its reason |
# | `evidence` | a list; each piece a `file` with its `sha256`, a `doi`, a `cell`, a `section` of your document, a `url`, a `repository` with its `commit`, or a `check`, also one of your own |
# | `interval`, `n` | in 7b: two numbers, and how many independent cases they are made of; for several scores a list `scores` |
#
# A report on a document of somebody else names it in `study` as `audit_of`; the status `not_stated`
# then means that it does not say. 6a to 6c need evidence, and 8b is never "not applicable". Exit code 0 is sound, 1 has gaps (an item
# that is *not met* is one), 2 cannot be read. An honest 1 is worth more than a 0 that nobody has tried
# to break, so do not make it a condition for handing in.
#
# ## What it costs, and where it stops
#
# It costs an afternoon at the end of a study, or some minutes at each step of it. Only in the second
# case can an item still change what you do. The items are broad, may not all apply, as the authors
# say, and leave the judging to a reader who knows the field. A report is for that reader. It is not a
# grade.
#
# **What this was.** No class of leak but the way to miss one. The chapter's own items are those of
# goals, reproducibility and modelling that no simulation can show: 1b, 1c, 2b to 2e, 3c, 3e, 5a, 5b
# and 5e.
#
# ## On your own
#
# The check of this chapter reads a report, yours or somebody else's (named as `audit_of`):
#
# ```python
# from pitfalls import reforms
# reforms.check(reforms.read("work/reforms.yaml"))   # or the file of the document that you audit
# ```
#
# The [exercises](19c_exercises.ipynb) take about 40 minutes.
#
# ## Further reading
#
# - [Kapoor and colleagues (2024)](https://doi.org/10.1126/sciadv.adk3452): the checklist, with the
#   reasons for each item and the literature behind it. [The site](https://reforms.cs.princeton.edu) has
#   the form.
# - [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804): the information sheets
#   on leakage that came before, and what they cannot do.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), section 6: be transparent, report more
#   than one number, use a checklist.
