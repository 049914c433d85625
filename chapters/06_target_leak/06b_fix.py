# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Written down afterwards: the fix
#
# **What you'll do.** Ask of each value when it is known, keep those that are known in time, and
# see why no importance and no score can do the asking for you.
#
# **What you'll learn.**
# - the one-line fix, and the table that it needs;
# - why a column has one hour and a hospital has many, and what no table of hours can tell;
# - why a leak of middling strength looks like any good feature;
# - a check that uses the times, with its power and its false alarms.
#
# **What you'll need.** [The claim](06a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## A column for the clock
#
# Anton takes a nurse and a laboratory technician to lunch, and goes through the columns with them.
# One question for each: *how long after arrival does this field first hold the value that the
# archive has?* The answers make a table. The decision is made after one hour.

# %%
import pandas as pd

from pitfalls.datasets import make_admissions

study = make_admissions(random_state=0)
recorded_at, decision = study.info["recorded_at"], study.info["decision"]
clock = recorded_at.to_frame("known at (h)").assign(in_time=recorded_at <= decision)
clock

# %% [markdown]
# The rule is **known at ≤ decision time**, and it is the fix:

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

in_time = list(recorded_at.index[recorded_at <= decision])
half = len(study) // 2
model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
model = model.fit(study.X[in_time][:half], study.y[:half])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(study.X[in_time][half:], study.y[half:])
deployed = model.score(study.deployment.X[in_time], study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# Modest, true, and on the day better than the first model.
#
# One hour for a column is rough. Blood is drawn late from some patients, and the archive has their
# values all the same. So the function asks the hour of each single *value*, and blanks what came
# too late, as the screen does. Where everything is on time, the two are one.

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from pitfalls.checks import too_good_alone
from pitfalls.datasets import make_admissions
from pitfalls.study import Claim


def use_what_is_known(data):
    """Train on each record as it stood at the hour of the decision."""
    known = data.X.where(data.info["hours"] <= data.info["decision"])
    return train_and_ask(known.dropna(axis="columns", how="all"), data.y)


# %% tags=["protocol"]
def train_and_ask(X, y):
    """Train on half of the archive, ask about the other half; ship that model."""
    half = len(y) // 2
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
    model.fit(X[:half], y[:half])

    def score(sample):
        return three_measures(sample.y, model.predict_proba(sample.X[X.columns])[:, 1])

    risk = model.predict_proba(X[half:])[:, 1]
    correct, found = (risk > 0.5) == y[half:], three_measures(y[half:], risk)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=score,
        measures={"claimed_auroc": found["auroc"], "claimed_excess": found["excess"]},
    )


# %% tags=["protocol"]
def three_measures(y, risk):
    """Return accuracy, AUROC, and the mean risk stated minus the share of outcomes."""
    return {
        "score": ((risk > 0.5) == y).mean(),
        "auroc": roc_auc_score(y, risk),
        "excess": risk.mean() - y.mean(),
    }


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims .95 and deploys at chance. The fix claims and deploys about .63."}}
import matplotlib.pyplot as plt

from pitfalls import course, evidence, figures

lesson = course.load("target_leak")
world = lesson.world("antibiotic")
pitfall, fix = study.run(world.pitfall), study.run(use_what_is_known)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown] slideshow={"text": "takeaway"}
# **The fix repairs the model**, not only its number. An honest number for the first model would
# have been that of a coin. The columns known in time are worth more than that, but with the
# antibiotic at hand the trees hardly looked at them.

# %% mystnb={"image": {"alt": "Accuracy against the probability that the column was filled in later, for both arms. The fix is flat near .63, claimed and deployed together. The pitfall's claim climbs to .95 while its deployed score falls to .50."}}
antibiotic = evidence.read(world)
figures.dial(antibiotic, metric="accuracy", chance=0.5, label=world.dial)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("target_leak", "antibiotic")

# %%
verdicts = evidence.verdict(antibiotic, world).query("clause == 3").set_index("strength")
verdicts[["mean", "low", "high", "margin", "n", "verdict"]].round(3)

# %% [markdown]
# Over all seeds, the 90 % interval of claimed minus deployed has to lie inside ± the margin.
#
# ## Other hospitals
#
# All of these have a thousand patients and one late column. Here are 100 others, each drawn from
# these ranges:

# %%
ranges = {name: (one.low, one.high, one.why) for name, one in world.varies.items()}
pd.DataFrame(ranges, index=["from", "to", "because"]).T

# %% [markdown]
# Claimed minus deployed of the fix, over all and in either half of each range:

# %%
others = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
others.query("clause == 3").set_index("part")[["mean", "low", "high", "n"]].round(3)

# %% [markdown]
# ## What the fix costs, and where it stops
#
# It costs a lunch, and a score to be proud of. It stops where the hours are wrong. Two ways, each for
# a share of the patients: their *blood is late*, or their CRP is measured again the next day and
# *written over* the first value, which keeps its hour. The later value tells more.


# %% tags=["protocol"]
def use_columns_in_time(data):
    """Train on the columns that are usually known at the hour of the decision."""
    recorded_at, decision = data.info["recorded_at"], data.info["decision"]
    return train_and_ask(data.X[recorded_at.index[recorded_at <= decision]], data.y)


def measure_clock(fault, share, random_state):
    """Measure both rules, and whether the check alarms, where some hours are wrong."""
    study = make_admissions(random_state=random_state, **{fault: share})
    hours = study.info["recorded_at"] - study.info["decision"]
    said = too_good_alone(study.X, study.y, hours).table["verdict"][hours <= 0]
    return {
        "gap_by_column": study.run(use_columns_in_time).gap,
        "gap_by_value": study.run(use_what_is_known).gap,
        "alarm": int((said == "suspect").any()),
    }


# %% mystnb={"image": {"alt": "Two panels of claimed minus deployed against the share of patients. Left, blood that is late: the rule by column climbs, the rule by value stays at 0. Right, values that are written over: both climb together, and cross the margin of 0.03 near one patient in five."}}
clock = evidence.read(lesson.experiment("clock"))
gaps = clock.groupby(["fault", "share"])[["gap_by_column", "gap_by_value", "alarm"]].mean()
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
titles = {"delayed": "their blood is late", "corrected": "their CRP is written over"}
for ax, (fault, title) in zip(axes, titles.items()):
    here = gaps.loc[fault]
    ax.plot(here["gap_by_column"], "s--", color="#009E73")
    ax.plot(here["gap_by_value"], "o-", color=figures.FIX)
    ax.axhspan(-0.03, 0.03, color=figures.CHANCE, alpha=0.18)
    ax.set(title=title, xlabel="share of patients")
axes[0].set_ylabel("claimed − deployed")
axes[0].text(0.78, 0.17, "rule by column", color="#00785a", ha="right")
axes[0].text(0.8, 0.045, "rule by value", color=figures.FIX, ha="right")
axes[1].text(0.78, 0.08, "both rules", ha="right")
plt.show()
print(f"alarms of the check below, in {len(clock)} studies: {clock['alarm'].sum()}")

# %% [markdown]
# Late blood is the smaller evil: its hour is in the laboratory's file, and the rule by value
# reads it. What was written over is past help. From about one patient in five on the fix is off by
# more than the margin (the grey band), and nothing in the archive tells. So look outside it: note
# what the screen shows of fifty patients, and look again two days later. The cure is a **snapshot**,
# the record as it stood at the hour of the decision, saved then and never touched.
#
# That comparison is a check of its own, of the same patients in the archive and on the screen:

# %%
from pitfalls.checks import answers_alike

screen = study.X.where(study.info["hours"] <= decision)
same = answers_alike(lambda rows: rows, lambda rows: screen.loc[rows.index], study.X[:50])
same.table.query("value > 0")

# %% tags=["remove-cell"]
assert same["antibiotic"].verdict == "suspect" and same["age"].verdict == "clean"

# %% [markdown]
# Hand it the code that trains and the code that serves, and it finds a unit, a default or a missing
# column that only one of them has.
#
# ## The leak that looks like a good feature
#
# One column towered over all others, and you might have found it without a clock. So make it
# harder. In Anton's second hospital doctors wait for the laboratory more often, so that fewer of
# the ill have an antibiotic in the record. And there is a new blood value, procalcitonin, honest
# and good.


# %% tags=["protocol"]
def make_marker_study(strength, random_state, **kind):
    """A good marker, known in time, beside a column as good that is known too late."""
    kind = {"marker": 1.45, "given_ill": 0.74, "given_well": 0.04} | kind
    return make_admissions(strength=strength, random_state=random_state, **kind)


def make_discharge_study(strength, random_state, **kind):
    """Ask a day after arrival, when the antibiotic is in the record."""
    return make_admissions(decision=24, strength=strength, random_state=random_state, **kind)


# %% mystnb={"image": {"alt": "Bars of the AUROC of each column alone. Two bars stand out and are about equally long, between .8 and .85: procalcitonin, which is known in time, and the antibiotic, which is known too late. All others are near .6."}}
import numpy as np

twins = make_marker_study(strength=1, random_state=0)
alone = pd.Series({c: roc_auc_score(twins.y, twins.X[c]) for c in twins.X})
alone = np.maximum(alone, 1 - alone).sort_values()
late = twins.info["recorded_at"][alone.index] > twins.info["decision"]
fig, ax = plt.subplots(figsize=(6.4, 3.6))
ax.barh(alone.index, alone, color=np.where(late, figures.PITFALL, figures.FIX))
ax.axvline(0.5, color=figures.CHANCE, lw=1, ls=":")
ax.set(xlim=(0.45, 1), xlabel="AUROC of the column alone (orange: known too late)")
plt.show()

# %% [markdown]
# Which is the leak? Nothing in the numbers says. A rule such as "be suspicious above 0.9" lets
# both pass, and a stricter one throws out the best honest column. Only the clock tells them apart.

# %% mystnb={"image": {"alt": "Two dials with both arms. Left, with a good marker: the fix stays near .78, while the pitfall's claim rises to .88 and its deployed score falls to about .72. Right, asked a day later: both arms are one line, claimed and deployed rise together to .95."}}
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4))
titles = {"marker": "a good marker beside it", "discharge": "asked a day later"}
for ax, (name, title) in zip(axes, titles.items()):
    here = lesson.world(name)
    shown = evidence.read(here)
    figures.dial(shown, metric="accuracy", chance=0.5, label=here.dial, ax=ax)
    ax.set_title(title)
plt.show()

# %%
turn("target_leak", "marker")

# %% [markdown]
# Left, the second hospital: a gap that hurts, from a column that looks like any other. Right, the
# first hospital with *another question*. A quality team asks a day after arrival, for its
# statistics, who had an infection. Then the antibiotic is in the record of everybody who is
# asked about, the whole record gets what it claims, and the rule of the fix keeps the column. No
# column is illegitimate as such. **It is illegitimate for a decision that comes before it.**
#
# [A further page](06d_measures.ipynb) has the fall by three measures, and the same on real flights.

# %% tags=["remove-cell"]
for each in lesson.simulated:
    verdict = evidence.verdict(evidence.read(each), each)["verdict"]
    assert (verdict == "holds").all()
    kinds = evidence.verdict_of_kind(evidence.read(each, kind=True), each)
    assert not (kinds["verdict"] == "broken").any()
assert abs(fix.claimed - claimed) < 1e-12 and abs(fix.deployed - deployed) < 1e-12
assert fix.deployed > pitfall.deployed + 0.08
assert pitfall.claimed > fix.claimed + 0.2
by_value, by_column = gaps["gap_by_value"], gaps["gap_by_column"]
assert by_value["delayed"].abs().max() < 0.02 and by_column["delayed", 0.4] > 0.08
assert by_value["corrected", 0.1] < 0.03 < by_value["corrected", 0.4]
assert clock["alarm"].mean() < 0.05
assert set(alone.index[-2:]) == {"antibiotic", "procalcitonin"}
assert alone.iloc[-1] - alone.iloc[-2] < 0.05 and alone.iloc[-3] < 0.7

# %% [markdown] slideshow={"section": "check"}
# ## A check to take home
#
# The check needs your table of times: hours from the decision, above 0 if a column comes later. It
# asks how well each column alone tells the outcome, by AUROC. To be fair, each row is predicted from
# rows before it, in a shuffled order, in the same tenth.


# %%
def alone_by_auroc(column, y):
    order = np.random.default_rng(0).permutation(len(y))
    tenths, y = column.rank(pct=True).round(1).to_numpy()[order], pd.Series(y[order])
    past = y.groupby(tenths)
    risk = (past.cumsum() - y + y.mean()) / (past.cumcount() + 1)
    return roc_auc_score(y, risk)


print(f"{alone_by_auroc(study.X['antibiotic'], study.y):.2f}")

# %% [markdown]
# `too_good_alone` takes dates and gaps, and adds what a column may know:

# %%
hours = recorded_at - decision
too_good_alone(study.X, study.y, hours)

# %% [markdown]
# `value` is what the column gets alone, and `null` the most that it may get. A column that comes
# *later* may know nothing: its bound is 0.5 and the reach of chance. A column *in time* may be
# good, so its bound is a convention: it may not cut the error that the next best column in time
# leaves to less than a quarter. Without any times only a copy of the outcome can be told from a good
# column:

# %%
table = study.X.assign(discharge=np.where(study.y == 1, "isolated", "sent home"))
for finding in too_good_alone(table, study.y):
    if finding.of in ("antibiotic", "discharge"):
        print(f"{finding.of}: {finding.verdict}, {finding.says}")

# %% [markdown]
# And if somebody had filled in "on arrival" for the antibiotic? In both hospitals, and for those who
# ask a day later, when it *is* in time:

# %%
asked = {
    "first hospital": study,
    "second hospital": twins,
    "a day later": make_discharge_study(strength=1, random_state=0),
}
said = {name: too_good_alone(s.X, s.y, 0).table.loc["antibiotic"] for name, s in asked.items()}
said = pd.DataFrame(said).T[["value", "null", "verdict"]]
said.astype({"value": float, "null": float}).round(2)

# %% [markdown]
# So without true times the check misses the leak of the second hospital. And a day later it
# suspects an honest column, because it stands as far ahead as the leak of the first hospital did.
# For a column in time the verdict is a question to ask, not a finding.
#
# With true times: simulated hospitals of three sizes. For false alarms, eight more columns that
# know nothing come late as well.


# %% tags=["protocol"]
def measure_check(strength, n, random_state):
    """Run the check with the true times, and with times that are all in time."""
    settings = {"strength": strength, "random_state": random_state}
    study = make_admissions(n, n_fresh=2_000, **settings)
    hours = study.info["recorded_at"] - study.info["decision"]
    others = study.X.drop(columns="antibiotic").sample(n, random_state=random_state)
    X = study.X.join(others.set_axis(study.X.index).add_prefix("later "))
    hours = hours.reindex(X.columns, fill_value=1.0)
    alarms = [
        int(too_good_alone(part, study.y, when).verdict == "suspect")
        for part, when in ((X, hours), (study.X, 0))
    ]
    score = study.settle(train_and_ask(study.X, study.y))
    return {"alarm": alarms[0], "alarm_without_times": alarms[1], "gap": score.gap}


# %% mystnb={"image": {"alt": "Above, the share of studies with an alarm against the probability that the column was filled in later, for 100, 300 and 1 000 patients. At 0 it is near 0; with 1 000 patients every leak is seen from a quarter on, with 100 from three quarters on. Below, the gap of the pitfall, which is small where the check misses it."}}
checked = evidence.read(lesson.experiment("check"))
figures.power(checked, label=world.dial, size="patients")
plt.show()
none = checked[checked["strength"] == 0]
print(f"false alarms: {none['alarm'].sum()} in {len(none)} studies without a leak")
print("share of alarms if every column claims to be in time:")
blind = checked.pivot_table("alarm_without_times", "n", "strength")
blind.round(2)

# %% tags=["remove-cell"]
found = too_good_alone(study.X, study.y, hours)
assert found.table["verdict"].to_dict() == {c: "clean" for c in in_time} | {"antibiotic": "suspect"}
assert too_good_alone(study.X[in_time], study.y, hours[in_time]).verdict == "clean"
assert too_good_alone(table, study.y)["discharge"].verdict == "suspect"
assert too_good_alone(table, study.y)["antibiotic"].verdict == "not checked"
assert said["verdict"].to_list() == ["suspect", "clean", "suspect"]
assert none["alarm"].mean() < 0.05 and none["alarm_without_times"].mean() < 0.05
assert checked.query("n == 1000 and strength >= 0.25")["alarm"].mean() > 0.9
assert blind.loc[:, 0.75].max() < 0.1 and blind.loc[1000, 1] > 0.5

# %% [markdown]
# With the times and a thousand patients a leak is seen before it hurts much; with a hundred it
# is missed at a quarter and often at one half. False alarms are rare: at most a few in a
# hundred, in tables whose columns all come late. It cannot see two leaks that both claim to be
# in time, since each makes the other look ordinary. Rows must be independent.
#
# **What this was.** Taxonomy L2, illegitimate features. REFORMS items 3d (say what the outcome is,
# and how it is spread) and 6c (say of each feature why it is legitimate for the task). The times
# are the argument that 6c asks for. The fix repairs the model.
#
# ## On your own
#
# With your own table, and the hours from the decision to when each column is written down:
#
# ```python
# from pitfalls.checks import too_good_alone
# too_good_alone(X, y, available_at={"discharge": 48, "age": 0})  # above 0: after the decision
# ```
#
# The [exercises](06c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Kaufman and colleagues (2012)](https://doi.org/10.1145/2382577.2382579): tag
#   each value with the time at which it becomes legitimate, then keep learning and predicting
#   apart.
# - [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804): the taxonomy, and
#   an information sheet that makes you argue for each feature.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), sections 2.6 and 3.1: ask the
#   people who know the field.
